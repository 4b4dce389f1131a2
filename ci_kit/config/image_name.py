"""Where an image may be pushed, as a user writes it: one sentence for each way to get it wrong.

Variables are checked as if they held a name; what they hold is checked at run time.
Source: github.com/distribution/reference, GitLab docs "Container registry", "Naming convention for your images".
"""

import re

from ci_kit.model.grammar import COMPONENT, LEVELS_BELOW_PROJECT, REGISTRY, REPOSITORY, SCHEME, VARIABLE, has_registry

_PROJECT = re.compile(r"\$(?:CI_REGISTRY_IMAGE|\{CI_REGISTRY_IMAGE\})(?:/|\Z)")
_USUAL = re.compile(rf"{COMPONENT}(?:/{COMPONENT})?", re.ASCII)  # a name below the project needs no further look
_CAPITAL_OR_VARIABLE = re.compile(rf"({VARIABLE.pattern})|[A-Z]", re.ASCII)
_STAND_IN = "x"

Wrong = tuple[str, str]


def problem(text: str) -> Wrong | None:
    """Return what is wrong with `text` and the next step, or None; an empty text is the project's own image."""
    if not text or _USUAL.fullmatch(text):
        return None
    for check in (_scheme, _space, _slash, _digest, _tag, _upper_case, _grammar, _depth):
        wrong = check(text)
        if wrong:
            return wrong
    return None


def last_part(text: str) -> str:
    """Return the last part of the path when it is plain text, else an empty string."""
    last = text.rpartition("/")[2]
    return "" if "$" in last else last


def is_full(text: str) -> bool:
    """Tell whether `text` names its registry itself: a host, or a variable that holds one."""
    return text.startswith("$") or has_registry(text)


def _scheme(text: str) -> Wrong | None:
    match = SCHEME.match(text)
    if not match:
        return None
    return f"{text!r} has a scheme, an image has none", f"write {text[match.end() :]!r}"


def _space(text: str) -> Wrong | None:
    without = "".join(text.split())
    return (f"{text!r} has white space, an image has none", f"write {without!r}") if without != text else None


def _slash(text: str) -> Wrong | None:
    if not (text.startswith("/") or text.endswith("/")):
        return None
    where = "ends" if text.endswith("/") else "starts"
    return f"{text!r} {where} with a slash", f"write {text.strip('/')!r}"


def _digest(text: str) -> Wrong | None:
    name, at, _ = text.partition("@")
    return (f"{text!r} has a digest; the digest is what the build finds out", f"write {name!r}") if at else None


def _tag(text: str) -> Wrong | None:
    name, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        return None
    return f"{text!r} has a tag; ci-kit makes the tags: commit, branch, latest", f"write {name!r}"


def _upper_case(text: str) -> Wrong | None:
    path = _path(text)
    lower = _CAPITAL_OR_VARIABLE.sub(lambda match: match[1] or match[0].lower(), path)
    if path == lower:
        return None
    fixed = text[: len(text) - len(path)] + lower
    return f"{text!r} has upper-case letters, a repository name is lower-case", f"write {fixed!r}"


def _grammar(text: str) -> Wrong | None:
    plain = VARIABLE.sub(_STAND_IN, text)
    host, path = _split(plain) if not text.startswith("$") else ("", plain)
    if host and not REGISTRY.match(host):
        return f"{text!r}: {host!r} is not a host or host:port", "write host/group/project/image"
    if not REPOSITORY.match(path):
        return (
            f"{text!r} breaks the grammar of image names",
            "parts of a-z and 0-9, joined by one . _ or -, split by /",
        )
    return None


def _depth(text: str) -> Wrong | None:
    below = _PROJECT.sub("", text) if _PROJECT.match(text) else text
    if is_full(below) or below.count("/") < LEVELS_BELOW_PROJECT:
        return None
    return (
        f"{text!r} is {below.count('/') + 1} levels below the project, GitLab allows {LEVELS_BELOW_PROJECT}",
        f"write {below.replace('/', '-', below.count('/') - 1)!r}",
    )


def _split(text: str) -> tuple[str, str]:
    host, _, path = text.partition("/")
    return (host, path) if is_full(text) else ("", text)


def _path(text: str) -> str:
    return text if text.startswith("$") else _split(text)[1]
