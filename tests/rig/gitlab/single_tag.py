"""The one thing that GitLab's registry can and Distribution 2.8 cannot: deleting a tag without its manifest.

The edge sends `DELETE /v2/<name>/manifests/<tag>` here; the token is judged as the registry judges its others.
source: OCI "Distribution Specification" 1.1, "Deleting tags"; GitLab docs "Protected container tags".
"""

from __future__ import annotations

import re

from tests.rig.gitlab.answer import Answer, Refused
from tests.rig.gitlab.registry import Registry
from tests.rig.gitlab.settings import Settings
from tests.rig.gitlab.token import Signer

PATH = re.compile(r"/v2/(.+)/manifests/([A-Za-z0-9_][A-Za-z0-9_.-]*)")
HEADERS = {"Docker-Distribution-Api-Version": "registry/2.0"}


def delete(settings: Settings, signer: Signer, registry: Registry, path: str, authorization: str) -> Answer:
    """The answer of GitLab's registry to the deletion of one tag."""
    found = PATH.fullmatch(path)
    assert found
    name, tag = found.groups()
    claims = signer.claims(authorization.removeprefix("Bearer "))
    granted = [item for item in claims.get("access", []) if item["name"] == name and "delete" in item["actions"]]
    if not granted:
        error = "insufficient_scope" if claims else "invalid_token"
        return refusal(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge(settings, name, error)})
    denied = granted[0]["meta"].get("tag_deny_access_patterns", {}).get("delete", [])
    if any(re.search(pattern, tag) for pattern in denied):
        return refusal(403, "DENIED", {})
    try:
        registry.delete_tag(name, tag)
    except Refused:
        return refusal(404, "MANIFEST_UNKNOWN", {})
    return Answer(202, {}, HEADERS)


def refusal(status: int, code: str, headers: dict[str, str]) -> Answer:
    """A refusal in the registry's own form."""
    message = {"UNAUTHORIZED": "authentication required", "DENIED": "requested access to the resource is denied"}
    said = {"code": code, "message": message.get(code, "manifest unknown"), "detail": None}
    return Answer(status, {"errors": [said]}, HEADERS | headers)


def challenge(settings: Settings, name: str, error: str) -> str:
    """What a client is to ask the token service for."""
    scope = f"repository:{name}:delete"
    return f'Bearer realm="{settings.url}/jwt/auth",service="container_registry",scope="{scope}",error="{error}"'
