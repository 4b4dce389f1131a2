"""Names of branches and git tags as names of image tags.

Source: OCI "Distribution Specification", "Pulling manifests"; GitLab docs "Predefined CI/CD variables reference".
"""

import re

_LENGTH = 128
_SLUG_LENGTH = 63


def sanitised(text: str) -> str:
    """Return `text` as a tag: each letter that tags do not have is a dash, none of `.-` at the begin, 128 at most.

    A dash a letter is GitLab's way (CI_COMMIT_REF_SLUG).
    """
    return re.sub(r"[^A-Za-z0-9_.-]", "-", text).lstrip(".-")[:_LENGTH]


def slug(name: str) -> str:
    """Return `name` as GitLab's CI_COMMIT_REF_SLUG has it: a-z, 0-9 and -, at most 63 characters."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())[:_SLUG_LENGTH].strip("-")
