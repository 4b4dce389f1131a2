"""Versions as Python packages write them.

Source: PEP 440 "Version Identification and Dependency Specification", "Normalization", "Summary of permitted suffixes".
"""

import re

from ci_kit.build.tagging.version import LONGEST, Version

_SEPARATOR = r"[-_.]?"
_VERSION = re.compile(
    rf"""
    v? (?: (?P<epoch>[0-9]+) ! )?
    (?P<release> [0-9]+ (?: \.[0-9]+ )* )
    (?: {_SEPARATOR} (?P<pre>alpha|a|beta|b|preview|pre|rc|c) {_SEPARATOR} (?P<pre_number>[0-9]*) )?
    (?: - (?P<post_alone>[0-9]+) | {_SEPARATOR} (?P<post>post|rev|r) {_SEPARATOR} (?P<post_number>[0-9]*) )?
    (?: {_SEPARATOR} (?P<dev>dev) {_SEPARATOR} (?P<dev_number>[0-9]*) )?
    (?: \+ (?P<local>[a-z0-9]+ (?: [-_.][a-z0-9]+ )*) )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


def parse(text: str) -> Version | None:
    """Return the version, None when `text` is none; pre-, post- and development releases are not stable."""
    found = _VERSION.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not found:
        return None
    epoch = int(found["epoch"] or 0)
    release = tuple(int(number) for number in found["release"].split("."))
    pre, post, dev, local = _pre(found), _post(found), _dev(found), _local(found)
    major, minor, patch = (*release, 0, 0)[:3]
    return Version(
        raw=text,
        text=_text(epoch, release, found),
        major=major,
        minor=minor,
        patch=patch,
        stable=(pre, post, dev) == (None, None, None),
        key=(epoch, _trimmed(release), _pre_key(pre, post, dev), -1 if post is None else post, _dev_key(dev), local),
    )


def _text(epoch: int, release: tuple[int, ...], found: re.Match[str]) -> str:
    pre, post, dev = _pre(found), _post(found), _dev(found)
    local = (found["local"] or "").lower()
    parts = [
        f"{epoch}!" if epoch else "",
        ".".join(map(str, release)),
        f"{pre[0]}{pre[1]}" if pre else "",
        "" if post is None else f".post{post}",
        "" if dev is None else f".dev{dev}",
        f"+{re.sub('[-_]', '.', local)}" if local else "",
    ]
    return "".join(parts)


def _pre(found: re.Match[str]) -> tuple[str, int] | None:
    if not found["pre"]:
        return None
    name = found["pre"].lower()
    return _PRE.get(name, name), int(found["pre_number"] or 0)


def _post(found: re.Match[str]) -> int | None:
    return int(found["post_alone"] or found["post_number"] or 0) if found["post_alone"] or found["post"] else None


def _dev(found: re.Match[str]) -> int | None:
    return int(found["dev_number"] or 0) if found["dev"] else None


def _local(found: re.Match[str]) -> tuple[tuple[bool, int, str], ...]:
    """Return the local part as it compares: none before any, texts before numbers."""
    parts = re.split(r"[-_.]", found["local"].lower()) if found["local"] else []
    return tuple((True, int(part), "") if part.isdigit() else (False, 0, part) for part in parts)


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    """Return the release without zeros at its end: 1.0 is 1.0.0."""
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _pre_key(pre: tuple[str, int] | None, post: int | None, dev: int | None) -> tuple[object, ...]:
    """Return where it stands among its pre-releases: a bare development release first, the release itself last."""
    if pre:
        return (0, *pre)
    return (-1,) if post is None and dev is not None else (1,)


def _dev_key(dev: int | None) -> tuple[int, int]:
    return (1, 0) if dev is None else (0, dev)
