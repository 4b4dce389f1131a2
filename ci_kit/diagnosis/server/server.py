"""All files of a server that tell of its registry, read."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ci_kit.diagnosis.server import compose, nginx, registry_file, ruby
from ci_kit.diagnosis.server.compose import Service
from ci_kit.diagnosis.server.nginx import Route, Vhost
from ci_kit.diagnosis.server.setting import Mismatch, Setting, Url, url

_LEAVE = {".git", "node_modules", ".venv", "logs", "log", "repositories"}
_FILES = 2000  # looked at below the folder
_BYTES = 1024 * 1024  # of a file
_REGISTRY_PORT = 5000


@dataclass
class Server:
    """What the files say: gitlab.rb by name, virtual hosts, services of containers, and the registry's own settings."""

    folder: Path
    gitlab: dict[str, Setting] = field(default_factory=dict)
    vhosts: list[Vhost] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    registry: dict[str, Setting] = field(default_factory=dict)
    broken: list[Mismatch] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def external(self) -> Url | None:
        """GitLab's own address."""
        return url(self.gitlab.get("external_url"))

    @property
    def address(self) -> Url | None:
        """The registry's address as clients use it."""
        said = url(self.gitlab.get("registry_external_url")) or url(self.registry.get("http.host"))
        return said or self._named()

    def _named(self) -> Url | None:
        """Return the address that GitLab alone is told, for a registry or a proxy of one's own."""
        host, port = (self.gitlab.get(f"gitlab_rails['registry_{name}']") for name in ("host", "port"))
        if host is None:
            return None
        return url(Setting(f"https://{host.text}{f':{port.text}' if port else ''}", host.place))

    @property
    def listens(self) -> int:
        """The port on which the registry itself listens."""
        said = self.gitlab.get("registry['registry_http_addr']") or self.registry.get("http.addr")
        number = said.text.rpartition(":")[2] if said else ""
        return int(number) if number.isdigit() else _REGISTRY_PORT

    @property
    def bundled(self) -> bool:
        """Whether the nginx of the Omnibus package stands before the registry."""
        off = self.gitlab.get("registry_nginx['enable']")
        return "registry_external_url" in self.gitlab and not (off and off.off)

    @property
    def bundled_port(self) -> int:
        """The port of that nginx for the registry."""
        said = self.gitlab.get("registry_nginx['listen_port']")
        if said and said.text.isdigit():
            return int(said.text)
        return self.address.port if self.address else 0

    def hosts(self) -> set[str]:
        """Return the names under which a proxy reaches the registry or the nginx before it."""
        own = {service.name for service in self.services if service.is_registry or service.is_gitlab}
        return {"localhost", "127.0.0.1", "[::1]", *own}

    def routes(self) -> Iterator[tuple[Vhost, Route]]:
        """Yield the locations of virtual hosts that lead to the registry."""
        for vhost in self.vhosts:
            for route in vhost.routes:
                if self._is_registry(vhost, route):
                    yield vhost, route

    def _is_registry(self, vhost: Vhost, route: Route) -> bool:
        host, port = split(route.upstream)
        if host in self.hosts() and port in {self.listens, self.bundled_port, _REGISTRY_PORT} - {0}:
            return True
        if any(service.name == host and service.is_registry for service in self.services):
            return True
        if route.path.lstrip("^~= ").startswith("/v2"):
            return True
        address = self.address
        named = address is not None and address.host in vhost.names and address.port in vhost.ports
        own = address is not None and (
            self.external is None or self.external.host != address.host or address.port != 443
        )
        return (named and own) or any(name.startswith("registry.") for name in vhost.names)

    def gitlab_routes(self) -> Iterator[tuple[Vhost, Route]]:
        """Yield the locations that lead to GitLab itself, as far as its name tells."""
        found = {id(route) for _, route in self.routes()}
        for vhost in self.vhosts:
            for route in vhost.routes:
                if id(route) not in found and self.external is not None and self.external.host in vhost.names:
                    yield vhost, route


def split(netloc: str) -> tuple[str, int]:
    """Return host and port of an upstream; port 80 when none is said."""
    host, colon, port = netloc.rpartition(":")
    return (host, int(port)) if colon and port.isdigit() else (netloc, 80)


def read(folder: Path) -> Server:
    """Return what the files below `folder` say; empty when none of them is one of a server."""
    server = Server(folder)
    for file in _files(folder):
        name = str(file.relative_to(folder))
        text = _text(file)
        if text is not None and _take(server, file, name, text):
            server.files.append(name)
    return server


def _files(folder: Path) -> Iterator[Path]:
    left = _FILES
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEAVE)
        for name in sorted(names):
            left -= 1
            if left < 0:
                return
            yield Path(place, name)


def _text(file: Path) -> str | None:
    try:
        if not file.is_file() or file.stat().st_size > _BYTES:
            return None
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _take(server: Server, file: Path, name: str, text: str) -> bool:
    """Read a file as what it is; False for one that tells nothing of a server."""
    if file.suffix == ".rb":
        return _take_ruby(server, text, name, 1)
    if file.suffix in (".yml", ".yaml"):
        return _take_yaml(server, text, name)
    if file.suffix in (".conf", "") and (
        "server" in text and "{" in text and ("listen" in text or "proxy_pass" in text)
    ):
        vhosts, broken = nginx.read(file, name, lambda included: _find(server.folder, file, included))
        server.vhosts += vhosts
        server.broken += broken
        return bool(vhosts or broken)
    return False


def _take_ruby(server: Server, text: str, name: str, line: int) -> bool:
    found = ruby.read(text, name, line)
    server.gitlab |= found
    return bool(found)


def _take_yaml(server: Server, text: str, name: str) -> bool:
    if "\nservices:" in f"\n{text}":
        services, broken = compose.read(text, name)
        for service in services:
            if service.omnibus:
                _take_ruby(server, service.omnibus[0], name, service.omnibus[1])
            if service.is_registry:
                server.registry |= registry_file.of_environment(service.environment)
        server.services += services
    elif "storage:" in text and ("http:" in text or "auth:" in text):
        found, broken = registry_file.read(text, name)
        server.registry = found | server.registry
    else:
        return False
    server.broken += broken
    return True


def _find(folder: Path, file: Path, included: str) -> Path | None:
    """Return the file that an include names: beside the file, below the folder, or by its name alone."""
    if any(letter in included for letter in "*?["):
        return None
    for place in (file.parent / included, folder / included.lstrip("/"), file.parent / Path(included).name):
        if place.is_file() and place != file and place.resolve().is_relative_to(folder.resolve()):
            return place
    return None


def volumes(server: Server) -> Mapping[str, Path]:
    """Return the folders and files of the host that containers see, by the path inside."""
    found: dict[str, Path] = {}
    for service in server.services:
        for said in service.volumes:
            source, _, rest = said.text.partition(":")
            inner = rest.partition(":")[0]
            if inner and source.startswith("."):
                found[inner.rstrip("/")] = server.folder / source
    return found
