"""Which jobs run for which event: yes, no, or maybe where it hangs on what nobody said."""

import pytest

from ci_kit.errors import UsageError
from ci_kit.language.analyse import analyse
from ci_kit.language.event import event_of, scope_of
from ci_kit.language.project import Project
from ci_kit.language.simulate import Run, Simulation, simulate
from ci_kit.language.workflow import Asked
from ci_kit.model.tag_name import slug

ANSWERS = {True: "yes", False: "no", None: "maybe"}


def simulated(
    text: str, event: str, changed: tuple[str, ...] | None = None, files: tuple[str, ...] = (), **variables: str
) -> Simulation:
    made = analyse(text, "f.yml", Project({}.get))
    assert [one.message for one in made.problems] == []
    return simulate(made.content, Asked(event_of(event, "main"), variables, changed, lambda: files))


def job(simulation: Simulation, name: str = "a") -> Run:
    return next(one for one in simulation.runs if one.job.name == name)


RUNS = [
    # without rules: branches and tags, and no merge requests
    ("a: {script: x}", {"branch=main": "yes", "tag=v1": "yes", "schedule": "yes", "web": "yes", "mr": "no"}),
    ("a: {script: x}", {"trigger": "yes", "pipeline": "yes", "parent": "yes", "push": "yes", "api": "yes"}),
    # rules: the first that matches decides
    ("a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}", {"branch=main": "no", "tag=v1": "yes", "mr": "no"}),
    ("a: {script: x, rules: [{if: $CI_COMMIT_BRANCH}]}", {"branch=b": "yes", "tag=v1": "no", "mr": "no", "web": "yes"}),
    ("a: {script: x, rules: [{if: $CI_MERGE_REQUEST_IID}]}", {"branch=b": "no", "tag=v1": "no", "mr": "yes"}),
    ("a: {script: x, rules: [{if: $CI_PIPELINE_SOURCE == 'schedule'}]}", {"schedule": "yes", "web": "no"}),
    ("a: {script: x, rules: [{if: $CI_PIPELINE_SOURCE == 'parent_pipeline'}]}", {"parent": "yes", "pipeline": "no"}),
    (
        "a: {script: x, rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]}",
        {"branch=main": "yes", "branch=b": "no"},
    ),
    ("a: {script: x, rules: [{if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == 'v2'}]}", {"mr=v2": "yes", "mr": "no"}),
    ("a: {script: x, rules: [{if: $CI_COMMIT_REF_SLUG == 'a-b'}]}", {"branch=A/b": "yes", "tag=x": "no"}),
    ("a: {script: x, rules: [{if: $CI_JOB_TOKEN}]}", {"branch=main": "no"}),
    ("a: {script: x, rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]}", {"tag=v1": "no", "mr": "yes"}),
    ("a: {script: x, rules: [[{if: $CI_COMMIT_TAG, when: never}], {when: manual}]}", {"tag=v1": "no", "web": "yes"}),
    ("a: {script: x, rules: [{when: never}]}", {"branch=main": "no", "tag=v1": "no"}),
    # what is not known leaves it open, unless it does not matter
    ("a: {script: x, rules: [{if: $MINE}]}", {"branch=main": "maybe"}),
    ("a: {script: x, rules: [{if: $MINE && $CI_COMMIT_TAG}]}", {"branch=main": "no", "tag=v": "maybe"}),
    ("a: {script: x, rules: [{if: $MINE}, {when: manual}]}", {"branch=main": "yes"}),
    ("a: {script: x, rules: [{if: $MINE, when: never}]}", {"branch=main": "no"}),
    ("a: {script: x, rules: [{if: $CI_OPEN_MERGE_REQUESTS}]}", {"branch=b": "maybe", "tag=v": "no", "mr": "yes"}),
    # changes: true where there is nothing to compare with
    ("a: {script: x, rules: [{changes: [doc/*]}]}", {"branch=b": "maybe", "tag=v": "yes", "schedule": "yes"}),
    ("a: {script: x, rules: [{changes: [doc/*]}]}", {"mr": "maybe", "web": "yes", "parent": "yes", "api": "yes"}),
    ("a: {script: x, rules: [{changes: {paths: [a], compare_to: main}}]}", {"tag=v": "maybe", "mr": "maybe"}),
    ("a: {script: x, rules: [{if: $CI_COMMIT_TAG, changes: [a]}]}", {"branch=b": "no", "tag=v": "yes"}),
    # only, except
    ("a: {script: x, only: [tags]}", {"tag=v1": "yes", "branch=b": "no", "mr": "no"}),
    ("a: {script: x, only: [merge_requests]}", {"mr": "yes", "branch=main": "no"}),
    ("a: {script: x, only: [main, web, schedules]}", {"branch=main": "yes", "branch=b": "no", "web=b": "yes"}),
    ("a: {script: x, only: [main, web, schedules]}", {"schedule=b": "yes", "api=b": "no", "mr": "no"}),
    ("a: {script: x, only: [pushes]}", {"branch=b": "yes", "tag=b": "yes", "web": "no"}),
    ("a: {script: x, only: [/^rel-/]}", {"branch=rel-1": "yes", "tag=rel-2": "yes", "branch=x-rel-": "no", "mr": "no"}),
    ("a: {script: x, only: [main@g/p]}", {"branch=main": "maybe", "branch=b": "no"}),
    ("a: {script: x, only: []}", {"branch=main": "no"}),
    ("a: {script: x, except: [main]}", {"branch=main": "no", "branch=b": "yes", "mr": "no"}),
    ("a: {script: x, except: {variables: [$CI_COMMIT_TAG]}}", {"tag=v1": "no", "branch=main": "yes"}),
    ("a: {script: x, only: {variables: [$CI_COMMIT_TAG, $MINE]}}", {"tag=v1": "yes", "branch=b": "maybe", "mr": "no"}),
    ("a: {script: x, only: {changes: [a]}}", {"tag=v1": "yes", "branch=b": "maybe", "mr": "no"}),
    ("a: {script: x, only: {refs: [merge_requests], changes: [a]}}", {"mr": "maybe", "branch=b": "no"}),
    ("a: {script: x, only: {kubernetes: active}}", {"branch=b": "maybe"}),
    # workflow
    ("workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: x}", {"tag=v1": "yes", "branch=main": "no"}),
    ("workflow: {rules: [{if: $CI_MERGE_REQUEST_IID}]}\na: {script: x}", {"mr": "yes", "web": "no"}),
    ("workflow: {rules: [{if: $MINE}]}\na: {script: x}\nb: {script: x, rules: [{when: never}]}", {"mr": "maybe"}),
    ("workflow: {rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]}\na: {script: x}", {"tag=v1": "no"}),
    (
        "workflow: {rules: [{if: $CI_COMMIT_TAG, variables: {DO: 'y'}}, {when: always}]}\n"
        "variables: {DO: 'n'}\na: {script: x, rules: [{if: $DO == 'y'}]}",
        {"tag=v1": "yes", "mr": "no"},
    ),
    (
        "workflow: {rules: [{if: $MINE, variables: {DO: 'y'}}, {when: always}]}\n"
        "variables: {DO: 'n'}\na: {script: x, rules: [{if: $DO == 'y'}]}",
        {"tag=v1": "maybe"},
    ),
    # variables of the file
    ("variables: {V: 1}\na: {script: x, rules: [{if: $V == '1'}]}", {"branch=main": "yes"}),
    ("variables: {V: {value: 'y'}}\na: {script: x, rules: [{if: $V == 'y'}]}", {"branch=main": "yes"}),
    ("variables: {V: 1}\na: {script: x, variables: {V: 2}, rules: [{if: $V == '2'}]}", {"branch=main": "yes"}),
    ("variables: {V: 1}\na: {script: x, inherit: {variables: false}, rules: [{if: $V}]}", {"branch=main": "maybe"}),
    (
        "variables: {V: $W-x, W: $CI_COMMIT_TAG}\na: {script: x, rules: [{if: $V == 'v1-x'}]}",
        {"tag=v1": "yes", "mr": "no"},
    ),
    ("variables: {V: $MINE}\na: {script: x, rules: [{if: $V}]}", {"tag=v1": "maybe"}),
    ("variables: {V: {value: $W, expand: false}}\na: {script: x, rules: [{if: $V == '$W'}]}", {"mr": "yes"}),
    ("a: {script: x, stage: build, rules: [{if: $CI_JOB_STAGE == 'build'}]}", {"branch=main": "yes"}),
    ("a: {script: x, environment: p, rules: [{if: $CI_ENVIRONMENT_NAME == 'p'}]}", {"branch=main": "yes"}),
    ("a: {script: x, rules: [{if: $CI_ENVIRONMENT_NAME}]}", {"branch=main": "no"}),
]


@pytest.mark.parametrize(
    ("text", "event", "wanted"), [(text, event, one) for text, every in RUNS for event, one in every.items()]
)
def test_a_job_runs(text: str, event: str, wanted: str) -> None:
    assert ANSWERS[job(simulated(text, event)).runs] == wanted


def test_the_jobs_of_a_matrix_are_asked_one_by_one() -> None:
    text = "a: {script: x, parallel: {matrix: [{OS: [mac, linux]}]}, rules: [{if: $OS == 'mac'}]}"
    found = simulated(text, "branch=main")
    assert {one.job.name: one.runs for one in found.runs} == {"a: [mac]": True, "a: [linux]": False}


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [
        ("doc/*", True),
        ("*", False),
        ("doc/a.md", True),
        ("**/*.md", True),
        ("**/a.*", True),
        ("doc/**/a.md", True),
        ("doc/?.md", True),
        ("doc/[ab].md", True),
        ("doc/[!ab].md", False),
        ("doc/[^a].md", False),
        ("doc/*.{txt,md}", True),
        ("*/.env", False),
        ("$CI_COMMIT_BRANCH/*.md", True),
        ("$MINE/*.md", None),
    ],
)
def test_files_match(glob: str, wanted: bool | None) -> None:
    rule = f"a: {{script: x, rules: [{{%s: ['{glob}']}}]}}"
    assert job(simulated(rule % "changes", "branch=doc", changed=("doc/a.md",))).runs is wanted
    assert job(simulated(rule % "exists", "branch=doc", files=("doc/a.md",))).runs is wanted


def test_files_of_another_project_are_not_known() -> None:
    text = "a: {script: x, rules: [{exists: {paths: [a], project: g/p}}]}"
    assert job(simulated(text, "branch=main", files=("a",))).runs is None


@pytest.mark.parametrize(
    ("text", "when", "allow_failure", "needs"),
    [
        ("rules: [{when: manual}]", "manual", False, []),
        ("rules: [{when: manual, allow_failure: true}]", "manual", True, []),
        ("when: manual", "manual", True, []),
        ("when: manual, rules: [{if: $CI}]", "manual", True, []),
        ("allow_failure: true, rules: [{if: $CI, allow_failure: false}]", "on_success", False, []),
        ("needs: [b], rules: [{if: $CI, needs: [c]}]", "on_success", False, ["c"]),
        ("needs: [b], rules: [{if: $CI, needs: []}]", "on_success", False, ["b"]),
        ("rules: [{if: $MINE, when: manual}, {when: always}]", "manual or always", False, []),
    ],
)
def test_the_rule_says_what_the_job_is_like(text: str, when: str, allow_failure: bool, needs: list[str]) -> None:
    found = job(simulated(f"b: {{script: x}}\nc: {{script: x}}\na: {{script: x, {text}}}", "branch=main"))
    assert (found.when, found.allow_failure, [one.name for one in found.needs]) == (when, allow_failure, needs)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}", "no rule matched"),
        ("a: {script: x, rules: [{if: $CI_COMMIT_BRANCH, when: manual}]}", "rule if: $CI_COMMIT_BRANCH, when: manual"),
        ("a: {script: x, rules: [{if: $MINE && $OURS}]}", "needs $MINE and $OURS, not known here"),
        ("a: {script: x, rules: [{if: $MINE}, {when: always}]}", "whatever $MINE may be"),
        ("a: {script: x, only: [tags]}", "only: tags"),
        ("a: {script: x, rules: [{changes: [a]}]}", "needs the changed files (--changed), not known here"),
        ("workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: x}", "workflow: no rule matched"),
        ("a: {script: x}", "no rules"),
    ],
)
def test_why_is_told(text: str, because: str) -> None:
    assert job(simulated(text, "branch=main")).because == because


def test_the_rule_that_decides_has_its_place() -> None:
    text = "a:\n  script: x\n  rules:\n    - if: $CI_COMMIT_TAG\n    - if: $CI_COMMIT_BRANCH\n"
    assert job(simulated(text, "branch=main")).at[:2] == (5, 7)
    assert job(simulated(text, "mr")).at[:2] == (3, 3)


def test_variables_that_are_given_win() -> None:
    text = "variables: {V: 1}\na: {script: x, variables: {V: 2}, rules: [{if: $V == '3'}]}"
    assert job(simulated(text, "branch=main", V="3")).runs
    assert not job(simulated("a: {script: x, rules: [{if: $MINE}]}", "branch=main", MINE="")).runs


MISSING = (
    "'a' job needs 'b' job, but 'b' does not exist in the pipeline. This might be because of the only, except, "
    "or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional."
)
EMPTY = "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs."
FILTERED = "The pipeline did not run. Review the workflow:rules configuration for the pipeline."


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("b: {script: x, only: [tags]}\na: {script: x, needs: [b]}", [(MISSING, True)]),
        ("b: {script: x, rules: [{if: $MINE}]}\na: {script: x, needs: [b]}", [(MISSING, False)]),
        ("b: {script: x, only: [tags]}\na: {script: x, needs: [{job: b, optional: true}]}", []),
        ("b: {script: x, only: [tags]}\na: {script: x, needs: [b], only: [tags]}", [(EMPTY, True)]),
        ("a: {script: x, stage: .pre}", [(EMPTY, True)]),
        ("a: {script: x, rules: [{if: $MINE}]}", [(EMPTY, False)]),
        ("workflow: {rules: [{when: never}]}\na: {script: x}", [(FILTERED, True)]),
        (
            "a: {script: x, variables: {A: $B, B: $A}}",
            [("a: circular variable reference detected: A, B", True)],
        ),
        ("a: {script: x, variables: {A: $A}}", []),
        (
            "b: {script: x, parallel: 51}\na: {script: x, needs: [b]}",
            [
                (
                    "a: one job can only need 50 others, but you have listed 51. "
                    "See needs keyword documentation for more details",
                    True,
                )
            ],
        ),
    ],
)
def test_what_gitlab_says_when_it_creates_the_pipeline(text: str, complaints: list[tuple[str, bool]]) -> None:
    found = simulated(text, "branch=main").complaints
    assert [(one.message, one.certain) for one in found] == complaints


def test_the_name_of_the_pipeline_has_its_variables() -> None:
    text = "workflow: {name: 'for $CI_COMMIT_BRANCH'}\na: {script: x}"
    assert simulated(text, "branch=main").workflow.name == "for main"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("brnch=main", "did you mean 'branch'?"),
        ("xyzzy", "one of: branch,"),
        ("", "one of: branch,"),
        ("branch", "has no name -> say branch=NAME"),
        ("tag=", "has no name -> say tag=NAME"),
        ("mr=", "has no name -> say mr=NAME"),
    ],
)
def test_an_event_that_is_none_is_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        event_of(text, "main")
    assert str(caught.value).startswith("--for: ")
    assert words in str(caught.value)


def test_a_slug_is_short_and_plain() -> None:
    assert slug("/Feature/Ä_1/") == "feature---1"
    assert slug("x" * 70) == "x" * 63


def test_what_is_surely_not_set_is_none() -> None:
    values = scope_of(event_of("branch=main", "main"), {}).values
    assert values["CI_COMMIT_TAG"] is None
    assert "CI_COMMIT_MESSAGE" not in values


def test_a_chain_and_a_bomb_of_variables_end() -> None:
    chain = "".join(f"  V{number}: $V{number + 1}\n" for number in range(5000))
    text = f"variables:\n{chain}  V5000: end\na: {{script: x, rules: [{{if: $V0 == 'end'}}]}}\n"
    assert job(simulated(text, "branch=main")).runs
    bomb = "".join(f"  B{number}: $B{number + 1}$B{number + 1}\n" for number in range(60))
    text = f"variables:\n{bomb}  B60: xx\na: {{script: x, rules: [{{if: $B0}}]}}\n"
    assert job(simulated(text, "branch=main")).runs is None
