"""`ci-kit images`: what a registry holds, as a table, a tree, a chart or JSON."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ci_kit.commands import image_names
from ci_kit.commands.image_names import Asked
from ci_kit.commands.image_search import Search
from ci_kit.errors import EXIT_OK, RegistryError, UsageError
from ci_kit.model import storage
from ci_kit.model.image_filter import SORT_KEYS, ordered, parse
from ci_kit.model.stored_image import StoredImage
from ci_kit.registry.blob_cache import BlobCache, default_folder

HELP = "List what the registry holds: digests with their tags, sizes, dates, platforms, commits."
_WIDTH = 100  # columns of a chart where there is no terminal
_TOLD = 20  # problems printed; with thousands of broken tags the rest is a number
_SUFFIXES = (".svg", ".html")
_EXAMPLE = (
    "IMAGE: a name below $CI_REGISTRY_IMAGE, host/path, host/ for a whole registry; with :TAG or @DIGEST one image"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which images, their order, and the form of the answer."""
    parser.add_argument("image", nargs="*", metavar="IMAGE|TAG|DIGEST", help=_EXAMPLE.removeprefix("IMAGE: "))
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    choice.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    choice.add_argument("--tree", action="store_true", help="digests, their tags, platforms and attestations as a tree")
    parser.add_argument(
        "--chart", nargs="?", const="", metavar="FILE", help="a chart of storage; FILE.svg or FILE.html keeps it"
    )
    parser.add_argument("--sort", choices=SORT_KEYS, help="order (default: created, the newest first)")
    parser.add_argument("--reverse", action="store_true", help="turn the order round")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="TEST",
        help="tag~^v1, older=30d, size>100MB, … (all must hold)",
    )
    parser.add_argument("--protected", action="store_true", help="ask GitLab which tags its rules protect")
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache", metavar="DIR", help="where manifests are kept (default: ~/.cache/ci-kit/registry)")
    cache.add_argument("--no-cache", action="store_true", help="keep nothing and read nothing kept")


class _Found(NamedTuple):
    """What was asked for, what could not be read, and whether it is one image by tag or digest."""

    images: tuple[StoredImage, ...]
    problems: tuple[RegistryError, ...]
    single: bool = False


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print what was asked for; 5 at the end when a tag could not be read, which stderr tells."""
    _check_chart(arguments)
    now = datetime.now(UTC)
    keeps = [parse(text, now) for text in arguments.filter]
    found = _find(arguments, environ)
    images = _with_protection(found.images, environ) if arguments.protected else found.images
    images = tuple(image for image in images if all(keep(image) for keep in keeps))
    images = ordered(images, arguments.sort or "created", arguments.reverse)
    found = found._replace(images=images)
    _write_chart(arguments.chart, images, now)
    print(_rendered(arguments, found, now, environ))
    return _told(found, arguments)


def _find(arguments: argparse.Namespace, environ: Mapping[str, str]) -> _Found:
    asked = image_names.asked(arguments.image, arguments.config, environ)
    folder = None if arguments.no_cache else Path(arguments.cache) if arguments.cache else default_folder(environ)
    search = Search(BlobCache(folder), environ)
    search.take(asked)
    asked = tuple(_elsewhere(one, search, arguments.config, environ) for one in asked)
    search.take(asked)
    taken = search.images()
    chosen = {(image.repository, image.digest) for one in asked for image in search.chosen(one, taken)}
    single = len(chosen) == 1 and all(one.tag or one.digest for one in asked)
    images = storage.with_unique_sizes(
        search.images()
    )  # of all that was read: what is shared does not hang on the choice
    images = tuple(image for image in images if (image.repository, image.digest) in chosen)
    return _Found(images, tuple(search.problems), single)


def _elsewhere(one: Asked, search: Search, config: str | None, environ: Mapping[str, str]) -> Asked:
    """Return the same, or, for a name under which there is nothing, the tag of that name in the project."""
    if not one.otherwise or any(image.repository == one.places[0].name for image in search.images()):
        return one
    places = tuple(place for place in image_names.own(config, environ) if place not in one.places)
    search.take((Asked(places=places),))
    if any(one.otherwise in image.tags for image in search.images()):
        return Asked(places=places, tag=one.otherwise)
    print(f"{one.otherwise} is neither a repository with tags nor a tag here", file=sys.stderr)
    return one


def _with_protection(images: Sequence[StoredImage], environ: Mapping[str, str]) -> tuple[StoredImage, ...]:
    """Return the images of the project with what GitLab's rules say of their tags, others as they are."""
    is_protected, own = _protection(environ), environ.get("CI_REGISTRY_IMAGE", "")
    return tuple(
        image._replace(protected=any(map(is_protected, image.tags)))
        if image.repository == own or image.repository.startswith(f"{own}/")
        else image
        for image in images
    )


def _protection(environ: Mapping[str, str]) -> Callable[[str], bool]:
    from ci_kit.gitlab_api import client, repositories

    token = client.find_token(environ)
    url, project = environ.get("CI_SERVER_URL", ""), environ.get("CI_PROJECT_ID", "")
    if token is None or not url or not project or not environ.get("CI_REGISTRY_IMAGE"):
        raise UsageError(
            "needs GitLab, which is not known here",
            place="--protected",
            hint="set CI_SERVER_URL, CI_PROJECT_ID, CI_REGISTRY_IMAGE and CI_KIT_GITLAB_TOKEN",
        )
    return repositories.protection(client.connect(url, token, environ), project)


def _check_chart(arguments: argparse.Namespace) -> None:
    if arguments.chart and not arguments.chart.endswith(_SUFFIXES):
        problem = f"{arguments.chart!r} ends neither in .svg nor in .html"
        raise UsageError(problem, place="--chart", hint="write IMAGE before --chart, or --chart FILE.svg")
    if arguments.chart == "" and (arguments.format == "json" or arguments.tree):
        raise UsageError("there is one stdout only", place="--chart", hint="write the chart to a FILE.svg or FILE.html")


def _write_chart(file: str | None, images: Sequence[StoredImage], now: datetime) -> None:
    if file:
        from ci_kit.report import chart_file
        from ci_kit.report.file import write

        write(Path(file), chart_file.render(images, now, Path(file).suffix))
        print(f"the chart is in {file}", file=sys.stderr)


def _rendered(arguments: argparse.Namespace, found: _Found, now: datetime, environ: Mapping[str, str]) -> str:
    if arguments.format == "json":
        from ci_kit.report import image_json

        problems = [{"place": problem.place, "message": str(problem)} for problem in found.problems]
        return image_json.render(found.images, storage.total(found.images), problems)
    if arguments.chart == "":
        from ci_kit.report import chart

        width, colour = _terminal(environ)
        return chart.render(found.images, now, width or _WIDTH, colour)
    from ci_kit.report import image_text

    if arguments.tree:
        return image_text.tree(found.images)
    if found.single and found.images:
        return image_text.one(found.images[0])
    return image_text.table(found.images, _terminal(environ)[0])


def _terminal(environ: Mapping[str, str]) -> tuple[int, bool]:
    """Return the columns of the terminal on stdout, 0 without one, and whether it may have colours."""
    if not sys.stdout.isatty():
        return 0, False
    import shutil

    return shutil.get_terminal_size().columns, not (environ.get("NO_COLOR") or environ.get("CI"))


def _told(found: _Found, arguments: argparse.Namespace) -> int:
    """Return the exit code, after stderr has the sums and each problem."""
    if arguments.format == "text" and not found.single:
        from ci_kit.report import image_text

        print(image_text.summary(found.images, storage.total(found.images)), file=sys.stderr)
    for problem in found.problems[:_TOLD]:
        print(f"ci-kit images: error: {problem}", file=sys.stderr)
    if len(found.problems) > _TOLD:
        print(f"ci-kit images: error: and {len(found.problems) - _TOLD} more could not be read", file=sys.stderr)
    return RegistryError.exit_code if found.problems else EXIT_OK
