import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from ci_kit.errors import CiKitError, CredentialsError, DeniedError, RegistryError, TransportError, UnknownNameError
from ci_kit.registry import grant, trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Web, web

CANARY = "glpat-canary-secret"
WHO = Credentials("robot", CANARY, "CI_REGISTRY_PASSWORD")
REPOSITORY = "group/app"
VERSION = (("Docker-Distribution-Api-Version", "registry/2.0"),)
INVALID = 'Bearer realm="r",service="s",error="invalid_token"'


@dataclass
class Registry:
    """A registry and its realm; `said` goes over the claims, `answers` by `METHOD last-part-of-path` over the rest."""

    actions: tuple[str, ...] = ("pull", "push", "delete")
    scheme: str = "bearer"
    said: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    server_ahead: float = 0.0
    refuses_token: bool = False
    netloc: str = ""

    def __call__(self, seen: Seen) -> Answer:
        url = urlsplit(seen.path)
        named = self.answers.get(f"{seen.method} {url.path.rstrip('/').rpartition('/')[2]}")
        if named:
            return named
        if url.path == "/token":
            return self.realm(parse_qs(url.query))
        if url.path == "/v2/":
            return self.root(seen.headers.get("authorization", ""))
        if seen.method == "POST":
            return Answer(202, headers=(("Location", f"/v2/{REPOSITORY}/blobs/uploads/one"),))
        return Answer({"PATCH": 202, "DELETE": 204}.get(seen.method, 404))

    def root(self, authorization: str) -> Answer:
        date = ("Date", formatdate(time.time() + self.server_ahead, usegmt=True))
        if authorization.startswith("Bearer"):
            headers = (("WWW-Authenticate", INVALID),) if self.refuses_token else ()
            return Answer(401 if self.refuses_token else 200, b"{}", (date, *headers, *VERSION))
        if self.scheme == "basic" and authorization == WHO.basic():
            return Answer(200, b"{}", VERSION)
        basic, bearer = 'Basic realm="x"', f'Bearer realm="http://{self.netloc}/token",service="s"'
        return Answer(401, b"", (("WWW-Authenticate", basic if self.scheme == "basic" else bearer), *VERSION))

    def realm(self, query: dict[str, list[str]]) -> Answer:
        if "scope" not in query and "no scope" in self.answers:
            return self.answers["no scope"]
        now = int(time.time())
        access = [{"type": "repository", "name": REPOSITORY, "actions": self.actions}] if self.actions else []
        claims = {"sub": "robot", "iat": now, "exp": now + 300, "iss": "gitlab", "aud": "s", "access": access}
        return Answer(200, json.dumps({"token": jwt({**claims, **self.said})}).encode())


def jwt(claims: object) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "KEY1"}, claims)]
    return ".".join([base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts] + ["x"])


@contextmanager
def running(registry: Registry, who: Credentials = WHO) -> Iterator[tuple[RegistryClient, Web]]:
    with web(registry) as server:
        registry.netloc = server.netloc
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5), who)
        try:
            yield client, server
        finally:
            client.close()


def refused(registry: Registry, kind: type[CiKitError], who: Credentials = WHO, purpose: str = grant.PUSH) -> str:
    with running(registry, who) as (client, server), pytest.raises(kind) as caught:
        grant.ask(client, REPOSITORY, purpose)
    assert CANARY not in f"{caught.value} {caught.value!r}"
    return str(caught.value).replace(server.netloc, "HOST")


def scopes(server: Web) -> list[str]:
    return [value for path in server.paths() for name, value in parse_qsl(urlsplit(path).query) if name == "scope"]


def test_a_push_is_proved_by_the_token_and_by_an_upload_that_is_cancelled() -> None:
    with running(Registry()) as (client, server):
        found = grant.ask(client, REPOSITORY, grant.PUSH)
    assert (found.proved, found.repository, found.actions) == ("push", REPOSITORY, ("delete", "pull", "push"))
    assert (found.seconds, found.kept_from, found.note) == (300, (), "")
    assert abs(found.expires - time.time() - 300) < 60
    assert [one.method for one in server.seen] == ["GET", "GET", "GET", "POST", "PATCH", "DELETE"]
    assert scopes(server) == [f"repository:{REPOSITORY}:pull,push,delete"]


def test_a_pull_is_proved_without_asking_for_a_push() -> None:
    with running(Registry(actions=("pull",))) as (client, server):
        found = grant.ask(client, REPOSITORY, grant.PULL)
    assert (found.proved, found.actions) == ("pull", ("pull",))
    assert [one.method for one in server.seen] == ["GET", "GET", "GET", "HEAD"]
    assert scopes(server) == [f"repository:{REPOSITORY}:pull"]


def test_a_token_without_delete_is_good_enough_for_a_push() -> None:
    registry = Registry(actions=("pull", "push"), answers={"DELETE one": Answer(401)})
    with running(registry) as (client, _):
        assert grant.ask(client, REPOSITORY, grant.PUSH).actions == ("pull", "push")


def test_a_password_file_says_nothing_but_the_trial_does() -> None:
    with running(Registry(scheme="basic")) as (client, server):
        found = grant.ask(client, REPOSITORY, grant.PUSH)
    assert found == grant.Grant("push", REPOSITORY, ("pull", "push"))
    assert [one.method for one in server.seen] == ["GET", "GET", "POST", "PATCH", "DELETE"]


def test_the_password_alone_says_nothing_of_a_repository() -> None:
    with running(Registry(actions=())) as (client, server):
        found = grant.ask_password(client)
    assert (found.proved, found.repository, found.actions) == ("password", "", ())
    assert scopes(server) == []
    with running(Registry(scheme="basic")) as (client, _):
        assert grant.ask_password(client) == grant.Grant("password")


@pytest.mark.parametrize("scheme", ["bearer", "basic"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_wrong_password_is_sent_once(scheme: str, alone: bool) -> None:
    registry = Registry(scheme=scheme, answers={"GET token": Answer(401)})
    wrong = Credentials("robot", f"{CANARY}x", "stdin")
    with running(registry, wrong) as (client, server), pytest.raises(CredentialsError) as caught:
        grant.ask_password(client) if alone else grant.ask(client, REPOSITORY, grant.PUSH)
    assert "does not accept the password of 'robot' (from stdin)" in str(caught.value)
    assert len([one for one in server.seen if "authorization" in one.headers]) == 1
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("registry", "kind", "words"),
    [
        (Registry(actions=("pull",)), DeniedError, "may pull, but not push on HOST/group/app -> a push needs"),
        (Registry(actions=()), DeniedError, "may do nothing on HOST/group/app"),
        (Registry(answers={"GET token": Answer(403)}), DeniedError, "has no right to any registry -> give the token"),
        (
            Registry(answers={"GET token": Answer(403, b"DENIED Pushing to protected repository path forbidden")}),
            DeniedError,
            "may not push to this repository: its path is protected -> use a role",
        ),
        (Registry(answers={"POST uploads": Answer(405)}), TransportError, "the registry is read-only now"),
        (Registry(answers={"POST uploads": Answer(404)}), UnknownNameError, "knows no such repository"),
        (Registry(answers={"POST uploads": Answer(500, b'{"Err":28}')}), RegistryError, "disk is full"),
        (Registry(answers={"PATCH one": Answer(413)}), TransportError, "a proxy refuses bodies of this size"),
        (
            Registry(answers={"POST uploads": Answer(202, headers=(("Location", "http://elsewhere/v2/x"),))}),
            TransportError,
            "HOST sends uploads to elsewhere -> pass the Host header",
        ),
        (
            Registry(answers={"POST uploads": Answer(202, headers=(("Location", "https://HOST/v2/x"),))}),
            TransportError,
            "-> set X-Forwarded-Proto",
        ),
        (
            Registry(answers={"GET v2": Answer(200, b"<html>", (("Content-Type", "text/html"),))}),
            TransportError,
            "HTML",
        ),
    ],
)
def test_what_a_push_would_meet_is_named_before_it(registry: Registry, kind: type[CiKitError], words: str) -> None:
    assert words in refused(registry, kind)


def test_a_password_that_a_proxy_takes_away_is_told_from_a_project_that_is_closed() -> None:
    stripped = Registry(actions=(), said={"sub": ""}, answers={"no scope": Answer(403)})
    words = "HOST does not see the password of 'robot' (from CI_REGISTRY_PASSWORD) -> let the proxy before GitLab pass"
    assert words in refused(stripped, TransportError)
    assert "may do nothing" in refused(Registry(actions=(), said={"sub": ""}), DeniedError)


@pytest.mark.parametrize(("ahead", "words"), [(120, "120 s ahead of"), (-7200, "7200 s behind")])
def test_a_refused_token_with_clocks_apart_names_the_clocks(ahead: int, words: str) -> None:
    said = refused(Registry(refuses_token=True, server_ahead=ahead, said={"iat": int(time.time())}), TransportError)
    assert (
        said.partition("its clock is ")[2].partition(" ")[2]
        == f"s {words.partition(' s ')[2]} the realm's -> set both clocks, by NTP"
    )
    assert abs(int(said.partition("its clock is ")[2].split()[0]) - abs(ahead)) <= 5


def test_a_refused_token_with_clocks_together_names_issuer_audience_and_key() -> None:
    words = "which has issuer 'gitlab', audience 's', key 'KEY1' -> give the registry the issuer, the service"
    assert words in refused(Registry(refuses_token=True), TransportError)


def test_our_own_clock_is_noted() -> None:
    with running(Registry(server_ahead=-3600)) as (client, server):
        note = grant.ask(client, REPOSITORY, grant.PULL).note
    assert note.startswith("this machine's clock is 3")
    assert note.endswith(f" s ahead of that of {server.netloc}")


def test_tags_that_gitlab_protects_are_read_from_the_token() -> None:
    meta = {"tag_deny_access_patterns": {"push": ["^v", "latest"], "delete": [], "x": 5}}
    access = [
        {
            "type": "repository",
            "name": "other/app",
            "actions": ["pull"],
            "meta": {"tag_deny_access_patterns": {"push": ["no"]}},
        },
        {"type": "repository", "name": REPOSITORY, "actions": ["pull", "push"], "meta": meta},
    ]
    with running(Registry(said={"access": access})) as (client, _):
        assert grant.ask(client, REPOSITORY, grant.PUSH).kept_from == (("push", ("^v", "latest")),)


@pytest.mark.parametrize(
    "said",
    [
        {"iat": "x", "exp": 2e9}, {"iat": None}, {"iat": 1e300}, {"iat": [], "sub": {}},
        {"access": [{"type": "repository", "name": REPOSITORY, "actions": ["*"], "meta": 5}]},
        {"access": [{"name": REPOSITORY, "actions": ["*"], "meta": {"tag_deny_access_patterns": []}}]},
    ],
)  # fmt: skip
def test_claims_that_are_odd_break_nothing(said: dict[str, Any]) -> None:
    with running(Registry(said=said)) as (client, _):
        assert grant.ask(client, REPOSITORY, grant.PUSH).seconds >= 0


def test_a_token_that_cannot_be_read_is_proved_by_the_trial() -> None:
    with running(Registry(answers={"GET token": Answer(200, b'{"token": "opaque"}')})) as (client, _):
        found = grant.ask(client, REPOSITORY, grant.PUSH)
    assert (found.proved, found.actions) == ("push", ())


def test_an_identity_token_is_sent_in_the_body_and_in_no_address() -> None:
    who = Credentials("<token>", f"{CANARY}&=", "config.json", identity=True)
    answer = Answer(200, json.dumps({"access_token": jwt({"exp": 2e9, "access": []}), "expires_in": 60}).encode())
    with running(Registry(answers={"POST token": answer}), who) as (client, server):
        grant.ask_password(client)
    sent = next(one for one in server.seen if one.path.startswith("/token"))
    assert (sent.method, sent.path) == ("POST", "/token")
    assert "authorization" not in sent.headers
    assert dict(parse_qsl(sent.body.decode(), keep_blank_values=True)) == {
        "grant_type": "refresh_token",
        "service": "s",
        "client_id": "ci-kit",
        "scope": "",
        "refresh_token": f"{CANARY}&=",
    }


def test_an_identity_token_that_is_refused_is_named_without_it() -> None:
    who = Credentials("<token>", CANARY, "config.json", identity=True)
    said = refused(Registry(answers={"POST token": Answer(401)}), CredentialsError, who)
    assert "does not accept the password of the holder of an identity token (from config.json)" in said
