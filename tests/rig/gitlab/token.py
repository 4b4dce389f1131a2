"""The registry's token service, `GET /jwt/auth`.

source: https://distribution.github.io/distribution/spec/auth/jwt/ and GitLab's
app/services/auth/container_registry_authentication_service.rb
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.rig.gitlab.answer import Answer
from tests.rig.gitlab.memory import Memory
from tests.rig.gitlab.settings import Settings

DENIED = {"errors": [{"code": "DENIED", "message": "access forbidden"}]}
WRONG_PASSWORD = (
    "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or "
    "you're required to use a token instead of a password. If a token was provided, it was either incorrect, "
    "expired, or improperly scoped."
)
UNAUTHORIZED = {"errors": [{"code": "UNAUTHORIZED", "message": WRONG_PASSWORD}]}
CLOCK_DIFFERENCE = 5  # seconds a token is valid before it is made
KID_BYTES = 30  # of the SHA-256, which make 12 groups of 4 characters; source: libtrust's key.KeyID

Access = list[dict[str, Any]]


class Signer:
    """Makes RS256 tokens that Distribution 2.8 trusts by the libtrust fingerprint of the key."""

    def __init__(self, key_file: Path, issuer: str, *, ahead: int = 0) -> None:
        self.issuer = issuer
        self.ahead = ahead  # seconds that its clock is
        self.sign, public = key(key_file)
        print32 = base64.b32encode(hashlib.sha256(public).digest()[:KID_BYTES]).decode()
        self.header = {
            "alg": "RS256",
            "typ": "JWT",
            "kid": ":".join(print32[i : i + 4] for i in range(0, 48, 4)),
        }

    def token(self, subject: str, audience: str, access: Access, seconds: int) -> str:
        """A token of `subject` for `access`, valid for `seconds` from now."""
        now = int(time.time()) + self.ahead
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "sub": subject,
            "iat": now,
            "nbf": now - CLOCK_DIFFERENCE,
            "exp": now + seconds,
            "jti": str(uuid.uuid4()),
            "access": access,
        }
        text = f"{encoded(json.dumps(self.header).encode())}.{encoded(json.dumps(claims).encode())}"
        return f"{text}.{encoded(self.sign(text.encode()))}"

    def claims(self, token: str) -> dict[str, Any]:
        """What a token of ours says, while it is valid; nothing of any other one."""
        text, _, signature = token.rpartition(".")
        if not text or signature != encoded(self.sign(text.encode())):  # PKCS 1 v1.5 signs the same text alike
            return {}
        payload = text.partition(".")[2]
        said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return said if said["exp"] > time.time() else {}


def key(file: Path) -> tuple[Callable[[bytes], bytes], bytes]:
    """A function that signs with the RSA key in `file`, and the public key in DER."""
    # Only the container has this package; here it is neither installed nor asked for.
    serialization = import_module("cryptography.hazmat.primitives.serialization")
    hashes = import_module("cryptography.hazmat.primitives.hashes")
    padding = import_module("cryptography.hazmat.primitives.asymmetric.padding")
    private = serialization.load_pem_private_key(file.read_bytes(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = private.public_key().public_bytes(serialization.Encoding.DER, form)
    return (lambda data: private.sign(data, padding.PKCS1v15(), hashes.SHA256())), public


def encoded(data: bytes) -> str:
    """Base 64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def authenticate(
    settings: Settings, signer: Signer, query: Mapping[str, Sequence[str]], authorization: str, memory: Memory
) -> Answer:
    """The answer to one token request.

    Actions that the caller may not do are left out, not refused; a wrong password is 401, a credential without
    registry scope and an anonymous request for nothing are 403.
    """
    scopes = [scope for value in query.get("scope", []) for scope in value.split(" ") if scope]
    name, grants = "", dict[str, list[str]]()
    if authorization.startswith("Basic "):
        name, _, password = base64.b64decode(authorization[6:]).decode(errors="replace").partition(":")
        user = settings.users.get(name)
        if user is None or user.password != password:
            # A personal access token goes with any user name; those of the rig have no registry scope.
            return Answer(403, DENIED) if password in settings.api_tokens.values() else Answer(401, UNAUTHORIZED)
        if user.grants is None:
            return Answer(403, DENIED)
        grants = dict(user.grants)
    elif not scopes:
        return Answer(403, DENIED)
    access = [item for scope in scopes if (item := granted(settings, scope, grants))]
    for item in access:
        item["meta"] |= protection(memory)
    audience = query.get("service", ["container_registry"])[0]
    return Answer(200, {"token": signer.token(name, audience, access, memory.mode.token_seconds)})


def granted(settings: Settings, scope: str, grants: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """The part of `scope` (type:name:actions) that `grants` allow, None when that is nothing."""
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    project = project_of(settings, name)
    allowed = [action for action in actions.split(",") if action in grants.get(project, ())]
    if kind != "repository" or not allowed:
        return None
    meta = {"project_path": project, "project_id": settings.projects[project]}
    return {"type": kind, "name": name, "actions": allowed, "meta": meta}


def protection(memory: Memory) -> dict[str, Any]:
    """What a token says of protected tags; nobody in the rig is above the rules."""
    rules = memory.protection_rules
    denied = {
        action: [rule["tag_name_pattern"] for rule in rules if rule[f"minimum_access_level_for_{action}"]]
        for action in ("push", "delete")
    }
    return {"tag_deny_access_patterns": denied} if any(denied.values()) else {}


def project_of(settings: Settings, repository: str) -> str:
    """The project whose registry holds `repository`, empty when there is none."""
    owners = [path for path in settings.projects if f"{repository}/".startswith(f"{path}/")]
    return max(owners, key=len, default="")
