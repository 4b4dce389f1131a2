"""Whether a value may stand for an option: its type, its rule, and the same value in one normal form."""

import posixpath
import re
from collections.abc import Callable, Hashable, Mapping, Sequence

from ci_kit.config import image_name
from ci_kit.config.option import Kind, Option
from ci_kit.config.said import Complaint, Said
from ci_kit.model.nearest import nearest
from ci_kit.source.value import Disallowed, Reference, Symbol

Wrong = tuple[str, str]
_Check = Callable[[Option, object], list[Wrong]]

_TYPES: dict[Kind, tuple[type, str]] = {
    "text": (str, "text"),
    "path": (str, "text"),
    "image": (str, "text"),
    "choice": (str, "text"),
    "boolean": (bool, "true or false"),
    "texts": (list, "a list of texts"),
    "lines": (list, "a list of texts"),
    "map": (dict, "a map of texts"),
    "lists": (dict, "a map of lists of texts"),
}


def complaints(option: Option, said: Said, *, anywhere: bool = False) -> list[Complaint]:
    """Return what is wrong with the value; an empty list when it may be used.

    `anywhere` lets paths lead out of the project: a flag on a laptop may, the file of all may not.
    """
    expected, name = _TYPES[option.kind]
    if not isinstance(said.value, expected) or isinstance(said.value, Reference):
        return [wrong_type(option.path, said, name)]
    if isinstance(said.value, list):
        return _of_entries(option, said, [(index, item, _text) for index, item in enumerate(said.value)])
    if isinstance(said.value, dict):
        keys = [(key, key, _text) for key in said.value]
        if option.kind == "lists":
            return _of_entries(option, said, keys) + _of_lists(option, said, said.value)
        return _of_entries(option, said, keys + [(key, item, _line) for key, item in said.value.items()])
    wrong = _CHECKS[option.kind](option, said.value)
    if option.kind == "path" and not wrong and not anywhere:
        wrong = _outside(said.value)
    return [Complaint(said.place, f"{option.path}: {message}", hint) for message, hint in wrong]


def _of_entries(option: Option, said: Said, entries: Sequence[tuple[Hashable, object, _Check]]) -> list[Complaint]:
    """Return the complaints about the keys or items of a list or map, each at its own place."""
    found = []
    for part, value, check in entries:
        wrong = check(option, value) if isinstance(value, str) else None
        if wrong == []:
            continue
        where = f"{option.path}.{part}" if isinstance(said.value, dict) else option.path
        here = Said(value, said.place_of(part))
        if wrong is None:
            found.append(wrong_type(where, here, "text"))
        else:
            found += [Complaint(here.place, f"{where}: {message}", hint) for message, hint in wrong]
    return found


def _of_lists(option: Option, said: Said, lists: Mapping[Hashable, object]) -> list[Complaint]:
    """Return the complaints about what is no list of lines in a map of such."""
    found = []
    for key, value in lists.items():
        where, here = f"{option.path}.{key}", Said(value, said.place_of(key), said.path)
        if not isinstance(value, list):
            found.append(wrong_type(where, here, "a list of texts"))
            continue
        for index, item in enumerate(value):
            one = Said(item, here.place_of(index))
            if not isinstance(item, str):
                found.append(wrong_type(where, one, "text"))
            found += [Complaint(one.place, f"{where}: {message}", hint) for message, hint in _line(option, item)]
    return found


def normal(option: Option, value: object) -> object:
    """Return a checked value as the settings keep it: paths without `./` and `//`, lists as tuples."""
    if option.kind == "lists" and isinstance(value, dict):
        return {key: tuple(items) for key, items in value.items()}
    if option.kind == "path" and isinstance(value, str) and value:
        return posixpath.normpath(value)
    return tuple(value) if isinstance(value, list) else value


def wrong_type(path: str, said: Said, expected: str) -> Complaint:
    """Return the complaint that the value is of another type; a number or boolean may only lack its quotes."""
    scalar = isinstance(said.value, bool | int | float | Disallowed | Symbol)
    hint = "put it in quotes" if scalar and expected == "text" else ""
    return Complaint(said.place, f"{path} must be {expected}, not {describe(said.value)}", hint)


def describe(value: object) -> str:
    """Return what a value is in the words of YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    if isinstance(value, Symbol):
        return f"the symbol :{value.name}"
    if isinstance(value, Disallowed):
        return f"the {value.name} {value.text}"
    if isinstance(value, Reference):
        return "a !reference"
    return "a list" if isinstance(value, list) else "a map"


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return the hint that names the nearest known word, else all of them."""
    meant = nearest(word, known)
    return f"did you mean {meant!r}?" if meant else f"known: {', '.join(known)}"


def _line(option: Option, value: object) -> list[Wrong]:
    return [("has more than one line", "a value is one line")] if "\n" in str(value) else []


def _text(option: Option, value: object) -> list[Wrong]:
    assert isinstance(value, str)
    if not option.pattern or not value or re.fullmatch(option.pattern, value, re.ASCII):
        return []
    return [(f"{value!r} must be {option.rule}", _simplified(option, value))]


def _simplified(option: Option, value: str) -> str:
    """Return the hint with a near value that fits the pattern, when lower case and dashes are all it needs."""
    fixed = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    return f"write {fixed!r}" if fixed and re.fullmatch(option.pattern, fixed, re.ASCII) else ""


def _choice(option: Option, value: object) -> list[Wrong]:
    assert isinstance(value, str)
    if value in option.choices:
        return []
    return [(f"{value!r} must be one of {', '.join(option.choices)}", suggestion(value, option.choices))]


def _path(option: Option, value: object) -> list[Wrong]:
    assert isinstance(value, str)
    if "://" in value:
        return [(f"{value!r} is an address; ci-kit builds what is checked out", "name a directory of the project")]
    if "\\" in value:
        return [(f"{value!r} has a backslash", f"write {value.replace(chr(92), '/')!r}")]
    if re.search(r"[\x00-\x1f$]", value):
        return [(f"{value!r} has a variable or control character in it", "write the path itself")]
    return []


def _outside(value: object) -> list[Wrong]:
    """Return the complaint that a path leaves the project, if it does."""
    text = str(value)
    if not text.startswith("/") and posixpath.normpath(text or ".").split("/")[0] != "..":
        return []
    return [(f"{text!r} is outside the project", "paths are relative to the project's root")]


def _image(option: Option, value: object) -> list[Wrong]:
    assert isinstance(value, str)
    wrong = image_name.problem(value)
    return [wrong] if wrong else []


def _nothing(option: Option, value: object) -> list[Wrong]:
    return []


_CHECKS: dict[Kind, _Check] = {
    "text": _text,
    "path": _path,
    "image": _image,
    "choice": _choice,
    "boolean": _nothing,
}
