import json
from pathlib import Path

import pytest

from ci_kit.cli import main
from ci_kit.diagnosis.server.inspect import inspect
from ci_kit.errors import UsageError
from tests.unit.servers import Authority

OMNIBUS = """\
external_url 'https://gitlab.example.com'
registry_external_url 'https://gitlab.example.com:5050'
"""
NGINX = """\
upstream registry { server 127.0.0.1:5000; }
server {
  listen 443 ssl;
  server_name registry.example.com;
  ssl_certificate /etc/nginx/tls/registry.crt;
  ssl_certificate_key /etc/nginx/tls/registry.key;
  client_max_body_size 0;
  location / {
    proxy_pass http://registry;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_request_buffering off;
  }
}
"""
COMPOSE = """\
services:
  gitlab:
    image: gitlab/gitlab-ce:18.5.0-ce.0
    hostname: gitlab.example.com
    environment:
      GITLAB_OMNIBUS_CONFIG: |
        external_url 'https://gitlab.example.com'
        registry_external_url 'https://gitlab.example.com:5050'
    ports:
      - "80:80"
      - "443:443"
      - "5050:5050"
    volumes:
      - ./config:/etc/gitlab
      - ./data:/var/opt/gitlab
"""
OWN = """\
services:
  registry:
    image: registry:2.8.3
    environment:
      - REGISTRY_AUTH_TOKEN_REALM=https://gitlab.example.com/jwt/auth
      - REGISTRY_AUTH_TOKEN_SERVICE=container_registry
      - REGISTRY_AUTH_TOKEN_ISSUER=omnibus-gitlab-issuer
    volumes: ["./registry:/var/lib/registry"]
  proxy:
    image: nginx:1.27
    ports: [443:443]
"""
GITLAB = """\
external_url 'https://gitlab.example.com'
registry_external_url 'https://registry.example.com'
registry_nginx['enable'] = false
registry['enable'] = false
gitlab_rails['registry_api_url'] = 'http://registry:5000'
"""
CONFIG = """\
version: 0.1
storage:
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: :5000
auth:
  token:
    realm: https://gitlab.example.com/jwt/auth
    service: container_registry
    issuer: omnibus-gitlab-issuer
    rootcertbundle: /certs/gitlab.crt
"""


def write(folder: Path, **files: str) -> Path:
    names = {
        "gitlab": "gitlab.rb",
        "nginx": "nginx/conf.d/registry.conf",
        "compose": "compose.yml",
        "config": "registry/config.yml",
    }
    for name, text in files.items():
        path = folder / names[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def places(folder: Path) -> list[tuple[str, str]]:
    return [(one.cause, one.place) for one in inspect(folder).mismatches]


WELL = {
    "omnibus": {"gitlab": OMNIBUS},
    "nginx alone": {"nginx": NGINX},
    "omnibus in a container": {"compose": COMPOSE},
    "a registry of its own": {
        "gitlab": GITLAB,
        "compose": OWN,
        "nginx": NGINX.replace("127.0.0.1:5000", "registry:5000"),
        "config": CONFIG,
    },
    "omnibus behind a proxy that ends TLS": {
        "gitlab": OMNIBUS
        + "registry_nginx['listen_port'] = 5051\nregistry_nginx['listen_https'] = false\n"
        + "registry_nginx['proxy_set_headers'] = {'X-Forwarded-Proto' => 'https'}\n",
        "nginx": NGINX.replace("127.0.0.1:5000", "127.0.0.1:5051")
        .replace("listen 443", "listen 5050")
        .replace("registry.example.com", "gitlab.example.com"),
    },
    "GitLab below a path": {"gitlab": OMNIBUS.replace(".com'\n", ".com/gitlab'\n", 1)},
    "all headers unset": {
        "nginx": NGINX.replace("    proxy_set_header Host $http_host;\n", "").replace(
            "    proxy_set_header X-Forwarded-Proto $scheme;\n", ""
        )
    },
    "another port inside of the container": {
        "compose": COMPOSE.replace(":5050'\n", ":5050'\n        registry_nginx['listen_port'] = 5055\n").replace(
            '"5050:5050"', '"5050:5055"'
        )
    },
}


@pytest.mark.parametrize("name", WELL)
def test_files_that_fit_are_well(tmp_path: Path, name: str) -> None:
    assert places(write(tmp_path, **WELL[name])) == []


def nginx(old: str, new: str) -> dict[str, str]:
    assert old in NGINX
    return {"nginx": NGINX.replace(old, new)}


def ported(old: str = "", new: str = "") -> dict[str, str]:
    """The nginx of a registry on port 5050, with its address in gitlab.rb."""
    text = NGINX.replace("listen 443", "listen 5050")
    assert old in text
    rb = OMNIBUS.replace("gitlab.example.com:5050", "registry.example.com:5050") + "registry_nginx['enable'] = false\n"
    return {"nginx": text.replace(old, new), "gitlab": rb}


def omnibus(more: str) -> dict[str, str]:
    return {"gitlab": OMNIBUS + more}


def compose(old: str, new: str) -> dict[str, str]:
    assert old in COMPOSE
    return {"compose": COMPOSE.replace(old, new)}


def own(name: str, old: str, new: str) -> dict[str, str]:
    files = dict(WELL["a registry of its own"])
    assert old in files[name]
    return files | {name: files[name].replace(old, new)}


CONF = "nginx/conf.d/registry.conf"
SICK: dict[str, tuple[dict[str, str], str, str]] = {
    "no limit said": (nginx("  client_max_body_size 0;\n", ""), "body-limit", f"{CONF}:8"),
    "a small limit": (nginx("client_max_body_size 0", "client_max_body_size 250m"), "body-limit", f"{CONF}:7"),
    "buffering": (nginx("    proxy_request_buffering off;\n", ""), "server-buffering", f"{CONF}:9"),
    "no scheme": (nginx("    proxy_set_header X-Forwarded-Proto $scheme;\n", ""), "no-forwarded-proto", f"{CONF}:9"),
    "a wrong scheme": (nginx("Proto $scheme", "Proto http"), "no-forwarded-proto", f"{CONF}:11"),
    "no host": (nginx("    proxy_set_header Host $http_host;\n", ""), "host-not-passed", f"{CONF}:9"),
    "a fixed host": (nginx("Host $http_host", "Host registry"), "host-not-passed", f"{CONF}:10"),
    "a lost port": (ported("$http_host", "$host"), "host-without-port", f"{CONF}:10"),
    "authorization": (
        nginx("proxy_request_buffering off;", 'proxy_request_buffering off; proxy_set_header Authorization "";'),
        "authorization-stripped-registry",
        f"{CONF}:12",
    ),
    "auth_basic": (
        nginx("client_max_body_size 0;", "client_max_body_size 0; auth_basic closed;"),
        "authorization-stripped-registry",
        f"{CONF}:7",
    ),
    "a hidden challenge": (
        nginx("proxy_request_buffering off;", "proxy_request_buffering off; proxy_hide_header WWW-Authenticate;"),
        "challenge-missing",
        f"{CONF}:12",
    ),
    "a path that is cut": (
        {"nginx": NGINX.replace("location /", "location /v2/").replace("http://registry;", "http://registry/;")},
        "v2-not-found",
        f"{CONF}:9",
    ),
    "another port of nginx": (ported("listen 5050", "listen 5443"), "server-port-mismatch", f"{CONF}:3"),
    "no TLS in nginx": (ported("5050 ssl", "5050"), "server-scheme-mismatch", f"{CONF}:3"),
    "another name in nginx": (
        ported("registry.example.com", "registry.example.org"),
        "server-name-mismatch",
        f"{CONF}:2",
    ),
    "another upstream": (
        {"nginx": NGINX.replace("127.0.0.1:5000", "127.0.0.1:5001")},
        "server-upstream-port",
        f"{CONF}:9",
    ),
    "a brace": (nginx("  }\n}", "  }\n"), "server-file-broken", f"{CONF}:13"),
    "registry turned off": (
        omnibus("gitlab_rails['registry_enabled'] = false\n"),
        "server-registry-off",
        "gitlab.rb:3",
    ),
    "another host for jobs": (
        omnibus("gitlab_rails['registry_host'] = 'registry.example.com'\n"),
        "server-registry-host",
        "gitlab.rb:3",
    ),
    "another port for jobs": (omnibus("gitlab_rails['registry_port'] = 5005\n"), "server-registry-host", "gitlab.rb:3"),
    "the registry's own port": (
        {"gitlab": OMNIBUS.replace(":5050", ":5000")},
        "server-port-conflict",
        "gitlab.rb:2",
    ),
    "GitLab's own port": ({"gitlab": OMNIBUS.replace(":5050", "")}, "server-port-conflict", "gitlab.rb:2"),
    "a path in the address": (
        {"gitlab": OMNIBUS.replace(":5050", ":5050/registry")},
        "server-registry-path",
        "gitlab.rb:2",
    ),
    "no scheme in the address": (
        {"gitlab": OMNIBUS.replace("'https://gitlab.example.com:5050'", "'gitlab.example.com:5050'")},
        "server-registry-host",
        "gitlab.rb:2",
    ),
    "GitLab without TLS": (
        {"gitlab": OMNIBUS.replace("https://gitlab.example.com'", "http://gitlab.example.com'")},
        "realm-plain-http",
        "gitlab.rb:1",
    ),
    "an internal address of GitLab": (
        {"gitlab": OMNIBUS.replace("https://gitlab.example.com'", "https://gitlab'")},
        "realm-unreachable",
        "gitlab.rb:1",
    ),
    "another listen_port": (omnibus("registry_nginx['listen_port'] = 5051\n"), "server-port-mismatch", "gitlab.rb:3"),
    "no TLS of the bundled nginx": (
        omnibus("registry_nginx['listen_https'] = false\n"),
        "server-scheme-mismatch",
        "gitlab.rb:3",
    ),
    "the host of the bundled nginx": (
        omnibus("registry_nginx['proxy_set_headers'] = {'Host' => '$host'}\n"),
        "host-without-port",
        "gitlab.rb:3",
    ),
    "a port that is not published": (compose('      - "5050:5050"\n', ""), "server-port-unpublished", "compose.yml:10"),
    "a port that is published elsewhere": (
        compose("5050:5050", "5005:5050"),
        "server-port-unpublished",
        "compose.yml:12",
    ),
    "a port of this machine alone": (
        compose("5050:5050", "127.0.0.1:5050:5050"),
        "server-port-unpublished",
        "compose.yml:12",
    ),
    "a port that leads nowhere": (compose("5050:5050", "5050:5000"), "server-port-mismatch", "compose.yml:12"),
    "no address at all": (
        compose("        registry_external_url 'https://gitlab.example.com:5050'\n", ""),
        "no-registry",
        "compose.yml:11",
    ),
    "a line in a compose file": (
        compose(":5050'\n", ":5050'\n        registry_nginx['listen_port'] = 5055\n"),
        "server-port-mismatch",
        "compose.yml:9",
    ),
    "a data volume that is read-only": (
        own("compose", "registry:/var/lib/registry", "registry:/var/lib/registry:ro"),
        "storage-read-only",
        "compose.yml:8",
    ),
    "read-only by configuration": (
        own("config", "storage:\n", "storage:\n  maintenance: {readonly: {enabled: true}}\n"),
        "read-only",
        "registry/config.yml:3",
    ),
    "another realm": (
        own("compose", "gitlab.example.com/jwt", "gitlab.internal/jwt"),
        "server-realm-mismatch",
        "compose.yml:5",
    ),
    "a realm without TLS": (own("compose", "https://gitlab", "http://gitlab"), "realm-plain-http", "compose.yml:5"),
    "another issuer": (
        own("compose", "=omnibus-gitlab-issuer", "=gitlab-issuer"),
        "server-issuer-mismatch",
        "compose.yml:7",
    ),
    "another service": (own("compose", "=container_registry", "=registry"), "token-rejected", "compose.yml:6"),
    "a registry that listens elsewhere": (
        own("config", "addr: :5000", "addr: :5001"),
        "server-upstream-port",
        f"{CONF}:9",
    ),
    "a registry that listens for itself": (
        own("config", "addr: :5000", "addr: localhost:5000"),
        "server-upstream-port",
        f"{CONF}:9",
    ),
    "YAML": ({"compose": "services:\n  a: [1\n  b: }\n"}, "server-file-broken", "compose.yml:3"),
}


@pytest.mark.parametrize("name", SICK)
def test_a_mismatch_is_found_at_its_line(tmp_path: Path, name: str) -> None:
    files, cause, place = SICK[name]
    found = places(write(tmp_path, **files))
    assert found[0] == (cause, place)
    # Without TLS `$scheme` is wrong too, and a port that nginx leaves is still published.
    assert len(found) == (2 if name in ("no TLS in nginx", "a line in a compose file") else 1)


def test_certificates_are_for_the_registrys_host(tmp_path: Path, authority: Authority) -> None:
    folder = write(tmp_path, **WELL["nginx alone"])
    tls = folder / "etc/nginx/tls"
    tls.mkdir(parents=True)
    assert [cause for cause, _ in places(folder)] == ["server-certificate-missing"] * 2
    (tls / "registry.key").touch()
    for name, names, cause in (
        ("other", ("DNS:other.example.com",), "tls-wrong-name"),
        ("registry", ("DNS:registry.example.com",), ""),
        ("wild", ("DNS:*.example.com",), ""),
    ):
        pair = authority.issue(f"file-{name}", *names)
        (tls / "registry.crt").write_bytes(pair.certificate.read_bytes())
        assert [cause for cause, _ in places(folder)] == ([cause] if cause else [])
    over = authority.issue("file-over", "DNS:registry.example.com", days=-1)
    (tls / "registry.crt").write_bytes(over.certificate.read_bytes())
    assert places(folder) == [("tls-expired", f"{CONF}:5")]


def test_a_folder_without_such_files_is_a_wrong_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.yml").write_text("a: 1\n")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "notes.yml"):
        with pytest.raises(UsageError):
            inspect(folder)


def test_the_command_tells_the_place_and_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(write(tmp_path, **SICK["a small limit"][0]))
    assert main(["doctor", "--server", folder]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{CONF}:7: body-limit: A proxy before the registry refuses large bodies")
    assert "client_max_body_size 250m" in said
    assert main(["doctor", "--server", folder, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["cause"], report["findings"][0]["path"], report["findings"][0]["line"]) == ("body-limit", CONF, 7)
    assert [one["ok"] for one in report["checks"] if one["id"] == "limits"] == [False]
    assert main(["doctor", "--server", str(write(tmp_path, **WELL["nginx alone"]))]) == 0
    assert main(["doctor", "--server", folder, "host/app"]) == 2


def test_no_file_can_make_the_doctor_fail(tmp_path: Path) -> None:
    for number, text in enumerate(
        (
            "server {",
            "server { listen; proxy_pass; }",
            "server { listen x:y; location { proxy_pass $a; } }",
            "\0{server",
        )
    ):
        (tmp_path / f"{number}.conf").write_text(text)
    (tmp_path / "compose.yml").write_text("services: [a]\n")
    (tmp_path / "compose2.yml").write_text(
        "services:\n  a: {ports: [x, {target: y}, 1], environment: [A, B=1], volumes: [1]}\n"
    )
    (tmp_path / "gitlab.rb").write_text("registry_external_url 'https://[::1'\nexternal_url 5\n")
    inspect(tmp_path)
