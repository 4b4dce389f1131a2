"""build-push with the Docker of other releases: 20.10 and 28, the latter with both of its image stores.

The rig's own daemon is Docker 26: the other tests run with it.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.content import measure
from tests.build_daemon import dind
from tests.integration.job import Job, make_job
from tests.integration.test_build_push import client
from tests.rig import Rig, releases

pytestmark = pytest.mark.integration
DOCKERFILE = """\
FROM busybox:1.36 AS one
ARG COLOUR
RUN echo $COLOUR > /colour
FROM busybox:1.36
COPY --from=one /colour /colour
COPY greeting /greeting
CMD ["cat", "/colour", "/greeting"]
"""
CONTAINERD_STORE = {"features": {"containerd-snapshotter": True}}


@dataclass(frozen=True, slots=True)
class Generation:
    """A running daemon, and the docker command of its time."""

    version: str
    job: Job
    docker: Path
    keeps_indexes: bool = False


@pytest.fixture(scope="module", params=["20.10", "28", "28 with containerd's store"])
def generation(
    request: pytest.FixtureRequest, rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Generation]:
    version, _, store = request.param.partition(" ")
    programs = releases.programs("bookworm" if version == "20.10" else "sid")
    folder = tmp_path_factory.mktemp("docker")
    settings = CONTAINERD_STORE if store else {}
    with dind(rig, f"docker-{version}{'-store' if store else ''}", settings, programs) as host:
        job = make_job(rig, host, folder / "project")
        (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        client_of(programs, job)
        yield Generation(version, job, programs / "docker", bool(store))


def client_of(programs: Path, job: Job) -> None:
    """Put the docker command of a release, and its buildx where it has one, before those of the rig."""
    tools = job.project.parent / "bin"
    tools.mkdir()
    (tools / "docker").symlink_to(programs / "docker")
    job.environ["PATH"] = f"{tools}:{job.environ['PATH']}"
    if (programs / "docker-buildx").exists():
        plugins = job.project.parent / "config" / "cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-buildx").symlink_to(programs / "docker-buildx")
        job.environ["DOCKER_CONFIG"] = str(plugins.parent)


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_every_docker_builds_and_pushes(rig: Rig, generation: Generation, builder: str) -> None:
    job, name = generation.job, f"docker-{generation.version}-{builder}"
    done = job.run("build-push", "--no-skip", "--image", name, "--builder", builder, "--build-arg", "COLOUR=teal")
    assert done.returncode == 0, done.stderr
    image = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    assert image["builder"] == builder
    assert image["platforms"] == ["linux/amd64"]
    assert done.stdout == f"{job.environ['CI_REGISTRY_IMAGE']}/{name}@{image['digest']}\n"
    assert output_of(rig, generation, f"{name}:{job.sha}") == "teal\nhello from project\n"
    registry = client(rig, job)
    assert image["digest"] == registry.digest(_reference(rig, name, job.sha))
    registry.close()


def test_a_provenance_is_made_where_the_image_store_can_keep_it(rig: Rig, generation: Generation) -> None:
    job, name = generation.job, f"attested-{generation.version}"
    done = job.run("build-push", "--no-skip", "--image", name, "--builder", "buildx", "--provenance")
    if not generation.keeps_indexes:
        assert done.returncode == 4
        assert "a provenance in the registry is asked for, and the image store of this daemon makes none" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    image = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    assert image["platforms"] == ["linux/amd64"]
    registry = client(rig, job)
    manifest = registry.manifest(_reference(rig, name, job.sha))
    kinds = [child.kind for child in measure(registry, f"{rig.registry_path}/{name}", manifest).children]
    registry.close()
    assert manifest.digest == image["digest"]
    assert kinds == ["image", "attestation"]


def output_of(rig: Rig, generation: Generation, image: str) -> str:
    """Run what was built, in the daemon that has it."""
    job = generation.job
    shown = subprocess.run(
        [rig.docker, "run", "--rm", f"{job.environ['CI_REGISTRY_IMAGE']}/{image}"],
        env=job.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


def _reference(rig: Rig, name: str, tag: str) -> ImageRef:
    return ImageRef(rig.registry, f"{rig.registry_path}/{name}", tag)


def test_the_daemon_is_of_the_version_that_is_meant(generation: Generation) -> None:
    command = [str(generation.docker), "version", "--format", "{{.Client.Version}} {{.Server.Version}}"]
    shown = subprocess.run(command, env=generation.job.environ, capture_output=True, text=True, check=True).stdout
    assert [part.startswith(f"{generation.version}.") for part in shown.split()] == [True, True]
