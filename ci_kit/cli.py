"""The command line: COMMANDS become a parser, errors become exit codes."""

import gc
import os
import sys
from types import ModuleType

from ci_kit.commands import COMMANDS, environment
from ci_kit.errors import EXIT_BUG, EXIT_OK, CiKitError, Interrupted, UsageError
from ci_kit.version import VERSION


def main(argv: list[str]) -> int:
    """Run `argv` and return the exit code of the process; prints, never raises."""
    name = argv[0] if argv and argv[0] in COMMANDS else ""
    try:
        return _flushed(_run(argv))
    except CiKitError as error:
        return _fail(name, error)
    except KeyboardInterrupt:
        return _fail(name, Interrupted("interrupted"))
    except BrokenPipeError:
        _silence_stdout()
        return 0
    except Exception as error:
        return _report_bug(name, error)


def _flushed(code: int) -> int:
    """Return `code` when all of stdout is out; what is found at the exit of Python is found too late."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:
        _silence_stdout()
        raise UsageError(f"cannot be written: {error.strerror}", place="stdout", hint="free space there") from error
    return code


def _silence_stdout() -> None:
    """Send what is left in stdout's buffer nowhere (Python docs, "Note on SIGPIPE")."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _run(argv: list[str]) -> int:
    name = argv[0] if argv else ""
    if name not in COMMANDS:
        return _without_command(argv)
    from ci_kit.commands.parser import Parser  # argparse costs 10 ms, which --version shall not pay

    command = _load(name)
    parser = Parser(prog=f"ci-kit {name}", description=command.HELP, allow_abbrev=False)
    command.add_arguments(parser)
    try:
        arguments = parser.parse_args(argv[1:])
    except SystemExit:  # argparse has printed the help that was asked for
        return EXIT_OK
    if not gc.isenabled():
        gc.freeze()  # what was imported stays: to look through it again and again costs 3 ms a time
        gc.enable()
    code: int = command.run(arguments, environment())
    return code


def _without_command(argv: list[str]) -> int:
    if argv == ["--version"]:
        print(f"ci-kit {VERSION}")
        return EXIT_OK
    if not argv:
        print(_overview(), file=sys.stderr)
        return UsageError.exit_code
    if argv in (["--help"], ["-h"], ["help"]):
        print(_overview())
        return EXIT_OK
    from ci_kit.model.nearest import nearest

    meant = nearest(argv[0], COMMANDS)
    hint = f"did you mean {meant!r}?" if meant else "see ci-kit --help"
    raise UsageError(f"{argv[0]!r} is not a command of ci-kit", hint=hint)


_OVERVIEW = """\
usage: ci-kit COMMAND [OPTION...]

From a Dockerfile to a verified image in a GitLab registry.

{commands}

ci-kit COMMAND --help tells the options of a command; ci-kit --version the version."""


def _overview() -> str:
    lines = [f"  {name:<12}{summary}" for name, summary in COMMANDS.items()]
    return _OVERVIEW.format(commands="\n".join(lines))


def _load(name: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"ci_kit.commands.{name.replace('-', '_')}")


def _fail(name: str, error: CiKitError) -> int:
    print(f"ci-kit {name}: error: {error}".replace("ci-kit : ", "ci-kit: "), file=sys.stderr)
    return error.exit_code


def _report_bug(name: str, error: BaseException) -> int:
    """Print what a bug report needs and no value of the user's: frames, versions, the kind of error."""
    import platform
    import traceback

    frames = [
        f"  {frame.filename.rpartition('ci_kit/')[2] or frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    kind = type(error).__name__
    print(f"ci-kit {name}: bug: {kind} -> please report these lines:".replace(" : ", ": "), file=sys.stderr)
    print(f"  ci-kit {VERSION}, Python {platform.python_version()}, {sys.platform}", file=sys.stderr)
    print("\n".join(frames), file=sys.stderr)
    return EXIT_BUG
