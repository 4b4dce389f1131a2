from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ci_kit.errors import RegistryError
from ci_kit.model.stored_image import Child
from ci_kit.registry import content, trust
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.content import Content
from ci_kit.registry.transport import Transport
from tests.unit.servers import CONFIG, Store, web

REPOSITORY = "group/app"


@contextmanager
def running(store: Store) -> Iterator[RegistryClient]:
    with web(store) as server:
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5))
        try:
            yield client
        finally:
            client.close()


def measured(store: Store, digest: str) -> Content:
    with running(store) as client:
        reference = content.ImageRef(client.registry, REPOSITORY, digest=digest)
        return content.measure(client, REPOSITORY, client.manifest(reference))


def test_an_image_is_its_layers_counted_once_and_its_configuration() -> None:
    store = Store()
    found = measured(store, store.image())
    assert (found.size, found.created) == (107, "2026-01-02T03:04:05Z")
    assert (found.kind, found.platforms, found.labels) == ("image", ("linux/amd64",), {"a": "b"})
    assert sorted(found.parts.values()) == [7, 100]


def test_an_index_is_its_images_without_attestations() -> None:
    store = Store()
    attestation = {"digest": f"sha256:{'0' * 64}", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    image = store.image()
    found = measured(store, store.put({"manifests": [{"digest": image}, {**attestation, "size": 9}]}))
    assert (found.kind, found.platforms, found.size) == ("index", ("linux/amd64",), 107)
    assert found.children == (
        Child(image, "image", "linux/amd64", 107),
        Child(f"sha256:{'0' * 64}", "attestation", "", 9),
    )


def test_an_index_in_an_index_is_named_and_not_followed() -> None:
    store = Store()
    inner = store.put({"manifests": [{"digest": store.image()}]})
    found = measured(store, store.put({"manifests": [{"digest": inner}]}))
    assert [(child.digest, child.kind) for child in found.children] == [(inner, "index")]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (
            {"config": {"mediaType": "application/vnd.dev.cosign.artifact.sig.v1+json", "digest": "d", "size": 1}},
            "signature",
        ),
        ({"artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json"}, "attestation"),
        ({"artifactType": "application/spdx+json"}, "sbom"),
        ({"artifactType": "application/vnd.example+type"}, "artifact"),
    ],
)
def test_what_is_said_of_an_image_is_no_image(document: dict[str, object], kind: str) -> None:
    store = Store()
    subject = {"digest": f"sha256:{'a' * 64}", "size": 5}
    found = measured(store, store.put(document | {"subject": subject}))
    assert (found.kind, found.subject) == (kind, f"sha256:{'a' * 64}")


@pytest.mark.parametrize("created", ["\u001b[2J", "yesterday", 5, None, "2026-01-02T03:04:05Z\n", ""])
def test_a_date_that_is_none_is_left_out(created: object) -> None:
    store = Store()
    assert measured(store, store.image(created=created)).created == ""


@pytest.mark.parametrize("created", ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05+01:00"])
def test_a_date_may_have_fractions_and_a_zone(created: str) -> None:
    store = Store()
    assert measured(store, store.image(created=created)).created == created


def test_an_artifact_without_an_images_configuration_has_a_size_only() -> None:
    store = Store()
    found = measured(store, store.put({"config": {"mediaType": "x/y", "digest": "d", "size": 2}}))
    assert (found.size, found.created, found.platforms, found.labels) == (2, "", ("unknown",), {})
    assert found.kind == "artifact"


@pytest.mark.parametrize(
    "document",
    [
        {"layers": [{"digest": "x"}]},
        {"layers": ["x"]},
        {"layers": 5},
        {"layers": [{"digest": "x", "size": "many"}]},
        {"layers": [{"digest": "x", "size": float("inf")}]},
        {"manifests": 5},
        {"manifests": [{}]},
        {"manifests": [None]},
        {"config": 5},
        {"config": {"mediaType": CONFIG}},
    ],
)
def test_a_manifest_that_is_none_is_a_registry_error(document: object) -> None:
    store = Store()
    digest = store.put(document)
    with pytest.raises(RegistryError, match="is not an image that can be read"):
        measured(store, digest)


@pytest.mark.parametrize("configuration", [b"", b"\xff", b"[" * 100_000, {"config": 5}, {"config": {"Labels": 5}}])
def test_a_configuration_that_is_none_is_a_registry_error(configuration: object) -> None:
    store = Store()
    pinned = {"mediaType": CONFIG, "digest": store.put(configuration), "size": 1}
    digest = store.put({"config": pinned})
    with pytest.raises(RegistryError, match="is not an image that can be read"):
        measured(store, digest)


_ANY = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["config", "layers", "manifests", "digest", "size", "annotations", "mediaType"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ANY)
def test_no_manifest_is_a_bug(document: Any) -> None:
    store = Store()
    digest = store.put(document)
    try:
        measured(store, digest)
    except RegistryError:
        return


def test_each_layer_has_the_command_that_made_it() -> None:
    history = [
        {"created_by": "/bin/sh -c #(nop) ADD file:01 in / "},
        {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
        {"created_by": "|2 TOKEN=canary-arg VERSION=1 /bin/sh -c make install"},
        {"created_by": "RUN |1 TOKEN=canary-arg /bin/bash -c make # buildkit"},
        {"created_by": "COPY /a \x1b[2J /b # buildkit"},
        {"created_by": "x" * 999},
        {"created_by": 5},
    ]
    config = {"os": "linux", "architecture": "arm64", "history": history}
    layers = [{"digest": f"sha256:{number:064}", "size": number} for number in range(7)]
    store = Store()
    pinned = {"mediaType": CONFIG, "digest": store.put(config), "size": 7}
    found = measured(store, store.put({"config": pinned, "layers": layers})).layers
    assert [layer.command for layer in found] == [
        "ADD file:01 in /",
        "RUN make install",
        "RUN (with build arguments)",
        "COPY /a [2J /b",
        "x" * 199 + "…",
        "",
        "",
    ]
    assert {layer.platform for layer in found} == {"linux/arm64"}
    assert [layer.size for layer in found] == list(range(7))


@pytest.mark.parametrize("history", [None, {}, "x", [5, None], [{}]])
def test_a_history_that_tells_nothing_is_no_failure(history: object) -> None:
    store = Store()
    pinned = {"mediaType": CONFIG, "digest": store.put({"history": history}), "size": 7}
    layers = [{"digest": f"sha256:{'1' * 64}", "size": 1}]
    (layer,) = measured(store, store.put({"config": pinned, "layers": layers})).layers
    assert layer.command == ""
