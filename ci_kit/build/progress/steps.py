"""The steps of a build out of the lines that its builder prints: BuildKit's plain progress, docker's, buildah's.

Sources: moby/buildkit `util/progress/progressui/printer.go` (`#7 [2/3] RUN make`, `#7 CACHED`, `#7 DONE 1.2s`);
moby/moby `builder/dockerfile/dispatchers.go` (`Step 2/3 : RUN make`, ` ---> Using cache`); containers/buildah
`imagebuildah/stage_executor.go` (`STEP 2/3: RUN make`, `--> Using cache`).
"""

import re
import time
from collections.abc import Callable

from ci_kit.model.step import Step, StepState

_MOST = 1000  # steps; what a build prints must not fill our memory
_LONGEST = 300  # characters of a name
_BUILDKIT = re.compile(r"#(\d+) (.*)", re.ASCII)
_BUILDKIT_END = re.compile(r"(?:(CACHED)|(CANCELED)|(ERROR): .*|DONE (\d+(?:\.\d+)?)s)\Z", re.ASCII)
_NUMBERED = re.compile(r"(?:\[(\d+/\d+)\] )?S(?:tep|TEP) (\d+/\d+) ?: (.*)", re.ASCII)
_CACHED = re.compile(r" ?---?> Using cache\b")
_RUNNING = re.compile(r" ---> Running in ")
_BUILT = re.compile(r"Successfully built |(?:\[\d+/\d+\] )?COMMIT\b", re.ASCII)
# The classic builder makes a step of each label that it is told beside the Dockerfile.
_OUR_LABELS = ("LABEL org.opencontainers.image.", "LABEL com.gitlab.ci-kit.")
_ENDS: tuple[StepState, ...] = ("cached", "cancelled", "failed", "done")


class Steps:
    """Reads the lines of one build as they come; `clock` gives seconds where the builder names none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know no step yet."""
        self._clock = clock
        self._steps: dict[str, Step] = {}
        self._begin: dict[str, float] = {}
        self._numbers: dict[str, str] = {}  # BuildKit's number of a step -> our key; empty for one of an earlier pass
        self._passes = 1
        self._open = ""  # the one at work in a builder that works at one after the other
        self._is_printing = False

    def read(self, line: str) -> Step | None:
        """Return the step that this line begins, names again or ends, as it is now; None for any other line."""
        if match := _BUILDKIT.match(line):
            return self._of_buildkit(match[1], match[2].strip())
        if match := _NUMBERED.match(line):
            self._finish()
            if match[3].startswith(_OUR_LABELS):
                return None
            stage = f"stage {match[1]}, " if match[1] else ""
            self._open = f"{stage}{match[2]}"
            return self._named(self._open, f"[{stage}{match[2]}] {match[3]}")
        if _RUNNING.match(line):  # from here on it prints what it likes, also our words
            self._is_printing = True
        if not self._is_printing and _CACHED.match(line):
            return self._ended(self._open, "cached", 0)
        return self._finish() if _BUILT.match(line) else None

    def found(self, *, failed: bool = False) -> tuple[Step, ...]:
        """Return the steps in the order of their beginning; in a `failed` build one still at work is what failed."""
        steps = tuple(self._steps.values())
        if not failed or any(step.state == "failed" for step in steps):
            return steps
        return tuple(step._replace(state="failed") if step.state == "running" else step for step in steps)

    def _of_buildkit(self, number: str, text: str) -> Step | None:
        self._begin_pass(number, text)
        if number not in self._numbers:
            return self._numbered(number, text) if text and number != "0" else None
        key = self._numbers[number]
        if key not in self._steps:
            return None
        end = _BUILDKIT_END.match(text)
        if end is None:
            return self._steps[key] if text == self._steps[key].name else None
        state = next(state for state, part in zip(_ENDS, end.groups(), strict=True) if part)
        return self._ended(key, state, float(end[4] or 0))

    def _begin_pass(self, number: str, text: str) -> None:
        """Notice that the same build is asked for again, to push it: every step that is known is cached then."""
        first = self._steps.get(self._numbers.get("1", ""))
        if number in ("0", "1") and first and first.state != "running" and (number == "0" or text == first.name):
            self._numbers, self._passes = {}, self._passes + 1

    def _numbered(self, number: str, text: str) -> Step | None:
        is_known = self._passes > 1 and any(step.name == _plain(text) for step in self._steps.values())
        self._numbers[number] = "" if is_known else f"{self._passes} {number}"
        return None if is_known else self._named(self._numbers[number], text)

    def _named(self, key: str, name: str) -> Step | None:
        if len(self._steps) >= _MOST:
            return None
        self._begin[key] = self._clock()
        self._steps[key] = Step(_plain(name))
        return self._steps[key]

    def _finish(self) -> Step | None:
        """End the step at work, whose end nothing else tells."""
        key, self._open, self._is_printing = self._open, "", False
        if key not in self._steps or self._steps[key].state != "running":
            return None
        return self._ended(key, "done", self._clock() - self._begin[key])

    def _ended(self, key: str, state: StepState, seconds: float) -> Step | None:
        if key in self._steps:
            self._steps[key] = self._steps[key]._replace(state=state, seconds=seconds)
        return self._steps.get(key)


def _plain(name: str) -> str:
    """Return a name in one line of bounded length, without what could steer a terminal."""
    text = "".join(letter if letter.isprintable() else " " for letter in name[: 2 * _LONGEST])
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
