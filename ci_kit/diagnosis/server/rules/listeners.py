"""The address of the registry against the listeners of the proxies: port, TLS and name."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.nginx import Vhost
from ci_kit.diagnosis.server.server import Server, split
from ci_kit.diagnosis.server.setting import Mismatch, Url


def check(server: Server) -> Iterator[Mismatch]:
    """Yield listeners that clients do not find."""
    address = server.address
    if address is None:
        return
    fronts = list(dict.fromkeys(id(vhost) for vhost, _ in server.routes()))
    vhosts = [vhost for vhost in server.vhosts if id(vhost) in fronts]
    if vhosts:
        yield from _of_vhosts(server, address, vhosts)
    elif server.bundled:
        yield from _of_bundled(server, address)


def _of_vhosts(server: Server, address: Url, vhosts: list[Vhost]) -> Iterator[Mismatch]:
    inner = {port.inner for service in server.services for port in service.ports if port.published == address.port}
    wanted = inner or {address.port}
    there = [vhost for vhost in vhosts if wanted & set(vhost.ports)]
    if not there:
        ports = ", ".join(str(port) for port in vhosts[0].ports)
        evidence = f"{address} is served on port {ports}, not on {address.port}"
        yield Mismatch("server-port-mismatch", evidence, next(iter(vhosts[0].ports.values()))[1])
        return
    named = [vhost for vhost in there if vhost.answers(address.host)]
    if not named:
        evidence = f"server_name is {' '.join(there[0].names)}, the registry's address {address}"
        yield Mismatch("server-name-mismatch", evidence, there[0].place)
    for vhost in named:
        for port in sorted(wanted & set(vhost.ports)):
            yield from _of_scheme(address, vhost, port)


def _of_scheme(address: Url, vhost: Vhost, port: int) -> Iterator[Mismatch]:
    secure, place = vhost.ports[port]
    if secure != (address.scheme == "https"):
        how = "with" if secure else "without"
        yield Mismatch("server-scheme-mismatch", f"port {port} listens {how} ssl, the address is {address}", place)


def _of_bundled(server: Server, address: Url) -> Iterator[Mismatch]:
    """Yield what does not fit between the address and the nginx of the Omnibus package."""
    said = server.gitlab.get("registry_nginx['listen_port']")
    mapped = any(
        port.published == address.port and port.inner == server.bundled_port
        for service in server.services
        for port in service.ports
    )
    tls = server.gitlab.get("registry_nginx['listen_https']")
    # Who turns TLS off there has a proxy before it, of which these files need not tell.
    alone = not mapped and not (tls and tls.off) and not _is_before(server, server.bundled_port)
    if said and server.bundled_port != address.port and alone:
        evidence = f"registry_nginx listens on {server.bundled_port}, clients are sent to {address}"
        yield Mismatch("server-port-mismatch", evidence, said.place)
    if tls and tls.off and address.scheme == "https" and not said and not _is_before(server, address.port):
        evidence = f"registry_nginx speaks no TLS on port {address.port}, the address is {address}"
        yield Mismatch("server-scheme-mismatch", evidence, tls.place)
    if tls and tls.on and address.scheme == "http":
        yield Mismatch("server-scheme-mismatch", f"registry_nginx speaks TLS, the address is {address}", tls.place)


def _is_before(server: Server, port: int) -> bool:
    """Tell whether a proxy of these files leads to that port."""
    return any(split(route.upstream)[1] == port for vhost in server.vhosts for route in vhost.routes)
