"""Our reading of an HTTP answer beside that of http.client, byte for byte."""

import http.client
import socket

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from ci_kit.errors import TransportError
from ci_kit.registry.answer import Answer
from ci_kit.registry.network_fault import Garbled, NoAnswer

HOST = "registry.example.com"
NAMES = some.sampled_from(["Content-Type", "Docker-Content-Digest", "Link", "ETag", "Www-Authenticate", "X"])
VALUES = some.text(some.characters(min_codepoint=33, max_codepoint=126), max_size=30)
BODIES = some.binary(max_size=200)
Read = tuple[int, dict[str, str], bytes]


def ours(sent: bytes, method: str) -> Read:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(sent)
        far.shutdown(socket.SHUT_WR)
        answer = Answer(near, method)
        return answer.status, answer.headers, answer.body(HOST)


def theirs(sent: bytes, method: str) -> Read:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(sent)
        far.shutdown(socket.SHUT_WR)
        with http.client.HTTPResponse(near, method=method) as answer:
            answer.begin()
            body = answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def chunked(body: bytes, cuts: list[int]) -> bytes:
    ends = sorted({min(cut, len(body)) for cut in cuts} | {len(body)})
    pieces = [body[begin:end] for begin, end in zip([0, *ends], ends, strict=False) if begin < end]
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


@some.composite
def answers(draw: some.DrawFn) -> bytes:
    """An answer whose body has its length, is in chunks, or ends with the connection."""
    status = draw(some.sampled_from([200, 201, 204, 206, 304, 401, 404, 500]))
    body = b"" if status in (204, 304) else draw(BODIES)
    lines = [b"HTTP/1.1 %d Some words" % status]
    lines += [f"{name}: {value}".encode() for name, value in draw(some.dictionaries(NAMES, VALUES)).items()]
    form = "length" if status in (204, 304) else draw(some.sampled_from(["length", "chunks", "end"]))
    if form == "chunks":
        lines.append(b"Transfer-Encoding: chunked")
        body = chunked(body, draw(some.lists(some.integers(1, 200), max_size=4)))
    lines += [b"Content-Length: %d" % len(body)] if form == "length" else []
    lines += [b"Connection: close"] if form == "end" else []
    before = b"HTTP/1.1 100 Continue\r\n\r\n" if draw(some.booleans()) else b""
    return before + b"\r\n".join([*lines, b"", b""]) + body


@given(sent=answers(), method=some.sampled_from(["GET", "HEAD", "PUT"]))
@settings(max_examples=500, deadline=None)
def test_an_answer_is_read_as_http_client_reads_it(sent: bytes, method: str) -> None:
    assert ours(sent, method) == theirs(sent, method)


@given(sent=answers(), at=some.integers(0, 400))
@settings(max_examples=500, deadline=None)
def test_an_answer_that_is_cut_is_never_taken_for_a_whole_one(sent: bytes, at: int) -> None:
    assume(b"Connection: close" not in sent)  # such a body ends where the connection does
    cut = sent[: min(at, len(sent) - 1)]
    try:
        read = ours(cut, "GET")
    except (Garbled, NoAnswer):
        return
    assert read == ours(sent, "GET")  # what is missing is no part of the answer


@given(sent=some.binary(max_size=300) | answers().map(lambda sent: sent.replace(b"\r", b"", 1)))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_an_answer_or_a_named_failure(sent: bytes) -> None:
    try:
        status, headers, _ = ours(sent, "GET")
    except (Garbled, NoAnswer, TransportError):
        return
    assert 200 <= status <= 599
    assert all(name == name.lower() for name in headers)


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 40, "0x10"])
def test_a_length_that_is_none_is_not_believed(length: str) -> None:
    sent = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nbody".encode()
    near, far = socket.socketpair()
    with near, far:
        far.sendall(sent)
        far.shutdown(socket.SHUT_WR)
        answer = Answer(near)
        assert answer.body(HOST) == b"body"
        assert not answer.kept
