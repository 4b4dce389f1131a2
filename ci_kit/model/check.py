"""What was checked of a pushed image before its other tags were set."""

from typing import Literal, NamedTuple

CheckState = Literal["passed", "failed"]


class Check(NamedTuple):
    """The outcome of one check: `name` is scan, sbom or signature; `detail` one line, or the file that was written."""

    name: str
    state: CheckState
    detail: str = ""
