"""Every rule proves itself: its bad example gives its finding and no other, its good one none, its page is current."""

import sys
from pathlib import Path

import pytest

from ci_kit import pages
from ci_kit.cli import main
from ci_kit.lint import rules
from ci_kit.lint.answers import ANSWERS
from ci_kit.lint.rule import Rule
from ci_kit.lint.rules import RULES
from tests.rules.linted import report

ROOT = Path(__file__).parents[2]
EVERY = [rules.rule(name) for name in RULES]
EACH = pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.id)
ANSWER = pytest.mark.parametrize("rule", ANSWERS.values(), ids=lambda rule: rule.id)
EXPLAINED = pytest.mark.parametrize("rule", [*ANSWERS.values(), *EVERY], ids=lambda rule: rule.id)


def written(text: str, folder: Path) -> Path:
    path = folder / ".gitlab-ci.yml"
    path.write_text(text)
    return path


@EACH
def test_bad(rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = report(written(rule.bad, tmp_path), capsys)
    assert {finding["rule"] for finding in file["findings"]} == {rule.id}
    for finding in file["findings"]:
        assert finding["line"] > 1
        assert (finding["name"], finding["severity"], finding["url"]) == (rule.name, rule.severity, rule.url)
    assert file["verdict"] == "valid"


@EACH
def test_good(rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = report(written(rule.good, tmp_path), capsys)
    assert (file["verdict"], file["findings"]) == ("valid", [])


@EACH
def test_silenced_on_its_line(rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(rule.bad, tmp_path)
    lines = rule.bad.splitlines()
    for number in {finding["line"] for finding in report(path, capsys)["findings"]}:
        lines[number - 1] += f"  # ci-kit: ignore {rule.id}"
    path.write_text("\n".join(lines))
    assert report(path, capsys)["findings"] == []


def of_answer(rule: Rule, text: str, folder: Path) -> tuple[Path, list[str]]:
    """Return a component for what is said of components, and the checkout that the good examples name."""
    (folder / "templates").mkdir()
    path = folder / "templates" / "part.yml" if text.startswith("spec:") else folder / ".gitlab-ci.yml"
    path.write_text(text)
    (folder / "build.yml").write_text(".build: {script: make}\n")
    return path, ["--include-path", f"group/templates={folder}"] if "ci-kit lint" in text else []


@ANSWER
def test_an_answer(rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, options = of_answer(rule, rule.bad, tmp_path)
    found = {finding["rule"]: finding for finding in report(path, capsys, *options)["findings"]}
    assert found.keys() - {"CK002"} <= {rule.id, "CK001"}
    said = found[rule.id]
    assert (said["name"], said["severity"], said["url"]) == (rule.name, rule.severity, rule.url)


@ANSWER
def test_a_good_answer(rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, options = of_answer(rule, rule.good, tmp_path)
    file = report(path, capsys, *options)
    assert file["verdict"] == "valid"
    assert {finding["rule"] for finding in file["findings"]} <= {"CK002"} - {rule.id}


@EXPLAINED
def test_explained(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--explain", rule.id]) == 0
    out = capsys.readouterr().out
    for part in (rule.id, rule.name, rule.why, rule.bad, rule.good, rule.source):
        assert part in out


@EXPLAINED
def test_said_in_full(rule: Rule) -> None:
    assert all((rule.summary, rule.why, rule.source, rule.bad, rule.good))


@EACH
def test_a_rule_is_the_file_of_its_name(rule: Rule) -> None:
    module = next(name for name in sys.modules if name.endswith(f".{rule.name.replace('-', '_')}"))
    assert module.startswith("ci_kit.lint.rules.")


def test_every_file_is_a_rule() -> None:
    files = {path.stem for path in Path(rules.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {rule.name.replace("-", "_") for rule in EVERY}


def test_the_pages_are_current() -> None:
    for name, text in pages.pages().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == text, f"{name} is stale: make docs"
    expected = {f"{rule}.md" for rule in (*RULES, *ANSWERS)} | {"README.md"}
    assert {path.name for path in (ROOT / "docs" / "rules").iterdir()} == expected


def test_no_password_is_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written("a:\n  image: docker:28\n  script: docker login -u me -p hunter2\n", tmp_path)
    (finding,) = report(path, capsys)["findings"]
    assert "hunter2" not in finding["message"] + finding["suggestion"]
    main(["lint", "--format", "text", str(path)])
    assert "hunter2" not in capsys.readouterr().out.replace("-p hunter2\n", "")  # but for the line as it stands
