"""What an image is made of, as one hash: two builds with the same inputs need only one.

What a build fetches by itself (packages, addresses in ADD and RUN) is no input, nor is the commit: docs/content.md.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ci_kit.build.inputs import base_images, context, dockerignore
from ci_kit.build.inputs.base_images import Bases, Unresolved
from ci_kit.build.inputs.context import Entry
from ci_kit.errors import BuildError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan

CONTENT, INPUTS = "com.gitlab.ci-kit.content", "com.gitlab.ci-kit.inputs"
_FORMAT = "ci-kit content 1"
_TAG_LENGTH, _SHORT = 40, 16
_LARGEST_LIST = 100  # folders and files of the context that get a line of their own
_OWN = "org.opencontainers.image."
_OF_COMMIT = frozenset(_OWN + name for name in ("revision", "created", "version", "ref.name"))
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}
# A Dockerfile that takes .git into the image, or asks git about the commit, makes another image of each commit.
_HISTORY = re.compile(
    r"(?:^|[\s=,\"'\[/])\.git(?=[\s/,\"'\]]|$)|\bgit\b[^\n;&|]*\b(?:describe|log|rev-parse|rev-list|show)\b", re.M
)


class Content(NamedTuple):
    """The inputs of an image by name; a value says all that counts of one: a hash, a digest, or a short text.

    `parts` tells of each file and folder in the context's root what is in it; it is for explanations only.
    """

    inputs: Mapping[str, str]
    parts: Mapping[str, str] = MappingProxyType({})

    @property
    def digest(self) -> str:
        """`sha256:` and the hash of all inputs."""
        lines = (f"{name}\0{value}" for name, value in sorted(self.inputs.items()))
        return "sha256:" + _sha256("\n".join((_FORMAT, *lines)))

    @property
    def tag(self) -> str:
        """The tag under which an image of this content is found: `content-` and 40 digits."""
        return f"content-{self.digits}"

    @property
    def digits(self) -> str:
        """The digits of the hash that stand in a tag."""
        return self.digest.removeprefix("sha256:")[:_TAG_LENGTH]

    def of(self, image: ImageRef) -> ImageRef:
        """Return the reference of this content in the repository of `image`."""
        return image.with_tag(self.tag)

    def labels(self) -> dict[str, str]:
        """Return the labels by which an image tells its content later."""
        said = {"inputs": shortened(self.inputs), "context": shortened(self.parts)}
        return {CONTENT: self.digest, INPUTS: json.dumps(said, sort_keys=True, separators=(",", ":"))}


class Unknown(NamedTuple):
    """Why the content of an image cannot be told, so that it has to be built."""

    reason: str


class Surroundings(NamedTuple):
    """What counts beside the plan: the builder's name, and files that do not count."""

    builder: str
    environ: Mapping[str, str]
    apart: Collection[Path] = ()

    def built_for(self, plan: BuildPlan) -> tuple[str, ...]:
        """Return the platforms in a fixed order; without any, the one that the daemon is taken to have."""
        return platforms_of(plan.platforms, self.environ)


def platforms_of(platforms: Collection[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the platforms in a fixed order; without any, the one that the daemon is taken to have."""
    return tuple(sorted(set(platforms))) or (environ.get("DOCKER_DEFAULT_PLATFORM") or _own_platform(),)


def of(plan: BuildPlan, around: Surroundings, bases: Bases) -> Content | Unknown:
    """Return the content of what `plan` builds, or why it cannot be told.

    BuildError when a file that is sent cannot be read, UsageError for a `.dockerignore` that Docker refuses.
    """
    if not Path(plan.context).is_dir():
        return Unknown(f"the context {plan.context} is no folder here")
    text = _text(plan.dockerfile)
    try:
        images = base_images.named(text, plan.build_args, around.built_for(plan))
        found = {f"base {image}": _pin(plan, image) or bases.digest(image) for image in images}
    except Unresolved as error:
        return Unknown(str(error))
    sent = _sent(plan, around)
    history = {"commit": plan.labels.get(f"{_OWN}revision", "")} if _HISTORY.search(text) else {}
    around_it = {"builder": around.builder, "platforms": ",".join(around.built_for(plan))}
    return Content(_of_plan(plan, text) | around_it | found | history | _context(sent), _parts(sent))


def _pin(plan: BuildPlan, image: str) -> str:
    """Return the digest that an image of the same project is pinned to, empty for any other."""
    return plan.pins.get(image, "").partition("@")[2]


def _of_plan(plan: BuildPlan, text: str) -> dict[str, str]:
    counted = {name: value for name, value in plan.labels.items() if name not in _OF_COMMIT}
    beside = {f"{each.level}:{each.name}": each.value for each in plan.annotations if each.name not in _OF_COMMIT}
    return {
        "secrets": ",".join(sorted(secret.id for secret in plan.secrets)),
        **({"ssh": ",".join(sorted(key.id for key in plan.ssh))} if plan.ssh else {}),
        **({"attestations": " ".join(sorted(plan.attestations))} if plan.attestations else {}),
        **{f"annotation {name}": _sha256(value) for name, value in beside.items()},
        "dockerfile": _sha256(text),
        "target": plan.target,
        **{f"arg {name}": _sha256(f"{name}\0{value}") for name, value in plan.build_args.items()},
        **{f"label {name}": _sha256(value) for name, value in counted.items()},
    }


def _sent(plan: BuildPlan, around: Surroundings) -> list[Entry]:
    """Return the files of the context; the Dockerfile's own text is an input by itself."""
    root, dockerfile = Path(plan.context), Path(plan.dockerfile)
    apart = {path.relative_to(root).as_posix() for path in around.apart if path.is_relative_to(root)}
    found = context.entries(root, dockerignore.read(root, dockerfile), around.environ, apart=apart)
    own = dockerfile.relative_to(root).as_posix() if dockerfile.is_relative_to(root) else ""
    return [entry._replace(id="") if entry.path == own else entry for entry in found]


def _context(sent: Sequence[Entry]) -> dict[str, str]:
    return {"context": context.digest(sent)}


def _parts(sent: Iterable[Entry]) -> dict[str, str]:
    """Return a hash for each file and folder in the root of the context, nothing where these are too many."""
    parts: dict[str, list[Entry]] = {}
    for entry in sent:
        first, slash, _ = entry.path.partition("/")
        parts.setdefault(first + slash, []).append(entry)
    if len(parts) > _LARGEST_LIST:
        return {}
    return {name: context.digest(entries) for name, entries in parts.items()}


def _text(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}", hint="make it readable") from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def shortened(values: Mapping[str, str]) -> dict[str, str]:
    """Return `values` with their hashes cut: enough to see a change, and labels stay small."""
    return {name: value[:_SHORT] if re.fullmatch("[0-9a-f]{64}", value) else value for name, value in values.items()}


def _own_platform() -> str:
    machine = os.uname().machine.lower()
    return f"linux/{_MACHINES.get(machine, machine)}"
