import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from ci_kit.errors import DeniedError, NotPushedError, RegistryError, TransportError
from ci_kit.model.image import ImageRef
from ci_kit.registry import trust, upload
from ci_kit.registry.auth import ANONYMOUS, Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.promotion import Promoted, Promotion, Wish
from ci_kit.registry.tag import Terms
from ci_kit.registry.transport import Transport
from tests.unit.clock import Clock
from tests.unit.distribution import HANG_UP, IMAGE, INDEX, Distribution, digest_of, once
from tests.unit.servers import Answer, Seen, web

BIG = os.urandom(5_000_000)
WHO = Credentials("robot", "canary-secret", "test")


@dataclass
class Place:
    """A registry and where it is."""

    registry: Distribution
    netloc: str
    clock: Clock

    def at(self, text: str) -> ImageRef:
        return ImageRef.split(f"{self.netloc}/{text}")

    def promote(self, source: str, *to: ImageRef, who: Credentials = ANONYMOUS, **wish: object) -> list[Promoted]:
        made = Wish(self.at(source), to)._replace(**wish)
        promotion = Promotion(made, who, lambda registry: who, self.open)
        try:
            return list(promotion.run())
        finally:
            promotion.close()

    def open(self, registry: str, who: Credentials, actions: Mapping[str, str]) -> RegistryClient:
        patience = Patience(sleep=self.clock.sleep, clock=self.clock)
        transport = Transport(lambda host: trust.context(()), timeout=10, patience=patience)
        return RegistryClient(registry, transport, who, actions)


@contextmanager
def running(*registries: Distribution) -> Iterator[list[Place]]:
    with ExitStack() as stack:
        clock = Clock()
        places = []
        for registry in registries:
            server = stack.enter_context(web(registry))
            registry.netloc = server.netloc
            places.append(Place(registry, server.netloc, clock))
        yield places


@pytest.fixture
def pair() -> Iterator[tuple[Place, Place]]:
    with running(Distribution(), Distribution()) as (near, far):
        yield near, far


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_CHUNK", 2_000_000)


def same(near: Distribution, far: Distribution, source: str, target: str) -> None:
    """Everything in the repository `source` of one is in `target` of the other, byte for byte."""
    for digest, manifest in near.of(source).manifests.items():
        assert far.of(target).manifests[digest] == manifest
    assert far.of(target).blobs == near.of(source).blobs


# one registry


def test_blobs_are_mounted_and_nothing_is_read(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    made = near.registry.image("a/app", "1", b"one", b"two", BIG)
    (done,) = near.promote("a/app:1", near.at("b/app:2"))
    assert done.pinned == f"{near.netloc}/b/app@{made['digest']}"
    assert done.moved
    assert done.tally.blobs == {"mounted": 4, "copied": 0, "present": 0}
    assert near.registry.of("b/app").tags == {"2": made["digest"]}
    assert near.registry.count("GET", "/blobs/") == 0
    same(near.registry, near.registry, "a/app", "b/app")


def test_a_tag_beside_the_source_costs_four_requests(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    made = near.registry.image("a/app", "1")
    near.promote("a/app:1", near.at("a/app:2"))
    assert near.registry.of("a/app").tags["2"] == made["digest"]
    assert [one.partition(" ")[0] for one in near.registry.seen] == ["GET", "HEAD", "PUT", "HEAD"]


def test_what_may_not_be_mounted_is_streamed_into_the_upload_that_was_offered(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    near.registry.mounts = False
    near.registry.image("a/app", "1", BIG)
    (done,) = near.promote("a/app:1", near.at("b/app:1"))
    assert done.tally.blobs == {"mounted": 0, "copied": 2, "present": 0}
    assert near.registry.count("POST") == 2
    assert near.registry.uploads == {}
    same(near.registry, near.registry, "a/app", "b/app")


def test_a_second_run_writes_nothing(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    near.promote("a/app:1", far.at("app:1"))
    far.registry.seen.clear()
    (done,) = near.promote("a/app:1", far.at("app:1"))
    assert not done.moved
    assert {one.partition(" ")[0] for one in far.registry.seen} == {"HEAD"}


# two registries


def test_an_index_with_all_children_comes_over_byte_for_byte(pair: tuple[Place, Place]) -> None:
    near, far = pair
    images = [near.registry.image("a/app", "", os.urandom(9), BIG) for _ in range(3)]
    inner = near.registry.index("a/app", "", images[0], images[1])
    root = near.registry.index("a/app", "1", inner, images[1], images[2])
    (done,) = near.promote("a/app:1", far.at("flat:1"))
    assert done.manifest.digest == root["digest"]
    assert far.registry.of("flat").tags == {"1": root["digest"]}
    same(near.registry, far.registry, "a/app", "flat")
    assert far.registry.count("PUT", "/blobs/uploads/") == 7  # the big layer once, not three times


def test_a_source_by_digest_and_a_destination_without_tag_move_no_tag(pair: tuple[Place, Place]) -> None:
    near, far = pair
    made = near.registry.image("a/app")
    near.promote(f"a/app@{made['digest']}", far.at("flat"))
    assert far.registry.of("flat").tags == {}
    assert made["digest"] in far.registry.of("flat").manifests


def test_two_destinations_in_one_registry_are_read_once(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    first, second = near.promote("a/app:1", far.at("one:1"), far.at("two:1"))
    assert first.tally.blobs["copied"] == 2
    assert second.tally.blobs["mounted"] == 2
    assert near.registry.count("GET", "/blobs/") == 2


def test_what_is_there_already_is_not_sent(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG, b"two")
    far.registry.blob("flat", BIG)
    (done,) = near.promote("a/app:1", far.at("flat:1"))
    assert done.tally.blobs == {"mounted": 0, "copied": 2, "present": 1}
    assert done.tally.bytes < 1000


# what goes wrong on the way


def is_(method: str, part: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.method == method and part in seen.path


PASSING = [HANG_UP, Answer(500), Answer(502), Answer(503), Answer(429, b"", (("Retry-After", "7"),))]


@pytest.mark.parametrize("answer", PASSING, ids=["reset", "500", "502", "503", "429"])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "POST"])
def test_a_blob_arrives_after_what_passes(pair: tuple[Place, Place], method: str, answer: Answer) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.faults.append(once(is_(method, "/blobs/uploads/"), answer, 2))
    near.promote("a/app:1", far.at("flat:1"))
    same(near.registry, far.registry, "a/app", "flat")
    if answer.status == 429:
        assert any(7 <= seconds <= 8.4 for seconds in far.clock.slept)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("status", [400, 404, 416])
def test_an_upload_that_is_refused_begins_again_once(pair: tuple[Place, Place], method: str, status: int) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.faults.append(once(is_(method, "/blobs/uploads/"), Answer(status)))
    near.promote("a/app:1", far.at("flat:1"))
    same(near.registry, far.registry, "a/app", "flat")


def test_an_upload_goes_on_where_the_registry_has_it(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    sent: list[int] = []

    def half(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method != "PATCH":
            return None
        sent.append(int(seen.headers["content-range"].partition("-")[0]))
        if len(sent) != 2:
            return None
        registry.uploads[seen.path.rpartition("/")[2]] += seen.body[:700_001]
        return HANG_UP

    far.registry.faults.append(half)
    near.promote("a/app:1", far.at("flat:1"))
    assert sent == [0, 2_000_000, 2_700_001, 4_700_001]
    same(near.registry, far.registry, "a/app", "flat")


def test_an_upload_that_the_registry_forgot_begins_again(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)

    def forget(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method == "PATCH" and registry.count("PATCH") == 2:
            registry.uploads.clear()
            return HANG_UP
        return None

    far.registry.faults.append(forget)
    near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("PATCH") == 2 + 3
    same(near.registry, far.registry, "a/app", "flat")


def test_a_blob_whose_last_answer_was_lost_is_found_there(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)

    def lose(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method == "PUT" and "/blobs/uploads/" in seen.path and len(seen.body) == 0:
            registry.faults.remove(lose)
            registry._uploads(seen, "flat", seen.path.partition("?")[0].rpartition("/")[2])
            return HANG_UP
        return None

    far.registry.faults.append(lose)
    near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("PATCH") == 3
    same(near.registry, far.registry, "a/app", "flat")


@pytest.mark.parametrize("ranges", [True, False])
def test_a_source_that_breaks_off_is_taken_up_again(pair: tuple[Place, Place], ranges: bool) -> None:
    near, far = pair
    near.registry.ranges = ranges
    near.registry.image("a/app", "1", BIG)
    asked: list[str] = []

    def cut(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method != "GET" or digest_of(BIG) not in seen.path:
            return None
        asked.append(seen.headers.get("range", ""))
        begin = int(asked[-1].removeprefix("bytes=").rstrip("-") or 0) if ranges else 0
        if len(asked) > 2:
            return None
        status = 206 if begin else 200
        where = (("Content-Range", f"bytes {begin}-{len(BIG) - 1}/{len(BIG)}"),) if begin else ()
        upto = begin + 1_234_567 if ranges else len(asked) * 1_234_567
        return Answer(status, BIG[begin:upto], where, hang_up=True, length=len(BIG) - begin)

    near.registry.faults.append(cut)
    near.promote("a/app:1", far.at("flat:1"))
    assert asked == ["", "bytes=1234567-", "bytes=2469134-"]
    assert far.registry.count("PATCH") == 3  # the destination has noticed nothing
    same(near.registry, far.registry, "a/app", "flat")


def test_what_does_not_pass_ends_after_five_tries_with_its_cause(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.faults.append(lambda seen, registry: Answer(503) if seen.method == "PATCH" else None)
    with pytest.raises(TransportError, match=r"the registry is not available \(503\)"):
        near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("PATCH") == 5
    assert far.registry.of("flat").tags == {}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(403, b'{"errors":[{"message":"denied"}]}'), "the registry forbids it: denied"),
        (Answer(405), "the registry is read-only now"),
        (Answer(500, b'{"errors":[{"detail":{"Err":28}}]}'), "the registry's disk is full"),
    ],
)
def test_what_cannot_pass_is_tried_once(pair: tuple[Place, Place], answer: Answer, words: str) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.faults.append(lambda seen, registry: answer if seen.method == "PATCH" else None)
    with pytest.raises(RegistryError, match=words):
        near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("PATCH") == 1
    assert near.clock.slept == []


def test_a_limit_of_a_proxy_is_met_with_smaller_pieces(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.faults.append(lambda seen, registry: Answer(413) if len(seen.body) > 1_000_000 else None)
    near.promote("a/app:1", far.at("flat:1"))
    same(near.registry, far.registry, "a/app", "flat")


@pytest.mark.parametrize("size", [5_000_000, 50])
@pytest.mark.parametrize("change", ["other", "short"])
def test_bytes_that_are_not_the_digest_never_arrive(pair: tuple[Place, Place], size: int, change: str) -> None:
    near, far = pair
    layer = os.urandom(size)
    near.registry.image("a/app", "1", layer)
    wrong = layer[:-1] if change == "short" else layer[:-1] + bytes([layer[-1] ^ 1])
    near.registry.of("a/app").blobs[digest_of(layer)] = wrong
    words = "ends after" if change == "short" else "the blob's bytes are not its digest"
    with pytest.raises(RegistryError, match=words):
        near.promote("a/app:1", far.at("flat:1"))
    assert digest_of(layer) not in far.registry.of("flat").blobs
    assert far.registry.of("flat").tags == {}


def test_a_registry_that_gets_other_bytes_is_told_once_more_then_named(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)

    def spoil(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method == "PUT" and "/blobs/" in seen.path and not seen.body:
            for kept in registry.uploads.values():
                kept[:1] = b"x" if kept[:1] != b"x" else b"y"
        return None

    far.registry.faults.append(spoil)
    with pytest.raises(RegistryError, match="DIGEST_INVALID"):
        near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("PATCH") == 6
    assert far.registry.of("flat").tags == {}


def test_the_first_failure_of_a_part_ends_the_others(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", *(os.urandom(100) + BIG for _ in range(6)))
    far.registry.faults.append(once(is_("PATCH", ""), Answer(403)))
    with pytest.raises(DeniedError):
        near.promote("a/app:1", far.at("flat:1"))
    assert not [each for each in threading.enumerate() if "(run)" in each.name]  # the threads of the lanes
    assert far.registry.of("flat").manifests == {}


@pytest.mark.parametrize("part", [{"digest": "sha256:../../x", "size": 1}, {"digest": 5}, "text", {"size": 1}, None])
@pytest.mark.parametrize("kind", ["layers", "manifests"])
def test_what_a_hostile_manifest_names_goes_into_no_address(pair: tuple[Place, Place], kind: str, part: object) -> None:
    near, far = pair
    media = INDEX if kind == "manifests" else IMAGE
    near.registry.manifest("a/app", {"mediaType": media, kind: [part]}, "1")
    with pytest.raises(RegistryError, match="is not an image that can be copied"):
        near.promote("a/app:1", far.at("flat:1"), with_referrers=False)
    assert far.registry.of("flat").manifests == {}


def test_a_child_that_is_missing_is_named_before_anything_is_sent(pair: tuple[Place, Place]) -> None:
    near, far = pair
    child = near.registry.image("a/app")
    near.registry.index("a/app", "1", child)
    del near.registry.of("a/app").manifests[str(child["digest"])]
    with pytest.raises(NotPushedError, match=str(child["digest"])):
        near.promote("a/app:1", far.at("flat:1"))
    assert far.registry.count("POST") == 0


def test_a_layer_that_is_elsewhere_stays_there(pair: tuple[Place, Place]) -> None:
    near, far = pair
    config = near.registry.blob("a/app", b"{}")
    foreign = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": f"sha256:{'1' * 64}",
        "size": 9,
        "urls": ["https://elsewhere.example.com/layer"],
    }
    near.registry.manifest("a/app", {"mediaType": IMAGE, "config": config, "layers": [foreign]}, "1")
    far.registry.blob("flat", b"")
    far.registry.of("flat").blobs[str(foreign["digest"])] = b"known to the registry"
    (done,) = near.promote("a/app:1", far.at("flat:1"))
    assert done.tally.blobs["copied"] == 1


# tokens


def with_tokens(**grants: list[str]) -> Distribution:
    return Distribution(grants={name.replace("_", "/"): actions for name, actions in grants.items()})


def test_one_token_holds_for_both_repositories_and_is_asked_for_once() -> None:
    with running(with_tokens(a_app=["pull"], b_app=["pull", "push"])) as (near,):
        near.registry.image("a/app", "1", BIG, b"two")
        (done,) = near.promote("a/app:1", near.at("b/app:1"), who=WHO)
        assert done.tally.blobs["mounted"] == 3
        assert len(near.registry.tokens) == 1


@pytest.mark.parametrize(
    ("grants", "words"),
    [
        ({"a_app": ["pull"]}, r"'robot' \(from test\) may do nothing on .*/b/app"),
        ({"a_app": ["pull"], "b_app": ["pull"]}, r"may pull, but not push on .*/b/app"),
        ({"b_app": ["pull", "push"]}, r"may do nothing on .*/a/app"),
    ],
)
def test_what_is_not_granted_is_said_before_anything_is_asked(grants: dict[str, list[str]], words: str) -> None:
    with running(with_tokens(**grants)) as (near,):
        near.registry.image("a/app", "1")
        with pytest.raises(DeniedError, match=words) as caught:
            near.promote("a/app:1", near.at("b/app:1"), who=WHO)
        assert near.registry.seen == []
        assert "CI_KIT_DESTINATION_USER" in str(caught.value)
        assert "canary" not in str(caught.value)


def test_a_tag_that_gitlab_protects_is_refused_from_the_token() -> None:
    with running(with_tokens(a_app=["pull", "push"])) as (near,):
        near.registry.image("a/app", "1")
        near.registry.meta = {"tag_deny_access_patterns": {"push": ["^v\\d+", "("], "delete": []}}
        with pytest.raises(DeniedError, match=r"this tag is protected by '\^v\\\\d\+' against this user"):
            near.promote("a/app:1", near.at("a/app:v1"), who=WHO)
        assert near.registry.count("PUT") == 0
        near.promote("a/app:1", near.at("a/app:w1"), who=WHO)


def test_a_token_that_ends_in_the_middle_of_a_layer_is_renewed() -> None:
    with running(Distribution(), with_tokens(flat=["pull", "push"])) as (near, far):
        near.registry.image("a/app", "1", BIG)

        def revoke(seen: Seen, registry: Distribution) -> Answer | None:
            if seen.method == "PATCH" and len(registry.tokens) == 1 and registry.count("PATCH") == 2:
                registry.tokens.clear()
                registry.tokens.add("another")
            return None

        far.registry.faults.append(revoke)
        near.promote("a/app:1", far.at("flat:1"), who=WHO)
        same(near.registry, far.registry, "a/app", "flat")


# tags


def test_a_version_or_commit_is_not_moved_unless_it_is_asked_for(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    old, new = near.registry.image("a/app", "v1.2.3", b"old"), near.registry.image("a/app", "next", b"new")
    with pytest.raises(RegistryError, match=r"never moves: it names a version or a commit -> .*--overwrite"):
        near.promote("a/app:next", near.at("a/app:v1.2.3"))
    assert near.registry.of("a/app").tags["v1.2.3"] == old["digest"]
    near.promote("a/app:next", near.at("a/app:v1.2.3"), terms=Terms(overwrite=True))
    assert near.registry.of("a/app").tags["v1.2.3"] == new["digest"]
    (done,) = near.promote("a/app:next", near.at("a/app:v1.2.3"))
    assert not done.moved


def test_one_destination_that_may_not_move_stops_all_before_a_byte(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    far.registry.image("flat", "1.0.0", b"old")
    with pytest.raises(RegistryError, match="never moves"):
        near.promote("a/app:1", far.at("other:1"), far.at("flat:1.0.0"))
    assert far.registry.count("POST") == 0


def test_a_tag_is_moved_only_from_where_it_is_thought_to_be(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    old, new = near.registry.image("a/app", "stable", b"old"), near.registry.image("a/app", "next", b"new")
    for wrong in (f"sha256:{'0' * 64}", "absent"):
        with pytest.raises(RegistryError, match=f"is at {old['digest']}, not {wrong}: it is not moved"):
            near.promote("a/app:next", near.at("a/app:stable"), terms=Terms(wrong))
    near.promote("a/app:next", near.at("a/app:stable"), terms=Terms(str(old["digest"])))
    assert near.registry.of("a/app").tags["stable"] == new["digest"]
    near.promote("a/app:next", near.at("a/app:fresh"), terms=Terms("absent"))
    assert near.registry.of("a/app").tags["fresh"] == new["digest"]


def test_a_tag_that_somebody_moves_meanwhile_is_left_to_him(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1", BIG)
    old = far.registry.image("flat", "stable", b"old")
    theirs: list[dict[str, object]] = []

    def meanwhile(seen: Seen, registry: Distribution) -> Answer | None:
        if seen.method == "PATCH" and not theirs:
            theirs.append(registry.image("flat", "stable", b"theirs"))
        return None

    far.registry.faults.append(meanwhile)
    with pytest.raises(RegistryError, match="somebody else has moved it"):
        near.promote("a/app:1", far.at("flat:stable"), terms=Terms(str(old["digest"])))
    assert far.registry.of("flat").tags["stable"] == theirs[0]["digest"]


def test_a_registry_that_says_yes_and_does_not_is_found_out(pair: tuple[Place, Place]) -> None:
    near, _ = pair
    near.registry.image("a/app", "1")
    near.registry.faults.append(lambda seen, registry: Answer(201) if seen.method == "PUT" else None)
    with pytest.raises(NotPushedError, match="but the registry has no such tag"):
        near.promote("a/app:1", near.at("a/app:2"))


def test_a_dry_run_writes_nothing_and_finds_what_forbids(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1")
    (done,) = near.promote("a/app:1", far.at("flat:1"), dry_run=True)
    assert done.moved
    assert {one.partition(" ")[0] for one in far.registry.seen} == {"HEAD"}


# what refers to an image


def signed(registry: Distribution, name: str, subject: dict[str, object], word: bytes) -> dict[str, object]:
    return registry.image(name, "", word, subject=subject, artifactType="application/vnd.example")


@pytest.mark.parametrize("near_knows", [True, False])
@pytest.mark.parametrize("far_knows", [True, False])
def test_referrers_come_over_between_all_kinds_of_registries(near_knows: bool, far_knows: bool) -> None:
    with running(Distribution(referrers=near_knows), Distribution(referrers=far_knows)) as (near, far):
        child = near.registry.image("a/app", "", b"layer")
        root = near.registry.index("a/app", "1", child)
        signatures = [signed(near.registry, "a/app", one, str(one["digest"]).encode()) for one in (child, root)]
        of_signature = signed(near.registry, "a/app", signatures[1], b"of signature")
        if not near_knows:
            for subject, one in ((child, signatures[0]), (root, signatures[1]), (signatures[1], of_signature)):
                near.registry.index("a/app", str(subject["digest"]).replace(":", "-"), one)
        (done,) = near.promote("a/app:1", far.at("flat:1"))
        assert sorted(done.tally.referrers) == sorted(str(one["digest"]) for one in (*signatures, of_signature))
        there = far.registry.of("flat")
        for one in (*signatures, of_signature):
            assert there.manifests[str(one["digest"])] == near.registry.of("a/app").manifests[str(one["digest"])]
        tag = str(root["digest"]).replace(":", "-")
        assert (tag in there.tags) is not far_knows
        if not far_knows:
            listed = json.loads(there.manifests[there.tags[tag]][1])["manifests"]
            assert [one["digest"] for one in listed] == [signatures[1]["digest"]]


def test_referrers_that_are_there_already_stay(pair: tuple[Place, Place]) -> None:
    near, far = pair
    root = near.registry.image("a/app", "1")
    tag = str(root["digest"]).replace(":", "-")
    ours = signed(near.registry, "a/app", root, b"ours")
    near.registry.index("a/app", tag, ours)
    theirs = signed(far.registry, "flat", root, b"theirs")
    far.registry.index("flat", tag, theirs)
    near.promote("a/app:1", far.at("flat:1"))
    there = far.registry.of("flat")
    listed = json.loads(there.manifests[there.tags[tag]][1])["manifests"]
    assert [one["digest"] for one in listed] == [theirs["digest"], ours["digest"]]


def test_cosign_tags_come_over_and_never_replace_what_they_do_not_hold(pair: tuple[Place, Place]) -> None:
    near, far = pair
    root = near.registry.image("a/app", "1")
    tag = str(root["digest"]).replace(":", "-")
    made = {suffix: near.registry.image("a/app", tag + suffix, suffix.encode()) for suffix in (".sig", ".att", ".sbom")}
    theirs = far.registry.image("flat", f"{tag}.att", b"theirs")
    far.registry.manifest(
        "flat",
        {
            "mediaType": IMAGE,
            "config": far.registry.blob("flat", b"x"),
            "layers": [far.registry.blob("flat", b".sbom")],
        },
        f"{tag}.sbom",
    )
    near.promote("a/app:1", far.at("flat:1"))
    tags = far.registry.of("flat").tags
    assert tags[f"{tag}.sig"] == made[".sig"]["digest"]
    assert tags[f"{tag}.sbom"] == made[".sbom"]["digest"]
    assert tags[f"{tag}.att"] == theirs["digest"]


def test_a_referrer_that_was_deleted_is_none(pair: tuple[Place, Place]) -> None:
    near, far = pair
    root = near.registry.image("a/app", "1")
    gone = signed(near.registry, "a/app", root, b"gone")
    near.registry.index("a/app", str(root["digest"]).replace(":", "-"), gone)
    del near.registry.of("a/app").manifests[str(gone["digest"])]
    (done,) = near.promote("a/app:1", far.at("flat:1"))
    assert done.tally.referrers == []


def test_a_signature_that_cannot_be_copied_keeps_the_tag_away(pair: tuple[Place, Place]) -> None:
    near, far = pair
    root = near.registry.image("a/app", "1")
    signature = near.registry.image("a/app", str(root["digest"]).replace(":", "-") + ".sig", b"signature")
    far.registry.faults.append(once(is_("PUT", str(signature["digest"])), Answer(403)))
    with pytest.raises(DeniedError):
        near.promote("a/app:1", far.at("flat:1"))
    assert "1" not in far.registry.of("flat").tags


def test_a_new_signature_of_an_image_that_is_there_comes_over(pair: tuple[Place, Place]) -> None:
    near, far = pair
    root = near.registry.image("a/app", "1")
    near.promote("a/app:1", far.at("flat:1"))
    tag = str(root["digest"]).replace(":", "-") + ".sig"
    near.registry.image("a/app", tag, b"signature")
    near.promote("a/app:1", far.at("flat:1"))
    assert tag in far.registry.of("flat").tags


def test_without_referrers_none_is_looked_for(pair: tuple[Place, Place]) -> None:
    near, far = pair
    near.registry.image("a/app", "1")
    near.promote("a/app:1", far.at("flat:1"), with_referrers=False)
    assert near.registry.count("GET", "/referrers/") == 0
