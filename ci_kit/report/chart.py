"""What takes the registry's storage, as bars: by repository, by tag, by age."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ci_kit.model import storage
from ci_kit.model.size import human_size
from ci_kit.model.storage import Share
from ci_kit.model.stored_image import StoredImage

_BARS = 20  # of a chart; what is smaller becomes one line
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LONGEST_NAME = 40


class Chart(NamedTuple):
    """Bars under a title; `note` tells what the two parts of a bar are, `rest` what is left out."""

    title: str
    note: str
    shares: tuple[Share, ...]
    rest: str


def charts(images: Sequence[StoredImage], now: datetime) -> tuple[Chart, ...]:
    """Return the three charts of `images`."""
    shared = "full: what nothing else uses, light: shared"
    return (
        _chart("Storage by repository", shared, storage.by_repository(images)),
        _chart("Storage by tag", shared, storage.by_tag(images)),
        _chart("Storage by age", "a layer counts for the youngest image that uses it", storage.by_age(images, now)),
    )


def render(images: Sequence[StoredImage], now: datetime, width: int, colour: bool = False) -> str:
    """Return the charts for a terminal of `width` columns."""
    return "\n\n".join("\n".join(_lines(chart, width, colour)) for chart in charts(images, now))


def _chart(title: str, note: str, shares: Sequence[Share]) -> Chart:
    left = shares[_BARS:]
    rest = f"and {len(left)} more, {human_size(left[0].size)} or less each" if left else ""
    return Chart(title, note, tuple(shares[:_BARS]), rest)


def _lines(chart: Chart, width: int, colour: bool) -> Iterator[str]:
    yield f"{chart.title} ({chart.note})"
    longest = min(max((len(share.name) for share in chart.shares), default=0), _LONGEST_NAME)
    most = max((share.size for share in chart.shares), default=0)
    room = max(width - longest - len("  1000.0 MB ") - 3, 10)
    for share in chart.shares:
        bar = _bar(share, most, room, colour)
        yield f"  {_short(share.name, longest):<{longest}}  {human_size(share.size):>9} {bar}".rstrip()
    if chart.rest:
        yield f"  {chart.rest}"


def _bar(share: Share, most: int, room: int, colour: bool) -> str:
    if not most:
        return ""
    length = share.size * room / most
    unique = round(share.unique * room / most)
    if unique >= round(length):
        whole, part = int(length), int(length % 1 * 8)
        return _painted("█" * whole + _EIGHTHS[part].strip(), colour)
    return _painted("█" * unique, colour) + "░" * (round(length) - unique)


def _painted(text: str, colour: bool) -> str:
    return f"\033[36m{text}\033[0m" if colour and text else text


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"…{name[1 - longest :]}"
