"""Virtual hosts of nginx with what holds for each of their locations, read by crossplane."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ci_kit.diagnosis.server.setting import Mismatch, Setting

_DEPTH = 10  # of includes
# Directives that a block inherits from the one around it (nginx docs, "Context"), and those that come as lists.
_INHERITED = (
    "client_max_body_size",
    "proxy_request_buffering",
    "proxy_buffering",
    "proxy_redirect",
    "auth_basic",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_verify_client",
)
_LISTS = ("proxy_set_header", "proxy_hide_header")
_Upstreams = Mapping[str, Sequence[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Route:
    """A location that passes requests on: its path, where to, and the directives that hold in it.

    `headers` are those of proxy_set_header by name in lower case, `hidden` those of proxy_hide_header.
    """

    path: str
    target: Setting
    directives: Mapping[str, Setting]
    headers: Mapping[str, Setting]
    hidden: Mapping[str, Setting]

    @property
    def upstream(self) -> str:
        """The `host[:port]` that requests are passed to."""
        return self.target.text.partition("://")[2].partition("/")[0]

    @property
    def uri(self) -> str:
        """The path that takes the place of the location's, empty when the location's is kept."""
        _, slash, rest = self.target.text.partition("://")[2].partition("/")
        return slash + rest


@dataclass(frozen=True, slots=True)
class Vhost:
    """A server block: ports with whether TLS is spoken there, names, and what is passed on."""

    place: str
    ports: Mapping[int, tuple[bool, str]]
    names: tuple[str, ...]
    directives: Mapping[str, Setting]
    routes: tuple[Route, ...]

    def answers(self, host: str) -> bool:
        """Tell whether a request for `host` can mean this block."""
        return not self.names or any(_matches(name, host) for name in self.names)


@dataclass
class _Scope:
    """What holds where we are: single directives by name, and lists that a block replaces as a whole."""

    single: dict[str, Setting] = field(default_factory=dict)
    lists: dict[str, dict[str, Setting]] = field(default_factory=dict)

    def inner(self) -> "_Scope":
        return _Scope(dict(self.single), dict(self.lists))

    def take(self, directives: Sequence[dict[str, Any]]) -> None:
        own: dict[str, dict[str, Setting]] = {}
        for one in directives:
            name, args, place = one["directive"], one["args"], one["place"]
            if name in _INHERITED and args:
                self.single[name] = Setting(" ".join(args), place)
            elif name in _LISTS and args:
                value = Setting(" ".join(args[1:]), place)
                own.setdefault(name, {})[args[0].lower()] = value
        self.lists |= own


def read(file: Path, name: str, find: Callable[[str], Path | None]) -> tuple[list[Vhost], list[Mismatch]]:
    """Return the server blocks of `file`, which is called `name`, and what is wrong with its syntax.

    `find` returns the included file of a name, None for one that is not there.
    """
    directives, broken = _parse(file, name, find, 0)
    upstreams = {one["args"][0]: one["block"] for one in _blocks(directives, "upstream") if one["args"]}
    top = _Scope()
    top.take(directives)
    return list(_servers(directives, top, upstreams)), broken


def _parse(
    file: Path, name: str, find: Callable[[str], Path | None], depth: int
) -> tuple[list[dict[str, Any]], list[Mismatch]]:
    import crossplane

    said = crossplane.parse(str(file), single=True, check_ctx=False, check_args=False)
    broken = [
        Mismatch("server-file-broken", str(error["error"]).split(" in /")[0], f"{name}:{error.get('line') or 1}")
        for error in said["errors"]
    ]
    return _expand(said["config"][0]["parsed"], name, find, depth), broken


def _expand(
    directives: Sequence[dict[str, Any]], name: str, find: Callable[[str], Path | None], depth: int
) -> list[dict[str, Any]]:
    """Return the directives with their place, and those of included files in the place of the include."""
    made: list[dict[str, Any]] = []
    for one in directives:
        included = find(one["args"][0]) if one["directive"] == "include" and one["args"] and depth < _DEPTH else None
        if included:
            made += _parse(included, included.name, find, depth + 1)[0]
        block = {"block": _expand(one["block"], name, find, depth)} if "block" in one else {}
        made.append({**one, "place": f"{name}:{one['line']}", **block})
    return made


def _servers(directives: Sequence[dict[str, Any]], scope: _Scope, upstreams: _Upstreams) -> Iterator[Vhost]:
    for one in directives:
        if one["directive"] == "server" and "block" in one:
            yield _server(one, scope.inner(), upstreams)
        elif "block" in one and one["directive"] != "upstream":
            inner = scope.inner()
            inner.take(one["block"])
            yield from _servers(one["block"], inner, upstreams)


def _server(one: dict[str, Any], scope: _Scope, upstreams: _Upstreams) -> Vhost:
    scope.take(one["block"])
    ports: dict[int, tuple[bool, str]] = {}
    names: list[str] = []
    for each in one["block"]:
        if each["directive"] == "listen" and each["args"]:
            port = _port(each["args"][0])
            if port:
                ports[port] = ("ssl" in each["args"] or _is_on(one["block"], "ssl"), each["place"])
        elif each["directive"] == "server_name":
            names += each["args"]
    return Vhost(
        one["place"],
        ports or {80: (False, one["place"])},
        tuple(names),
        scope.single,
        tuple(_routes(one["block"], scope, upstreams, "/")),
    )


def _routes(directives: Sequence[dict[str, Any]], scope: _Scope, upstreams: _Upstreams, path: str) -> Iterator[Route]:
    for one in directives:
        if one["directive"] == "location" and "block" in one:
            inner = scope.inner()
            inner.take(one["block"])
            yield from _routes(one["block"], inner, upstreams, one["args"][-1] if one["args"] else path)
        elif one["directive"] == "if" and "block" in one:
            yield from _routes(one["block"], scope, upstreams, path)
        elif one["directive"] == "proxy_pass" and one["args"]:
            target = Setting(_resolved(one["args"][0], upstreams), one["place"])
            headers, hidden = (scope.lists.get(name, {}) for name in _LISTS)
            yield Route(path, target, scope.single, headers, hidden)


def _resolved(target: str, upstreams: _Upstreams) -> str:
    """Return a target with the first server of its upstream in the place of the upstream's name."""
    scheme, _, rest = target.partition("://")
    name, slash, path = rest.partition("/")
    servers = [one["args"][0] for one in upstreams.get(name, ()) if one["directive"] == "server" and one["args"]]
    return f"{scheme}://{servers[0] if servers else name}{slash}{path}"


def _port(listen: str) -> int:
    """Return the port in the first word of `listen`, 0 for a socket; 80 when only an address is said."""
    if listen.startswith("unix:"):
        return 0
    last = listen.rpartition("]")[2] if "]" in listen else listen
    number = last.rpartition(":")[2]
    return int(number) if number.isdigit() and int(number) < 65536 else 80


def _is_on(directives: Sequence[dict[str, Any]], name: str) -> bool:
    return any(one["directive"] == name and one["args"] == ["on"] for one in directives)


def _blocks(directives: Sequence[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Yield the blocks of a name at any depth."""
    for one in directives:
        if one["directive"] == name and "block" in one:
            yield one
        elif "block" in one:
            yield from _blocks(one["block"], name)


def _matches(pattern: str, host: str) -> bool:
    """Tell whether a server_name matches: exact, with a wildcard, a catch-all, or a regex, which is trusted."""
    if pattern in ("_", "", '""') or pattern.startswith("~"):
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    if pattern.startswith("."):
        return host == pattern[1:] or host.endswith(pattern)
    if pattern.endswith(".*"):
        return host.startswith(pattern[:-1])
    return pattern.lower() == host
