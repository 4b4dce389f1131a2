"""The parser that every command fills."""

import argparse
from typing import Any, NoReturn

from ci_kit.errors import UsageError

_WIDTH = 100  # columns; asking the terminal takes 3 ms of each start, also where no help is printed


class _Help(argparse.HelpFormatter):
    """Help of a fixed width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=_WIDTH)


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong flag is a UsageError in one line."""

    def __init__(self, **options: Any) -> None:
        """Take what argparse takes."""
        super().__init__(**{"formatter_class": _Help, **options})

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, instead of printing usage and leaving."""
        raise UsageError(message, hint=f"see {self.prog} --help")
