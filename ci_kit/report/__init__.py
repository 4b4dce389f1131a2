"""Findings as text and JSON, and files that are written whole or not at all."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ci_kit.model.finding import FileReport

Reporter = Callable[[Sequence[FileReport], Mapping[str, str]], str]

REPORTERS = ("text", "json")  # each is the module of its name, imported when it is asked for


def reporter(name: str) -> Reporter:
    """Return the function that renders reports; `name` is one of REPORTERS."""
    return cast(Reporter, importlib.import_module(f"ci_kit.report.{name}").render)
