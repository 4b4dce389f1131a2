import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci_kit.build.machine.guarded_folder import guarded_folder

HOLD = """
import sys, time
from ci_kit.build.machine.guarded_folder import guarded_folder
with guarded_folder("guarded-", {"PATH": "/usr/bin:/bin"}) as folder:
    (folder / "secret").write_text("canary")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_the_folder_is_ours_alone_and_gone_after_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with guarded_folder("guarded-", {}) as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "secret").write_text("canary", encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_after_an_exception_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="x"), guarded_folder("guarded-", {}):
        raise ValueError("x")
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_shell_the_folder_is_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*words: object, **options: object) -> None:
        raise FileNotFoundError("/bin/sh")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", missing)
    with guarded_folder("guarded-", {}) as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("whom", ["process", "group"])
def test_it_does_not_outlive_a_sigkill(tmp_path: Path, whom: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    assert process.stdout
    folder = Path(process.stdout.readline().strip())
    assert (folder / "secret").read_text(encoding="utf-8") == "canary"
    if whom == "group":
        os.killpg(process.pid, signal.SIGTERM)
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


ORPHAN = """
import subprocess, time
from ci_kit.build.machine.guarded_folder import guarded_folder
with guarded_folder("guarded-", {"PATH": "/usr/bin:/bin"}) as folder:
    known = {"PATH": "/usr/bin:/bin", "DOCKER_CONFIG": str(folder)}
    child = subprocess.Popen(["sleep", "60"], env=known, process_group=0)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_a_program_that_we_had_started_ends_with_us(tmp_path: Path) -> None:
    words = [sys.executable, "-c", ORPHAN]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert process.stdout
    orphan = Path("/proc", process.stdout.readline().strip(), "stat")
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while _alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _alive(orphan)


def _alive(stat: Path) -> bool:
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
