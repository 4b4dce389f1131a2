"""The command line: COMMANDS become a parser, errors become exit codes."""

import argparse
import importlib
import platform
import sys
import traceback
from types import ModuleType
from typing import NoReturn

from ci_kit.commands import COMMANDS, environment
from ci_kit.errors import EXIT_BUG, CiKitError, Interrupted, UsageError
from ci_kit.version import VERSION


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong flag is a UsageError in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, instead of printing usage and leaving."""
        raise UsageError(message, hint=f"see {self.prog} --help")


def main(argv: list[str]) -> int:
    """Run `argv` and return the exit code of the process; prints, never raises."""
    name = argv[0] if argv else ""
    try:
        return _run(argv)
    except CiKitError as error:
        return _fail(name, error)
    except KeyboardInterrupt:
        return _fail(name, Interrupted("interrupted"))
    except BrokenPipeError:
        sys.stdout = None
        return 0
    except RecursionError as error:
        return _report_bug(name, error)
    except Exception as error:
        return _report_bug(name, error)


def _run(argv: list[str]) -> int:
    name = argv[0] if argv else ""
    if name not in COMMANDS:
        return _without_command(argv)
    command = _load(name)
    parser = Parser(prog=f"ci-kit {name}", description=command.HELP, allow_abbrev=False)
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(argv[1:]), environment())
    return code


def _without_command(argv: list[str]) -> int:
    if argv == ["--version"]:
        print(f"ci-kit {VERSION}")
        return 0
    if argv in ([], ["--help"], ["-h"], ["help"]):
        print(_overview())
        return 0 if argv else 2
    nearest = _nearest(argv[0])
    raise UsageError(f"{argv[0]!r} is not a command of ci-kit", hint=nearest or "see ci-kit --help")


def _nearest(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, COMMANDS, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _overview() -> str:
    lines = [f"  {name:<12}{summary}" for name, summary in COMMANDS.items()]
    return "\n".join(
        ["usage: ci-kit COMMAND [OPTION...]", "", "From a Dockerfile to a verified image in a GitLab registry.", ""]
        + [*lines, "", "ci-kit COMMAND --help tells the options of a command; ci-kit --version the version."]
    )


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"ci_kit.commands.{name.replace('-', '_')}")


def _fail(name: str, error: CiKitError) -> int:
    print(f"ci-kit {name}: error: {error}".replace("ci-kit : ", "ci-kit: "), file=sys.stderr)
    return error.exit_code


def _report_bug(name: str, error: BaseException) -> int:
    """Print what a bug report needs and no value of the user's: frames, versions, the kind of error."""
    frames = [
        f"  {frame.filename.rpartition('ci_kit/')[2] or frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    print(f"ci-kit {name}: bug: {type(error).__name__} -> please report these lines:", file=sys.stderr)
    print(f"  ci-kit {VERSION}, Python {platform.python_version()}, {sys.platform}", file=sys.stderr)
    print("\n".join(frames), file=sys.stderr)
    return EXIT_BUG
