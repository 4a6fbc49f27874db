"""Which lines of a page stand in the quote or signature containers of the clients."""

import pytest

from gateway.mail.html import to_text

ATTRIBUTION = "On Mon, 1 Jan 2024 at 10:00, Bob Lamp &lt;<a href='mailto:bob@x.example'>bob@x.example</a>&gt; wrote:"
HEADER = (
    "<b>From:</b> Bob Lamp &lt;bob@x.example&gt;<br><b>Sent:</b> Monday, 1 January 2024 10:00<br>"
    "<b>To:</b> Ann &lt;ann@x.example&gt;<br><b>Subject:</b> lamp<br>"
)
OLD = "<div>the old words</div><p>more old words</p>"

# page, the lines that are not quoted
QUOTES = [
    (
        "Gmail",
        f"<div dir=ltr>thanks<br></div><br><div class='gmail_quote'><div dir=ltr class=gmail_attr>{ATTRIBUTION}<br></div>"
        f"<blockquote class=gmail_quote style='margin:0 0 0 0.8ex;border-left:1px solid'>{OLD}</blockquote></div>",
        ["thanks"],
    ),
    (
        "Gmail, older",
        f"<div dir=ltr>thanks</div><div class=gmail_extra><br><div class=gmail_quote>{ATTRIBUTION}<br>"
        f"<blockquote class=gmail_quote>{OLD}</blockquote></div><br></div>",
        ["thanks"],
    ),
    (
        "Gmail, answered below",
        f"<div class='gmail_quote gmail_quote_container'><div class=gmail_attr>{ATTRIBUTION}<br></div>"
        f"<blockquote class=gmail_quote>{OLD}</blockquote><div>thanks</div></div>",
        ["thanks"],
    ),
    (
        "Gmail, answered in between",
        f"<div class=gmail_quote>{ATTRIBUTION}<blockquote class=gmail_quote>one?</blockquote>"
        "<div>yes</div><blockquote class=gmail_quote>two?</blockquote><div>no</div></div>",
        ["yes", "no"],
    ),
    (
        "Gmail, a container without blockquote",
        f"thanks<div class=gmail_quote>{ATTRIBUTION}<br>{OLD}</div>",
        ["thanks"],
    ),
    (
        "Apple Mail",
        f"<body>thanks<br><div><br><blockquote type=cite><div>On 1 Jan 2024, at 10:00, Bob wrote:</div><br>{OLD}"
        "</blockquote></div><br></body>",
        ["thanks"],
    ),
    (
        "Apple Mail, answered below",
        f"<div><blockquote type='cite'><div>On 1 Jan 2024, at 10:00, Bob wrote:</div>{OLD}</blockquote></div>thanks",
        ["thanks"],
    ),
    (
        "Thunderbird",
        "<p>thanks</p><div class='moz-cite-prefix'>Am 01.01.24 um 10:00 schrieb Bob:<br></div>"
        f"<blockquote type='cite' cite='mid:1@x.example'>{OLD}</blockquote><p>bye</p>",
        ["thanks", "bye"],
    ),
    (
        "Outlook",
        "<div class=WordSection1><p class=MsoNormal>thanks<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div>"
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"<p class=MsoNormal>{HEADER}</p></div></div>{OLD}</div>",
        ["thanks"],
    ),
    (
        "Outlook 2010",
        "thanks<div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0in 0in 0in'>"
        f"<p class=MsoNormal>{HEADER}</p></div>{OLD}",
        ["thanks"],
    ),
    (
        "Outlook, its rule rewritten",
        "thanks<div style='border-width: 1pt medium medium; border-style: solid none none; padding: 3pt 0cm 0cm;"
        f" border-color: rgb(225, 225, 225) currentcolor currentcolor;'>{HEADER}</div>{OLD}",
        ["thanks"],
    ),
    (
        "Outlook.com",
        "<div class=elementToProof>thanks</div><div id=appendonsend></div>"
        "<hr style='display:inline-block;width:98%' tabindex=-1>"
        f"<div id=divRplyFwdMsg dir=ltr><font>{HEADER}</font></div>{OLD}",
        ["thanks"],
    ),
    (
        "Outlook.com without its mark",
        f"<div>thanks</div><hr tabindex=-1><div id=divRplyFwdMsg>{HEADER}</div>{OLD}",
        ["thanks"],
    ),
    (
        "Outlook on phones",
        f"<div>thanks</div><div id=mail-editor-reference-message-container><div>{HEADER}</div>{OLD}</div>",
        ["thanks"],
    ),
    (
        "Outlook 2003",
        f"thanks<div class=OutlookMessageHeader lang=en-us><hr>{HEADER}</div>{OLD}",
        ["thanks"],
    ),
    ("Outlook for Mac", f"thanks<span id=OLK_SRC_BODY_SECTION>Bob wrote on 1.1.2024:{OLD}</span>", ["thanks"]),
    ("Hotmail", f"thanks<br><hr id=stopSpelling>Date: Mon, 1 Jan 2024<br>From: bob@x.example<br>{OLD}", ["thanks"]),
    (
        "Yahoo",
        f"<div>thanks</div><div id=yahoo_quoted_12 class=yahoo_quoted><div>{ATTRIBUTION}</div><blockquote>older"
        f"</blockquote>{OLD}</div>",
        ["thanks"],
    ),
    ("Yahoo, renamed", f"thanks<div class=ydp1a2byahoo_quoted>{ATTRIBUTION}{OLD}</div>", ["thanks"]),
    (
        "Proton",
        f"<div>thanks</div><div class=protonmail_quote>{ATTRIBUTION}<br>"
        f"<blockquote class=protonmail_quote type=cite>{OLD}</blockquote><br></div>",
        ["thanks"],
    ),
    ("Tutanota", f"thanks<br>1 Jan 2024, 10:00 by bob:<br><blockquote class=tutanota_quote>{OLD}</blockquote>", None),
    (
        "Zoho",
        "<div>thanks</div><div class=zmail_extra><br>---- On Mon, 01 Jan 2024 Bob wrote ---<br>"
        f"<blockquote id=blockquote_zmail style='margin:0px'>{OLD}</blockquote></div>",
        ["thanks"],
    ),
    (
        "Zimbra",
        f"<div>thanks</div><hr id=zwchr data-marker=__DIVIDER__>Bob, on 1.1.2024:<br>"
        f"<div data-marker=__QUOTED_TEXT__>{OLD}</div>",
        ["thanks", "Bob, on 1.1.2024:"],
    ),
    (
        "Roundcube",
        f"<p id=reply-intro>On 2024-01-01 10:00, Bob wrote:</p><blockquote type=cite>{OLD}</blockquote>a",
        ["a"],
    ),
    ("mail.ru", f"да<br><blockquote style='border-left:1px solid #0857A6;margin:10px'>{OLD}</blockquote>", ["да"]),
    ("NetEase", f"好<div id=isReplyContent>在 2024-01-01 10:00:00，Bob 写道：{OLD}</div>", ["好"]),
    ("GMX", f"danke<div name=quote style='margin:10px'><div><b>Gesendet:</b> 1.1.2024</div>{OLD}</div>", ["danke"]),
    (
        "Spark",
        f"thanks<div name=messageReplySection>{ATTRIBUTION}<blockquote class=spark_quote>{OLD}</blockquote></div>",
        ["thanks"],
    ),
    ("Front", f"thanks<blockquote type=cite class=front-blockquote>{OLD}</blockquote>", ["thanks"]),
    ("FastMail", f"<div>1 Jan 2024, Bob wrote:</div><blockquote type=cite id=qt>{OLD}</blockquote><div>a</div>", None),
    (
        "Word around a quote of Gmail",
        "thanks<blockquote style='border:none;border-left:solid #CCCCCC 1.0pt;padding:0cm 0cm 0cm 6.0pt'>"
        f"{OLD}</blockquote>",
        ["thanks"],
    ),
]

NO_QUOTES = [
    (
        "moved to the right",
        "<blockquote style='margin:0 0 0 40px;border:none;padding:0px'>my words</blockquote>",
        "my words",
    ),
    ("a card of a newsletter", "<div style='border-top:solid #E1E1E1 1px;padding:20px'>offer</div>more", "offer\nmore"),
    ("a class of others", "<div class='gmail_quoteish quote'>my words</div>", "my words"),
    (
        "forwarded by Gmail",
        "see below<div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>"
        f"{HEADER}</div><br>{OLD}</div>",
        None,
    ),
    (
        "forwarded by Gmail, in a language of its own",
        f"ver abajo<div class=gmail_quote>---------- Mensaje reenviado ----------<br>De: <b>Bob</b> &lt;b@x.example&gt;<br>"
        f"Fecha: 1 ene 2024<br>Asunto: lamp<br>Para: a@x.example<br>{OLD}</div>",
        None,
    ),
    (
        "forwarded by Apple Mail",
        f"FYI<blockquote type=cite><div>Begin forwarded message:</div><br><div>{HEADER}</div><br>{OLD}</blockquote>",
        None,
    ),
    (
        "forwarded by Yahoo",
        f"FYI<div class=yahoo_quoted><div>----- Forwarded message -----</div><div>{HEADER}</div>{OLD}</div>",
        None,
    ),
    ("forwarded by Thunderbird", f"FYI<div class=moz-forward-container>-------- Weiter<br>{HEADER}{OLD}</div>", None),
    ("forwarded by NetEase", f"FYI<div id=isForwardContent>{HEADER}{OLD}</div>", None),
    ("introduced by a header block", f"FYI<br><br>{HEADER}<br><blockquote>{OLD}</blockquote>", None),
]

SIGNATURES = [
    (
        "Gmail",
        "hi<br>-- <br><div class=gmail_signature data-smartmail=gmail_signature>Ann<br>Firm</div>",
        ["Ann", "Firm"],
    ),
    ("Thunderbird", "hi<pre class=moz-signature cols=72>-- \nAnn</pre>", ["--", "Ann"]),
    ("Outlook.com", "hi<div id=Signature><div>Ann</div></div><div id=appendonsend></div><hr>old", ["Ann"]),
    ("Outlook on phones", "hi<div id=ms-outlook-mobile-signature>Get it</div>", ["Get it"]),
    ("iPhone", "hi<div id=AppleMailSignature>Sent from my phone</div>", ["Sent from my phone"]),
    ("in a quote", "hi<blockquote>old<div class=gmail_signature>Bob</div></blockquote>", []),
]


def lines_of(page: str) -> tuple[list[str], list[str], list[str]]:
    """The lines that have words: unquoted, quoted, of a signature."""
    read = to_text(page)
    lines = [(number, line) for number, line in enumerate(read.text.split("\n")) if line.strip("> ")]
    return (
        [line for number, line in lines if number not in read.boxed.quoted],
        [line for number, line in lines if number in read.boxed.quoted],
        [line for number, line in lines if number in read.boxed.signed],
    )


@pytest.mark.parametrize(("page", "own"), [case[1:] for case in QUOTES], ids=[case[0] for case in QUOTES])
def test_quotes(page: str, own: list[str] | None) -> None:
    unquoted, quoted, _ = lines_of(page)
    assert quoted
    assert not any("old words" in line for line in unquoted)
    if own is not None:
        assert unquoted == own


@pytest.mark.parametrize(("page", "text"), [case[1:] for case in NO_QUOTES], ids=[case[0] for case in NO_QUOTES])
def test_no_quotes(page: str, text: str | None) -> None:
    read = to_text(page)
    assert not read.boxed.quoted
    if text is None:
        assert "\nthe old words\n\nmore old words" in read.text  # without prefixes
    else:
        assert read.text == text


@pytest.mark.parametrize(("page", "signed"), [case[1:] for case in SIGNATURES], ids=[case[0] for case in SIGNATURES])
def test_signatures(page: str, signed: list[str]) -> None:
    assert lines_of(page)[2] == signed


PREFIXES = [
    ("quote", "<p>yes</p><blockquote><p>no</p><p>never</p></blockquote>", "yes\n\n> no\n>\n> never"),
    ("quote in quote", "<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
    ("too deep to show", "<blockquote>" * 50 + "a", "> " * 10 + "a"),
    ("quote in a cell", "<table><tr><td>a<td><blockquote>b</blockquote></table>", "a\n> b"),
    ("quote with a reply in it", f"<blockquote type=cite>{ATTRIBUTION}<blockquote>b</blockquote></blockquote>",
     "> On Mon, 1 Jan 2024 at 10:00, Bob Lamp <bob@x.example> wrote:\n>\n> > b"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "text"), [case[1:] for case in PREFIXES], ids=[case[0] for case in PREFIXES])
def test_blockquotes_have_the_prefix_of_plain_text(page: str, text: str) -> None:
    read = to_text(page)
    assert read.text == text
    assert read.boxed.quoted == {number for number, line in enumerate(text.split("\n")) if line.startswith(">")}


WORD_RULE = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'


def test_a_rule_opens_a_quote_only_above_a_header_block() -> None:
    order = f"<p>We need:</p>{WORD_RULE}<p>12 lamps for room 4</p></div><p>Thanks</p>"
    assert not to_text(order).boxed.quoted
    block = "<p><b>From:</b> Bob Lamp<br><b>Sent:</b> 1.1.2024 10:00<br><b>Subject:</b> lamp</p>"
    unquoted, quoted, _ = lines_of(f"<p>yes</p>{WORD_RULE}{block}</div><p>no</p>")
    assert (unquoted, quoted[-1]) == (["yes"], "no")
    unquoted, quoted, _ = lines_of(f"<p>yes</p>{WORD_RULE}<p>lamps</p></div><p>so</p>{WORD_RULE}{block}</div><p>no</p>")
    assert (unquoted, quoted[-1]) == (["yes", "lamps", "so"], "no")


def test_two_labels_below_the_rule_of_zimbra() -> None:
    for head, body in (
        ("<hr id=zwchr><div>", "<div>"),
        ("<hr id=zwchr><div data-marker=__HEADERS__>", "<div data-marker=__QUOTED_TEXT__>"),
    ):
        page = f"<div>yes</div>{head}<b>From: </b>Bob<br><b>To: </b>Ann<br></div>{body}no</div>"
        assert lines_of(page)[0] == ["yes"]


def test_a_quote_in_a_forward_is_still_one() -> None:
    page = f"<blockquote type=cite>{HEADER}<br>new<blockquote>older</blockquote></blockquote>"
    assert to_text(page).text.endswith("\n\nnew\n\n> older")
