"""What the linter tells beyond GitLab's own list: later phases, the way to a place, what an unread file decides."""

from ci_kit.language.project import Project
from ci_kit.lint.engine import Options, lint
from ci_kit.model.finding import FileReport

BASE = ".base:\n  script: x\n  timeout: 5\n"


def linted(text: str, options: Options | None = None, **files: str) -> FileReport:
    project = Project({f"{name}.yml": text for name, text in files.items()}.get)
    return lint(text, "root.yml", project, options or Options())


def told(report: FileReport) -> list[tuple[str, int]]:
    return [(finding.message, finding.place.line) for finding in report.findings if finding.rule == "CK001"]


def test_later_phases_go_on_where_gitlab_stops() -> None:
    text = (
        "a:\n  script: x\n  extends: .no\nb:\n  script: x\n  retry: 9\n"
        "c:\n  script: !reference [.no, script]\nd:\n  script: x\n  needs: [zz]\n"
    )
    report = linted(text)
    assert report.gitlab_errors == ("a: unknown keys in `extends` (.no)",)
    assert told(report) == [
        ("a: unknown keys in `extends` (.no)", 3),
        ("retry config must be less than or equal to 2", 6),
        ('!reference [".no", "script"] could not be found', 8),
        ("d job: undefined need: zz", 11),
    ]


def test_what_follows_from_another_problem_is_left_out() -> None:
    report = linted("a:\n  extends: .no\nb:\n  script: x\n")
    assert told(report) == [("a: unknown keys in `extends` (.no)", 2)]


def test_a_refused_value_misleads_no_check_of_other_jobs() -> None:
    text = (
        "stages: 5\na: {script: x, stage: odd, environment: {name: p, on_stop: b}}\n"
        "b: {script: 1, environment: {name: p, action: halt}}\nc: {script: x, needs: [b]}\n"
    )
    assert [line for _, line in told(linted(text))] == [1, 3, 3]


def test_the_way_through_includes_and_extends() -> None:
    text = "include: one.yml\nb:\n  extends: .mid\n.mid:\n  extends: [.base]\n"
    report = linted(text, one="include: two.yml\n", two=BASE)
    assert {finding.place.path for finding in report.findings} == {"two.yml"}
    assert report.findings[0].chain == (
        *("include root.yml:1:10", "include one.yml:1:10"),
        *("extends root.yml:3:12", "extends root.yml:5:13"),
    )


def test_own_values_have_no_way() -> None:
    assert [finding.chain for finding in linted("a: {script: x, retry: 9}\n").findings] == [()]


def test_an_unread_include_leaves_open_what_it_may_cure() -> None:
    text = "include: {remote: 'https://e.example/x.yml'}\na: {script: x, extends: .b}\n"
    report = linted(text)
    assert (report.verdict, report.gitlab_errors) == ("undecided", ())
    assert [(one.rule, one.severity) for one in report.findings] == [("CK002", "note"), ("CK003", "note")]
    assert report.findings[1].message.endswith("unless an include that was not read puts it right")


def test_an_unread_include_leaves_nothing_else_open() -> None:
    text = "include: {remote: 'https://e.example/x.yml'}\na: {script: x, extends: .b, retry: 9}\n"
    report = linted(text)
    assert (report.verdict, report.gitlab_errors) == ("invalid", ("retry config must be less than or equal to 2",))
    assert [one.rule for one in linted(text, Options(skipped={"CK002", "CK003"})).findings] == ["CK001"]


def test_an_include_that_a_variable_leaves_out_is_told_and_decides_nothing() -> None:
    text = "include: [{local: b.yml, rules: [{if: $MY_VAR}]}]\na: {script: x, needs: [b]}\n"
    report = linted(text, b="b: {script: x}\n")
    assert (report.verdict, report.gitlab_errors) == ("invalid", ("a job: undefined need: b",))
    assert [one.message for one in report.findings if one.rule == "CK002"] == [
        "this is not included, as $MY_VAR counts as not set: what a project sets is not known here"
    ]
