"""`ci-kit doctor`: why a push or a pull does not work here, and who puts it right how."""

import argparse
import importlib
import threading
from collections.abc import Mapping

from ci_kit.commands import doctor_report
from ci_kit.diagnosis.case import PULL, PUSH, Case
from ci_kit.diagnosis.examine import examine
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
    doctor_report.add_arguments(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Examine, print the report, and return 1 when something is wrong."""
    case = _case(arguments, environ)
    if any(environ.get(name) for name in _TOKENS):
        threading.Thread(target=importlib.import_module, args=("gitlab",), daemon=True).start()
    found = examine(case)
    doctor_report.show(found, arguments.format)
    return EXIT_FINDINGS if found.culprit else EXIT_OK


def _case(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Case:
    """Return what is named, else the job's own repository; UsageError outside of a job when nothing is named."""
    if arguments.image:
        return Case(arguments.image, "IMAGE", environ, arguments.purpose)
    if not environ.get("CI_REGISTRY_IMAGE") and not environ.get("GITLAB_CI"):
        hint = "name the image: ci-kit doctor host/group/project"
        raise UsageError("is not set, and no image is named", place="CI_REGISTRY_IMAGE", hint=hint)
    return Case("$CI_REGISTRY_IMAGE", "CI_REGISTRY_IMAGE", environ, arguments.purpose)
