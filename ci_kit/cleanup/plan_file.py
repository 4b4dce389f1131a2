"""Plans in a file: what goes and what stays with the digests that were seen, to be looked at and carried out later."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ci_kit.cleanup.plan import Plan, Verdict
from ci_kit.cleanup.policy import Policy
from ci_kit.errors import UsageError
from ci_kit.model import grammar
from ci_kit.version import VERSION

_FORMAT = 1
_HINT = "make it anew with ci-kit cleanup --plan FILE"


def document(plans: Sequence[Plan], policy: Policy | None, now: datetime) -> dict[str, Any]:
    """Return the plans as JSON values; `policy` is what they were made by."""
    return {
        "version": _FORMAT,
        "made": now.isoformat(timespec="seconds"),
        "by": f"ci-kit {VERSION}",
        "policy": _policy(policy) if policy else None,
        "repositories": [_repository(plan) for plan in plans],
    }


def text(plans: Sequence[Plan], policy: Policy, now: datetime) -> str:
    """Return the file of the plans."""
    return json.dumps(document(plans, policy, now), indent=2) + "\n"


def read(path: Path) -> tuple[Plan, ...]:
    """Return the plans in a file; UsageError when it is none, or of another version."""
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", place=str(path), hint=_HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError("is not JSON", place=str(path), hint=_HINT) from error
    if not isinstance(said, dict) or said.get("version") != _FORMAT:
        raise UsageError(f"is no plan of version {_FORMAT}", place=str(path), hint=_HINT)
    try:
        return tuple(_plan(one) for one in said["repositories"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UsageError("is a plan with something missing or wrong in it", place=str(path), hint=_HINT) from error


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "match": [one.text for one in policy.match],
        "keep": [one.text for one in policy.keep],
        "keep_n": [str(one) for one in policy.keep_n],
        "older_than_days": policy.older_than,
    }


def _repository(plan: Plan) -> dict[str, Any]:
    return {
        "repository": plan.name,
        "freed": plan.freed,
        "delete": [_verdict(one) for one in plan.doomed],
        "keep": [_verdict(one) for one in plan.kept],
    }


def _verdict(one: Verdict) -> dict[str, Any]:
    return {"tag": one.tag, "digest": one.digest or None, "created": one.created or None, "why": one.why}


def _plan(said: Mapping[str, Any]) -> Plan:
    name = said["repository"]
    host, _, path = name.partition("/")
    if not grammar.REGISTRY.match(host) or not grammar.REPOSITORY.match(path):
        raise ValueError(name)
    verdicts = [_read(one, goes=True) for one in said["delete"]] + [_read(one, goes=False) for one in said["keep"]]
    return Plan(name, tuple(verdicts), int(said["freed"]))


def _read(said: Mapping[str, Any], *, goes: bool) -> Verdict:
    tag, digest = said["tag"], said["digest"] or ""
    if not grammar.TAG.match(tag) or not (digest == "" or grammar.DIGEST.match(digest)):
        raise ValueError(tag)
    return Verdict(tag, digest, goes, str(said["why"]), str(said.get("created") or ""))
