"""The parser that every command fills."""

import argparse
from typing import NoReturn

from ci_kit.errors import UsageError


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong flag is a UsageError in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, instead of printing usage and leaving."""
        raise UsageError(message, hint=f"see {self.prog} --help")
