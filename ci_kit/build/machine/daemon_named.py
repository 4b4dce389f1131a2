"""Whether this job has a Docker daemon to speak of: one is named, or its socket is there."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_kit.build.machine.lack import Lack
from ci_kit.daemon import endpoint


def missing(environ: Mapping[str, str]) -> Sequence[Lack]:
    """Return what is missing for a daemon, empty when one can be meant; it is not asked whether it answers.

    UsageError for an address that we cannot speak to.
    """
    found = endpoint.find(environ)
    if environ.get("DOCKER_HOST") or not found.socket or Path(found.socket).exists():
        return ()
    what = f"there is no Docker daemon: DOCKER_HOST is not set and {found.socket} does not exist"
    return (Lack(what, "give the job the docker:dind service and DOCKER_HOST"),)
