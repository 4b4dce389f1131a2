"""`ci-kit generate`: from .ci-kit.yml to a checked .gitlab-ci.yml, or to a component in templates/."""

import argparse
import gc
import sys
from collections.abc import Mapping
from pathlib import Path

from ci_kit.config import dockerfiles, first, flags, load
from ci_kit.config.settings import Settings
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK, NothingToBuildError, UsageError
from ci_kit.pipeline import check, components, jobs, render, seal
from ci_kit.report import file

HELP = (
    "Write a checked .gitlab-ci.yml from .ci-kit.yml, or for the Dockerfile here when there is none. "
    "The text depends on the settings file, the flags, and which images of the project the Dockerfiles are made from."
)

_OUTPUT = ".gitlab-ci.yml"
_TEMPLATES = Path("templates")
_STDOUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to read and write, and the settings that may be said as flags."""
    parser.add_argument("--config", metavar="FILE", help=f"settings file (default: {load.FILE_NAME} if there is one)")
    parser.add_argument("--output", metavar="FILE", help=f"file to write, - is stdout (default: {_OUTPUT})")
    parser.add_argument("--check", action="store_true", help="write nothing; print the difference and exit 1 if stale")
    parser.add_argument("--force", action="store_true", help="replace a file that was not written by ci-kit")
    parser.add_argument(
        "--template",
        nargs="?",
        metavar="NAME",
        choices=components.NAMES,
        const=components.NAME,
        help=f"write a component into {_TEMPLATES}/ instead: {' or '.join(components.NAMES)} (default: the first)",
    )
    flags.add(parser, "images", "pipeline", "record", variables=False)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write, print or compare the file; 1 when `--check` finds it stale. UsageError: nothing was written."""
    init = "" if arguments.template or arguments.config or load.find(Path()) else _init_would_write(environ)
    text = _text(arguments, init)
    output = arguments.output or (str(_TEMPLATES / f"{arguments.template}.yml") if arguments.template else _OUTPUT)
    if arguments.check:
        return _compare(output, text)
    if output == _STDOUT:
        sys.stdout.write(text)
        return EXIT_OK
    code = _write(Path(output), text, force=arguments.force)
    if init:
        print(f"ci-kit generate: note: there is no {load.FILE_NAME}; {init}", file=sys.stderr)
    return code


def _init_would_write(environ: Mapping[str, str]) -> str:
    """Return what `ci-kit init` would write, in half a line; empty without a Dockerfile."""
    found = first.images(dockerfiles.find(Path(), environ))
    images = ", ".join(f"{name} ({path})" for name, path in found)
    return f"ci-kit init would write one with {images}" if found else ""


def _text(arguments: argparse.Namespace, init: str) -> str:
    gc.disable()  # the trees of 10 000 jobs hold no circles, but looking for some costs a fifth of the time
    try:
        return _template(arguments.template) if arguments.template else _pipeline(arguments)
    except NothingToBuildError as error:
        raise UsageError(error.message, hint=init or error.hint) from error
    finally:
        gc.enable()


def _template(name: str) -> str:
    made = components.component(name)
    text = render.component_text(made.inputs, made.pipeline)
    check.template(text, made.inputs, made.pipeline)
    return text


def _pipeline(arguments: argparse.Namespace) -> str:
    """Return the text for the settings; the environment is left out, so that everyone generates the same."""
    path = Path(arguments.config) if arguments.config else load.find(Path())
    settings = load.load(path, vars(arguments), {})
    check.settings(settings)
    pipeline = jobs.pipeline(settings, _needs(settings, path.parent if path else Path()))
    text = render.text(pipeline)
    check.pipeline(text, pipeline)
    _mention_missing(settings, path.parent if path else Path())
    return text


def _needs(settings: Settings, root: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return by name which images each is made from, and the words that its Dockerfile has for them."""
    if len(settings.images) == 1:
        return {}
    from ci_kit.build.family import members

    return {
        name: {need.name: tuple(map(members.with_variables, need.words)) for need in needs}
        for name, needs in members.without_a_job(settings, root).items()
    }


def _mention_missing(settings: Settings, root: Path) -> None:
    """Tell of Dockerfiles that are not there; an earlier job may write them, so it is no error."""
    for image in settings.images:
        if not (root / image.dockerfile).is_file():
            print(f"ci-kit generate: note: {image.place}: there is no {image.dockerfile} yet", file=sys.stderr)


def _compare(output: str, text: str) -> int:
    if output == _STDOUT:
        raise UsageError("cannot be compared with stdout", place="--check", hint="name the file with --output FILE")
    present = (_read(Path(output)) or "").replace("\r\n", "\n")  # git may have given the file Windows' line ends
    if present == text:
        return EXIT_OK
    import difflib

    lines = difflib.unified_diff(
        present.splitlines(keepends=True), text.splitlines(keepends=True), output, "ci-kit generate"
    )
    sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)
    print(f"ci-kit generate: {output} is stale -> run ci-kit generate", file=sys.stderr)
    return EXIT_FINDINGS


def _write(path: Path, text: str, *, force: bool) -> int:
    present = _read(path)
    if present == text:
        print(f"ci-kit generate: {path} is up to date", file=sys.stderr)
        return EXIT_OK
    if present is not None and not force:
        _refuse_foreign(path, present)
    file.write(path, text)
    print(f"ci-kit generate: wrote {path}", file=sys.stderr)
    return EXIT_OK


def _refuse_foreign(path: Path, present: str) -> None:
    """Refuse to lose what a hand has written; an empty file holds nothing to lose."""
    if seal.is_untouched(present) or not present.strip():
        return
    if seal.is_ours(present):
        raise UsageError(
            "was changed by hand since ci-kit wrote it",
            place=str(path),
            hint=f"say the change in {load.FILE_NAME}, or lose it with --force",
        )
    raise UsageError(
        "was not written by ci-kit",
        place=str(path),
        hint="write beside it with --output FILE and include that, or replace it with --force",
    )


def _read(path: Path) -> str | None:
    """Return the file's text, None when there is no file; undecodable bytes make it foreign, not an error."""
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, up to Python 3.12
        reason = getattr(error, "strerror", None) or "is a loop of links"
        raise UsageError(f"cannot be read: {reason}", place=str(path), hint="name another --output") from error
