"""`ci-kit images`: what the project's registry holds."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ci_kit.config import load
from ci_kit.errors import EXIT_OK, CredentialsError, DeniedError, UsageError
from ci_kit.gitlab_api import client, repositories
from ci_kit.model.image import ImageRef
from ci_kit.model.size import human_size
from ci_kit.model.tagged_image import TaggedImage
from ci_kit.registry import credentials, listing, reference
from ci_kit.registry.opening import open_registry

HELP = "List repositories, tags, digests, sizes and dates of the project's registry."
_HEAD = ("REPOSITORY", "TAG", "DIGEST", "SIZE", "CREATED")
_SHORT_DIGEST = 19


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which repositories, and the form of the list."""
    parser.add_argument("image", nargs="*", metavar="IMAGE", help="a name below $CI_REGISTRY_IMAGE, or host/path")
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the list; through GitLab's API when the project and a token are known, else through the registry's."""
    asked = tuple(reference.of_image(image, environ, "IMAGE") for image in arguments.image)
    found = _of_project(asked, environ)
    if found is None:
        found = _of_registry(asked or _of_settings(arguments.config, environ), environ)
    print(_as_json(found) if arguments.format == "json" else _as_table(found))
    return EXIT_OK


def _of_project(asked: Sequence[ImageRef], environ: Mapping[str, str]) -> list[TaggedImage] | None:
    """Return what GitLab's API lists, None when there is no way to it or the token may not."""
    token = client.find_token(environ)
    url, project = environ.get("CI_SERVER_URL", ""), environ.get("CI_PROJECT_ID", "")
    if token is None or not url or not project or not _is_own(asked, environ):
        return None
    try:
        every = list(repositories.list_tags(client.connect(url, token, environ), project))
    except (CredentialsError, DeniedError) as error:
        print(f"{error}; asking the registry instead", file=sys.stderr)
        return None
    names = {image.name for image in asked}
    return [one for one in every if not names or one.repository in names]


def _is_own(asked: Sequence[ImageRef], environ: Mapping[str, str]) -> bool:
    """Tell whether all that is asked for lies in the job's project, which is all that its API lists."""
    own = environ.get("CI_REGISTRY_IMAGE", "")
    return all(image.name == own or image.name.startswith(f"{own}/") for image in asked)


def _of_settings(config: str | None, environ: Mapping[str, str]) -> tuple[ImageRef, ...]:
    """Return the project's own image and those of the settings, each once."""
    own = [reference.of_image("", environ, "IMAGE")] if environ.get("CI_REGISTRY_IMAGE") else []
    try:
        settings = load.load(Path(config) if config else load.find(Path()), {}, environ)
    except UsageError:
        if config or not own:
            raise
        return tuple(own)
    own += [reference.of_image(image.image, environ, image.place) for image in settings.images]
    return tuple(dict.fromkeys(own))


def _of_registry(images: Iterable[ImageRef], environ: Mapping[str, str]) -> list[TaggedImage]:
    found: list[TaggedImage] = []
    for image in images:
        registry = open_registry(image.registry, credentials.find(image.registry, environ), environ)
        try:
            registry.check(image.repository, "pull")
            found += listing.list_repository(registry, image.repository)
        finally:
            registry.close()
    return found


def _as_json(found: Sequence[TaggedImage]) -> str:
    return json.dumps({"version": 1, "images": [asdict(one) for one in found]}, indent=2)


def _as_table(found: Sequence[TaggedImage]) -> str:
    rows = [_HEAD, *((one.repository, one.tag, one.digest[:_SHORT_DIGEST], *_measures(one)) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _measures(one: TaggedImage) -> tuple[str, str]:
    return human_size(one.size), one.created[:19].replace("T", " ")
