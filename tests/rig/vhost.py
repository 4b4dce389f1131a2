"""The parts of an nginx configuration of which the healthy services and the faults are made."""

from __future__ import annotations


def server(port: int, *parts: str, secure: bool = True, limit: str = "0") -> str:
    """One server block; a `limit` of 0 lets bodies be of any size."""
    listen = f"listen {port}{' ssl' if secure else ''};"
    return f"  server {{ {listen} client_max_body_size {limit};\n    " + "\n    ".join(parts) + "\n  }\n"


def proxy(upstream: str, *more: str, path: str = "/", host: str = "$http_host", forwarded: str = "$scheme") -> str:
    """The location that passes everything below `path` to `upstream` with these Host and X-Forwarded-Proto headers."""
    headers = f"proxy_set_header Host {host};"
    if forwarded:
        headers += f" proxy_set_header X-Forwarded-Proto {forwarded};"
    return f"location {path} {{ proxy_pass http://{upstream}; {headers} {' '.join(more)} }}"


def page(action: str, text: str) -> str:
    """The location that answers every request with the page `text`."""
    return f"location / {{ {action} '{text}'; }}"


def certificate(name: str) -> str:
    """The directives that present the certificate `name` instead of the good one."""
    return f"ssl_certificate /config/tls/{name}.crt; ssl_certificate_key /config/tls/{name}.key;"
