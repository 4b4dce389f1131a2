"""Keywords that take a word, a flag or a list of words."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Check, Fault, is_texts, is_whole, of_keys, spoken

_WHEN = ("on_success", "on_failure", "always", "manual", "delayed")
_TAGS = 50


def when(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `when:` of a job."""
    return _when(value, _WHEN)


def bridge_when(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `when:` of a job that triggers: it cannot be delayed."""
    return _when(value, _WHEN[:-1])


def _when(value: Any, words: tuple[str, ...]) -> Iterator[Fault]:
    if value is None or value in words:
        return
    if not isinstance(value, str):
        yield Fault(" when should be a string", ("when",))
    yield Fault(f" when should be one of: {', '.join(words)}", ("when",))


def tags(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `tags:`."""
    if value is not None and not is_texts(value):
        yield Fault(":tags config should be an array of strings", ("tags",))
    elif value and len({part.strip() for tag in value for part in str(tag).split(",")}) >= _TAGS:
        yield Fault(f":tags config must be less than the limit of {_TAGS} tags", ("tags",))


def dependencies(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `dependencies:`."""
    if value is not None and not is_texts(value):
        yield Fault(" dependencies should be an array of strings", ("dependencies",))


def extends(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the form of `extends:`; where it leads is another question."""
    if value is not None and not isinstance(value, str) and not is_texts(value):
        yield Fault(" extends should be an array of strings or a string", ("extends",))


def interruptible(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `interruptible:`."""
    if value is not None and not isinstance(value, bool):
        yield Fault(":interruptible config should be a boolean value", ("interruptible",))


def _text(keyword: str, *, entry: bool = False) -> Check:
    """Return the check of a keyword that is a string; an `entry` GitLab names otherwise than an attribute."""
    where = f":{keyword} config" if entry else f" {spoken(keyword)}"

    def check(value: Any) -> Iterator[Fault]:
        if value is not None and not isinstance(value, str):
            yield Fault(f"{where} should be a string", (keyword,))

    return check


manual_confirmation = _text("manual_confirmation")
publish = _text("publish", entry=True)
resource_group = _text("resource_group")
stage = _text("stage", entry=True)


def allow_failure(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `allow_failure:`."""
    if isinstance(value, dict):
        yield from _exit_codes(value)
    elif value is not None and not isinstance(value, bool):
        yield Fault(" allow failure should be a hash or a boolean value", ("allow_failure",))


def bridge_allow_failure(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `allow_failure:` of a job that triggers."""
    if value is not None and not isinstance(value, bool):
        yield Fault(" allow failure should be a boolean value", ("allow_failure",))


def _exit_codes(value: dict[Any, Any]) -> Iterator[Fault]:
    unknown = list(of_keys(":allow_failure", value, ("exit_codes",), ("allow_failure",)))
    yield from unknown
    codes = value.get("exit_codes")
    listed = codes if isinstance(codes, list) else [codes]
    if not unknown and codes is not None and not all(map(is_whole, listed)):
        words = ":allow_failure exit codes should be an array of integers or an integer"
        yield Fault(words, ("allow_failure", "exit_codes"))


def run(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `run:`, as far as its outer form goes."""
    if value is not None and not isinstance(value, list):
        yield Fault(" run value at root is not an array", ("run",))
    for number, step in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(step, dict):
            yield Fault(f" run value at `/{number}` is not an object", ("run", number))
