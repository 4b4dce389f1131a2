"""The variables that an expression may ask for, as far as they are known before a pipeline exists.

Source: GitLab docs "Where variables can be used"; gitlab `lib/gitlab/ci/variables`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Scope(NamedTuple):
    """Values by name, None for one that is surely not set; `complete` when no other variable can be set."""

    values: Mapping[str, str | None] = {}
    complete: bool = False
