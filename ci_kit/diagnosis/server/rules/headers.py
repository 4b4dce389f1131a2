"""The headers that proxies set, hide and take away on the way to the registry and to GitLab."""

from collections.abc import Iterator, Mapping

from ci_kit.diagnosis.server.nginx import Route, Vhost
from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch, Setting, Url

_HOST, _PROTO, _AUTHORIZATION = "host", "x-forwarded-proto", "authorization"
_USUAL = {"http": 80, "https": 443}
_BUNDLED = "registry_nginx['proxy_set_headers']"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield headers with which uploads go elsewhere, and tokens do not arrive."""
    relative = server.registry.get("http.relativeurls")
    for vhost, route in server.routes():
        if not (relative and relative.on):
            yield from _of_host(server, vhost, route)
            yield from _of_proto(server, vhost, route)
        yield from _of_login(route, "authorization-stripped-registry")
        hidden = route.hidden.get("www-authenticate")
        if hidden:
            yield Mismatch("challenge-missing", "proxy_hide_header WWW-Authenticate", hidden.place)
    for _, route in server.gitlab_routes():
        yield from _of_login(route, "authorization-stripped")
    yield from _of_bundled(server)


def _of_host(server: Server, vhost: Vhost, route: Route) -> Iterator[Mismatch]:
    said = route.headers.get(_HOST)
    port = server.address.port if server.address else next(iter(vhost.ports), 443)
    usual = port in _USUAL.values()
    if said is None:
        # Without any header nginx writes the backend's address in Location back into its own (proxy_redirect).
        if _PROTO in route.headers:
            evidence = f"{route.target.text} without proxy_set_header Host"
            yield Mismatch("host-not-passed", evidence, route.target.place)
        return
    value = said.text.strip("\"'")
    if value in ("$host", "$server_name") and not usual:
        evidence = f"proxy_set_header Host {value}, without the port {port}"
        yield Mismatch("host-without-port", evidence, said.place)
    elif not value.startswith(("$http_host", "$host", "$server_name")) and not _is_address(value, server.address):
        yield Mismatch("host-not-passed", f"proxy_set_header Host {value}", said.place)


def _is_address(value: str, address: Url | None) -> bool:
    return address is not None and value in (address.parts.netloc, f"{address.host}:{address.port}")


def _of_proto(server: Server, vhost: Vhost, route: Route) -> Iterator[Mismatch]:
    secure = any(ssl for ssl, _ in vhost.ports.values())
    address = server.address
    if not secure and (address is None or address.scheme != "https"):
        return
    said = route.headers.get(_PROTO)
    if said is None:
        if _HOST in route.headers:
            evidence = f"{route.target.text} without proxy_set_header X-Forwarded-Proto"
            yield Mismatch("no-forwarded-proto", evidence, route.target.place)
        return
    value = said.text.strip("\"'")
    if value == "http" or (value == "$scheme" and not secure):
        evidence = f"X-Forwarded-Proto {value} on a listener {'with' if secure else 'without'} TLS"
        yield Mismatch("no-forwarded-proto", evidence, said.place)


def _of_login(route: Route, cause: str) -> Iterator[Mismatch]:
    said = route.headers.get(_AUTHORIZATION)
    if said is not None and not said.text.startswith("$http_authorization"):
        yield Mismatch(cause, f"proxy_set_header Authorization {said.text or '(empty)'}", said.place)
    basic = route.directives.get("auth_basic")
    if basic and not basic.off:
        yield Mismatch(cause, f"auth_basic {basic.text} takes the header for itself", basic.place)


def _of_bundled(server: Server) -> Iterator[Mismatch]:
    """Yield what gitlab.rb changes in the headers of the Omnibus package's nginx, which are right by default."""
    said, address = server.gitlab.get(_BUNDLED), server.address
    if said is None or address is None or not isinstance(said.value, Mapping):
        return
    headers = {str(name).lower(): str(value) for name, value in said.value.items()}
    yield from _changed(said, headers, address)


def _changed(said: Setting, headers: Mapping[str, str], address: Url) -> Iterator[Mismatch]:
    if headers.get(_HOST) == "$host" and address.port not in _USUAL.values():
        yield Mismatch("host-without-port", f"{_BUNDLED}: Host is $host, the address {address}", said.place)
    proto = headers.get(_PROTO, "https")
    if address.scheme == "https" and proto == "http":
        yield Mismatch(
            "no-forwarded-proto", f"{_BUNDLED}: X-Forwarded-Proto is http, the address {address}", said.place
        )
