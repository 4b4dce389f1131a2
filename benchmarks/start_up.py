"""How long a user waits for --version and --help."""

import sys
from pathlib import Path

from benchmarks.timing import budget, command, interleaved

_BIN = Path(sys.executable).parent
_ROUNDS = 21


def run() -> list[str]:
    """Return the lines of the table, beside the bare interpreter; the table `lint` has the small file."""
    ours = str(_BIN / "ci-kit")
    medians = interleaved(
        {
            "python": command([sys.executable, "-c", "pass"]),
            "version": command([ours, "--version"]),
            "help": command([ours, "--help"]),
        },
        _ROUNDS,
    )
    return [
        budget("--version", medians["version"], 0.030),
        budget("--help", medians["help"], 0.045),
        f"(the interpreter alone: {medians['python'] * 1000:.0f} ms; medians of {_ROUNDS} rounds)",
    ]
