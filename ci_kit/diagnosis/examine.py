"""Asking all layers, and picking the one cause."""

import http.client
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.layers import CHAIN, SECTIONS, layer
from ci_kit.diagnosis.result import Check, Result, of_error, unknown
from ci_kit.errors import CiKitError, Interrupted, RegistryError
from ci_kit.model import causes
from ci_kit.model.causes import Cause

_OTHERWISE = "registry-error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks in their order, and the one that says why; `others` are wrong too, and not the cause."""

    checks: tuple[Check, ...]

    @property
    def culprit(self) -> Check | None:
        """The check that says why, None when nothing is wrong."""
        wrong = self._wrong()
        hidden = {id for check in wrong for id in causes.find(check.result.cause).hides}
        deepest = [check for check in wrong if check.result.cause not in hidden]
        return min(deepest or wrong, key=_rank, default=None)

    @property
    def cause(self) -> Cause | None:
        """What the catalogue says of it."""
        return causes.find(self.culprit.result.cause) if self.culprit else None

    @property
    def others(self) -> tuple[Check, ...]:
        """What is wrong besides, without what is only the surface of the cause."""
        hidden = {self.culprit.result.cause, *self.cause.hides} if self.culprit and self.cause else set[str]()
        return tuple(check for check in self._wrong() if check.result.cause not in hidden)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """What could not be looked at; its text says why."""
        return tuple(check for check in self.checks if not check.result.known)

    def _wrong(self) -> list[Check]:
        return [check for check in self.checks if check.result.cause]


def _rank(check: Check) -> bool:
    """Order what is wrong: first what stops everything behind it; among equals the order of the layers."""
    return check.result.goes_on


def examine(case: Case, names: Sequence[str] = (*CHAIN, *SECTIONS)) -> Diagnosis:
    """Return what all layers say of `case`; nothing is raised but an interrupt."""
    try:
        return Diagnosis((*_chain(case, names), *(_ask(name, case) for name in SECTIONS if name in names)))
    finally:
        case.close()


def _chain(case: Case, names: Sequence[str]) -> Iterator[Check]:
    broken = ""
    for name in CHAIN:
        if name not in names:
            continue
        if broken:
            yield Check(name, unknown(f"{broken} is broken before it"), 0.0)
            continue
        check = _ask(name, case)
        if check.result.cause and not check.result.goes_on:
            broken = name
        yield check


def _ask(name: str, case: Case) -> Check:
    begin = time.monotonic()
    result = _safe(name, case)
    if result.cause:
        case.findings.add(result.cause)
    return Check(name, result, time.monotonic() - begin)


def _safe(name: str, case: Case) -> Result:
    """Return what a layer says; a failure that it did not expect is what the failure says of itself."""
    try:
        return layer(name)(case)
    except Interrupted:
        raise
    except RegistryError as error:
        return of_error(error, _OTHERWISE)
    except CiKitError as error:
        return of_error(error, _OTHERWISE) if error.cause else unknown(str(error))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return unknown(f"could not look ({type(error).__name__})")
