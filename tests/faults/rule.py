"""Which requests meet which fault, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

STATUS = ("429", "500", "502", "503", "504")
FAULTS = (*STATUS, "reset", "lost", "stall", "truncated", "wrong-digest", "html", "redirect", "expired")
EVER = 1_000_000
_KINDS = (
    (re.compile(r"/jwt/auth"), "token"),
    (re.compile(r"/v2/$"), "ping"),
    (re.compile(r"/v2/.+/blobs/uploads/"), "upload"),
    (re.compile(r"/v2/.+/blobs/[^/]+$"), "blob"),
    (re.compile(r"/v2/.+/manifests/[^/]+$"), "manifest"),
    (re.compile(r"/v2/.+/tags/list"), "tags"),
    (re.compile(r"/api/"), "api"),
)


def kind_of(method: str, path: str) -> str:
    """`PUT manifest`, `POST upload`, `GET token` and so on."""
    path = path.partition("?")[0]
    return f"{method} {next((name for pattern, name in _KINDS if pattern.search(path)), 'other')}"


@dataclass(slots=True)
class Rule:
    """The fault for requests of one kind: after `skip` of them for `times`; only those of `agent`, where it is given.

    `lost` is a request that is done and whose answer does not arrive; `reset` one that does not even arrive.
    """

    kind: str
    fault: str
    times: int = 1
    skip: int = 0
    agent: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    met: int = 0

    def hits(self, kind: str, headers: Mapping[str, str]) -> bool:
        """Whether the fault is this request's; counts it then."""
        if kind != self.kind or not headers.get("user-agent", "").startswith(self.agent):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.met == self.times:
            return False
        self.met += 1
        return True
