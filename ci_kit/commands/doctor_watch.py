"""`ci-kit doctor --watch`: the same questions again and again, until it shows which layer is the flaky one."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ci_kit.commands import doctor_report
from ci_kit.commands.doctor_report import plain
from ci_kit.diagnosis.examine import Diagnosis
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK

_VERSION = 1
_USUAL = 10.0  # seconds between two rounds
_SPENT = ("wrong-password", "stale-login")  # a second attempt may be a ban


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how often is asked, and when it ends."""
    parser.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=_USUAL,
        metavar="SECONDS",
        help="ask again and again, until ^C or --rounds (default: every 10 seconds)",
    )
    parser.add_argument("--rounds", type=_rounds, metavar="N", help="end --watch after N rounds")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 to 86400 seconds")
    return value


def _rounds(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or more")
    return value


@dataclass
class Watch:
    """What the rounds have shown so far."""

    rounds: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    layers: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    last: Diagnosis | None = None  # of the last round in which something was wrong

    def take(self, found: Diagnosis) -> None:
        """Count a round."""
        self.rounds += 1
        for check in found.checks:
            self.slowest[check.id] = max(self.slowest.get(check.id, 0.0), check.seconds)
        if found.culprit:
            self.last = found
            self.causes[found.culprit.result.cause] += 1
            self.layers[found.culprit.id] += 1

    @property
    def flaky(self) -> bool:
        """Whether some rounds went well and some did not."""
        return 0 < self.causes.total() < self.rounds


def run(ask: Callable[[], Diagnosis], seconds: float, rounds: int | None, form: str) -> int:
    """Ask until ^C or for so many rounds, tell each in a line, sum up, and return 1 when something was ever wrong."""
    watch = Watch()
    try:
        while True:
            begin = time.monotonic()
            found = ask()
            watch.take(found)
            if form == "text":
                print(_of_round(found, time.monotonic() - begin), flush=True)
            cause = found.culprit.result.cause if found.culprit else ""
            if watch.rounds == rounds or cause in _SPENT:
                break
            time.sleep(max(0.0, seconds - (time.monotonic() - begin)))
    except KeyboardInterrupt:
        pass
    print(json.dumps(as_json(watch), indent=2) if form == "json" else as_text(watch), flush=True)
    return EXIT_FINDINGS if watch.causes else EXIT_OK


def _of_round(found: Diagnosis, seconds: float) -> str:
    moment = datetime.now(UTC).strftime("%H:%M:%S")
    if found.culprit is None:
        return f"{moment} ok   {seconds:.2f} s"
    return plain(f"{moment} BAD  {seconds:.2f} s  {found.culprit.id}: {found.culprit.result.cause}: {_seen(found)}")


def _seen(found: Diagnosis) -> str:
    return found.culprit.result.text if found.culprit else ""


def as_json(watch: Watch) -> dict[str, object]:
    """Return the report of the last bad round, with the counts of all."""
    report = doctor_report.as_json(watch.last or Diagnosis(()))
    counts = {"rounds": watch.rounds, "bad": watch.causes.total(), "flaky": watch.flaky}
    slowest = {name: round(seconds * 1000, 1) for name, seconds in watch.slowest.items()}
    return report | {"watch": counts | {"causes": watch.causes, "layers": watch.layers, "slowest_ms": slowest}}


def as_text(watch: Watch) -> str:
    """Return the sum of all rounds, and the report of the last bad one."""
    if watch.last is None:
        slowest = max(watch.slowest, key=lambda name: watch.slowest[name], default="")
        rest = f", the slowest was {slowest} with {watch.slowest[slowest]:.2f} s" if slowest else ""
        return f"{watch.rounds} rounds, all well{rest}"
    lines = [f"{watch.rounds} rounds, {watch.causes.total()} bad"]
    lines += [f"  {count} times {name}" for name, count in watch.causes.most_common()]
    if watch.flaky:
        names = ", ".join(name for name, _ in watch.layers.most_common())
        lines.append(f"it comes and goes in {names}: look for one of several servers, load, or a limit there")
    return "\n".join([*lines, "", doctor_report.as_text(watch.last)])
