"""The grammar of image references, as patterns for whole texts.

Source: "Distribution reference" (github.com/distribution/reference); GitLab docs "Container registry", "Naming
convention for your container images"; POSIX for the names of variables.
"""

import re

COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]+\])(?::[0-9]{{1,5}})?\Z", re.ASCII)
REPOSITORY = re.compile(rf"{COMPONENT}(?:/{COMPONENT})*\Z", re.ASCII)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z", re.ASCII)
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))", re.ASCII)

LEVELS_BELOW_PROJECT = 2  # GitLab: group/project/image and group/project/image/part, no deeper


def has_registry(text: str) -> bool:
    """Tell whether the first part of `text` is a host, as docker decides it: a dot, a colon, or localhost."""
    first, slash, _ = text.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")
