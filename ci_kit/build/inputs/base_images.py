"""The images that a Dockerfile takes from registries, and which ones they are right now.

Sources: docker docs "Dockerfile reference": FROM, ARG, COPY --from, RUN --mount; github.com/distribution/reference,
"normalize" for names without a registry.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ci_kit.build.inputs import dockerfile
from ci_kit.build.inputs.dockerfile import Dockerfile, Instruction, NotExpanded
from ci_kit.errors import RegistryError, UsageError
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef
from ci_kit.registry import reference
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.credentials import HUB_NAMES, api_host

_EMPTY = "scratch"

Open = Callable[[str], RegistryClient]


class Unresolved(Exception):
    """A base image is not known, or cannot be asked for now; the text says which and why."""


class Mention(NamedTuple):
    """A place that names an image: `image` with its variables replaced, in the word `word` of the instruction."""

    image: str
    instruction: Instruction
    word: str


def named(text: str, build_args: Mapping[str, str], platforms: Sequence[str]) -> tuple[str, ...]:
    """Return the images that a Dockerfile names, with their variables replaced, sorted; Unresolved says what is odd."""
    found = (each for platform in platforms for each in mentions(text, build_args, platform))
    return tuple(sorted({mention.image for mention in found}))


def mentions(text: str, build_args: Mapping[str, str], platform: str) -> tuple[Mention, ...]:
    """Return each place that names an image, in their order; Unresolved says what is odd."""
    try:
        return tuple(_mentions(dockerfile.parse(text), build_args, platform))
    except NotExpanded as error:
        raise Unresolved(str(error)) from error


def full(image: str) -> ImageRef:
    """Return the reference that docker means by the name of an image; Unresolved when it is no name."""
    name, _, digest = image.partition("@")
    if not grammar.has_registry(name):
        name = f"{HUB_NAMES[0]}/{name}"
    registry, _, rest = name.partition("/")
    if registry in HUB_NAMES:
        name = f"{api_host(registry)}/{rest if '/' in rest else f'library/{rest}'}"
    try:
        return reference.parse(f"{name}@{digest}" if digest else name)
    except UsageError as error:
        raise Unresolved(f"{image!r} is no image: {error.message}") from error


class Bases:
    """Asks registries for digests, each image once a run; `open` returns a client, which the caller closes.

    With a `mirror` of Docker Hub that is asked first, as a daemon does, and the Hub only for what it does not tell.
    """

    def __init__(self, open: Open, mirror: RegistryClient | None = None) -> None:
        self.open = open
        self.mirror = mirror
        self._known: dict[ImageRef, str] = {}
        self._clients: dict[str, RegistryClient] = {}
        self._lock = threading.Lock()

    def digest(self, image: str) -> str:
        """Return the digest that an image has now, or that its name pins; Unresolved when no registry tells it."""
        found = full(image)
        if found.digest:
            return found.digest
        with self._lock:
            if found not in self._known:
                self._known[found] = self._ask(found, image)
        return self._known[found]

    def _ask(self, found: ImageRef, image: str) -> str:
        tagged = found if found.tag else found.with_tag("latest")
        try:
            digest = self._mirrored(tagged) or self._client(found.registry).digest(tagged)
        except (RegistryError, UsageError) as error:
            raise Unresolved(f"which image {image} is now cannot be found out: {error.message}") from error
        if not digest:
            raise Unresolved(f"{image} is not in its registry")
        return digest

    def _mirrored(self, tagged: ImageRef) -> str:
        """Return what the mirror says of an image of Docker Hub, empty when it says nothing."""
        if self.mirror is None or tagged.registry != api_host(HUB_NAMES[0]):
            return ""
        try:
            return self.mirror.digest(tagged)
        except RegistryError:
            return ""

    def _client(self, registry: str) -> RegistryClient:
        if registry not in self._clients:
            self._clients[registry] = self.open(registry)
        return self._clients[registry]


def _mentions(parsed: Dockerfile, build_args: Mapping[str, str], platform: str) -> Iterator[Mention]:
    values = _of_platform(platform)
    values |= {name: build_args[name] for name in values if name in build_args}
    stages: set[str] = set()
    for instruction in parsed.instructions:
        if instruction.name == "ARG" and not stages:
            values |= dict(_arguments(instruction, build_args, values, parsed.escape))
        if instruction.name == "FROM":
            yield from _base(instruction, values, stages, parsed.escape)
        for image in _from(instruction):
            if "$" in image:
                raise NotExpanded(f"{image!r}: no variable may stand there")
            if image and not image.isdecimal() and image.lower() not in stages:
                yield Mention(image, instruction, image)


def _base(instruction: Instruction, values: Mapping[str, str], stages: set[str], escape: str) -> Iterator[Mention]:
    """Yield the image that a FROM names, if it is one, and keep the name of its stage in `stages`."""
    words = [dockerfile.expand(word, values, escape) for word in instruction.words]
    if not words or not words[0]:
        raise NotExpanded("a FROM names no image")
    if words[0].lower() not in {_EMPTY, *stages}:
        yield Mention(words[0], instruction, instruction.words[0])
    stages.add(words[2].lower() if len(words) > 2 else "")


def _arguments(
    instruction: Instruction, build_args: Mapping[str, str], values: Mapping[str, str], escape: str
) -> Iterator[tuple[str, str]]:
    """Yield the arguments that one ARG before the first FROM declares and that have a value."""
    here = dict(values)
    for word in instruction.words:
        name, equals, default = word.partition("=")
        if name in build_args:
            here[name] = build_args[name]
        elif equals:
            here[name] = dockerfile.expand(default, here, escape)
        else:
            continue
        yield name, here[name]


def _from(instruction: Instruction) -> Iterator[str]:
    """Yield what `COPY --from` and `RUN --mount=…,from=` name: a stage, its number, or an image."""
    for flag, value in instruction.flags:
        if instruction.name == "COPY" and flag == "from":
            yield value.strip("\"'")
        if instruction.name == "RUN" and flag == "mount":
            pairs = [part.partition("=") for part in value.strip("\"'").split(",")]
            yield from (value for key, _, value in pairs if key.lower() == "from")


def _of_platform(platform: str) -> dict[str, str]:
    """Return the arguments that BuildKit itself sets for the platform to build for."""
    system, architecture, variant = (*platform.split("/"), "", "")[:3]
    parts = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return {f"TARGET{name}": value for name, value in parts.items()}
