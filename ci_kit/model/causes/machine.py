"""Causes on the machine or in the job where the doctor runs."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "machine-disk-full",
        "The disk of this machine is full.",
        "runner",
        "free space on the runner",
        "Free space: `docker system prune --all` on the runner's host, old builds below the runner's `builds_dir`, "
        "caches. `df -h` and `df -i` say which file system, and whether it lacks bytes or inodes.",
        "errno ENOSPC",
        (
            Said("git", "fatal: write error: No space left on device"),
            Said("runner", "no space left on device"),
            Said("python", "OSError: [Errno 28] No space left on device"),
        ),
    ),
)
