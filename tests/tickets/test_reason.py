from gateway.tickets.reason import Reason, in_words


def test_every_reason_has_words() -> None:
    assert all(in_words(reason) != reason for reason in Reason)
    assert in_words("rule: marked as spam") == "rule: marked as spam"
