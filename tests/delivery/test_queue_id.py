"""What servers call a mail they took, out of their answers to the final dot."""

import pytest

from gateway.delivery.answer import queue_id

REPLIES = [
    ("250 2.0.0 Ok: queued as 4bJxQz1ZtWz3D", "4bJxQz1ZtWz3D"),  # Postfix
    ("250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9F2C11A0B3", "9F2C11A0B3"),
    ("250 OK id=1rXyZ0-0001Ab-2C", "1rXyZ0-0001Ab-2C"),  # Exim
    ("250 2.0.0 3ASDFgh1012345 Message accepted for delivery", "3ASDFgh1012345"),  # Sendmail
    ("250 2.0.0 OK 1700000000 d2e1a72fcca58-6c3 - gsmtp", "d2e1a72fcca58-6c3"),
    ("250 2.6.0 <1@acme.example> [InternalId=12345678, Hostname=x] 1 bytes Queued mail for delivery", "12345678"),
    ("250 Ok 0100018c5d2f3a4b-1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6-000000", "0100018c5d2f3a4b-1c2d3e4f-5a6b-7c8d-9e0f-a1b2c3d4e5f6-000000"),
    ("250 ok", ""),
    ("250 2.0.0 taken as 3", ""),
    ("written to new/1.O2.3", ""),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "name"), REPLIES)
def test_of(reply: str, name: str) -> None:
    assert queue_id(reply) == name
