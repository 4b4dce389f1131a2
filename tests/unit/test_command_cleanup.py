"""`ci-kit cleanup`: what it takes, what it prints, and that nothing goes by mistake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_kit import cli
from tests.unit.cleanup.registries import NAME, put_image
from tests.unit.distribution import Distribution
from tests.unit.servers import Answer, Seen, Web, web

OLD = ("--older-than", "1h")


@pytest.fixture
def registry() -> Iterator[tuple[Distribution, Web]]:
    """`old` and `twin` share a digest, `latest` is another."""
    held = Distribution()
    put_image(held, 1, 90, tag="old")
    held.of(NAME).tags["twin"] = held.of(NAME).tags["old"]
    put_image(held, 2, 90, tag="latest")
    with web(held) as server:
        held.netloc = server.netloc
        yield held, server


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CI_REGISTRY", "CI_REGISTRY_IMAGE", "CI_PROJECT_ID", "CI_SERVER_URL", "CI_JOB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def run(*arguments: str) -> int:
    return cli.main(["cleanup", *arguments])


def test_a_dry_run_says_what_goes_and_leaves_it(
    registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    held, server = registry
    assert run(f"{server.netloc}/{NAME}", *OLD, "--kept") == 0
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()] == ["WHAT", "keep", "delete", "delete"]
    assert "2 tags and 1 images go, 1 tags stay" in said.err
    assert "is of no GitLab project" in said.err
    assert set(held.of(NAME).tags) == {"old", "twin", "latest"}


def test_yes_deletes_and_json_tells(registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]) -> None:
    held, server = registry
    assert run(f"{server.netloc}/{NAME}", *OLD, "-y", "--json", "--keep", "twin") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    [repository] = said["repositories"]
    assert said["applied"] is True
    assert said["policy"] == {"match": [], "keep": ["twin"], "keep_n": [], "older_than_days": pytest.approx(1 / 24)}
    assert [(one["tag"], one["result"], one["message"]) for one in repository["delete"]] == [("old", "deleted", None)]
    assert {one["tag"] for one in repository["keep"]} == {"latest", "twin"} == set(held.of(NAME).tags)


def test_a_plan_in_a_file_is_carried_out_or_refused(
    registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    held, server = registry
    assert run(f"{server.netloc}/{NAME}", *OLD, "--plan", "p.json") == 0
    put_image(held, 9, 90, tag="old")
    assert run("--apply", "p.json") == 5
    said = capsys.readouterr().err
    assert f"error: {server.netloc}/{NAME}:old was not deleted: it was at sha256:" in said
    assert set(held.of(NAME).tags) == {"old", "latest"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "cleanup: nothing says which tags may go"),
        (("--match", ""), "--match: is empty"),
        (("--keep", " ", *OLD), "--keep: is empty"),
        (("--older-than", ""), "--older-than: is empty"),
        (("--live", "", *OLD), "--live: is empty"),
        (("--live", "issues", *OLD), "--live: 'issues' must be branches"),
        (("--keep-n", "x"), "--keep-n: 'x' must be a number"),
        (("--keep-n", "3 of v["), "--keep-n: 'v[' is no regular expression"),
        (("--older-than", "1y"), "--older-than: '1y' must be a number with h, d or w"),
        (("--apply", "p.json", *OLD), "--apply: a plan is carried out as it is, without --older-than"),
        (("--apply", "p.json", "app"), "--apply: a plan is carried out as it is, without app"),
        (("--cadence", "7d", *OLD), "--cadence: is of GitLab's own policy"),
        (("--policy", "app", *OLD), "--policy: is of a whole project"),
        (("--policy", *OLD), "--policy: GitLab's policy knows nothing of branches"),
        (("--apply", "missing.json"), "missing.json: cannot be read"),
        (("127.0.0.1:1/app:v1", *OLD), "IMAGE: v1 is one image"),
    ],
)
def test_what_is_given_wrongly_deletes_nothing(
    arguments: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(f"ci-kit cleanup: error: {problem}")


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[]",
        '{"version": 2}',
        '{"version": 1, "repositories": [{"repository": "../x", "freed": 0, "delete": [], "keep": []}]}',
        '{"version": 1, "repositories": [{"repository": "h.x/a", "freed": 0, "keep": [], "delete": [{"tag": "a/b"}]}]}',
        '{"version": 1, "repositories": 5}',
    ],
)
def test_a_file_that_is_no_plan_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.json").write_text(text)
    assert run("--apply", "p.json") == 2
    assert capsys.readouterr().err.startswith("ci-kit cleanup: error: p.json: is ")


@pytest.mark.parametrize("line", ["match: ['']", "keep: ['v.*', '']", "live: ['']"])
def test_an_empty_line_in_the_file_is_no_rule(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".ci-kit.yml").write_text(f"version: 1\ncleanup:\n  older_than: 1d\n  {line}\n")
    assert run("127.0.0.1:1/app") == 2
    assert "is empty" in capsys.readouterr().err


def test_a_pattern_in_the_file_is_refused_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".ci-kit.yml").write_text("version: 1\ncleanup:\n  keep:\n    - ok\n    - (?=x)\n  older_than: 1d\n")
    assert run("127.0.0.1:1/app") == 2
    assert ".ci-kit.yml:5:7: '(?=x)' is no regular expression that RE2 takes" in capsys.readouterr().err


def test_a_registry_with_tokens_and_no_gitlab_keeps_everything(
    registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    held, server = registry
    held.grants = {NAME: ["pull", "push", "delete"]}
    assert run(f"{server.netloc}/{NAME}", *OLD, "-y") == 0
    assert "GitLab is not known here, so what may be in use is kept" in capsys.readouterr().err
    assert len(held.of(NAME).tags) == 3


def test_a_token_that_ends_and_a_registry_that_is_busy_cost_no_tag(
    registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    held, server = registry
    held.grants = {NAME: ["pull", "push", "delete"]}
    for number in range(30):
        put_image(held, 100 + number, 90, tag=f"t{number}")
    deletions = [0]

    def busy(seen: Seen, its: Distribution) -> Answer | None:
        if seen.method != "DELETE":
            return None
        deletions[0] += 1
        if deletions[0] == 12:
            its.tokens.clear()
        return Answer(429, b"", (("Retry-After", "0"),)) if deletions[0] % 5 == 2 else None

    held.faults.append(busy)
    assert run(f"{server.netloc}/{NAME}", *OLD, "-y", "--live", "none") == 0, capsys.readouterr().err
    assert set(held.of(NAME).tags) == {"latest"}


def test_the_tokens_patterns_protect(registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]) -> None:
    held, server = registry
    held.grants = {NAME: ["pull", "push", "delete"]}
    held.meta = {"tag_deny_access_patterns": {"delete": ["^tw"]}}
    assert run(f"{server.netloc}/{NAME}", *OLD, "-y", "--live", "none", "--kept") == 0
    assert "protected by ^tw" in capsys.readouterr().out
    assert set(held.of(NAME).tags) == {"twin", "latest"}


def test_one_repository_that_cannot_be_read_does_not_stop_the_other(
    registry: tuple[Distribution, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    held, server = registry
    held.faults.append(lambda seen, its: Answer(403) if "/v2/other" in seen.path else None)
    assert run(f"{server.netloc}/other", f"{server.netloc}/{NAME}", *OLD, "-y") == 5
    assert f"error: {server.netloc}/other: " in capsys.readouterr().err
    assert set(held.of(NAME).tags) == {"latest"}
