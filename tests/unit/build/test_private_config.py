import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from ci_kit.build.machine.interrupts import interruptible
from ci_kit.build.private_config import private_config
from ci_kit.errors import Interrupted, UsageError
from ci_kit.registry.auth import ANONYMOUS, Credentials

HOST = "registry.example.com"
WHO = Credentials("robot", "s3cret:with:colons", "flag")
OURS = {"auth": base64.b64encode(b"robot:s3cret:with:colons").decode()}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The user's own DOCKER_CONFIG."""
    folder = tmp_path / "own"
    (folder / "cli-plugins").mkdir(parents=True)
    (folder / "cli-plugins" / "docker-buildx").write_text("plugin")
    (folder / "contexts").mkdir()
    (folder / "ca.pem").write_text("ca")
    config = {
        "auths": {"other.example.com": {"auth": "b3RoZXI="}, HOST: {"auth": "b2xk"}},
        "credHelpers": {HOST: "helper", "third.example.com": "helper"},
        "credsStore": "store",
        "proxies": {"default": {}},
        "currentContext": "remote",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_config_is_the_users_with_our_login_and_for_us_only(own: Path) -> None:
    before = (own / "config.json").read_bytes()
    with private_config({HOST: WHO}, {"DOCKER_CONFIG": str(own), "X": "y"}) as environ:
        folder = Path(environ["DOCKER_CONFIG"])
        said = json.loads((folder / "config.json").read_text())
        modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "config.json")]
        plugin = (folder / "cli-plugins" / "docker-buildx").read_text()
        assert (folder / "ca.pem").read_text() == "ca"
    assert environ["X"] == "y"
    assert modes == [0o700, 0o600]
    assert plugin == "plugin"
    assert said == {
        "auths": {"other.example.com": {"auth": "b3RoZXI="}, HOST: OURS},
        "credHelpers": {"third.example.com": "helper"},
        "proxies": {"default": {}},
        "currentContext": "remote",
    }
    assert not folder.exists()
    assert (own / "config.json").read_bytes() == before
    assert (own / "cli-plugins" / "docker-buildx").exists()


def test_without_a_login_the_users_store_still_answers(own: Path) -> None:
    with private_config({HOST: ANONYMOUS}, {"DOCKER_CONFIG": str(own)}) as environ:
        said = json.loads(Path(environ["DOCKER_CONFIG"], "config.json").read_text())
    assert said == json.loads((own / "config.json").read_text())


@pytest.mark.parametrize("text", [None, "[]", '{"auths": 5, "credHelpers": []}'])
def test_a_config_that_is_absent_or_odd_holds_our_login_alone(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with private_config({HOST: WHO}, {"DOCKER_CONFIG": str(tmp_path)}) as environ:
        said = json.loads(Path(environ["DOCKER_CONFIG"], "config.json").read_text())
    assert said["auths"] == {HOST: OURS}


def test_a_store_still_answers_for_the_registries_that_are_not_ours(own: Path, tmp_path: Path) -> None:
    known = json.dumps({"stored.example.com": "u", HOST: "u"})
    (tmp_path / "docker-credential-store").write_text(f"#!/bin/sh\necho '{known}'\n")
    (tmp_path / "docker-credential-store").chmod(0o755)
    (own / "config.json").write_text(json.dumps({"credsStore": "store", "auths": {"kept.example.com": {}, HOST: {}}}))
    given = {"DOCKER_CONFIG": str(own), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with private_config({HOST: WHO}, given) as environ:
        said = json.loads(Path(environ["DOCKER_CONFIG"], "config.json").read_text())
    assert said == {
        "auths": {"kept.example.com": {}, HOST: OURS},
        "credHelpers": {"kept.example.com": "store", "stored.example.com": "store"},
    }


def test_nothing_is_left_after_an_exception(own: Path) -> None:
    kept: list[Path] = []

    def fail() -> None:
        with private_config({HOST: WHO}, {"DOCKER_CONFIG": str(own)}) as environ:
            kept.append(Path(environ["DOCKER_CONFIG"]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not kept[0].exists()


def test_nothing_is_left_when_the_users_config_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{")
    inside = tmp_path / "temporary"
    inside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(inside))
    with pytest.raises(UsageError, match="it is not JSON"), private_config({}, {"DOCKER_CONFIG": str(tmp_path)}):
        pass
    assert list(inside.iterdir()) == []


SCRIPT = """
    import sys, time
    from ci_kit.build.machine.interrupts import interruptible
    from ci_kit.build.private_config import private_config
    from ci_kit.errors import Interrupted
    from ci_kit.registry.auth import Credentials

    try:
        with interruptible(), private_config({"h": Credentials("u", "p", "")}, {"DOCKER_CONFIG": "/none"}) as environ:
            print(environ["DOCKER_CONFIG"], flush=True)
            time.sleep(60)
    except Interrupted as error:
        print(error)
        sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_runner_that_stops_the_job_leaves_no_login_behind(number: signal.Signals) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert (folder / "config.json").is_file()
        process.send_signal(number)
        said = process.stdout.read()
    assert said == f"stopped by {number.name} -> tags that were pushed before stay\n"
    assert process.returncode == 130
    assert not folder.exists()


def test_the_handlers_of_signals_are_put_back_after_an_interruption() -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    with pytest.raises(Interrupted), interruptible():
        signal.raise_signal(signal.SIGTERM)
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_second_signal_does_not_disturb_the_cleaning_up() -> None:
    cleaned: list[str] = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            cleaned.append("all")

    with pytest.raises(Interrupted, match="SIGTERM"), interruptible():
        work()
    assert cleaned == ["all"]


def test_the_logins_of_the_variable_reach_the_build(own: Path) -> None:
    given = {"DOCKER_CONFIG": str(own), "DOCKER_AUTH_CONFIG": json.dumps({"auths": {"base.example.com": OURS}})}
    with private_config({HOST: WHO}, given) as inside:
        auths = json.loads(Path(inside["DOCKER_CONFIG"], "config.json").read_text())["auths"]
    assert set(auths) == {"other.example.com", "base.example.com", HOST}


def test_programs_in_go_trust_the_ca_of_the_instance_beside_the_system(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("the CA")
    known = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with private_config({}, known | {"CI_SERVER_TLS_CA_FILE": str(tmp_path / "ca.pem")}) as inside:
        own, _, system = inside["SSL_CERT_DIR"].partition(":")
        assert [path.read_text() for path in Path(own).iterdir()] == ["the CA"]
        assert system == "/etc/ssl/certs:/etc/pki/tls/certs"
    assert not Path(own).exists()
    with private_config({}, known | {"CI_KIT_CA": str(tmp_path / "ca.pem"), "SSL_CERT_DIR": "/mine"}) as inside:
        assert inside["SSL_CERT_DIR"].endswith(":/mine")
    with private_config({}, known) as inside:
        assert "SSL_CERT_DIR" not in inside
