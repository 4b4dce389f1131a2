import email.utils
import socket
import ssl
import time

import pytest

from ci_kit.errors import TransportError, UnavailableError
from ci_kit.registry import trust
from ci_kit.registry.network_fault import Incomplete, NoAnswer, Unsendable, explain
from ci_kit.registry.patience import Patience, is_transient
from ci_kit.registry.transport import Request, Transport
from tests.unit.clock import Clock
from tests.unit.servers import Answer, free_port, web


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionResetError(),
        BrokenPipeError(),
        TimeoutError(),
        NoAnswer(),
        Incomplete(),
        ssl.SSLEOFError(),
    ],
)
def test_a_connection_that_was_lost_is_worth_another_try(cause: Exception) -> None:
    assert isinstance(explain(cause, "host"), UnavailableError)


@pytest.mark.parametrize(
    "cause",
    [
        ConnectionRefusedError(),
        socket.gaierror(),
        Unsendable(),
        OSError(113, "no route"),
        UnicodeError(),
        ValueError(),
    ],
)
def test_what_will_be_the_same_in_a_second_is_not(cause: Exception) -> None:
    assert not isinstance(explain(cause, "host"), UnavailableError)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_a_server_says_of_itself_may_pass(status: int) -> None:
    assert is_transient(status)


@pytest.mark.parametrize("status", [200, 201, 202, 301, 400, 401, 403, 404, 405, 413, 501, 507])
def test_what_it_says_of_us_does_not(status: int) -> None:
    assert not is_transient(status)


def test_a_full_disk_does_not_pass() -> None:
    assert not is_transient(500, b'{"errors":[{"detail":{"Err": 28}}]}')


@pytest.fixture
def clock() -> Clock:
    return Clock()


def patient(clock: Clock, **settings: float) -> Patience:
    return Patience(sleep=clock.sleep, clock=clock, **settings)


def test_pauses_double_with_a_little_chance_and_end_after_five_attempts(clock: Clock) -> None:
    tries = patient(clock).tries()
    assert [tries.again() for _ in range(5)] == [True, True, True, True, False]
    for slept, seconds in zip(clock.slept, (0.5, 1, 2, 4), strict=True):
        assert 0.8 * seconds <= slept <= 1.2 * seconds


def test_no_attempt_begins_after_the_time_is_over(clock: Clock) -> None:
    tries = patient(clock, seconds=60).tries()
    clock.now += 59.9
    assert not tries.again()
    assert clock.slept == []


@pytest.mark.parametrize(("asked", "seconds"), [("9", 9), ("0", 0), ("date", 30), ("60", 60)])
def test_a_server_that_says_when_is_obeyed(clock: Clock, asked: str, seconds: float) -> None:
    said = email.utils.formatdate(time.time() + 30, usegmt=True) if asked == "date" else asked
    assert patient(clock).tries().again({"retry-after": said})
    assert seconds - 2 <= sum(clock.slept) <= 1.2 * seconds + 2


@pytest.mark.parametrize("asked", ["61", "3600", "999999999"])
def test_one_that_wants_an_hour_is_not_waited_for(clock: Clock, asked: str) -> None:
    assert not patient(clock).tries().again({"retry-after": asked})
    assert clock.slept == []


@pytest.mark.parametrize("asked", ["", "soon", "-1", "9" * 400, "1e9", "\x00"])
def test_one_that_says_nothing_sensible_is_asked_again_soon(clock: Clock, asked: str) -> None:
    assert patient(clock).tries().again({"retry-after": asked})
    assert sum(clock.slept) < 1


def test_whoever_is_asked_to_wait_holds_up_the_others(clock: Clock) -> None:
    patience = patient(clock)
    patience.tries().again({"retry-after": "9"})
    clock.now -= 4
    patience.keep_still()
    assert 9 <= clock.slept[0] <= 10.8
    assert clock.slept[1:] == [pytest.approx(4)]
    patience.keep_still()
    assert len(clock.slept) == 2


def test_all_that_share_it_lose_no_more_than_ten_minutes(clock: Clock) -> None:
    patience = patient(clock)
    for _ in range(9):
        tries = patience.tries()
        clock.now += 65
        assert tries.again()
    tries = patience.tries()
    clock.now += 65
    assert not tries.again()


def test_progress_begins_to_count_anew(clock: Clock) -> None:
    tries = patient(clock).tries()
    for _ in range(4):
        assert tries.again()
    tries.progress()
    assert tries.again()
    assert clock.slept[-1] < 1


def transport(clock: Clock) -> Transport:
    return Transport(lambda host: trust.context(()), timeout=5, patience=patient(clock))


@pytest.mark.parametrize(("failures", "asked"), [(0, 1), (1, 2), (4, 5), (9, 5)])
def test_five_tries_and_no_more(clock: Clock, failures: int, asked: int) -> None:
    answers = iter([Answer(503)] * failures + [Answer(200)] * 9)
    with web(lambda seen: next(answers)) as server:
        sender = transport(clock)
        status = sender.send(Request("GET", f"http://{server.netloc}/", {})).status
        sender.close()
    assert (len(server.seen), len(clock.slept)) == (asked, asked - 1)
    assert status == (200 if failures < 5 else 503)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_server_that_hangs_up_is_asked_five_times(clock: Clock, method: str) -> None:
    sender = transport(clock)
    with web(lambda seen: None) as server, pytest.raises(UnavailableError, match="without an answer"):
        sender.send(Request(method, f"http://{server.netloc}/", {}, b"x" if method == "PUT" else None))
    assert (len(server.seen), len(clock.slept)) == (5, 4)


def test_without_patience_nothing_is_asked_twice() -> None:
    sender = Transport(lambda host: trust.context(()), timeout=5)
    with web(lambda seen: Answer(503)) as server:
        assert sender.send(Request("GET", f"http://{server.netloc}/", {})).status == 503
        sender.close()
    assert len(server.seen) == 1


def test_a_body_that_is_gone_is_sent_once(clock: Clock) -> None:
    sender = transport(clock)
    with web(lambda seen: Answer(503)) as server:
        headers = {"Content-Length": "3"}
        status = sender.send(Request("PATCH", f"http://{server.netloc}/", headers, iter([b"a", b"bc"]))).status
        sender.close()
    assert (status, [one.body for one in server.seen], clock.slept) == (503, [b"abc"], [])


def test_a_port_where_nothing_listens_is_asked_once(clock: Clock) -> None:
    with pytest.raises(TransportError, match="nothing listens there"):
        transport(clock).send(Request("GET", f"http://127.0.0.1:{free_port()}/", {}))
    assert clock.slept == []
