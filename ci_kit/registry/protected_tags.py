"""What a token says of tags: GitLab writes the patterns of protected tags into it.

Source: GitLab docs "Protected container tags"; gitlab app/services/auth/container_registry_authentication_service.rb.
"""

import re

from ci_kit.errors import DeniedError
from ci_kit.model.causes import told
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Token, claims
from ci_kit.registry.grant import kept_from

_LONGEST_PATTERN = 100  # as long as GitLab lets one be


def require_tag(token: Token | None, reference: ImageRef) -> None:
    """Return when nothing in the token forbids to push the tag of `reference`; else DeniedError names the pattern."""
    for pattern in _denied(token, reference.repository) if token and reference.tag else ():
        if _matches(pattern, reference.tag):
            raise DeniedError(
                f"{reference}: this tag is protected by {pattern!r} against this user",
                **told("protected-tag"),
            )


def _denied(token: Token, repository: str) -> tuple[str, ...]:
    return dict(kept_from(claims(token), repository)).get("push", ())


def _matches(pattern: str, tag: str) -> bool:
    """Tell whether GitLab's pattern (RE2, anywhere in the tag) matches; one that we cannot read is the registry's."""
    try:
        return len(pattern) <= _LONGEST_PATTERN and re.search(pattern, tag) is not None
    except re.error:
        return False
