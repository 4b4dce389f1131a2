"""What one layer found: that all is well, what is wrong, or why it could not tell."""

from dataclasses import dataclass
from typing import Literal

from ci_kit.errors import CiKitError

Confidence = Literal["certain", "likely", "possible"]


@dataclass(frozen=True, slots=True)
class Result:
    """`text` is what was seen. `cause` is an id of the catalogue, empty when nothing is wrong.

    `known` is False when the layer could not look. With `goes_on` the layers behind it can be asked all the same.
    """

    text: str
    cause: str = ""
    confidence: Confidence = "certain"
    known: bool = True
    goes_on: bool = False


def good(text: str) -> Result:
    """Return that all is well."""
    return Result(text)


def bad(cause: str, evidence: str, confidence: Confidence = "certain", *, goes_on: bool = False) -> Result:
    """Return that something is wrong, by its id in the catalogue."""
    return Result(evidence, cause, confidence, goes_on=goes_on)


def unknown(why: str) -> Result:
    """Return that the layer could not look."""
    return Result(why, known=False, goes_on=True)


def of_error(error: CiKitError, otherwise: str) -> Result:
    """Return what a failure means: its own cause, or `otherwise` when it names none."""
    place = f"{error.place}: " if error.place else ""
    return bad(error.cause or otherwise, f"{place}{error.message}", "certain" if error.cause else "likely")


@dataclass(frozen=True, slots=True)
class Check:
    """A result with the layer that it is of, and how long that took."""

    id: str
    result: Result
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the layer looked and found nothing wrong."""
        return self.result.known and not self.result.cause
