"""`.ci-kit.yml` as values with places, every complaint in it collected."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_kit.config import check
from ci_kit.config.options import IMAGES, SECTIONS, of_section
from ci_kit.config.said import Complaint, Said, raise_first
from ci_kit.config.sources import Values
from ci_kit.errors import SettingsError, SourceError
from ci_kit.model.place import Place
from ci_kit.source.reader import Tree, decode, read
from ci_kit.source.value import Map

VERSION = 1

Image = dict[str, Said]
Complaints = list[Complaint]


@dataclass(frozen=True, slots=True)
class Document:
    """What the file says: the sections' values, and the values and place of each entry of `images`."""

    path: str
    values: Values
    images: tuple[tuple[Image, str], ...]


def load(path: Path) -> Document:
    """Return what `path` says; SettingsError names the first complaint and counts the others."""
    tree = _tree(path)
    complaints: Complaints = []
    document = _document(tree, str(path), complaints)
    raise_first(sorted(complaints, key=_position), SettingsError)
    return document


def _position(complaint: Complaint) -> tuple[int, int]:
    _, line, column = complaint.place.rsplit(":", 2)
    return int(line), int(column)


def _tree(path: Path) -> Tree:
    try:
        return read(decode(path.read_bytes(), str(path)), str(path))
    except SourceError as error:
        raise SettingsError(error.message, hint=error.hint, place=error.place) from error
    except OSError as error:
        raise SettingsError(
            f"cannot be read: {error.strerror or error}",
            place=str(path),
            hint="ci-kit init writes a first one",
        ) from error


def _document(tree: Tree, path: str, complaints: Complaints) -> Document:
    data = tree.data
    if not isinstance(data, dict):
        message = f"the settings must be a map, not {check.describe(data)}"
        complaints.append(Complaint(f"{path}:1:1", message, f"start with version: {VERSION}"))
        return Document(path, {}, ())
    complaints += _version(tree, path)
    complaints += _twice(tree, data)
    complaints += _unknown_keys(tree, (), ("version", *SECTIONS))
    values: Values = {}
    for section in SECTIONS:
        if section != IMAGES and data.get(section) is not None:
            said = _section(tree, section, (section,), complaints)
            values |= {(section, key): value for key, value in said.items()}
    return Document(path, values, _images(tree, complaints))


def _version(tree: Tree, path: str) -> Complaints:
    if "version" not in tree.data:
        return [Complaint(f"{path}:1:1", "version is missing", f"start with version: {VERSION}")]
    said = _said(tree, "version")
    if said.value == VERSION and isinstance(said.value, int) and not isinstance(said.value, bool):
        return []
    message = f"version is {check.describe(said.value)}; this ci-kit knows version {VERSION}"
    newer = isinstance(said.value, int) and said.value > VERSION
    return [
        Complaint(said.place, message, "install a newer ci-kit" if newer else f"write version: {VERSION}")
    ]


def _section(
    tree: Tree, section: str, keys: tuple[str | int, ...], complaints: Complaints
) -> dict[str, Said]:
    """Return the values at `keys` that are options of `section`; the complaints about them are added."""
    here = _said(tree, *keys)
    if not isinstance(here.value, dict):
        complaints.append(check.wrong_type(_path(keys), here, "a map"))
        return {}
    options = {option.key: option for option in of_section(section)}
    complaints += _twice(tree, here.value)
    complaints += _unknown_keys(tree, keys, tuple(options))
    found: dict[str, Said] = {}
    for key, option in options.items():
        if key in here.value:
            said = _said_in_full(tree, *keys, key)
            complaints += check.complaints(option, said) + _twice(tree, said.value)
            found[key] = said
    return found


def _images(tree: Tree, complaints: Complaints) -> tuple[tuple[Image, str], ...]:
    said = _said(tree, IMAGES)
    if tree.data.get(IMAGES) is None:
        return ()
    if not isinstance(said.value, list):
        complaints.append(check.wrong_type(IMAGES, said, "a list of images"))
        return ()
    return tuple(
        (_section(tree, IMAGES, (IMAGES, index), complaints), str(tree.place(IMAGES, index)))
        for index in range(len(said.value))
    )


def _unknown_keys(tree: Tree, keys: tuple[str | int, ...], known: tuple[str, ...]) -> Complaints:
    where = _path(keys) or "the settings"
    return [
        Complaint(
            str(tree.key_place(*keys, key)),
            f"{key!r} is not a key of {where}",
            check.nearest(str(key), known),
        )
        for key in _value(tree, keys)
        if key not in known
    ]


def _twice(tree: Tree, value: object) -> Complaints:
    """Return a complaint for each key that is there again: YAML would silently take the last."""
    repeated = value.duplicates if isinstance(value, Map) else []
    return [
        Complaint(
            str(Place(tree.path, *mark)), f"the key {key!r} is here for the second time", "keep one of them"
        )
        for key, mark in repeated
    ]


def _said(tree: Tree, *keys: str | int) -> Said:
    return Said(_value(tree, keys), str(tree.place(*keys)))


def _said_in_full(tree: Tree, *keys: str | int) -> Said:
    """Return the value with the places of its entries, when it is a list or map."""
    value = _value(tree, keys)
    entries: Iterable[Any] = (
        range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
    )
    return Said(value, str(tree.place(*keys)), {entry: str(tree.place(*keys, entry)) for entry in entries})


def _value(tree: Tree, keys: tuple[str | int, ...]) -> Any:
    value: Any = tree.data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value[key]
    return value


def _path(keys: tuple[str | int, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
