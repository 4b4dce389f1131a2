"""Questions by the thousand to one registry: a failure is one answer's, until nothing is answered any more."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ci_kit.errors import CredentialsError, RegistryError
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.lanes import Lanes

Item = TypeVar("Item")
Result = TypeVar("Result")

_CONNECTIONS = 8
_BATCH = 8  # items a lane takes at a time
_MOMENT = 0.4  # seconds; lanes that are done end in less
_FAILURES = 16  # in a row, without a success between: the registry is away, and asking on would only take long


class Crew:
    """Clients of one registry and one identity. `close` ends their connections."""

    def __init__(self, registry: RegistryClient) -> None:
        """Keep whose siblings work; nothing is sent yet."""
        self.registry = registry
        self._clients: list[RegistryClient] = []
        self._lanes: Lanes[RegistryClient] = Lanes(())

    def each(
        self, work: Callable[[RegistryClient, Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | RegistryError]]:
        """Yield every item with what `work` returns or the RegistryError it raises, as they come in.

        CredentialsError when nobody may ask; the last failure when the registry answers nothing any more.
        """
        while len(self._clients) < min(_CONNECTIONS, len(items)):
            self._clients.append(self.registry.sibling())
        self._lanes = Lanes(self._clients, left=RegistryClient.close)
        size = min(len(items) // (4 * _CONNECTIONS) + 1, _BATCH)
        failures = 0
        for done in self._lanes.completed(work, items, size):
            result = done.result
            failures = failures + 1 if isinstance(result, BaseException) else 0
            if isinstance(result, BaseException) and _ends_all(result, failures):
                raise result
            assert not isinstance(result, BaseException) or isinstance(result, RegistryError)
            yield items[done.index], result

    def close(self) -> None:
        """Close the connections; those of a lane that was given up and still waits for an answer end with it."""
        busy = self._lanes.wait(_MOMENT)
        for number, client in enumerate(self._clients):
            if number not in busy:
                client.close()


def _ends_all(failure: BaseException, in_a_row: int) -> bool:
    """Tell whether a failure is more than that of its item."""
    return not isinstance(failure, RegistryError) or isinstance(failure, CredentialsError) or in_a_row >= _FAILURES
