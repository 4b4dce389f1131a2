"""`ci-kit logout`: forget the login of a registry, and nothing else."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from ci_kit.build.machine.interrupts import interruptible
from ci_kit.commands.login_target import targets
from ci_kit.errors import EXIT_OK, CiKitError
from ci_kit.registry import credentials, docker_config

HELP = "Forget the logins of registries: in docker's config.json, and in the credential helper that keeps them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which registries, and whose configuration."""
    parser.add_argument("registry", nargs="*", metavar="REGISTRY", help="host or host/path (default: $CI_REGISTRY)")
    parser.add_argument("--config", metavar="DIR", help="folder of config.json (default: $DOCKER_CONFIG or ~/.docker)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Forget each registry; one that is not known is no failure. The first failure is raised after all were tried."""
    folder = Path(arguments.config) if arguments.config else credentials.docker_config(environ)
    registries = dict.fromkeys(target.registry for target in targets(arguments.registry, environ))
    known: dict[str, bool] = {}
    failures: list[CiKitError] = []
    with interruptible("no login is half removed"):
        for registry in registries:
            try:
                known[registry] = docker_config.remove(folder, registry, environ)
            except CiKitError as error:
                failures.append(error)
    _show(known, arguments.format)
    if failures:
        raise failures[0]
    return EXIT_OK


def _show(known: Mapping[str, bool], form: str) -> None:
    if form == "json":
        rows = [{"registry": registry, "was_known": was_known} for registry, was_known in known.items()]
        print(json.dumps({"version": 1, "logouts": rows}, indent=2), flush=True)
        return
    for registry, was_known in known.items():
        print(f"{registry}: {'logged out' if was_known else 'there was no login'}", flush=True)
