"""SIGTERM and SIGKILL at random moments: no credential is left, no file is half, and the next run succeeds.

`make kills` has 200 of them, a run of CI fewer.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.killed import Kill, Victim, kills
from tests.rig import Rig

pytestmark = pytest.mark.integration
COUNT = int(os.environ.get("CI_KIT_KILLS", "24"))
SEED = 20261101
_TOGETHER = 3


def test_whenever_it_is_killed_nothing_is_left_and_the_next_run_succeeds(rig: Rig, daemon: str, tmp_path: Path) -> None:
    lanes = [Victim(rig, daemon, tmp_path / str(lane), ("docker", "buildx")[lane % 2]) for lane in range(_TOGETHER)]

    def run(lane: int) -> list[int]:
        victim = lanes[lane]
        seconds = victim.seconds()
        return [_killed(victim, kill, seconds) for kill in kills(COUNT, SEED)[lane::_TOGETHER]]

    with ThreadPoolExecutor(_TOGETHER) as pool:
        codes = [code for found in pool.map(run, range(_TOGETHER)) for code in found]
    assert -signal.SIGKILL in codes
    assert 130 in codes


def _killed(victim: Victim, kill: Kill, seconds: float) -> int:
    code = victim.kill(kill, seconds)
    if kill.number % 4 < 2 or COUNT > 24:
        victim.again()
    return code
