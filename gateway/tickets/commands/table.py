"""The one table of commands, for agents' mail and for `gateway do`. What each does is done elsewhere."""

from collections.abc import Mapping

from gateway.tickets.commands import arguments as given
from gateway.tickets.commands.command import Command, Topic
from gateway.tickets.commands.filters import filter_of
from gateway.tickets.commands.people import not_ours, people
from gateway.tickets.commands.values import Needs, Role, Use

_TEXT = (
    Command(
        topic=Topic.TEXT,
        usage="note [TEXT]",
        argument=given.words,
        also=("internal", "comment"),
        takes=Use.NOTE,
        manual="All of this mail becomes a note that only agents see: what stands behind the command and below it.",
    ),
    Command(
        topic=Topic.TEXT,
        usage="reply [TEXT]",
        argument=given.words,
        also=("answer",),
        takes=Use.REPLY,
        manual="All of this mail goes to the customer. Only needed where it would not go there by itself: in answers "
        "to notices that are no conversation, such as reminders.",
    ),
    Command(
        topic=Topic.TEXT,
        usage="describe [TEXT]",
        argument=given.words,
        also=("description",),
        takes=Use.DESCRIPTION,
        manual="All of this mail becomes the ticket's description, in place of the old one. Nobody is written to.",
    ),
    Command(
        topic=Topic.TEXT,
        usage="canned NAME",
        argument=given.canned,
        also=("template",),
        manual="The prepared reply of that name goes to the customer, and the text below it, if any, stands above it.",
    ),
    Command(
        topic=Topic.TEXT,
        usage="forward ADDR",
        argument=not_ours,
        also=("ask",),
        takes=Use.QUESTION,
        manual="Asks a third party: they get the text below and the customer's last mail, and their answer comes back "
        "as a note. The customer is told nothing.",
    ),
)
_STATUS = (
    Command(
        topic=Topic.STATUS,
        usage="close",
        also=("closed",),
        manual="Closes the ticket. A customer's mail within the time to reopen opens it again, and so does #open.",
    ),
    Command(
        topic=Topic.STATUS,
        usage="resolve",
        also=("resolved", "solved", "done"),
        manual="The matter is done. The customer is told and may answer; after some days the ticket closes by itself.",
    ),
    Command(topic=Topic.STATUS, usage="open", also=("reopen",), manual="There is work to do: the ticket is open."),
    Command(
        topic=Topic.STATUS,
        usage="wait",
        also=("waiting", "pending"),
        manual="Waits for the customer. A reply to them does that by itself.",
    ),
    Command(
        topic=Topic.STATUS,
        usage="hold [until DATE]",
        argument=given.until_or_none,
        also=("on_hold", "onhold"),
        manual="Waits for something else, and its clocks stand still. With a date it opens again by itself, in the "
        "morning of that day.",
    ),
    Command(
        topic=Topic.STATUS,
        usage="status NAME",
        argument=given.status,
        manual="Sets any status, also one that your site declares.",
    ),
)
_WORK = (
    Command(
        topic=Topic.WORK,
        usage="assign NAME|me|rota|balance|nobody",
        argument=given.assignee,
        also=("owner",),
        manual="Hands the ticket to an agent (a few letters of the name will do), to whose turn it is (rota), to who "
        "has the least (balance), or takes it off everybody.",
    ),
    Command(
        topic=Topic.WORK,
        usage="queue NAME",
        argument=given.queue,
        also=("move",),
        manual="Moves the ticket to another queue; its mails then come from that queue's address.",
    ),
    Command(
        topic=Topic.WORK,
        usage="priority low|normal|high|urgent",
        argument=given.priority,
        also=("prio",),
        manual="How urgent it is. Due times follow, and no rule changes it after you.",
    ),
    Command(
        topic=Topic.WORK,
        usage="type question|problem|request|complaint",
        argument=given.kind,
        manual="What kind of matter it is.",
    ),
    Command(
        topic=Topic.WORK,
        usage="category NAME",
        argument=given.category,
        manual="How it is sorted, on one level or two: billing/refund.",
    ),
    Command(
        topic=Topic.WORK,
        usage="area NAME",
        argument=given.area,
        manual="What it is about, as your site declares: login, or order/delivery.",
    ),
    Command(
        topic=Topic.WORK,
        usage="impact blocking|major|minor|none",
        argument=given.impact,
        manual="How much it keeps the customer from working.",
    ),
    Command(
        topic=Topic.WORK,
        usage="title TEXT",
        argument=given.title,
        also=("subject",),
        manual="Gives the ticket another title, on one line. The customer sees it in the subject of the next mail.",
    ),
    Command(
        topic=Topic.WORK,
        usage="tag +WORD -WORD",
        argument=given.tags,
        also=("tags",),
        many=True,
        manual="Adds tags and takes tags away, any number of them.",
    ),
    Command(
        topic=Topic.WORK,
        usage="field NAME VALUE",
        argument=given.field,
        many=True,
        manual="Sets a field of your site's own: #field order 1182.",
    ),
)
_DATES = (
    Command(
        topic=Topic.DATES,
        usage="due DATE",
        argument=given.due,
        also=("deadline",),
        manual="By when it must be resolved; a day alone means its end. Dates: 24 Dec, 2026-12-24 15:00, tomorrow "
        "9:30, friday, +3d, in 2 weeks; in English, Russian or Czech.",
    ),
    Command(
        topic=Topic.DATES,
        usage="remind DATE [TEXT]",
        argument=given.reminder,
        also=("reminder",),
        many=True,
        by_mail=True,
        manual="Reminds you of the ticket then, with these words; a day alone means its morning.",
    ),
    Command(
        topic=Topic.DATES,
        usage="time SPAN [TEXT]",
        argument=given.spent,
        also=("spent",),
        many=True,
        manual="Adds time spent on the ticket, and on what: #time 25m call with the supplier.",
    ),
)
_PEOPLE = (
    Command(
        topic=Topic.PEOPLE,
        usage="cc +ADDR -ADDR",
        argument=people,
        also=("copy",),
        many=True,
        manual="Who gets copies of what the customer gets, from now on: + adds, - takes away. They see nothing older.",
    ),
    Command(
        topic=Topic.PEOPLE,
        usage="requester ADDR",
        argument=not_ours,
        also=("customer",),
        manual="Whom the ticket is for. Replies go to them from now on, no longer to the one before.",
    ),
    Command(
        topic=Topic.PEOPLE,
        usage="spam",
        role=Role.LEAD,
        manual="The ticket is spam: it closes, nobody is written to, and nothing about it is sent any more.",
    ),
)
_OTHERS = (
    Command(
        topic=Topic.OTHERS,
        usage="link N",
        argument=given.tickets,
        many=True,
        manual="This ticket and ticket N look like the same matter. Nothing else changes. Several numbers may stand.",
    ),
    Command(
        topic=Topic.OTHERS,
        usage="unlink N",
        argument=given.tickets,
        many=True,
        manual="Takes such a link away again, or N out of what is common.",
    ),
    Command(
        topic=Topic.OTHERS,
        usage="common N|similar",
        argument=given.tickets_or_similar,
        manual="This ticket becomes what the tickets N have in common, or all that look like it: they are answered and "
        "resolved together, each customer on their own ticket.",
    ),
    Command(
        topic=Topic.OTHERS,
        usage="merge N",
        argument=given.tickets,
        role=Role.LEAD,
        manual="Ticket N, of the same customer, becomes part of this one, and its mail comes here.",
    ),
    Command(
        topic=Topic.OTHERS,
        usage="join N",
        argument=given.ticket,
        manual="This ticket's mail belongs to ticket N, which it mentions: it goes there, and this one ends.",
    ),
    Command(
        topic=Topic.OTHERS,
        usage="split",
        manual="The customer's last mail is another matter: it becomes a ticket of its own, linked to this one.",
    ),
    Command(topic=Topic.OTHERS, usage="pin", manual="Keeps the ticket on top of lists, for everybody."),
    Command(topic=Topic.OTHERS, usage="unpin", manual="Lets it stand where it belongs again."),
)
_NEW = (
    Command(
        topic=Topic.NEW,
        usage="new [QUEUE]",
        argument=given.queue_or_none,
        needs=Needs.NOTHING,
        takes=Use.OPENING,
        by_mail=True,
        manual="Opens a ticket, written to a support address: the subject is its title, the text below what it is "
        "about. Further commands are for the new ticket.",
    ),
    Command(
        topic=Topic.NEW,
        usage="for ADDR",
        argument=not_ours,
        needs=Needs.NOTHING,
        by_mail=True,
        manual="With #new: whom the ticket is for, somebody on the phone for instance. Without it, it is for you.",
    ),
)
_ASK = (
    Command(
        topic=Topic.ASK,
        usage="show N",
        argument=given.tickets,
        needs=Needs.NOTHING,
        many=True,
        asks=True,
        manual="Sends you ticket N: what it is, who wrote what, what is due.",
    ),
    Command(
        topic=Topic.ASK,
        usage="search WORDS",
        argument=given.some_words,
        also=("find",),
        needs=Needs.NOTHING,
        asks=True,
        manual="Sends you the tickets in which all these words stand.",
    ),
    Command(
        topic=Topic.ASK,
        usage="list [FILTER]",
        argument=filter_of,
        also=("tickets",),
        needs=Needs.NOTHING,
        asks=True,
        manual="Sends you your open tickets, or those that fit: mine, nobody, overdue, a status, queue, agent or "
        "priority, tag:WORD. All words must fit: #list billing high.",
    ),
    Command(
        topic=Topic.ASK,
        usage="files",
        also=("attachments",),
        asks=True,
        manual="Sends you all files of the ticket, also those too large for a notice.",
    ),
    Command(
        topic=Topic.ASK,
        usage="why",
        also=("explain",),
        asks=True,
        manual="Tells you why the ticket is what it is: which rule, person or clock set what, and what is due why.",
    ),
    Command(
        topic=Topic.ASK,
        usage="help [COMMAND]",
        argument=given.words,
        also=("commands", "manual"),
        needs=Needs.NOTHING,
        asks=True,
        manual="Sends you this list, or all there is to say of one command.",
    ),
)
_SELF = (
    Command(
        topic=Topic.SELF,
        usage="away until DATE",
        argument=given.away,
        also=("absent", "holiday"),
        needs=Needs.NOTHING,
        asks=True,
        by_mail=True,
        manual="You get no new tickets until that day, on which you are back. What your customers write goes to the "
        "queue meanwhile.",
    ),
    Command(
        topic=Topic.SELF,
        usage="back",
        needs=Needs.NOTHING,
        asks=True,
        by_mail=True,
        manual="You are back, and get tickets again.",
    ),
)
_MAIL = (
    Command(
        topic=Topic.MAIL,
        usage="undo",
        manual="Takes back the last command on the ticket that can be taken back. What was sent stays sent.",
    ),
    Command(
        topic=Topic.MAIL,
        usage="dry",
        also=("preview",),
        needs=Needs.NOTHING,
        by_mail=True,
        manual="Shows what this mail would do and whom it would reach. Nothing is done, nothing is sent.",
    ),
    Command(
        topic=Topic.MAIL,
        usage="send",
        by_mail=True,
        manual="Sends your mail that is held, as far as you were told of what it is held for. Answer the letter on it "
        "with this; in answer to another letter it means the one mail of yours that is held on the ticket.",
    ),
    Command(
        topic=Topic.MAIL,
        usage="drop",
        by_mail=True,
        manual="Throws your mail that is held away, the same one. A text below it is not sent: write that as an answer "
        "to a notice.",
    ),
    Command(
        topic=Topic.MAIL,
        usage="cancel",
        by_mail=True,
        manual="Stops your last mail on the ticket, as long as it has not left: an answer counts as not given then. A "
        "text below it goes out in its place.",
    ),
)

COMMANDS: Mapping[str, Command] = {
    one.name: one for one in (*_TEXT, *_STATUS, *_WORK, *_DATES, *_PEOPLE, *_OTHERS, *_NEW, *_ASK, *_SELF, *_MAIL)
}
BY_WORD: Mapping[str, Command] = {word: one for one in COMMANDS.values() for word in one.words}
