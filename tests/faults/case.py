"""What is expected of a push that meets a fault: it arrives, or it ends with the right cause, never in between."""

from typing import Literal, NamedTuple

from tests.faults.rule import FAULTS, STATUS

Expected = Literal["arrives", "fails", "either"]
PASSING = (*STATUS, "reset", "lost", "stall", "truncated")  # another try may not meet them
DAEMON_KINDS = ("GET token", "HEAD blob", "POST upload", "PATCH upload", "PUT upload", "PUT manifest")
TARGET_KINDS = (*DAEMON_KINDS, "HEAD manifest")
SOURCE_KINDS = ("GET token", "GET manifest", "GET blob")
_CUT = ("connection-reset", "upload-cut")
_NO_REGISTRY = ("not-a-registry", "not-a-registry-redirect", "challenge-missing", "realm-wrong", "realm-error")
CAUSES: dict[str, tuple[str, ...]] = {
    "429": ("too-many-requests", "realm-error"),
    "500": ("registry-error", "realm-error"),
    "502": ("upstream-down", "realm-error"),
    "503": ("registry-unavailable", "realm-error"),
    "504": ("registry-slow", "realm-error"),
    "reset": _CUT,
    "lost": _CUT,
    "stall": ("connection-timeout", "upload-timeout"),
    "truncated": _CUT,
    "wrong-digest": ("bytes-changed", "writes-vanish", "realm-wrong", "not-a-registry"),
    "html": (*_NO_REGISTRY, "layer-lost"),
    "redirect": (*_NO_REGISTRY, "layer-lost", "wrong-password", "no-credentials", "read-only-credential"),
    "expired": ("token-rejected", "token-expired", "wrong-password"),
}


class Case(NamedTuple):
    """One request kind, one fault, once or for ever; `way` is `daemon`, `target` or `source` of a promotion."""

    way: str
    kind: str
    fault: str
    ever: bool

    @property
    def name(self) -> str:
        """A name for a repository."""
        return "-".join((self.way, *self.kind.lower().split(), self.fault, "ever" if self.ever else "once"))

    @property
    def expected(self) -> Expected:
        """What becomes of it; whatever is said here, what is reported as done must be in the registry."""
        if self.fault in PASSING:
            return _passing(self)
        return (_DAEMON if self.way == "daemon" else _OURS)[self.fault](self)


def all_cases() -> list[Case]:
    ways = {"daemon": DAEMON_KINDS, "target": TARGET_KINDS, "source": SOURCE_KINDS}
    return [
        Case(way, kind, fault, ever) for way, kinds in ways.items() for kind in kinds for fault in FAULTS
        for ever in (False, True)
    ]  # fmt: skip


def _passing(case: Case) -> Expected:
    if not case.ever:
        return "arrives"
    # An upload that was closed is found there by whoever looks, though its answer never comes.
    is_found = case.kind == "PUT upload" and case.fault in ("lost", "truncated")
    return "either" if is_found else "fails"


def _changed(case: Case) -> Expected:
    """Other bytes, or another digest in the head of an answer."""
    if case.kind in ("GET manifest", "GET blob") or (case.kind == "GET token" and case.way != "daemon"):
        return "fails"
    if case.kind in ("GET token", "PATCH upload") or (case.kind, case.way) == ("PUT upload", "target"):
        return "fails" if case.ever else "arrives"
    if case.kind == "HEAD manifest":
        return "fails" if case.ever else "either"
    return "arrives"


def _page(case: Case) -> Expected:
    """Docker tries again after a page or a redirect, but for the manifest."""
    return "fails" if case.ever or (case.kind == "PUT manifest" and case.fault == "html") else "arrives"


def _ended(case: Case) -> Expected:
    return "fails" if case.ever or (case.kind == "GET token" and case.way != "daemon") else "arrives"


def _final(case: Case) -> Expected:
    return "fails"


_DAEMON = {"wrong-digest": _changed, "html": _page, "redirect": _page, "expired": _ended}
_OURS = {"wrong-digest": _changed, "html": _final, "redirect": _final, "expired": _ended}
