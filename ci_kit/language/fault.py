"""What is wrong with the value of a keyword, and the small questions that most keywords ask.

GitLab's way, which all checks here keep: a value asks its own questions in a fixed order and shows each answer; only
when none is bad does it look into what it holds. Source: gitlab `lib/gitlab/config/entry` (node.rb, validators.rb).
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import Reference, Symbol

Path = tuple[Hashable, ...]


class Fault(NamedTuple):
    """A sentence of GitLab's, to be put behind the name of what it is about: `:image name can't be blank`.

    A sentence that begins with neither `:` nor a blank stands alone. `path` leads from what it is about to the value
    that is at fault, or with `is_key` to its key. GitLab writes sentences in lower case, unless they are `raw`.
    `curable`: a file that is included may add what is missing. `crash`: GitLab breaks off here with its own error.
    """

    text: str
    path: Path = ()
    raw: bool = False
    suggestion: str = ""
    is_key: bool = False
    curable: bool = False
    crash: bool = False


Check = Callable[[Any], Iterable[Fault]]


def composed(own: Iterable[Fault], *inside: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults of a value itself; when it has none, those of what is inside."""
    found = list(own)
    yield from found
    for faults in () if found else inside:
        yield from faults


def crash(reason: str, path: Path) -> Fault:
    """Return what GitLab shows when its own check breaks off: a number instead of a sentence, which we cannot know."""
    return Fault(f"Undefined error ({reason})", path, raw=True, crash=True)


def is_text(value: Any) -> bool:
    """Tell whether GitLab's string checks accept the value; a Symbol counts."""
    return isinstance(value, str | Symbol)


def is_blank(value: Any) -> bool:
    """Tell whether the value is blank as Rails means it; a `!reference` is not, whatever it names."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is False or (value in ([], {}, (), Symbol("")) and not isinstance(value, Reference))


def is_nameless(key: Hashable) -> bool:
    """Tell whether a key is none to GitLab, which then says what kind of thing is under it."""
    return key is None or key is False or key in ("", Symbol(""), ())


def is_texts(value: Any) -> bool:
    """Tell whether the value is a list of strings."""
    return isinstance(value, list) and all(map(is_text, value))


def is_whole(value: Any) -> bool:
    """Tell whether the value is an integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_scalar(value: Any) -> bool:
    """Tell whether the value is a string, a number, true or false."""
    return isinstance(value, str | int | float | Symbol)


def is_among(value: Any, words: Collection[str]) -> bool:
    """Tell whether the value is one of the words; of a list, whether all its items are, as Rails takes it."""
    if isinstance(value, list):
        return all(isinstance(one, str) and one in words for one in value)
    return isinstance(value, str) and value in words


def is_open(value: Any, path: Iterable[Hashable]) -> bool:
    """Tell whether an input that is not known yet stands on the path: nobody judges it."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            break
    return any(isinstance(one, Unknown) for one in (value if isinstance(value, list) else [value]))


def size(value: Any) -> int:
    """Return the length that Rails takes of a value: of the characters, the items or the keys, else of its text."""
    return len(value) if isinstance(value, str | list | dict) else len(ruby.text(value))


def unknown_keys(value: Any, known: Collection[Any]) -> list[str]:
    """Return the keys that are not known, as GitLab lists them."""
    return [ruby.text(key) for key in value if key not in known] if isinstance(value, dict) else []


@lru_cache(maxsize=1024)
def suggestion(word: str, known: Collection[str]) -> str:
    """Return the known word that is nearest, empty when none is near."""
    from ci_kit.model.nearest import nearest

    return nearest(word, known)


def of_hash(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield the fault of a value that is no mapping."""
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", path)


def of_keys(where: str, value: Any, known: Collection[Any], path: Path) -> Iterator[Fault]:
    """Yield the fault of a mapping with keys that are not `known`."""
    if not isinstance(value, dict) or (isinstance(known, frozenset) and known.issuperset(value)):
        return
    wrong = [key for key in value if key not in known]
    if wrong:
        text = f"{where} config contains unknown keys: {', '.join(map(ruby.text, wrong))}"
        near = suggestion(ruby.text(wrong[0]), frozenset(known))
        yield Fault(text, (*path, wrong[0]), suggestion=near, is_key=True)


def of_required(where: str, value: Any, required: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield the fault of a mapping without all of the `required` keys."""
    missing = [key for key in required if not isinstance(value, dict) or key not in value]
    if missing:
        text = f"{where} config missing required keys: {', '.join(missing)}"
        yield Fault(text, path, curable=isinstance(value, dict))


def of_together(where: str, value: Any, keys: Collection[str], path: Path) -> Iterator[Fault]:
    """Yield the fault of a mapping with more than one of the `keys`."""
    both = [key for key in value if key in keys] if isinstance(value, dict) else []
    if len(both) > 1:
        text = f"{where} config these keys cannot be used together: {', '.join(both)}"
        yield Fault(text, (*path, both[1]), is_key=True)


def of_presence(where: str, value: dict[Any, Any], name: str, path: Path) -> Iterator[Fault]:
    """Yield the fault of a part that is blank."""
    if is_blank(value.get(name)):
        yield Fault(f"{where} {spoken(name)} can't be blank", (*path, name), curable=name not in value)


def of_string(where: str, value: dict[Any, Any], name: str, path: Path) -> Iterator[Fault]:
    """Yield the fault of a part that is no string, not given too; a Symbol is none here."""
    if not isinstance(value.get(name), str):
        yield Fault(f"{where} {spoken(name)} should be a string", (*path, name), curable=name not in value)


def of_flags(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is neither true nor false."""
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], bool):
            yield Fault(f"{where} {spoken(name)} should be a boolean value", (*path, name))


def of_strings(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is given and no string; a Symbol is none here."""
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], str):
            yield Fault(f"{where} {spoken(name)} should be a string", (*path, name))


def of_lists(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is no list of strings."""
    for name in names:
        if value.get(name) is not None and not is_texts(value[name]):
            yield Fault(f"{where} {spoken(name)} should be an array of strings", (*path, name, *_first(value[name])))


def of_texts(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is neither a string nor a list of strings."""
    for name in names:
        part = value.get(name)
        if part is not None and not is_text(part) and not is_texts(part):
            text = f"{where} {spoken(name)} should be an array of strings or a string"
            yield Fault(text, (*path, name, *_first(part)))


def of_word(where: str, value: dict[Any, Any], name: str, words: tuple[str, ...], path: Path) -> Iterator[Fault]:
    """Yield the faults of a part that has to be one of the words."""
    yield from of_strings(where, value, (name,), path)
    part = value.get(name)
    if part is not None and not is_among(part, words):
        text = f"{where} {spoken(name)} should be one of: {', '.join(words)}"
        yield Fault(text, (*path, name), suggestion=suggestion(ruby.text(part), words))


def of_values(where: str, value: list[Any], words: Collection[str], path: Path) -> Iterator[Fault]:
    """Yield the fault of a list with items that are not among the words."""
    wrong = [(one, number) for number, one in enumerate(value) if not isinstance(one, str) or one not in words]
    if wrong:
        text = f"{where} contains unknown values: {ruby.joined([one for one, _ in wrong])}"
        yield Fault(text, (*path, wrong[0][1]), suggestion=suggestion(ruby.text(wrong[0][0]), tuple(words)))


def of_whole_numbers(where: str, value: dict[Any, Any], name: str, path: Path) -> Iterator[Fault]:
    """Yield the fault of a part that is neither an integer nor a list of them."""
    part = value.get(name)
    if part is not None and not all(map(is_whole, part if isinstance(part, list) else [part])):
        yield Fault(f"{where} {spoken(name)} should be an array of integers or an integer", (*path, name))


def located(where: str, key: Hashable, kind: str) -> str:
    """Return how GitLab calls what is under a key: by the key, else by its kind."""
    return f"{where}:{kind if is_nameless(key) else ruby.text(key)}"


def spoken(name: str) -> str:
    """Return the name of an attribute as GitLab writes it in a sentence."""
    return name.replace("_", " ")


def _first(value: Any) -> Path:
    """Return where the first item is that is no string, nowhere in what is no list."""
    return (
        next(((number,) for number, one in enumerate(value) if not is_text(one)), ()) if isinstance(value, list) else ()
    )
