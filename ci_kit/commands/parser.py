"""The parser that every command fills."""

import argparse
import re
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
        """Raise what argparse found wrong, instead of printing usage and leaving.

        A value that was given where none belongs is not repeated: it may be a secret.
        """
        message = re.sub(r"(ignored explicit argument) .*", r"\1", message, flags=re.S)
        if message.startswith("unrecognized arguments:"):
            message = re.sub(r"(\s--?\w[\w-]*)=\S*", r"\1=…", message)
        raise UsageError(message, hint=f"see {self.prog} --help")
