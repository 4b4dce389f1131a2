"""A script, run as a process of its own: tries what a builder without a daemon needs, and prints what came of it.

`python -IS namespace_trial.py FOLDER` prints one JSON object. `failed` is the step that did not succeed (`user`: no
user namespace, `ids`: no range of users in it, `mount`: no mount), empty when all did; `reason` is the system's or
the helper's answer; `overlay` tells whether overlayfs can be mounted on FOLDER. All ends with the process.

Sources: user_namespaces(7), subuid(5), newuidmap(1); containers/storage `pkg/unshare/unshare_linux.go`.
"""

import ctypes
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000  # source: linux/sched.h
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000  # source: linux/mount.h
SYS_ADMIN = 21  # source: linux/capability.h

libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A step that did not succeed, and why."""


def main(folder: str) -> None:
    """Print what came of the trial."""
    told: dict[str, object] = {"failed": "", "reason": "", "overlay": False}
    try:
        if not is_admin():
            enter_user_namespace()
        call("mount", libc.unshare, CLONE_NEWNS)
        call("mount", libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        call("mount", libc.mount, os.fsencode(folder), os.fsencode(folder), None, MS_BIND, None)
        told["overlay"] = overlay(folder)
    except Failed as failure:
        told["failed"], told["reason"] = failure.args
    print(json.dumps(told))


def is_admin() -> bool:
    """Tell whether this process may mount without a user namespace of its own."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    effective = next(line.split()[1] for line in status if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> SYS_ADMIN & 1)


def call(step: str, function: Callable[..., int], *arguments: object) -> None:
    """Call into the C library; Failed with the step's name and the system's words."""
    if function(*arguments) != 0:
        raise Failed(step, os.strerror(ctypes.get_errno()))


def enter_user_namespace() -> None:
    """Move into a user namespace with all users that this one may have; a child outside of it maps them."""
    ours, theirs = os.pipe(), os.pipe()
    mapped = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(ours[1])
        if not os.read(ours[0], 1):
            os._exit(0)
        try:
            map_users(mapped)
            os.write(theirs[1], b".")
        except (OSError, Failed) as error:
            os.write(theirs[1], str(error).encode()[:1000])
        os._exit(0)
    try:
        call("user", libc.unshare, CLONE_NEWUSER)
        os.write(ours[1], b".")
    finally:
        os.close(ours[1])
        os.close(theirs[1])
    said = os.read(theirs[0], 1000)
    os.waitpid(child, 0)
    if said != b".":
        raise Failed("ids", said.decode(errors="replace"))


def map_users(process: int) -> None:
    """Map what buildah maps: root's own users, or a user itself and its ranges of /etc/subuid and /etc/subgid."""
    if os.geteuid() == 0:
        for kind in ("uid", "gid"):
            lines = [line.split() for line in Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").splitlines()]
            text = "".join(f"{inside} {inside} {count}\n" for inside, _, count in lines)
            Path(f"/proc/{process}/{kind}_map").write_text(text, encoding="ascii")
        return
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        raise Failed(f"user {os.geteuid()} has no name in /etc/passwd") from error
    for kind, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        words = [f"new{kind}map", str(process), "0", str(own), "1", "1", *ranges(f"/etc/sub{kind}", name)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(" ".join(done.stderr.split()))


def ranges(path: str, name: str) -> list[str]:
    """Return begin and length of the first range of a user."""
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        owner, _, rest = line.strip().partition(":")
        if owner in (name, str(os.geteuid())):
            return rest.split(":")
    raise Failed(f"{name} has no range in {path}")


def overlay(folder: str) -> bool:
    """Tell whether overlayfs can be mounted on the file system of a folder."""
    lower, upper, work, merged = (Path(folder, name) for name in ("lower", "upper", "work", "merged"))
    for path in (lower, upper, work, merged):
        path.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    for more in ("", ",userxattr"):
        if libc.mount(b"overlay", os.fsencode(merged), b"overlay", 0, os.fsencode(options + more)) == 0:
            return True
    return False


if __name__ == "__main__":
    main(sys.argv[1])
