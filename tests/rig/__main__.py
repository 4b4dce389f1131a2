"""`python -m tests.rig up|down|run --dir DIR`: the rig from a shell."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.rig import RigError, load, run_pipeline, start, stop

FAILED = 1
INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The command line of the rig."""
    commands = argparse.ArgumentParser(prog="python -m tests.rig", description="Start and stop the test rig.")
    actions = commands.add_subparsers(dest="action", required=True)
    helps = {
        "up": "start everything and print one JSON object",
        "down": "stop what `up` started in DIR, also after a crash",
        "run": "run a project's pipeline in the rig and print its log",
    }
    made = {name: actions.add_parser(name, help=text, description=text) for name, text in helps.items()}
    for action in made.values():
        action.add_argument("--dir", type=Path, required=True, help="the rig's folder: a short path, as /tmp/rig")
    made["run"].add_argument("--project", type=Path, required=True, help="a git repository with an origin")
    made["run"].add_argument("--variable-file", type=Path, help="a JSON object of CI/CD variables")
    made["run"].add_argument("jobs", nargs="*", metavar="JOB", help="run only these jobs")
    return commands


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line says; the exit code of a pipeline is passed on."""
    if arguments.action == "down":
        stop(arguments.dir)
        return 0
    if arguments.action == "up":
        print(start(arguments.dir).json())
        return 0
    variables = json.loads(arguments.variable_file.read_text()) if arguments.variable_file else {}
    done = run_pipeline(load(arguments.dir.resolve()), arguments.project.resolve(), variables, arguments.jobs)
    print(done.log, end="")
    return done.exit_code


def main() -> int:
    """The exit code of the command line in sys.argv."""
    try:
        return run(parser().parse_args())
    except RigError as error:
        print(f"rig: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
