"""`ci-kit schema`: the JSON schema of .ci-kit.yml."""

import argparse
import json
from collections.abc import Mapping

from ci_kit.config.schema import schema
from ci_kit.errors import EXIT_OK

HELP = "Print the JSON schema of .ci-kit.yml, for editors: they complete and check the file with it."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the schema depends on nothing."""


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the schema."""
    print(json.dumps(schema(), indent=2))
    return EXIT_OK
