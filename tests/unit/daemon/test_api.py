"""What is asked of a daemon at work: all is sent, and no answer is lost."""

from collections.abc import Iterator
from http.client import HTTPException

import pytest

from ci_kit.daemon import api
from ci_kit.daemon.endpoint import Endpoint
from tests.unit.servers import Answer, web

EVENTS = b'{"stream": "one"}\r\n\r\n[1]\n{"aux": {"ID": "x"}}'


def pieces() -> Iterator[bytes]:
    yield b"1" * 100_000
    yield b""
    yield b"2"


def told(answer: Answer | None, body: Iterator[bytes]) -> tuple[list[object], bytes]:
    with web(lambda seen: answer) as server:
        endpoint = Endpoint(f"tcp://{server.netloc}")
        with api.working(endpoint, "/build", body, {"Content-Type": "application/x-tar"}) as events:
            return list(events), server.seen[0].body


@pytest.mark.parametrize("chunked", [True, False])
def test_all_is_sent_and_each_event_is_told(chunked: bool) -> None:
    found, body = told(Answer(200, EVENTS, chunked=chunked), pieces())
    assert found == [{"stream": "one"}, {}, {"aux": {"ID": "x"}}]
    assert body == b"1" * 100_000 + b"2"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(400, b'{"message": "no such parameter"}'), "no such parameter"),
        (Answer(500, b"plain words"), "plain words"),
        (Answer(503), "it answers 503"),
    ],
)
def test_a_refusal_is_an_event(answer: Answer, expected: str) -> None:
    assert told(answer, pieces())[0] == [{"error": expected}]


@pytest.mark.parametrize("answer", [Answer(200, EVENTS, hang_up=True, chunked=True), Answer(200, b"{nothing"), None])
def test_what_breaks_off_is_raised(answer: Answer | None) -> None:
    with pytest.raises((OSError, HTTPException, ValueError)):
        told(answer, pieces())


def test_a_body_that_cannot_be_read_ends_the_work() -> None:
    def broken() -> Iterator[bytes]:
        yield b"1"
        raise LookupError("a file is gone")

    with pytest.raises(LookupError, match="a file is gone"):
        told(Answer(200, EVENTS), broken())
