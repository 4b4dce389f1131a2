"""What images take together: layers that several share are counted once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ci_kit.model.stored_image import StoredImage

_AGES = (("under a day", 1), ("1 to 7 days", 7), ("7 to 30 days", 30), ("30 to 90 days", 90), ("90 to 365 days", 365))
_OLDEST, _UNKNOWN = "over a year", "no date"
_SECONDS_OF_DAY = 86_400


class Share(NamedTuple):
    """A bar of a chart: bytes in all, and those that nothing else needs."""

    name: str
    size: int
    unique: int


def with_unique_sizes(images: Sequence[StoredImage]) -> tuple[StoredImage, ...]:
    """Return the images, each with the bytes that no other of them uses."""
    users = Counter(part for image in images for part in image.parts)
    return tuple(image._replace(unique_size=_alone(image, users)) for image in images)


def total(images: Iterable[StoredImage]) -> int:
    """Return the bytes that `images` take together."""
    return sum({part: size for image in images for part, size in image.parts.items()}.values())


def by_repository(images: Sequence[StoredImage]) -> tuple[Share, ...]:
    """Return a share for each repository, the largest first."""
    names = dict.fromkeys(image.repository for image in images)
    groups = {name: [image for image in images if image.repository == name] for name in names}
    users = Counter(part for group in groups.values() for part in {part for one in group for part in one.parts})
    return _largest(Share(name, total(group), _alone_together(group, users)) for name, group in groups.items())


def by_tag(images: Sequence[StoredImage]) -> tuple[Share, ...]:
    """Return a share for each image under the names of its tags, the largest first."""
    several = len({image.repository for image in images}) > 1
    return _largest(Share(_name(image, several), image.size, image.unique_size) for image in images)


def by_age(images: Sequence[StoredImage], now: datetime) -> tuple[Share, ...]:
    """Return a share for each span of age, the youngest first.

    A layer counts for the youngest image that uses it: `unique` is what would be free if this span and all older
    ones went, less what the older ones free by themselves. The spans add up to the total.
    """
    spans = dict[str, dict[str, int]]({name: {} for name, _ in _AGES} | {_OLDEST: {}, _UNKNOWN: {}})
    taken = set[str]()
    for image in sorted(images, key=lambda image: _days(image, now)):
        span = spans[_span(_days(image, now))]
        span |= {part: size for part, size in image.parts.items() if part not in taken}
        taken.update(image.parts)
    sizes = {name: sum(parts.values()) for name, parts in spans.items()}
    return tuple(Share(name, size, size) for name, size in sizes.items() if size or name not in (_OLDEST, _UNKNOWN))


def moment(created: str) -> datetime | None:
    """Return an RFC 3339 date as a moment, None for what is none."""
    try:
        said = datetime.fromisoformat(created)
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def age_in_days(image: StoredImage, now: datetime) -> float | None:
    """Return how old an image is, None where it does not say."""
    said = moment(image.created)
    return None if said is None else (now - said).total_seconds() / _SECONDS_OF_DAY


def _days(image: StoredImage, now: datetime) -> float:
    days = age_in_days(image, now)
    return float("inf") if days is None else days


def _span(days: float) -> str:
    if days == float("inf"):
        return _UNKNOWN
    return next((name for name, limit in _AGES if days < limit), _OLDEST)


def _alone(image: StoredImage, users: Counter[str]) -> int:
    return sum(size for part, size in image.parts.items() if users[part] == 1)


def _alone_together(group: Iterable[StoredImage], users: Counter[str]) -> int:
    parts = {part: size for image in group for part, size in image.parts.items()}
    return sum(size for part, size in parts.items() if users[part] == 1)


def _largest(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.size, share.name)))


def _name(image: StoredImage, several: bool) -> str:
    first = image.tags[0] if image.tags else image.digest[:19]
    more = f" +{len(image.tags) - 1}" if len(image.tags) > 1 else ""
    return f"{image.repository.rpartition('/')[2]}:{first}{more}" if several else f"{first}{more}"
