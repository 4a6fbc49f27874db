"""Who takes part in a ticket, because an agent says so. Nobody gets what was written before they came."""

from collections.abc import Sequence

from gateway.errors import Permanent
from gateway.mail import Address
from gateway.tickets.actions import Action, Leave, Participate, SetRequester
from gateway.tickets.effect import Effect, done, moved
from gateway.tickets.linking import not_merged
from gateway.tickets.snapshot import Snapshot


def copies(one: Snapshot, add: Sequence[Address], drop: Sequence[Address]) -> Effect:
    """Who gets copies of what the customer gets. Who was proposed takes part from now on."""
    not_merged(one)
    roles = {address.key: role for address, role in one.participants}
    if asked := [address.addr for address in drop if roles.get(address.key) == "requester"]:
        raise Permanent(f"{asked[0]} is the requester; #requester names another")
    unknown = [address.addr for address in drop if address.key not in roles]
    coming = [address for address in add if roles.get(address.key) in (None, "proposed")]
    leaving = [address for address in drop if address.key in roles]
    skipped = [f"{address} takes no part" for address in unknown]
    skipped += [f"{address.addr} takes part already" for address in add if address not in coming]
    if not coming and not leaving:
        return Effect(actions=(), said="; ".join(skipped) or "nothing to do")
    joining: list[Action] = [
        Participate(ticket=one.number, address=address, role="watcher", confirms=True) for address in coming
    ]
    leavers: list[Action] = [Leave(ticket=one.number, address=address) for address in leaving]
    data = {"add": [address.addr for address in coming], "drop": [address.addr for address in leaving]}
    before = {address.key: roles[address.key] for address in (*coming, *leaving) if address.key in roles}
    said = [f"copies go to {', '.join(data['add'])}"] if coming else []
    said += [f"no more copies go to {', '.join(data['drop'])}"] if leaving else []
    return Effect(
        actions=(moved(one), *joining, *leavers, done(one, "copies", data, {**data, "before": before})),
        said="; ".join([*said, *skipped]),
    )


def requester(one: Snapshot, whom: Address) -> Effect:
    """Whom the ticket is for from now on; who it was for takes part no more."""
    not_merged(one)
    before = next((address for address, role in one.participants if role == "requester"), None)
    if before is not None and before.key == whom.key:
        return Effect(actions=(), said=f"is for {whom.addr} already")
    data = {"to": whom.addr, "from": before.addr if before else None}
    return Effect(
        actions=(
            moved(one),
            SetRequester(ticket=one.number, address=whom),
            done(one, "requester", data, data),
        ),
        said=f"is for {whom.addr} from now on",
    )
