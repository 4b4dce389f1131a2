"""The fault laboratory: each fault is really made and named as itself, and nobody who is well is told ill."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context

import pytest

from ci_kit.model import causes
from ci_kit.model.causes import CAUSES
from tests.integration import dind, patients
from tests.integration.dind import Dind
from tests.integration.job import assert_no_secret
from tests.integration.patients import doctor, job_of, user
from tests.rig import Rig

pytestmark = pytest.mark.integration
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")

SERVERS = {
    "html-200": "not-a-registry",
    "redirect": "not-a-registry-redirect",
    "not-found": "v2-not-found",
    "path-cut": "not-a-registry",
    "upstream-down": "upstream-down",
    "unavailable": "registry-unavailable",
    "slow": "registry-slow",
    "blocked": "blocked",
    "too-many": "too-many-requests",
    "hangs-up": "connection-reset",
    "challenge-missing": "challenge-missing",
    "plain-http": "registry-plain-http",
    "self-signed": "tls-self-signed",
    "wrong-host": "tls-wrong-name",
    "no-san": "tls-no-san",
    "expired": "tls-expired",
    "not-yet-valid": "tls-not-yet-valid",
    "missing-intermediate": "tls-missing-intermediate",
    "old-tls": "tls-handshake",
    "client-certificate": "tls-client-certificate",
    "realm-no-name": "realm-unreachable",
    "realm-refused": "realm-unreachable",
    "realm-plain-http": "realm-plain-http",
    "realm-self-signed": "realm-untrusted",
    "realm-expired": "realm-certificate",
    "realm-not-found": "realm-wrong",
    "realm-page": "realm-wrong",
    "realm-down": "realm-error",
    "authorization-stripped": "authorization-stripped",
    "authorization-stripped-registry": "authorization-stripped-registry",
    "token-skewed": "clock-skew",
    "token-issuer": "token-rejected",
    "token-foreign-key": "token-rejected",
    "token-short": "token-short-life",
    "token-off": "registry-off",
    "token-protected": "protected-path",
    "token-broken": "realm-error",
    "header-too-large": "header-too-large",
    "clock-of-2020": "machine-clock",
    "writing-blocked": "writing-blocked",
    "proxy-login": "proxy-login",
    "registry-v1": "registry-v1",
    "no-forwarded-proto": "no-forwarded-proto",
    "host-without-port": "host-without-port",
    "host-not-passed": "host-not-passed",
    "body-limit": "body-limit",
    "chunk-slow": "upload-timeout",
    "chunk-cut": "upload-cut",
    "upload-lost": "upload-lost",
    "lying-push": "writes-vanish",
    "disk-full": "disk-full",
    "storage-denied": "storage-permissions",
    "storage-sealed": "storage-read-only",
    "read-only": "read-only",
}


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> dict[str, str]:
    """The variables of a job in which all is well."""
    return job_of(rig, tmp_path, daemon)


@pytest.mark.parametrize("fault", SERVERS)
def test_a_fault_of_a_server_is_named(rig: Rig, daemon: str, tmp_path: Path, fault: str) -> None:
    environ = job_of(rig, tmp_path, daemon, rig.faults[fault])
    said = doctor(environ)
    assert said["cause"] == SERVERS[fault], said["evidence"]
    assert said["evidence"]
    assert said["fix"] == CAUSES[said["cause"]].fix
    assert said["others"] == []
    assert_no_secret(rig, environ, json.dumps(said))


# Where docker does not even log in, though the password is right.
NO_LOGIN = (
    "not-found", "upstream-down", "unavailable", "slow", "blocked", "too-many", "hangs-up", "challenge-missing",
    "plain-http", "self-signed", "wrong-host", "no-san", "expired", "not-yet-valid", "missing-intermediate", "old-tls",
    "client-certificate", "realm-no-name", "realm-refused", "realm-self-signed", "realm-expired", "realm-not-found",
    "realm-page", "realm-down", "authorization-stripped", "authorization-stripped-registry", "token-skewed",
    "token-issuer", "token-foreign-key", "token-off", "token-protected", "token-broken", "header-too-large",
    "clock-of-2020", "proxy-login", "registry-v1",
)  # fmt: skip


@pytest.mark.parametrize("fault", NO_LOGIN)
def test_what_docker_says_of_a_fault_leads_to_its_cause(rig: Rig, job: dict[str, str], fault: str) -> None:
    words = [rig.docker, "login", rig.faults[fault], "--username", "ci-user", "--password-stdin"]
    password = rig.users["ci-user"]["password"]
    done = subprocess.run(words, env=job, input=password, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert SERVERS[fault] in [cause.id for cause, _ in causes.of_text(done.stderr)], done.stderr


def test_every_fault_of_the_rig_is_one_of_these(rig: Rig) -> None:
    assert set(rig.faults) == {*SERVERS, "relative-url"}


# --- who is well ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ci-user", "gitlab-ci-token", "gitlab-deploy-token"])
def test_whoever_may_push_is_well(rig: Rig, job: dict[str, str], name: str) -> None:
    said = doctor(job | user(rig, name))
    assert (said["cause"], said["others"]) == (None, []), said
    assert all(check["ok"] for check in said["checks"])
    assert {"name", "dns", "tcp", "tls", "http", "realm", "token", "grant", "chunk", "daemon"} <= {
        check["id"] for check in said["checks"]
    }


def test_a_reader_who_pulls_is_well(rig: Rig, job: dict[str, str]) -> None:
    said = doctor(job | user(rig, "reader"), "--for", "pull")
    assert said["cause"] is None, said["evidence"]


def test_a_tag_that_is_not_there_cannot_be_pulled(rig: Rig, job: dict[str, str]) -> None:
    for registry, who in ((rig.registry, "reader"), (rig.flat_registry, "flat")):
        named = f"{registry}/{rig.registry_path}:nowhere"
        said = doctor(job | user(rig, who) | {"CI_REGISTRY": registry}, named, "--for", "pull")
        assert said["cause"] == "tag-unknown", said["evidence"]


def test_a_private_project_is_told_to_who_pulls_without_a_login(rig: Rig, job: dict[str, str]) -> None:
    anonymous = {name: value for name, value in job.items() if not name.startswith(("CI_REGISTRY_U", "CI_REGISTRY_P"))}
    assert doctor(anonymous, "--for", "pull")["cause"] == "no-credentials"
    said = doctor(anonymous | {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]}, "--for", "pull")
    assert said["cause"] == "project-private", said["evidence"]


def test_a_registry_of_users_and_passwords_is_well(rig: Rig, daemon: str, tmp_path: Path) -> None:
    environ = job_of(rig, tmp_path, daemon, rig.flat_registry) | user(rig, "flat")
    for image in ((), (f"{rig.flat_registry}/app",), (f"{rig.flat_registry}/a/b/c/d:1",)):
        said = doctor(environ, *image)
        assert said["cause"] is None, said["evidence"]


def test_plain_http_on_the_loopback_is_well(rig: Rig, daemon: str, tmp_path: Path) -> None:
    host, port = rig.mirror.rsplit(":", 1)
    with patients.relay((host, int(port))) as here:
        for name in ("127.0.0.1", "localhost"):
            environ = job_of(rig, tmp_path, daemon, f"{name}:{here}")
            said = doctor({key: value for key, value in environ.items() if key != "DOCKER_HOST"})
            assert said["cause"] is None, said["evidence"]


def test_gitlab_below_a_path_is_well(rig: Rig, daemon: str, tmp_path: Path) -> None:
    said = doctor(job_of(rig, tmp_path, daemon, rig.faults["relative-url"]))
    assert said["cause"] is None, said["evidence"]


def test_who_goes_through_a_proxy_is_well(rig: Rig, job: dict[str, str]) -> None:
    with patients.proxy() as address:
        said = doctor(job | {"HTTPS_PROXY": address})
    assert said["cause"] is None, said["evidence"]
    assert {"id": "dns", "ok": True, "detail": "left to the proxy"}.items() <= said["checks"][3].items()


def test_who_has_no_daemon_and_needs_none_is_well(job: dict[str, str]) -> None:
    said = doctor({name: value for name, value in job.items() if name not in ("DOCKER_HOST", "GITLAB_CI")})
    assert said["cause"] is None, said["evidence"]


def test_a_job_with_docker_in_docker_is_well(job: dict[str, str], secure: Dind) -> None:
    said = doctor(job | secure.variables())
    assert said["cause"] is None, said["evidence"]
    assert {"daemon", "daemon_proxy", "daemon_version", "daemon_mtu", "daemon_registry"} <= {
        check["id"] for check in said["checks"]
    }


# --- names, variables and files of a job ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "cause"),
    [
        ("{registry}/Group/Project", "name-uppercase"),
        ("{registry}/group/project/", "name-trailing-slash"),
        ("https://{registry}/group/project", "name-scheme"),
        ("{registry}/group/-project", "name-grammar"),
        ("registry.invalid/group/project", "dns-no-address"),
        ("{nowhere}:5050/group/project", "connection-timeout"),
        ("{address}:9/group/project", "connection-refused"),
        ("{registry}/group", "name-outside-project"),
        ("{registry}/group/project/a/b/c", ""),
        ("{registry}/nobody/nothing", "nothing-granted"),
    ],
)
def test_a_wrong_image_is_named(rig: Rig, job: dict[str, str], image: str, cause: str) -> None:
    nowhere = f"{rig.address.rpartition('.')[0]}.63"
    said = doctor(job, image.format(registry=rig.registry, address=rig.address, nowhere=nowhere))
    assert (said["cause"] or "") == cause, said["evidence"]


@pytest.mark.parametrize(
    ("who", "image", "cause"),
    [
        ("reader", "", "read-only-credential"),
        ("apionly", "", "no-registry-scope"),
        ("flat", "", "wrong-password"),
        ("gitlab-ci-token", "other/project", "job-token-elsewhere"),
        ("gitlab-deploy-token", "other/project", "nothing-granted"),
    ],
)
def test_credentials_that_cannot_push_are_told_apart(
    rig: Rig, job: dict[str, str], who: str, image: str, cause: str
) -> None:
    said = doctor(job | user(rig, who), *([f"{rig.registry}/{image}"] if image else []))
    assert said["cause"] == cause, said["evidence"]


def test_a_wrong_password_is_tried_once(rig: Rig, job: dict[str, str]) -> None:
    before = refusals(rig)
    said = doctor(
        job | {"CI_REGISTRY_PASSWORD": "wrong"} | patients.config(Path(job["HOME"]), logins(rig, "wrong too"))
    )
    assert said["cause"] == "wrong-password"
    assert {"id": "stale_login", "why": "a password was refused already: no second one is tried"} in said["unchecked"]
    assert refusals(rig) == before + 1


def refusals(rig: Rig) -> int:
    """How often the token service has refused a password since it started."""
    connection = HTTPSConnection(rig.address, context=create_default_context(cafile=rig.ca))
    connection.request("GET", "/__rig__/state")
    seen = json.loads(connection.getresponse().read())["requests"]
    connection.close()
    return sum(one["path"] == "/jwt/auth" and one["status"] == 401 for one in seen)


def logins(rig: Rig, password: str) -> dict[str, object]:
    return {"auths": {rig.registry: {"auth": base64.b64encode(f"ci-user:{password}".encode()).decode()}}}


def test_files_and_programs_with_logins(rig: Rig, job: dict[str, str], tmp_path: Path) -> None:
    anonymous = {name: value for name, value in job.items() if not name.startswith(("CI_REGISTRY_U", "CI_REGISTRY_P"))}
    good, broken = rig.users["ci-user"]["password"], patients.helper(tmp_path, "broken", "exit 1")
    secret = json.dumps({"ServerURL": rig.registry, "Username": "ci-user", "Secret": good})
    works = patients.helper(tmp_path, "works", f"cat >/dev/null; cat <<'END'\n{secret}\nEND")
    cases: list[tuple[str, dict[str, str], object]] = [
        ("no-credentials", anonymous, {}),
        ("stale-login", anonymous, logins(rig, "old")),
        ("stale-login", job, logins(rig, "old")),
        ("helper-missing", anonymous, {"credsStore": "nowhere"}),
        ("helper-missing", job, {"credHelpers": {rig.registry: "nowhere"}}),
        ("helper-fails", anonymous | {"PATH": broken}, {"credsStore": "broken"}),
        ("config-invalid", job, "{auths}"),
        ("config-invalid", anonymous, {"auths": {rig.registry: {"auth": "no base64"}}}),
        ("auth-config-invalid", job | {"DOCKER_AUTH_CONFIG": '{"auths": '}, {}),
        ("auth-config-invalid", anonymous | {"DOCKER_AUTH_CONFIG": "/path/of/a/file"}, {}),
        ("credentials-half", job | {"CI_REGISTRY_PASSWORD": ""}, {}),
        ("", anonymous, logins(rig, good)),
        ("", anonymous | {"PATH": works}, {"credsStore": "works"}),
        ("", job, {"credHelpers": {"elsewhere.example.com": "nowhere"}}),
    ]
    for number, (cause, environ, content) in enumerate(cases):
        place = tmp_path / f"case-{number}"
        place.mkdir()
        said = doctor(environ | patients.config(place, content))
        assert (said["cause"] or "") == cause, (number, said["evidence"])
        assert_no_secret(rig, job, json.dumps(said))


def test_a_config_that_cannot_be_read(job: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "docker/config.json").mkdir(parents=True)
    said = doctor(job | {"DOCKER_CONFIG": str(tmp_path / "docker")})
    assert said["cause"] == "config-unreadable", said["evidence"]


def test_a_registry_that_is_turned_off_leaves_no_variable(job: dict[str, str]) -> None:
    said = doctor({name: value for name, value in job.items() if not name.startswith("CI_REGISTRY")})
    assert said["cause"] == "no-registry", said["evidence"]


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({"HTTPS_PROXY": "http://127.0.0.1:9"}, "proxy-unreachable"),
        ({"https_proxy": "http://nowhere.invalid:3128"}, "proxy-unreachable"),
        ({"https_proxy": "http://127.0.0.1:port"}, "proxy-invalid"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10.213.0.0/16,localhost"}, "proxy-unreachable"),
    ],
)
def test_variables_of_a_proxy(job: dict[str, str], environ: dict[str, str], cause: str) -> None:
    said = doctor(job | environ)
    assert said["cause"] == cause, said["evidence"]


@pytest.mark.parametrize("answer", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_does_not_let_us_through(rig: Rig, job: dict[str, str], answer: str) -> None:
    with patients.proxy(answer) as address:
        said = doctor(job | {"HTTPS_PROXY": address})
        assert said["cause"] == "proxy-refuses", said["evidence"]
        assert f"without it {rig.registry} is reached" in said["evidence"]
        assert doctor(job | {"HTTPS_PROXY": address, "NO_PROXY": rig.address})["cause"] is None


def test_a_proxy_for_the_token_service_alone(rig: Rig, job: dict[str, str]) -> None:
    said = doctor(job | {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": rig.registry})
    assert said["cause"] == "proxy-refuses", said["evidence"]
    assert f"NO_PROXY names the registry, and not {rig.address}" in said["evidence"]


@pytest.mark.parametrize(
    "environ", [{"CI_KIT_CA": "/nowhere/ca.pem"}, {"CI_KIT_CA": "/etc/hostname"}, {"SSL_CERT_FILE": "/nowhere/ca.pem"}]
)
def test_a_file_of_authorities_that_is_none(job: dict[str, str], environ: dict[str, str]) -> None:
    said = doctor(job | environ)
    assert said["cause"] == "ca-file-broken", said["evidence"]


def test_an_authority_that_nobody_gave(rig: Rig, job: dict[str, str], tmp_path: Path) -> None:
    environ = {name: value for name, value in job.items() if name != "CI_SERVER_TLS_CA_FILE"}
    assert doctor(environ)["cause"] == "tls-unknown-ca"
    another = make_authority(tmp_path)
    said = doctor(environ | {"CI_KIT_CA": str(another / "ca.pem")})
    assert said["cause"] == "tls-unknown-ca", said["evidence"]
    assert "CN=another" in said["evidence"]


def make_authority(folder: Path) -> Path:
    """A folder with ca.pem, cert.pem and key.pem of an authority that nobody knows."""
    made = folder / "another"
    made.mkdir()
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, "-subj", "/CN=another"]
    subprocess.run(words, cwd=made, check=True, capture_output=True)
    (made / "ca.pem").write_bytes((made / "cert.pem").read_bytes())
    return made


@needs_root
def test_a_name_whose_ipv6_is_dead(rig: Rig, job: dict[str, str], tmp_path: Path) -> None:
    name, port = "registry.rig.test", rig.registry.rpartition(":")[2]
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{rig.address} {name}\n")
    before = patients.inside(tmp_path, f"mount --bind {hosts} /etc/hosts")
    environ = {key: value for key, value in job.items() if key != "DOCKER_HOST"}
    environ |= {"CI_REGISTRY": f"{name}:{port}", "CI_REGISTRY_IMAGE": f"{name}:{port}/{rig.registry_path}"}
    assert doctor(environ, before=before)["cause"] is None
    hosts.write_text(f"127.0.0.1 localhost\n{rig.address} {name}\n::1 {name}\n")
    said = doctor(environ, before=before)
    if "::1" in json.dumps(said["checks"]):  # a machine without any IPv6 does not look for it
        assert said["cause"] == "ipv6-dead", said["evidence"]


@needs_root
def test_a_disk_without_room(job: dict[str, str], tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    before = patients.inside(tmp_path, f"mount -t tmpfs -o size=64k tmpfs {full}")
    said = doctor(job | {"TMPDIR": str(full)}, before=before)
    assert said["cause"] == "machine-disk-full", said["evidence"]
    assert str(full) in said["evidence"]


# --- the project in GitLab -----------------------------------------------------------------------------------------


@pytest.fixture
def disabled(rig: Rig) -> Iterator[None]:
    """Turn the registry of every project off, for as long as a test runs."""

    def tell(path: str, what: object) -> None:
        connection = HTTPSConnection(rig.address, context=create_default_context(cafile=rig.ca))
        connection.request("POST", path, body=json.dumps(what))
        assert connection.getresponse().status == 200
        connection.close()

    tell("/__rig__/mode", {"registry": "disabled"})
    yield
    tell("/__rig__/mode", {})


@pytest.mark.usefixtures("disabled")
def test_a_registry_that_is_off_in_the_project_is_told_by_gitlab(rig: Rig, job: dict[str, str]) -> None:
    said = doctor(job | {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]})
    assert said["cause"] == "registry-disabled", said["evidence"]


@pytest.mark.parametrize(
    ("token", "image", "cause"),
    [
        ("project", "", ""),
        ("reader", "other/project", ""),
        ("none", "", "gitlab-token-scope"),
        ("wrong", "", "gitlab-token-refused"),
        ("reader", "nobody/nothing", "project-not-found"),
    ],
)
def test_a_token_for_gitlab_tells_of_the_project(
    rig: Rig, job: dict[str, str], token: str, image: str, cause: str
) -> None:
    environ = job | {"CI_KIT_GITLAB_TOKEN": rig.api_tokens.get(token, "glpat-wrong")}
    said = doctor(environ, *([f"{rig.registry}/{image}"] if image else []))
    assert (said["cause"] or "") == cause, said["evidence"]


# --- the daemon ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def services(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Dind]]:
    """Docker-in-docker services, of which three answer and one has ended."""
    folder, made = tmp_path_factory.mktemp("dind"), dict[str, Dind]()
    try:
        made["secure"] = dind.start(rig, folder, "secure")
        made["plain"] = dind.start(rig, folder, "plain", "--mtu=9000", tls=False)
        made["unprivileged"] = dind.start(rig, folder, "unprivileged", privileged=False)
        yield made
    finally:
        dind.stop(rig, *made.values())


@pytest.fixture
def secure(services: dict[str, Dind]) -> Dind:
    return services["secure"]


@pytest.fixture
def plain(services: dict[str, Dind]) -> Dind:
    return services["plain"]


def test_certificates_of_the_daemon(job: dict[str, str], secure: Dind, tmp_path: Path) -> None:
    empty, absent, garbage = tmp_path / "empty", tmp_path / "absent", tmp_path / "garbage"
    for folder, text in ((empty, ""), (garbage, "no certificate\n")):
        folder.mkdir()
        for name in ("ca.pem", "cert.pem", "key.pem"):
            (folder / name).write_text(text)
    environ = job | secure.variables()
    for folder, cause in (
        (absent, "daemon-certificates-missing"),
        (empty, "daemon-certificates-empty"),
        (garbage, "daemon-certificates-empty"),
    ):
        said = doctor(environ | {"DOCKER_CERT_PATH": str(folder)})
        assert said["cause"] == cause, said["evidence"]


def test_certificates_of_another_daemon(job: dict[str, str], secure: Dind, tmp_path: Path) -> None:
    another = make_authority(tmp_path)
    environ = job | secure.variables() | {"DOCKER_CERT_PATH": str(another)}
    for _ in range(2):
        said = doctor(environ)
        assert said["cause"] == "daemon-certificates-foreign", said["evidence"]
        (another / "ca.pem").write_bytes((secure.certificates / "ca.pem").read_bytes())  # the client's alone is foreign


def certificates_of(rig: Rig, folder: Path) -> Path:
    """A folder as dind makes it, with the rig's own authority."""
    made = folder / "ours"
    made.mkdir()
    for source, name in (("ca.crt", "ca.pem"), ("server.crt", "cert.pem"), ("server.key", "key.pem")):
        (made / name).write_bytes(Path(rig.directory, "config/tls", source).read_bytes())
    return made


def test_ports_and_names_of_the_daemon(
    rig: Rig, job: dict[str, str], secure: Dind, plain: Dind, tmp_path: Path
) -> None:
    ours = {"DOCKER_CERT_PATH": str(certificates_of(rig, tmp_path))}
    with patients.relay((secure.host, 2376), "127.0.0.2") as port:
        cases = [
            ("daemon-no-service", {"DOCKER_HOST": "tcp://docker:2375"}),
            ("daemon-wrong-port", secure.variables(2375, tls=False)),
            ("daemon-wrong-port", plain.variables(2376, tls=False)),
            ("daemon-wrong-port", plain.variables(2376)),
            ("daemon-wants-tls", secure.variables(2376, tls=False)),
            ("daemon-speaks-plain", secure.variables() | {"DOCKER_HOST": f"tcp://{plain.host}:2375"}),
            ("daemon-name-not-in-certificate", secure.variables() | {"DOCKER_HOST": f"tcp://127.0.0.2:{port}"}),
            ("daemon-not-docker", {"DOCKER_HOST": "tcp://{address}:6010"}),
            ("daemon-certificates-expired", secure.variables() | {"DOCKER_HOST": "tcp://{address}:6005", **ours}),
            ("daemon-none", {"DOCKER_HOST": "unix:///nowhere/docker.sock"}),
            ("daemon-not-ready", {"DOCKER_HOST": "tcp://127.0.0.1:9"}),
            ("daemon-address", {"DOCKER_HOST": "ssh://somebody@docker"}),
            ("daemon-too-old", secure.variables() | {"DOCKER_API_VERSION": "9.99"}),
            ("proxy-before-daemon", plain.variables(2375, tls=False) | {"http_proxy": "http://127.0.0.1:9"}),
            ("daemon-mtu", plain.variables(2375, tls=False)),
        ]
        address = job["CI_REGISTRY"].partition(":")[0]
        for cause, environ in cases:
            said = doctor(job | {name: value.replace("{address}", address) for name, value in environ.items()})
            assert said["cause"] == cause, (environ, said["evidence"])


@needs_root
def test_a_daemon_that_was_not_privileged_has_ended(job: dict[str, str], services: dict[str, Dind]) -> None:
    environ = job | services["unprivileged"].variables(2375, tls=False)
    said = doctor(environ, before=("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"))
    assert said["cause"] == "daemon-not-privileged", said["evidence"]
    assert "CapEff" in said["evidence"]


@needs_root
def test_a_daemon_that_neither_finds_nor_trusts_the_registry(
    rig: Rig, daemon: str, tmp_path: Path, secure: Dind
) -> None:
    """Its certs.d is that of the rig, which knows no other name of the same registry."""
    name, port = "registry.rig.test", rig.registry.rpartition(":")[2]
    environ = job_of(rig, tmp_path, daemon, f"{name}:{port}") | secure.variables()
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{rig.address} {name}\n")
    before = patients.inside(tmp_path, f"mount --bind {hosts} /etc/hosts")
    said = doctor(environ | {"DOCKER_HOST": daemon, "DOCKER_TLS_VERIFY": ""}, before=before)
    assert said["cause"] == "daemon-cannot-resolve", said["evidence"]
    dind.docker(rig, "exec", secure.name, "sh", "-c", f"echo {rig.address} {name} >>/etc/hosts")
    said = doctor(environ, before=before)
    assert said["cause"] == "daemon-does-not-trust", said["evidence"]
