import hashlib
import json
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_kit.errors import CredentialsError, DeniedError, RegistryError, TransportError
from ci_kit.model.stored_image import StoredImage
from ci_kit.registry import inventory, trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Store, Web, web

REPOSITORY = "group/app"
NO_CACHE = BlobCache(None)


@contextmanager
def client_of(server: Web, credentials: Credentials | None = None) -> Iterator[RegistryClient]:
    transport = Transport(lambda host: trust.context(()), timeout=5, patience=Patience(attempts=3, first=0.01))
    client = RegistryClient(server.netloc, transport, credentials or Credentials("", "", "none"))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def running(answer: Callable[[Seen], Answer | None]) -> Iterator[tuple[RegistryClient, Web]]:
    with web(answer) as server, client_of(server) as client:
        yield client, server


def listed(answer: Callable[[Seen], Answer | None], cache: BlobCache = NO_CACHE) -> inventory.Inventory:
    with running(answer) as (client, _):
        return inventory.take(client, [REPOSITORY], cache)


def by_tag(found: inventory.Inventory) -> dict[str, StoredImage]:
    return {tag: image for image in found.images for tag in image.tags}


def test_tags_that_share_a_digest_are_one_image_and_a_vanished_tag_is_left_out() -> None:
    store = Store()
    store.image("b", "a", size=1)
    store.image("c", size=2)
    found = listed(store)
    assert [(image.tags, image.size) for image in found.images] == [(("a", "b"), 8), (("c",), 9)]
    assert found.images[0].repository.endswith(f"/{REPOSITORY}")
    assert found.problems == ()


def test_a_broken_tag_does_not_lose_the_others() -> None:
    store = Store()
    store.image("good")
    store.put({"layers": 5}, "broken")
    found = listed(store)
    assert list(by_tag(found)) == ["good"]
    assert [problem.place for problem in found.problems] == [f"{REPOSITORY}:broken"]


def test_a_tag_whose_configuration_is_missing_does_not_lose_the_others() -> None:
    store = Store()
    store.image("good")
    lost = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{'9' * 64}", "size": 1}
    store.put({"config": lost}, "broken")
    found = listed(store)
    assert list(by_tag(found)) == ["good"]
    assert len(found.problems) == 1


def test_a_registry_that_goes_away_is_not_asked_a_thousand_times() -> None:
    store = Store()
    for number in range(300):
        store.image(f"t{number}", size=number)

    def answer(seen: Seen) -> Answer | None:
        return None if "/manifests/" in seen.path else store(seen)

    with running(answer) as (client, server), pytest.raises(TransportError):
        inventory.take(client, [REPOSITORY], NO_CACHE)
    assert len(server.paths()) < 500


def test_what_the_cache_has_is_only_confirmed(tmp_path: Path) -> None:
    store = Store()
    for number in range(20):
        store.image(f"t{number}", size=number)
    seen = list[Seen]()

    def answer(request: Seen) -> Answer:
        seen.append(request)
        wanted = request.headers.get("if-none-match", "").strip('"')
        last = request.path.rpartition("/")[2]
        if wanted and last in store.kept and wanted == f"sha256:{hashlib.sha256(store.kept[last]).hexdigest()}":
            return Answer(304)
        return store(request)

    cold = listed(answer, BlobCache(tmp_path))
    seen.clear()
    warm = listed(answer, BlobCache(tmp_path))
    assert warm == cold._replace(images=tuple(_at(warm, image) for image in cold.images))
    assert {request.path.rpartition("/")[0] for request in seen} == {
        "/v2", f"/v2/{REPOSITORY}/tags", f"/v2/{REPOSITORY}/manifests"
    }  # fmt: skip
    assert not any("blobs" in request.path for request in seen)


def _at(found: inventory.Inventory, image: StoredImage) -> StoredImage:

    return image._replace(repository=found.images[0].repository)


def test_a_tag_that_moved_is_seen_in_spite_of_the_cache(tmp_path: Path) -> None:
    store = Store()
    store.image("latest", size=1)
    with running(store) as (client, _):
        before = inventory.take(client, [REPOSITORY], BlobCache(tmp_path))
        store.image("latest", size=2)
        after = inventory.take(client, [REPOSITORY], BlobCache(tmp_path))
    assert (before.images[0].size, after.images[0].size) == (8, 9)


@pytest.mark.parametrize("spoilt", [b"", b"{}", b"\xff"])
def test_a_cache_that_lies_is_not_believed(spoilt: bytes, tmp_path: Path) -> None:
    store = Store()
    store.image("one")
    with running(store) as (client, _):
        before = inventory.take(client, [REPOSITORY], BlobCache(tmp_path))
        for entry in tmp_path.rglob("*"):
            if entry.is_file():
                entry.write_bytes(spoilt)
        assert inventory.take(client, [REPOSITORY], BlobCache(tmp_path)) == before


def test_the_cache_is_for_its_owner_alone_and_leaves_no_halves(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    listed_store = Store()
    listed_store.image("one")
    listed(listed_store, BlobCache(folder))
    modes = {entry.is_dir(): stat.S_IMODE(entry.stat().st_mode) for entry in (folder, *folder.rglob("*"))}
    assert modes == {True: 0o700, False: 0o600}
    assert not [entry for entry in folder.rglob("*") if "." in entry.name]


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    store = Store()
    store.image("one")
    assert len(listed(store, BlobCache(tmp_path / "file" / "below")).images) == 1


def _entry(number: int) -> tuple[str, bytes]:
    content = b"%03d" % number * 100
    return f"sha256:{hashlib.sha256(content).hexdigest()}", content


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    for number in range(10):
        cache = BlobCache(tmp_path, limit=1500)
        cache.write(*_entry(number))
        cache.keep()
    cache = BlobCache(tmp_path)
    assert cache.read(_entry(9)[0]) == _entry(9)[1]
    assert sum(entry.stat().st_size for entry in tmp_path.rglob("*") if entry.is_file()) <= 1500


def test_many_small_listings_leave_few_files_and_lose_nothing(tmp_path: Path) -> None:
    for number in range(40):
        cache = BlobCache(tmp_path)
        cache.write(*_entry(number))
        cache.keep()
    assert all(cache.read(digest) == content for digest, content in map(_entry, range(40)))
    assert len(list((tmp_path / "packs").iterdir())) <= 6
    assert all(BlobCache(tmp_path).read(digest) == content for digest, content in map(_entry, range(40)))


def test_a_listing_reads_on_when_another_has_put_its_files_together(tmp_path: Path) -> None:
    first = BlobCache(tmp_path)
    first.write(*_entry(1))
    first.keep()
    reader = BlobCache(tmp_path)
    assert reader.read(_entry(1)[0]) == _entry(1)[1]
    second = BlobCache(tmp_path)
    second.write(*_entry(2))
    second.keep()
    assert reader.read(_entry(1)[0]) == _entry(1)[1]
    assert reader.read(_entry(2)[0]) is None


def test_what_was_read_before_an_interruption_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    store.image("one")

    def stopped(*said: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inventory, "measure", stopped)
    with pytest.raises(KeyboardInterrupt):
        listed(store, BlobCache(tmp_path))
    assert list((tmp_path / "packs").iterdir())


@pytest.mark.parametrize("digest", ["", "sha256:", "md5:x", "sha256:../../etc/passwd", f"sha256:{'/' * 64}"])
def test_a_digest_that_is_none_leads_nowhere(digest: str, tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "cache")
    cache.write(digest, b"x")
    assert cache.read(digest) is None
    assert not (tmp_path / "cache").exists()


def test_pages_of_tags_are_followed() -> None:
    store = Store()
    for name in ("a", "b", "c"):
        store.image(name)

    def answer(seen: Seen) -> Answer:
        if "/tags/list" not in seen.path:
            return store(seen)
        last = seen.path.partition("last=")[2][:1]
        name = {"": "a", "a": "b", "b": "c"}[last]
        link = (("Link", f'<{seen.path.partition("?")[0]}?last={name}&n=1>; rel="next"'),) if name != "c" else ()
        return Answer(200, json.dumps({"tags": [name]}).encode(), link)

    assert sorted(by_tag(listed(answer))) == ["a", "b", "c"]


def test_too_many_requests_are_asked_again_after_a_while() -> None:
    store = Store()
    store.image("one")
    refused = list[float]()

    def answer(seen: Seen) -> Answer:
        if "/manifests/one" in seen.path and len(refused) < 2:
            refused.append(time.monotonic())
            return Answer(429, b"", (("Retry-After", "1"),))
        if "/manifests/one" in seen.path:
            refused.append(time.monotonic())
        return store(seen)

    assert list(by_tag(listed(answer))) == ["one"]
    assert refused[1] - refused[0] >= 0.9
    assert refused[2] - refused[1] >= 0.9


def test_a_registry_that_wants_an_hour_is_not_waited_for() -> None:
    store = Store()
    store.image("one")

    def answer(seen: Seen) -> Answer:
        return Answer(429, b"", (("Retry-After", "3600"),)) if "/manifests/" in seen.path else store(seen)

    found = listed(answer)
    assert found.images == ()
    assert "too many requests" in str(found.problems[0])


class Guarded:
    """A store that wants a bearer token of its own making, which serves for `uses` requests."""

    def __init__(self, store: Store, uses: int) -> None:
        self.store, self.uses, self.left, self.given = store, uses, 0, 0
        self.realm = ""

    def __call__(self, seen: Seen) -> Answer:
        if seen.path.startswith("/jwt"):
            self.given, self.left = self.given + 1, self.uses
            return Answer(200, json.dumps({"token": f"t{self.given}"}).encode())
        if seen.headers.get("authorization") != f"Bearer t{self.given}" or self.left <= 0 or seen.path == "/v2/":
            challenge = f'Bearer realm="http://{seen.headers["host"]}/jwt",service="s",error="invalid_token"'
            return Answer(401, b"", (("WWW-Authenticate", challenge),))
        self.left -= 1
        return self.store(seen)


@pytest.mark.parametrize(("uses", "given"), [(10_000, 1), (30, 2)])
def test_one_token_serves_all_connections_and_is_renewed_when_it_ends(uses: int, given: int) -> None:
    store = Store()
    for number in range(40):
        store.put({"note": number}, f"t{number}")
    guarded = Guarded(store, uses)
    found = listed(guarded)
    assert (len(found.images), found.problems) == (40, ())
    assert guarded.given == given


def test_a_password_that_is_refused_is_tried_once() -> None:
    def answer(seen: Seen) -> Answer:
        return Answer(401, b"", (("WWW-Authenticate", 'Basic realm="flat"'),))

    with web(answer) as server, client_of(server, Credentials("me", "wrong", "test")) as client:
        with pytest.raises(CredentialsError):
            inventory.take(client, [REPOSITORY], NO_CACHE)
        assert sum("authorization" in seen.headers for seen in server.seen) == 1


def test_one_of_several_repositories_may_be_refused() -> None:
    store = Store()
    store.image("one")

    def answer(seen: Seen) -> Answer:
        return Answer(403) if "secret" in seen.path else store(seen)

    with running(answer) as (client, _):
        found = inventory.take(client, ["secret", REPOSITORY], NO_CACHE)
        assert len(found.images) == len(found.problems) == 1
        with pytest.raises(DeniedError):
            inventory.take(client, ["secret"], NO_CACHE)


def test_names_of_cosign_tell_what_is_said_of_which_image() -> None:
    store = Store()
    image = store.image("app")
    store.put({"layers": [{"digest": "sha256:1", "size": 3}]}, f"{image.replace(':', '-')}.sig")
    found = by_tag(listed(store))
    signature = found[f"{image.replace(':', '-')}.sig"]
    assert (signature.kind, signature.subject, signature.platforms) == ("signature", image, ())


def test_a_digest_without_a_tag_is_found() -> None:
    store = Store()
    child = store.image()
    with running(store) as (client, _):
        place = inventory.ImageRef(client.registry, REPOSITORY)
        found = inventory.untagged(client, place.with_digest(child), NO_CACHE)
        assert found is not None
        assert (found.tags, found.size) == ((), 107)
        assert inventory.untagged(client, place.with_digest(f"sha256:{'0' * 64}"), NO_CACHE) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"[]"),
        Answer(200, b"[" * 100_000),
        Answer(200, b'{"tags": {"a": 1}}'),
        Answer(200, rb'{"tags": [null, 5, "\u001b[2J", "../../x"]}'),
        Answer(200, b"{", hang_up=True),
        Answer(200, b"x", length=50, hang_up=True),
        Answer(200, b"x", chunked=True, hang_up=True),
        Answer(200, b'{"tags": []}', chunked=True),
        Answer(500, b"x"),
    ],
)
def test_a_list_of_tags_that_is_none_is_no_bug(answer: Answer) -> None:
    store = Store()
    try:
        found = listed(lambda seen: answer if "/tags/" in seen.path else store(seen))
    except RegistryError:
        return
    assert found == inventory.Inventory((), ())
