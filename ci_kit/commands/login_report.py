"""What `ci-kit login` prints: who, what may be done where, until when, and where the login is kept."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ci_kit.commands.login_target import Target
from ci_kit.errors import CiKitError
from ci_kit.registry.auth import ANONYMOUS, Credentials
from ci_kit.registry.grant import PASSWORD, PUSH, Grant

_JOB_USER = "gitlab-ci-token"


class Outcome(NamedTuple):
    """One registry's login: what was proved (None: nothing was asked), where it is kept, or why it failed."""

    target: Target
    login: Credentials = ANONYMOUS
    grant: Grant | None = None
    kept_in: str = ""
    failure: CiKitError | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the form of what is printed."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def show(outcomes: Sequence[Outcome], form: str) -> None:
    """Print all outcomes as JSON, or those that went well as text: failures are raised by the command."""
    if form == "json":
        print(json.dumps({"version": 1, "logins": [_as_json(one) for one in outcomes]}, indent=2), flush=True)
        return
    for one in outcomes:
        if not one.failure:
            print(_as_text(one), flush=True)


def _as_text(one: Outcome) -> str:
    lines = [f"{one.target.registry}: logged in as {one.login.who}, kept in {one.kept_in}"]
    if one.grant and one.grant.proved != PASSWORD:
        lines.append(f"{one.target.registry}/{one.grant.repository}: {_rights(one.grant)}")
        lines += [
            f"  tags that may not be {_PAST.get(action, action)}: {', '.join(patterns)}"
            for action, patterns in one.grant.kept_from
        ]
    end = _end(one)
    return "\n".join(_plain(line) for line in ([*lines, f"  {end}"] if end else lines))


def _plain(line: str) -> str:
    """Return `line` without what could steer a terminal: a token service has a say in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


_PAST = {"push": "pushed", "delete": "deleted", "pull": "pulled"}


def _rights(found: Grant) -> str:
    may = " and ".join(", ".join("everything" if action == "*" else action for action in found.actions).rsplit(", ", 1))
    trial = "a trial upload went through" if found.proved == PUSH else "a question for a tag was answered"
    return f"may {may}; {trial}" if may else trial


def _end(one: Outcome) -> str:
    """Return until when: of the token that the registry gives, and of a job's password."""
    token = ""
    if one.grant and one.grant.expires:
        minutes = f"{one.grant.seconds / 60:.0f} min" if one.grant.seconds >= 60 else f"{one.grant.seconds:.0f} s"
        token = (
            f"each token lasts {minutes}, this one until {_moment(one.grant.expires)}; docker asks for the next itself"
        )
    job = "the password ends with the job" if one.login.user == _JOB_USER else ""
    return "; ".join(filter(None, (token, job)))


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "a day far off"


def _as_json(one: Outcome) -> dict[str, object]:
    found = one.grant or Grant("")
    return {
        "registry": one.target.registry,
        "repository": found.repository or (one.target.repository if one.target.named else ""),
        "ok": one.failure is None,
        "user": one.login.user,
        "source": one.login.source if one.login.user else "",
        "kept_in": one.kept_in,
        "proved": found.proved,
        "actions": list(found.actions),
        "expires": _moment(found.expires) if found.expires else None,
        "seconds": round(found.seconds) if found.expires else None,
        "protected_tags": {action: list(patterns) for action, patterns in found.kept_from},
        "error": one.failure.message if one.failure else "",
        "fix": one.failure.hint if one.failure else "",
        "cause": one.failure.cause if one.failure else "",
    }
