"""`include:component`: the address of a component, `HOST/GROUP/PROJECT/NAME@VERSION`.

Source: GitLab docs "CI/CD components: Use a component"; gitlab `lib/gitlab/ci/components/instance_path.rb`.
"""

from typing import NamedTuple


class ComponentAddress(NamedTuple):
    """Where a component lies; `project` has the path without the host, `name` no slash."""

    project: str
    name: str
    version: str


def address(text: str, host: str) -> ComponentAddress | None:
    """Return the parts of an address; None when GitLab, whose own `host` is empty if unknown, does not support it."""
    path, at, version = text.partition("@")
    if not at or (host and not text.startswith(f"{host}/")):
        return None
    below = path.removeprefix(f"{host}/") if host else path.partition("/")[2]
    project, _, name = below.rpartition("/")
    return ComponentAddress(project, name, version)
