"""Servers that answer anything, and files that were damaged: the doctor says something, and no secret."""

import base64
import json
import random
import time
from pathlib import Path

import pytest

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.examine import examine
from ci_kit.diagnosis.server.inspect import inspect
from ci_kit.errors import UsageError
from ci_kit.model.causes import CAUSES
from tests.unit.diagnosis.server.test_inspect import COMPOSE, CONFIG, GITLAB, NGINX, OMNIBUS, OWN
from tests.unit.servers import Answer, Seen, web

CANARY = "canary-s3cret-0123"
VERSION = (("Docker-Distribution-Api-Version", "registry/2.0"),)
STATUSES = (200, 201, 204, 301, 302, 400, 401, 403, 404, 405, 408, 413, 416, 429, 431, 500, 502, 503, 507, 999)
BODIES = (b"", b"{}", b"<html>", b"\xff\xfe", b'{"errors":[{"code":1,"message":[]}]}', b'{"errors":{}}', b"[" * 9999)
HEADERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("Content-Type", "text/html"),),
    (("Location", "http://x:99999/"),),
    (("Content-Type", "application/json"), ("Date", "rubbish")),
    (("WWW-Authenticate", 'Bearer error="invalid_token"'),),
)
LOCATIONS = ("/v2/g/a/blobs/uploads/1", "http://[x", "//evil/x", "", "http://other:1/x", "\x7f")
ODD = (None, "x", -1, 1e300, [], {})


class Anything:
    """A registry with its realm, of which any answer may be another one."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.netloc = ""

    def __call__(self, seen: Seen) -> Answer | None:
        if self.chance.random() < 0.05:
            return None
        if self.chance.random() < 0.3:
            return Answer(*(self.chance.choice(of) for of in (STATUSES, BODIES, HEADERS)))  # type: ignore[arg-type]
        if seen.path.startswith("/token"):
            return Answer(200, json.dumps({"token": self.token()}).encode())
        if seen.path == "/v2/":
            challenge = (("WWW-Authenticate", self.chance.choice(self.challenges())),)
            return (
                Answer(200, b"{}", VERSION)
                if "authorization" in seen.headers
                else Answer(401, b"", challenge + VERSION)
            )
        if seen.method == "POST":
            return Answer(202, b"", (("Location", self.chance.choice(LOCATIONS)),))
        return Answer({"PATCH": 202, "GET": 204, "DELETE": 204}.get(seen.method, 200))

    def challenges(self) -> tuple[str, ...]:
        good = f'Bearer realm="http://{self.netloc}/token",service="s"'
        return (good, good, 'Basic realm="x"', 'Bearer realm="/x"', "Bearer", 'Bearer realm="http://[::1/x"')

    def token(self) -> str:
        access = [{"type": "repository", "name": "g/a", "actions": ["pull", "push", "delete"]}]
        usual = {"exp": time.time() + 300, "iat": time.time(), "sub": "a", "access": access}
        claims = {
            name: self.chance.choice(ODD) if self.chance.random() < 0.2 else value for name, value in usual.items()
        }
        return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x"


@pytest.mark.parametrize("seed", range(4))
def test_a_server_that_answers_anything_is_no_failure_of_ours(seed: int) -> None:
    chance = random.Random(seed)
    server = Anything(chance)
    with web(server) as running:
        server.netloc = running.netloc
        login = {"CI_REGISTRY": running.netloc, "CI_REGISTRY_USER": "robot", "CI_REGISTRY_PASSWORD": CANARY}
        for _ in range(60):
            environ = {"HOME": "/nonexistent", "PATH": "", **login}
            found = examine(Case(f"{running.netloc}/g/a:t", "IMAGE", environ, chance.choice(["push", "pull"])))
            assert all(check.result.cause in CAUSES for check in found.checks if check.result.cause)
            assert CANARY not in str(found)


FILES = {"gitlab.rb": OMNIBUS + GITLAB, "a.conf": NGINX, "compose.yml": COMPOSE, "own.yml": OWN, "config.yml": CONFIG}


def damaged(text: str, chance: random.Random) -> str:
    """The text with some letters lost, doubled or put in."""
    for _ in range(chance.randint(0, 3)):
        begin = chance.randrange(len(text) + 1)
        end = min(len(text), begin + chance.randint(1, 20))
        more = chance.choice("{}[];:'\"#\n\t $@&*!|>%-=,()\0é") * chance.randint(1, 3)
        text = chance.choice((text[:begin] + text[end:], text[:begin] + more + text[begin:], text[:end] + text[begin:]))
    return text


@pytest.mark.parametrize("seed", range(4))
def test_files_that_were_damaged_are_no_failure_of_ours(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        for name, text in FILES.items():
            (tmp_path / name).write_text(damaged(text, chance), encoding="utf-8")
        try:
            found = inspect(tmp_path).mismatches
        except UsageError:
            continue
        for one in found:
            assert one.cause in CAUSES
            assert int(one.place.rpartition(":")[2]) > 0
