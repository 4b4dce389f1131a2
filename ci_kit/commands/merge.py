"""`ci-kit merge`: one index of the children that `build-push --child` has built on native runners."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from ci_kit.build import plan as planning
from ci_kit.build import shortfalls, supply_chain
from ci_kit.build.books import Books
from ci_kit.build.family import merge as merging
from ci_kit.build.gate import Gate
from ci_kit.build.machine.interrupts import interruptible
from ci_kit.build.masking import masking
from ci_kit.commands import published
from ci_kit.config import flags, load
from ci_kit.config.settings import Settings
from ci_kit.errors import EXIT_OK, CiKitError, RegistryError, UsageError
from ci_kit.gitlab_api import client, context, result
from ci_kit.gitlab_api.result import Result
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import credentials
from ci_kit.registry.opening import open_registry

HELP = (
    "Write one index of the platforms that other jobs have built with build-push --child, then set and record its "
    "tags as build-push does. Every child is looked for in the registry first; no tag moves before all are there."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the children's results and the settings of images and record."""
    parser.add_argument("results", nargs="+", metavar="RESULT", help="result file of a child's job, one or more")
    flags.add(parser, "images", "record", "supply_chain")
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Publish each index and print its `host/path@sha256:…`; the first failure is raised after all is recorded."""
    root = Path.cwd()
    path = Path(arguments.config) if arguments.config else load.find(root)
    settings = load.load(path, vars(arguments), environ, root=root)
    facts = context.read(environ, root)
    results = {name: result.read(Path(name)) for name in arguments.results}
    plans = planning.make(_merging(settings, list(results.values())), facts, environ, root)
    several = settings.several or len(settings.images) > 1
    books = Books(settings.record, facts, several, plans, masking(environ))
    gates = supply_chain.gates(settings.supply_chain, environ)
    client.find_token(environ)  # one that cannot be used is told before anything is written
    with interruptible():
        books.write()
        failures = [error for plan in plans for error in _merged(plan, results, books, gates, environ)]
        try:
            published.show(books.result, arguments.format)
        finally:
            published.record(books.result, failures, books.to, environ, "merge")
    return EXIT_OK


def _merging(settings: Settings, results: Sequence[Result]) -> Settings:
    """Return the settings with the platforms that are there, and without secrets, which this job may not have."""
    images = tuple(
        image._replace(platforms=image.platforms or _platforms(image.name, results), secrets=(), ssh=())
        for image in settings.images
    )
    return settings._replace(images=images)


def _platforms(name: str, results: Sequence[Result]) -> tuple[str, ...]:
    records = [record for each in results for record in each.records if record.name == name]
    return tuple(sorted({platform for record in records for platform in record.platforms}))


def _merged(
    plan: BuildPlan, results: Mapping[str, Result], books: Books, gates: Sequence[Gate], environ: Mapping[str, str]
) -> Sequence[CiKitError]:
    """Publish one index and keep its record; return what went wrong."""
    failures: Sequence[CiKitError] = ()
    try:
        found = merging.children(plan, books.facts.sha, results)
        login = credentials.find(plan.image.registry, environ)
        with closing(open_registry(plan.image.registry, login, environ)) as registry:
            registry.check(plan.image.repository)
            checks = supply_chain.checks(gates, {plan.image.registry: login}, environ)
            record = merging.merge(plan, found, registry, published.say, checks)
        books.keep(record)
        failures = shortfalls.of(record)
    except (RegistryError, UsageError) as error:
        failures = (error,)
    for failure in failures:
        books.fail(plan, failure)
    return failures
