"""Whether the daemon's disk has room, where it is a disk of this machine."""

import os

from ci_kit.daemon import api
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown

_LEAST = 256 * 1024 * 1024  # bytes; less is not enough for a layer


def check(case: Case) -> Result:
    """Return the room on the daemon's folder; that of another machine or container cannot be seen."""
    if case.endpoint is None or case.ready is None:
        return unknown("no daemon answers")
    if not case.endpoint.socket:
        return unknown("the disk of a daemon over the network cannot be seen")
    folder = str(api.ask(case.endpoint, "/info").get("DockerRootDir", ""))
    try:
        said = os.statvfs(folder)
    except (OSError, ValueError):
        return unknown("the daemon's folder is not on this machine")
    room = said.f_bavail * said.f_frsize
    if room < _LEAST or (said.f_files and not said.f_favail):
        return bad("daemon-disk-full", f"{folder}: {room / 1e6:.0f} MB are left", "likely", goes_on=True)
    return good(f"{folder}: {room / 1e9:.1f} GB are left")
