"""One run of build-push: registries asked first, then the daemon, then each image in turn."""

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ci_kit.build import endpoint, readiness
from ci_kit.build.engine import Engine
from ci_kit.build.private_config import private_config
from ci_kit.build.publish import publish
from ci_kit.build.select import select
from ci_kit.errors import BuildError, CiKitError, DaemonError, RegistryError, TagTakenError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import BuildRecord
from ci_kit.registry import credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the run: a builder's name or `auto`, the seconds the daemon gets, and who keeps the records."""

    builder: str
    wait_seconds: float
    keep: Callable[[BuildRecord], None]


def publish_all(plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], output: Output) -> list[CiKitError]:
    """Return the failures in the order of the plans; one that fails does not stop the others.

    Each record is given to `wish.keep` as soon as its image is verified: what ends the run later does not lose it.

    Before anything is built, every registry is asked whether these credentials may push there, and the daemon is
    waited for: RegistryError, DaemonError and BuildError of that are raised, nothing is done then. The private
    DOCKER_CONFIG is gone when this returns or raises.
    """
    with ExitStack() as stack:
        registries = {plan.image.registry: stack.enter_context(_open(plan, environ)) for plan in plans}
        for plan in plans:
            registries[plan.image.registry].check(plan.image.repository)
        logins = {name: registry.credentials for name, registry in registries.items()}
        inside = stack.enter_context(private_config(logins, environ))
        engine = stack.enter_context(_engine(wish, inside, output))
        _preload("docker")
        failures: list[CiKitError] = []
        for plan in plans:
            registry = registries[plan.image.registry]
            builder = select(wish.builder, engine, registry.credentials, inside, output)
            try:
                record = publish(plan, builder, registry, output)
                wish.keep(record)
                failures += _refusals(record)
            except DaemonError as error:
                failures.append(error)
                break
            except (BuildError, RegistryError) as error:
                failures.append(error)
        return failures


def _refusals(record: BuildRecord) -> list[CiKitError]:
    hint = "make a new version; or, if it shall be another image from now on, say --overwrite-tags"
    return [
        TagTakenError(f"{record.image.with_tag(move.tag)} is not set: {move.reason}", hint=hint)
        for move in record.moves
        if move.state == "refused"
    ]


@contextmanager
def _open(plan: BuildPlan, environ: Mapping[str, str]) -> Iterator[RegistryClient]:
    name = plan.image.registry
    registry = open_registry(name, credentials.find(name, environ), environ)
    try:
        yield registry
    finally:
        registry.close()


@contextmanager
def _engine(wish: Wish, environ: Mapping[str, str], output: Output) -> Iterator[Engine]:
    found = endpoint.find(environ)
    ready = readiness.wait(found, wish.wait_seconds, output)
    engine = Engine(found, ready, environ["DOCKER_CONFIG"])
    try:
        yield engine
    finally:
        engine.close()


def _preload(module: str) -> None:
    """Import a slow package while the builder works."""
    threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()
