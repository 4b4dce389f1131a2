"""The process: arguments in, exit code out."""

import sys

from ci_kit.cli import main


def entry() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
