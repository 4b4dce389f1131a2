"""The process: arguments in, exit code out."""

import gc
import sys

from ci_kit.cli import main


def entry() -> None:
    """Run the command line of this process and leave with its exit code."""
    gc.disable()  # what imports make is there to stay; a command that runs longer has it on again
    code = main(sys.argv[1:])
    gc.freeze()  # else Python looks through all of it once more before it ends
    sys.exit(code)


if __name__ == "__main__":
    entry()
