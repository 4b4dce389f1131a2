"""A private Docker daemon in its own network, mount and process namespaces (root mode).

Its /usr and /etc are those of the unpacked Debian tree, seen by it alone, so the machine needs no Docker package. Own
namespaces make stopping simple and complete: one SIGKILL to the launcher, and the kernel ends every process, mount and
link in them. A daemon that is already on the machine is never asked, adopted or stopped.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.rig import capabilities
from tests.rig.process import RigError
from tests.rig.state import State

TMPFS_GB = 10
TMPFS_NEEDS_KB = 12 * 1024 * 1024  # available memory from which the daemon's data lives in memory
READY_SECONDS = 30
GONE_SECONDS = 20
LAUNCHER_NAMES = ("sh", "unshare")  # the launcher is a shell until it has written down its number

# The launcher notes who it is, then becomes `unshare`: number and start time stay through exec. It is a grandchild of
# the process that calls `start`, which need not wait for it. It starts nothing when `stop` came first.
START = 'exec setsid /bin/sh -c "$LAUNCH" &'
LAUNCH = """read -r line </proc/self/stat; set -- $line; echo "$1 ${22}" >"$FOLDER/launcher.pid" || exit
if [ -e "$FOLDER/stopping" ] || [ ! -e "$FOLDER/state.json" ]; then exit; fi
exec $UNSHARE /bin/sh -c "$INSIDE"
"""
UNSHARE = "unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc"
INSIDE = """set -e
mount -t tmpfs tmpfs /run; mkdir -p /run/lock
mount --bind {tree}/usr /usr; mount --bind {tree}/etc /etc; mount --bind {folder}/certs.d /etc/docker/certs.d
{data_mount}
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
exec {dockerd}
"""


def start(state: State, folder: Path, *, tree: Path, insecure: str, names: str) -> None:
    """Start the daemon of the rig in `folder` and wait until it answers on `folder`/docker.sock.

    `insecure` is the one registry it may talk to without TLS, `names` the name server of its containers; certificate
    authorities come from `folder`/certs.d.

    Raises:
        RigError: it did not answer in READY_SECONDS; the processes are left for `stop`.
    """
    for name in ("data", "certs.d"):
        (folder / name).mkdir(exist_ok=True)
    dockerd = [*command(state, folder), f"--insecure-registry={insecure}", f"--dns={names}", *runtime(folder)]
    inside = INSIDE.format(
        tree=tree, folder=folder, data_mount=data_mount(folder / "data"), dockerd=shlex.join(dockerd)
    )
    environ = {
        "LAUNCH": LAUNCH,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "FOLDER": str(folder),
        "UNSHARE": UNSHARE,
        "INSIDE": inside,
    }
    with (folder / "dockerd.log").open("wb") as log:
        words = ["/bin/sh", "-c", START]
        subprocess.run(words, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=True)
    wait_until_ready(folder)


def command(state: State, folder: Path) -> list[str]:
    """The words that start dockerd for this rig."""
    return [
        "dockerd",
        f"--host={state.docker_host}",
        f"--data-root={folder}/data",
        f"--pidfile={folder}/dockerd.pid",
        f"--cgroup-parent=/{cgroup(state)}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        "--userland-proxy=false",
        "--max-concurrent-uploads=200",  # of all pushes together: tests of faults have many that wait
    ]


def runtime(folder: Path) -> list[str]:
    """The options that put the capability wrapper before runc, or none on a machine that lacks no capability."""
    lacking = capabilities.missing()
    if not lacking:
        return []
    script = folder / "capfit"
    script.write_text(capabilities.wrapper(lacking))
    script.chmod(0o755)
    return [f"--add-runtime=capfit={script}", "--default-runtime=capfit"]


def data_mount(data: Path) -> str:
    """The command that puts `data` into memory, or nothing where memory is short."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    available = int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:")))
    return f"mount -t tmpfs -o size={TMPFS_GB}g tmpfs {data}" if available >= TMPFS_NEEDS_KB else ""


def wait_until_ready(folder: Path) -> None:
    """Return when the daemon answers; raise RigError when it ended or is silent for READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    while not answers(folder / "docker.sock"):
        ended = (folder / "launcher.pid").exists() and launcher(folder) is None
        if ended or time.monotonic() > deadline:
            log = (folder / "dockerd.log").read_text(errors="replace").strip().splitlines()
            raise RigError(f"{folder}/dockerd.log: the private daemon did not start: {' | '.join(log[-4:])}")
        time.sleep(0.02)


def answers(path: Path) -> bool:
    """Whether the daemon behind the socket `path` answers a ping."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(READY_SECONDS)
        try:
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
        except OSError:
            return False


def launcher(folder: Path) -> int | None:
    """The number of the running launcher, None when it never started or has ended.

    The name and start time must be those written down, so a later process with the same number is never taken for it.
    """
    try:
        number, started = (folder / "launcher.pid").read_text().split()
        line = Path(f"/proc/{number}/stat").read_text()
    except (OSError, ValueError):
        return None
    name = line[line.index("(") + 1 : line.rindex(")")]
    fields = line[line.rindex(")") + 2 :].split()  # from field 3 on; field 22 is the start time
    alive = fields[0] != "Z" and fields[19] == started and name in LAUNCHER_NAMES
    return int(number) if alive else None


def namespace(folder: Path) -> int:
    """The number, on this machine, of the first process in the daemon's namespaces.

    Raises:
        RigError: the daemon is not running.
    """
    number = launcher(folder)
    children = children_of(number) if number else []
    if not children:
        raise RigError(f"{folder}: the private daemon is not running; see {folder}/dockerd.log")
    return children[0]


def children_of(number: int) -> list[int]:
    """The child processes of the process `number`, none when it has ended."""
    try:
        return [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
    except OSError:
        return []


def stop(state: State, folder: Path) -> None:
    """End the daemon and all it ran, and remove its control groups; fine when it is not running.

    Raises:
        RigError: a process or control group is still there after GONE_SECONDS.
    """
    (folder / "stopping").touch()
    ending = freeze(folder)
    for number in ending:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    wait_for(lambda: not any(running(number) for number in ending), "its processes")
    wait_for(lambda: remove_cgroups(cgroup(state)), "its control groups")


def freeze(folder: Path) -> list[int]:
    """Stop the launcher where it is and return the processes to kill: it, its child, and a daemon that lost it.

    A launcher that is killed in the middle of a fork leaves a child that does not know that it is to end with it.
    """
    number = launcher(folder)
    if number is None:
        return orphans(folder)
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGSTOP)
    wait_for(lambda: status(number) in ("", "T", "Z"), "its launcher")
    return [*children_of(number), number]


def orphans(folder: Path) -> list[int]:
    """The first process of the namespaces of this rig's daemon, if it runs without its launcher."""
    argument = f"--pidfile={folder}/dockerd.pid".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if argument in (process / "cmdline").read_bytes().split(b"\0"):
                numbers = re.findall(r"^NSpid:\s+(.*)", (process / "status").read_text(), re.MULTILINE)[0].split()
                found += [int(process.name)] if len(numbers) > 1 and numbers[-1] == "1" else []
    return found


def status(number: int) -> str:
    """The state letter of the process `number` as in proc(5), empty when there is none."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def running(number: int) -> bool:
    """Whether the process `number` is there and more than an entry that nobody has read."""
    return status(number) not in ("", "Z")


def wait_for(done: Callable[[], bool], what: str) -> None:
    """Return when the function `done` says so; raise RigError naming `what` after GONE_SECONDS."""
    deadline = time.monotonic() + GONE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise RigError(f"private daemon: {what} are still there after {GONE_SECONDS} s; run `down` again")
        time.sleep(0.02)


def cgroup(state: State) -> str:
    """The control group under which all containers of this rig are."""
    return f"ci-kit-rig-{state.identity}"


def remove_cgroups(name: str) -> bool:
    """Remove the empty control groups `name` of every controller; whether none is left."""
    root = Path("/sys/fs/cgroup")
    found: Sequence[Path] = [*root.glob(name), *root.glob(f"*/{name}")]
    for top in found:
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(OSError):  # busy for the moment a killed process needs to go
                Path(folder).rmdir()
    return not any(top.exists() for top in found)
