"""Whether registry and GitLab agree on the token service, the issuer of tokens and the service's name."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch, Url, url

_PATH = "jwt/auth"
_SERVICE = "container_registry"
_ISSUER = "omnibus-gitlab-issuer"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield what one of both does not know of the other."""
    realm, external = url(server.registry.get("auth.token.realm")), server.external
    if realm is not None:
        yield from _of_realm(realm, external)
    elif external is not None and server.address is not None and server.bundled:
        yield from _of_external(external, server.address)
    yield from _of_issuer(server)
    service = server.registry.get("auth.token.service")
    if service and service.text != _SERVICE:
        evidence = f"auth.token.service is {service.text!r}, GitLab's is {_SERVICE!r}"
        yield Mismatch("token-rejected", evidence, service.place)


def _of_realm(realm: Url, external: Url | None) -> Iterator[Mismatch]:
    if realm.scheme == "http" and (external is None or external.scheme == "https"):
        yield Mismatch("realm-plain-http", f"auth.token.realm is {realm}", realm.said.place)
    elif external is not None and _where(realm) != (external.host, external.port, _joined(external.path)):
        evidence = f"auth.token.realm is {realm}, GitLab is {external}"
        yield Mismatch("server-realm-mismatch", evidence, realm.said.place)
    elif external is None and not realm.path.endswith(_PATH):
        yield Mismatch(
            "server-realm-mismatch", f"auth.token.realm {realm} does not end with /{_PATH}", realm.said.place
        )


def _where(realm: Url) -> tuple[str, int, str]:
    return realm.host, realm.port, realm.path


def _joined(path: str) -> str:
    return f"{path}/{_PATH}" if path else _PATH


def _of_external(external: Url, address: Url) -> Iterator[Mismatch]:
    """Yield what is wrong with the realm that Omnibus makes of external_url."""
    if external.scheme == "http" and address.scheme == "https":
        evidence = f"external_url is {external}: passwords for {address} go there without TLS"
        yield Mismatch("realm-plain-http", evidence, external.said.place)
    local = external.host in ("localhost", "127.0.0.1") or "." not in external.host
    if local and address.host not in ("localhost", "127.0.0.1") and "." in address.host:
        evidence = f"external_url is {external}, which clients of {address} do not find"
        yield Mismatch("realm-unreachable", evidence, external.said.place)


def _of_issuer(server: Server) -> Iterator[Mismatch]:
    theirs = server.registry.get("auth.token.issuer")
    ours = server.gitlab.get("gitlab_rails['registry_issuer']")
    if theirs is None or not server.gitlab:
        return
    known = ours.text if ours else _ISSUER
    if theirs.text != known:
        evidence = f"auth.token.issuer is {theirs.text!r}, gitlab_rails['registry_issuer'] {known!r}"
        yield Mismatch("server-issuer-mismatch", evidence, theirs.place)
