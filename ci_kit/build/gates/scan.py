"""A scan for vulnerabilities: by trivy, by grype, or by a command of the project's own.

Sources: trivy docs "trivy image" (`--exit-code`, `--severity`); grype README, "Gating on severity of vulnerabilities".
"""

from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.build.gate import Pushed, has, run
from ci_kit.config.settings import Severity
from ci_kit.model.builder import Output
from ci_kit.model.check import Check

NAME = "scan"
REFERENCE = "CI_KIT_IMAGE_REF"
SCANNERS = ("trivy", "grype")
_SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
_FOUND = 10  # the exit code we ask trivy for: its own 1 is also that of a scan that could not be made


class Scan(NamedTuple):
    """`scanner` is trivy, grype, or any command."""

    scanner: str
    severity: Severity = "critical"

    def check(self, image: Pushed, output: Output) -> Check:
        """Return whether the scanner ended with 0."""
        environ = {**image.environ, REFERENCE: image.pinned}
        ended = run(self._words(image.pinned), environ, output)
        called = self.scanner if self.scanner in SCANNERS else "the scan"
        if ended.code == 0:
            return Check(NAME, "passed", f"{called} found nothing that counts")
        if self.scanner == "trivy" and ended.code == _FOUND:
            return Check(NAME, "failed", f"trivy found vulnerabilities of severity {self.severity} or worse")
        return Check(NAME, "failed", f"{called} ended with {ended.code}: {ended.reason}")

    def _words(self, image: str) -> list[str]:
        if self.scanner == "trivy":
            worse = ",".join(_SEVERITIES[_SEVERITIES.index(self.severity) :]).upper()
            options = ["--image-src=remote", "--no-progress", f"--severity={worse}", f"--exit-code={_FOUND}"]
            return ["trivy", "image", *options, image]
        if self.scanner == "grype":
            return ["grype", f"registry:{image}", f"--fail-on={self.severity}"]
        return ["sh", "-c", self.scanner]


def present(environ: Mapping[str, str]) -> str:
    """Return the first scanner that is there, empty when there is none."""
    return next((name for name in SCANNERS if has(name, environ)), "")
