"""`ci-kit cleanup`: which tags may go, and with --yes or --apply their deletion."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ci_kit.build.machine.interrupts import interruptible
from ci_kit.cleanup import gitlab_policy, plan_file, removal, survey
from ci_kit.cleanup import plan as planning
from ci_kit.cleanup import policy as policies
from ci_kit.cleanup.plan import Plan
from ci_kit.cleanup.policy import Policy
from ci_kit.cleanup.removal import Removed
from ci_kit.cleanup.survey import Survey
from ci_kit.commands import cleanup_policy, cleanup_report, image_names
from ci_kit.commands.cleanup_live import LiveUses
from ci_kit.commands.image_search import opened
from ci_kit.config import flags, load
from ci_kit.config.options import of_section
from ci_kit.config.settings import CleanupSettings
from ci_kit.errors import EXIT_OK, CredentialsError, RegistryError, UsageError
from ci_kit.model.image import ImageRef
from ci_kit.registry.blob_cache import BlobCache, default_folder
from ci_kit.registry.crew import Crew

HELP = (
    "Say which tags may go by the rules of .ci-kit.yml or the flags, and why; nothing is deleted without --yes or "
    "--apply. What something kept needs is never deleted, and what cannot be judged is kept."
)
_LEFT = "run the same again: what was begun is finished, nothing that stays is lost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which repositories, by which rules, and whether it is done."""
    names = "a repository below $CI_REGISTRY_IMAGE, host/path, host/ for a whole registry (default: the project's)"
    parser.add_argument("image", nargs="*", metavar="IMAGE", help=names)
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="say what would go, delete nothing (the default)")
    how.add_argument("-y", "--yes", action="store_true", help="delete it")
    how.add_argument(
        "--apply", metavar="FILE", help="delete what the plan in FILE says, but not what has changed since"
    )
    parser.add_argument("--plan", metavar="FILE", help="write the plan for --apply")
    parser.add_argument("--policy", action="store_true", help="give GitLab the rules as its own policy (with --yes)")
    parser.add_argument(
        "--cadence", choices=gitlab_policy.CADENCES, help="how often GitLab's policy runs (default: 7d)"
    )
    parser.add_argument("--kept", action="store_true", help="list what stays, too, and why")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache", metavar="DIR", help="where manifests are kept (default: ~/.cache/ci-kit/registry)")
    cache.add_argument("--no-cache", action="store_true", help="keep nothing and read nothing kept")
    flags.add(parser, "cleanup")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print what goes or has gone; 5 at the end when something could not be read or deleted, which stderr tells."""
    _check(arguments)
    with interruptible(_LEFT), ExitStack() as stack:
        work = _Work(arguments, environ, stack)
        if arguments.apply:
            return work.apply(plan_file.read(Path(arguments.apply)))
        path = Path(arguments.config) if arguments.config else load.find(Path())
        settings = load.cleanup_settings(path, vars(arguments), environ)
        policy = policies.parse(settings)
        if arguments.policy:
            return cleanup_policy.run(policy, settings, arguments, environ)
        return work.plan(policy, settings)


def _check(arguments: argparse.Namespace) -> None:
    given = {option.flags[0]: getattr(arguments, option.key) for option in of_section("cleanup")}
    given = {flag: value for flag, value in given.items() if value is not None}
    for flag, value in given.items():
        if not all(text.strip() for text in ([value] if isinstance(value, str) else value)):
            raise UsageError("is empty", place=flag, hint="a variable in it may not be set")
    beside = [*given, *arguments.image, *(name for name in ("--plan", "--policy") if getattr(arguments, name[2:]))]
    if arguments.apply and beside:
        problem = f"a plan is carried out as it is, without {beside[0]}"
        raise UsageError(problem, place="--apply", hint="leave it out")
    if arguments.cadence and not arguments.policy:
        raise UsageError("is of GitLab's own policy", place="--cadence", hint="give --policy too")
    if arguments.policy and (arguments.plan or arguments.image):
        raise UsageError("is of a whole project, and has no plan", place="--policy", hint="leave IMAGE and --plan out")


class _Work:
    """One run: the registries it has open, what it has seen, and what could not be read."""

    def __init__(self, arguments: argparse.Namespace, environ: Mapping[str, str], stack: ExitStack) -> None:
        folder = None if arguments.no_cache else Path(arguments.cache) if arguments.cache else default_folder(environ)
        self.arguments, self.environ, self.stack = arguments, environ, stack
        self.cache = BlobCache(folder)
        self.now = datetime.now(UTC)
        self.problems: list[RegistryError] = []
        self.crews: dict[str, Crew] = {}

    def plan(self, policy: Policy, settings: CleanupSettings) -> int:
        """Plan every repository; with --yes each is cleaned up, by what was seen a moment before."""
        live = LiveUses(settings.live, self.environ, _say)
        plans, surveys = list[Plan](), dict[str, Survey]()
        for place in self._places():
            seen = self._survey(place)
            if seen is not None:
                protected = (*seen.snapshot.protected, *live.protected(seen))
                seen = seen._replace(snapshot=replace(seen.snapshot, protected=protected))
                plans.append(planning.plan(seen.snapshot, policy, live.keeper(seen), self.now))
                surveys[place.name] = seen
        if self.arguments.plan:
            from ci_kit.report.file import write

            write(Path(self.arguments.plan), plan_file.text(plans, policy, self.now))
            _say(f"the plan is in {self.arguments.plan}; ci-kit cleanup --apply {self.arguments.plan} carries it out")
        return self._finish(plans, self._remove(plans, surveys) if self.arguments.yes else {}, policy)

    def apply(self, plans: Sequence[Plan]) -> int:
        """Carry out plans of an earlier run, as far as the registry still is as they have it."""
        places = {plan.name: ImageRef.split(plan.name) for plan in plans}
        seen = {name: self._survey(place) for name, place in places.items()}
        surveys = {name: survey for name, survey in seen.items() if survey is not None}
        return self._finish(plans, self._remove(plans, surveys), None)

    def _places(self) -> Iterator[ImageRef]:
        places = list[ImageRef]()
        for one in image_names.asked(self.arguments.image, self.arguments.config, self.environ):
            if one.tag or one.digest:
                problem = f"{one.tag or one.digest} is one image; whole repositories are cleaned up"
                raise UsageError(problem, place="IMAGE", hint="name the repository, and the tags by --match REGEX")
            if one.registry:
                names = sorted(set(self._crew(one.registry).registry.catalog()))
                places += [ImageRef(one.registry, name) for name in names]
            places += one.places
        yield from dict.fromkeys(places)

    def _crew(self, registry: str) -> Crew:
        if registry not in self.crews:
            self.crews[registry] = Crew(self.stack.enter_context(opened(registry, self.environ)))
            self.stack.callback(self.crews[registry].close)
        return self.crews[registry]

    def _survey(self, place: ImageRef) -> Survey | None:
        """Return what a repository holds, None when it cannot be read: then nothing in it is touched."""
        try:
            return survey.take(self._crew(place.registry), place.repository, self.cache)
        except CredentialsError:
            raise
        except RegistryError as error:
            self.problems.append(type(error)(error.message, hint=error.hint, place=place.name))
            return None

    def _remove(self, plans: Sequence[Plan], surveys: Mapping[str, Survey]) -> dict[str, Removed]:
        done = dict[str, Removed]()
        for plan in plans:
            seen = surveys.get(plan.name)
            if seen is None:
                continue
            try:
                crew = self._crew(ImageRef.split(plan.name).registry)
                done[plan.name] = removal.carry_out(crew, plan, seen.snapshot, seen.taken)
            except CredentialsError:
                raise
            except RegistryError as error:
                self.problems.append(type(error)(error.message, hint=error.hint, place=error.place or plan.name))
        return done

    def _finish(self, plans: Sequence[Plan], done: Mapping[str, Removed], policy: Policy | None) -> int:
        if self.arguments.format == "json":
            print(cleanup_report.as_json(plans, done, policy, self.now, self.problems))
        elif text := cleanup_report.table(plans, done, kept=self.arguments.kept):
            print(text)
        for line in cleanup_report.summary(plans, done):
            _say(line)
        complaints = [*cleanup_report.complaints(plans, done), *map(str, self.problems)]
        for line in complaints:
            _say(f"ci-kit cleanup: error: {line}")
        if not (self.arguments.yes or self.arguments.apply) and any(plan.doomed for plan in plans):
            _say("nothing was deleted: --yes does, or --plan FILE and later --apply FILE")
        return RegistryError.exit_code if complaints else EXIT_OK


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
