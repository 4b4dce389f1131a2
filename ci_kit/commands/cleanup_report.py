"""What `ci-kit cleanup` prints: what goes or has gone, and why; in JSON what stays as well."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ci_kit.cleanup import plan_file
from ci_kit.cleanup.plan import Plan, Verdict
from ci_kit.cleanup.policy import Policy
from ci_kit.cleanup.removal import RESULTS, WELL, Outcome, Removed
from ci_kit.errors import RegistryError
from ci_kit.model.size import human_size

_SHORT = 19  # of a digest
_GARBAGE = (
    "its storage is free after the registry has collected garbage: GitLab with a metadata database does that by "
    "itself, another one by gitlab-ctl registry-garbage-collect -m, Distribution by registry garbage-collect CONFIG"
)

Done = Mapping[str, Removed]  # by the repository's name


def table(plans: Sequence[Plan], done: Done, *, kept: bool) -> str:
    """Return a line for each tag that goes, or has gone; with `kept` for the others, too."""
    rows = [
        _row(plan, verdict, outcomes.get(verdict.tag) if verdict.goes else None)
        for plan in plans
        for outcomes in [_outcomes(done.get(plan.name))]
        for verdict in plan.verdicts
        if verdict.goes or kept
    ]
    if not rows:
        return ""
    head = ("WHAT", "IMAGE", "DIGEST", "CREATED", "WHY")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows))


def as_json(
    plans: Sequence[Plan], done: Done, policy: Policy | None, now: datetime, problems: Sequence[RegistryError]
) -> str:
    """Return the plans as in a file of them, with what became of each tag, and what could not be read."""
    said = plan_file.document(plans, policy, now)
    for repository in said["repositories"]:
        removed = done.get(repository["repository"])
        if removed:
            results = _outcomes(removed)
            repository["delete"] = [one | _outcome(results[one["tag"]]) for one in repository["delete"]]
            repository["vanished"] = list(removed.vanished)
    said["applied"] = bool(done)
    said["problems"] = [str(problem) for problem in problems]
    return json.dumps(said, indent=2)


def summary(plans: Sequence[Plan], done: Done) -> Iterator[str]:
    """Yield what it comes to, a line each."""
    doomed, kept = (sum(map(len, part)) for part in ([plan.doomed for plan in plans], [plan.kept for plan in plans]))
    images = sum(len({one.digest for one in plan.doomed} - {one.digest for one in plan.kept}) for plan in plans)
    freed = human_size(sum(plan.freed for plan in plans))
    if not done:
        yield f"{doomed} tags and {images} images go, {kept} tags stay; up to {freed} that nothing else here uses"
        return
    outcomes = [one for removed in done.values() for one in removed.outcomes]
    count = Counter(one.result for one in outcomes)
    parts = [f"{count[result]} {result}" for result in RESULTS if count[result]]
    yield f"{', '.join(parts) or 'nothing to delete'}, {kept} kept"
    if count["deleted"]:
        yield f"{_GARBAGE} (up to {freed})"


def complaints(plans: Sequence[Plan], done: Done) -> Iterator[str]:
    """Yield what was to go and did not, and what was to stay and is not there."""
    for plan in plans:
        removed = done.get(plan.name)
        for one in removed.outcomes if removed else ():
            if one.result not in WELL:
                yield f"{plan.name}:{one.tag} was not deleted: {one.why}"
        for tag in removed.vanished if removed else ():
            yield f"{plan.name}:{tag} was to stay and is not there any more: somebody else has deleted or moved it"


def _row(plan: Plan, verdict: Verdict, outcome: Outcome | None) -> tuple[str, ...]:
    what = outcome.result if outcome else "delete" if verdict.goes else "keep"
    why = outcome.why if outcome and outcome.why else verdict.why
    return what, f"{plan.name}:{verdict.tag}", verdict.digest[:_SHORT], verdict.created[:10] or "-", why


def _outcomes(removed: Removed | None) -> dict[str, Outcome]:
    return {one.tag: one for one in removed.outcomes} if removed else {}


def _outcome(one: Outcome) -> dict[str, Any]:
    return {"result": one.result, "message": one.why or None}
