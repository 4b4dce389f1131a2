"""What a builder's own program is told of a plan."""

from collections.abc import Mapping
from typing import NamedTuple


class ProgramOptions(NamedTuple):
    """Arguments for every build of the plan, those for the first one only, and the variables of its process."""

    arguments: tuple[str, ...]
    once: tuple[str, ...]
    variables: Mapping[str, str]
