"""Who is quoted, in the words of mail clients in some forty languages; and what only looks like it."""

import pytest

from gateway.mail.reply import split

YES = "It works, thank you.\nBob"
LETTER = "Hello Bob,\nit is on its way."
QUOTED = "> Hello Bob,\n> it is on its way."

CLIENTS = [
    "Mnamo Alh, 3 Machi 2016 saa 17:21, Ann Lee <ann@example.net> aliandika:",
    "On Thu, Mar 3, 2016 at 5:21 PM Ann Lee <ann@example.net> wrote:",
    "Am Do., 3. März 2016 um 17:21 Uhr schrieb Ann Lee <ann@example.net>:",
    "Ann Lee <ann@example.net> schrieb am Do., 3. März 2016, 17:21:",
    "Le jeu. 3 mars 2016 à 17:21, Ann Lee <ann@example.net> a écrit :",
    "El jue, 3 mar 2016 a las 17:21, Ann Lee (<ann@example.net>) escribió:",
    "Il giorno gio 3 mar 2016 alle ore 17:21 Ann Lee <ann@example.net> ha scritto:",
    "Em qui., 3 de mar. de 2016 às 17:21, Ann Lee <ann@example.net> escreveu:",
    "Op do 3 mrt 2016 om 17:21 schreef Ann Lee <ann@example.net>:",
    "Den tors 3 mars 2016 kl 17:21 skrev Ann Lee <ann@example.net>:",
    "Den tor. 3. mar. 2016 kl. 17.21 skrev Ann Lee <ann@example.net>:",
    "tor. 3. mar. 2016 kl. 17:21 skrev Ann Lee <ann@example.net>:",
    "to 3. maalisk. 2016 klo 17.21 Ann Lee (ann@example.net) kirjoitti:",
    "czw., 3 mar 2016 o 17:21 Ann Lee <ann@example.net> napisał(a):",
    "čt 3. 3. 2016 v 17:21 odesílatel Ann Lee <ann@example.net> napsal:",
    "št 3. 3. 2016 o 17:21 Ann Lee <ann@example.net> napísal(a):",
    "Ann Lee <ann@example.net> ezt írta (időpont: 2016. márc. 3., Cs, 17:21):",
    "În joi, 3 mar. 2016 la 17:21, Ann Lee <ann@example.net> a scris:",
    "čet, 3. ožu 2016. u 17:21 Ann Lee <ann@example.net> napisao je:",
    "V čet., 3. mar. 2016 ob 17:21 je oseba Ann Lee <ann@example.net> napisala:",
    "На чт, 3.03.2016 г. в 17:21 Ann Lee <ann@example.net> написа:",
    "чт, 3 мар. 2016 г. в 17:21, Ann Lee <ann@example.net>:",
    "чт, 3 бер. 2016 р. о 17:21 Ann Lee <ann@example.net> пише:",
    "Στις Πέμ 3 Μαρ 2016 στις 5:21 μ.μ., ο/η Ann Lee <ann@example.net> έγραψε:",
    "Ann Lee <ann@example.net>, 3 Mar 2016 Per, 17:21 tarihinde şunu yazdı:",
    "\u202bבתאריך יום ה׳, 3 במרץ 2016 ב-17:21 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.net\u202c\u200f>:\u202c",
    "في الخميس، ٣ مارس ٢٠١٦ في ٥:٢١ م تمت كتابة ما يلي بواسطة \u202aAnn Lee\u202c\u200f <\u202aann@example.net\u202c\u200f>:\u202c",
    "2016年3月3日(木) 17:21 Ann Lee <ann@example.net>:",
    "2016년 3월 3일 (목) 오후 5:21, Ann Lee <ann@example.net>님이 작성:",
    "Ann Lee <ann@example.net> 于2016年3月3日周四 17:21写道：",
    "Ann Lee <ann@example.net> 於 2016年3月3日 週四 下午5:21寫道：",
    "ในวันที่ พฤ. 3 มี.ค. 2016 เวลา 17:21 Ann Lee <ann@example.net> เขียนว่า:",
    "Vào Th 5, 3 thg 3, 2016 vào lúc 17:21 Ann Lee <ann@example.net> đã viết:",
    "Pada tanggal Kam, 3 Mar 2016 pukul 17.21 Ann Lee <ann@example.net> menulis:",
    "गुरु, 3 मार्च 2016 को 5:21 pm बजे को Ann Lee <ann@example.net> ने लिखा:",
    "2016-03-03, kt, 17:21 Ann Lee <ann@example.net> rašė:",
    "ceturtd., 2016. g. 3. marts, plkst. 17:21 — lietotājs Ann Lee (<ann@example.net>) rakstīja:",
    "Ann Lee <ann@example.net> kirjutas kuupäeval N, 3. märts 2016 kell 17:21:",
    "El dj., 3 de març 2016 a les 17:21, Ann Lee (<ann@example.net>) va escriure:",
    "On 3 Mar 2016, at 17:21, Ann Lee <ann@example.net> wrote:",
    "Am 03.03.2016 um 17:21 schrieb Ann Lee <ann@example.net>:",
    "Le 3 mars 2016 à 17:21, Ann Lee <ann@example.net> a écrit :",
    "Op 3 mrt. 2016 om 17:21 heeft Ann Lee <ann@example.net> het volgende geschreven:",
    "Il giorno 03/mar/2016, alle ore 17:21, Ann Lee <ann@example.net> ha scritto:",
    "3 марта 2016 г., в 17:21, Ann Lee <ann@example.net> написал(а):",
    "2016/03/03 17:21、Ann Lee <ann@example.net>のメール:",
    "在 2016年3月3日，17:21，Ann Lee <ann@example.net> 写道：",
    "On 03/03/2016 17:21, Ann Lee wrote:",
    "Am 03.03.2016 um 17:21 schrieb Ann Lee:",
    "Le 03/03/2016 à 17:21, Ann Lee a écrit :",
    "El 03/03/16 a las 17:21, Ann Lee escribió:",
    "Il 03/03/2016 17:21, Ann Lee ha scritto:",
    "Op 3-3-2016 om 17:21 schreef Ann Lee:",
    "W dniu 03.03.2016 o 17:21, Ann Lee pisze:",
    "03.03.2016 17:21, Ann Lee пишет:",
    "Dne 3.3.2016 v 17:21 Ann Lee napsal(a):",
    "Den 2016-03-03 kl. 17:21, skrev Ann Lee:",
    "Em 03/03/2016 17:21, Ann Lee escreveu:",
    "On Thursday, March 3, 2016, 05:21:33 PM GMT+1, Ann Lee <ann@example.net> wrote:",
    "Am Donnerstag, 3. März 2016, 17:21:33 MEZ hat Ann Lee <ann@example.net> Folgendes geschrieben:",
    "Le jeudi 3 mars 2016 à 17:21:33 UTC+1, Ann Lee <ann@example.net> a écrit :",
    "El jueves, 3 de marzo de 2016, 17:21:33 CET, Ann Lee <ann@example.net> escribió:",
    "Четверг, 3 марта 2016, 17:21 +03:00 от Ann Lee <ann@example.net>:",
    '03.03.2016, 17:21, "Ann Lee" <ann@example.net>:',
    "On Thursday, March 3rd, 2016 at 5:21 PM, Ann Lee <ann@example.net> wrote:",
    'On 3/3/16, 5:21 PM, "Ann Lee" <ann@example.net> wrote:',
    "---- On Thu, 03 Mar 2016 17:21:33 +0100 Ann Lee <ann@example.net> wrote ----",
    "Ann Lee schrieb am 2016-03-03 17:21:",
    "On 2016-03-03 17:21, Ann Lee wrote:",
    "Zitat von Ann Lee <ann@example.net>:",
    "Quoting Ann Lee <ann@example.net>:",
    "On Thu, Mar 03, 2016 at 05:21:33PM +0100, Ann Lee wrote:",
    "Ann Lee <ann@example.net> writes:",
    "Am Donnerstag, 3. März 2016, 17:21:33 schrieb Ann Lee:",
    "On Thu, 2016-03-03 at 17:21 +0100, Ann Lee wrote:",
    "On Thu, March 3, 2016 5:21 pm, Ann Lee wrote:",
    'At 2016-03-03 17:21:33, "Ann Lee" <ann@example.net> wrote:',
    '在 2016-03-03 17:21:33，"Ann Lee" <ann@example.net> 写道：',
    "Ann Lee <ann@example.net> schrieb am 03.03.2016 17:21:33:",
    "2016. 3. 3. 오후 5:21, Ann Lee <ann@example.net> 작성:",
    "On March 3, 2016, Ann Lee <ann@example.net> wrote:",
    "On March 3, 2016 at 5:21 PM GMT+1 ann@example.net wrote:",
    "On Thursday, March 03, 2016 17:21 CET, Ann Lee <ann@example.net> wrote:",
    "On 3 Mar 2016, 17:21 +0100, Ann Lee <ann@example.net>, wrote:",
    "On 3 March 2016 at 17:21:33, Ann Lee (ann@example.net) wrote:",
    "On Mar 3 2016, at 5:21 pm, Ann Lee <ann@example.net> wrote:",
    "On March 3, 2016 5:21:33 PM GMT+01:00, Ann Lee <ann@example.net> wrote:",
    "Am 3. März 2016 17:21:33 MEZ schrieb Ann Lee <ann@example.net>:",
]
NEEDS_QUOTE = ["Ann Lee wrote:", "Am 3. März schrieb Ann:", "Ann, 17:21:", "ann@example.net:"]
NONE = [
    "My address is ann@example.net, and this is what I need:",
    "We met on 3.3.2026 at 17:21, and here is what was said:",
    "On 3 March 2026 at 17:21 I wrote to Ann <ann@example.net>:",
    "Am 3.3.2026 um 17:21 schrieb ich an Ann <ann@example.net>:",
    "Date: Thu, 3 Mar 2026 17:21:33 +0100 (CET) <ann@example.net>:",
    "<ann@example.net>: host mx.example.net[192.0.2.45] wrote 5.1.1:",
    "SMTP error from the server after RCPT TO:<ann@example.net> at 17:21:",
]


def wrapped(line: str) -> set[str]:
    """The line broken at column 70 and around the bracket of its address, as clients do."""
    places = {line.find(" <"), line.find("<") + 1, line.rfind(" ", 0, 70) if len(line) > 70 else 0}
    return {f"{line[:at].rstrip()}\n{line[at:].lstrip()}" for at in places if at > 0}


@pytest.mark.parametrize("line", CLIENTS)
def test_clients(line: str) -> None:
    for form in {line, *wrapped(line)}:
        for letter in (LETTER, QUOTED):
            assert split(f"{YES}\n\n{form}\n\n{letter}").reply == YES, form


@pytest.mark.parametrize("line", NEEDS_QUOTE)
def test_one_sign_is_enough_above_a_quote(line: str) -> None:
    assert split(f"{YES}\n\n{line}\n{QUOTED}").reply == YES
    assert split(f"{YES}\n\n{line}\n{LETTER}").cuts == ()


@pytest.mark.parametrize("line", NONE)
def test_none(line: str) -> None:
    assert split(f"{YES}\n\n{line}\n{LETTER}").cuts == ()


def test_a_blank_line_ends_what_may_be_an_attribution() -> None:
    text = "We met on 3 March 2026.\n\nAnn Lee <ann@example.net> wrote:\n\nno"
    assert split(text).reply == "We met on 3 March 2026."
    html = "yes\n\nOn Thu, 3 Mar 2026 at 11:16 Ann Lee\n\n<\nmailto:Ann Lee <ann@example.net>\n> wrote:\n\nno"
    assert split(html).reply == "yes"


def test_sentences_above_it_stay() -> None:
    line = "On 3 Mar 2026, at 17:21, Ann Lee <ann@example.net> wrote:"
    assert split(f"It came on 2.3.2026.\n{line}\n{QUOTED}").reply == "It came on 2.3.2026."
    assert (
        split(f"It came\non Monday!\nAm 3.3.2026 schrieb Ann\n<ann@example.net>:\n{QUOTED}").reply
        == "It came\non Monday!"
    )


@pytest.mark.parametrize("prefix", ["| ", ":> ", "AL> ", "Ann> "])
def test_rare_prefixes_below_it(prefix: str) -> None:
    text = f"{YES}\n\nAnn Lee <ann@example.net> wrote:\n{prefix}one\n\n{prefix}two\n\nindeed"
    assert split(text).reply == f"{YES}\n\nindeed"
    assert split(f"{YES}\nAL> one\nAL> two").cuts == ()
    assert split("The log of 17:21:\nsql> select 1\nsql> select 2").cuts == ()
