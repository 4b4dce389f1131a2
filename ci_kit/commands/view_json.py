"""Views as the JSON objects that other programs read."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ci_kit.commands.viewed import ANSWERS, Viewed, place_of
from ci_kit.language.explain import Explanation, RuleAnswer
from ci_kit.language.lineup import Lineup
from ci_kit.language.merged import as_row, configuration, created, plain
from ci_kit.language.run import Run


def merged(viewed: Sequence[Viewed]) -> str:
    """Return `{"files": [{"path", "merged"}]}`."""
    return _files({"path": one.pipeline.path, "merged": plain(configuration(one.pipeline))} for one in viewed)


def jobs(viewed: Sequence[Viewed]) -> str:
    """Return `{"files": [{"path", "jobs"}]}`; with an event, jobs say whether they run, and files what GitLab says."""
    return _files(_with_event(one) if one.simulation else _without_event(one) for one in viewed)


def explained(explanations: Sequence[tuple[Viewed, Explanation]]) -> str:
    """Return `{"files": [{"path", "job"}]}`."""
    return _files({"path": one.pipeline.path, "job": _explanation(said)} for one, said in explanations)


def _files(files: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"files": list(files)}, indent=2, ensure_ascii=False)


def _without_event(one: Viewed) -> dict[str, Any]:
    return {"path": one.pipeline.path, "jobs": list(map(as_row, created(Lineup(one.pipeline.content))))}


def _with_event(one: Viewed) -> dict[str, Any]:
    if one.simulation is None:
        return _without_event(one)
    workflow, runs, complaints = one.simulation
    return {
        "path": one.pipeline.path,
        "workflow": {"runs": ANSWERS[workflow.runs], "because": workflow.because, "name": workflow.name},
        "jobs": list(map(_run, runs)),
        "when_created": [
            {"message": each.message, "job": each.job, "certain": each.certain, "at": place_of(each.at)}
            for each in complaints
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    needs = [need._asdict() for need in run.needs]
    as_it_runs = {"when": run.when, "needs": needs, "allow_failure": run.allow_failure}
    return as_row(run.job) | as_it_runs | {"runs": ANSWERS[run.runs], "because": run.because, "at": place_of(run.at)}


def _explanation(said: Explanation) -> dict[str, Any]:
    return {
        "name": said.name,
        "at": place_of(said.at),
        "definition": {one.keyword: plain(one.value) for one in said.origins},
        "origins": {one.keyword: {"at": place_of(one.at), "through": list(one.through)} for one in said.origins},
        "jobs": list(map(_run, said.runs)) or list(map(as_row, said.jobs)),
        "needed_by": list(said.needed_by),
        **({"rules": list(map(_rule, said.rules))} if said.runs else {}),
    }


def _rule(one: RuleAnswer) -> dict[str, Any]:
    matches = "not reached" if one.answer is None else ANSWERS[one.answer.holds]
    return {"rule": one.rule, "at": place_of(one.at), "matches": matches, "not_known": [*(one.answer or ((), ()))[1]]}
