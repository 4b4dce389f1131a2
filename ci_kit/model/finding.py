"""What the linter found, as the JSON contract names it."""

from typing import Literal, NamedTuple

from ci_kit.model.place import Place

Severity = Literal["error", "warning", "note"]
Verdict = Literal["valid", "invalid", "undecided"]


class Finding(NamedTuple):
    """One finding; `chain` tells through which includes or extends the place was reached."""

    rule: str
    name: str
    severity: Severity
    message: str
    place: Place
    chain: tuple[str, ...] = ()
    suggestion: str = ""
    url: str = ""


class FileReport(NamedTuple):
    """GitLab's answer for one root file, and our findings in it and in what it includes."""

    path: str
    verdict: Verdict
    gitlab_errors: tuple[str, ...]
    findings: tuple[Finding, ...]
