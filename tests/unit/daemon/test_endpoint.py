import hashlib
import json
from pathlib import Path

import pytest

from ci_kit.daemon import endpoint
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.errors import UsageError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A DOCKER_CONFIG whose current context is `remote`, at tcp://far:2376."""
    (tmp_path / "config.json").write_text('{"currentContext": "remote"}')
    context(tmp_path, "remote", {"Endpoints": {"docker": {"Host": "tcp://far:2376"}}})
    context(tmp_path, "other", {"Endpoints": {"docker": {"Host": "unix:///run/other.sock"}}})
    return tmp_path


def context(folder: Path, name: str, said: object) -> None:
    place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    place.mkdir(parents=True)
    (place / "meta.json").write_text(said if isinstance(said, str) else json.dumps(said))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Endpoint("unix:///var/run/docker.sock")),
        ({"DOCKER_HOST": "unix:///run/d.sock", "DOCKER_TLS_VERIFY": "1"}, Endpoint("unix:///run/d.sock")),
        ({"DOCKER_HOST": "tcp://docker:2375"}, Endpoint("tcp://docker:2375")),
        ({"DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": ""}, Endpoint("tcp://docker:2376")),
        (
            {"DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs/client"},
            Endpoint("tcp://docker:2376", Path("/certs/client")),
        ),
        (
            {"DOCKER_HOST": "tcp://docker", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": "/none"},
            Endpoint("tcp://docker", Path("/none")),
        ),
    ],
)
def test_the_daemon_is_the_one_that_docker_would_ask(environ: dict[str, str], expected: Endpoint) -> None:
    assert endpoint.find({"HOME": "/nowhere"} | environ) == expected


def test_the_port_follows_tls_unless_it_is_named() -> None:
    assert Endpoint("tcp://docker").port == 2375
    assert Endpoint("tcp://docker", Path("/certs")).port == 2376
    assert Endpoint("tcp://[::1]:99").port == 99
    assert Endpoint("tcp://[::1]:99").host == "::1"
    assert Endpoint("unix:///run/d.sock").socket == "/run/d.sock"
    assert Endpoint("tcp://docker").socket == ""


def test_the_current_context_is_followed_and_variables_win(config: Path) -> None:
    environ = {"DOCKER_CONFIG": str(config)}
    assert endpoint.find(environ).address == "tcp://far:2376"
    assert endpoint.find(environ | {"DOCKER_CONTEXT": "other"}).socket == "/run/other.sock"
    assert endpoint.find(environ | {"DOCKER_CONTEXT": "default"}).socket == "/var/run/docker.sock"
    assert endpoint.find(environ | {"DOCKER_HOST": "tcp://near:1"}).address == "tcp://near:1"


@pytest.mark.parametrize("said", ["{", "[]", {}, {"Endpoints": {"docker": {}}}, {"Endpoints": []}, "[" * 100_000])
def test_a_context_that_cannot_be_read_is_named(tmp_path: Path, said: object) -> None:
    context(tmp_path, "broken", said)
    with pytest.raises(UsageError, match=r"meta\.json: the docker context 'broken' cannot be read -> set DOCKER_HOST"):
        endpoint.find({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "broken"})


def test_a_context_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the docker context 'absent' cannot be read"):
        endpoint.find({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "absent"})


@pytest.mark.parametrize("address", ["ssh://me@far", "npipe:////./pipe/docker", "fd://", "http://far", "docker:2376"])
def test_a_scheme_that_is_not_spoken_is_refused_with_what_is(address: str) -> None:
    with pytest.raises(UsageError, match=r"is not supported -> use unix:///path or tcp://host:port") as caught:
        endpoint.find({"DOCKER_HOST": address})
    assert str(caught.value).startswith(f"DOCKER_HOST: '{address}'")


@pytest.mark.parametrize(
    "address",
    ["unix://", "unix://relative", "tcp://", "tcp://:2375", "tcp://h:x", "tcp://h:99999", "tcp://[::1", "tcp://h:0"],
)
def test_an_address_that_names_no_daemon_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="names no daemon -> use unix:///path or tcp://host:port"):
        endpoint.find({"DOCKER_HOST": address})


def test_the_missing_files_of_tls_are_named(tmp_path: Path) -> None:
    assert Endpoint("tcp://docker").missing_certificates() == ()
    (tmp_path / "ca.pem").write_text("x")
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").mkdir()
    assert Endpoint("tcp://docker", tmp_path).missing_certificates() == (
        str(tmp_path / "cert.pem"),
        str(tmp_path / "key.pem"),
    )


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_of_certificates_that_may_not_be_read_counts_as_missing() -> None:
    assert Endpoint("tcp://docker", Path("/root/.docker")).missing_certificates() != ()
