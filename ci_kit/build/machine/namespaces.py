"""Whether a builder without a daemon can work here: user namespaces, ranges of users, mounts; and the fix where not.

Sources: docker docs "Seccomp security profiles", "AppArmor security profiles"; GitLab docs "Docker executor"
(`security_opt`); buildah's rootless tutorial.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.machine.lack import Lack

_SECONDS = 20
_SCRIPT = Path(__file__).with_name("namespace_trial.py")
_IN_RUNNER = "in [runners.docker] of the runner"
_SETTINGS = Path("/proc/sys")


class Namespaces(NamedTuple):
    """What came of trying: `failed` is the step that did not succeed (`user`, `ids`, `mount`), empty when all did."""

    failed: str
    reason: str
    overlay: bool = False


def tried(folder: Path) -> Namespaces:
    """Return what a builder could do with storage on the file system of `folder`; a process tries it, nothing stays."""
    with tempfile.TemporaryDirectory(prefix="ci-kit-trial-", dir=folder, ignore_cleanup_errors=True) as inside:
        words = [sys.executable, "-IS", str(_SCRIPT), inside]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
            return Namespaces(**json.loads(done.stdout))
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return Namespaces("user", f"the trial ended with {type(error).__name__}")


def missing() -> Sequence[Lack]:
    """Return what a builder without a daemon lacks here, empty when it can work."""
    found = tried(Path(tempfile.gettempdir()))
    if not found.failed:
        return ()
    if found.failed == "ids":
        return (_ids(found.reason),)
    return (_mount(found.reason) if found.failed == "mount" else _user(found.reason),)


def _user(reason: str) -> Lack:
    """Return why there is no user namespace: the kernel's own settings are asked first."""
    if _setting("user/max_user_namespaces") == "0":
        return Lack("this machine allows no user namespaces", "set sysctl user.max_user_namespaces=10000 on the host")
    if _setting("kernel/unprivileged_userns_clone") == "0":
        what = "this machine allows only root to make user namespaces"
        return Lack(what, "set sysctl kernel.unprivileged_userns_clone=1 on the host")
    if _status("Seccomp") == "2":
        what = "the container's seccomp filter forbids user namespaces"
        return Lack(what, f'write security_opt = ["seccomp:unconfined"] or privileged = true {_IN_RUNNER}')
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        what = "AppArmor forbids this program to make a user namespace"
        return Lack(what, "set sysctl kernel.apparmor_restrict_unprivileged_userns=0 on the host, or give it a profile")
    return Lack(f"no user namespace can be made ({reason})", f"write privileged = true {_IN_RUNNER}")


def _ids(reason: str) -> Lack:
    if "No such file" in reason and "map" in reason:
        return Lack("there is no newuidmap command", "install uidmap (Debian), shadow-uidmap (Alpine)")
    if "No such file" in reason or "has no" in reason:
        fix = "add a line USER:100000:65536 to /etc/subuid and to /etc/subgid, or run the job as root"
        return Lack(f"this user has no range of users for itself ({reason})", fix)
    # A program of root's lacks the right over a namespace that is not root's; with the capability it stays the user's.
    fix = "in the image: setcap cap_setuid=ep /usr/bin/newuidmap and setcap cap_setgid=ep /usr/bin/newgidmap"
    return Lack(f"newuidmap may not map users ({reason})", fix)


def _mount(reason: str) -> Lack:
    fix = f'write security_opt = ["apparmor:unconfined"] or privileged = true {_IN_RUNNER}'
    return Lack(f"nothing can be mounted, not even in a namespace of its own ({reason})", fix)


def _setting(name: str) -> str:
    try:
        return (_SETTINGS / name).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _status(name: str) -> str:
    """Return what the kernel says of this process under `name`."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((line.split()[1] for line in lines if line.startswith(f"{name}:")), "")
