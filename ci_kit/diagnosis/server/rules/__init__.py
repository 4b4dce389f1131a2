"""One file per subject: `check(server)` yields what does not fit; rules do not know each other."""

import importlib
from collections.abc import Callable, Iterator
from typing import cast

from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch

Rule = Callable[[Server], Iterator[Mismatch]]

RULES: dict[str, str] = {
    "addresses": "GitLab's and the registry's addresses, and what else names them",
    "listeners": "on which ports the proxies listen, with or without TLS",
    "published": "which ports the containers publish",
    "upstreams": "where the proxies lead to",
    "headers": "which headers they set, hide and take away",
    "limits": "how large bodies may be, and whether they are stored first",
    "certificates": "the files of certificates, and the names in them",
    "tokens": "the token service, the issuer and the service's name",
    "storage": "whether the registry may write",
}


def rule(name: str) -> Rule:
    """Return the function of a rule by its name in RULES."""
    return cast(Rule, importlib.import_module(f"ci_kit.diagnosis.server.rules.{name}").check)
