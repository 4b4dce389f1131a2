import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count

import pytest

from ci_kit.errors import (
    CiKitError,
    CredentialsError,
    DeniedError,
    NotPushedError,
    RegistryError,
    TransportError,
    UnavailableError,
)
from ci_kit.model.image import ImageRef
from ci_kit.registry import trial, trust
from ci_kit.registry.auth import ANONYMOUS, Credentials
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Web, web

CANARY = "glpat-canary-secret"
WHO = Credentials("robot", CANARY, "CI_REGISTRY_PASSWORD")
REPOSITORY = "group/app"
MANIFEST = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
VERSION = (("Docker-Distribution-Api-Version", "registry/2.0"),)
HTML = Answer(200, b"<html>", (("Content-Type", "text/html"),))
REDIRECT = Answer(302, b"", (("Location", "https://gitlab.example.com/users/sign_in?secret=1"),))

Route = Answer | None | Callable[[Seen], Answer | None]


@dataclass
class Fake:
    """What the server answers, by `METHOD path`; the token grants `actions` for `seconds`."""

    routes: dict[str, Route] = field(default_factory=dict)
    actions: tuple[str, ...] = ("pull", "push", "delete")
    seconds: float = 300
    scheme: str = "bearer"
    netloc: str = ""

    def __call__(self, seen: Seen) -> Answer | None:
        route = self.routes.get(f"{seen.method} {seen.path}") or self.routes.get(
            f"{seen.method} {seen.path.partition('?')[0]}", Answer(404)
        )
        if seen.path == "/v2/" and "GET /v2/" not in self.routes:
            return self.challenge(seen)
        if seen.path.startswith("/token") and "GET /token" not in self.routes:
            return Answer(200, json.dumps({"token": self.token()}).encode())
        return route(seen) if callable(route) else route

    def challenge(self, seen: Seen, error: str = "") -> Answer:
        if self.scheme == "none" or (self.scheme == "basic" and seen.headers.get("authorization") == WHO.basic()):
            return Answer(200, b"{}", VERSION)
        said = 'Basic realm="x"' if self.scheme == "basic" else f'Bearer realm="http://{self.netloc}/token",service="s"'
        return Answer(401, b"", (("WWW-Authenticate", said + (f',error="{error}"' if error else "")), *VERSION))

    def token(self) -> str:
        access = [{"type": "repository", "name": REPOSITORY, "actions": self.actions}]
        claims = {"exp": time.time() + self.seconds, "access": access if self.actions else []}
        return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x"


@contextmanager
def running(fake: Fake, who: Credentials = WHO) -> Iterator[tuple[RegistryClient, Web]]:
    with web(fake) as server:
        fake.netloc = server.netloc
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5), who)
        try:
            yield client, server
        finally:
            client.close()


def tagged(client: RegistryClient, tag: str = "one") -> ImageRef:
    return ImageRef(client.registry, REPOSITORY, tag)


def in_one_line(error: CiKitError) -> str:
    assert CANARY not in f"{error} {error!r}"
    assert str(error).isprintable()
    return str(error)


# check


def test_check_asks_once_for_the_registry_and_once_for_the_token() -> None:
    with running(Fake()) as (client, server):
        client.check(REPOSITORY)
        client.check(REPOSITORY)
    assert [path.partition("?")[0] for path in server.paths()] == ["/v2/", "/token"]
    assert "scope=repository%3Agroup%2Fapp%3Apull%2Cpush" in server.paths()[1]


@pytest.mark.parametrize(
    ("granted", "asked", "words"),
    [
        ((), "pull,push", "'robot' (from CI_REGISTRY_PASSWORD) may do nothing on {}/group/app -> check the spelling"),
        (("pull",), "pull,push", "may pull, but not push on {}/group/app -> a push needs read_registry"),
        (("push",), "pull", "may push, but not pull on {}/group/app"),
    ],
)
def test_check_reads_what_the_token_grants(granted: tuple[str, ...], asked: str, words: str) -> None:
    with running(Fake(actions=granted)) as (client, server), pytest.raises(DeniedError) as caught:
        client.check(REPOSITORY, asked)
    assert words.format(server.netloc) in in_one_line(caught.value)


def test_check_takes_every_action_from_a_star_and_believes_an_unreadable_token() -> None:
    with running(Fake(actions=("*",))) as (client, _):
        client.check(REPOSITORY)
    with running(Fake({"GET /token": Answer(200, b'{"token": "opaque"}')})) as (client, _):
        client.check(REPOSITORY)


def test_check_with_basic_credentials_or_without_any_need() -> None:
    for scheme in ("basic", "none"):
        with running(Fake(scheme=scheme)) as (client, _):
            client.check(REPOSITORY)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (Credentials("robot", f"{CANARY}x", "flag"), "does not accept the password of 'robot' (from flag)"),
        (ANONYMOUS, "wants a user and a password, and there is none -> set CI_REGISTRY"),
    ],
)
def test_check_with_wrong_basic_credentials_asks_once(who: Credentials, words: str) -> None:
    with running(Fake(scheme="basic"), who) as (client, server), pytest.raises(CredentialsError) as caught:
        client.check(REPOSITORY)
    assert words in in_one_line(caught.value)
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (HTML, "does not speak the registry protocol: /v2/ answers an HTML page (200) -> check the address and port"),
        (REDIRECT, "/v2/ answers a redirect to https://gitlab.example.com/users/sign_in -> check"),
        (Answer(404), "/v2/ answers status 404 without a registry's headers"),
        (Answer(200, b"ok"), "/v2/ answers status 200 without a registry's headers"),
        (Answer(401, b"", (("WWW-Authenticate", "Negotiate"),)), "/v2/ answers status 401"),
        (Answer(502), "the proxy answers, the registry behind it does not (502) -> start the registry"),
        (Answer(503), "the registry is not available (503)"),
        (Answer(504), "the registry did not answer its proxy in time (504)"),
    ],
)
def test_what_is_no_registry_is_named_and_gets_no_password(answer: Answer, words: str) -> None:
    with running(Fake({"GET /v2/": answer})) as (client, server), pytest.raises(TransportError) as caught:
        client.check(REPOSITORY)
    assert words in in_one_line(caught.value)
    assert "secret=1" not in str(caught.value)
    assert "authorization" not in server.seen[0].headers


def test_json_without_the_docker_header_is_a_registry() -> None:
    with running(Fake({"GET /v2/": Answer(200, b"{}", (("Content-Type", "application/json"),))})) as (client, _):
        client.check(REPOSITORY)


# tokens


def test_a_token_is_renewed_before_it_expires_and_not_asked_for_again_until_then() -> None:
    routes: dict[str, Route] = {f"HEAD /v2/{REPOSITORY}/manifests/one": Answer(404)}
    for seconds, expected in ((300, 1), (20, 2)):
        with running(Fake(routes, seconds=seconds)) as (client, server):
            for _ in range(2):
                assert client.digest(tagged(client)) == ""
        assert len([path for path in server.paths() if path.startswith("/token")]) == expected


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("invalid_token", TransportError, "does not accept the token that its own realm gave -> compare the clocks"),
        ("insufficient_scope", DeniedError, "the credentials do not allow this -> a push needs read_registry"),
    ],
)
def test_a_refused_token_is_told_apart_by_its_error_and_not_tried_again(
    error: str, kind: type[CiKitError], words: str
) -> None:
    fake = Fake()
    fake.routes[f"HEAD /v2/{REPOSITORY}/manifests/one"] = lambda seen: fake.challenge(seen, error)
    with running(fake) as (client, server), pytest.raises(kind) as caught:
        client.digest(tagged(client))
    assert words in in_one_line(caught.value)
    assert len(server.paths("HEAD")) == 1


# digest and manifest


def test_the_digest_is_the_registrys_and_every_manifest_type_is_accepted() -> None:
    routes: dict[str, Route] = {
        f"HEAD /v2/{REPOSITORY}/manifests/one": Answer(200, b"", (("Docker-Content-Digest", DIGEST),))
    }
    with running(Fake(routes)) as (client, server):
        assert client.digest(tagged(client)) == DIGEST
        assert client.digest(tagged(client, "other")) == ""
    assert server.seen[-1].headers["accept"].count("application/vnd") == 4
    assert server.seen[-1].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("answer", [HTML, REDIRECT, Answer(200, MANIFEST)], ids=["page", "redirect", "no digest"])
def test_an_answer_that_no_registry_gives_is_never_a_digest(method: str, answer: Answer) -> None:
    with running(Fake({f"{method} /v2/{REPOSITORY}/manifests/one": answer})) as (client, server):
        ask = client.digest if method == "HEAD" else client.manifest
        with pytest.raises(TransportError, match="does not speak the registry protocol") as caught:
            ask(tagged(client))
    assert in_one_line(caught.value)
    assert len(server.paths(method)) == 1 + (method == "GET") * 2


def served(content: bytes = MANIFEST, digest: str = DIGEST) -> Answer:
    kind = ("Content-Type", "application/vnd.oci.image.manifest.v1+json; charset=x")
    return Answer(200, content, (("Docker-Content-Digest", digest), kind))


def test_a_manifest_is_its_exact_bytes_with_type_and_digest() -> None:
    with running(Fake({f"GET /v2/{REPOSITORY}/manifests/one": served()})) as (client, _):
        found = client.manifest(tagged(client))
    assert found == Manifest(DIGEST, "application/vnd.oci.image.manifest.v1+json", MANIFEST)
    assert found.document() == {"schemaVersion": 2}


def test_a_manifest_whose_bytes_are_not_its_digest_is_refused() -> None:
    other = f"sha256:{'0' * 64}"
    routes: dict[str, Route] = {
        f"GET /v2/{REPOSITORY}/manifests/one": served(digest=other),
        f"GET /v2/{REPOSITORY}/manifests/{other}": served(),
    }
    with running(Fake(routes)) as (client, _):
        for reference in (tagged(client), tagged(client).with_digest(other)):
            with pytest.raises(TransportError, match="a proxy changes them"):
                client.manifest(reference)


def test_a_manifest_that_is_absent_was_not_pushed() -> None:
    with running(Fake()) as (client, _), pytest.raises(NotPushedError, match="is not in the registry -> push it first"):
        client.manifest(tagged(client))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000], ids=["empty", "list", "binary", "deep"])
def test_a_manifest_that_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(RegistryError, match=r"is not (JSON|a JSON object)"):
        Manifest(DIGEST, "", content).document()


def test_put_manifest_sends_the_bytes_and_their_type() -> None:
    with running(Fake({f"PUT /v2/{REPOSITORY}/manifests/two": Answer(201)})) as (client, server):
        client.put_manifest(tagged(client, "two"), Manifest(DIGEST, "application/x", MANIFEST))
    assert server.seen[-1].body == MANIFEST
    assert server.seen[-1].headers["content-type"] == "application/x"
    assert "push" in server.paths("GET")[-1]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (HTML, TransportError, "an HTML page"),
        (REDIRECT, TransportError, "a redirect to"),
        (
            Answer(403, b'{"errors":[{"message":"denied\\u001b[2J"}]}'),
            DeniedError,
            "the registry forbids it: denied?[2J",
        ),
        (Answer(404), TransportError, "the registry knows no such repository or tag"),
        (Answer(405), TransportError, "the registry is read-only now -> wait until its garbage collection ends"),
        (Answer(413), TransportError, "a proxy refuses bodies of this size -> set client_max_body_size 0"),
        (Answer(429), TransportError, "too many requests -> wait, then try again"),
        (Answer(500, b'{"errors":[{"detail":{"Err":28}}]}'), RegistryError, "the registry's disk is full"),
        (Answer(500, b'{"errors":[{"detail":{"Err":13}}]}'), RegistryError, "may not write to its storage"),
        (Answer(500, b'"Err": ' + b"9" * 9000), RegistryError, "the registry answers 500"),
        (Answer(500, b"[" * 100_000), RegistryError, "the registry answers 500"),
        (Answer(400, b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}'), RegistryError, "400: MANIFEST_BLOB_UNKNOWN"),
        (Answer(400, b'{"errors": "text"}'), RegistryError, "the registry answers 400 ->"),
        (Answer(400, json.dumps({"errors": [{"message": "x" * 9999}]}).encode()), RegistryError, "400: xxx"),
    ],
)
def test_each_refusal_of_a_put_is_named_in_one_bounded_line(answer: Answer, kind: type[CiKitError], words: str) -> None:
    with running(Fake({f"PUT /v2/{REPOSITORY}/manifests/two": answer})) as (client, _), pytest.raises(kind) as caught:
        client.put_manifest(tagged(client, "two"), Manifest(DIGEST, "application/x", MANIFEST))
    assert words in in_one_line(caught.value)
    assert len(str(caught.value)) < 500


def test_what_has_a_digest_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_kit.registry.client._RECENT", 1)
    answer = Answer(200, MANIFEST, (("Docker-Content-Digest", DIGEST), ("Content-Type", "application/x")))
    paths = [f"manifests/{DIGEST}", "manifests/two", f"blobs/{DIGEST}"]
    with running(Fake({f"GET /v2/{REPOSITORY}/{path}": answer for path in paths})) as (client, server):

        def asked(path: str) -> int:
            return server.paths("GET").count(f"/v2/{REPOSITORY}/{path}")

        tag = tagged(client, "two")
        pinned = tag.with_digest(DIGEST)
        assert client.manifest(pinned) == client.manifest(pinned) == client.manifest(tag) == client.manifest(tag)
        assert (asked(f"manifests/{DIGEST}"), asked("manifests/two")) == (1, 2)
        other = pinned._replace(repository="group/other")
        with pytest.raises(NotPushedError):
            client.manifest(other)
        assert client.blob(REPOSITORY, DIGEST) == client.blob(REPOSITORY, DIGEST) == MANIFEST
        assert asked(f"blobs/{DIGEST}") == 1
        assert client.manifest(pinned).content == MANIFEST
        assert asked(f"manifests/{DIGEST}") == 2


@pytest.mark.parametrize(("refusals", "again", "puts"), [(1, True, 2), (2, True, 3), (9, True, 3), (9, False, 1)])
def test_a_part_that_another_job_writes_just_now_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, refusals: int, again: bool, puts: int
) -> None:
    monkeypatch.setattr("ci_kit.registry.client._UNSEEN_SECONDS", (0.0, 0.0))
    codes = [{"code": "DIGEST_INVALID"}, {"code": "MANIFEST_BLOB_UNKNOWN"}]
    refused, seen_puts = Answer(400, json.dumps({"errors": codes}).encode()), count(1)

    def put(seen: Seen) -> Answer:
        return refused if next(seen_puts) <= refusals else Answer(201)

    outcome = nullcontext() if refusals < puts else pytest.raises(UnavailableError, match="answers 400")
    with running(Fake({f"PUT /v2/{REPOSITORY}/manifests/two": put})) as (client, _), outcome:
        client.put_manifest(tagged(client, "two"), Manifest(DIGEST, "application/x", MANIFEST), again=again)
    assert next(seen_puts) == puts + 1


# tags


def page(names: object, following: str = "") -> Answer:
    link = (("Link", f'<{following}>; rel="next"'),) if following else ()
    return Answer(200, json.dumps({"name": REPOSITORY, "tags": names}).encode(), link)


TAGS = f"/v2/{REPOSITORY}/tags/list"


def test_tags_follow_the_pages_and_the_query_only() -> None:
    routes: dict[str, Route] = {
        f"GET {TAGS}?n=1000": page(["a", "b"], f"{TAGS}?last=b&n=1000"),
        f"GET {TAGS}?last=b&n=1000": page(["c"], "http://evil.invalid/v2/x/tags/list?last=http://evil.invalid/"),
        f"GET {TAGS}?last=http://evil.invalid/": page(["d"]),
    }
    with running(Fake(routes)) as (client, _):
        assert list(client.tags(REPOSITORY)) == ["a", "b", "c", "d"]


def test_a_page_that_leads_to_no_address_is_named() -> None:
    fake = Fake({f"GET {TAGS}": page(["a"], "http://[")})
    with running(fake) as (client, _), pytest.raises(TransportError, match="is no address that can be asked"):
        list(client.tags(REPOSITORY))


def test_tags_end_when_a_page_leads_to_itself() -> None:
    with running(Fake({f"GET {TAGS}": page(["a"], f"{TAGS}?n=1000")})) as (client, _):
        assert list(client.tags(REPOSITORY)) == ["a"]


@pytest.mark.parametrize("names", [None, [], "abc", {"a": 1}, [None, 5, "", "-x", "a b", "\u001b[2J", "a/../b"]])
def test_what_is_no_tag_is_not_listed(names: object) -> None:
    with running(Fake({f"GET {TAGS}": page(names)})) as (client, _):
        assert list(client.tags(REPOSITORY)) == []


def test_a_repository_that_is_not_there_has_no_tags() -> None:
    with running(Fake()) as (client, _):
        assert list(client.tags(REPOSITORY)) == []


@pytest.mark.parametrize("answer", [HTML, Answer(200, b"["), Answer(200, b"[" * 100_000)], ids=["page", "cut", "deep"])
def test_a_list_of_tags_that_is_no_json_is_no_registry(answer: Answer) -> None:
    with running(Fake({f"GET {TAGS}": answer})) as (client, _), pytest.raises(TransportError):
        list(client.tags(REPOSITORY))


# blobs


@pytest.mark.parametrize("relative", [True, False])
def test_a_blob_is_followed_to_its_store_without_our_credentials(relative: bool) -> None:
    fake = Fake({"GET /store": Answer(200, MANIFEST)})
    with running(fake) as (client, server):
        location = "/store?signature=1" if relative else f"http://localhost:{server.port}/store?signature=1"
        fake.routes[f"GET /v2/{REPOSITORY}/blobs/{DIGEST}"] = Answer(307, b"", (("Location", location),))
        assert client.blob(REPOSITORY, DIGEST) == MANIFEST
    assert "authorization" in server.seen[-2].headers
    assert "authorization" not in server.seen[-1].headers


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "is no address that can be asked"),
        ("/again", "a redirect to /again"),
        ("https://store.invalid/", "store.invalid: this name has no address"),
    ],
)
def test_a_blob_is_followed_once_and_only_by_http(location: str, words: str) -> None:
    answer = Answer(307, b"", (("Location", location),))
    routes: dict[str, Route] = {f"GET /v2/{REPOSITORY}/blobs/{DIGEST}": answer, "GET /again": answer}
    with running(Fake(routes)) as (client, _), pytest.raises(TransportError, match=words):
        client.blob(REPOSITORY, DIGEST)


def test_a_blob_whose_bytes_are_not_its_digest_is_refused() -> None:
    fake = Fake({f"GET /v2/{REPOSITORY}/blobs/{DIGEST}": Answer(200, b"other")})
    with running(fake) as (client, _), pytest.raises(TransportError, match="the blob's bytes are not its digest"):
        client.blob(REPOSITORY, DIGEST)


# the dry run of an upload

START = f"POST /v2/{REPOSITORY}/blobs/uploads/"
SESSION = f"/v2/{REPOSITORY}/blobs/uploads/1"


SENT, CANCELLED = Answer(202), Answer(204)


def upload(sent: Route = SENT, cancelled: Route = CANCELLED) -> Fake:
    started = Answer(202, b"", (("Location", SESSION),))
    return Fake({START: started, f"PATCH {SESSION}": sent, f"DELETE {SESSION}": cancelled})


def test_a_good_upload_is_tried_with_more_than_a_megabyte_and_cancelled() -> None:
    with running(upload()) as (client, server):
        trial.run(client, REPOSITORY)
    assert [one.method for one in server.seen[-3:]] == ["POST", "PATCH", "DELETE"]
    assert len(server.seen[-2].body) > 1 << 20
    assert all("delete" in path for path in server.paths() if path.startswith("/token"))


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (f"https://{{}}{SESSION}", "sends uploads to https://{}, not http -> set X-Forwarded-Proto in the proxy"),
        (f"http://localhost{SESSION}", "sends uploads to localhost -> pass the Host header with its port"),
        (f"http://[{SESSION}", "is no address that can be asked"),
        ("", "does not speak the registry protocol"),
    ],
)
def test_an_upload_that_is_sent_elsewhere_is_named(location: str, words: str) -> None:
    fake = upload()
    with running(fake) as (client, server):
        headers = (("Location", location.format(server.netloc)),) if location else ()
        fake.routes[START] = Answer(202, b"", headers)
        with pytest.raises(TransportError) as caught:
            trial.run(client, REPOSITORY)
    assert words.format(server.netloc) in in_one_line(caught.value)
    assert server.paths("PATCH") == []


@pytest.mark.parametrize("cancelled", [Answer(204), Answer(404), Answer(500), None])
@pytest.mark.parametrize(
    ("sent", "kind", "words"),
    [
        (Answer(413), TransportError, "a proxy refuses bodies of this size"),
        (Answer(405), TransportError, "the registry is read-only now"),
        (Answer(500, b'{"errors":[{"detail":{"Enclosed":{"Err":28}}}]}'), RegistryError, "disk is full"),
        (Answer(202, b"", (("Location", "http://evil.invalid/x"),)), None, ""),
    ],
    ids=["413", "405", "full", "elsewhere"],
)
def test_the_cause_of_a_failed_upload_is_told_whatever_becomes_of_the_cancelling(
    sent: Answer, kind: type[CiKitError] | None, words: str, cancelled: Answer | None
) -> None:
    with running(upload(sent=sent, cancelled=cancelled)) as (client, _):
        if kind is None:
            trial.run(client, REPOSITORY)
            return
        with pytest.raises(kind, match=words):
            trial.run(client, REPOSITORY)


def test_an_upload_that_may_not_begin_is_named() -> None:
    with running(Fake({START: Answer(405)})) as (client, _), pytest.raises(TransportError, match="read-only"):
        trial.run(client, REPOSITORY)
