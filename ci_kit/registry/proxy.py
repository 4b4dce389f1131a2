"""The proxies that an environment names for the way to a server."""

import base64
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit


def proxies_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy of each scheme, and the hosts without one under `no`; lower-case names win."""
    names = (("http", "http_proxy"), ("https", "https_proxy"), ("no", "no_proxy"))
    found = {key: environ.get(name) or environ.get(name.upper(), "") for key, name in names}
    return {key: value for key, value in found.items() if value}


def proxy_for(url: SplitResult, proxies: Mapping[str, str]) -> str:
    """Return the proxy for an address, empty where it is asked directly."""
    host = url.hostname or ""
    without = [name.strip().lower().lstrip("*.") or "*" for name in proxies.get("no", "").split(",") if name.strip()]
    if any(name == "*" or name in (host, url.netloc) or host.endswith(f".{name}") for name in without):
        return ""
    return proxies.get(url.scheme, "") if url.scheme == "https" else ""


def address_of(proxy: str) -> SplitResult:
    """Return the parts of a proxy's address, which may come without a scheme."""
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def by_way_of(proxy: str) -> str:
    """Return a proxy for a message, without its password; empty without one."""
    return f" through the proxy {address_of(proxy).netloc.rpartition('@')[2]}" if proxy else ""


def login(proxy: SplitResult) -> dict[str, str]:
    """Return the header that a proxy with a user in its address wants."""
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
