"""How long a user waits for --version, --help and the lint of a small file."""

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import budget, command, interleaved, row

_BIN = Path(sys.executable).parent
_ROUNDS = 21
_PIPELINE = """\
stages: [build, test]
default:
  image: python:3.13-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000
variables:
  PIP_CACHE_DIR: .pip
build:
  stage: build
  script:
    - pip wheel --wheel-dir dist .
  artifacts:
    paths: [dist/]
    expire_in: 1 day
test:
  stage: test
  needs: [build]
  script:
    - pip install dist/*.whl pytest
    - pytest
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""


def run() -> list[str]:
    """Return the lines of the table; ours beside the bare interpreter and check-jsonschema on the same file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, ".gitlab-ci.yml")
        file.write_text(_PIPELINE, encoding="utf-8")
        ours, peer = str(_BIN / "ci-kit"), str(_BIN / "check-jsonschema")
        medians = interleaved(
            {
                "python": command([sys.executable, "-c", "pass"]),
                "version": command([ours, "--version"]),
                "help": command([ours, "--help"]),
                "lint": command([ours, "lint", str(file)]),
                "peer": command([peer, "--builtin-schema", "vendor.gitlab-ci", str(file)]),
            },
            _ROUNDS,
        )
    return [
        budget("--version", medians["version"], 0.030),
        budget("--help", medians["help"], 0.045),
        budget("lint of 20 lines", medians["lint"], 0.060),
        row("lint of 20 lines", medians["lint"], "check-jsonschema", medians["peer"], ""),
        f"(the interpreter alone: {medians['python'] * 1000:.0f} ms; medians of {_ROUNDS} rounds)",
    ]
