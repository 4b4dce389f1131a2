"""The instance of GitLab that the environment names, and what it tells of the project."""

from collections.abc import Mapping

_PROJECT = ("CI_SERVER_", "CI_PROJECT_", "CI_API_")  # variables that GitLab has before there is a pipeline


def instance(environ: Mapping[str, str]) -> str:
    """Return the address of the GitLab in question, empty when nothing names one."""
    named = environ.get("CI_API_V4_URL", "").removesuffix("/").removesuffix("/api/v4")
    return (environ.get("CI_SERVER_URL") or named).removesuffix("/")


def host(environ: Mapping[str, str]) -> str:
    """Return what addresses of components begin with, empty when it is not known."""
    netloc = instance(environ).partition("://")[2].partition("/")[0]
    return environ.get("CI_SERVER_FQDN") or netloc.rpartition("@")[2]


def known_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the project that a job tells."""
    known = {name: value for name, value in environ.items() if name.startswith(_PROJECT)}
    return {"CI_SERVER_FQDN": host(environ)} | known if host(environ) else known
