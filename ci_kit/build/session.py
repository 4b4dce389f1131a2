"""One run of build-push: registries asked first, then each image in its order; a builder only where one is needed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ci_kit.build import reuse, shortfalls, supply_chain
from ci_kit.build.explain import Explanation, explain
from ci_kit.build.family.lineup import Lineup
from ci_kit.build.family.needs import ordered
from ci_kit.build.gate import Gate
from ci_kit.build.inputs import content as contents
from ci_kit.build.inputs.base_images import Bases, Unresolved
from ci_kit.build.inputs.content import Content, Surroundings, Unknown
from ci_kit.build.machine import command
from ci_kit.build.options.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.options.cache_probe import CacheProbe
from ci_kit.build.progress.progress import Progress
from ci_kit.build.publish import publish
from ci_kit.build.registries import Registries
from ci_kit.build.select import Bench, choose
from ci_kit.build.supply_chain import Checks
from ci_kit.build.workshop import Opened, Workshop, workshop
from ci_kit.errors import BuildError, CiKitError, NeedError, RegistryError, UsageError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan, Need
from ci_kit.model.record import BuildRecord
from ci_kit.registry import credentials
from ci_kit.registry.client import RegistryClient


class Wish(NamedTuple):
    """What is asked of the run: a builder's name or `auto`, the seconds the daemon gets, and who keeps the records.

    `fail` is told of each image that is not published as planned, `listen` gives what the work at an image prints to.
    Without `skip` an image is built although it is there already. The files in `apart` are no part of an image.
    `buildkit` is the one for buildx. At most `jobs` images are at work at the same time. `mirror` is the address of a
    mirror of Docker Hub. The `gates` are passed before an image gets its other tags.
    """

    builder: str
    wait_seconds: float
    keep: Callable[[BuildRecord], None]
    fail: Callable[[BuildPlan, CiKitError], None] = lambda plan, error: None
    listen: Callable[[str, Output], Output] = lambda name, output: output
    skip: bool = True
    apart: Collection[Path] = ()
    buildkit: BuildKit = THE_DAEMONS
    jobs: int = 1
    mirror: str = ""
    gates: Sequence[Gate] = ()


def publish_all(
    plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], progress: Progress
) -> list[CiKitError]:
    """Return the failures, causes before what they kept from being built; one that fails does not stop the others.

    Each record is given to `wish.keep` as soon as its image is verified: what ends the run later does not lose it. An
    image comes after those that it needs, and is made from exactly what they are now.

    Before anything is built, every registry is asked whether these credentials may push there: RegistryError of that
    is raised. An image that is there already gets its tags, for another a builder is needed. The private DOCKER_CONFIG
    is gone when this returns or raises.
    """
    with _run(plans, wish, environ, progress) as run:
        for plan in plans:
            run.registries[plan.image.registry].check(plan.image.repository)
        order = {plan.name: [need.name for need in plan.needs if need.is_here] for plan in plans}
        names = ordered([plan.name for plan in plans], order)
        Lineup(names, order, min(wish.jobs, len(plans)), command.end_all).run(run.publish, run.keep)
        return run.errors()


def explain_all(
    plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], progress: Progress
) -> list[Explanation]:
    """Return for each image whether it would be built and what changed; nothing is done, and no daemon is asked."""
    with _run(plans, wish, environ, progress) as run:
        order = {plan.name: [need.name for need in plan.needs if need.is_here] for plan in plans}
        found = {name: run.explain(name) for name in ordered(list(order), order)}
        return [found[plan.name] for plan in plans]


@contextmanager
def _run(plans: Sequence[BuildPlan], wish: Wish, environ: Mapping[str, str], progress: Progress) -> Iterator["_Run"]:
    with ExitStack() as stack:
        opener = Registries(environ, stack)
        registries = {name: opener.target(name) for name in {plan.image.registry: None for plan in plans}}
        choice = choose(wish.builder, environ, wish.buildkit)
        around = Surroundings(choice.name, environ, wish.apart)
        bases = Bases(lambda name: registries.get(name) or opener.source(name), opener.mirror(wish.mirror))

        def prober(name: str) -> RegistryClient:
            return opener.beside(registries[name]) if name in registries else opener.source(name)

        has = CacheProbe(prober, progress.say)
        pushed = {name: registry.credentials for name, registry in registries.items()}
        logins = credentials.of_environment(environ) | pushed

        def opened_workshop() -> AbstractContextManager[Workshop]:
            said, wait = progress.say, wish.wait_seconds
            return workshop(Workshop(environ, logins, wait, said, Opened(), wish.buildkit, has, wish.mirror))

        bench = Bench(choice, opened_workshop, stack)
        checks = supply_chain.checks(wish.gates, logins, environ)
        named = {plan.name: plan for plan in plans}
        yield _Run(named, wish, progress, registries, around, bases, bench, checks, there={}, failures={})


class _Run(NamedTuple):
    """What the images of one run share; what became of each by its name: a digest in `there`, or a failure."""

    plans: Mapping[str, BuildPlan]
    wish: Wish
    progress: Progress
    registries: Mapping[str, RegistryClient]
    around: Surroundings
    bases: Bases
    bench: Bench
    checks: Checks
    there: dict[str, str]
    failures: dict[str, CiKitError]

    def publish(self, name: str) -> BuildRecord | CiKitError:
        """Return the record of an image that is in the registry now, or why it is not."""
        try:
            with self.progress.image(name) as told, self._client(self.plans[name]) as registry:
                output = self.wish.listen(name, told)
                return self._publish(self._pinned(self.plans[name], output), registry, output)
        except (BuildError, RegistryError, UsageError) as error:
            return error

    def keep(self, name: str, outcome: BuildRecord | CiKitError) -> None:
        """Hand a record over; a tag that was refused is a failure all the same."""
        if isinstance(outcome, CiKitError):
            self._fail(name, outcome)
            return
        self.wish.keep(outcome)
        if not outcome.failed_check:
            self.there[name] = outcome.pinned
        for error in shortfalls.of(outcome):
            self._fail(name, error)

    def _fail(self, name: str, error: CiKitError) -> None:
        self.failures[name] = error
        self.wish.fail(self.plans[name].with_content(""), error)

    def explain(self, name: str) -> Explanation:
        """Return what would become of an image, when those that it needs are known."""
        plan, registry = self.plans[name], self.registries[self.plans[name].image.registry]
        missing = next((need.name for need in plan.needs if need.is_here and need.name not in self.there), "")
        if missing:
            unknown = Unknown(f"it is made from {missing}, which has to be built")
            return explain(plan, unknown, False, registry, self.progress.say)
        content = contents.of(self._pinned(plan, self.progress.say), self.around, self.bases)
        plan = plan.with_content(content.digits if isinstance(content, Content) else "")
        found = reuse.find(plan.image, content, registry, self.progress.say) if isinstance(content, Content) else None
        if found:
            self.there[name] = str(plan.image.with_digest(found.manifest.digest))
        return explain(plan, content, found is not None, registry, self.progress.say)

    def errors(self) -> list[CiKitError]:
        """Return each failure once, in the order of the plans, but what only follows from another at the end."""
        found = {id(self.failures[name]): self.failures[name] for name in self.plans if name in self.failures}
        return sorted(found.values(), key=lambda error: isinstance(error, NeedError))

    @contextmanager
    def _client(self, plan: BuildPlan) -> Iterator[RegistryClient]:
        """Yield a client for one image: where others are at work beside it, one with connections of its own."""
        shared = self.registries[plan.image.registry]
        if self.wish.jobs == 1 or len(self.plans) == 1:
            yield shared
            return
        own = shared.sibling()
        try:
            yield own
        finally:
            own.close()

    def _pinned(self, plan: BuildPlan, output: Output) -> BuildPlan:
        """Return the plan with the digests of the images that it needs; NeedError when one of this run is not there."""
        pins: dict[str, str] = {}
        for need in plan.needs:
            if need.is_here and need.name not in self.there:
                hint = f"{need.name} has its own message"
                raise NeedError(f"{plan.name} was not built: it is made from {need.name}, which failed", hint=hint)
            pin = self.there[need.name] if need.is_here else self._elsewhere(need, output)
            pins |= dict.fromkeys(need.words, pin) if pin else {}
        return plan._replace(pins=pins)

    def _elsewhere(self, need: Need, output: Output) -> str:
        """Return the image that another job has built of this commit, empty when there is none."""
        if need.image.digest or not need.words:
            return str(need.image)
        try:
            return str(need.image.with_digest(self.bases.digest(str(need.image))))
        except Unresolved:
            output(f"{need.name} is not built of this commit yet: it is taken as the registry has it, which may be old")
            return ""

    def _publish(self, plan: BuildPlan, registry: RegistryClient, output: Output) -> BuildRecord:
        content = contents.of(plan, self.around, self.bases)
        if isinstance(content, Unknown):
            output(f"{plan.name}: it cannot be known whether it is there already: {content.reason}")
            plan = plan.with_content("")
            return publish(plan, self.bench.builder(self.progress.say), registry, output, checks=self.checks)
        plan = plan.with_content(content.digits)
        found = reuse.find(plan.image, content, registry, output) if self.wish.skip else None
        if found:
            record = reuse.reuse(plan, content, found, registry, output, checks=self.checks)
            output(f"{plan.name}: is there already as {found.tag}, nothing is built")
            return record
        builder = self.bench.builder(self.progress.say)
        builder.prepare()
        if self.wish.skip:
            with suppress(RegistryError):  # the push will meet it again, and tell it better
                output(explain(plan, content, False, registry, output).as_text())
        return publish(plan, builder, registry, output, content=content, checks=self.checks)
