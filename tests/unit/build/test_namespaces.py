"""What a builder without a daemon lacks, by what a trial and the kernel's settings say."""

from pathlib import Path

import pytest

from ci_kit.build.machine import left_mounts, namespaces
from ci_kit.build.machine.namespaces import Namespaces


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("user", "kernel"):
        (tmp_path / name).mkdir()
    (tmp_path / "user" / "max_user_namespaces").write_text("1000\n")
    monkeypatch.setattr(namespaces, "_SETTINGS", tmp_path)
    monkeypatch.setattr(namespaces, "_status", lambda name: "0")
    return tmp_path


def lack(monkeypatch: pytest.MonkeyPatch, failed: str, reason: str) -> tuple[str, str]:
    monkeypatch.setattr(namespaces, "tried", lambda folder: Namespaces(failed, reason))
    ((what, fix),) = namespaces.missing()
    return what, fix


def test_the_trial_says_what_this_machine_allows_and_leaves_nothing(tmp_path: Path) -> None:
    found = namespaces.tried(tmp_path)
    assert (found.failed == "") == (found.reason == "")
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


def test_nothing_is_missing_when_all_steps_succeed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "tried", lambda folder: Namespaces("", ""))
    assert list(namespaces.missing()) == []


def test_a_trial_that_cannot_be_made_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "_SCRIPT", tmp_path / "none.py")
    assert namespaces.tried(tmp_path) == Namespaces("user", "the trial ended with JSONDecodeError")


@pytest.mark.parametrize(
    ("setting", "value", "what", "fix"),
    [
        ("user/max_user_namespaces", "0", "this machine allows no user namespaces", "user.max_user_namespaces=10000"),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            "this machine allows only root to make user namespaces",
            "kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "AppArmor forbids this program to make a user namespace",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("kernel/other", "1", "no user namespace can be made (EPERM)", "privileged = true"),
    ],
)
def test_the_setting_that_forbids_user_namespaces_is_named(
    settings: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, what: str, fix: str
) -> None:
    (settings / setting).write_text(f"{value}\n")
    said, told = lack(monkeypatch, "user", "EPERM")
    assert said == what
    assert fix in told


def test_a_seccomp_filter_is_named(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "_status", lambda name: "2" if name == "Seccomp" else "0")
    what, fix = lack(monkeypatch, "user", "EPERM")
    assert what == "the container's seccomp filter forbids user namespaces"
    assert 'security_opt = ["seccomp:unconfined"]' in fix


@pytest.mark.parametrize(
    ("reason", "what", "fix"),
    [
        ("[Errno 2] No such file or directory: 'newuidmap'", "there is no newuidmap command", "install uidmap"),
        (
            "job has no range in /etc/subuid",
            "this user has no range of users for itself (job has no range in /etc/subuid)",
            "USER:100000:65536",
        ),
        (
            "[Errno 2] No such file or directory: '/etc/subuid'",
            "this user has no range of users for itself ([Errno 2] No such file or directory: '/etc/subuid')",
            "/etc/subgid",
        ),
        (
            "newuidmap: write to uid_map failed: Operation not permitted",
            "newuidmap may not map users (newuidmap: write to uid_map failed: Operation not permitted)",
            "setcap cap_setuid=ep /usr/bin/newuidmap",
        ),
    ],
)
def test_what_a_user_lacks_to_have_users_of_its_own_is_named(
    monkeypatch: pytest.MonkeyPatch, reason: str, what: str, fix: str
) -> None:
    said, told = lack(monkeypatch, "ids", reason)
    assert said == what
    assert fix in told


def test_a_mount_that_is_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    what, fix = lack(monkeypatch, "mount", "Permission denied")
    assert what == "nothing can be mounted, not even in a namespace of its own (Permission denied)"
    assert 'security_opt = ["apparmor:unconfined"]' in fix


def test_mounts_below_a_folder_are_found_and_others_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mountinfo"
    line = "36 35 98:0 / {} rw - ext4 /dev/root rw\n"
    places = ["/", f"{tmp_path}/a\\040b", f"{tmp_path}/a\\040b/deep", f"{tmp_path}2"]
    table.write_text("".join(line.format(place) for place in places))
    monkeypatch.setattr(left_mounts, "_TABLE", table)
    assert left_mounts.below(tmp_path / "a b") == [f"{tmp_path}/a b/deep", f"{tmp_path}/a b"]
