"""Under which address and name a desk writes, and where answers come back."""

from gateway.compose import words
from gateway.compose.values import Desk
from gateway.mail.value import Address

_LOCAL_CAP = 64  # octets of a local part (RFC 5321 section 4.5.3.1)
_WRITER_CAP = 40  # characters of who wrote, before "via" and our name


def sender(desk: Desk, writer: Address | None = None) -> Address:
    """Our address; before our name that of who wrote, so that a list of mails shows it.

    Filters take an address in a name for deceit: where there is no name, its pieces stand there.
    """
    if writer is None:
        return desk.sender
    name = words.clean(writer.name) or writer.addr
    if "@" in name:
        local, _, domain = name.rpartition("@")
        name = f"{local.replace('@', ' ')} ({domain})"
    return Address(addr=desk.sender.addr, name=f"{name[:_WRITER_CAP].strip()} via {desk.sender.name or desk.tag}")


def answers_to(desk: Desk, token: str) -> Address | None:
    """Our address with the token in it, where the mail server lets such mail through."""
    if not desk.plus_addressing or not token:
        return None
    local, _, domain = desk.sender.addr.rpartition("@")
    if len(local) + 1 + len(token) > _LOCAL_CAP:
        return None  # Message-ID and marker line carry the token too
    return Address(addr=f"{local}+{token}@{domain}", name=desk.sender.name)
