"""Cutting a batch into groups of mails that cannot touch one another, so that each group is decided on one state."""

from collections.abc import Iterator, Sequence

from gateway.incoming import Incoming


def independent(batch: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """Groups in order; what shares a Message-ID, ticket, sender or content with an earlier mail starts the next."""
    group: list[Incoming] = []
    taken: set[object] = set()
    for incoming in batch:
        keys = _keys(incoming)
        if keys & taken:
            yield group
            group, taken = [], set()
        group.append(incoming)
        taken |= keys
    if group:
        yield group


def _keys(incoming: Incoming) -> set[object]:
    clues = incoming.clues
    keys: set[object] = {("content", incoming.content), *clues.ids, *clues.tickets}
    keys.update(("old", number) for number in clues.old_numbers)
    if incoming.is_archived:  # they may take any number, as a ticket of that group's may have
        keys.update(incoming.kept_numbers)
    if clues.message_id:
        keys.add(clues.message_id)
    if incoming.sender:
        keys.add(("person", incoming.sender))
    if incoming.answer_to:
        keys.add(("person", incoming.answer_to.key))
    keys.update(("key", key) for key in (incoming.thread_key, incoming.probe_key) if key)
    return keys
