"""Pieces of work that need each other: each begins when those it needs are done, some of them at the same time."""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from typing import NamedTuple, NoReturn, TypeVar

Result = TypeVar("Result")

_MOMENT = 2.0  # seconds; what was told to stop cleans up in less


class Lineup(NamedTuple):
    """What there is to do: `names`, each after those it needs, at most `jobs` at the same time.

    `stop` ends what is at work, when not all of it can be waited for.
    """

    names: Sequence[str]
    needs: Mapping[str, Collection[str]]
    jobs: int
    stop: Callable[[], None]

    def run(self, work: Callable[[str], Result], seen: Callable[[str, Result], None]) -> None:
        """Give every name and what `work` returns for it to `seen`, as they are done; a need is seen before.

        `seen` is called in this thread, and so is `work` where one comes after the other. What `work` or `seen` raises
        is raised here, when the others were stopped and a moment was given to them.
        """
        if self.jobs == 1 or len(self.names) == 1:
            for name in self.names:
                seen(name, work(name))
            return
        threads: list[threading.Thread] = []
        try:
            self._together(work, seen, threads)
        except BaseException:
            self.stop()
            end = time.monotonic() + _MOMENT
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
            self.stop()  # what began in the meantime
            raise

    def _together(
        self, work: Callable[[str], Result], seen: Callable[[str, Result], None], threads: list[threading.Thread]
    ) -> None:
        answers: SimpleQueue[tuple[str, Callable[[], Result]]] = SimpleQueue()
        waiting, at_work, done = list(self.names), 0, set[str]()

        def run(name: str) -> None:
            try:
                result = work(name)
                answers.put((name, lambda: result))
            except BaseException as error:
                answers.put((name, partial(_raise, error)))

        while waiting or at_work:
            for name in [name for name in waiting if done.issuperset(self.needs[name])][: self.jobs - at_work]:
                waiting.remove(name)
                at_work += 1
                threads.append(threading.Thread(target=run, args=(name,), daemon=True))  # an exit waits for no answer
                threads[-1].start()
            name, answer = answers.get()
            at_work -= 1
            seen(name, answer())
            done.add(name)


def _raise(error: BaseException) -> NoReturn:
    raise error
