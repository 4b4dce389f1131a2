"""Lines of secrets and ssh keys: what they mean, and what is refused before anything starts."""

from pathlib import Path

import pytest

from ci_kit.build.options import secrets
from ci_kit.config.settings import Placed
from ci_kit.errors import UsageError
from ci_kit.model.secret import Secret, SshKey

PLACE = ".ci-kit.yml:7:9"
CANARY = "s3cret-canary"


def of(*lines: str, environ: dict[str, str], root: Path = Path("/")) -> tuple[Secret, ...]:
    return secrets.of([Placed(line, PLACE) for line in lines], environ, root)


def test_a_secret_is_in_a_variable_or_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    environ = {"NPM_TOKEN": CANARY, "CA_FILE": str(tmp_path / "ca.pem")}
    found = of("id=npm,env=NPM_TOKEN", "id=NPM_TOKEN", "type=file, id=ca, src=ca.pem", environ=environ, root=tmp_path)
    assert found == (
        Secret("npm", variable="NPM_TOKEN"),
        Secret("NPM_TOKEN", variable="NPM_TOKEN"),
        Secret("ca", file=str(tmp_path / "ca.pem")),
    )
    assert of("id=ca,source=$CA_FILE", environ=environ) == (found[2],)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("id=npm,env=MISSING", "the variable MISSING is not set -> set it in the project"),
        ("id=npm,src=missing", "'missing' cannot be read: No such file or directory -> paths are relative"),
        ("id=npm,src=$MISSING", "needs the variable MISSING"),
        ("id=npm,src=.", "cannot be read: Is a directory"),
        ("id=npm,src=large", "BuildKit takes 512000"),
        ("env=SET", "has no id"),
        ("id=a b,env=SET", "has no id"),
        ("id=npm,env=SET,src=x", "says twice where it is"),
        ("id=npm,id=x", "says twice"),
        ("id=npm,value=x", "'value' is not a field of a secret -> write id=npm,env=NPM_TOKEN"),
        (f"id=npm,env={CANARY}-", "env= names a variable, not a value"),
        (f"id=npm,{CANARY}", "a part of it is not a field"),
        ("id=npm,type=vault", "the type of a secret is env or file"),
    ],
)
def test_what_is_refused_is_told_with_its_place_and_no_value(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "large").write_bytes(bytes(512_001))
    with pytest.raises(UsageError) as caught:
        of(line, environ={"SET": "1"}, root=tmp_path)
    assert str(caught.value).startswith(f"{PLACE}: ")
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


def test_an_id_is_one_secret() -> None:
    with pytest.raises(UsageError, match="the id 'a' is there twice"):
        of("id=a,env=X", "id=a,env=Y", environ={"X": "1", "Y": "1"})


def test_ssh_is_an_agent_or_a_key(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    environ = {"SSH_AUTH_SOCK": "/run/agent", "KEY_FILE": str(key), "KEY": key.read_text()}
    lines = ("default", "id=work", "id=a,env=KEY_FILE", "id=b,env=KEY", "id=c,src=key")
    found = secrets.ssh([Placed(line, PLACE) for line in lines], environ, tmp_path)
    assert [each.is_agent for each in found] == [True, True, False, False, False]
    assert found[2:] == (SshKey("a", file=str(key)), SshKey("b", variable="KEY"), SshKey("c", file=str(key)))


def test_an_agent_that_is_not_there_is_told() -> None:
    with pytest.raises(
        UsageError, match=r"\.ci-kit\.yml:7:9: there is no ssh agent: SSH_AUTH_SOCK is not set -> start"
    ):
        secrets.ssh([Placed("default", PLACE)], {}, Path("/"))
