"""References at run time, when their variables have values: one clear sentence for each way to break the grammar."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.errors import UsageError
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef

_PATH_LENGTH = 255
_LAST_PORT = 65535
_API = re.compile(r"v[12]\Z")
_LOOKS_SECRET = re.compile(r"gl[a-z]{2,12}-", re.ASCII)


class Address(NamedTuple):
    """What was named for a login: `registry` is `host[:port]`, `repository` may be empty, `note` tells what was cut."""

    registry: str
    repository: str
    note: str


def parse(text: str, place: str = "") -> ImageRef:
    """Return the reference in `text`, which must name its registry; UsageError tells which rule it breaks."""
    refuse_address(text, place)
    found = ImageRef.split(text)
    _require_registry(found.registry, text, place)
    _require_path(found.repository, text, place)
    if ":" in text.partition("@")[0].partition("/")[2]:
        _require(
            grammar.TAG,
            found.tag,
            f"{text!r}: tag {found.tag!r} breaks the grammar: letters, digits, _ . -, at most 128",
            place,
        )
    if "@" in text:
        _require(grammar.DIGEST, found.digest, f"{text!r}: a digest is sha256: and 64 hexadecimal digits", place)
    return found


def of_registry(text: str, place: str = "") -> Address:
    """Return the registry that `text` means: a host, with a scheme, slashes, a repository or a tag as people paste it.

    UsageError when it names no host; a text that may hold a password is not repeated.
    """
    scheme = grammar.SCHEME.match(text)
    registry, _, path = text[scheme.end() if scheme else 0 :].strip("/").partition("/")
    if "@" in registry or _LOOKS_SECRET.match(registry):
        hint = "give it by --password-stdin, and revoke this one: others have seen it"
        raise UsageError("this holds a user or a password, which no address does", place=place, hint=hint)
    if not registry:
        raise UsageError("is empty", place=place, hint="name the registry: host or host/group/project")
    if not scheme and not grammar.has_registry(f"{registry}/"):
        hint = f"write host/{registry}, or {registry}:443 if that is a host"
        raise UsageError(f"{text!r}: docker does not take {registry!r} for a host", place=place, hint=hint)
    _require_registry(registry, text, place)
    repository = "" if _API.match(path) else ImageRef.split(f"{registry}/{path}").repository
    if repository:
        _require_path(repository, text, place)
    below = f" and the repository {repository!r}" if repository else ""
    note = f"{text!r} means the registry {registry!r}{below}" if text != registry else ""
    return Address(registry, repository, note)


def is_tag(text: str) -> bool:
    """Tell whether `text` may stand as a tag."""
    return bool(grammar.TAG.match(text))


def expand(text: str, environ: Mapping[str, str], place: str = "") -> str:
    """Return `text` with `$NAME` and `${NAME}` replaced; UsageError names the variable that is missing."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not environ.get(name):
            cause = "no-registry" if name.startswith("CI_REGISTRY") else "name-grammar"
            message = f"{text!r} needs the variable {name}, which is not set"
            raise UsageError(message, place=place, hint=_where(name), cause=cause)
        return environ[name]

    return grammar.VARIABLE.sub(value, text)


def of_image(image: str, environ: Mapping[str, str], place: str = "") -> ImageRef:
    """Return where `image` of the settings goes: nothing, a name below `$CI_REGISTRY_IMAGE`, or a full reference."""
    text = expand(image, environ, place)
    if not grammar.has_registry(text):
        refuse_address(text, place)
        text = "/".join(filter(None, (expand("$CI_REGISTRY_IMAGE", environ, place), text)))
    reference = parse(text, place)
    if reference.tag or reference.digest:
        raise UsageError(
            f"{image!r} names a tag or digest: ci-kit makes the tags", place=place, hint="name the image only"
        )
    _require_depth(reference, environ, place)
    return reference


def _where(name: str) -> str:
    if name.startswith("CI_REGISTRY"):
        return "turn on the project's container registry, or give a full reference with --image host/path"
    return "set it in the job or give a full reference with --image"


def refuse_address(text: str, place: str) -> None:
    """Return when `text` has no scheme, no slash at its end and no white space; UsageError else."""
    scheme = grammar.SCHEME.match(text)
    if scheme:
        message, hint = f"{text!r} has a scheme; an image reference has none", f"write {text[scheme.end() :]!r}"
        raise UsageError(message, place=place, hint=hint, cause="name-scheme")
    if text.endswith("/"):
        hint = f"write {text.rstrip('/')!r}"
        raise UsageError(f"{text!r} ends with a slash", place=place, hint=hint, cause="name-trailing-slash")
    if re.search(r"\s", text):
        raise UsageError(f"{text!r} has white space in it", place=place, hint="an image reference has none")


def _require_registry(registry: str, text: str, place: str) -> None:
    _require(grammar.REGISTRY, registry, f"{text!r}: {registry!r} is not host or host:port", place)
    port = registry.rpartition(":")[2]
    if port.isdigit() and registry != port and not 0 < int(port) <= _LAST_PORT:
        raise UsageError(f"{text!r}: there is no port {port}", place=place, hint=f"write 1 to {_LAST_PORT}")


def _require_path(path: str, text: str, place: str) -> None:
    if not path:
        raise UsageError(f"{text!r} has no path after the registry", place=place, hint="write host/group/project/image")
    if path != path.lower():
        message = f"{text!r}: a repository name is lower-case"
        raise UsageError(message, place=place, hint=f"write {path.lower()!r}", cause="name-uppercase")
    if len(path) > _PATH_LENGTH:
        problem = f"a repository name of {len(path)} characters, of which registries take {_PATH_LENGTH}"
        raise UsageError(f"{problem}: {text[:60]!r}…", place=place, hint="shorten the name")
    rule = "parts of a-z and 0-9, joined by . _ __ or -, never first or last"
    _require(grammar.REPOSITORY, path, f"{text!r}: {path!r} breaks the grammar of repository names: {rule}", place)


def _require(pattern: re.Pattern[str], value: str, message: str, place: str) -> None:
    if not pattern.match(value):
        raise UsageError(message, place=place)


def _require_depth(reference: ImageRef, environ: Mapping[str, str], place: str) -> None:
    """Refuse what GitLab's registry cannot hold: outside the project, or more than two levels below it."""
    project = environ.get("CI_REGISTRY_IMAGE", "")
    if not project or reference.registry != (environ.get("CI_REGISTRY") or project.partition("/")[0]):
        return
    own = project.partition("/")[2].rstrip("/")
    if reference.repository.startswith(f"{own}/"):
        _require_levels(reference, own, place)
    elif "/" in own and "/" not in reference.repository:
        raise UsageError(
            f"{reference.name!r} is not below a project: GitLab's registry holds group/project[/image]",
            place=place,
            hint=f"write {project}/{reference.repository}",
            cause="name-outside-project",
        )


def _require_levels(reference: ImageRef, own: str, place: str) -> None:
    below = reference.repository[len(own) + 1 :].count("/") + 1
    if below > grammar.LEVELS_BELOW_PROJECT:
        raise UsageError(
            f"{reference.name!r} is {below} levels below the project; GitLab allows {grammar.LEVELS_BELOW_PROJECT}",
            place=place,
            hint="join the names with a dash",
            cause="name-outside-project",
        )
