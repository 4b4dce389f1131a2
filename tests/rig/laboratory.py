"""More ways in which a registry fails, for the doctor: one listener of nginx each, over the same few services."""

from __future__ import annotations

from collections.abc import Mapping

from tests.rig import vhost

FIRST_PORT = 6101
# What a token service does, by the first part of its path: see tests.rig.tokens.
TOKEN_FAULTS = ("skewed", "issuer", "foreign-key", "short", "off", "protected", "broken")
NAMES = (
    "not-yet-valid",
    "no-san",
    "missing-intermediate",
    "old-tls",
    "client-certificate",
    "hangs-up",
    "unavailable",
    "slow",
    "blocked",
    "too-many",
    "challenge-missing",
    "path-cut",
    "authorization-stripped-registry",
    "host-not-passed",
    "storage-denied",
    "storage-sealed",
    "chunk-slow",
    "chunk-cut",
    "upload-lost",
    "realm-no-name",
    "realm-refused",
    "realm-plain-http",
    "realm-self-signed",
    "realm-expired",
    "realm-not-found",
    "realm-page",
    "realm-down",
    "authorization-stripped",
    "header-too-large",
    "clock-of-2020",
    "writing-blocked",
    "proxy-login",
    "registry-v1",
    "relative-url",  # healthy: GitLab below a path
    *(f"token-{name}" for name in TOKEN_FAULTS),
)
PORTS = {name: FIRST_PORT + number for number, name in enumerate(NAMES)}
RELATIVE = "/gitlab"
PATCHES = "if ($request_method = PATCH) {{ return {0}; }}"


def configuration(upstreams: Mapping[str, str], address: str, ports: Mapping[str, int]) -> str:
    """The server blocks of all these; `ports` are those of the plain faults, to which some realms lead."""
    realms = realm_addresses(address, ports)
    return "".join([*(challenge(name, url) for name, url in realms.items()), *servers(upstreams, realms)])


def realm_addresses(address: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Where the registry behind each listener says that tokens are."""
    here = f"https://{address}"
    own = {name: f"{here}:{PORTS[name]}" for name in ("authorization-stripped", "relative-url")}
    return {
        "realm-no-name": "https://gitlab.invalid/jwt/auth",
        "realm-refused": f"{here}:9/jwt/auth",
        "realm-plain-http": f"http://{address}:{ports['plain-http']}/jwt/auth",
        "realm-self-signed": f"{here}:{ports['self-signed']}/jwt/auth",
        "realm-expired": f"{here}:{ports['expired']}/jwt/auth",
        "realm-not-found": f"{here}:{ports['not-found']}/jwt/auth",
        "realm-page": f"{here}:{ports['html-200']}/jwt/auth",
        "realm-down": f"{here}:{ports['upstream-down']}/jwt/auth",
        "authorization-stripped": f"{own['authorization-stripped']}/jwt/auth",
        "relative-url": f"{own['relative-url']}{RELATIVE}/jwt/auth",
        **{f"token-{name}": f"{here}:{PORTS[f'token-{name}']}/{name}/jwt/auth" for name in TOKEN_FAULTS},
    }


def challenge(name: str, url: str) -> str:
    """The variable with the registry's challenge, in which the realm is replaced; empty where there is none."""
    word = name.replace("-", "_")
    pattern = f'"~service=.container_registry.(?<rest_{word}>.*)$"'
    said = f'\'Bearer realm="{url}",service="container_registry"$rest_{word}\''
    return f"  map $upstream_http_www_authenticate $challenge_{word} {{ default ''; {pattern} {said}; }}\n"


def renamed(name: str) -> str:
    """The directives that send the challenge with another realm."""
    word = name.replace("-", "_")
    return f"proxy_hide_header WWW-Authenticate; add_header WWW-Authenticate $challenge_{word} always;"


def servers(upstreams: Mapping[str, str], realms: Mapping[str, str]) -> list[str]:
    """All server blocks, and the pair of registries that do not know each other's uploads."""
    registry, other, tokens = upstreams["registry"], upstreams["other_secret"], upstreams["tokens"]
    blocks: dict[str, tuple[str, ...]] = {
        **{
            name: (vhost.proxy(registry), vhost.certificate(name))
            for name in ("not-yet-valid", "no-san", "missing-intermediate")
        },
        "old-tls": (vhost.proxy(registry), "ssl_protocols TLSv1.1;"),
        "client-certificate": (
            vhost.proxy(registry),
            "ssl_client_certificate /config/tls/ca.crt; ssl_verify_client on;",
        ),
        "hangs-up": ("return 444;",),
        "unavailable": ("return 503;",),
        "slow": (vhost.proxy(tokens, "proxy_read_timeout 1s;", path="/"), "rewrite ^ /hang break;"),
        "blocked": ("return 403;",),
        "too-many": ("return 429;",),
        "challenge-missing": (vhost.proxy(registry, "proxy_hide_header WWW-Authenticate;"),),
        "path-cut": (vhost.proxy(f"{registry}/", path="/v2/"),),
        "authorization-stripped-registry": (vhost.proxy(registry, 'proxy_set_header Authorization "";'),),
        "host-not-passed": (vhost.proxy(registry, host="registry.internal"),),
        "storage-denied": (vhost.proxy(upstreams["denied"]),),
        "storage-sealed": (vhost.proxy(upstreams["sealed"]),),
        "chunk-slow": (PATCHES.format(504), vhost.proxy(registry)),
        "chunk-cut": (PATCHES.format(444), vhost.proxy(registry)),
        "upload-lost": (vhost.proxy("pair"),),
        "clock-of-2020": (
            "rewrite ^ /past break;",
            vhost.proxy(tokens, "proxy_pass_header Date;"),
            vhost.certificate("expired"),
        ),
        "header-too-large": (
            "client_header_buffer_size 256; large_client_header_buffers 2 512;",
            vhost.proxy(registry),
        ),
        "writing-blocked": (vhost.proxy(registry, "limit_except GET { deny all; }"),),
        "proxy-login": ("auth_basic closed; auth_basic_user_file /public/htpasswd;", vhost.proxy(registry)),
        "registry-v1": ("location = /v1/_ping { return 200 true; }", "location / { return 404; }"),
        **{name: (vhost.proxy(registry, renamed(name)),) for name in realms},
    }
    blocks["authorization-stripped"] += (
        vhost.proxy(upstreams["gitlab"], 'proxy_set_header Authorization "";', path="/jwt/"),
    )
    blocks["relative-url"] += (vhost.proxy(f"{upstreams['gitlab']}/", path=f"{RELATIVE}/"),)
    for name in TOKEN_FAULTS:
        blocks[f"token-{name}"] += (vhost.proxy(tokens, path=f"/{name}/"),)
    # One that refuses a body unread looks like a failed one: without max_fails=0 it would not be asked for ten seconds.
    pair = f"  upstream pair {{ server {registry} max_fails=0; server {other} max_fails=0; }}\n"
    return [pair, *(vhost.server(PORTS[name], *parts) for name, parts in blocks.items())]
