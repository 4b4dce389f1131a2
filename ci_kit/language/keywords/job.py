"""A job: what it says of itself. What it holds is checked by the keywords.

Sources: gitlab `lib/gitlab/ci/config/entry/processable.rb`, `job.rb`.
"""

from collections.abc import Hashable, Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    is_blank,
    is_nameless,
    is_text,
    is_texts,
    of_keys,
    of_lists,
    of_strings,
    of_texts,
    of_together,
    of_word,
    size,
)
from ci_kit.language.keywords import JOB_KEYS, KEYWORDS
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import Symbol

_WHEN = ("on_success", "on_failure", "always", "manual", "delayed")
NAME_LENGTH = 255  # characters
_NOT_BESIDE_RULES = ("only", "except", "start_in")
_LEVELS = 10
_PAIRS = (("script", "run"), ("before_script", "run"), ("after_script", "run"))
# Most jobs have none of what a job says of itself but its script.
_PLAIN = frozenset(KEYWORDS) - {"rules", "allow_failure", "publish"}
_TRIGGER_PAIRS = (("script", "trigger"), ("run", "trigger"))


def job(name: Hashable, value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a job itself, in GitLab's order."""
    plain = _PLAIN.issuperset(value) and isinstance(name, str) and 0 < len(name) <= NAME_LENGTH
    return iter(()) if plain and not is_blank(value["script"]) else _job(name, value)


def _job(name: Hashable, value: dict[Any, Any]) -> Iterator[Fault]:
    yield from processable(name, value)
    if not JOB_KEYS.issuperset(value):
        yield from of_keys("", value, JOB_KEYS, ())
    if "run" in value:
        yield from (fault for pair in _PAIRS for fault in of_together("", value, pair, ()))
    elif is_blank(value.get("script")):
        yield Fault(" script can't be blank", ("script",), curable="script" not in value)
    if "when" in value:
        yield from of_word("", value, "when", _WHEN, ())
    if "dependencies" in value:
        yield from of_lists("", value, ("dependencies",), ())
    yield from _of_rare(value)
    yield from _of_start(value)
    if not is_blank(value.get("publish")) and not _is_of_pages(name, value):
        words = " publish can only be used within a `pages` job"
        yield Fault(words, ("publish",), curable="pages" not in value)


def processable(name: Hashable, value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with a job of either kind."""
    if not isinstance(name, str) or not name or len(name) > NAME_LENGTH:
        yield from _of_name(name)
    if "trigger" in value:
        yield from (fault for pair in _TRIGGER_PAIRS for fault in of_together("", value, pair, ()))
    if value.get("rules") is not None:
        yield from _beside_rules(value)
    if "extends" in value:
        yield from of_texts("", value, ("extends",), ())
    if "rules" in value:
        yield from _of_rules(value["rules"])
    if "resource_group" in value:
        yield from of_strings("", value, ("resource_group",), ())


def dependencies(value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the dependencies of a job beside its valid needs."""
    from ci_kit.language.keywords.needs import each, kind_of

    wanted, needed = value.get("dependencies"), [one for one in each(value.get("needs")) if one is not None]
    if not wanted or not needed or not is_texts(wanted) or any(isinstance(one, Unknown) for one in (*wanted, *needed)):
        return
    own = {one["job"] if isinstance(one, dict) else one for one in needed if kind_of(one) == "job"}
    missing = [one for one in wanted if one not in own]
    if not own:
        yield Fault(" needs corresponding to dependencies must be from the same pipeline", ("needs",))
    elif missing:
        path = ("dependencies", wanted.index(missing[0]))
        yield Fault(f" dependencies the {', '.join(map(ruby.text, missing))} should be part of needs", path)


def _of_name(name: Hashable) -> Iterator[Fault]:
    if is_nameless(name):
        yield Fault(" name can't be blank", is_key=True)
    if not isinstance(name, str | Symbol):
        yield Fault(" name should be a symbol", is_key=True)
    if name is not None and size(name if isinstance(name, str) else ruby.text(name)) > NAME_LENGTH:
        yield Fault(f" name is too long (maximum is {NAME_LENGTH} characters)", is_key=True)


def _beside_rules(value: dict[Any, Any]) -> Iterator[Fault]:
    if any(value.get(key) is not None for key in _NOT_BESIDE_RULES):
        wrong = [key for key, part in value.items() if key in _NOT_BESIDE_RULES and part is not None]
        yield Fault(f" config key may not be used with `rules`: {', '.join(wrong)}", (wrong[0],), is_key=True)


def _of_rules(value: Any) -> Iterator[Fault]:
    if value is not None and not _is_nested(value, _LEVELS):
        yield Fault(" rules should be an array containing hashes and arrays of hashes", ("rules", *_misplaced(value)))


def _is_nested(value: Any, levels: int) -> bool:
    if not isinstance(value, list) or levels < 1:
        return False
    return all(isinstance(item, dict) or _is_nested(item, levels - 1) for item in value)


def _misplaced(value: Any) -> tuple[int, ...]:
    """Return where the first item is that cannot be a rule."""
    listed = enumerate(value) if isinstance(value, list) else ()
    return next(((number,) for number, item in listed if not isinstance(item, dict | list)), ())


def _of_rare(value: dict[Any, Any]) -> Iterator[Fault]:
    flag = value.get("allow_failure")
    if flag is not None and not isinstance(flag, bool | dict):
        yield Fault(" allow failure should be a hash or a boolean value", ("allow_failure",))
    if "manual_confirmation" in value:
        yield from of_strings("", value, ("manual_confirmation",), ())
    if "run" in value:
        from ci_kit.language.keywords.run import run

        yield from run(value["run"])


def _of_start(value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with `start_in:`: it belongs to `when: delayed` without rules, and only there."""
    delayed = value.get("when") == "delayed"
    if delayed:
        from ci_kit.language.duration import WEEK
        from ci_kit.language.keywords.timeout import limited

        for fault in limited(" start in", value.get("start_in"), WEEK, ("start_in",)):
            yield fault._replace(curable="start_in" not in value)
    if not is_blank(value.get("start_in")) and ("rules" in value or not delayed):
        yield Fault(" start in must be blank", ("start_in",), curable="when" not in value and "rules" not in value)


def _is_of_pages(name: Hashable, value: dict[Any, Any]) -> bool:
    said = value.get("pages")
    return not is_blank(said) or (is_text(name) and str(name) == "pages" and said is not False)
