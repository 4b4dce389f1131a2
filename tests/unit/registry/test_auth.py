import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.errors import CiKitError, CredentialsError, DeniedError, TransportError
from ci_kit.registry import auth, trust
from ci_kit.registry.auth import ANONYMOUS, Challenge, Credentials
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Web, web

CANARY = "glpat-canary-secret"
WHO = Credentials("robot", CANARY, "CI_REGISTRY_PASSWORD")


def jwt(claims: object) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


@contextmanager
def realm(answer: Callable[[Seen], Answer | None]) -> Iterator[tuple[Web, Transport, Challenge]]:
    transport = Transport(lambda host: trust.context(()), timeout=5)
    with web(answer) as server:
        try:
            yield server, transport, Challenge("bearer", f"http://{server.netloc}/jwt/auth", "container_registry", "")
        finally:
            transport.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://gitlab.example.com/jwt/auth",service="container_registry",error="invalid_token"',
            Challenge("bearer", "https://gitlab.example.com/jwt/auth", "container_registry", "invalid_token"),
        ),
        ('Basic realm="Registry Realm"', Challenge("basic", "Registry Realm", "", "")),
        ('bearer Realm="https://x/?a=b,c", Service=""', Challenge("bearer", "https://x/?a=b,c", "", "")),
        ("", Challenge("", "", "", "")),
        ("Negotiate", Challenge("negotiate", "", "", "")),
        ('Bearer realm="unterminated', Challenge("bearer", "", "", "")),
    ],
)
def test_a_challenge_is_read(header: str, expected: Challenge) -> None:
    assert auth.parse_challenge(header) == expected


@given(some.text())
def test_no_challenge_breaks_the_reader(header: str) -> None:
    assert isinstance(auth.parse_challenge(header), Challenge)


def test_a_token_tells_its_grants_and_its_end() -> None:
    claims = {"exp": 2e9, "access": [{"type": "repository", "name": "group/app", "actions": ["pull", "push"]}]}
    token = auth.read_token(jwt(claims))
    assert token.allows("group/app") == {"pull", "push"}
    assert token.allows("group/other") == frozenset()
    assert token.expires == 2e9


def test_a_token_that_is_no_jwt_is_used_for_a_short_time_and_grants_are_unknown() -> None:
    token = auth.read_token("opaque")
    assert token.allows("group/app") is None
    assert token.fresh
    assert token.expires < time.time() + 120


def test_a_token_of_a_short_life_is_fresh_for_most_of_it() -> None:
    now = time.time()
    assert auth.read_token(jwt({"iat": now, "exp": now + 20, "access": []})).fresh
    assert not auth.read_token(jwt({"iat": now - 16, "exp": now + 4, "access": []})).fresh
    assert not auth.read_token(jwt({"iat": now - 271, "exp": now + 29, "access": []})).fresh


def test_a_token_in_its_last_half_minute_is_not_fresh() -> None:
    assert not auth.read_token(jwt({"exp": time.time() + 29, "access": []})).fresh
    assert auth.read_token(jwt({"exp": time.time() + 60, "access": []})).fresh


@given(some.text())
def test_no_text_breaks_the_reader_of_tokens(text: str) -> None:
    assert auth.read_token(text).value == text


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.sampled_from(["exp", "access", "name", "actions"]), inner),
)


@given(_JSON)
def test_no_claims_break_the_reader_of_tokens(claims: object) -> None:
    token = auth.read_token(jwt(claims))
    assert isinstance(token.fresh, bool)


@pytest.mark.parametrize(
    "payload",
    [b"[" * 100_000, b'{"exp": 1' + b"0" * 400 + b"}", b'{"exp": 1' + b"0" * 9000 + b"}", b'{"exp": NaN}', b"\xff"],
    ids=["deep", "large", "huge", "nan", "binary"],
)
def test_hostile_payloads_are_read_as_unknown(payload: bytes) -> None:
    assert auth.read_token(f"a.{base64.urlsafe_b64encode(payload).decode()}.b").value


@pytest.mark.parametrize("key", ["token", "access_token"])
def test_a_token_is_asked_for_once_with_scope_and_basic_credentials(key: str) -> None:
    value = jwt({"exp": 2e9, "access": []})
    with realm(lambda seen: Answer(200, json.dumps({key: value}).encode())) as (server, transport, challenge):
        token = auth.fetch_token(transport, challenge, WHO, ("repository:g/p:pull,push", "repository:g/q:pull"))
    assert token.value == value
    assert [parse_qsl(urlsplit(path).query) for path in server.paths()] == [
        [
            ("service", "container_registry"),
            ("scope", "repository:g/p:pull,push"),
            ("scope", "repository:g/q:pull"),
        ]
    ]
    assert server.seen[0].headers["authorization"] == WHO.basic()


def test_nobody_sends_no_credentials() -> None:
    with realm(lambda seen: Answer(200, b'{"token": "abc"}')) as (server, transport, challenge):
        auth.fetch_token(transport, challenge, ANONYMOUS, ())
    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(401), CredentialsError, "does not accept the password of 'robot' (from CI_REGISTRY_PASSWORD)"),
        (Answer(403, b'{"errors":[{"code":"DENIED"}]}'), DeniedError, "has no right to any registry"),
        (Answer(404), TransportError, "answers 404 -> turn on the registry in GitLab, or correct the token realm"),
        (Answer(500), TransportError, "answers 500"),
        (Answer(302, headers=(("Location", "https://elsewhere"),)), TransportError, "answers 302"),
        (Answer(200, b"<html>"), TransportError, "answers 200, but without a token"),
        (Answer(200, b'{"token": ""}'), TransportError, "answers 200, but without a token"),
        (Answer(200, b'{"token": 5}'), TransportError, "answers 200, but without a token"),
        (Answer(200, b"[]"), TransportError, "answers 200, but without a token"),
        (Answer(200, b"[" * 100_000), TransportError, "answers 200, but without a token"),
        (Answer(200, json.dumps({"token": f"a\n{CANARY}"}).encode()), TransportError, "without a token"),
        (Answer(200, json.dumps({"token": f"ä{CANARY}"}).encode()), TransportError, "without a token"),
        (None, TransportError, "closed the connection without an answer"),
    ],
)
def test_a_refusal_is_named_after_one_attempt_and_tells_no_secret(
    answer: Answer | None, kind: type[CiKitError], words: str
) -> None:
    with realm(lambda seen: answer) as (server, transport, challenge), pytest.raises(kind) as caught:
        auth.fetch_token(transport, challenge, WHO, ("repository:g/p:pull",))
    assert words in str(caught.value)
    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_nobody_is_told_to_log_in(status: int) -> None:
    with realm(lambda seen: Answer(status)) as (_, transport, challenge), pytest.raises(CredentialsError) as caught:
        auth.fetch_token(transport, challenge, ANONYMOUS, ())
    assert "wants a user and a password, and there is none -> set CI_REGISTRY" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://gitlab.example.com/jwt/auth", "without TLS"),
        ("http://127.0.0.1.example.com/jwt/auth", "without TLS"),
        ("http://localhost.example.com/jwt/auth", "without TLS"),
        ("file:///etc/passwd", "is no address that can be asked"),
        ("/jwt/auth", "is no address that can be asked"),
        ("", "is no address that can be asked"),
        ("https://[::1/jwt", "is no address that can be asked"),
        ("https://host:99999/jwt", "is no address that can be asked"),
    ],
)
def test_a_password_goes_to_no_realm_that_cannot_be_trusted(address: str, words: str) -> None:
    transport = Transport(lambda host: trust.context(()))
    with pytest.raises(TransportError, match=words):
        auth.fetch_token(transport, Challenge("bearer", address, "", ""), WHO, ())


def test_secrets_are_in_no_representation() -> None:
    shown = f"{WHO!r} {WHO} {WHO.who} {auth.read_token(CANARY)!r}"
    assert CANARY not in shown
    assert "robot" in WHO.who


def test_a_password_that_is_no_utf8_is_sent_as_its_bytes() -> None:
    password = b"\xff".decode("utf-8", "surrogateescape")
    assert base64.b64decode(Credentials("u", password, "").basic().partition(" ")[2]) == b"u:\xff"
