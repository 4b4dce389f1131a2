"""A file with a header, and what comes of it."""

from typing import Any, NamedTuple

from ci_kit.language.documents import load
from ci_kit.language.inputs import interpolated
from ci_kit.language.problem import Problem, Told
from ci_kit.language.surroundings import ALONE, Surroundings
from ci_kit.source.value import Map

PATH = "f.yml"


class Made(NamedTuple):
    """The content, the one message of GitLab, empty when it refuses nothing, and all that was told."""

    content: Map
    gitlab: str
    problems: list[Problem]
    damaged: set[Any]

    @property
    def messages(self) -> list[str]:
        return [problem.message for problem in self.problems]


def made(header: str, body: str = "a: {script: x}", around: Surroundings = ALONE, **options: Any) -> Made:
    """Return what comes of a file with this header, which GitLab sees as `spec: …`, and this body."""
    told = Told()
    file = load(f"{header}\n---\n{body}\n", PATH)
    content = interpolated(file, options.pop("given", {}), told, around=around, **options)
    return Made(content, told.gitlab or "", told.problems, told.damaged)


def with_inputs(inputs: str, body: str = "a: {script: x}", **options: Any) -> Made:
    """Return what comes of a file that declares `inputs`, written as a flow mapping without its braces."""
    return made(f"spec: {{inputs: {{{inputs} }}}}", body, **options)


def value(inputs: str, block: str, **options: Any) -> Any:
    """Return what a block that stands alone comes to."""
    return with_inputs(inputs, f"a: {{script: '{block}'}}", **options).content["a"]["script"]
