"""The index of several children: what it says, and what keeps it from being written."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import hypothesis.strategies as some
import pytest
from hypothesis import given

from ci_kit.build.family import merge
from ci_kit.errors import CiKitError, NotPushedError, UsageError
from ci_kit.gitlab_api.result import Result
from ci_kit.model.annotation import Annotation
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag
from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.registry.auth import ANONYMOUS
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry
from tests.unit.servers import CONFIG, Store, Web, web

SHA = "0123456789abcdef0123456789abcdef01234567"
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")


def put(store: Store, platform: str, *tags: str) -> str:
    """Put an image for a platform into the store and return its digest."""
    system, architecture, variant = (*platform.split("/"), "")[:3]
    said = {"os": system, "architecture": architecture, "variant": variant, "config": {"Labels": {"a": platform}}}
    config = store.put({key: value for key, value in said.items() if value})
    layer = {"digest": f"sha256:{'1' * 64}", "size": 5}
    manifest = {"mediaType": IMAGE_TYPE, "config": {"mediaType": CONFIG, "digest": config, "size": 1}}
    return store.put(manifest | {"layers": [layer]}, *tags)


def record(registry: str, digest: str, platform: str, **other: object) -> BuildRecord:
    image = ImageRef(registry, "g/p/app", f"{SHA}-{platform.replace('/', '-')}")
    made = BuildRecord("app", image, digest, (image.tag,), "buildx", 1.0, 5, (platform,))
    return made._replace(**other)  # type: ignore[arg-type]


def result(*records: BuildRecord, sha: str = SHA) -> Result:
    return Result(records, JobFacts(sha=sha))


def plan(registry: str = "host.example", *platforms: str) -> BuildPlan:
    image = ImageRef(registry, "g/p/app", SHA)
    planned = (PlannedTag(SHA, "commit"), PlannedTag("main"))
    made = BuildPlan("app", image, (image.with_tag("main"),), "/c", "/c/Dockerfile", "", {}, {}, planned)
    return made._replace(platforms=platforms)


@contextmanager
def client(registry: Web) -> Iterator[RegistryClient]:
    made = open_registry(registry.netloc, ANONYMOUS, {}, timeout=5)
    try:
        yield made
    finally:
        made.close()


def merged(store: Store, platforms: Mapping[str, str], **change: object) -> tuple[BuildRecord, dict[str, object]]:
    """Merge the children with these digests by platform; return the record and the index in the registry."""
    with web(store) as server, client(server) as registry:
        wanted = plan(server.netloc, *platforms)._replace(**change)  # type: ignore[arg-type]
        files = {
            f"{platform}.json": result(record(server.netloc, digest, platform))
            for platform, digest in platforms.items()
        }
        found = merge.children(wanted, SHA, files)
        done = merge.merge(wanted, found, registry, lambda line: None)
        assert registry.digest(wanted.image) == done.digest
    return done, json.loads(store.kept["main"])


def test_the_index_names_each_child_with_its_platform() -> None:
    store = Store()
    digests = {platform: put(store, platform) for platform in PLATFORMS}
    done, index = merged(store, digests)
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    assert index["manifests"] == [
        {"mediaType": IMAGE_TYPE, "digest": digest, "size": len(store.kept[digest]), "platform": said}
        for digest, said in zip(
            digests.values(),
            (
                {"architecture": "amd64", "os": "linux"},
                {"architecture": "arm64", "os": "linux"},
                {"architecture": "arm", "os": "linux", "variant": "v7"},
            ),
            strict=True,
        )
    ]
    assert (done.platforms, done.tags, done.builder) == (PLATFORMS, (SHA, "main"), "merge")


def test_annotations_stand_at_the_index_and_its_descriptors() -> None:
    store = Store()
    notes = (Annotation("index", "b", "2"), Annotation("index", "a", "1"), Annotation("manifest", "no", "x"))
    notes += (Annotation("manifest-descriptor", "d", "3"),)
    _, index = merged(store, {"linux/amd64": put(store, "linux/amd64")}, annotations=notes)
    assert list(index["annotations"].items()) == [("a", "1"), ("b", "2")]  # type: ignore[attr-defined]
    assert index["manifests"][0]["annotations"] == {"d": "3"}  # type: ignore[index]


def test_what_stands_beside_a_child_comes_along() -> None:
    store = Store()
    image = put(store, "linux/arm64")
    beside = {
        "digest": f"sha256:{'7' * 64}",
        "size": 3,
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    }
    platform = {"architecture": "arm64", "os": "linux"}
    child = store.put({"manifests": [{"digest": image, "size": 9, "platform": platform}, beside]})
    _, index = merged(store, {"linux/arm64": child})
    assert index["manifests"] == [{"digest": image, "size": 9, "platform": platform}, beside]


@given(order=some.permutations(PLATFORMS))
def test_the_order_of_the_results_changes_nothing(order: list[str]) -> None:
    files = {each: result(record("host.example", f"sha256:{index:064}", each)) for index, each in enumerate(order)}
    found = merge.children(plan("host.example", *PLATFORMS), SHA, files)
    assert [child.platform for child in found] == list(PLATFORMS)
    without_wish = merge.children(plan(), SHA, files)
    assert [child.platform for child in without_wish] == sorted(PLATFORMS)


def test_the_same_children_make_the_same_bytes() -> None:
    entries = [{"digest": "a"}, {"digest": "b"}]
    digests = {
        merge.index(entries, dict(notes)).digest for notes in itertools.permutations({"x": "1", "y": "2"}.items())
    }
    assert len(digests) == 1


GOOD = record("host.example", f"sha256:{'1' * 64}", "linux/amd64")


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ({}, "app: no result has linux/amd64, linux/arm64 -> its job failed, or its artifacts did not come along"),
        ({"a.json": result(GOOD)}, "a.json: app: no result has linux/arm64 -> "),
        ({"a.json": result(GOOD, sha="f" * 40)}, "a.json: app is of commit ffffffff, not of 01234567 -> "),
        (
            {"a.json": result(GOOD._replace(platforms=PLATFORMS))},
            "a.json: app has linux/amd64, linux/arm64, linux/arm/v7: ",
        ),
        ({"a.json": result(GOOD._replace(platforms=()))}, "app has no platform that is known: no child of an index"),
        (
            {"a.json": result(GOOD._replace(image=ImageRef("host.example", "other", "1")))},
            "app is in host.example/other, the index would be in host.example/g/p/app",
        ),
        (
            {"a.json": result(GOOD), "b.json": result(GOOD._replace(digest=f"sha256:{'2' * 64}"))},
            "b.json: app has linux/amd64 twice: a.json has it too",
        ),
    ],
)
def test_results_that_are_no_children_are_refused_with_their_file(results: dict[str, Result], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        merge.children(plan("host.example", "linux/amd64", "linux/arm64"), SHA, results)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("", "built for linux/arm64, is not in the registry -> was it cleaned up?"),
        ("linux/amd64", "is for linux/amd64, but was recorded for linux/arm64"),
        ("linux/arm/v6", "is for linux/arm/v6, but was recorded for linux/arm64"),
    ],
)
def test_nothing_is_written_when_a_child_is_not_there_or_not_for_its_platform(kept: str, words: str) -> None:
    store = Store()
    digest = put(store, kept) if kept else f"sha256:{'9' * 64}"
    good = put(store, "linux/amd64")
    before = dict(store.kept)
    with pytest.raises(NotPushedError, match=words):
        merged(store, {"linux/amd64": good, "linux/arm64": digest})
    assert store.kept == before


def test_a_name_for_the_same_platform_is_no_other_platform() -> None:
    store = Store()
    done, index = merged(store, {"linux/arm64/v8": put(store, "linux/arm64"), "linux/arm": put(store, "linux/arm/v7")})
    assert done.platforms == ("linux/arm64", "linux/arm/v7")
    assert len(index["manifests"]) == 2  # type: ignore[arg-type]


def test_what_is_no_image_is_told() -> None:
    store = Store()
    with pytest.raises(CiKitError, match="no image that can be read"):
        merged(store, {"linux/arm64": store.put({"layers": []})})
