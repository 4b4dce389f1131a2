"""Whether the daemon's containers send packets that the way to it does not carry."""

import socket

from ci_kit.daemon import api
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown

_IP_MTU = 14  # linux/in.h; Python has no name for it
_MTU = "com.docker.network.driver.mtu"
_USUAL = 1500


def check(case: Case) -> Result:
    """Return both sizes; job and service share a network, so the way to the daemon has its size too."""
    if case.endpoint is None or case.ready is None or case.endpoint.socket:
        return unknown("no daemon over the network answers")
    options = api.ask(case.endpoint, "/networks/bridge").get("Options")
    said = options.get(_MTU) if isinstance(options, dict) else None
    inner = int(said) if isinstance(said, str) and said.isdigit() else _USUAL
    outer = _of_way(case.endpoint)
    if outer is None:
        return unknown("the way's size is not told")
    text = f"the bridge of the daemon has an MTU of {inner}, the network around it {outer}"
    return bad("daemon-mtu", text, "likely", goes_on=True) if inner > outer else good(text)


def _of_way(endpoint: Endpoint) -> int | None:
    """Return the MTU of the route to the daemon; a datagram socket finds it without sending anything."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((endpoint.host, endpoint.port))
            return probe.getsockopt(socket.IPPROTO_IP, _IP_MTU)
    except OSError:
        return None
