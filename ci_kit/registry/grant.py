"""What a token says of tags: GitLab writes the patterns of protected tags into it.

Source: GitLab docs "Protected container tags"; gitlab app/services/auth/container_registry_authentication_service.rb.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ci_kit.errors import DeniedError
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Token

_LONGEST_PATTERN = 100  # as long as GitLab lets one be


def require_tag(token: Token | None, reference: ImageRef) -> None:
    """Return when nothing in the token forbids to push the tag of `reference`; else DeniedError names the pattern."""
    for pattern in _denied(token, reference.repository) if token and reference.tag else ():
        if _matches(pattern, reference.tag):
            raise DeniedError(
                f"{reference}: this tag is protected by {pattern!r} against this user",
                hint="push with a role that the rule lets in, or take another tag",
            )


def _denied(token: Token, repository: str) -> Iterator[str]:
    for item in _access(token.value):
        if item.get("name") == repository:
            patterns = (item.get("meta") or {}).get("tag_deny_access_patterns") or {}
            yield from (text for text in patterns.get("push") or () if isinstance(text, str))


def _access(value: str) -> list[Mapping[str, Any]]:
    try:
        part = value.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["access"]
        return [item for item in said if isinstance(item, dict) and isinstance(item.get("meta") or {}, dict)]
    except (LookupError, TypeError, ValueError, RecursionError):
        return []


def _matches(pattern: str, tag: str) -> bool:
    """Tell whether GitLab's pattern (RE2, anywhere in the tag) matches; one that we cannot read is the registry's."""
    try:
        return len(pattern) <= _LONGEST_PATTERN and re.search(pattern, tag) is not None
    except re.error:
        return False
