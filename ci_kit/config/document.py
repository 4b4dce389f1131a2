"""`.ci-kit.yml` as values with places, every complaint in it collected."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.config import check
from ci_kit.config.option import IMAGES, SECTIONS
from ci_kit.config.options import by_key
from ci_kit.config.said import Complaint, Said, raise_first
from ci_kit.config.sources import Values
from ci_kit.errors import SettingsError, SourceError
from ci_kit.source.reader import Tree, decode, read
from ci_kit.source.value import Map, Mark, Seq

VERSION = 1

Image = dict[str, Said]
Complaints = list[Complaint]


class Document(NamedTuple):
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
    if not isinstance(data, Map):
        message = f"the settings must be a map, not {check.describe(data)}"
        complaints.append(Complaint(f"{path}:1:1", message, f"start with version: {VERSION}"))
        return Document(path, {}, ())
    complaints += _version(data, path)
    complaints += _keys(data, path, "the settings", ("version", *SECTIONS))
    values: Values = {}
    for section in SECTIONS:
        if section != IMAGES and data.get(section) is not None:
            said = _section(section, section, _said(data, section, path), complaints)
            values |= {(section, key): value for key, value in said.items()}
    return Document(path, values, _images(data, path, complaints))


def _version(data: Map, path: str) -> Complaints:
    if "version" not in data:
        return [Complaint(f"{path}:1:1", "version is missing", f"start with version: {VERSION}")]
    said = _said(data, "version", path)
    if said.value == VERSION and isinstance(said.value, int) and not isinstance(said.value, bool):
        return []
    message = f"version is {check.describe(said.value)}; this ci-kit knows version {VERSION}"
    newer = isinstance(said.value, int) and said.value > VERSION
    return [Complaint(said.place, message, "install a newer ci-kit" if newer else f"write version: {VERSION}")]


def _section(section: str, name: str, here: Said, complaints: Complaints) -> dict[str, Said]:
    """Return the values `here` that are options of `section`; the complaints about them are added."""
    if not isinstance(here.value, Map):
        complaints.append(check.wrong_type(name, here, "a map"))
        return {}
    options = by_key(section)
    complaints += _keys(here.value, here.path, name, tuple(options))
    found: dict[str, Said] = {}
    for key in here.value:
        if key in options:
            said = _said(here.value, str(key), here.path)
            complaints += check.complaints(options[str(key)], said) + _twice(said.value, here.path)
            found[str(key)] = said
    return found


def _images(data: Map, path: str, complaints: Complaints) -> tuple[tuple[Image, str], ...]:
    if data.get(IMAGES) is None:
        return ()
    said = _said(data, IMAGES, path)
    if not isinstance(said.value, Seq):
        complaints.append(check.wrong_type(IMAGES, said, "a list of images"))
        return ()
    entries = [Said(value, said.place_of(index), path) for index, value in enumerate(said.value)]
    return tuple(
        (_section(IMAGES, f"{IMAGES}[{index}]", entry, complaints), entry.place) for index, entry in enumerate(entries)
    )


def _keys(data: Map, path: str, name: str, known: Sequence[str]) -> Complaints:
    """Return a complaint for each key that is unknown or there twice."""
    unknown = [key for key in data if key not in known]
    return _twice(data, path) + [
        Complaint(
            _at(path, data.keys_at[key]),
            f"{str(key)!r} is not a key of {name}",
            check.suggestion(str(key), known),
        )
        for key in unknown
    ]


def _twice(value: object, path: str) -> Complaints:
    """Return a complaint for each key that is there again: YAML would silently take the last."""
    repeated = value.duplicates if isinstance(value, Map) else []
    return [
        Complaint(_at(path, mark), f"the key {str(key)!r} is here for the second time", "keep one of them")
        for key, mark in repeated
    ]


def _said(data: Map, key: str, path: str) -> Said:
    return Said(data[key], _at(path, data.values_at[key]), path)


def _at(path: str, mark: Mark) -> str:
    return f"{path}:{mark[0]}:{mark[1]}"
