"""Several images of one project: made from each other in one run, and in jobs of their own; on real daemons."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.job import Job, commit, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
IMAGES = """\
version: 1
images:
- {name: app, context: app, image: NAME/app}
- {name: base, context: base, image: NAME/base}
- {name: tool, context: tool, image: NAME/tool}
"""
APP = """\
ARG CI_REGISTRY_IMAGE
FROM $CI_REGISTRY_IMAGE/NAME/base
COPY --from=$IMAGE/NAME/tool:main /tool /tool
CMD ["cat", "/base", "/tool"]
"""


@pytest.fixture(params=["docker", "buildx"])
def builder(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path, builder: str) -> Job:
    made = make_job(rig, daemon, tmp_path / "project")
    name, image = f"several-{builder}-{made.sha[:8]}", made.environ["CI_REGISTRY_IMAGE"]
    (made.project / ".ci-kit.yml").write_text(IMAGES.replace("NAME", name))
    write(made, "app", APP.replace("NAME", name).replace("$IMAGE", image))
    write(made, "base", "FROM busybox:1.36\nCOPY base /base\n", "first\n")
    write(made, "tool", "FROM scratch\nCOPY tool /tool\n", "tool\n")
    return made


def write(job: Job, name: str, dockerfile: str, content: str = "") -> None:
    (job.project / name).mkdir(exist_ok=True)
    (job.project / name / "Dockerfile").write_text(dockerfile)
    (job.project / name / name).write_text(content)


def images(job: Job) -> dict[str, dict[str, object]]:
    found = json.loads((job.project / "ci-kit-result.json").read_text())["images"]
    return {image["name"]: image for image in found}


def says(rig: Rig, job: Job, name: str = "app") -> str:
    words = [rig.docker, "run", "--rm", "--pull", "never", str(images(job)[name]["image"])]
    return subprocess.run(words, env=job.environ, capture_output=True, text=True, check=True).stdout


def test_an_image_is_made_from_its_siblings_of_this_run(rig: Rig, job: Job, builder: str) -> None:
    done = job.run("build-push", "--builder", builder)
    assert done.returncode == 0, done.stderr
    assert [line.partition("@")[0].rpartition("/")[2] for line in done.stdout.splitlines()] == ["app", "base", "tool"]
    assert says(rig, job) == "first\ntool\n"
    write(job, "base", "FROM busybox:1.36\nCOPY base /base\n", "second\n")
    sha = commit(job.project, "second")
    # On a branch that moves neither latest nor main: the name alone would be the old image.
    branch = {"CI_COMMIT_SHA": sha, "CI_COMMIT_BRANCH": "b", "CI_COMMIT_REF_NAME": "b", "CI_COMMIT_REF_SLUG": "b"}
    done = job.run("build-push", "--builder", builder, **branch)
    assert done.returncode == 0, done.stderr
    assert says(rig, job) == "second\ntool\n"


def test_jobs_of_their_own_hand_the_digest_on(rig: Rig, job: Job, builder: str) -> None:
    words = ["build-push", "--builder", builder, "--no-skip", "--name"]
    for name in ("base", "tool"):
        done = job.run(*words, name)
        assert done.returncode == 0, done.stderr
        dotenv = (job.project / "ci-kit.env").read_text()
        job.environ.update(line.split("=", 1) for line in dotenv.splitlines() if "_REF_" in line)
    base = job.environ["CI_KIT_IMAGE_REF_BASE"]
    write(job, "base", "FROM busybox:1.36\nCOPY base /base\n", "another pipeline\n")
    assert job.run(*words, "base").returncode == 0
    assert images(job)["base"]["digest"] not in base
    done = job.run(*words, "app")
    assert done.returncode == 0, done.stderr
    assert says(rig, job) == "first\ntool\n"
