"""The configuration of nginx, the one TLS door of the rig: the healthy services, and one listener per fault."""

from __future__ import annotations

from collections.abc import Mapping

from tests.rig import laboratory
from tests.rig.vhost import certificate, page, proxy, server

GITLAB_PORT = 443
REGISTRY_PORT = 5050
FLAT_PORT = 5051
# The ways in which a registry behind a proxy is seen to fail, and the port that shows each.
FAULT_PORTS = {
    "html-200": 6001,
    "redirect": 6002,
    "self-signed": 6003,
    "wrong-host": 6004,
    "expired": 6005,
    "upstream-down": 6006,
    "body-limit": 6007,
    "disk-full": 6008,
    "read-only": 6009,
    "plain-http": 6010,
    "not-found": 6011,
    "no-forwarded-proto": 6012,
    "host-without-port": 6013,
    "lying-push": 6014,
    **laboratory.PORTS,
}
PLAIN = "plain-http"
NOBODY = "127.0.0.1:9"  # the discard port: nothing listens there

HEAD = """worker_processes 1;
daemon off;
pid /run/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  default_type text/html;
  client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  ssl_certificate /config/tls/server.crt; ssl_certificate_key /config/tls/server.key;
  proxy_http_version 1.1; proxy_read_timeout 900;
  proxy_request_buffering off; proxy_buffering off;
"""
SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to continue</body></html>"


def configuration(upstreams: Mapping[str, str], address: str) -> str:
    """The text of nginx.conf at `address`; `upstreams` maps the names of the services behind it to `host:port`."""
    registry = upstreams["registry"]
    servers = [
        server(GITLAB_PORT, proxy(upstreams["gitlab"])),
        server(REGISTRY_PORT, proxy(registry), single_tags(registry, upstreams["gitlab"])),
        server(FLAT_PORT, proxy(upstreams["flat"])),
        fault("html-200", page("return 200", SIGN_IN)),
        fault("redirect", redirect()),
        *(fault(name, proxy(registry), certificate(name)) for name in ("self-signed", "wrong-host", "expired")),
        fault("upstream-down", proxy(NOBODY)),
        fault("body-limit", proxy(registry), limit="1m"),
        fault("disk-full", proxy(upstreams["full"])),
        fault("read-only", proxy(upstreams["read_only"])),
        fault(PLAIN, proxy(registry), secure=False),
        fault("not-found", "location / { return 404; }"),
        fault("no-forwarded-proto", proxy(registry, forwarded="")),
        fault("host-without-port", proxy(registry, host="$host")),
        fault("lying-push", proxy(upstreams["lying"])),
        laboratory.configuration(upstreams, address, FAULT_PORTS),
    ]
    return HEAD + "".join(servers) + "}\n"


def fault(name: str, *parts: str, secure: bool = True, limit: str = "0") -> str:
    """The server block of the fault `name`."""
    return server(FAULT_PORTS[name], *parts, secure=secure, limit=limit)


def single_tags(registry: str, gitlab: str) -> str:
    """The locations that send the deletion of one tag, which GitLab's registry can, to the stand-in."""
    headers = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;"
    to_other = "error_page 418 = @single_tag; if ($request_method = DELETE) { return 418; }"
    tag = '"^/v2/.+/manifests/[A-Za-z0-9_][A-Za-z0-9_.-]*$"'
    here = f"location ~ {tag} {{ {to_other} proxy_pass http://{registry}; {headers} }}"
    return f"{here}\n    location @single_tag {{ proxy_pass http://{gitlab}; {headers} }}"


def redirect() -> str:
    """The locations that send every request to a sign-in page, as a proxy does that leads to the wrong service."""
    sign_in = f"location /users/sign_in {{ return 200 '{SIGN_IN}'; }}"
    return sign_in + "\n    location / { return 302 https://$http_host/users/sign_in; }"
