"""The same work on many items, several at a time: each lane is a thread with connections of its own."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

Lane = TypeVar("Lane")
Item = TypeVar("Item")
Result = TypeVar("Result")
_GRACE = 5.0  # seconds for what other lanes are at


class Done(Generic[Result]):
    """What became of the item of an index: the result, or the exception that the work raised."""

    def __init__(self, index: int, result: Result | BaseException) -> None:
        self.index = index
        self.result = result


class Lanes(Generic[Lane]):
    """Work on many items at once; `stop` is set when it shall end early, for work that looks at it."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        stop: threading.Event | None = None,
        left: Callable[[Lane], None] = lambda lane: None,
    ) -> None:
        """Keep the lanes; their threads start with the work. `left` is done with a lane that ends after a stop."""
        self._left = left
        self.stop = stop or threading.Event()
        self._lanes = lanes
        self._threads: list[threading.Thread] = []

    def each(self, work: Callable[[Lane, Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return what `work` gives for each item, in the order of the items; the first failure is raised.

        A lane that does not end in five seconds then is left behind.
        """
        if len(self._lanes) == 1 or len(items) < 2:
            return [work(self._lanes[0], item) for item in items]
        found: dict[int, Result] = {}
        try:
            for done in self.completed(work, items):
                if isinstance(done.result, BaseException):
                    raise done.result
                found[done.index] = done.result
        except BaseException:
            self.wait(_GRACE)
            raise
        return [found[index] for index in range(len(items))]

    def completed(
        self, work: Callable[[Lane, Item], Result], items: Sequence[Item], batch: int = 1
    ) -> Iterator[Done[Result]]:
        """Yield what became of each item, as they come in; whoever goes away before the end stops the lanes.

        A lane takes `batch` items at a time: to wake the others for each costs more than quick work.
        """
        waiting: queue.SimpleQueue[range] = queue.SimpleQueue()
        for begin in range(0, len(items), batch):
            waiting.put(range(begin, min(begin + batch, len(items))))
        done: queue.SimpleQueue[list[Done[Result]]] = queue.SimpleQueue()

        def run(lane: Lane) -> None:
            while not self.stop.is_set():
                try:
                    indices = waiting.get_nowait()
                except queue.Empty:
                    return
                done.put([_tried(work, lane, items, index) for index in indices])
            self._left(lane)

        self._threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in self._lanes[: len(items)]]
        for thread in self._threads:
            thread.start()
        count = 0
        try:
            while count < len(items):
                batch_done = done.get()
                count += len(batch_done)
                yield from batch_done
        finally:
            if count < len(items):
                self.stop.set()

    def wait(self, seconds: float) -> set[int]:
        """Return the lanes, by number, that are still at work after `seconds`."""
        for thread in self._threads:
            thread.join(seconds / len(self._threads))
        return {number for number, thread in enumerate(self._threads) if thread.is_alive()}


def _tried(work: Callable[[Lane, Item], Result], lane: Lane, items: Sequence[Item], index: int) -> Done[Result]:
    try:
        return Done(index, work(lane, items[index]))
    except BaseException as error:  # raised again in the thread that asked
        return Done(index, error)
