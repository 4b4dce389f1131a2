"""Where image references stand: in `image:`, in `services:`, and in the words of docker and its relatives."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ci_kit.language.jobs import CiJob, Text

_PROGRAMS = frozenset(("docker", "podman", "nerdctl", "buildah", "img"))
_KANIKO = "executor"
_TAGGED = frozenset(("-t", "--tag", "--destination", "-d"))
_VARIABLE = r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))"
_VERBS = {"push": 1, "pull": 1, "tag": 2}
_DEPTH = 5


class ImageWord(NamedTuple):
    """A word that names an image, as it is written in `text`."""

    text: Text
    word: str


def image_words(job: CiJob) -> Iterator[ImageWord]:
    """Yield every word of the job that certainly names an image."""
    if job.image:
        yield ImageWord(job.image, job.image.value)
    for service in job.services:
        yield ImageWord(service.name, service.name.value)
    texts = [text for text in job.commands if any(program in text.value for program in (*_PROGRAMS, _KANIKO))]
    if not texts:
        return
    from ci_kit.lint.shell import commands

    for text in texts:
        for words in commands(text.value):
            yield from (ImageWord(text, word) for word in _of_command(words))


def expand(word: str, variables: Mapping[str, Text], depth: int = 0) -> str:
    """Return `word` with the variables that the file itself sets; predefined ones stay as they are written."""

    def value(match: re.Match[str]) -> str:
        known = variables.get(match[1] or match[2])
        return match[0] if known is None or depth >= _DEPTH else expand(known.value, variables, depth + 1)

    return re.sub(_VARIABLE, value, word) if "$" in word else word


def variables_in(word: str) -> Iterator[str]:
    """Yield the names of the variables in `word`."""
    for match in re.finditer(_VARIABLE, word):
        yield match[1] or match[2]


def tag_of(reference: str) -> str | None:
    """Return the tag in a reference, None when there is none; a digest counts for nothing here."""
    last = reference.partition("@")[0].rpartition("/")[2]
    _, colon, tag = last.partition(":")
    return tag if colon else None


def _of_command(words: list[str]) -> Iterator[str]:
    program = words[0].rpartition("/")[2]
    if program == _KANIKO:
        yield from _options(words[1:])
    if program not in _PROGRAMS:
        return
    verbs = [word for word in words[1:] if not word.startswith("-")]
    verb = next((word for word in verbs if word not in ("image", "buildx", "builder", "container")), "")
    if verb in ("build", "bud", "bake"):
        yield from _options(words[1:])
    elif verb in _VERBS:
        after = words[words.index(verb) + 1 :]
        names = [word for word in after if not word.startswith("-")]
        yield from names[: _VERBS[verb]] if len(names) <= _VERBS[verb] else ()


def _options(words: list[str]) -> Iterator[str]:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _TAGGED and equals:
            yield value
        elif word in _TAGGED and index + 1 < len(words):
            yield words[index + 1]
