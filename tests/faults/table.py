"""All cases at once, in threads: most of their time is docker's own waiting."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ci_kit.build.daemon_push import Silence
from ci_kit.build.engine import Engine
from ci_kit.build.push import push
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready
from ci_kit.errors import CiKitError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.blob import blobs
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.promotion import Promotion, Wish
from ci_kit.registry.tag import ANYWAY
from ci_kit.registry.transport import Transport
from ci_kit.registry.upload import has_blob
from tests.faults.case import Case, all_cases
from tests.faults.proxy import Door
from tests.faults.rule import EVER, Rule
from tests.pushing import Far
from tests.rig import Rig

_TOGETHER, _OURS_TOGETHER = 110, 10
_TINY = "ci-kit-faults:1"
_TAG = "latest"
_SILENCE = Silence(quiet=4.0, longest=12.0)
_SLOWEST = 3.0  # seconds of an answer, for what is stalled


class Outcome(NamedTuple):
    """What was reported: a digest, or the failure with its cause."""

    digest: str = ""
    failure: CiKitError | None = None


@dataclass(slots=True)
class Table:
    """The cases of a rig and what came of them."""

    rig: Rig
    daemon: str
    door: Door
    folder: Path
    outcomes: dict[Case, "Future[Outcome]"] = field(default_factory=dict)
    _source: str = ""
    _stamp: str = field(default_factory=lambda: secrets.token_hex(4))

    @contextmanager
    def running(self) -> Iterator["Table"]:
        """Start them all; daemon's first, as they take longest."""
        self._source = self._prepare()
        waiting = [case for case in all_cases() if case.way == "daemon"]
        waiting.sort(key=lambda case: not case.ever)
        with ThreadPoolExecutor(_TOGETHER) as daemons, ThreadPoolExecutor(_OURS_TOGETHER) as ours:
            self.outcomes = {case: daemons.submit(self._outcome, case) for case in waiting}
            for case in sorted(all_cases(), key=lambda case: case.fault != "stall"):  # what takes longest begins first
                if case not in self.outcomes:
                    self.outcomes[case] = ours.submit(self._outcome, case)
            yield self

    def there(self, case: Case) -> str:
        """The digest that the registry itself has under the case's tag; an image that is not whole fails the test."""
        with self._client(self.rig.registry) as registry:
            where = ImageRef(self.rig.registry, self._repository(case), _TAG)
            if not registry.digest(where):
                return ""
            manifest = registry.manifest(where)
            assert all(has_blob(registry, where.repository, blob.digest) for blob in blobs(manifest)), where
            return manifest.digest

    def _outcome(self, case: Case) -> Outcome:
        agent = "docker/" if case.way == "daemon" and not case.ever else ""
        with self.door.open(Rule(case.kind, case.fault, EVER if case.ever else 1, agent=agent)) as proxy:
            try:
                digest = (self._push if case.way == "daemon" else self._promote)(case, proxy.host)
            except CiKitError as error:
                return Outcome(failure=error)
            finally:
                assert proxy.rules[0].met, f"{case} met no fault: {proxy.seen}"
        return Outcome(digest)

    def _push(self, case: Case, host: str) -> str:
        image = ImageRef(host, self._repository(case), _TAG)
        with _docker(self.daemon) as docker:
            docker.tag(_TINY, image.name, _TAG)
            ready = Ready(docker.api_version, buildkit=True)
        engine = Engine(Endpoint(self.daemon), ready, str(self.folder), _SILENCE)
        plan = BuildPlan("app", image, (), "/", "/Dockerfile", "", {}, {})
        patience = Patience(attempts=3, seconds=20.0, first=0.1)
        try:
            with self._client(host) as registry:
                builder = _Pushing(engine, registry.credentials)
                return push(plan, builder, registry, lambda line: None, patience).digest
        finally:
            engine.close()

    def _promote(self, case: Case, host: str) -> str:
        hosts = (host, self.rig.registry) if case.way == "source" else (self.rig.registry, host)
        source = ImageRef.split(self._source)
        target = ImageRef(hosts[1], self._repository(case), _TAG)
        wish = Wish(source._replace(registry=hosts[0]), (target,), ANYWAY, with_referrers=False)
        made = Promotion(wish, self._who(), lambda registry: self._who(), self._opened)
        try:
            return next(made.run()).manifest.digest
        finally:
            made.close()

    def _prepare(self) -> str:
        """Put a tiny image into the daemon, and one with a layer of several chunks into the registry."""
        (self.folder / "x").write_bytes(b"x")
        (self.folder / "Dockerfile").write_text("FROM scratch\nCOPY x /x\n")
        with _docker(self.daemon) as docker:
            assert any("stream" in line for line in docker.build(path=str(self.folder), tag=_TINY, decode=True))
        realm = f"{self.rig.gitlab}/jwt/auth"
        repository = f"{self.rig.registry_path}/faults-source-{self._stamp}"
        far = Far(self.rig.registry, repository, Path(self.rig.ca), "ci-user", self.rig.password("ci-user"), realm)
        far.image(_TAG, 1_500_000)
        return f"{far.name}:{_TAG}"

    def _repository(self, case: Case) -> str:
        return f"{self.rig.registry_path}/faults-{self._stamp}-{case.name}"

    def _who(self) -> Credentials:
        return Credentials("ci-user", self.rig.password("ci-user"), "test")

    def _opened(self, registry: str, who: Credentials, actions: Mapping[str, str] | None = None) -> RegistryClient:
        files = (Path(self.rig.ca),)
        patience = Patience(attempts=3, first=0.05)
        transport = Transport(lambda host: trust.context(files), timeout=_SLOWEST, patience=patience)
        return RegistryClient(registry, transport, who, actions)

    @contextmanager
    def _client(self, registry: str) -> Iterator[RegistryClient]:
        client = self._opened(registry, self._who())
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _docker(host: str) -> Iterator[Any]:
    import docker

    client = docker.APIClient(base_url=host)
    try:
        yield client
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class _Pushing:
    """A builder that has built already."""

    engine: Engine
    credentials: Credentials
    name: str = "docker"

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Nothing is left to do."""

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        return self.engine.push(plan.image, self.credentials, output, stuck)
