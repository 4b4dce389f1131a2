"""A Dockerfile in which the values of build args stand, for builders that take them only where every process sees them.

Source: docker docs "Dockerfile reference", ARG: a later declaration of a name replaces its value.
"""

from collections.abc import Iterator, Mapping

from ci_kit.build.inputs.dockerfile import Instruction, parse
from ci_kit.errors import BuildError


def baked(text: str, build_args: Mapping[str, str]) -> str:
    """Return the Dockerfile with a second declaration behind each one of an argument that has a value.

    BuildError for a value of several lines, which no line of a Dockerfile can say.
    """
    for name, value in build_args.items():
        if "\n" in value or "\r" in value:
            raise BuildError(f"the build arg {name} has more than one line", hint="use a secret, or --builder buildx")
    lines = text.split("\n")
    for instruction in reversed(parse(text).instructions):
        added = [f"ARG {name}={_quoted(build_args[name])}" for name in _declared(instruction, build_args)]
        lines[instruction.line.end : instruction.line.end] = added
    return "\n".join(lines)


def unknown(text: str, build_args: Mapping[str, str]) -> list[str]:
    """Return the names of build args that no instruction declares."""
    known = {name for instruction in parse(text).instructions for name in _declared(instruction, build_args)}
    return [name for name in build_args if name not in known]


def _declared(instruction: Instruction, build_args: Mapping[str, str]) -> Iterator[str]:
    if instruction.name == "ARG":
        names = (word.partition("=")[0] for word in instruction.words)
        yield from (name for name in names if name in build_args)


def _quoted(value: str) -> str:
    """Return a word that means exactly `value`: within single quotes nothing has a meaning, not even a backslash."""
    return "'" + value.replace("'", "'\"'\"'") + "'"
