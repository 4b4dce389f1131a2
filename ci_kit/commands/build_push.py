"""`ci-kit build-push`: build, tag by commit, push, verify, record."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_kit.build import plan as planning
from ci_kit.build import supply_chain
from ci_kit.build.books import Books
from ci_kit.build.explain import Explanation
from ci_kit.build.family import child
from ci_kit.build.gates import sbom
from ci_kit.build.machine.interrupts import interruptible
from ci_kit.build.masking import masking
from ci_kit.build.options import buildkit
from ci_kit.build.progress import progress as progressing
from ci_kit.build.progress.progress import Progress
from ci_kit.build.session import Wish, explain_all, publish_all
from ci_kit.commands import published
from ci_kit.config import file_of_image, flags, load
from ci_kit.config.settings import Settings
from ci_kit.errors import EXIT_OK, CiKitError
from ci_kit.gitlab_api import client, context
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PENDING, TagKind

_LONGEST_WAIT = 86400  # a day
_JOBS, _MOST_JOBS = 4, 64
_MEANING: Mapping[TagKind, str] = {
    "commit": "of this commit alone",
    "version": "set once, never overwritten",
    "moving": "moves, only forward",
}
HELP = "Build images, push them, verify them in the registry by digest, and record them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the settings of images, builder and record, and what only this command knows."""
    flags.add(parser, "images", "record", "supply_chain")
    flags.add(parser, "pipeline", only=("builder", "buildkit", "registry_mirror"))
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    parser.add_argument(
        "--wait", type=_seconds, default=90, metavar="SECONDS", help="patience with the daemon (default: 90)"
    )
    parser.add_argument(
        "--jobs", type=_count, default=0, metavar="N", help=f"images at work at the same time (default: up to {_JOBS})"
    )
    parser.add_argument(
        "--progress",
        choices=("auto", "plain"),
        default="auto",
        help="what a build says: in place on a terminal and in sections in GitLab's log, or every line (default: auto)",
    )
    parser.add_argument("--print-tags", action="store_true", help="print the tags, a reference each; ask nobody")
    parser.add_argument(
        "--no-skip", action="store_true", help="build although the registry has an image of this content"
    )
    parser.add_argument(
        "--explain", action="store_true", help="print which inputs changed since the branch's last image; build nothing"
    )
    parser.add_argument(
        "--child", action="store_true", help="build one platform of an image that ci-kit merge makes of several"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan; ask nobody, build nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")


def _seconds(text: str) -> float:
    """Return `text` as seconds, which neither `nan` nor `inf` are."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 to {_LONGEST_WAIT} seconds")
    return seconds


def _count(text: str) -> int:
    """Return `text` as a number of jobs."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 to {_MOST_JOBS}")
    return int(text)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Publish the images and print one `host/path@sha256:…` each; the first failure is raised after all is recorded."""
    root = Path.cwd()
    path = Path(arguments.config) if arguments.config else load.find(root)
    settings = load.load(path, vars(arguments), environ, root=root)
    facts = context.read(environ, root)
    plans = planning.make(settings, facts, environ, root)
    plans = child.of(plans) if arguments.child else plans
    if arguments.print_tags:
        _print_tags(plans, arguments.format)
        return EXIT_OK
    if arguments.dry_run:
        print(_dry_run(plans, arguments.format))
        return EXIT_OK
    several = settings.several or len(settings.images) > 1
    to = child.record(settings.record) if arguments.child else settings.record
    books = Books(to, facts, several, plans, masking(environ, *(_values(plan, environ) for plan in plans)))
    wanted = Wish(
        settings.pipeline.builder,
        arguments.wait,
        books.keep,
        books.fail,
        books.listen,
        skip=not arguments.no_skip,
        apart=_own(settings, root),
        buildkit=buildkit.parse(settings.pipeline.buildkit),
        jobs=arguments.jobs or min(_JOBS, len(plans)),
        mirror=settings.pipeline.registry_mirror,
        gates=() if arguments.child else supply_chain.gates(settings.supply_chain, environ),
    )
    together = wanted.jobs > 1 and len(plans) > 1
    progress = progressing.choose(arguments.progress, sys.stderr, environ, together=together)
    if arguments.explain:
        _explain(explain_all(plans, wanted, environ, progress), arguments.format)
        return EXIT_OK
    client.find_token(environ)  # one that cannot be used is told before anything is built
    with interruptible():
        books.write(is_lasting=False)  # a folder that cannot be written to is told before anything is built
        failures = _publish(plans, wanted, books, environ, progress)
        try:
            published.show(books.result, arguments.format)
        finally:  # a reader of stdout that went away is no reason to hide a failure
            published.record(books.result, failures, books.to, environ, "build-push")
    return EXIT_OK


def _publish(
    plans: Sequence[BuildPlan], wanted: Wish, books: Books, environ: Mapping[str, str], progress: Progress
) -> Sequence[CiKitError]:
    """Return the failures; what ends the run as a whole is in the files of every image before it is raised."""
    try:
        return publish_all(plans, wanted, environ, progress)
    except CiKitError as error:
        books.stop(error)
        raise
    finally:
        progress.close()


def _values(plan: BuildPlan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the log of a build may show and a report may not: build args by name, and its secrets."""
    named = [secret.variable for secret in plan.secrets] + [key.variable for key in plan.ssh]
    return {**plan.build_args, **{f"SECRET {name}": environ.get(name, "") for name in named if name}}


def _own(settings: Settings, root: Path) -> tuple[Path, ...]:
    """Return the files that a run writes, or gets of the jobs of other images: they are no part of an image."""
    to = settings.record
    own, others = settings.images[0].name, [image.name for image in settings.others]
    theirs = [file_of_image.beside(path, own, other) for path in (to.result, to.report) for other in others]
    lists = (sbom.path_of(name) for name in (*(image.name for image in settings.images), *others))
    every = (to.result, to.dotenv, to.annotations, to.report, to.junit, *theirs, *lists)
    return tuple((root / path).resolve() for path in every if path)


def _explain(found: Sequence[Explanation], form: str) -> None:
    if form == "json":
        print(json.dumps({"version": 1, "images": [each.as_json() for each in found]}, indent=2))
        return
    print("\n".join(each.as_text() for each in found))


def _print_tags(plans: Sequence[BuildPlan], form: str) -> None:
    """Print one full reference a line, and on stderr what may become of the image that has it already."""
    if form == "json":
        images = [{"name": plan.name, "tags": [_tag_as_json(plan, each) for each in _known(plan)]} for plan in plans]
        print(json.dumps({"version": 1, "images": images}, indent=2))
        return
    for plan in plans:
        for reference in _known(plan):
            published.say(f"{reference.tag}: {_MEANING[plan.tag(reference.tag).kind]}")
            print(reference, flush=True)


def _known(plan: BuildPlan) -> list[ImageRef]:
    """Return the references that are known before anybody is asked; of the others it is said that they come later."""
    pending = [tag for tag in plan.planned if tag.is_pending]
    for tag in pending:
        published.say(
            f"{tag.name.replace(PENDING, '…')}: of the content, whose hash is known when the registry was asked"
        )
    return [reference for reference in plan.references if not plan.tag(reference.tag).is_pending]


def _tag_as_json(plan: BuildPlan, reference: ImageRef) -> dict[str, object]:
    tag = plan.tag(reference.tag)
    return {"reference": str(reference), "kind": tag.kind, "moving": tag.kind == "moving", "rule": tag.rule or None}


def _dry_run(plans: Sequence[BuildPlan], form: str) -> str:
    if form == "json":
        return json.dumps({"version": 1, "plans": [_as_json(plan) for plan in plans]}, indent=2)
    return "\n\n".join(_as_text(plan) for plan in plans)


def _as_json(plan: BuildPlan) -> dict[str, object]:
    return {
        "name": plan.name,
        "image": plan.image.name,
        "tags": [reference.tag for reference in _known(plan)],
        "context": plan.context,
        "dockerfile": plan.dockerfile,
        "target": plan.target,
        "build_args": sorted(plan.build_args),
        "labels": dict(plan.labels),
        "platforms": list(plan.platforms),
        "annotations": [each._asdict() for each in plan.annotations],
        "secrets": [secret.id for secret in plan.secrets],
        "ssh": [key.id for key in plan.ssh],
        "cache": plan.cache.mode,
    }


def _as_text(plan: BuildPlan) -> str:
    rows = [("image", plan.image.name), *(("tag", reference.tag) for reference in _known(plan))]
    rows += [("context", plan.context), ("dockerfile", plan.dockerfile)]
    rows += [("target", plan.target)] if plan.target else []
    rows += [("build arg", name) for name in sorted(plan.build_args)]
    rows += [("label", f"{name}={value}") for name, value in plan.labels.items()]
    rows += [("platform", platform) for platform in plan.platforms]
    rows += [("annotation", f"{each.level}:{each.name}={each.value}") for each in plan.annotations]
    rows += [("secret", secret.id) for secret in plan.secrets] + [("ssh key", key.id) for key in plan.ssh]
    rows += [("cache", plan.cache.mode)]
    return "\n".join([f"{plan.name}:", *(f"  {what:<12}{value}" for what, value in rows)])
