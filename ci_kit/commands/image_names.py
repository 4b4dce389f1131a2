"""What the arguments of `ci-kit images` stand for: a registry, repositories, or one image by tag or digest."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.errors import CredentialsError, DeniedError, UsageError
from ci_kit.gitlab_api import client, repositories
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef
from ci_kit.registry import reference

_PLACE = "IMAGE"


class Asked(NamedTuple):
    """One argument: where to look, and what to show of it; all, where both `tag` and `digest` are empty.

    `registry` stands for a whole registry. `otherwise` is a tag to look for in the project's own repositories where
    the registry has nothing under the name.
    """

    registry: str = ""
    places: tuple[ImageRef, ...] = ()
    tag: str = ""
    digest: str = ""
    otherwise: str = ""


def asked(arguments: Sequence[str], config: str | None, environ: Mapping[str, str]) -> tuple[Asked, ...]:
    """Return what each argument stands for, the project's own repositories without any."""
    if not arguments:
        return (Asked(places=own(config, environ)),)
    return tuple(_one(argument, config, environ) for argument in arguments)


def own(config: str | None, environ: Mapping[str, str]) -> tuple[ImageRef, ...]:
    """Return the project's repositories: GitLab's list of them where a token may see it, else those of the settings."""
    listed = _of_gitlab(environ)
    return _of_settings(config, environ) if listed is None else listed


def _one(argument: str, config: str | None, environ: Mapping[str, str]) -> Asked:
    host = argument[:-1]
    if argument.endswith("/") and grammar.has_registry(argument) and grammar.REGISTRY.match(host):
        return Asked(registry=host)
    digest = argument.removeprefix("@")
    if grammar.DIGEST.match(digest):
        return Asked(places=own(config, environ), digest=digest)
    if argument.startswith(":") and reference.is_tag(argument[1:]):
        return Asked(places=own(config, environ), tag=argument[1:])
    if not grammar.has_registry(argument) and not grammar.REPOSITORY.match(argument) and reference.is_tag(argument):
        return Asked(places=own(config, environ), tag=argument)
    return _of_name(argument, environ)


def _of_name(argument: str, environ: Mapping[str, str]) -> Asked:
    name, tag, digest = _parts(reference.expand(argument, environ, _PLACE))
    place = reference.of_image(name, environ, _PLACE)
    if tag or digest:  # judged with the name, so that the message has it
        place = reference.parse(f"{place.name}{tag}{digest}", _PLACE)
        return Asked(places=(ImageRef(place.registry, place.repository),), tag=place.tag, digest=place.digest)
    bare = "" if "/" in argument or not reference.is_tag(argument) else argument
    return Asked(places=(place,), otherwise=bare)


def _parts(text: str) -> tuple[str, str, str]:
    """Return name, `:tag` and `@digest`; a colon before the last slash belongs to the registry."""
    rest, at, digest = text.partition("@")
    path, slash, last = rest.rpartition("/")
    name, colon, tag = last.partition(":")
    return f"{path}{slash}{name}", f"{colon}{tag}", f"{at}{digest}"


def _of_gitlab(environ: Mapping[str, str]) -> tuple[ImageRef, ...] | None:
    token = client.find_token(environ)
    url, project = environ.get("CI_SERVER_URL", ""), environ.get("CI_PROJECT_ID", "")
    if token is None or not url or not project:
        return None
    try:
        names = repositories.names(client.connect(url, token, environ), project)
    except (CredentialsError, DeniedError) as error:
        print(f"{error}; asking the registry instead", file=sys.stderr)
        return None
    return tuple(reference.parse(name, "GitLab's list of repositories") for name in names)


def _of_settings(config: str | None, environ: Mapping[str, str]) -> tuple[ImageRef, ...]:
    """Return the project's own image and those of the settings, each once."""
    from ci_kit.config import load  # 9 ms, which an image that is named in full does not need

    first = [reference.of_image("", environ, _PLACE)] if environ.get("CI_REGISTRY_IMAGE") else []
    try:
        settings = load.load(Path(config) if config else load.find(Path()), {}, environ)
    except UsageError:
        if config or not first:
            raise
        return tuple(first)
    first += [reference.of_image(image.image, environ, image.place) for image in settings.images]
    return _once(first)


def _once(images: Iterable[ImageRef]) -> tuple[ImageRef, ...]:
    return tuple(dict.fromkeys(images))
