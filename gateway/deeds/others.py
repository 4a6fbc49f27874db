"""Deeds that concern several tickets."""

from dataclasses import replace

from gateway.commands import children, looked_at
from gateway.deeds.bench import Bench, Deed
from gateway.errors import Permanent
from gateway.similar import of_matter_in
from gateway.store import snapshots
from gateway.tickets import family, linking
from gateway.tickets import undo as undoing
from gateway.tickets.commands.values import Call
from gateway.tickets.effect import Effect, listed
from gateway.tickets.snapshot import Snapshot


def _numbers(call: Call) -> tuple[int, ...]:
    return call.argument if isinstance(call.argument, tuple) else ()


def link(bench: Bench, one: Snapshot, call: Call) -> Effect:
    return linking.link(*looked_at(bench.conn, one.number, _numbers(call)))


def unlink(bench: Bench, one: Snapshot, call: Call) -> Effect:
    return linking.unlink(*looked_at(bench.conn, one.number, _numbers(call)))


def merge(bench: Bench, one: Snapshot, call: Call) -> Effect:
    return linking.merge(*looked_at(bench.conn, one.number, _numbers(call)), bench.at)


def join(bench: Bench, one: Snapshot, call: Call) -> Effect:
    """This ticket becomes part of the one that it mentions, whoever wrote it."""
    (number,) = _numbers(call)
    into, _ = looked_at(bench.conn, number)
    effect = linking.merge(into, [one], bench.at, mentioned=True)
    return replace(effect, said=f"is part of {listed((number,))} now") if effect.actions else effect


def common(bench: Bench, one: Snapshot, call: Call) -> Effect:
    """With numbers all of them or none; those that look like the ticket as far as they may."""
    if numbers := _numbers(call):
        return family.common(*looked_at(bench.conn, one.number, numbers), bench.cfg.status_table, picky=True)
    found, less = of_matter_in(bench.conn, bench.cfg, one.number, bench.at, at_least=bench.at_least)
    if not found:
        raise Permanent(f"no open ticket of the last days looks like #{one.number} by {bench.at_least:g} or more")
    alike = looked_at(bench.conn, one.number, [other.number for other in found])
    effect = family.common(*alike, bench.cfg.status_table, picky=False)
    left = [(each.number, f"is of the matter, but looks like #{one.number} by {each.score:.2f} only") for each in less]
    return replace(effect, skipped=(*effect.skipped, *left))


def resolve(bench: Bench, one: Snapshot, _: Call) -> Effect:
    return family.resolve(one, children(bench.conn, one), bench.cfg.status_table, bench.at)


def undo(bench: Bench, one: Snapshot, _: Call) -> Effect:
    done = snapshots.last_done(bench.conn, one.number)
    if done is None:
        raise Permanent(f"there is nothing to undo on #{one.number}")
    return undoing.undo(one, done, snapshots.snapshots(bench.conn, undoing.concerned(done)))


OTHERS: dict[str, Deed] = {
    "link": link, "unlink": unlink, "merge": merge, "join": join, "common": common, "resolve": resolve, "undo": undo,
}  # fmt: skip
