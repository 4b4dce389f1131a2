"""One file per command; a command is its file and its line in COMMANDS.

A command module has `HELP` (its description), `add_arguments(parser)` and `run(arguments, environ) -> int`.
The summary stands here and not in the module, so that `--help` imports none of them.
"""

import os
from collections.abc import Mapping

COMMANDS: dict[str, str] = {
    "init": "write a first .ci-kit.yml for the Dockerfiles found here",
    "generate": "write a validated .gitlab-ci.yml from .ci-kit.yml",
    "lint": "say what GitLab would say of a pipeline file, offline, and what will hurt",
    "view": "show the merged configuration, its jobs, and which of them run when",
    "build-push": "build images, push them, verify them by digest, record them",
    "merge": "make one image of the platforms that several jobs have built",
    "record": "send the record of an earlier build-push to GitLab",
    "login": "log in to registries, and prove that a push will work",
    "logout": "forget the login of registries, and nothing else",
    "promote": "copy an image by digest between repositories, projects and registries",
    "images": "list what the registry holds, or chart what takes its storage",
    "doctor": "find out why a push or a pull does not work here, and what helps",
    "cleanup": "say which tags may go, and delete them without losing what is needed",
    "schema": "print the JSON schema of .ci-kit.yml for editors",
}


def environment() -> Mapping[str, str]:
    """Return the process environment; the one place of the package that reads it."""
    return os.environ
