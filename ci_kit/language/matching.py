"""Which rule of a list matches, and why, in words.

Source: gitlab `lib/gitlab/ci/build/rules.rb`.
"""

from typing import Any

from ci_kit.language.conditions import Answer, Situation, of_rule
from ci_kit.language.items import marked
from ci_kit.source.value import Map, Mark

Match = tuple[Map | None, Mark]


def rules_of(holder: Map) -> list[tuple[Map, Mark]]:
    """Return the rules of a job or workflow with their places, those of lists within the list too."""
    return [(rule, at) for rule, at in marked(holder.get("rules"), holder.at) if isinstance(rule, Map)]


def matching(holder: Map, situation: Situation) -> tuple[list[Match], list[Answer]]:
    """Return the rules of which one decides, the last for certain when none before does, and what is not known.

    A rule of None is the end of the list: no rule matched.
    """
    possible: list[Match] = []
    unknown: list[Answer] = []
    for rule, at in rules_of(holder):
        answer = of_rule(rule, situation)
        if answer.holds is not False:
            possible.append((rule, at))
        if answer.holds:
            return possible, unknown
        if answer.holds is None:
            unknown.append(answer)
    return [*possible, (None, holder.keys_at["rules"])], unknown


def reason(possible: list[Match], unknown: list[Answer], *, is_decided: bool) -> tuple[str, Mark]:
    """Return why the rules decide as they do, or what leaves it open, and the place of the first that may match."""
    rule, at = possible[0]
    if unknown:
        return (f"whatever {named(unknown)} may be" if is_decided else unknown_of(unknown)), at
    return (f"rule {described(rule)}", at) if rule is not None else ("no rule matched", at)


def unknown_of(answers: list[Answer]) -> str:
    """Return what one has to know to decide."""
    return f"needs {named(answers)}, not known here"


def named(answers: list[Answer]) -> str:
    """Return what is not known, each once."""
    return " and ".join(dict.fromkeys(name for answer in answers for name in answer.open))


def described(rule: Map) -> str:
    """Return a rule in a few words: its conditions as they stand in the file, and its `when`."""
    parts = [f"{key}: {short(rule[key])}" for key in ("if", "changes", "exists", "when") if rule.get(key) is not None]
    return ", ".join(parts) or "without conditions"


def short(value: Any) -> str:
    """Return a value of a rule in one line."""
    shown = value.get("paths") if isinstance(value, dict) else value
    text = ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)
    return " ".join(text.split())
