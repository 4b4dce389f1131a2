"""Choosing among images: `--filter tag~^v1`, `--filter older=30d`, and their order: `--sort size`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from ci_kit.errors import UsageError
from ci_kit.model import span
from ci_kit.model.storage import age_in_days, moment
from ci_kit.model.stored_image import StoredImage

Keep = Callable[[StoredImage], bool]

SORT_KEYS = ("created", "size", "unique", "tag", "repository", "digest")
_FORMS = (
    "tag=NAME, tag~REGEX, tag!~REGEX, repository~REGEX, older=30d, newer=12h, size>100MB, size<1GB, "
    "platform=linux/arm64, commit=SHA, kind=index, label.NAME=VALUE, protected=yes"
)
_EXPRESSION = re.compile(r"(?P<name>[a-z]+|label\.[^=~!<>]+)(?P<operator>!~|!=|=|~|<|>)(?P<value>.+)\Z", re.DOTALL)
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?\Z", re.ASCII)
_BYTES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse(text: str, now: datetime) -> Keep:
    """Return the test that `text` stands for; UsageError names the forms there are."""
    found = _EXPRESSION.match(text)
    if found is None:
        raise _unknown(text)
    name, operator, value = found["name"], found["operator"], found["value"]
    if operator in ("<", ">"):
        return _of_size(text, name, operator, value)
    if name in ("older", "newer") and operator == "=":
        return _of_age(text, name, value, now)
    return _of_words(text, name, operator, value)


def ordered(images: Sequence[StoredImage], key: str, reverse: bool = False) -> tuple[StoredImage, ...]:
    """Return the images by `key`: the newest, the largest, or the first of the alphabet first."""
    by_name = sorted(images, key=lambda image: (image.repository, natural(image.tags[0] if image.tags else "~")))
    keys: dict[str, Callable[[StoredImage], object]] = {
        "created": lambda image: -_seconds(image),
        "size": lambda image: -image.size,
        "unique": lambda image: -image.unique_size,
        "tag": lambda image: natural(image.tags[0] if image.tags else "~"),
        "repository": lambda image: image.repository,
        "digest": lambda image: image.digest,
    }
    found = sorted(by_name, key=keys[key])  # type: ignore[arg-type]  # each key's values compare among themselves
    return tuple(reversed(found) if reverse else found)


def _of_words(text: str, name: str, operator: str, value: str) -> Keep:
    words = _words(name)
    if words is None:
        raise _unknown(text)
    if operator in ("~", "!~"):
        pattern = _pattern(text, value)
        return lambda image: any(map(pattern.search, words(image))) is (operator == "~")
    if name == "commit":
        return lambda image: any(word.startswith(value) for word in words(image)) is (operator == "=")
    return lambda image: (value in words(image)) is (operator == "=")


def _words(name: str) -> Callable[[StoredImage], Sequence[str]] | None:
    """Return what gives an image's words under `name`, None when there is no such name."""
    if name.startswith("label."):
        label = name.removeprefix("label.")
        return lambda image: (image.labels[label],) if label in image.labels else ()
    return _WORDS.get(name)


_WORDS: dict[str, Callable[[StoredImage], Sequence[str]]] = {
    "tag": lambda image: image.tags,
    "repository": lambda image: (image.repository,),
    "platform": lambda image: image.platforms,
    "digest": lambda image: (image.digest,),
    "commit": lambda image: (image.commit,),
    "kind": lambda image: (image.kind,),
    "protected": lambda image: ("yes" if image.protected else "no",),
}


def _of_size(text: str, name: str, operator: str, value: str) -> Keep:
    found = _SIZE.match(value.strip())
    if found is None or name not in ("size", "unique"):
        raise _unknown(text)
    limit = float(found[1]) * _BYTES[found[2] or "B"]

    def keep(image: StoredImage) -> bool:
        size = image.size if name == "size" else image.unique_size
        return size > limit if operator == ">" else size < limit

    return keep


def _of_age(text: str, name: str, value: str, now: datetime) -> Keep:
    limit = span.days(value)
    if limit is None:
        raise _unknown(text)

    def keep(image: StoredImage) -> bool:
        """Tell; an image without a date is neither old nor young."""
        days = age_in_days(image, now)
        return days is not None and (days > limit if name == "older" else days <= limit)

    return keep


def _pattern(text: str, value: str) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{text!r} holds no regular expression: {error}", place="--filter") from error


def _unknown(text: str) -> UsageError:
    return UsageError(f"{text!r} is not understood", place="--filter", hint=f"write one of {_FORMS}")


def _seconds(image: StoredImage) -> float:
    said = moment(image.created)
    return said.timestamp() if said else float("-inf")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what orders v2 before v10."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", text)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
