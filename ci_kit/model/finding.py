"""What the linter found, as the JSON contract names it."""

from dataclasses import dataclass
from typing import Literal

from ci_kit.model.place import Place

Severity = Literal["error", "warning", "note"]
Verdict = Literal["valid", "invalid", "undecided"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `chain` tells through which includes or extends the place was reached."""

    rule: str
    name: str
    severity: Severity
    message: str
    place: Place
    chain: tuple[str, ...] = ()
    suggestion: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """GitLab's answer for one root file, and our findings in it and in what it includes."""

    path: str
    verdict: Verdict
    gitlab_errors: tuple[str, ...]
    findings: tuple[Finding, ...]
