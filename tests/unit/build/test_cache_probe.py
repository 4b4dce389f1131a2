"""Asking for caches: what is there is taken, and a registry that fails costs one line."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ci_kit.build.options.cache_probe import CacheProbe
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import ANONYMOUS
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry
from tests.unit.servers import Answer, Store, web


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def probe(told: list[str]) -> Iterator[CacheProbe]:
    with ExitStack() as stack:

        def opened(registry: str) -> RegistryClient:
            client = open_registry(registry, ANONYMOUS, {}, timeout=2)
            stack.callback(client.close)
            return client

        yield CacheProbe(opened, told.append)


def test_what_is_there_is_told(probe: CacheProbe, told: list[str]) -> None:
    store = Store()
    store.image("main")
    with web(store) as registry:
        assert probe(ImageRef(registry.netloc, "g/p", "main"))
        assert not probe(ImageRef(registry.netloc, "g/p", "other"))
    assert told == []


def test_a_registry_that_fails_is_told_once_and_not_asked_again(probe: CacheProbe, told: list[str]) -> None:
    with web(lambda seen: Answer(503)) as registry:
        assert not probe(ImageRef(registry.netloc, "g/p/cache", "main"))
        asked = len(registry.seen)
        assert not probe(ImageRef(registry.netloc, "g/p/cache", "other"))
        assert len(registry.seen) == asked
    assert len(told) == 1
    assert told[0].startswith(f"no cache from {registry.netloc}/g/p/cache: ")
