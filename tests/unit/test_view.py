"""`ci-kit view` as scripts and people use it."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ci_kit.cli import main
from tests.language.test_cases import CASES
from tests.language.test_expanded import ROWS, in_order

TEXT = """\
include: base.yml
stages: [build, test]
default:
  image: alpine
unit:
  extends: .base
  needs: [compile]
  rules:
    - if: $CI_COMMIT_TAG
    - if: $DEPLOY
      when: manual
compile:
  stage: build
  script: [make]
  parallel: 2
"""
BASE = """\
.base:
  script: [make base]
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitlab-ci.yml").write_text(TEXT)
    (tmp_path / "base.yml").write_text(BASE)
    return tmp_path


def viewed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["view", "--format", "json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)["files"]


def test_the_merged_configuration_is_yaml_that_gitlab_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(".base:\n  script:\n    - make base\nstages:\n  - .pre\n  - build\n")
    Path("again.yml").write_text(shown)
    first, second = viewed(capsys, "--merged", ".gitlab-ci.yml", "again.yml")
    assert in_order(first["merged"]) == in_order(second["merged"])


def test_each_key_tells_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "--merged", "--origin"]) == 0
    shown = capsys.readouterr().out
    assert "# base.yml:1\n.base:\n  # base.yml:2\n  script:\n    # base.yml:2\n    - make base\n" in shown
    assert "    # .gitlab-ci.yml:10\n    - if: $DEPLOY\n      # .gitlab-ci.yml:11\n      when: manual\n" in shown


@pytest.mark.parametrize("row", ROWS[::20], ids=lambda row: row["file"])
def test_the_json_of_the_cases(row: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    root = ("--root", str(CASES), str(CASES / row["file"]))
    assert in_order(viewed(capsys, "--merged", *root)[0]["merged"]) == in_order(row["merged"])
    (file,) = viewed(capsys, "--jobs", *root)
    assert in_order(file["jobs"]) == in_order(row["jobs"])
    assert list(file) == ["path", "jobs"]


def test_jobs_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "--jobs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NAME         STAGE  WHEN        MAY FAIL  NEEDS",
        "unit         test   on_success  no        compile 1/2, compile 2/2",
        "compile 1/2  build  on_success  no        -",
        "compile 2/2  build  on_success  no        -",
    ]


def test_jobs_for_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "--jobs", "--for", "branch=main"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split()[:4] == ["unit", "maybe", "test", "manual"]
    assert shown[1].endswith("needs $DEPLOY, not known here (.gitlab-ci.yml:10)")
    (file,) = viewed(capsys, "--jobs", "--for", "branch=main", "--variable", "DEPLOY=1")
    assert [(job["name"], job["runs"]) for job in file["jobs"]][:2] == [("unit", "yes"), ("compile 1/2", "yes")]
    assert file["jobs"][0]["when"] == "manual"
    assert file["jobs"][0]["because"] == "rule if: $DEPLOY, when: manual"
    assert file["jobs"][0]["at"] == ".gitlab-ci.yml:10:7"
    assert file["workflow"] == {"runs": "yes", "because": "no workflow:rules", "name": None}
    assert file["when_created"] == []


def test_changed_files_and_the_default_branch_count(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a: {script: x, rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH, changes: ['src/**/*']}]}\n"
    Path("c.yml").write_text(text)
    asked = ("--jobs", "--for", "branch=trunk", "--default-branch", "trunk", "c.yml")
    assert viewed(capsys, *asked)[0]["jobs"][0]["runs"] == "maybe"
    assert viewed(capsys, *asked, "--changed", "./src/a/b")[0]["jobs"][0]["runs"] == "yes"
    assert viewed(capsys, *asked, "--changed", "doc")[0]["jobs"][0]["runs"] == "no"


def test_files_of_the_project_exist(capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub/x.go").touch()
    Path("c.yml").write_text(
        "a: {script: x, rules: [{exists: ['**/*.go']}]}\nb: {script: x, rules: [{exists: [absent]}]}\n"
    )
    (file,) = viewed(capsys, "--jobs", "--for", "mr", "c.yml")
    assert [job["runs"] for job in file["jobs"]] == ["yes", "no"]


def test_what_gitlab_says_at_creation_is_a_level_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.yml").write_text("b: {script: x, only: [tags]}\na: {script: x, needs: [b]}\n")
    assert main(["view", "--jobs", "--for", "branch=main", "c.yml"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("c.yml:2:23: when created: 'a' job needs 'b' job, but 'b' does not exist in the pipeline.")
    (file,) = viewed(capsys, "--jobs", "--for", "branch=main", "c.yml")
    assert [(one["job"], one["certain"]) for one in file["when_created"]] == [("a", True)]


def test_a_job_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "--explain-job", "unit", "--for", "tag=v1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "# .gitlab-ci.yml:5",
        "unit:",
        "  # base.yml:2, extends .base",
        "  script:",
        "    - make base",
        "  # .gitlab-ci.yml:6",
        "  extends: .base",
        "  # .gitlab-ci.yml:7",
        "  needs:",
        "    - compile",
        "  # .gitlab-ci.yml:8",
        "  rules:",
        "    - if: $CI_COMMIT_TAG",
        "    - if: $DEPLOY",
        "      when: manual",
        "  # .gitlab-ci.yml:4, default",
        "  image: alpine",
        "# unit: stage test, needs compile 1/2, compile 2/2",
        "# needed by nothing",
        "# rule if: $CI_COMMIT_TAG (.gitlab-ci.yml:9): yes",
        "# rule if: $DEPLOY, when: manual (.gitlab-ci.yml:10): not reached",
        "# unit: runs yes, when on_success: rule if: $CI_COMMIT_TAG (.gitlab-ci.yml:9)",
    ]


def test_an_instance_and_a_hidden_job_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = viewed(capsys, "--explain-job", "compile 2/2")
    assert file["job"]["needed_by"] == ["unit"]
    assert [job["name"] for job in file["job"]["jobs"]] == ["compile 2/2"]
    (file,) = viewed(capsys, "--explain-job", ".base")
    assert (file["job"]["jobs"], file["job"]["definition"]) == ([], {"script": ["make base"]})


@pytest.mark.parametrize(
    ("job", "through"),
    [
        ("extends: [.b, .a]", ["extends .a"]),
        ("extends: .c", ["extends .c", "extends .a"]),
        ("inherit: {default: false}\n  image: own", []),
    ],
)
def test_the_way_of_a_keyword(job: str, through: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    bases = ".a:\n  image: a\n.b:\n  image: b\n.c:\n  extends: .a\n"
    Path("c.yml").write_text(f"default:\n  image: d\n{bases}j:\n  script: x\n  {job}\n")
    (file,) = viewed(capsys, "--explain-job", "j", "c.yml")
    assert file["job"]["origins"]["image"]["through"] == through


def test_what_is_inherited(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.yml").write_text(
        "image: top\ndefault:\n  retry: 1\n  tags: [a]\nj:\n  script: x\n  inherit: {default: [image, retry]}\n"
        "bridge:\n  trigger: g/p\n"
    )
    (file,) = viewed(capsys, "--explain-job", "j", "c.yml")
    ways = {keyword: origin["through"] for keyword, origin in file["job"]["origins"].items() if origin["through"]}
    assert ways == {"image": ["the top level"], "retry": ["default"]}
    (file,) = viewed(capsys, "--explain-job", "bridge", "c.yml")
    assert list(file["job"]["definition"]) == ["trigger"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--explain-job", "unti"), "--explain-job: there is no job 'unti' -> did you mean 'unit'?"),
        (("--explain-job", "xyzzy"), "ci-kit view --jobs lists them"),
        (("--explain-job", ""), "there is no job ''"),
        (("--jobs", "--for", "brnch=x"), "did you mean 'branch'?"),
        (("--for", "tag=x"), "--for: goes with --jobs or --explain-job"),
        (("--jobs", "--changed", "x"), "--changed: says nothing without --for"),
        (("--jobs", "--for", "mr", "--variable", "A"), "--variable: 'A' is no variable"),
        (("--jobs", "--merged"), "not allowed with"),
        (("--root", "absent"), "--root: 'absent' is not a directory"),
    ],
)
def test_wrong_use_is_one_line(arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", *arguments]) == 2
    said, wrong = capsys.readouterr()
    assert (said, wrong.count("\n")) == ("", 1)
    assert words in wrong


def test_a_file_that_gitlab_refuses_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yml").write_text("a:\n  script: x\n  needs: [b]\n")
    for what in ("--merged", "--jobs"):
        assert main(["view", what, "bad.yml"]) == 1
        assert capsys.readouterr() == ("", "bad.yml:3:11: a job: undefined need: b\n")


def test_the_others_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yml").write_text("a:\n  script: x\n  needs: [b]\n")
    for what in ("--merged", "--jobs"):
        assert main(["view", what, "--format", "json", "bad.yml", ".gitlab-ci.yml"]) == 1
        said, wrong = capsys.readouterr()
        assert [one["path"] for one in json.loads(said)["files"]] == [".gitlab-ci.yml"]
        assert wrong == "bad.yml:3:11: a job: undefined need: b\n"
        assert main(["view", what, "--format", "json", "absent.yml", ".gitlab-ci.yml"]) == 3
        said, wrong = capsys.readouterr()
        assert [one["path"] for one in json.loads(said)["files"]] == [".gitlab-ci.yml"]
        assert wrong.startswith("ci-kit view: error: absent.yml: cannot be read")


def test_many_refusals_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yml").write_text("".join(f"a{number}: {{script: x, needs: [b]}}\n" for number in range(30)))
    assert main(["view", "bad.yml"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 21
    assert told[-1] == "bad.yml: and 10 more: ci-kit lint tells"


def test_a_missing_file_and_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "absent.yml"]) == 3
    assert capsys.readouterr().err.startswith("ci-kit view: error: absent.yml: cannot be read")


def test_stdin_is_a_root(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: {script: x}\n"), encoding="utf-8"))
    assert viewed(capsys, "-") == [{"path": "<stdin>", "merged": {"a": {"script": "x"}}}]


def test_an_include_that_is_not_read_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    text = "include:\n  - base.yml\n  - remote: https://e.example/x.yml\na: {script: x}\n"
    Path("c.yml").write_text(text)
    assert main(["view", "c.yml"]) == 0
    said, told = capsys.readouterr()
    assert said == ".base:\n  script:\n    - make base\na:\n  script: x\n"
    assert told.startswith("c.yml:3:")
    assert ": remote `https://e.example/x.yml` is not read" in told
    assert told.count("\n") == 1


def test_rules_of_includes_are_asked_for_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tag.yml").write_text("t: {script: x}\n")
    Path("c.yml").write_text("include: [{local: tag.yml, rules: [{if: $CI_COMMIT_TAG}]}]\na: {script: x}\n")
    for event, names in (("tag=v1", ["t", "a"]), ("branch=main", ["a"])):
        (file,) = viewed(capsys, "--jobs", "--for", event, "c.yml")
        assert [job["name"] for job in file["jobs"]] == names


def test_the_environment_tells_the_project(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_SERVER_URL", "https://gitlab.example")
    monkeypatch.setenv("CI_PROJECT_PATH", "g/p")
    Path("c.yml").write_text("a: {script: x, only: [main@g/p]}\nb: {script: x, only: [main@g/q]}\n")
    (file,) = viewed(capsys, "--jobs", "--for", "branch=main", "c.yml")
    assert [job["runs"] for job in file["jobs"]] == ["yes", "no"]


def test_several_roots_are_several_documents(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yml").write_text("a: {script: x}\n")
    assert main(["view", "a.yml", "a.yml"]) == 0
    assert capsys.readouterr().out == "# a.yml\na:\n  script: x\n---\n# a.yml\na:\n  script: x\n"
    assert main(["view", "--jobs", "a.yml", "a.yml"]) == 0
    assert capsys.readouterr().out.count("a.yml:\nNAME") == 2


def test_values_that_json_has_not_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        ".h:\n  a: .nan\n  b: -.inf\n  c: :sym\n  1: x\n  ~: y\n  :k: v\n  l: 0x" + "f" * 20000 + "\na: {script: x}\n"
    )
    Path("c.yml").write_text(text)
    (file,) = viewed(capsys, "c.yml")
    hidden = file["merged"][".h"]
    assert (hidden["a"], hidden["b"], hidden["c"], hidden["1"]) == ("NaN", "-Infinity", "sym", "x")
    assert (hidden[""], hidden["k"]) == ("y", "v")
    assert len(str(hidden["l"])) > 1000
    assert main(["view", "c.yml"]) == 0
    assert "c: sym" in capsys.readouterr().out
