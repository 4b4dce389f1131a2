"""Our rules as GitLab's own cleanup policy of a project, where it can say them.

Source: GitLab docs "Projects API", "Edit a project" (`container_expiration_policy_attributes`), "Reduce container
registry storage"; gitlab app/models/container_expiration_policy.rb.
"""

from collections.abc import Sequence
from typing import Any

from ci_kit.cleanup.policy import Pattern, Policy
from ci_kit.errors import UsageError

CADENCES = ("1d", "7d", "14d", "1month", "3month")
_KEEP_N = (1, 5, 10, 25, 50, 100)
_OLDER_THAN = {7: "7d", 14: "14d", 30: "30d", 60: "60d", 90: "90d"}
_LONGEST = 255  # characters of a regular expression
# Signatures have to stay with their images, which GitLab's policy does not know of.
_SIGNATURES = "sha256-[0-9a-f]{64}.*"


def attributes(policy: Policy, live: Sequence[str], cadence: str) -> dict[str, Any]:
    """Return the attributes of GitLab's policy; UsageError names what it cannot say."""
    if live:
        raise UsageError(
            f"GitLab's policy knows nothing of {', '.join(live).replace('_', ' ')}",
            place="--policy",
            hint="run ci-kit cleanup in a scheduled pipeline instead, or give --live none and --keep patterns for them",
        )
    return {
        "enabled": True,
        "cadence": cadence,
        "name_regex": _joined(policy.match, "match") or ".*",
        "name_regex_keep": _joined((*policy.keep, *_signatures()), "keep"),
        "keep_n": _keep_n(policy),
        "older_than": _older_than(policy),
    }


def _signatures() -> tuple[Pattern, ...]:
    from ci_kit.cleanup.policy import pattern

    found = pattern(_SIGNATURES)
    return (found,) if found else ()


def _joined(patterns: Sequence[Pattern], name: str) -> str:
    text = patterns[0].text if len(patterns) == 1 else "|".join(f"(?:{one.text})" for one in patterns)
    if len(text) > _LONGEST:
        raise UsageError(f"is longer than the {_LONGEST} characters of GitLab's policy", place=name, hint="shorten it")
    return text


def _keep_n(policy: Policy) -> int | None:
    if not policy.keep_n:
        return None
    if len(policy.keep_n) > 1 or policy.keep_n[0].pattern:
        raise UsageError("GitLab's policy has one number for all tags", place="keep_n", hint="write one like 10")
    number = policy.keep_n[0].number
    if number not in _KEEP_N:
        choices = ", ".join(map(str, _KEEP_N))
        raise UsageError(f"GitLab's policy does not take {number}", place="keep_n", hint=f"it takes {choices}")
    return number


def _older_than(policy: Policy) -> str | None:
    if policy.older_than is None:
        return None
    found = _OLDER_THAN.get(int(policy.older_than)) if policy.older_than == int(policy.older_than) else None
    if found is None:
        choices = ", ".join(_OLDER_THAN.values())
        problem = f"GitLab's policy does not take {policy.older_than:g} days"
        raise UsageError(problem, place="older_than", hint=f"it takes {choices}")
    return found
