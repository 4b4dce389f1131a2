import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.errors import UsageError
from ci_kit.registry import credentials
from ci_kit.registry.auth import ANONYMOUS, Credentials

HOST = "registry.example.com"
CANARY = "glpat-canary-secret"


def entry(user: str, password: str = CANARY) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def auths(user: str, host: str = HOST) -> str:
    return json.dumps({"auths": {host: entry(user)}})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A DOCKER_CONFIG whose config.json knows `file`."""
    (tmp_path / "config.json").write_text(auths("file"))
    return tmp_path


def test_the_sources_are_asked_in_gitlabs_order(config: Path) -> None:
    environ = {
        "CI_REGISTRY": HOST,
        "CI_REGISTRY_USER": "job",
        "CI_REGISTRY_PASSWORD": CANARY,
        "CI_DEPLOY_USER": "deploy",
        "CI_DEPLOY_PASSWORD": CANARY,
        "CI_JOB_TOKEN": CANARY,
        "DOCKER_AUTH_CONFIG": auths("variable"),
        "DOCKER_CONFIG": str(config),
    }
    order = []
    for names in (
        ("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"),
        ("CI_DEPLOY_USER", "CI_DEPLOY_PASSWORD"),
        ("CI_JOB_TOKEN",),
        ("DOCKER_AUTH_CONFIG",),
        ("DOCKER_CONFIG",),
    ):
        found = credentials.find(HOST, environ)
        order.append((found.user, found.source))
        for name in names:
            del environ[name]
    assert order == [
        ("job", "CI_REGISTRY_PASSWORD"),
        ("deploy", "CI_DEPLOY_PASSWORD"),
        ("gitlab-ci-token", "CI_JOB_TOKEN"),
        ("variable", "DOCKER_AUTH_CONFIG"),
        ("file", str(config / "config.json")),
    ]
    assert credentials.find(HOST, environ | {"HOME": str(config / "nobody")}) == ANONYMOUS


@pytest.mark.parametrize("spelling", [HOST, f"https://{HOST}", f"{HOST}/"])
def test_the_jobs_credentials_go_to_its_own_registry_only(config: Path, spelling: str) -> None:
    environ = {
        "CI_REGISTRY": spelling,
        "CI_REGISTRY_USER": "job",
        "CI_REGISTRY_PASSWORD": CANARY,
        "CI_JOB_TOKEN": CANARY,
        "DOCKER_CONFIG": str(config / "nothing"),
    }
    assert credentials.find(HOST, environ).user == "job"
    for stranger in (f"{HOST}:5050", f"{HOST}.evil.example", "example.com", "evil.example"):
        assert credentials.find(stranger, environ) == ANONYMOUS


@pytest.mark.parametrize("name", ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_USER", "CI_DEPLOY_PASSWORD"])
def test_half_a_pair_is_refused_without_its_value(name: str) -> None:
    with pytest.raises(UsageError, match="is not set, but its partner is -> set both or none") as caught:
        credentials.find(HOST, {"CI_REGISTRY": HOST, name: CANARY})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("address", [HOST, f"https://{HOST}", f"https://{HOST}/v1/", f"{HOST}/"])
def test_docker_spells_addresses_in_several_ways(tmp_path: Path, address: str) -> None:
    environ = {"DOCKER_AUTH_CONFIG": auths("robot", address), "DOCKER_CONFIG": str(tmp_path)}
    assert credentials.find(HOST, environ).user == "robot"


def test_an_entry_without_auth_is_passed_over(tmp_path: Path) -> None:
    environ = {"DOCKER_AUTH_CONFIG": json.dumps({"auths": {HOST: {}}}), "DOCKER_CONFIG": str(tmp_path)}
    assert credentials.find(HOST, environ) == ANONYMOUS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "DOCKER_AUTH_CONFIG: is not JSON"),
        ("[" * 100_000, "DOCKER_AUTH_CONFIG: is not JSON"),
        (json.dumps({"auths": {HOST: {"auth": "%%%"}}}), "the auth of a registry is not base64 -> log in again"),
        (json.dumps({"auths": {HOST: {"auth": "ä"}}}), "the auth of a registry is not base64"),
        (json.dumps({"auths": {HOST: {"auth": "/w=="}}}), "the auth of a registry is not base64"),
        (json.dumps({"auths": {HOST: {"auth": "YWJj"}}}), "the auth of a registry is not user:password"),
    ],
)
def test_a_broken_variable_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        credentials.find(HOST, {"DOCKER_AUTH_CONFIG": text, "DOCKER_CONFIG": str(tmp_path)})
    assert words in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000], ids=["cut", "binary", "deep"])
def test_a_broken_file_is_named_with_its_path(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"config\.json: cannot be read: it is not JSON -> repair or remove it"):
        credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})


_JSON = some.recursive(
    some.none() | some.integers() | some.text(max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["auths", "auth", "credHelpers", HOST]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_no_variable_is_a_bug(said: object) -> None:
    environ = {"DOCKER_AUTH_CONFIG": json.dumps(said), "DOCKER_CONFIG": "/nowhere"}
    try:
        credentials.find(HOST, environ)
    except UsageError:
        return


# credential helpers: a real small program on PATH


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The script of docker-credential-tiny, to be written by the test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "docker-credential-tiny"


def install(helper: Path, script: str) -> None:
    helper.write_text(f"#!/bin/sh\nread host\n{script}\n")
    helper.chmod(0o755)


ANSWER = f'printf \'{{"ServerURL":"%s","Username":"helped","Secret":"{CANARY}"}}\' "$host"'
NOT_FOUND = 'echo "credentials not found in native keychain"; exit 1'


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_a_helper_answers_before_the_file_does(helper: Path, tmp_path: Path, key: str) -> None:
    install(helper, ANSWER)
    named: object = "tiny" if key == "credsStore" else {HOST: "tiny"}
    (tmp_path / "config.json").write_text(json.dumps({key: named, "auths": {HOST: entry("file")}}))
    found = credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})
    assert (found.user, found.password, found.source) == ("helped", CANARY, "docker-credential-tiny")


def test_a_helper_that_knows_nothing_leaves_it_to_the_file(helper: Path, tmp_path: Path) -> None:
    install(helper, NOT_FOUND)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tiny", "auths": {HOST: entry("file")}}))
    assert credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)}).user == "file"


@pytest.mark.parametrize(
    "script",
    [f"echo {CANARY}; exit 3", f"echo {CANARY}", f"echo '[\"{CANARY}\"]'", "echo '{}'", "echo 5", "printf '\\377'"],
    ids=["fails", "text", "list", "empty", "number", "binary"],
)
def test_a_helper_that_talks_nonsense_is_named_without_what_it_said(helper: Path, tmp_path: Path, script: str) -> None:
    install(helper, script)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tiny"}))
    with pytest.raises(UsageError) as caught:
        credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})
    assert "the credential helper 'tiny' does not work: it " in str(caught.value)
    assert "-> install or repair docker-credential-tiny, or remove it from " in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_helper_that_is_missing_is_named_with_the_file_that_wants_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {HOST: "absent"}}))
    with pytest.raises(UsageError, match=r"config\.json: the credential helper 'absent' does not work"):
        credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})
    assert credentials.find("other.example.com", {"DOCKER_CONFIG": str(tmp_path)}) == ANONYMOUS


PROXY = {
    "CI_DEPENDENCY_PROXY_SERVER": "gitlab.example.com:443",
    "CI_DEPENDENCY_PROXY_USER": "gitlab-ci-token",
    "CI_DEPENDENCY_PROXY_PASSWORD": 'p:$"w',
}


@pytest.mark.parametrize("name", ["gitlab.example.com:443", "gitlab.example.com"])
def test_the_dependency_proxy_is_known_with_and_without_its_port(name: str) -> None:
    assert credentials.find(name, PROXY) == Credentials("gitlab-ci-token", 'p:$"w', "CI_DEPENDENCY_PROXY_PASSWORD")
    assert credentials.find(name, {**PROXY, "CI_DEPENDENCY_PROXY_PASSWORD": ""}).user == ""
    assert credentials.find("gitlab.example.com:5050", PROXY).user == ""


def test_a_job_brings_logins_for_its_registry_and_the_dependency_proxy() -> None:
    job = {"CI_REGISTRY": "gitlab.example.com:5050", "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p"}
    found = credentials.of_environment(PROXY | job)
    assert sorted(found) == ["gitlab.example.com", "gitlab.example.com:443", "gitlab.example.com:5050"]
    assert found["gitlab.example.com:5050"].password == "p"
    assert credentials.of_environment({}) == {}


def test_all_logins_of_docker_are_those_of_its_file_and_its_helpers(tmp_path: Path) -> None:
    helper = tmp_path / "docker-credential-safe"
    helper.write_text(
        f'#!/bin/sh\nread key\nif [ $1 = list ]; then echo \'{{"host.example": "x"}}\'; exit; fi\n'
        f'[ "$key" = host.example ] && echo \'{{"Username": "kept", "Secret": "{CANARY}"}}\' && exit\n'
        "echo credentials not found in native keychain; exit 1\n"
    )
    helper.chmod(0o755)
    said = {
        "auths": {HOST: entry("file"), "https://index.docker.io/v1/": entry("hub"), "empty.example": {}},
        "credHelpers": {"broken.example": "nowhere"},
        "credsStore": "safe",
    }
    (tmp_path / "config.json").write_text(json.dumps(said))
    environ = {
        "DOCKER_CONFIG": str(tmp_path),
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "DOCKER_AUTH_CONFIG": auths("other"),
    }
    found = credentials.every(environ)
    assert {name: login.user for name, login in found.items()} == {
        HOST: "file",
        "https://index.docker.io/v1/": "hub",
        "host.example": "kept",
    }
    assert credentials.every({"DOCKER_CONFIG": str(tmp_path / "nowhere")}) == {}
