"""Several things at a time, each lane with connections of its own; the first failure stops the others."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Lane = TypeVar("Lane")
Item = TypeVar("Item")
Result = TypeVar("Result")
_GRACE = 5.0  # seconds for what other lanes are at


def each(
    lanes: Sequence[Lane], items: Sequence[Item], work: Callable[[Lane, Item], Result], stop: threading.Event
) -> list[Result]:
    """Return what `work` gives for each item, in the order of the items; the first failure is raised.

    `stop` is set then, for work that looks at it; a lane that does not end in five seconds is left behind.
    """
    if len(lanes) == 1 or len(items) < 2:
        return [work(lanes[0], item) for item in items]
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(items)):
        waiting.put(index)
    said: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()

    def run(lane: Lane) -> None:
        while not stop.is_set():
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                said.put((index, work(lane, items[index]), None))
            except BaseException as error:
                said.put((index, None, error))

    threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in lanes[: len(items)]]
    for thread in threads:
        thread.start()
    try:
        return _gathered(said, len(items))
    except BaseException:
        stop.set()
        for thread in threads:
            thread.join(_GRACE / len(threads))
        raise


def _gathered(said: "queue.SimpleQueue[tuple[int, Result | None, BaseException | None]]", count: int) -> list[Result]:
    found: dict[int, Result] = {}
    while len(found) < count:
        index, result, failure = said.get()
        if failure is not None:
            raise failure
        found[index] = result  # type: ignore[assignment]
    return [found[index] for index in range(count)]
