"""`ci-kit login`: docker's login, with the proof that a push will work."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.machine.interrupts import interruptible
from ci_kit.commands import login_password, login_report
from ci_kit.commands.login_notes import notes
from ci_kit.commands.login_report import Outcome
from ci_kit.commands.login_target import Target, targets
from ci_kit.errors import EXIT_OK, CiKitError, CredentialsError, DeniedError, Interrupted, UnknownNameError, UsageError
from ci_kit.model.causes import told
from ci_kit.registry import credentials, docker_config, grant
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.grant import Grant
from ci_kit.registry.opening import open_registry

HELP = """\
Log in to registries for docker, and prove that a push will work: the password, the rights on the repository, and an
upload that is cancelled. Without --user the credentials come from CI_REGISTRY_USER and CI_REGISTRY_PASSWORD,
CI_DEPLOY_USER and CI_DEPLOY_PASSWORD, CI_JOB_TOKEN, DOCKER_AUTH_CONFIG, or docker's own config.json and its helpers."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the registries, the password's way, and how much is proved."""
    parser.add_argument(
        "registry", nargs="*", metavar="REGISTRY", help="host, or host/path to prove it there (default: $CI_REGISTRY)"
    )
    login_password.add_arguments(parser)
    parser.add_argument("--config", metavar="DIR", help="folder of config.json (default: $DOCKER_CONFIG or ~/.docker)")
    parser.add_argument(
        "--verify",
        action=argparse.BooleanOptionalAction,
        help="prove the rights on the repository (default in a job or with a path); --no-verify asks nobody",
    )
    parser.add_argument(
        "--for",
        choices=(grant.PUSH, grant.PULL),
        default=grant.PUSH,
        dest="purpose",
        help="what to prove (default: push)",
    )
    login_report.add_arguments(parser)


class _Wish(NamedTuple):
    """What is asked of the run: `verify` None leaves it to the place."""

    folder: Path
    given: Credentials | None
    verify: bool | None
    purpose: str


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Log in to each registry and print what may be done there; the first failure is raised after all were tried."""
    found = targets(arguments.registry, environ)
    wish = _Wish(
        Path(arguments.config) if arguments.config else credentials.docker_config(environ),
        login_password.given(arguments, environ),
        arguments.verify,
        arguments.purpose,
    )
    if wish.given and len({target.registry for target in found}) > 1:
        raise UsageError("one password is for one registry", place="REGISTRY", hint="log in to them one by one")
    with interruptible("no login is half written"):
        outcomes = _each(found, wish, {**environ, "DOCKER_CONFIG": str(wish.folder)})
    for note in notes(outcomes, wish.folder, environ):
        _say(f"note: {note}")
    login_report.show(outcomes, arguments.format)
    failures = [one.failure for one in outcomes if one.failure]
    for failure in failures[1:]:
        _say(f"error: {failure}")
    if failures:
        raise failures[0]
    return EXIT_OK


def _say(text: str) -> None:
    print(f"ci-kit login: {text}", file=sys.stderr, flush=True)


def _each(found: Sequence[Target], wish: _Wish, environ: Mapping[str, str]) -> list[Outcome]:
    """Return one outcome a target; a registry that refused a password is not asked again."""
    outcomes: list[Outcome] = []
    refused: dict[str, CiKitError] = {}
    for target in found:
        try:
            if target.registry in refused:
                raise refused[target.registry]
            outcomes.append(_log_in(target, wish, environ))
        except CiKitError as error:
            if isinstance(error, Interrupted):
                raise
            if isinstance(error, CredentialsError):
                refused[target.registry] = error
            outcomes.append(Outcome(target, failure=error))
    return outcomes


def _log_in(target: Target, wish: _Wish, environ: Mapping[str, str]) -> Outcome:
    """Prove first, then keep: nothing is stored that was refused."""
    login = wish.given or credentials.find(target.registry, environ)
    if not login.user:
        raise CredentialsError(f"there is no user and no password for {target.registry}", **told("no-credentials"))
    outcome = Outcome(target, login, _proved(target, login, wish, environ))
    file = str(wish.folder / "config.json")
    if login.source == file or login.source.startswith("docker-credential-"):
        return outcome._replace(kept_in=login.source)
    return outcome._replace(kept_in=docker_config.add(wish.folder, target.registry, login, environ))


def _proved(target: Target, login: Credentials, wish: _Wish, environ: Mapping[str, str]) -> Grant | None:
    """Return what was proved: all that is wanted, the password alone on a laptop, None when nobody shall be asked."""
    if wish.verify is False:
        return None
    client = open_registry(credentials.api_host(target.registry), login, environ)
    try:
        if target.named:
            return grant.ask(client, target.repository, wish.purpose)
        if wish.verify is None and not _in_job(environ):
            return grant.ask_password(client)
        return _tried(client, target, wish)
    finally:
        client.close()


def _tried(client: RegistryClient, target: Target, wish: _Wish) -> Grant:
    """Return the grant on a guessed repository; that it is refused there says nothing, any other failure does."""
    try:
        return grant.ask(client, target.repository, wish.purpose)
    except (DeniedError, UnknownNameError):
        found = grant.ask_password(client)
    if wish.verify:
        hint = f"write {target.registry}/group/project: rights belong to a repository"
        raise UsageError("the password is good, but there is no repository to prove it on", place="--verify", hint=hint)
    return found


def _in_job(environ: Mapping[str, str]) -> bool:
    return "true" in (environ.get("GITLAB_CI"), environ.get("CI"))
