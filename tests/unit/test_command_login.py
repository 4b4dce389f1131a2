import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ci_kit import cli
from ci_kit.commands.login_target import Target, targets
from ci_kit.errors import UsageError
from tests.unit.registry.test_grant import REPOSITORY, Registry
from tests.unit.servers import Answer, web

CANARY = "glpat-canary-secret"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's environment; returns the folder of docker's config.json."""
    folder = tmp_path / "docker"
    for name, value in {"GITLAB_CI": "true", "CI_DISPOSABLE_ENVIRONMENT": "true", "DOCKER_CONFIG": str(folder)}.items():
        monkeypatch.setenv(name, value)
    return folder


def pipe(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)


def kept(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "config.json").read_text())["auths"]
    return found


# the registry and the repository


@pytest.mark.parametrize(
    ("named", "environ", "expected"),
    [
        (["h.x/a/b"], {}, Target("h.x", "a/b", True, "'h.x/a/b' means the registry 'h.x' and the repository 'a/b'")),
        (["h.x"], {}, Target("h.x", "ci-kit-login", False)),
        (["h.x"], {"CI_PROJECT_PATH": "Group/App"}, Target("h.x", "group/app", False)),
        (["h.x"], {"CI_PROJECT_PATH": "Group/-"}, Target("h.x", "ci-kit-login", False)),
        (["h.x"], {"CI_REGISTRY_IMAGE": "h.x/g/p"}, Target("h.x", "g/p", True)),
        (["h.x:5050"], {"CI_REGISTRY_IMAGE": "h.x/g/p"}, Target("h.x:5050", "g/p", False)),
        ([], {"CI_REGISTRY": "h.x", "CI_REGISTRY_IMAGE": "h.x/g/p"}, Target("h.x", "g/p", True)),
        ([], {"CI_REGISTRY": "h.x"}, Target("h.x", "ci-kit-login", False)),
    ],
)
def test_what_is_named_or_the_jobs_own(named: list[str], environ: dict[str, str], expected: Target) -> None:
    assert targets(named * 2, environ) == (expected,)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ([], "CI_REGISTRY: is not set, and no registry is named -> turn on"),
        ([""], "REGISTRY: is empty"),
    ],
)
def test_nothing_is_never_docker_hub(named: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        targets(named, {})
    assert words in str(caught.value)


# the password


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", CANARY], [f"-p{CANARY}"], ["--password", CANARY], [f"--password={CANARY}"],
        [f"--password-stdin={CANARY}"], [f"--token={CANARY}"], [f"--no-verify={CANARY}"],
        ["-u", f"x:{CANARY}", "--password-stdin"],
    ],
)  # fmt: skip
def test_a_password_among_the_arguments_is_refused_and_not_repeated(
    job: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert cli.main(["login", "h.x", *arguments]) == 2
    said = capsys.readouterr()
    assert "error: " in said.err
    assert CANARY not in said.out + said.err
    assert not job.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["h.x", "-u", "me"], "--user: there is no password for this user -> pipe it into --password-stdin"),
        (["h.x", "--password-stdin"], "--user: a password needs its user"),
        (["h.x", "-u", "me", "--password-variable", "UNSET"], "UNSET: the password is empty"),
        (["h.x", "-u", "me", "--password-stdin", "--password-variable", "X"], "not allowed with argument"),
        (["h.x", "y.x", "-u", "me", "--password-variable", "GIVEN"], "REGISTRY: one password is for one registry"),
    ],
)
def test_half_of_a_login_is_refused(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    monkeypatch.setenv("GIVEN", CANARY)
    assert cli.main(["login", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not job.exists()


@pytest.mark.parametrize(
    ("piped", "password"),
    [
        (b"word", b"word"),
        (b"word\n", b"word"),
        (b"word\r\n", b"word"),
        (b"{\n1\n}\n\n", b"{\n1\n}\n"),
        (b"\xff", b"\xff"),
    ],
)
def test_stdin_is_the_password_without_its_line_end(
    job: Path, monkeypatch: pytest.MonkeyPatch, piped: bytes, password: bytes
) -> None:
    import base64

    pipe(monkeypatch, piped)
    assert cli.main(["login", "h.x", "-u", "me", "--password-stdin", "--no-verify"]) == 0
    assert kept(job) == {"h.x": {"auth": base64.b64encode(b"me:" + password).decode()}}


@pytest.mark.parametrize("piped", [b"", b"\n", b"x" * 70_000])
def test_stdin_without_a_password_is_refused(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], piped: bytes
) -> None:
    pipe(monkeypatch, piped)
    assert cli.main(["login", "h.x", "-u", "me", "--password-stdin", "--no-verify"]) == 2
    assert "--password-stdin: " in capsys.readouterr().err


# the whole command


def test_each_registry_is_tried_and_the_first_failure_decides(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, closed = Registry(), Registry(actions=("pull",))
    with web(good) as first, web(closed) as second:
        good.netloc, closed.netloc = first.netloc, second.netloc
        auths = {name: {"auth": "cm9ib3Q6Z2xwYXQtY2FuYXJ5LXNlY3JldA=="} for name in (first.netloc, second.netloc)}
        monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": auths}))
        named = [f"{netloc}/{REPOSITORY}" for netloc in (second.netloc, first.netloc)]
        assert cli.main(["login", *named, "--json"]) == 5
    said = capsys.readouterr()
    assert [(one["ok"], one["proved"], one["user"]) for one in json.loads(said.out)["logins"]] == [
        (False, "", ""), (True, "push", "robot"),
    ]  # fmt: skip
    assert "may pull, but not push" in said.err
    assert set(kept(job)) == {first.netloc}
    assert CANARY not in said.out + said.err


def test_a_registry_that_refused_a_password_is_not_asked_again(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(answers={"GET token": Answer(401)})
    monkeypatch.setenv("WORD", CANARY)
    with web(registry) as server:
        registry.netloc = server.netloc
        named = [f"{server.netloc}/{path}" for path in ("group/app", "group/other", "third")]
        assert cli.main(["login", *named, "-u", "me", "--password-variable", "WORD"]) == 5
    assert len([one for one in server.seen if "authorization" in one.headers]) == 1
    assert not job.exists()
    assert CANARY not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "in_job", "code", "words"),
    [
        ([], True, 0, "note: the password is good; whether a push works was not asked"),
        (["--verify"], True, 2, "--verify: the password is good, but there is no repository to prove it on"),
        ([], False, 0, "note: the password is good; whether a push works was not asked"),
        (["--verify"], False, 2, "--verify: the password is good"),
    ],
)
def test_rights_belong_to_a_repository(
    job: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    in_job: bool,
    code: int,
    words: str,
) -> None:
    if not in_job:
        monkeypatch.delenv("GITLAB_CI")
        monkeypatch.delenv("CI", raising=False)
    registry = Registry(actions=())
    monkeypatch.setenv("WORD", CANARY)
    with web(registry) as server:
        registry.netloc = server.netloc
        assert cli.main(["login", server.netloc, "-u", "me", "--password-variable", "WORD", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_token_that_is_hostile_does_not_steer_the_terminal(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    meta = {"tag_deny_access_patterns": {"push": ["\x1b[2J", "a\nb"]}}
    access = [{"name": REPOSITORY, "actions": ["pull", "push", "\x1b[1m"], "meta": meta}]
    registry = Registry(said={"access": access})
    monkeypatch.setenv("WORD", CANARY)
    with web(registry) as server:
        registry.netloc = server.netloc
        command = ["login", f"{server.netloc}/{REPOSITORY}", "-u", "me", "--password-variable", "WORD"]
        assert cli.main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert lines[2] == "  tags that may not be pushed: ?[2J, a?b"


def test_without_verification_nobody_is_asked(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", CANARY)
    with web(Registry()) as server:
        assert cli.main(["login", server.netloc, "-u", "me", "--password-variable", "WORD", "--no-verify"]) == 0
    assert server.seen == []
    assert set(kept(job)) == {server.netloc}


def test_a_file_that_outlives_the_job_or_lies_in_the_checkout_is_noted(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORD", CANARY)
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    monkeypatch.delenv("CI_DISPOSABLE_ENVIRONMENT")
    command = ["login", "h.x", "-u", "me", "--password-variable", "WORD", "--no-verify"]
    assert cli.main(command) == 0
    said = capsys.readouterr().err
    assert f"{job} lies in the checkout" in said
    assert "this runner may keep the file after the job -> run ci-kit logout in after_script" in said
    assert cli.main([*command, "--config", "/nonexistent/../proc/none"]) == 2


def test_no_process_shows_the_password_while_the_login_runs(job: Path, tmp_path: Path) -> None:
    """A helper that is slow is looked at from outside: neither it nor ci-kit has the password among its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    helper = folder / "docker-credential-slow"
    helper.write_text(f"#!/bin/sh\ncat > /dev/null\ncat /proc/[0-9]*/cmdline > {tmp_path}/seen 2>/dev/null\nexit 0\n")
    helper.chmod(0o755)
    job.mkdir()
    (job / "config.json").write_text('{"credsStore": "slow"}')
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "ci_kit", "login", "h.x", "-u", "me", "--password-stdin", "--no-verify"]
    done = subprocess.run(command, input=CANARY.encode(), env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = (tmp_path / "seen").read_bytes()
    assert b"--password-stdin" in seen
    assert CANARY.encode() not in seen + done.stdout + done.stderr
    assert CANARY not in (job / "config.json").read_text()


def test_logout_forgets_the_registries_that_are_named(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job.mkdir()
    (job / "config.json").write_text(json.dumps({"auths": {"a.x": {"auth": "x"}, "b.x": {}, "c.x": {}}, "kept": 1}))
    assert cli.main(["logout", "https://a.x/", "b.x/group/app", "never.x", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["logouts"]
    assert [(one["registry"], one["was_known"]) for one in said] == [("a.x", True), ("b.x", True), ("never.x", False)]
    assert json.loads((job / "config.json").read_text()) == {"auths": {"c.x": {}}, "kept": 1}
    assert cli.main(["logout", "c.x"]) == 0
    assert capsys.readouterr().out == "c.x: logged out\n"
    (job / "config.json").write_text("[]")
    assert cli.main(["logout", "c.x"]) == 2
