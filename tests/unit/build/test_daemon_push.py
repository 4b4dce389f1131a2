import json
import queue
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ci_kit.build.daemon_push import Silence, events
from ci_kit.errors import DeniedError, UnavailableError


class Feed:
    """An answer whose lines come when they are put; None ends it."""

    def __init__(self, *lines: object) -> None:
        self.lines: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.raw: Any = None
        self.closed = False
        for line in lines:
            self.lines.put(line)

    def iter_lines(self) -> Iterator[bytes]:
        while (line := self.lines.get()) is not None:
            if isinstance(line, BaseException):
                raise line
            yield line if isinstance(line, bytes) else json.dumps(line).encode()

    def close(self) -> None:
        self.closed = True
        self.lines.put(None)


QUICK = Silence(quiet=0.01, longest=0.05)


def test_events_come_in_their_order_and_the_answer_is_closed() -> None:
    feed = Feed({"status": "a"}, b"", {"status": "b"}, [1], None)
    assert list(events(feed, Silence(), pytest.fail)) == [{"status": "a"}, {"status": "b"}, {}]
    assert feed.closed


@pytest.mark.parametrize("line", [b"{not json", ConnectionResetError("gone")])
def test_a_stream_that_breaks_is_told_as_it_is(line: object) -> None:
    with pytest.raises((ValueError, ConnectionResetError)):
        list(events(Feed(line), Silence(), pytest.fail))


def test_silence_is_looked_into_and_then_given_up() -> None:
    looks = list[int]()
    feed = Feed({"status": "a"})
    with pytest.raises(UnavailableError, match="the daemon has pushed nothing for 0 s") as caught:
        list(events(feed, QUICK, lambda: looks.append(1)))
    assert (len(looks), caught.value.cause) == (4, "upload-timeout")
    assert feed.closed


def test_whoever_looks_may_end_it() -> None:
    def look() -> None:
        raise DeniedError("no right any more")

    with pytest.raises(DeniedError, match="no right any more"):
        list(events(Feed(), QUICK, look))


def test_an_event_ends_the_silence() -> None:
    feed, looks = Feed(), list[int]()

    def look() -> None:
        looks.append(1)
        feed.lines.put({"status": "on"} if len(looks) < 9 else None)

    assert len(list(events(feed, QUICK, look))) == 8


def test_a_reader_that_waits_is_woken_by_the_cut() -> None:
    near, far = socket.socketpair()
    feed = Feed()
    feed.raw = type("Raw", (), {"connection": type("Connection", (), {"sock": near})})
    found = events(feed, QUICK, lambda: feed.lines.put({"status": "on"}))
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert far.recv(1) == b""
    for each in (near, far):
        each.close()
