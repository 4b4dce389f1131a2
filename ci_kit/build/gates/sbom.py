"""What is in an image, listed by syft in a file of the job. Source: syft README, "Supported sources", "Output"."""

import json
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.gate import Pushed, run
from ci_kit.config.settings import SbomFormat
from ci_kit.errors import UsageError
from ci_kit.model.builder import Output
from ci_kit.model.check import Check
from ci_kit.report import file

NAME = "sbom"


def path_of(name: str) -> str:
    """Return the file for the image `name`, relative to the project."""
    return f"ci-kit-sbom-{name}.json"


class Sbom(NamedTuple):
    """Writes a file an image, whole or not at all."""

    form: SbomFormat

    def check(self, image: Pushed, output: Output) -> Check:
        """Return the path that was written."""
        made, path = image.folder / "sbom.json", path_of(image.name)
        words = ["syft", f"registry:{image.pinned}", "--output", f"{self.form}-json={made}"]
        ended = run(words, image.environ, output)
        if ended.code != 0:
            return Check(NAME, "failed", f"syft ended with {ended.code}: {ended.reason}")
        try:
            text = made.read_text(encoding="utf-8")
            json.loads(text)
            file.write(Path(path), text)
        except (OSError, ValueError):
            return Check(NAME, "failed", "syft wrote no JSON")
        except UsageError as error:
            return Check(NAME, "failed", str(error))
        return Check(NAME, "passed", path)
