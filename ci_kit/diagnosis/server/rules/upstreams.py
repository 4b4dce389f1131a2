"""Where the proxies lead to, against the port on which the registry listens."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.server import Server, split
from ci_kit.diagnosis.server.setting import Mismatch

_LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")


def check(server: Server) -> Iterator[Mismatch]:
    """Yield that a proxy leads to another port, cuts the path, or cannot reach the registry at all."""
    own = {service.name for service in server.services if service.is_registry}
    known = {port for port in (server.listens, server.bundled_port) if port}
    for _, route in server.routes():
        host, port = split(route.upstream)
        known_here = {server.listens} if host in own else known
        if (host in own or host in _LOCAL or host in server.hosts()) and port not in known_here | _published(
            server, host
        ):
            evidence = f"{route.target.text}; the registry listens on {', '.join(map(str, sorted(known_here)))}"
            yield Mismatch("server-upstream-port", evidence, route.target.place)
        path = route.path.lstrip("^~= ")
        if route.uri and path not in ("", "/") and route.uri.rstrip("/") != path.rstrip("/"):
            evidence = f"location {path} with {route.target.text} cuts {path} off"
            yield Mismatch("v2-not-found", evidence, route.target.place)
    yield from _unreachable(server)


def _published(server: Server, host: str) -> set[int]:
    """Return the ports of this machine that lead into a container."""
    if host not in _LOCAL:
        return set()
    return {port.published for service in server.services for port in service.ports}


def _unreachable(server: Server) -> Iterator[Mismatch]:
    """Yield that the registry listens for its own machine alone, while another container asks it."""
    said = server.gitlab.get("registry['registry_http_addr']") or server.registry.get("http.addr")
    if not said or said.text.rpartition(":")[0] not in _LOCAL:
        return
    names = {service.name for service in server.services}
    for _, route in server.routes():
        host, port = split(route.upstream)
        if host in names and port == server.listens:
            evidence = f"{route.target.text}, while the registry listens on {said.text} alone"
            yield Mismatch("server-upstream-port", evidence, route.target.place)
