"""What was promoted, as build-push records what it has built."""

from collections.abc import Sequence
from contextlib import suppress

from ci_kit.errors import RegistryError
from ci_kit.model.record import BuildRecord
from ci_kit.registry.content import Content, measure
from ci_kit.registry.promotion import Promoted
from ci_kit.registry.side import Side


def records(served: Sequence[Promoted], source: Side) -> tuple[BuildRecord, ...]:
    """Return one record for each repository, with all its tags; `source` is asked for size and platforms."""
    found: dict[str, list[Promoted]] = {}
    for one in served:
        found.setdefault(one.reference.name, []).append(one)
    last = [name.rpartition("/")[2] for name in found]
    short = len(set(last)) == len(last)
    return tuple(_record(same, source, short) for same in found.values())


def _record(same: Sequence[Promoted], source: Side, short: bool) -> BuildRecord:
    first = same[0].reference
    content = _measured(same[0], source)
    return BuildRecord(
        name="promote-" + (first.repository.rpartition("/")[2] if short else first.name),
        image=first,
        digest=same[0].manifest.digest,
        tags=tuple(one.reference.tag for one in same if one.reference.tag),
        builder="promote",
        seconds=sum(one.seconds for one in same),
        size=content.size if content else 0,
        platforms=content.platforms if content else (),
        skipped=not any(one.moved for one in same),
    )


def _measured(promoted: Promoted, source: Side) -> Content | None:
    """Return size and platforms, None for what is no image (a chart, a file): that is no failure."""
    with suppress(RegistryError):
        return measure(source.client, source.repository, promoted.manifest)
    return None
