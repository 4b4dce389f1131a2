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


class RemoteAnswer(NamedTuple):
    """What an instance of GitLab itself says of a file, and where its errors and ours differ."""

    valid: bool
    errors: tuple[str, ...]
    only_remote: tuple[str, ...]
    only_local: tuple[str, ...]


class FileReport(NamedTuple):
    """GitLab's answer for one root file, and our findings in it and in what it includes.

    `remote` is the answer of an instance that was asked, None when none was.
    """

    path: str
    verdict: Verdict
    gitlab_errors: tuple[str, ...]
    findings: tuple[Finding, ...]
    remote: RemoteAnswer | None = None
