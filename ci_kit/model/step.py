"""One step of a build, as the builder told of it while it worked."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

StepState = Literal["running", "done", "cached", "failed", "cancelled"]

_OF_DOCKERFILE = re.compile(r"\[[^\]]*\d+/\d+\] ", re.ASCII)
_BASE = re.compile(r"\[[^\]]*\] FROM ", re.ASCII | re.IGNORECASE)


class Step(NamedTuple):
    """A step by its `name` (`[2/3] COPY a /a`, `exporting to image`) with its wall time in `seconds`.

    `running` is one of which the end was not told.
    """

    name: str
    state: StepState = "running"
    seconds: float = 0

    @property
    def counts(self) -> bool:
        """Whether it is an instruction of the Dockerfile that a cache can save, which FROM is not."""
        return bool(_OF_DOCKERFILE.match(self.name)) and not _BASE.match(self.name)

    def as_json(self) -> dict[str, object]:
        """Return the step as the result file holds it."""
        return self._asdict() | {"seconds": round(self.seconds, 3)}


class CacheHits(NamedTuple):
    """How many of the instructions came out of a cache."""

    cached: int
    of: int


def cache_hits(steps: Sequence[Step]) -> CacheHits:
    """Return the count over `steps`; `of` is 0 where the builder told of no instruction."""
    counted = [step for step in steps if step.counts]
    return CacheHits(sum(step.state == "cached" for step in counted), len(counted))
