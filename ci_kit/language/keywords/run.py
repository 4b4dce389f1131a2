"""run: the steps of a job without a script.

Source: gitlab `app/validators/json_schemas/run_steps.json`.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault
from ci_kit.language.shape import ANYTHING, TEXT, Shape, closed, faults

_NAMES = "^[a-zA-Z_][a-zA-Z0-9_]*$"
_NAME = Shape(("string",), pattern=_NAMES)
_STRINGS = Shape(("object",), names=_NAMES, each=TEXT, closed=True)
_VALUES = Shape(("object",), names=_NAMES, each=ANYTHING, closed=True)
_GIT = closed({"url": TEXT, "dir": TEXT, "rev": TEXT, "file": TEXT}, required=("url", "rev"))
_OCI = closed(
    {"registry": TEXT, "repository": TEXT, "tag": TEXT, "dir": TEXT, "file": TEXT},
    required=("registry", "repository", "tag"),
)
_FUNCTION = Shape(choices=(TEXT, closed({"git": _GIT}, required=("git",)), closed({"oci": _OCI}, required=("oci",))))
_CALL = closed(
    {"name": _NAME, "env": _STRINGS, "inputs": _VALUES, "step": _FUNCTION, "func": _FUNCTION}, required=("name",)
)._replace(choices=(Shape(without="func", required=("step",)), Shape(without="step", required=("func",))))
_SCRIPT = closed({"name": _NAME, "env": _STRINGS, "script": Shape(("string",), least=1)}, required=("name", "script"))
_STEPS = Shape(("array",), each=Shape(choices=(_CALL, _SCRIPT)))


def run(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `run:`."""
    if value is not None:
        yield from faults(" run", value, _STEPS, ("run",))
