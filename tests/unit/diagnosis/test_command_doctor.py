import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_kit.cli import main
from tests.unit.distribution import Distribution, once
from tests.unit.servers import Answer, web

CANARY = "canary-s3cret-0123456789"
ENTRY = "from ci_kit.__main__ import entry; entry()"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Distribution]:
    """A registry on the loopback, and a job that may push there."""
    made = Distribution(grants={"group/app": ["pull", "push", "delete"]})
    with web(made) as server:
        made.netloc = server.netloc
        variables = {
            "CI_REGISTRY": server.netloc,
            "CI_REGISTRY_IMAGE": f"{server.netloc}/group/app",
            "CI_REGISTRY_USER": "robot",
            "CI_REGISTRY_PASSWORD": CANARY,
            "HOME": str(tmp_path),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield made


def refusing(registry: Distribution, times: int) -> None:
    """Let a proxy refuse that many bodies."""
    registry.faults.append(once(lambda seen: seen.method == "PATCH", Answer(413), times))


def test_who_is_well_gets_0_and_every_layer(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "  ok  chunk" in said
    assert "nothing is wrong with what was checked" in said
    assert "not checked:" in said


def test_a_cause_gets_1_with_what_was_seen_who_and_the_fix(
    registry: Distribution, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing(registry, 9)
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "  BAD chunk" in said
    assert "cause: body-limit (certain): A proxy before the registry refuses large bodies" in said
    assert "who:   whoever runs the registry, its proxy or GitLab" in said
    assert "client_max_body_size 0;" in said


def test_json_has_the_keys_of_the_contract(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    refusing(registry, 9)
    assert main(["doctor", "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["cause"] == "body-limit"
    assert {"cause", "evidence", "fix", "checks"} <= set(said)
    assert all(set(check) == {"id", "ok", "detail", "ms"} for check in said["checks"])
    assert [check["id"] for check in said["checks"] if not check["ok"]] == ["chunk"]


def test_a_server_cannot_steer_the_terminal(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(500, b'{"errors":[{"message":"\\u001b[2J\\nfix: pay"}]}')
    registry.faults.append(once(lambda seen: seen.method == "POST", answer, 9))
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert not any(line.startswith("fix: pay") for line in said.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rounds", "2"],
        ["--watch", "soon"],
        ["--watch", "-1"],
        ["--watch", "1", "--rounds", "0"],
        ["--watch", "1", "--bundle", "f"],
        ["--server", ".", "--log", "-"],
        ["--log", "-", "host.example/app"],
        ["--log", "/nowhere/job.log"],
        ["--bundle", "/nowhere\0/x"],
    ],
)
@pytest.mark.usefixtures("registry")
def test_what_does_not_go_together_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_outside_of_a_job_an_image_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITLAB_CI", raising=False)
    assert main(["doctor"]) == 2
    assert "name the image: ci-kit doctor host/group/project" in capsys.readouterr().err


# --- watch ---------------------------------------------------------------------------------------------------------


def test_a_flaky_registry_is_told_by_its_layer(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    refusing(registry, 2)
    assert main(["doctor", "--watch", "0", "--rounds", "4"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["BAD", "BAD", "ok", "ok"]
    assert lines[4:6] == ["4 rounds, 2 bad", "  2 times body-limit"]
    assert "it comes and goes in chunk" in lines[6]


def test_a_steady_registry_is_told_too(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--watch", "0", "--rounds", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["cause"] is None
    assert (said["watch"]["rounds"], said["watch"]["bad"], said["watch"]["flaky"]) == (2, 0, False)
    assert "chunk" in said["watch"]["slowest_ms"]
    assert main(["doctor", "--watch", "0", "--rounds", "1"]) == 0
    assert "1 rounds, all well" in capsys.readouterr().out


def test_a_refused_password_ends_the_watch(registry: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
    registry.grants = None
    asked: list[str] = []

    def basic(seen: object) -> Answer:
        asked.append("x")
        return Answer(401, b"", (("WWW-Authenticate", 'Basic realm="x"'), ("Docker-Distribution-Api-Version", "2")))

    with web(basic) as server:
        assert main(["doctor", f"{server.netloc}/a", "--watch", "0", "--rounds", "5", "--for", "pull"]) == 1
    assert "no-credentials" in capsys.readouterr().out or len(asked) < 6


def test_control_c_ends_the_watch_with_its_sum(registry: Distribution, tmp_path: Path) -> None:
    words = [sys.executable, "-c", ENTRY, "doctor", "--watch", "0.05"]
    restored = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); " + ENTRY
    words[2] = restored
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=dict(os.environ), cwd=tmp_path) as process:
        assert process.stdout is not None
        assert " ok " in process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(30) == 0
    assert "rounds, all well" in rest


# --- bundle --------------------------------------------------------------------------------------------------------


def test_a_bundle_has_no_secret_in_any_form(
    registry: Distribution, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = {
        name: f"{CANARY}-{name.lower()}"
        for name in ("CI_JOB_TOKEN", "MY_API_KEY", "CI_KIT_GITLAB_TOKEN_2", "DB_PASSWORD")
    }
    for name, value in other.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTP_PROXY", f"http://user:{CANARY}-proxy@proxy.example:3128")
    monkeypatch.setenv("CI_COMMIT_MESSAGE", "nothing to see")
    auth = base64.b64encode(f"robot:{CANARY}-kept".encode()).decode()
    config = tmp_path / ".docker"
    config.mkdir()
    (config / "config.json").write_text(
        json.dumps({"auths": {"h.example": {"auth": auth}}, "HttpHeaders": {"X": CANARY}})
    )
    file = tmp_path / "report.txt"
    refusing(registry, 9)
    assert main(["doctor", "--bundle", str(file)]) == 1
    said = file.read_text()
    assert CANARY not in said
    for word in (CANARY, f"robot:{CANARY}", f"{CANARY}-kept", *other.values()):
        assert base64.b64encode(word.encode()).decode().rstrip("=") not in said
    assert all(token not in said for token in registry.tokens)
    assert auth not in said
    for words in (
        "cause: body-limit",
        "login: h.example",
        "CI_JOB_TOKEN is set",
        "CI_REGISTRY_USER is set",
        "Python 3",
    ):
        assert words in said
    assert "nothing to see" not in said
    assert "http://[redacted]@proxy.example:3128" in said


def test_secrets_are_known_by_their_look_too() -> None:
    from ci_kit.commands import doctor_bundle
    from ci_kit.diagnosis.case import Case

    text = "glpat-abcdefgh12345678 eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbg Bearer abcdefghij https://u:p@h/"
    said = doctor_bundle._redact(text, Case("", "", {"SHORT_KEY": "a"}))
    assert said == "[redacted] [redacted] [redacted] https://[redacted]@h/"


# --- log -----------------------------------------------------------------------------------------------------------

LOG = """\
$ docker push registry.example.com/app
2745541868e5: Retrying in 5 seconds
The push refers to repository [registry.example.com/app]
error parsing HTTP 413 response body: invalid character '<' looking for beginning of value
ERROR: Job failed: exit code 1
denied: requested access to the resource is denied
"""


def test_a_log_is_searched_for_known_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "job.log"
    file.write_text(LOG)
    assert main(["doctor", "--log", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["cause"], said["confidence"], said["matches"][0]["line"]) == ("body-limit", "likely", 4)
    assert [one["line"] for one in said["matches"]] == [4, 6, 2]
    assert "nothing-granted" in said["matches"][1]["causes"]
    assert main(["doctor", "--log", str(file)]) == 1
    text = capsys.readouterr().out
    assert text.startswith("line 4: error parsing HTTP 413 response body")
    assert "which of them it is: ci-kit doctor IMAGE" in text


def test_a_log_on_stdin_without_a_known_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xffall \x1b[31mwell\n" * 9)))
    assert main(["doctor", "--log", "-"]) == 0
    assert "docs/troubleshooting.md" in capsys.readouterr().out
