"""The containers of a rig: their files, how they are started, and when they are ready."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.rig import certificates, edge, images, people, registries, rootfs
from tests.rig.gitlab.settings import Settings, User
from tests.rig.network import Subnet
from tests.rig.people import People
from tests.rig.process import RigError, run
from tests.rig.state import State

GITLAB_PORT = 8080
READY_SECONDS = 30
SLOW_TO_COME = ("storage-denied", "storage-sealed", "token-skewed", "upload-lost")  # each of another process
FULL_SIZE = "8m"  # the disk of the registry that has no room left
PACKAGE = Path(__file__).parent
FAULTS = """cat /dev/zero >/full/filler 2>/dev/null
docker-registry serve /config/full.json &
docker-registry serve /config/read-only.json &
docker-registry serve /config/sealed.json &
docker-registry serve /config/other-secret.json &
setpriv --reuid=65534 --regid=65534 --clear-groups docker-registry serve /public/denied.json &
python3 -m tests.rig.tokens /config/gitlab.json {tokens} &
python3 -m tests.rig.nameserver &
exec python3 -m tests.rig.lying {port} {realm}
"""


@dataclass(frozen=True, slots=True)
class Service:
    """One container: its name, address, extra options of `docker run`, and command."""

    name: str
    address: str
    options: tuple[str, ...]
    command: tuple[str, ...]


def label(state: State) -> str:
    """The label on everything this rig makes in a daemon."""
    return f"ci-kit-rig={state.identity}"


def realm(subnet: Subnet) -> str:
    """Where registry tokens come from."""
    return f"https://{subnet.edge}/jwt/auth"


def write_files(folder: Path, tree: Path, subnet: Subnet, crowd: People) -> None:
    """Write certificates, configurations and the code of the stand-ins below `folder`."""
    config = folder / "config"
    config.mkdir(mode=0o700)  # keys and passwords
    certificates.make(tree, config / "tls", subnet.edge)
    shutil.copy(config / "tls/ca.crt", folder / "ca.crt")
    write_trust(folder, subnet)
    upstreams = {
        "gitlab": f"{subnet.gitlab}:{GITLAB_PORT}",
        "registry": f"{subnet.registry}:{registries.PORT}",
        "flat": f"{subnet.flat}:{registries.PORT}",
        "full": f"{subnet.faults}:{registries.FULL_PORT}",
        "read_only": f"{subnet.faults}:{registries.READ_ONLY_PORT}",
        "lying": f"{subnet.faults}:{registries.LYING_PORT}",
        "denied": f"{subnet.faults}:{registries.DENIED_PORT}",
        "sealed": f"{subnet.faults}:{registries.SEALED_PORT}",
        "other_secret": f"{subnet.faults}:{registries.OTHER_SECRET_PORT}",
        "tokens": f"{subnet.faults}:{registries.TOKENS_PORT}",
    }
    read_only = registries.token(realm(subnet), port=registries.READ_ONLY_PORT, read_only=True)
    texts = {
        "nginx.conf": edge.configuration(upstreams, subnet.edge),
        "registry.json": registries.token(realm(subnet)),
        "full.json": registries.token(realm(subnet), root="/full", port=registries.FULL_PORT),
        "read-only.json": read_only,
        "sealed.json": registries.token(realm(subnet), root="/sealed", port=registries.SEALED_PORT),
        "other-secret.json": registries.token(realm(subnet), port=registries.OTHER_SECRET_PORT, secret="another"),
        "flat.json": registries.flat(),
        "mirror.json": registries.mirror(),
        "htpasswd": password_file(tree, people.FLAT_USER, crowd.flat_password),
        "gitlab.json": json.dumps(asdict(gitlab_settings(subnet, crowd))),
        "dind.json": dind_settings(subnet),
    }
    for name, text in texts.items():
        (config / name).write_text(text)
    write_public(config, subnet)
    copy_code(config / "code")


def write_public(config: Path, subnet: Subnet) -> None:
    """Write what is read by programs that do not run as root: no keys, and of passwords what cannot be undone."""
    public = config / "public"
    public.mkdir(mode=0o755)
    for name in ("tls/token.crt", "htpasswd"):
        copied = public / Path(name).name
        shutil.copy(config / name, copied)
        copied.chmod(0o644)
    text = registries.token(realm(subnet), port=registries.DENIED_PORT).replace("/config/tls/", "/public/")
    (public / "denied.json").write_text(text)


def write_trust(folder: Path, subnet: Subnet) -> None:
    """Fill `folder`/certs.d, which daemons read as /etc/docker/certs.d, with the authority for every TLS port."""
    faulty = [port for name, port in edge.FAULT_PORTS.items() if name != edge.PLAIN]
    for port in (edge.GITLAB_PORT, edge.REGISTRY_PORT, edge.FLAT_PORT, *faulty):
        place = folder / "certs.d" / f"{subnet.edge}:{port}"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "ca.crt", place / "ca.crt")


def dind_settings(subnet: Subnet) -> str:
    """The daemon.json of daemons inside jobs: docker.io is the mirror, which has no TLS."""
    host = f"{subnet.mirror}:{registries.PORT}"
    return json.dumps({"registry-mirrors": [f"http://{host}"], "insecure-registries": [host]})


def password_file(tree: Path, user: str, password: str) -> str:
    """The htpasswd file of one user; the password goes in by standard input, where no process list shows it."""
    return run([*rootfs.tool(tree, "htpasswd"), "-niBC", "5", user], stdin=password.encode())


def gitlab_settings(subnet: Subnet, crowd: People) -> Settings:
    """What the stand-in for GitLab is told."""
    return Settings(
        port=GITLAB_PORT,
        url=f"https://{subnet.edge}",
        registry_url=f"http://{subnet.registry}:{registries.PORT}",
        registry_host=f"{subnet.edge}:{edge.REGISTRY_PORT}",
        storage="/data",
        signing_key="/config/tls/token.key",
        issuer=registries.ISSUER,
        wheels="/wheels",
        projects=people.PROJECTS,
        own_project=people.PROJECTS[people.OWN_PROJECT],
        users={name: User(**grant) for name, grant in crowd.grants.items()},
        api_tokens=crowd.api_tokens,
    )


def copy_code(target: Path) -> None:
    """Copy this package, so that the containers run the stand-ins as they are now."""
    ignore = shutil.ignore_patterns("__pycache__", "files")
    shutil.copytree(PACKAGE, target / "tests/rig", ignore=ignore, dirs_exist_ok=True)
    (target / "tests/__init__.py").touch()


def planned(state: State, folder: Path, subnet: Subnet) -> list[Service]:
    """All containers of the rig."""
    data = ("--volume", f"{volume(state)}:/data")
    code = (
        "--volume",
        f"{folder}/config/code:/code:ro",
        "--env",
        "PYTHONPATH=/code",
        "--env",
        "PYTHONDONTWRITEBYTECODE=1",
    )
    wheels = ("--volume", f"{folder}/wheels:/wheels:ro")
    faults = FAULTS.format(port=registries.LYING_PORT, tokens=registries.TOKENS_PORT, realm=realm(subnet))
    public = ("--volume", f"{folder}/config/public:/public:ro")
    serve = ("docker-registry", "serve")
    return [
        Service(
            "gitlab",
            subnet.gitlab,
            (*code, *data, *wheels),
            ("python3", "-m", "tests.rig.gitlab", "/config/gitlab.json"),
        ),
        Service("registry", subnet.registry, data, (*serve, "/config/registry.json")),
        Service("flat", subnet.flat, (), (*serve, "/config/flat.json")),
        Service("mirror", subnet.mirror, (), (*serve, "/config/mirror.json")),
        Service(
            "faults",
            subnet.faults,
            (
                *code,
                *data,
                "--tmpfs",
                f"/full:size={FULL_SIZE}",
                "--tmpfs",
                "/sealed:ro",
                "--volume",
                f"{folder}/config/public:/public:ro",
            ),
            ("sh", "-c", faults),
        ),
        Service("edge", subnet.edge, public, ("nginx", "-c", "/config/nginx.conf")),
    ]


def volume(state: State) -> str:
    """The name of the volume with the contents of the token registry."""
    return f"ci-kit-rig-{state.identity}-registry"


def start(docker: Sequence[str], state: State, folder: Path, network: str, subnet: Subnet) -> None:
    """Start all containers and wait until each answers.

    Raises:
        RigError: one cannot be started or is not ready in READY_SECONDS.
    """
    run([*docker, "volume", "create", "--label", label(state), volume(state)])

    def run_one(service: Service) -> None:
        name = f"ci-kit-rig-{state.identity}-{service.name}"
        common = [
            "--detach",
            "--name",
            name,
            "--label",
            label(state),
            "--network",
            network,
            "--ip",
            service.address,
        ]
        common += ["--hostname", service.name, "--volume", f"{folder}/config:/config:ro", *service.options]
        run([*docker, "run", *common, images.SERVICES, *service.command])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run_one, planned(state, folder, subnet)))
    wait_until_ready(folder, subnet)


def wait_until_ready(folder: Path, subnet: Subnet) -> None:
    """Return when every service answers as it should through the edge."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    challenged = [edge.FAULT_PORTS[name] for name in ("disk-full", "read-only", "lying-push", *SLOW_TO_COME)]
    expected = {port: 401 for port in (edge.REGISTRY_PORT, edge.FLAT_PORT, *challenged)}
    deadline = time.monotonic() + READY_SECONDS
    for port, status in expected.items():
        wait_for(
            http.client.HTTPSConnection(subnet.edge, port, context=context, timeout=5),
            "/v2/",
            status,
            deadline,
        )
    https = http.client.HTTPSConnection(subnet.edge, edge.GITLAB_PORT, context=context, timeout=5)
    wait_for(https, "/jwt/auth", 403, deadline)
    wait_for(http.client.HTTPConnection(subnet.mirror, registries.PORT, timeout=5), "/v2/", 200, deadline)


def wait_for(connection: http.client.HTTPConnection, path: str, status: int, deadline: float) -> None:
    """Return when a GET of `path` is answered with `status`; raise RigError after the `deadline`."""
    seen: object = "no answer"
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            seen = answer.status
            if seen == status:
                connection.close()
                return
        connection.close()
        time.sleep(0.02)
    raise RigError(f"{connection.host}:{connection.port}{path}: {seen} after {READY_SECONDS} s, expected {status}")


def remove(docker: Sequence[str], state: State, network: str) -> None:
    """Remove the containers, networks and volumes of this rig from a daemon that is not ours (user mode)."""
    mine = ["--filter", f"label={label(state)}"]
    containers = set(run([*docker, "ps", "--all", "--quiet", *mine]).split())
    containers |= set(run([*docker, "ps", "--all", "--quiet", "--filter", f"network={network}"]).split())
    if containers:
        run([*docker, "rm", "--force", "--volumes", *containers])
    for kind in ("network", "volume"):
        if found := run([*docker, kind, "ls", "--quiet", *mine]).split():
            run([*docker, kind, "rm", *found])
