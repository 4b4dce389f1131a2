"""Secrets, keys and logins of a build: they work, and nobody finds them afterwards."""

import gzip
import json
import secrets as random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.blob import blobs
from ci_kit.registry.client import RegistryClient
from tests.build_daemon import dind
from tests.integration.job import Job, make_job
from tests.integration.test_build_push import client
from tests.rig import Rig

pytestmark = pytest.mark.integration
CANARY = "canary-in-no-cache-41f7"
DOCKERFILE = """\
FROM busybox:1.36 AS one
RUN --mount=type=secret,id=token sha256sum </run/secrets/token >/sum
FROM busybox:1.36
COPY --from=one /sum /sum
"""
WITH_KEY = """\
FROM busybox:1.36
RUN --mount=type=ssh,id=agent test -S $SSH_AUTH_SOCK
RUN --mount=type=ssh,id=deploy,target=/deploy.sock test -S /deploy.sock
"""


@pytest.fixture(scope="module")
def containerd(rig: Rig) -> Iterator[str]:
    with dind(rig, "secrets", {"features": {"containerd-snapshotter": True}}) as host:
        yield host


def parts(registry: RegistryClient, repository: str, tag: str) -> Iterator[bytes]:
    """Yield a manifest and all that it names, unpacked."""
    manifest = registry.manifest(ImageRef(registry.registry, repository, tag))
    yield manifest.content
    for blob in blobs(manifest):
        content = registry.blob(repository, blob.digest)
        yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def test_a_secret_is_in_no_layer_and_no_cache(rig: Rig, containerd: str, tmp_path: Path) -> None:
    job = make_job(rig, containerd, tmp_path / "cached")
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    name = f"secrets-{random.token_hex(4)}"
    words = ["build-push", "--image", name, "--builder", "buildx", "--secret", "id=token,env=TOKEN"]
    first = job.run(*words, TOKEN=CANARY)
    assert first.returncode == 0, first.stderr
    registry = client(rig, job)
    repository = f"{rig.registry_path}/{name}"
    found = [*parts(registry, repository, job.sha), *parts(registry, f"{repository}/cache", "main")]
    registry.close()
    assert len(found) > 6
    assert not any(CANARY.encode() in part for part in found)
    again = job.run(*words, TOKEN="another value alone")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "is there already" in again.stderr


def test_a_missing_secret_is_told_with_its_place_before_anything_is_asked(rig: Rig, tmp_path: Path) -> None:
    job = make_job(rig, "tcp://127.0.0.1:1", tmp_path / "missing")
    settings = "version: 1\nimages:\n  - name: app\n    secrets:\n      - id=npm,env=NPM_TOKEN\n"
    (job.project / ".ci-kit.yml").write_text(settings, encoding="utf-8")
    done = job.run("build-push", CI_REGISTRY_IMAGE="127.0.0.1:1/g/p")
    assert done.returncode == 2
    assert ".ci-kit.yml:5:9: the variable NPM_TOKEN is not set -> " in done.stderr


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    socket = str(tmp_path / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        while not Path(socket).exists():
            assert process.poll() is None
        yield socket
        process.terminate()


def test_an_agent_and_a_key_reach_a_step(rig: Rig, daemon: str, agent: str, tmp_path: Path) -> None:
    job = make_job(rig, daemon, tmp_path / "keys")
    (job.project / "Dockerfile").write_text(WITH_KEY, encoding="utf-8")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    words = ["build-push", "--image", "keys", "--builder", "buildx", "--no-skip"]
    words += ["--ssh", "agent", "--ssh", "id=deploy,env=DEPLOY_KEY"]
    for value in (str(key), key.read_text(encoding="ascii").rstrip("\n")):
        done = job.run(*words, SSH_AUTH_SOCK=agent, DEPLOY_KEY=value)
        assert done.returncode == 0, done.stderr
    assert not list((job.project.parent / "home").glob("ci-kit-*"))


@pytest.mark.parametrize("wish", [["--secret", "id=token,env=TOKEN"], ["--ssh", "agent"]])
def test_the_classic_builder_says_that_it_cannot(
    rig: Rig, daemon: str, agent: str, tmp_path: Path, wish: list[str]
) -> None:
    job = make_job(rig, daemon, tmp_path / "classic")
    done = job.run("build-push", "--builder", "docker", *wish, TOKEN=CANARY, SSH_AUTH_SOCK=agent)
    assert done.returncode == 4
    assert "they need BuildKit -> use an image with docker-buildx in it" in done.stderr
    assert CANARY not in done.stderr


def test_a_proxy_reaches_the_build_and_not_the_image(rig: Rig, daemon: str, tmp_path: Path) -> None:
    job: Job = make_job(rig, daemon, tmp_path / "proxied")
    text = 'FROM busybox:1.36\nRUN test "$HTTP_PROXY" = "$http_proxy" && test -n "$http_proxy" && echo done >/done\n'
    (job.project / "Dockerfile").write_text(text, encoding="utf-8")
    proxy = {"http_proxy": "http://user:canary-of-a-proxy@192.0.2.1:3128", "NO_PROXY": "localhost"}
    for builder in ("buildx", "docker"):
        name = f"proxied-{random.token_hex(4)}"
        done = job.run("build-push", "--image", name, "--builder", builder, **proxy)
        assert done.returncode == 0, done.stderr
        registry = client(rig, job)
        found = list(parts(registry, f"{rig.registry_path}/{name}", job.sha))
        registry.close()
        assert json.loads(found[1])["history"]
        assert not any(b"canary-of-a-proxy" in part for part in found)
