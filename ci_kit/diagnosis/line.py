"""A connection of the doctor's own to a server, to see each of its layers alone."""

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from ci_kit.registry.proxy import address_of, login

CONNECT_SECONDS = 4.0


def connect(host: str, port: int, proxy: str = "", seconds: float = CONNECT_SECONDS) -> socket.socket:
    """Return a connection to `host`, through the proxy if one is named; OSError when there is none.

    The caller closes it.
    """
    if not proxy:
        return socket.create_connection((host, port), seconds)
    where = address_of(proxy)
    made = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=seconds)
    made.set_tunnel(host, port, headers=login(where))
    try:
        made.connect()
    except BaseException:
        made.close()
        raise
    assert made.sock is not None
    return made.sock


def unchecked() -> ssl.SSLContext:
    """Return a context for looking at a certificate that is not trusted; no secret goes over such a connection."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def host_and_port(url: str) -> tuple[str, int]:
    """Return host and port of a web address."""
    said = urlsplit(url)
    return said.hostname or "", said.port or (443 if said.scheme == "https" else 80)
