"""The password that a user gives to `ci-kit login`: through stdin or a variable, never as an argument."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ci_kit.errors import UsageError
from ci_kit.registry.auth import Credentials

_LONGEST = 65536  # bytes; the key of a cloud's service account has 2 to 3 thousand
_WAYS = "pipe it into --password-stdin, or name its variable with --password-variable"


class _Refused(argparse.Action):
    """Ends the command for a password among the arguments, and does not repeat it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        """Raise UsageError."""
        hint = f"{_WAYS}; revoke one that was given so in a job"
        raise UsageError(
            "every user of the machine, and the job's log, could read it", place=option_string or "", hint=hint
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the user, and the two ways of a password."""
    parser.add_argument("-u", "--user", "--username", metavar="NAME", help="user for --password-stdin or -variable")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--password-stdin", action="store_true", help="read the password or token from stdin")
    ways.add_argument("--password-variable", metavar="NAME", help="take the password or token from this variable")
    parser.add_argument("-p", "--password", nargs="?", action=_Refused, help=argparse.SUPPRESS)


def given(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials that the arguments lead to, None when they name none; UsageError for half of them."""
    if not arguments.password_stdin and not arguments.password_variable:
        if arguments.user:
            raise UsageError("there is no password for this user", place="--user", hint=_WAYS)
        return None
    place = arguments.password_variable or "--password-stdin"
    if not arguments.user:
        hint = "name the user; with a token of a GitLab user any name does"
        raise UsageError("a password needs its user", place="--user", hint=hint)
    if ":" in arguments.user:
        raise UsageError("a user's name has no colon", place="--user", hint="name the user alone")
    text = environ.get(place, "") if arguments.password_variable else _of_stdin()
    password = text.removesuffix("\n").removesuffix("\r")
    if not password:
        raise UsageError("the password is empty", place=place, hint="check that the job may see the variable it is in")
    return Credentials(arguments.user, password, "stdin" if arguments.password_stdin else place)


def _of_stdin() -> str:
    if sys.stdin is None:  # closed by whoever started us
        return ""
    if sys.stdin.isatty():
        raise UsageError("a terminal would show the password", place="--password-stdin", hint="pipe it in")
    content = sys.stdin.buffer.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise UsageError(f"more than {_LONGEST} bytes are no password", place="--password-stdin", hint="check the pipe")
    return content.decode(errors="surrogateescape")
