"""The same work on many items, in threads that each have connections of their own, kept alive."""

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from ci_kit.errors import CredentialsError, RegistryError
from ci_kit.registry.client import RegistryClient

Item = TypeVar("Item")
Result = TypeVar("Result")

_CONNECTIONS = 8
_BATCH = 8  # items a thread takes at a time: to wake the others for each costs more than the work
_MOMENT = 0.05  # seconds; a thread that is done ends in less
_FAILURES = 16  # in a row, without a success between: the registry is away, and asking on would only take long


class Crew:
    """Clients of one registry and one identity. `close` ends their connections."""

    def __init__(self, registry: RegistryClient) -> None:
        """Keep whose siblings work; nothing is sent yet."""
        self.registry = registry
        self._clients: list[RegistryClient] = []
        self._threads: list[threading.Thread] = []

    def each(
        self, work: Callable[[RegistryClient, Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | RegistryError]]:
        """Yield every item with what `work` returns or the RegistryError it raises, as they come in.

        CredentialsError when nobody may ask; the last failure when the registry answers nothing any more.
        """
        while len(self._clients) < min(_CONNECTIONS, len(items)):
            self._clients.append(self.registry.sibling())
        shift = _Shift(work, items)
        try:
            self._threads = [shift.start(client) for client in self._clients[: len(items)]]
            yield from shift.results(len(items))
        except BaseException:
            shift.given_up.set()
            raise

    def close(self) -> None:
        """Close the connections; a thread that was given up and still waits for an answer closes its own."""
        busy = set[int]()
        for number, thread in enumerate(self._threads):
            thread.join(_MOMENT)
            busy |= {number} if thread.is_alive() else set()
        for number, client in enumerate(self._clients):
            if number not in busy:
                client.close()


class _Shift(Generic[Item, Result]):
    """The threads of one call of `each`."""

    def __init__(self, work: Callable[[RegistryClient, Item], Result], items: Sequence[Item]) -> None:
        self.given_up = threading.Event()
        self._work = work
        self._left: SimpleQueue[Sequence[Item]] = SimpleQueue()
        self._done: SimpleQueue[list[tuple[Item, Result | BaseException]]] = SimpleQueue()
        size = min(len(items) // (4 * _CONNECTIONS) + 1, _BATCH)
        for begin in range(0, len(items), size):
            self._left.put(items[begin : begin + size])

    def start(self, client: RegistryClient) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(client,), daemon=True)  # an interrupt waits for no answer
        thread.start()
        return thread

    def results(self, count: int) -> Iterator[tuple[Item, Result | RegistryError]]:
        failures = done = 0
        while done < count:
            batch = self._done.get()
            done += len(batch)
            for item, result in batch:
                failures = failures + 1 if isinstance(result, BaseException) else 0
                if isinstance(result, BaseException) and not isinstance(result, RegistryError):
                    raise result
                if isinstance(result, CredentialsError) or (
                    isinstance(result, RegistryError) and failures >= _FAILURES
                ):
                    raise result
                yield item, result

    def _run(self, client: RegistryClient) -> None:
        try:
            while not self.given_up.is_set():
                self._done.put([(item, self._try(client, item)) for item in self._left.get_nowait()])
        except Empty:
            pass
        if self.given_up.is_set():
            client.close()

    def _try(self, client: RegistryClient, item: Item) -> Result | BaseException:
        try:
            return self._work(client, item)
        except BaseException as error:  # raised again in the thread that asked
            return error
