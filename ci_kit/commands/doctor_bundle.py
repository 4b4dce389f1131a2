"""`ci-kit doctor --bundle`: a report for a ticket, from which every secret is taken out."""

import base64
import json
import platform
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from ci_kit.commands import doctor_report
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.examine import Diagnosis
from ci_kit.errors import UsageError
from ci_kit.registry import credentials
from ci_kit.report.file import write as write_file
from ci_kit.version import VERSION

# Variables whose values are told; of others of these families only that they are set.
_TOLD = re.compile(
    r"CI|GITLAB_CI|CI_(?:REGISTRY|REGISTRY_IMAGE|SERVER_(?:URL|HOST|VERSION|TLS_CA_FILE)|API_V4_URL|PROJECT_(?:PATH|ID|DIR)"
    r"|JOB_IMAGE|JOB_NAME|RUNNER_(?:VERSION|EXECUTABLE_ARCH|DESCRIPTION)|DISPOSABLE_ENVIRONMENT)|CI_KIT_CA"
    r"|DOCKER_(?:HOST|TLS_CERTDIR|TLS_VERIFY|CERT_PATH|CONFIG|CONTEXT|DRIVER|BUILDKIT|API_VERSION)"
    r"|(?:https?|no|HTTPS?|NO)_(?:proxy|PROXY)|SSL_CERT_FILE|PATH|HOME|TMPDIR|LANG\Z"
)
_FAMILIES = re.compile(
    r"(?:CI|DOCKER|GITLAB|REGISTRY|SSL|BUILDX|BUILDKIT)_|(?:https?|no|HTTPS?|NO)_(?:proxy|PROXY)\Z|CI\Z"
)
_SECRET = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|KEY|AUTH|CREDENTIAL|PRIVATE", re.I)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_SHAPES = re.compile(
    r"\bgl[a-z]{2,12}-[\w.-]{8,}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\b(?:Basic|Bearer)\s+[A-Za-z0-9+/=._-]{8,}"
)
_SHORTEST = 4  # letters; shorter values would blacken words that are no secrets
_OUT = "[redacted]"


def write(path: str, found: Diagnosis, case: Case) -> None:
    """Write the report to `path`, whole or not at all; UsageError when it cannot be."""
    write_file(Path(path), text(found, case))


def text(found: Diagnosis, case: Case) -> str:
    """Return the report: the diagnosis, versions, variables and the form of config.json, without any secret."""
    parts = {
        "report": doctor_report.as_text(found),
        "versions": "\n".join(_versions()),
        "variables": "\n".join(_variables(case.environ)),
        "config.json": _config(case.environ),
        "report as JSON": json.dumps(doctor_report.as_json(found), indent=2),
    }
    whole = "\n\n".join(f"== {title} ==\n{content}" for title, content in parts.items())
    return _redact(f"ci-kit doctor, a report without secrets\n\n{whole}\n", case)


def _versions() -> Iterator[str]:
    yield f"ci-kit {VERSION}"
    yield f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}"
    yield f"{sys.platform} {platform.release()} {platform.machine()}"


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environ):
        if _TOLD.fullmatch(name) and not _SECRET.search(name):
            yield f"{name}={doctor_report.plain(environ[name])}"
        elif _FAMILIES.match(name):
            yield f"{name} is {'set' if environ[name] else 'empty'}"


def _config(environ: Mapping[str, str]) -> str:
    """Return the names in docker's config.json: keys, registries and helpers, no login."""
    try:
        said = credentials.read_config(credentials.docker_config(environ))
    except UsageError as error:
        return str(error)
    auths, helpers = said.get("auths"), said.get("credHelpers")
    lines = [f"keys: {', '.join(map(str, said)) or 'none'}"]
    lines += [f"login: {name}" for name in auths] if isinstance(auths, dict) else []
    lines += [f"helper: {name}: {helper}" for name, helper in helpers.items()] if isinstance(helpers, dict) else []
    lines += [f"credsStore: {said['credsStore']}"] if "credsStore" in said else []
    return "\n".join(lines)


def _redact(whole: str, case: Case) -> str:
    """Return the text without what is known to be secret, and without what has the look of it."""
    for word in sorted(_secrets(case), key=len, reverse=True):
        whole = whole.replace(word, _OUT)
    return _SHAPES.sub(_OUT, _USERINFO.sub(_OUT, whole))


def _secrets(case: Case) -> set[str]:
    known = {value.strip() for name, value in case.environ.items() if _SECRET.search(name)}
    login = case.credentials
    if login is not None:
        known |= {login.password, login.basic().removeprefix("Basic ")}
    if case.token is not None:
        known.add(case.token.value)
    forms = {form for word in known if len(word) >= _SHORTEST for form in _forms(word)}
    return {form for form in forms if len(form) >= _SHORTEST}


def _forms(word: str) -> Iterator[str]:
    yield word
    yield quote(word, safe="")
    yield json.dumps(word)[1:-1]
    yield base64.b64encode(word.encode(errors="surrogateescape")).decode().rstrip("=")
