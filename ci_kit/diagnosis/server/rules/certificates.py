"""The certificates that the server names: whether they are there, for the registry's host, and not over."""

import time
from collections.abc import Iterator
from pathlib import Path

from ci_kit.diagnosis.certificate import day
from ci_kit.diagnosis.server import certificate_file
from ci_kit.diagnosis.server.server import Server, volumes
from ci_kit.diagnosis.server.setting import Mismatch, Setting, Url

_OMNIBUS = "/etc/gitlab/ssl"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield what is wrong with each certificate before the registry, as far as its file is here."""
    seen: set[str] = set()
    for said, host in _named(server):
        if said.text in seen or "$" in said.text:
            continue
        seen.add(said.text)
        file, certain = _locate(server, said)
        if file is not None and file.is_file():
            yield from _of_file(said, file, host)
        elif certain:
            yield Mismatch("server-certificate-missing", f"{said.text} is not there", said.place)


def _named(server: Server) -> Iterator[tuple[Setting, str]]:
    """Yield the files of certificates and keys with the host that they are for, empty for a key."""
    address = server.address
    for vhost, route in server.routes():
        host = address.host if address else next((name for name in vhost.names if "." in name), "")
        for name in ("ssl_certificate", "ssl_certificate_key"):
            said = route.directives.get(name)
            if said and any(ssl for ssl, _ in vhost.ports.values()):
                yield said, host if name == "ssl_certificate" else ""
    if address and server.bundled and address.scheme == "https" and not _without_tls(server):
        yield from _of_bundled(server, address)


def _without_tls(server: Server) -> bool:
    """Tell whether the bundled nginx needs no file: no TLS, or one that Let's Encrypt makes."""
    said = server.gitlab.get("registry_nginx['listen_https']")
    auto = server.gitlab.get("letsencrypt['enable']")
    return bool((said and said.off) or (auto and auto.on))


def _of_bundled(server: Server, address: Url) -> Iterator[tuple[Setting, str]]:
    for name, suffix in (("ssl_certificate", "crt"), ("ssl_certificate_key", "key")):
        said = server.gitlab.get(f"registry_nginx['{name}']")
        usual = Setting(f"{_OMNIBUS}/{address.host}.{suffix}", address.said.place)
        yield said or usual, address.host if suffix == "crt" else ""


def _locate(server: Server, said: Setting) -> tuple[Path | None, bool]:
    """Return where the file would be here, and whether it would have to be: then its folder is here."""
    text = said.text
    for inner, outer in volumes(server).items():
        if text == inner or text.startswith(f"{inner}/"):
            file = outer / text[len(inner) :].lstrip("/")
            return file, outer.is_dir()
    for place in (server.folder / text.lstrip("/"), server.folder / text.removeprefix("/etc/gitlab/").lstrip("/")):
        if place.is_file() or (place.parent.is_dir() and place.parent != server.folder):
            return place, True
    if not text.startswith("/"):
        place = server.folder / said.place.rpartition(":")[0]
        return place.parent / text, True
    name = Path(text).name
    return next((path for path in sorted(server.folder.rglob("*")) if path.name == name), None), False


def _of_file(said: Setting, file: Path, host: str) -> Iterator[Mismatch]:
    found = certificate_file.read(file) if host else None
    if found is None:
        return
    if found.ends < time.time():
        yield Mismatch("tls-expired", f"{said.text} has expired on {day(found.ends)}", said.place)
    if not found.names:
        yield Mismatch("tls-no-san", f"{said.text} has no subjectAltName; the registry is {host}", said.place)
    elif not found.is_for(host):
        evidence = f"{said.text} is for {', '.join(found.names)}; the registry is {host}"
        yield Mismatch("tls-wrong-name", evidence, said.place)
    if found.aia and found.count == 1:
        evidence = f"{said.text} holds one certificate, which is issued by {found.issuer}"
        yield Mismatch("tls-missing-intermediate", evidence, said.place)
