"""`ci-kit doctor`: why a push or a pull does not work here, and who puts it right how."""

import argparse
import importlib
import threading
from collections.abc import Callable, Mapping

from ci_kit.commands import doctor_report, doctor_watch
from ci_kit.diagnosis.case import PULL, PUSH, Case
from ci_kit.diagnosis.examine import Diagnosis, examine
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK, UsageError

_TOKENS = ("CI_KIT_GITLAB_TOKEN", "GITLAB_TOKEN")  # with one python-gitlab is needed, whose import takes long

HELP = """\
Find out why an image cannot be pushed or pulled from here: from its name over DNS, TLS, the registry, its tokens and a
trial upload to the Docker daemon, the files with logins, the clock and the disk. One cause is named, with what was seen
and what helps. Nothing is changed, and a password is tried once. Exit code 1 when a cause was found."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the image, what is wanted of it, and the form of the report."""
    parser.add_argument(
        "image", nargs="?", metavar="IMAGE", help="host/path, or a name below it (default: $CI_REGISTRY_IMAGE)"
    )
    parser.add_argument("--for", choices=(PUSH, PULL), default=PUSH, dest="purpose", help="default: push")
    parser.add_argument("--server", metavar="DIR", help="read the files of a server instead: gitlab.rb, nginx, compose")
    parser.add_argument("--log", metavar="FILE", help="name the causes in the log of a job instead; - is stdin")
    doctor_watch.add_arguments(parser)
    parser.add_argument("--bundle", metavar="FILE", help="write a report without secrets there, for a ticket")
    doctor_report.add_arguments(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Examine, print the report, and return 1 when something is wrong."""
    other = _other(arguments)
    if other is not None:
        return other(arguments)
    if arguments.rounds and arguments.watch is None:
        raise UsageError("is for --watch", place="--rounds", hint="add --watch SECONDS")
    case = _case(arguments, environ)
    if any(environ.get(name) for name in _TOKENS):
        threading.Thread(target=importlib.import_module, args=("gitlab",), daemon=True).start()
    if arguments.watch is not None:
        return _watch(arguments, environ)
    found = examine(case)
    if arguments.bundle:
        from ci_kit.commands import doctor_bundle

        doctor_bundle.write(arguments.bundle, found, case)
    doctor_report.show(found, arguments.format)
    return EXIT_FINDINGS if found.culprit else EXIT_OK


def _watch(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Examine the same again and again; a report of one moment is not what is wanted then."""
    if arguments.bundle:
        raise UsageError("tells of one moment", place="--bundle", hint="leave --watch out")

    def ask() -> Diagnosis:
        return examine(_case(arguments, environ))

    return doctor_watch.run(ask, arguments.watch, arguments.rounds, arguments.format)


def _other(arguments: argparse.Namespace) -> Callable[[argparse.Namespace], int] | None:
    """Return what is examined in the place of an image, None when it is an image; UsageError for both."""
    ways = {"--server": (arguments.server, _of_server), "--log": (arguments.log, _of_log)}
    wanted = [name for name, (said, _) in ways.items() if said is not None]
    if not wanted:
        return None
    for place, said in (("IMAGE", arguments.image), ("--watch", arguments.watch), ("--bundle", arguments.bundle)):
        if said is not None or len(wanted) > 1:
            raise UsageError(f"does not go with {wanted[0]}", place=place if said else wanted[-1], hint="run it apart")
    return ways[wanted[0]][1]


def _of_log(arguments: argparse.Namespace) -> int:
    from ci_kit.commands import doctor_log

    return doctor_log.run(arguments.log, arguments.format)


def _of_server(arguments: argparse.Namespace) -> int:
    from ci_kit.commands import doctor_server

    return doctor_server.run(arguments.server, arguments.format)


def _case(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Case:
    """Return what is named, else the job's own repository; UsageError outside of a job when nothing is named."""
    if arguments.image:
        return Case(arguments.image, "IMAGE", environ, arguments.purpose)
    if not environ.get("CI_REGISTRY_IMAGE") and not environ.get("GITLAB_CI"):
        hint = "name the image: ci-kit doctor host/group/project"
        raise UsageError("is not set, and no image is named", place="CI_REGISTRY_IMAGE", hint=hint)
    return Case("$CI_REGISTRY_IMAGE", "CI_REGISTRY_IMAGE", environ, arguments.purpose)
