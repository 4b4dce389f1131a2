"""Work in the order of its needs, several pieces at a time."""

import signal
import threading
import time

import pytest

from ci_kit.build.family.lineup import Lineup

NEEDS = {"a": (), "b": (), "c": ("a", "b"), "d": ("c",), "e": ()}


def lineup(jobs: int, stop: threading.Event | None = None) -> Lineup:
    return Lineup(list(NEEDS), NEEDS, jobs, (stop or threading.Event()).set)


@pytest.mark.parametrize("jobs", [1, 2, 3, 9])
def test_each_begins_when_what_it_needs_was_seen(jobs: int) -> None:
    seen: dict[str, str] = {}

    def work(name: str) -> str:
        assert set(NEEDS[name]) <= set(seen)
        return name.upper()

    lineup(jobs).run(work, seen.__setitem__)
    assert seen == {name: name.upper() for name in NEEDS}


def test_as_many_as_allowed_are_at_work_at_the_same_time() -> None:
    together, lock = threading.Barrier(3), threading.Lock()
    at_work = most = 0

    def work(name: str) -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        together.wait(timeout=20)
        with lock:
            at_work -= 1

    names = [str(number) for number in range(6)]
    Lineup(names, dict.fromkeys(names, ()), 3, together.abort).run(work, lambda name, result: None)
    assert most == 3


def test_one_after_the_other_they_work_here() -> None:
    threads = []
    lineup(1).run(lambda name: threading.current_thread(), lambda name, thread: threads.append(thread))
    assert set(threads) == {threading.current_thread()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_may_be_a_result(jobs: int) -> None:
    seen: dict[str, BaseException] = {}
    lineup(jobs).run(lambda name: KeyError(name), seen.__setitem__)
    assert sorted(seen) == list(NEEDS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_is_raised_here(jobs: int) -> None:
    def work(name: str) -> None:
        raise ZeroDivisionError(name)

    with pytest.raises(ZeroDivisionError):
        lineup(jobs).run(work, lambda name, result: None)


@pytest.mark.parametrize("fault", ["seen", "signal"])
def test_what_is_at_work_is_stopped_and_waited_for(fault: str) -> None:
    stopped, ended = threading.Event(), threading.Event()

    def work(name: str) -> None:
        if name == "b" or fault == "signal":
            stopped.wait(timeout=20)
            time.sleep(0.05)
            ended.set()

    def seen(name: str, result: None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, lambda number, frame: seen("", None))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1 if fault == "signal" else 0)
        with pytest.raises(KeyboardInterrupt):
            lineup(2, stopped).run(work, seen)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert ended.is_set()
