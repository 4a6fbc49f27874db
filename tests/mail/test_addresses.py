"""Who wrote it, to whom: one sender that may be believed, or the reason why not."""

import pytest

from gateway.mail import Address, read
from gateway.mail.header import addresses

ONE_SENDER = [
    ("ann@example.net", "ann@example.net", ""),
    ("<ann@example.net>", "ann@example.net", ""),
    ("  Ann Lee <ann@example.net>  ", "ann@example.net", "Ann Lee"),
    ('"Ann Lee" <ann@EXAMPLE.Net>', "ann@example.net", "Ann Lee"),
    ('"Lee, Ann" <ann@example.net>', "ann@example.net", "Lee, Ann"),
    ("Lee, Ann <ann@example.net>", "ann@example.net", "Lee, Ann"),
    ("Lee, Ann, Dr. <ann@example.net>", "ann@example.net", "Lee, Ann, Dr."),
    ("=?utf-8?q?Lee=2C_=C3=84nn?= <ann@example.net>", "ann@example.net", "Lee, Änn"),
    ("=?utf-8?q?Lee,_Ann?= <ann@example.net>", "ann@example.net", "Lee, Ann"),
    ('"=?utf-8?q?=C3=84nn?=" <ann@example.net>', "ann@example.net", "Änn"),
    ("Test User [#123] <ann@example.net>", "ann@example.net", "Test User [#123]"),
    ("ann@example.net (Ann Lee)", "ann@example.net", "Ann Lee"),
    ("Ann (in (the) office) <ann@example.net>", "ann@example.net", "Ann"),
    ('"Ann \\"A\\" Lee" <ann@example.net>', "ann@example.net", 'Ann "A" Lee'),
    ("'Ann Lee' <ann@example.net>", "ann@example.net", "Ann Lee"),
    ("Ann Lee <ann@example.net", "ann@example.net", "Ann Lee"),
    ("Ann Lee ann@example.net", "ann@example.net", "Ann Lee"),
    ("Ann <ann@example.net.>", "ann@example.net", "Ann"),
    ("ann @ example.net", "ann@example.net", ""),
    ("Ann <ann@[192.0.2.1]>", "ann@[192.0.2.1]", "Ann"),
    ('"ann lee"@example.net', '"ann lee"@example.net', ""),
    ('"ann"@example.net', "ann@example.net", ""),
    ("O'Brien <o'brien@example.net>", "o'brien@example.net", "O'Brien"),
    ("ann@example.net, Ann <ANN@example.net>", "ann@example.net", ""),
    ("Ann [ann@example.net]", "ann@example.net", "Ann"),
    ("Ann [mailto:ann@example.net]", "ann@example.net", "Ann"),
    ("Ann <mailto:ann@example.net>", "ann@example.net", "Ann"),
    ("Ann <<ann@example.net>>", "ann@example.net", "Ann"),
    ("Ann <'ann@example.net'>", "ann@example.net", "Ann"),
    ("ann@example.net>", "ann@example.net", ""),
    ('"ann@example.net"', "ann@example.net", ""),
    ("ann@example.net Ann Lee", "ann@example.net", "Ann Lee"),
    ("ann@example.net. (Ann Lee)", "ann@example.net", "Ann Lee"),
    ("Ann Lee. ann@example.net", "ann@example.net", "Ann Lee."),
    ("Ann <ann@mail(ours). example . net>", "ann@mail.example.net", "Ann"),
    ("Re: Ann Lee <ann@example.net>", "ann@example.net", "Re: Ann Lee"),
    ("Ann [#1], [Urgent]: <ann@example.net>", "ann@example.net", "Ann [#1], [Urgent]:"),
    ("A.N. Lee, B.Sc. <ann@example.net>", "ann@example.net", "A.N. Lee, B.Sc."),
    ("Ann @ Work <ann@example.net>", "ann@example.net", "Ann @ Work"),
    ('"Ann Lee <ann@example.net>', "ann@example.net", "Ann Lee"),
    (r"\"Ann Lee\" <ann@example.net>", "ann@example.net", "Ann Lee"),
    ("=?utf-8?q?Ann?= =?utf-8?q?_Lee?= <ann@example.net>", "ann@example.net", "Ann Lee"),
    ("=?utf-8?q?Ann_Lee?=<ann@example.net>", "ann@example.net", "Ann Lee"),
    ("ann..lee.@example.net", "ann..lee.@example.net", ""),
    # the mailbox in the angle is the one that answers reach, whatever the name says
    ("agent@corp.example <evil@other.example>", "evil@other.example", "agent@corp.example"),
    ('"agent@corp.example" <evil@other.example>', "evil@other.example", "agent@corp.example"),
    ("=?utf-8?q?agent=40corp=2Eexample?= <evil@other.example>", "evil@other.example", "agent@corp.example"),
    ("=?utf-8?q?=3Cagent=40corp=2Eexample=3E?= <evil@other.example>", "evil@other.example", "<agent@corp.example>"),
]

NO_SENDER = [
    ([], "missing"),
    ([""], "no usable address"),
    (["Ann Lee"], "no usable address"),
    (["<>"], "no usable address"),
    (["ann@"], "no usable address"),
    (["@example.net"], "no usable address"),
    (["ann@example.net", "bob@example.net"], "two From lines"),
    (["Ann Lee", "ann@example.net"], "two From lines"),
    (["Us: ann@example.net;", "Us: ann@example.net;"], "a group in From"),
    (["agent@corp.example, evil@other.example"], "several addresses in From"),
    (["<agent@corp.example> <evil@other.example>"], "several addresses in From"),
    (["agent@corp.example evil@other.example"], "several addresses in From"),
    (["<agent@corp.example, evil@other.example>"], "several addresses in From"),
    (["<agent@corp.example <evil@other.example>"], "no usable address"),
    (["corp!agent"], "no usable address"),
    (["agent%corp.example"], "no usable address"),
    (["=?utf-8?q?=3Cagent=40corp=2Eexample=3E?=@evil.example"], "no usable address"),
    (["Ann <=?utf-8?q?agent=40corp=2Eexample?=@evil.example>"], "no usable address"),
    (["=?utf-8?q?Agent_=3Cagent=40corp=2Eexample=3E?= =?utf-8?q?_Lee?= x"], "no usable address"),
    (["=?utf-8?q?a=40corp=2Eexample=2C_b=40corp=2Eexample?="], "no usable address"),
    (["=?utf-8?b?YWdlbnRA77yjb3JwLmV4YW1wbGU=?="], "no usable address"),
    (["agent@corp.example, <"], "several addresses in From"),
    (["Us: agent@corp.example;"], "a group in From"),
    (["Us: agent@corp.example, evil@other.example;"], "a group in From"),
    (["undisclosed-recipients:;"], "a group in From"),
    (["<@evil.example:agent@corp.example>"], "a route in From"),
    (["<@a.example,@b.example:agent@corp.example>"], "a route in From"),
    (["agent＠corp.example"], "no usable address"),
    (["agent@corp\uff0eexample"], "no usable address"),
    (["agent@corp.example\x00evil@other.example"], "no usable address"),
    (["agent@corp.example\x0bevil@other.example"], "several addresses in From"),
    (["agent@corp.example\udc80"], "no usable address"),
    (["agent@corp..example"], "no usable address"),
    (["agent\u200b@corp.example"], "no usable address"),
    (["agent@corp\u202e.example"], "no usable address"),
]

LISTS = [
    ("a@x.example, B <b@x.example>,c@x.example", ["a@x.example", "b@x.example", "c@x.example"]),
    ("a@x.example; b@x.example", ["a@x.example", "b@x.example"]),
    ("Team: a@x.example, B <b@x.example>;, c@x.example", ["a@x.example", "b@x.example", "c@x.example"]),
    ("undisclosed-recipients:;", []),
    ("Smith, John <j@x.example>, Doe, Jane <d@x.example>", ["j@x.example", "d@x.example"]),
    ('"a@x.example" <b@x.example>, , c@x.example', ["b@x.example", "c@x.example"]),
    ("A <a@x.example> B <b@x.example>", ["a@x.example", "b@x.example"]),
    ("<@relay.example:a@x.example>, b@x.example", ["a@x.example", "b@x.example"]),
    ("no address here, a@x.example", ["a@x.example"]),
    ("a@x.example b@x.example", ["a@x.example", "b@x.example"]),
    ("<a@x.example, b@x.example; c@x.example>", ["a@x.example", "b@x.example", "c@x.example"]),
    ("A <a@x.example>; B: b@x.example, c@x.example", ["a@x.example", "b@x.example", "c@x.example"]),
    ("A: Friends: a@x.example, b@x.example;", ["a@x.example", "b@x.example"]),
    ("corp!a, a%corp, a@x.example", ["a@x.example"]),
    ("a@x.example.,<b@x.example", ["a@x.example", "b@x.example"]),
    ("", []),
]


@pytest.mark.parametrize(("raw", "addr", "name"), ONE_SENDER)
def test_the_sender(raw: str, addr: str, name: str) -> None:
    assert addresses.sender([raw]) == (Address(addr=addr, name=name), "")


@pytest.mark.parametrize(("raws", "reason"), NO_SENDER)
def test_no_sender_and_why(raws: list[str], reason: str) -> None:
    raws = [raw if "\udc80" in raw else raw.encode().decode("ascii", "surrogateescape") for raw in raws]
    assert addresses.sender(raws) == (None, reason)


@pytest.mark.parametrize(
    ("raw", "addr", "name"),
    [
        ("=?utf-8?Q?Ann_Lee_=3Ca=40example=2Enet=3E?=", "a@example.net", "Ann Lee"),
        ("=?utf-8?q?Ann_Lee?=\t=?utf-8?q?_=3Ca=40EXAMPLE=2Enet=3E?=", "a@example.net", "Ann Lee"),
        ("=?utf-8?b?w4RubiA8YUBleGFtcGxlLm5ldD4=?=", "a@example.net", "Änn"),
        ("=?us-ascii?q?a=40example=2Enet?=", "a@example.net", ""),
    ],
)
def test_a_field_encoded_as_a_whole_is_read_but_nothing_may_rest_on_it(raw: str, addr: str, name: str) -> None:
    assert addresses.sender([raw]) == (Address(addr=addr, name=name), "")
    assert addresses.is_doubtful([raw])
    assert "ambiguous:from" in read(f"From: {raw}\n\nhello\n".encode()).defects


def test_an_encoded_word_in_an_address_is_doubtful() -> None:
    raw = "=?utf-8?q?=3Cceo=40good.example=3E?=@evil.example"
    found = read(f"From: {raw}\n\nhello\n".encode())
    assert found.from_ is None
    assert "ambiguous:from" in found.defects
    assert addresses.mailboxes(f"{raw}, a@x.example") == (Address(addr="a@x.example"),)


def test_from_lines_that_agree_are_as_good_as_one() -> None:
    assert addresses.sender(["Ann <ann@example.net>", "ANN@example.net"]) == (
        Address(addr="ann@example.net", name="Ann"),
        "",
    )
    assert addresses.sender(["", "ann@example.net"]) == (Address(addr="ann@example.net"), "")


@pytest.mark.parametrize(("raw", "expected"), LISTS)
def test_lists(raw: str, expected: list[str]) -> None:
    assert [address.addr for address in addresses.mailboxes(raw)] == expected


def test_raw_8bit_names_are_read_as_the_body_is() -> None:
    assert addresses.sender(["J\udcf6rg <j@x.example>"], "cp1252")[0] == Address(addr="j@x.example", name="Jörg")
    assert addresses.sender(["\udcd4\udcc5\udcd3\udcd4 <j@x.example>"], "koi8_r")[0] == Address(
        addr="j@x.example", name="тест"
    )


@pytest.mark.parametrize("addr", ["用户@例え.example", "उपयोगकर्ता@उदाहरण.example", "björk@exämple.example"])
def test_an_international_address_is_kept(addr: str) -> None:
    assert addresses.mailboxes(addr.encode().decode("ascii", "surrogateescape")) == (Address(addr=addr),)


BOMBS = [
    "a:" * 32_000,
    '"a" ' * 16_000,
    '"\\' * 32_000,
    "(" * 64_000,
    "a@b.example," * 5_000,
    "<" * 64_000,
    "a@" * 32_000,
    "<a@b" * 16_000,
    "a@b:" * 16_000,
    "mailto:" * 9_000,
    "a@b " * 16_000,
    "<a@b," * 13_000,
    "<" + "a@b;" * 16_000,
    "\\a" * 32_000,
]
BOMBS += [
    " " * 64_000 + "x",
    "a" + " " * 60_000 + "b@c.example",
    "a@b" + " " * 60_000 + "x",
    '"' + "\\a" * 32_000,
    "," * 64_000,
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("bomb", BOMBS)
def test_hostile_fields_end(bomb: str) -> None:
    addresses.sender([bomb])
    addresses.is_doubtful([bomb])
    assert len(addresses.mailboxes(bomb)) <= addresses.MAX_ADDRESSES
