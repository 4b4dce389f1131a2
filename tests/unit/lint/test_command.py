"""`ci-kit lint` as scripts use it: what it reads, what it prints, how it exits."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ci_kit.cli import main

GOOD = "build:\n  image: alpine:3.20\n  script: make\n"
FLOATING = "build:\n  image: alpine\n  script: make\n"
REFUSED = "build:\n  scirpt: make\n  script: make\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def stdin(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def files(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [file["path"] for file in json.loads(capsys.readouterr().out)["files"]]


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    write("good.yml", GOOD)
    write("floating.yml", FLOATING)
    write("refused.yml", REFUSED)
    write("broken.yml", "a: [\n")
    assert main(["lint", "good.yml"]) == 0
    assert main(["lint", "floating.yml"]) == 0
    assert main(["lint", "--fail-on", "warning", "floating.yml"]) == 1
    assert main(["lint", "--fail-on", "note", "good.yml"]) == 0
    assert main(["lint", "refused.yml"]) == 1
    assert main(["lint", "good.yml", "refused.yml"]) == 1
    assert main(["lint", "broken.yml"]) in (1, 3)


def test_missing_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "absent.yml"]) == 3
    error = capsys.readouterr().err
    assert error.startswith("ci-kit lint: error: absent.yml")
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["folder.yml", "loop.yml", "x" * 300])
def test_what_is_no_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder.yml").mkdir()
    Path("loop.yml").symlink_to("loop.yml")
    assert main(["lint", name]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_bytes_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    Path("latin.yml").write_bytes(b"a:\n  script: caf\xe9\n")
    assert main(["lint", "latin.yml"]) == 3
    assert "latin.yml:2:14: is not UTF-8 here" in capsys.readouterr().err


def test_files_that_cannot_be_read_hide_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    write("good.yml", GOOD)
    Path("latin.yml").write_bytes(b"a:\n  script: caf\xe9\n")
    assert main(["lint", "--format", "json", "latin.yml", "good.yml", "absent.yml"]) == 3
    said, wrong = capsys.readouterr()
    assert [(one["path"], one["verdict"]) for one in json.loads(said)["files"]] == [("good.yml", "valid")]
    assert wrong.count("\n") == 1
    assert "latin.yml:2:14: is not UTF-8 here (1 more: absent.yml)" in wrong


def test_a_file_without_end_is_too_big(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "/dev/zero"]) == 3
    assert "is bigger than 16 MiB" in capsys.readouterr().err


def test_no_file_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint"]) in (2, 3)
    assert ".gitlab-ci.yml" in capsys.readouterr().err


def test_without_file_it_finds_pipeline_and_templates(capsys: pytest.CaptureFixture[str]) -> None:
    write(".gitlab-ci.yml", GOOD)
    write("templates/one.yml", "spec:\n  inputs:\n    image:\n---\n" + GOOD)
    write("templates/two/template.yml", "spec:\n---\n" + GOOD)
    write("templates/notes.md", "")
    assert main(["lint", "--format", "json"]) == 0
    found = files(capsys)
    assert found[0] == ".gitlab-ci.yml"
    assert "templates/one.yml" in found
    assert "templates/notes.md" not in found


def test_stdin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(FLOATING, monkeypatch)
    assert main(["lint", "--fail-on", "warning", "-"]) == 1
    stdin(GOOD, monkeypatch)
    capsys.readouterr()
    assert main(["lint", "--format", "json", "-"]) == 0
    assert len(files(capsys)) == 1


def test_the_json_contract(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", FLOATING)
    write("b.yml", REFUSED)
    assert main(["lint", "--format", "json", "a.yml", "b.yml"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"version", "files"}
    first, second = said["files"]
    assert set(first) == {"path", "verdict", "gitlab_errors", "findings"}
    (finding,) = first["findings"]
    assert set(finding) == {
        *("rule", "name", "severity", "message", "path", "line", "column", "end_line", "end_column"),
        *("chain", "suggestion", "url"),
    }
    assert (finding["path"], finding["line"], finding["column"]) == ("a.yml", 2, 10)
    assert (finding["end_line"], finding["end_column"]) == (2, 16)
    assert second["verdict"] == "invalid"
    assert second["gitlab_errors"] == ["jobs:build config contains unknown keys: scirpt"]
    unknown = second["findings"][0]
    assert (unknown["line"], unknown["column"], unknown["suggestion"]) == (2, 3, "script")


def test_the_text_has_place_rule_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", FLOATING)
    assert main(["lint", "a.yml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("a.yml:2:10: warning CK103 ")
    assert "\x1b" not in out


def test_select_and_ignore(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", FLOATING)
    assert main(["lint", "--fail-on", "note", "--ignore", "CK103", "a.yml"]) == 0
    assert main(["lint", "--fail-on", "note", "--select", "CK101,CK102", "a.yml"]) == 0
    assert main(["lint", "--fail-on", "note", "--select", "CK103", "a.yml"]) == 1


def test_the_verdict_does_not_depend_on_rules(capsys: pytest.CaptureFixture[str]) -> None:
    write("b.yml", REFUSED)
    assert main(["lint", "--select", "CK103", "--format", "json", "b.yml"]) == 1
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["verdict"] == "invalid"
    assert file["gitlab_errors"] == ["jobs:build config contains unknown keys: scirpt"]


@pytest.mark.parametrize("option", [["--select", "CK9999"], ["--ignore", "CK1"], ["--explain", "CK9999"]])
def test_unknown_rule(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", GOOD)
    assert main(["lint", *option, "a.yml"]) == 2
    error = capsys.readouterr().err
    assert option[1].upper() in error
    assert error.count("\n") == 1


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--explain", "CK103"]) == 0
    assert "CK103" in capsys.readouterr().out


def test_ignored_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", "a:\n  image: alpine  # ci-kit: ignore CK103\n  script: make\n")
    assert main(["lint", "--fail-on", "note", "a.yml"]) == 0
    write("a.yml", "a:\n  image: alpine  # ci-kit: ignore CK101\n  script: make\n")
    assert main(["lint", "--fail-on", "note", "a.yml"]) == 1
    write("a.yml", "a:\n  image: alpine\n  script: 'echo  # ci-kit: ignore CK103'\n")
    assert main(["lint", "--fail-on", "note", "a.yml"]) == 1


def test_findings_in_an_included_file_stand_there(capsys: pytest.CaptureFixture[str]) -> None:
    write(".gitlab-ci.yml", "include: /ci/build.yml\n")
    write("ci/build.yml", FLOATING)
    assert main(["lint", "--format", "json", "--root", "."]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    (finding,) = file["findings"]
    assert (finding["path"], finding["line"], finding["column"]) == ("ci/build.yml", 2, 10)
    assert file["verdict"] == "valid"


def test_includes_end_at_the_root(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    write("inside/.gitlab-ci.yml", "include: ../outside.yml\na: {script: x, image: 'a:1'}\n")
    write("outside.yml", FLOATING)
    assert main(["lint", "--root", "inside", "--format", "json", "inside/.gitlab-ci.yml"]) == 1
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["gitlab_errors"] == ["Local file `../outside.yml` does not exist!"]


def test_what_cannot_be_fetched_leaves_the_verdict_open(capsys: pytest.CaptureFixture[str]) -> None:
    write(".gitlab-ci.yml", "include:\n  - project: acme/ci\n    file: build.yml\n")
    assert main(["lint", "--format", "json", "--root", "."]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["verdict"] == "undecided"


def test_schema_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", GOOD)
    assert main(["lint", "--schema", "absent.json", "a.yml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_closed_pipe_is_no_error(project: Path) -> None:
    write("a.yml", "".join(f"job{n}: {{script: make, image: alpine}}\n" for n in range(3000)))
    command = [sys.executable, "-m", "ci_kit", "lint", "a.yml"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert error == b""


def test_places_in_a_file_with_other_ends_of_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yml").write_bytes(b"a:\r\n  image: alpine\r\n  script: docker login -p x  # ci-kit: ignore CK102\r\n")
    assert main(["lint", "--format", "json", "a.yml"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["files"][0]["findings"]
    assert (finding["rule"], finding["line"], finding["column"], finding["end_column"]) == ("CK103", 2, 10, 16)
