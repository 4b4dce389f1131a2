"""Command-line flags out of the options."""

import argparse
from typing import Any

from ci_kit.config.option import Option
from ci_kit.config.options import of_section

_LISTS = ("texts", "lines", "map", "lists")


def add(parser: argparse.ArgumentParser, *sections: str, only: tuple[str, ...] = (), variables: bool = True) -> None:
    """Add the flags of `sections` to `parser`, or the ones named `only`; they are None until they are given.

    Without `variables` the help leaves them out: the command does not read them.
    """
    for section in sections:
        group = parser.add_argument_group(f"{section} (over .ci-kit.yml)")
        for option in of_section(section):
            if option.flags and (not only or option.key in only):
                group.add_argument(*option.flags, **_how(option, variables))


def _how(option: Option, variables: bool) -> dict[str, Any]:
    how: dict[str, Any] = {"dest": option.key, "default": None, "help": _help(option, variables)}
    if option.kind == "boolean":
        return how | {"action": argparse.BooleanOptionalAction}
    if option.kind in _LISTS:
        return how | {"action": "append", "metavar": "KEY=VALUE" if option.kind in ("map", "lists") else "TEXT"}
    if option.implied:
        how |= {"nargs": "?", "const": option.implied}
    if option.kind == "choice":
        return how | {"metavar": "|".join(option.choices)}
    return how | {"metavar": {"path": "PATH", "image": "NAME"}.get(option.kind, "TEXT")}


def _help(option: Option, variables: bool) -> str:
    text = option.help.replace("`", "").replace("%", "%%")
    return f"{text} ({option.variable})" if option.variable and variables else text
