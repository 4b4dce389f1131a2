"""One run of build-push: registries asked first, then the daemon, then each image in turn."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ci_kit.build import content as contents
from ci_kit.build import reuse
from ci_kit.build.base_images import Bases
from ci_kit.build.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.content import Content, Surroundings, Unknown
from ci_kit.build.explain import Explanation, explain
from ci_kit.build.publish import publish
from ci_kit.build.select import Choice, choose
from ci_kit.build.workshop import workshop
from ci_kit.errors import BuildError, CiKitError, DaemonError, RegistryError, TagTakenError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import BuildRecord
from ci_kit.registry import credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry

_SECONDS, _SECONDS_FOR_A_BASE = 30.0, 5.0  # for one answer of a registry
_Known = tuple[BuildPlan, Content | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the run: a builder's name or `auto`, the seconds the daemon gets, and who keeps the records.

    Without `skip` an image is built although it is there already. The files in `apart` are no part of an image.
    `buildkit` is the one for buildx.
    """

    builder: str
    wait_seconds: float
    keep: Callable[[BuildRecord], None]
    skip: bool = True
    apart: Collection[Path] = ()
    buildkit: BuildKit = THE_DAEMONS


def publish_all(plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], output: Output) -> list[CiKitError]:
    """Return the failures in the order of the plans; one that fails does not stop the others.

    Each record is given to `wish.keep` as soon as its image is verified: what ends the run later does not lose it.

    Before anything is built, every registry is asked whether these credentials may push there. An image that is there
    already gets its tags next. For the others a builder is needed: BuildError when none can work here. RegistryError of
    that asking is raised too. The private DOCKER_CONFIG is gone when this returns or raises.
    """
    with _run(plans, wish, environ, output) as run:
        for plan in plans:
            run.registry(plan).check(plan.image.repository)
        left = [known for plan in plans if (known := _unless_there(plan, run))]
        if left:
            _build(left, run)
        return [run.failures[plan.name] for plan in plans if plan.name in run.failures]


def explain_all(
    plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], output: Output
) -> list[Explanation]:
    """Return for each image whether it would be built and what changed; nothing is done, and no daemon is asked."""
    with _run(plans, wish, environ, output) as run:
        found = []
        for plan in plans:
            content = contents.of(plan, run.around, run.bases)
            is_there = isinstance(content, Content) and _find(plan, content, run) is not None
            found.append(explain(plan, content, is_there, run.registry(plan), output))
        return found


@dataclass(slots=True)
class _Run:
    """What the steps of one run share; `failures` by the name of their image."""

    wish: Wish
    environ: Mapping[str, str]
    output: Output
    registries: Mapping[str, RegistryClient]
    choice: Choice
    around: Surroundings
    bases: Bases
    failures: dict[str, CiKitError] = field(default_factory=dict)

    def registry(self, plan: BuildPlan) -> RegistryClient:
        return self.registries[plan.image.registry]


def _keep(record: BuildRecord, plan: BuildPlan, run: _Run) -> None:
    """Hand the record over; a tag that was refused is a failure all the same."""
    run.wish.keep(record)
    for move in record.moves:
        if move.state == "refused":
            hint = "make a new version; or, if it shall be another image from now on, say --overwrite-tags"
            words = f"{record.image.with_tag(move.tag)} is not set: {move.reason}"
            run.failures[plan.name] = TagTakenError(words, hint=hint)


@contextmanager
def _run(plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], output: Output) -> Iterator[_Run]:
    with ExitStack() as stack:

        def opened(name: str, timeout: float) -> RegistryClient:
            registry = open_registry(name, credentials.find(name, environ), environ, timeout=timeout)
            stack.callback(registry.close)
            return registry

        registries = {name: opened(name, _SECONDS) for name in {plan.image.registry: None for plan in plans}}
        choice = choose(wish.builder, environ, wish.buildkit)
        around = Surroundings(choice.name, environ, wish.apart)
        bases = Bases(lambda name: registries.get(name) or opened(name, _SECONDS_FOR_A_BASE))
        yield _Run(wish, environ, output, registries, choice, around, bases)


def _unless_there(plan: BuildPlan, run: _Run) -> _Known | None:
    """Return what is to be built; None for what is there already under all its tags now, and for what failed."""
    try:
        content = contents.of(plan, run.around, run.bases)
        if isinstance(content, Unknown):
            run.output(f"{plan.name}: it cannot be known whether it is there already: {content.reason}")
            return plan, None
        found = _find(plan, content, run) if run.wish.skip else None
        if not found:
            _say_why(plan, content, run)
            return plan, content
        record = reuse.reuse(plan, content, found, run.registry(plan), run.output)
    except (BuildError, RegistryError) as error:
        run.failures[plan.name] = error
    else:
        run.output(f"{plan.name}: is there already as {found.tag}, nothing is built")
        _keep(record, plan, run)
    return None


def _find(plan: BuildPlan, content: Content, run: _Run) -> reuse.Found | None:
    return reuse.find(plan.image, content, run.registry(plan), run.output)


def _say_why(plan: BuildPlan, content: Content, run: _Run) -> None:
    with suppress(RegistryError):  # the push will meet it again, and tell it better
        if run.wish.skip:
            run.output(explain(plan, content, False, run.registry(plan), run.output).as_text())


def _build(left: Sequence[_Known], run: _Run) -> None:
    logins = {name: registry.credentials for name, registry in run.registries.items()}
    with workshop(logins, run.environ, run.output, run.wish.wait_seconds, run.wish.buildkit) as shop:
        builder = run.choice.builder(shop, run.output)
        for plan, content in left:
            try:
                _keep(publish(plan, builder, run.registry(plan), run.output, content), plan, run)
            except DaemonError as error:
                run.failures[plan.name] = error
                break
            except (BuildError, RegistryError) as error:
                run.failures[plan.name] = error
