"""No work twice, on a real registry: a job of its own, with no daemon that answers, names anew what is there."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.opening import open_registry
from tests.integration.job import Job, commit, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
NOWHERE = "tcp://127.0.0.1:1"  # nothing listens there
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture(params=["docker", "buildx"])
def job(rig: Rig, daemon: str, tmp_path: Path, request: pytest.FixtureRequest) -> Job:
    made = make_job(rig, daemon, tmp_path / "project")
    name = f"skip-{request.param}-{made.sha[:8]}"
    known = {"CI_KIT_IMAGE": name, "CI_KIT_BUILDER": request.param, "CI_KIT_REGISTRY_MIRROR": f"http://{rig.mirror}"}
    return replace(made, environ=made.environ | known)


@pytest.fixture
def registry(job: Job) -> Iterator[RegistryClient]:
    login = Credentials(job.environ["CI_REGISTRY_USER"], job.environ["CI_REGISTRY_PASSWORD"], "test")
    opened = open_registry(job.environ["CI_REGISTRY"], login, job.environ)
    yield opened
    opened.close()


def built(job: Job, *words: str, **variables: str) -> dict[str, object]:
    done = job.run("build-push", *words, **variables)
    assert done.returncode == 0, done.stderr
    (image,) = json.loads((job.project / "ci-kit-result.json").read_text())["images"]
    return image


def digests(job: Job, registry: RegistryClient) -> dict[str, str]:
    """Return every tag of the image but that of its content, with what it leads to."""
    image = ImageRef.split(f"{job.environ['CI_REGISTRY_IMAGE']}/{job.environ['CI_KIT_IMAGE']}")
    tags = [tag for tag in registry.tags(image.repository) if not tag.startswith("content-")]
    return {tag: registry.digest(image.with_tag(tag)) for tag in tags}


def test_an_unchanged_image_needs_no_daemon(job: Job, registry: RegistryClient) -> None:
    first = built(job)
    sha = commit(job.project, "second")
    branch = {"CI_COMMIT_SHA": sha, "CI_COMMIT_BRANCH": "b", "CI_COMMIT_REF_NAME": "b", "CI_COMMIT_REF_SLUG": "b"}
    second = built(job, DOCKER_HOST=NOWHERE, **branch)
    assert (first["skipped"], second["skipped"], second["builder"]) == (False, True, "none")
    assert (second["digest"], second["size"], second["tags"]) == (first["digest"], first["size"], [sha, "b"])
    assert digests(job, registry) == dict.fromkeys([job.sha, sha, "main", "latest", "b"], first["digest"])


def test_a_job_that_is_retried_does_nothing_and_succeeds(job: Job, registry: RegistryClient) -> None:
    first = built(job)
    before = digests(job, registry)
    again = built(job, DOCKER_HOST=NOWHERE)
    assert (again["digest"], again["tags"], again["skipped"]) == (first["digest"], first["tags"], True)
    assert [move["state"] for move in again["moves"][1:]] == ["same", "same"]
    assert digests(job, registry) == before


def test_every_platform_of_an_index_is_put_again(rig: Rig, job: Job, registry: RegistryClient) -> None:
    first = built(job)
    image = ImageRef.split(str(first["image"]))
    other = arm_image(rig, job, registry, image)
    children = [registry.manifest(image), registry.manifest(image.with_digest(other))]
    index = put_index(registry, image.with_tag(f"content-{str(first['content'])[7:47]}"), children)
    sha = commit(job.project, "second")
    second = built(job, DOCKER_HOST=NOWHERE, CI_COMMIT_SHA=sha)
    assert (second["digest"], second["platforms"]) == (index, ["linux/amd64", "linux/arm64"])
    assert {digests(job, registry)[tag] for tag in (sha, "main", "latest")} == {index}


def arm_image(rig: Rig, job: Job, registry: RegistryClient, image: ImageRef) -> str:
    """Push the same image for another machine, as far as its configuration goes, and return its digest."""
    folder = job.project.parent / "arm"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    reference = image.with_tag("arm")
    environ = job.environ | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    for words in (
        ["login", "--username", "ci-user", "--password-stdin", image.registry],
        ["buildx", "build", "--platform", "linux/arm64", "--load", "--tag", str(reference), str(folder)],
        ["push", "--quiet", str(reference)],
    ):
        password = job.environ["CI_REGISTRY_PASSWORD"] if words[0] == "login" else ""
        subprocess.run([rig.docker, *words], env=environ, input=password, text=True, check=True, capture_output=True)
    return registry.digest(reference)


def put_index(registry: RegistryClient, reference: ImageRef, children: list[Manifest]) -> str:
    said = [{"mediaType": one.media_type, "digest": one.digest, "size": len(one.content)} for one in children]
    content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": said}).encode()
    registry.put_manifest(reference, Manifest("", INDEX, content))
    return registry.digest(reference)


def test_no_skip_builds_and_explain_names_what_changed(job: Job) -> None:
    first = built(job)
    refused = job.run("build-push", "--no-skip", "--wait", "0", DOCKER_HOST=NOWHERE)
    assert refused.returncode == 4
    assert "127.0.0.1:1" in refused.stderr
    again = built(job, "--no-skip")
    assert (again["skipped"], again["content"]) == (False, first["content"])
    said = job.run("build-push", "--explain", DOCKER_HOST=NOWHERE)
    assert said.stdout.startswith(f"{first['name']}: is there already, nothing is built\n  nothing changed since ")
    (job.project / "greeting").write_text("changed\n")
    changed = job.run("build-push", "--explain", "--build-arg", "A=1", DOCKER_HOST=NOWHERE)
    assert changed.stdout.splitlines()[2:] == [
        "  - the context changed: greeting is changed",
        "  - the build arg A is new",
    ]
    (job.project / "Dockerfile").write_text("FROM scratch\nCOPY greeting /greeting\n")
    changed = job.run("build-push", "--explain", DOCKER_HOST=NOWHERE)
    assert changed.stdout.splitlines()[2:] == [
        "  - the context changed: greeting is changed",
        "  - the Dockerfile changed",
        "  - the base image busybox:1.36 is gone",
    ]
