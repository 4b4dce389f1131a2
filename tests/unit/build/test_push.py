from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from ci_kit.build.push import push
from ci_kit.errors import (
    CiKitError,
    CredentialsError,
    DaemonError,
    DeniedError,
    ExpiredError,
    RegistryError,
    TransportError,
    UnavailableError,
)
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import trust
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Transport
from tests.unit.clock import Clock
from tests.unit.servers import Answer, Seen, Store, web


@dataclass
class Failing:
    """A builder whose pushes fail in this order, and then arrive."""

    store: Store
    failures: list[CiKitError]
    pushes: int = 0
    name: str = "failing"
    clock: Clock = field(default_factory=Clock)

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Nothing is built."""

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        self.pushes += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.store.image(plan.image.tag)


@contextmanager
def connected(answer: Callable[[Seen], Answer | None]) -> Iterator[RegistryClient]:
    with web(answer) as server:
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5))
        try:
            yield client
        finally:
            client.close()


def takes_uploads(store: Store, begun: int = 202) -> Callable[[Seen], Answer]:
    """A registry that begins uploads with this status, beside what the store does."""

    def answer(seen: Seen) -> Answer:
        if "/blobs/uploads/" in seen.path:
            where = (("Location", f"http://{seen.headers['host']}/v2/g/p/blobs/uploads/1"),)
            return Answer(begun if seen.method == "POST" else 202, b"", where)
        return store(seen)

    return answer


def pushed(builder: Failing, begun: int = 202) -> list[str]:
    lines = list[str]()
    with connected(takes_uploads(builder.store, begun)) as client:
        plan = BuildPlan("app", ImageRef(client.registry, "g/p", "1"), (), "/", "/Dockerfile", "", {}, {})
        patience = Patience(5, 90.0, 1.0, sleep=builder.clock.sleep, clock=builder.clock)
        assert push(plan, builder, client, lines.append, patience).digest == client.digest(plan.image)
    return lines


@pytest.mark.parametrize("failures", [0, 1, 4])
def test_what_may_pass_is_pushed_again_up_to_five_times(failures: int) -> None:
    builder = Failing(Store(), [UnavailableError("away")] * failures)
    lines = pushed(builder)
    assert (builder.pushes, len(builder.clock.slept)) == (failures + 1, failures)
    assert [line.rpartition(": ")[2] for line in lines] == ["away", "pushed again"] * failures


def test_then_its_cause_is_told() -> None:
    builder = Failing(Store(), [UnavailableError("away", cause="upstream-down")] * 9)
    with pytest.raises(UnavailableError, match="away") as caught:
        pushed(builder)
    assert (builder.pushes, caught.value.cause) == (5, "upstream-down")


def test_no_push_begins_long_after_the_first_that_failed() -> None:
    builder = Failing(Store(), [UnavailableError("away")] * 9)
    slow = builder.clock.sleep
    builder.clock.sleep = lambda seconds: slow(seconds + 44)  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        pushed(builder)
    assert builder.pushes == 3


@pytest.mark.parametrize(
    "failure",
    [DeniedError("x"), CredentialsError("x"), TransportError("x"), RegistryError("x"), DaemonError("x")],
    ids=lambda failure: type(failure).__name__,
)
def test_what_is_final_is_pushed_once(failure: CiKitError) -> None:
    builder = Failing(Store(), [failure])
    with pytest.raises(type(failure)):
        pushed(builder)
    assert (builder.pushes, builder.clock.slept) == (1, [])


@pytest.mark.parametrize("failure", [UnavailableError("EOF"), ExpiredError("unauthorized")])
def test_a_cause_that_the_registry_itself_names_ends_it_at_once(failure: CiKitError) -> None:
    builder = Failing(Store(), [failure])
    with pytest.raises(TransportError, match="the registry is read-only now"):
        pushed(builder, begun=405)
    assert builder.pushes == 1


def test_a_registry_that_cannot_be_asked_either_is_waited_for() -> None:
    builder = Failing(Store(), [UnavailableError("502")])
    pushed(builder, begun=502)
    assert builder.pushes == 2


@pytest.mark.parametrize(("failures", "pushes"), [(1, 2), (2, 2)])
def test_a_token_that_ended_is_replaced_once(failures: int, pushes: int) -> None:
    builder = Failing(Store(), [ExpiredError("unauthorized")] * failures)
    if failures == 1:
        pushed(builder)
    else:
        with pytest.raises(ExpiredError):
            pushed(builder)
    assert builder.pushes == pushes
