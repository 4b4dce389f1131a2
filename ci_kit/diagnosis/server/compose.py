"""Services of a compose file: ports, environment and volumes, each with its line.

Source: Docker docs "Compose file reference", services.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_kit.diagnosis.server.setting import Mismatch, Setting, broken
from ci_kit.errors import SourceError
from ci_kit.source.reader import YamlError
from ci_kit.source.reader import read as read_yaml
from ci_kit.source.value import Map, Seq

_SHORT = re.compile(r"(?:(?P<host>\[[^\]]*\]|[^:]*):)??(?:(?P<published>\d+):)?(?P<inner>\d+)(?:/(?:tcp|udp))?\Z")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a container that the host publishes: under which number (0: a random one), and at which address."""

    published: int
    inner: int
    address: str
    place: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `omnibus` is the line and the text of GITLAB_OMNIBUS_CONFIG, None without it."""

    name: str
    image: str
    ports: tuple[Port, ...]
    environment: Mapping[str, Setting]
    volumes: tuple[Setting, ...]
    host_network: bool
    omnibus: tuple[str, int] | None
    place: str

    @property
    def is_gitlab(self) -> bool:
        """Whether it runs GitLab."""
        return bool(re.search(r"gitlab[-/](?:ce|ee)\b|/gitlab(?::|$)", self.image)) or self.omnibus is not None

    @property
    def is_registry(self) -> bool:
        """Whether it runs a registry of its own."""
        return bool(re.search(r"(?:^|/)(?:registry|distribution|docker-registry)(?::|@|$)", self.image))


def read(text: str, path: str) -> tuple[list[Service], list[Mismatch]]:
    """Return the services of a compose file, and what is wrong with its syntax."""
    try:
        data = read_yaml(text, path).data
    except (YamlError, SourceError) as error:
        return [], [broken(error, path)]
    services = data.get("services") if isinstance(data, Map) else None
    if not isinstance(services, Map):
        return [], []
    found = [
        _service(str(name), service, text, f"{path}", services.keys_at[name][0])
        for name, service in services.items()
        if isinstance(service, Map)
    ]
    return found, []


def _service(name: str, service: Map, text: str, path: str, line: int) -> Service:
    environment = dict(_environment(service.get("environment"), path))
    return Service(
        name,
        str(service.get("image") or ""),
        tuple(_ports(service.get("ports"), path)),
        environment,
        tuple(_texts(service.get("volumes"), path)),
        service.get("network_mode") == "host",
        _omnibus(service, environment, text),
        f"{path}:{line}",
    )


def _environment(said: Any, path: str) -> Iterator[tuple[str, Setting]]:
    if isinstance(said, Map):
        for name, value in said.items():
            yield str(name), Setting(value, f"{path}:{said.values_at[name][0]}")
    elif isinstance(said, Seq):
        for value, mark in zip(said, said.items_at, strict=True):
            name, _, rest = str(value).partition("=")
            yield name, Setting(rest, f"{path}:{mark[0]}")


def _omnibus(service: Map, environment: Mapping[str, Setting], text: str) -> tuple[str, int] | None:
    """Return the Ruby in GITLAB_OMNIBUS_CONFIG and the line of the file in which it begins."""
    said = environment.get("GITLAB_OMNIBUS_CONFIG")
    if said is None:
        return None
    line = int(said.place.rpartition(":")[2])
    lines = text.split("\n")
    # In a block the text begins below its mark; elsewhere it is where it is said.
    block = line <= len(lines) and re.search(r"[|>][-+0-9]*\s*(?:#.*)?$", lines[line - 1])
    return said.text, line + 1 if block else line


def _ports(said: Any, path: str) -> Iterator[Port]:
    for value, mark in zip(said, said.items_at, strict=True) if isinstance(said, Seq) else ():
        place = f"{path}:{mark[0]}"
        if isinstance(value, Map):
            inner, published = str(value.get("target", "")), str(value.get("published") or "0")
            if inner.isdigit() and published.isdigit():
                yield Port(int(published), int(inner), str(value.get("host_ip") or ""), place)
            continue
        found = _SHORT.match(str(value))
        if found:
            host = (found["host"] or "").strip("[]")
            yield Port(int(found["published"] or 0), int(found["inner"]), host, place)


def _texts(said: Any, path: str) -> Iterator[Setting]:
    for value, mark in zip(said, said.items_at, strict=True) if isinstance(said, Seq) else ():
        if isinstance(value, Map):
            mode = ":ro" if value.get("read_only") is True else ""
            value = f"{value.get('source', '')}:{value.get('target', '')}{mode}"
        yield Setting(str(value), f"{path}:{mark[0]}")
