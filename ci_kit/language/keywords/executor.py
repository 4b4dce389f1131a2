"""docker, kubernetes: what an image or a service says to the runner's executor.

Source: gitlab `lib/gitlab/ci/config/entry/schemas/imageable/executor_opts.json`.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path
from ci_kit.language.shape import Shape, closed, faults

_DOCKER = closed({"platform": Shape(("string",), least=1, most=64), "user": Shape(("string",), least=1, most=255)})
_KUBERNETES = closed({"user": Shape(("string", "integer"), least=1, most=255)})
_OPTIONS = closed({"docker": _DOCKER, "kubernetes": _KUBERNETES})


def executor_options(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the executors' options of an image."""
    return faults(f"{where} executor opts", value, _OPTIONS, path)
