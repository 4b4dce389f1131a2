"""What the builders of one run share: opened once, closed at the end."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_kit.build.workshop import Opened, Workshop, workshop
from ci_kit.errors import DaemonError
from tests.unit.build.shop import LOGIN
from tests.unit.servers import Answer, Seen, web


@contextmanager
def opened(tmp_path: Path, address: str = "tcp://127.0.0.1:1") -> Iterator[Workshop]:
    environ = {"HOME": str(tmp_path), "DOCKER_HOST": address}
    with workshop(Workshop(environ, {"host": LOGIN}, 0, lambda line: None, Opened())) as made:
        yield made


def test_a_thing_is_opened_once_for_all_threads_and_closed_with_the_run(tmp_path: Path) -> None:
    events: list[str] = []

    @contextmanager
    def slow(shop: Workshop) -> Iterator[object]:
        events.append("opened")
        time.sleep(0.05)
        yield object()
        assert shop.folder.is_dir()
        events.append("closed")

    with opened(tmp_path) as shop, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shop.once(slow), range(8)))
        assert len({id(each) for each in found}) == 1
        assert events == ["opened"]
        folder = shop.folder
    assert events == ["opened", "closed"]
    assert not folder.exists()


def test_the_daemon_is_waited_for_at_its_first_use_only(tmp_path: Path) -> None:
    def daemon(seen: Seen) -> Answer:
        return Answer(200, b"OK", (("Api-Version", "1.44"),))

    with web(daemon) as server, opened(tmp_path, f"tcp://{server.netloc}") as shop:
        assert server.seen == []
        assert shop.engine() is shop.engine()
        assert server.paths() == ["/_ping"]


def test_a_daemon_that_does_not_answer_is_not_waited_for_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def silent(seen: Seen) -> Answer:
        asked.append(threading.current_thread().name)
        return Answer(500)

    with web(silent) as server, opened(tmp_path, f"tcp://{server.netloc}") as shop:
        errors = []
        for _ in range(2):
            with pytest.raises(DaemonError) as caught:
                shop.engine()
            errors.append(caught.value)
    assert len(asked) == 1
    assert errors[0] is errors[1]


def test_the_private_folder_holds_the_logins(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        assert shop.folder.stat().st_mode & 0o777 == 0o700
        assert '"host"' in (shop.folder / "config.json").read_text()


def test_a_daemon_that_is_expected_is_asked_at_once_and_fails_where_it_is_needed(tmp_path: Path) -> None:
    asked = threading.Event()

    def daemon(seen: Seen) -> None:
        asked.set()

    with web(daemon) as server, opened(tmp_path, f"tcp://{server.netloc}") as shop:
        shop.expect_engine()
        assert asked.wait(10)
        with pytest.raises(DaemonError, match="not ready"):
            shop.engine()
        assert server.paths() == ["/_ping"]
