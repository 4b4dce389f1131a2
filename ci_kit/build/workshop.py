"""What the builders of one run share: logins, variables, and what is opened once for all images."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from ci_kit.build.engine import Engine
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.options.cache_options import Has
from ci_kit.build.private_config import private_config
from ci_kit.daemon import endpoint, readiness
from ci_kit.model.builder import Builder, Output
from ci_kit.registry.auth import Credentials

_Opened = TypeVar("_Opened")


class Opened:
    """What the builders of a run have opened so far, by what opens it; `closing` ends it all."""

    def __init__(self) -> None:
        self.closing = ExitStack()
        self.lock = threading.RLock()
        self.known: dict[Any, Callable[[], Any]] = {}


class Workshop(NamedTuple):
    """Where a builder works; `logins` by registry, `environ` with a DOCKER_CONFIG of our own that holds them.

    The daemon gets `wait_seconds` to answer, and `output` is told when it is waited for. `buildkit` is the one for
    buildx. `has` tells the digest of a cache that is there. `mirror` is the address of a mirror of Docker Hub, if any.
    """

    environ: Mapping[str, str]
    logins: Mapping[str, Credentials]
    wait_seconds: float
    output: Output
    opened: Opened
    buildkit: BuildKit = THE_DAEMONS
    has: Has = lambda reference: ""
    mirror: str = ""

    @property
    def folder(self) -> Path:
        """The private folder of the run, 0700, removed at its end: the one of DOCKER_CONFIG."""
        return Path(self.environ["DOCKER_CONFIG"])

    def new_file(self, name: str) -> Path:
        """Return the path of a file that nobody else has, in a private folder of its own; it is not there yet."""
        return Path(tempfile.mkdtemp(dir=self.folder), name)

    def engine(self) -> Engine:
        """Return the daemon, waited for at the first call; DaemonError, at every call, when it does not answer."""
        return self.once(_engine)

    def expect_engine(self) -> None:
        """Begin to wait for the daemon in another thread; `engine` waits for the same and raises how it failed."""
        threading.Thread(target=self._expected_engine, daemon=True).start()

    def _expected_engine(self) -> None:
        with suppress(Exception):  # `engine` raises it again where the daemon is needed
            _ = self.engine().has_containerd_store  # which it remembers

    def once(self, make: "Callable[[Workshop], AbstractContextManager[_Opened]]") -> _Opened:
        """Return what `make` opens: once, at the first call of any thread; it is closed when the run ends.

        What the first call raises, every later one raises too.
        """
        opened = self.opened
        with opened.lock:
            if make not in opened.known:
                try:
                    there = opened.closing.enter_context(make(self))
                    opened.known[make] = lambda: there
                except Exception as error:
                    opened.known[make] = _raising(error)
            answer: _Opened = opened.known[make]()
        return answer


class BuilderKind(Protocol):
    """What is known of a builder before it is made: its name, and whether it can work here."""

    name: str

    def __call__(self, workshop: Workshop) -> Builder:
        """Return the builder at work in `workshop`; nothing is started yet."""
        ...

    def missing(self, environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what the builder lacks here, empty when it can work; no daemon is asked, and nothing is left."""
        ...


@contextmanager
def workshop(asked: Workshop) -> Iterator[Workshop]:
    """Yield the workshop of one run, which is `asked` with a DOCKER_CONFIG of its own.

    What was opened in it is closed, and its private folder gone, when it ends.
    """
    with private_config(asked.logins, asked.environ) as inside, asked.opened.closing:
        yield asked._replace(environ=inside)


@contextmanager
def _engine(shop: Workshop) -> Iterator[Engine]:
    found = endpoint.find(shop.environ)
    ready = readiness.wait(found, shop.wait_seconds, shop.output)
    engine = Engine(found, ready, shop.environ["DOCKER_CONFIG"])
    try:
        yield engine
    finally:
        engine.close()


def _raising(error: Exception) -> Callable[[], Any]:
    def again() -> Any:
        raise error

    return again
