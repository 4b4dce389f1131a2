from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from ci_kit.build.publish import publish
from ci_kit.errors import NotPushedError, TransportError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import trust
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Store, web

REPOSITORY = "g/p/app"


@dataclass
class Into:
    """A builder whose push puts an image into a store, and claims `claimed` where that is not empty."""

    store: Store
    claimed: str = ""
    retries: bool = False
    name: str = "into"

    def build(self, plan: BuildPlan, output: Output) -> None:
        output(f"building {plan.name}")

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        if self.retries:
            stuck()
        digest = self.store.image(plan.image.tag)
        return self.claimed or digest


@contextmanager
def running(answer: Callable[[Seen], Answer | None]) -> Iterator[tuple[BuildPlan, RegistryClient]]:
    with web(answer) as server:
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5))
        image = ImageRef(server.netloc, REPOSITORY, "0123")
        moving = (image.with_tag("main"), image.with_tag("latest"))
        try:
            yield BuildPlan("app", image, moving, "/", "/Dockerfile", "", {}, {}), client
        finally:
            client.close()


def test_an_image_is_published_under_every_tag_and_recorded_as_the_registry_has_it() -> None:
    store, lines = Store(), list[str]()
    with running(store) as (plan, client):
        record = publish(plan, Into(store), client, lines.append)
        assert [client.digest(reference) for reference in plan.references] == [record.digest] * 3
    assert record.pinned == f"{plan.image.name}@{record.digest}"
    assert (record.tags, record.size, record.platforms) == (("0123", "main", "latest"), 107, ("linux/amd64",))
    assert record.builder == "into"
    assert lines == ["building app"]


def test_what_the_registry_does_not_have_was_not_pushed() -> None:
    other = f"sha256:{'0' * 64}"
    store = Store()
    with running(store) as (plan, client), pytest.raises(NotPushedError, match="was pushed, but the registry has"):
        publish(plan, Into(store, claimed=other), client, lambda text: None)
    assert "main" not in store.kept
    with running(Store()) as (plan, client), pytest.raises(NotPushedError, match="is not in the registry"):
        publish(plan, Into(store), client, lambda text: None)


def test_a_tag_that_does_not_move_is_told() -> None:
    store = Store()

    def forgetful(seen: Seen) -> Answer:
        return Answer(201) if seen.method == "PUT" else store(seen)

    with running(forgetful) as (plan, client), pytest.raises(NotPushedError, match="but the registry has no such tag"):
        publish(plan, Into(store), client, lambda text: None)


def test_a_push_that_is_stuck_is_told_by_what_an_upload_meets() -> None:
    def refusing(seen: Seen) -> Answer:
        return Answer(405) if seen.method == "POST" else store(seen)

    store = Store()
    with running(refusing) as (plan, client), pytest.raises(TransportError, match="the registry is read-only now"):
        publish(plan, Into(store, retries=True), client, lambda text: None)


def test_an_image_that_cannot_be_measured_is_recorded_without_its_size() -> None:
    store, told = Store(), list[str]()

    def without_blobs(seen: Seen) -> Answer:
        return Answer(404) if "/blobs/" in seen.path else store(seen)

    with running(without_blobs) as (plan, client):
        record = publish(plan, Into(store), client, told.append)
    assert (record.size, record.platforms) == (0, ())
    assert record.digest.startswith("sha256:")
    assert "size and platforms are not known" in told[-1]
