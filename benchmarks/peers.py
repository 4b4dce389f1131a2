"""Other programs that judge a pipeline file without a server, put into a folder of their own, at one version each."""

import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.rig import npm, runner

_YAMLLINT = "yamllint==1.38.0"
# Only what makes a file invalid: its taste in blanks and lengths is no verdict.
_YAMLLINT_RULES = "{rules: {key-duplicates: enable}}"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, and the words that let it judge the file of that name in the folder where it runs."""

    name: str
    words: Callable[[str], list[str]]


def installed(folder: Path) -> list[Peer]:
    """Return the peers, ready to run, after they were put into `folder`; npm and PyPI have to answer.

    check-jsonschema is there already: its schema file is what we read, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    runner.fill(folder)
    node, local = folder / npm.node().name / "bin/node", folder / npm.RUNNER.name / "dist/index.js"
    python = folder / "yamllint"
    venv.create(python, with_pip=True)
    subprocess.run([python / "bin/pip", "install", "--quiet", _YAMLLINT], check=True, capture_output=True)
    schema = str(Path(sys.executable).parent / "check-jsonschema")
    options = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    return [
        Peer("gitlab-ci-local", lambda file: [str(node), str(local), "--list", "--file", file]),
        Peer("check-jsonschema", lambda file: [schema, *options, file]),
        Peer("yamllint", lambda file: [str(python / "bin/yamllint"), "-d", _YAMLLINT_RULES, file]),
    ]
