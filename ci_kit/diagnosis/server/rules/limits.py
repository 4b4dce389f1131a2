"""How large bodies may be on the way to the registry, and whether they are stored before they are passed on."""

import re
from collections.abc import Iterator

from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch, Setting

_SIZE = re.compile(r"(\d+)([kmg]?)\Z", re.I)
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_ENOUGH = 1024**3  # bytes; layers of more are rare
_BUNDLED = "registry_nginx['client_max_body_size']"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield limits below 1 GB, and proxies that store layers."""
    for _, route in server.routes():
        said = route.directives.get("client_max_body_size")
        if said is None:
            evidence = f"{route.target.text} without client_max_body_size, which is 1m by default"
            yield Mismatch("body-limit", evidence, route.target.place)
        elif _is_small(said):
            yield Mismatch("body-limit", f"client_max_body_size {said.text}", said.place)
        buffering = route.directives.get("proxy_request_buffering")
        if buffering is None or not buffering.off:
            evidence = f"{route.target.text} without proxy_request_buffering off"
            yield Mismatch("server-buffering", evidence, (buffering or route.target).place)
    bundled = server.gitlab.get(_BUNDLED)
    if bundled and _is_small(bundled):
        yield Mismatch("body-limit", f"{_BUNDLED} = {bundled.text}", bundled.place)


def _is_small(said: Setting) -> bool:
    found = _SIZE.match(said.text.strip())
    size = int(found[1]) * _UNITS[found[2].lower()] if found else 0
    return 0 < size < _ENOUGH
