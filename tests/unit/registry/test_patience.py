import http.client
import socket
import ssl

import pytest

from ci_kit.errors import TransportError
from ci_kit.registry import trust
from ci_kit.registry.patience import PatientTransport, is_transient, may_pass, pause
from ci_kit.registry.transport import Request, Response
from tests.unit.servers import Answer, free_port, web


def caused_by(cause: BaseException | None) -> TransportError:
    error = TransportError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionResetError(),
        BrokenPipeError(),
        TimeoutError(),
        http.client.RemoteDisconnected(),
        http.client.IncompleteRead(b""),
        ssl.SSLEOFError(),
    ],
)
def test_a_connection_that_was_lost_is_worth_another_try(cause: BaseException) -> None:
    assert may_pass(caused_by(cause))


@pytest.mark.parametrize(
    "cause",
    [
        None,
        ConnectionRefusedError(),
        socket.gaierror(),
        ssl.SSLCertVerificationError(),
        http.client.InvalidURL(),
        OSError(113, "no route"),
        UnicodeError(),
    ],
)
def test_what_will_be_the_same_in_a_second_is_not(cause: BaseException | None) -> None:
    assert not may_pass(caused_by(cause))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_a_server_says_of_itself_may_pass(status: int) -> None:
    assert is_transient(Response(status, {}, b""))


@pytest.mark.parametrize("status", [200, 201, 202, 301, 400, 401, 403, 404, 405, 413, 501, 507])
def test_what_it_says_of_us_does_not(status: int) -> None:
    assert not is_transient(Response(status, {}, b""))


def test_a_full_disk_does_not_pass() -> None:
    assert not is_transient(Response(500, {}, b'{"errors":[{"detail":{"Err": 28}}]}'))


def test_pauses_double_and_a_server_may_ask_for_more_but_not_for_an_hour() -> None:
    for number, seconds in enumerate((0.5, 1, 2, 4)):
        assert 0.8 * seconds <= pause(number) <= 1.2 * seconds
    assert pause(0, {"retry-after": "9"}) == 9
    assert pause(0, {"retry-after": "3600"}) == 60
    assert pause(0, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) < 1


def patient() -> tuple[PatientTransport, list[float]]:
    slept: list[float] = []
    made = PatientTransport(lambda host: trust.context(()), timeout=5)
    made.sleep = slept.append
    return made, slept


@pytest.mark.parametrize(("failures", "asked"), [(0, 1), (1, 2), (4, 5), (9, 5)])
def test_five_tries_and_no_more(failures: int, asked: int) -> None:
    transport, slept = patient()
    answers = iter([Answer(503)] * failures + [Answer(200)] * 9)
    with web(lambda seen: next(answers)) as server:
        status = transport.send(Request("GET", f"http://{server.netloc}/", {})).status
        transport.close()
    assert (len(server.seen), len(slept)) == (asked, asked - 1)
    assert status == (200 if failures < 5 else 503)


def test_a_body_that_is_gone_is_sent_once() -> None:
    transport, slept = patient()
    with web(lambda seen: Answer(503)) as server:
        headers = {"Content-Length": "3"}
        status = transport.send(Request("PATCH", f"http://{server.netloc}/", headers, iter([b"a", b"bc"]))).status
        transport.close()
    assert (status, [one.body for one in server.seen], slept) == (503, [b"abc"], [])


def test_a_port_where_nothing_listens_is_asked_once() -> None:
    transport, slept = patient()
    with pytest.raises(TransportError, match="nothing listens there"):
        transport.send(Request("GET", f"http://127.0.0.1:{free_port()}/", {}))
    assert slept == []
