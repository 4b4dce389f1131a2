"""The proxies of a job: for the build as arguments that no image keeps, for clients without the daemon's own name.

Sources: docker docs "Dockerfile reference", "Predefined ARGs"; docker docs "Use a proxy server with the Docker CLI".
"""

from collections.abc import Mapping

from ci_kit.daemon import endpoint

_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")
_AROUND = "NO_PROXY"


def of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the job's proxies in both cases, for tools that read only one; empty in a job without any.

    BuildKit and the classic builder know these arguments without an ARG, and leave them out of history and cache keys.
    """
    found = {name: environ.get(name) or environ.get(name.lower()) or "" for name in _NAMES}
    if not any(value for name, value in found.items() if name != _AROUND):
        return {}
    return {spelled: value for name, value in found.items() if value for spelled in (name, name.lower())}


def is_one(name: str) -> bool:
    """Tell whether a build argument is one of the proxies, which need no ARG."""
    return name.upper() in _NAMES


def past_the_daemon(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep clients from asking a proxy for the daemon; empty where there is no proxy.

    Docker's client takes the job's proxies for `tcp://docker:2376` as well, which no proxy knows.
    """
    said = of(environ)
    host = endpoint.find(environ).host if said else ""
    if not host:
        return {}
    around = [word.strip() for word in said.get(_AROUND, "").split(",") if word.strip()]
    completed = ",".join(around if host in around or "*" in around else [*around, host])
    return {_AROUND: completed, _AROUND.lower(): completed}
