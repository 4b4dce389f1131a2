"""`ci-kit schema`: the JSON schemas of .ci-kit.yml and of the result file."""

import argparse
import json
from collections.abc import Mapping

from ci_kit.config import schema as of_settings
from ci_kit.errors import EXIT_OK
from ci_kit.gitlab_api import result_schema as of_result

HELP = "Print the JSON schema of .ci-kit.yml, for editors, or of the result file, for programs that read it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which of the two is meant."""
    parser.add_argument("--result", action="store_true", help="the schema of what build-push --result writes")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the schema."""
    schema = of_result.schema() if arguments.result else of_settings.schema()
    print(json.dumps(schema, indent=2))
    return EXIT_OK
