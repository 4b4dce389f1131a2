"""Generated pipelines run unmodified in docker-in-docker, and what they claim is true outside of the job."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Credentials
from ci_kit.registry.opening import open_registry
from tests.integration.job import assert_no_secret
from tests.integration.test_record import ask, told
from tests.rig import Rig, RunResult, git_project, run_pipeline

pytestmark = pytest.mark.e2e
CI_KIT = str(Path(sys.executable).with_name("ci-kit"))
FILES = {
    "Dockerfile": 'FROM busybox:1.36\nCOPY greeting /greeting\nCMD ["cat", "/greeting"]\n',
    "greeting": "hello from the pipeline\n",
}


def generated(project: Path, *arguments: str, files: Mapping[str, str] = MappingProxyType(FILES)) -> Path:
    """Return a checkout whose .gitlab-ci.yml ci-kit generate has written."""
    project.mkdir()
    for name, text in files.items():
        (project / name).write_text(text, encoding="utf-8")
    subprocess.run([CI_KIT, "generate", *arguments], cwd=project, check=True, capture_output=True)
    return git_project(project, {})


def run(rig: Rig, project: Path, variables: Mapping[str, str]) -> RunResult:
    done = run_pipeline(rig, project, variables)
    assert done.exit_code == 0, done.log
    return done


def sha_of(project: Path) -> str:
    command = ["git", "-C", str(project), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def dotenv(done: RunResult) -> dict[str, str]:
    file = next(done.artifacts_dir.rglob("ci-kit.env"))
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())


def in_registry(rig: Rig, image: str, tag: str) -> str:
    login = Credentials("ci-user", rig.users["ci-user"]["password"], "test")
    registry = open_registry(rig.registry, login, {"CI_KIT_CA": rig.ca})
    try:
        return registry.digest(ImageRef(rig.registry, f"{rig.registry_path}{image}", tag))
    finally:
        registry.close()


def output_of(rig: Rig, daemon: str, pinned: str) -> str:
    """Pull the image by its digest into a daemon that has never seen the job, and run it there."""
    docker = [rig.docker, "--config", f"{rig.directory}/docker-config", "--host", daemon]
    password = rig.users["ci-user"]["password"]
    login = [*docker, "login", "--username", "ci-user", "--password-stdin", rig.registry]
    subprocess.run(login, input=password, text=True, check=True, capture_output=True)
    subprocess.run([*docker, "pull", "--quiet", pinned], check=True, capture_output=True)
    ran = subprocess.run([*docker, "run", "--rm", pinned], check=True, capture_output=True, text=True)
    subprocess.run([*docker, "logout", rig.registry], check=True, capture_output=True)
    return ran.stdout


def check_outside(rig: Rig, daemon: str, project: Path, done: RunResult, image: str = "") -> None:
    """Everything that the job says, asked of the registry, a daemon and the files it left."""
    sha, said = sha_of(project), dotenv(done)
    name = f"{rig.registry}/{rig.registry_path}{image}"
    assert said["CI_KIT_IMAGE_TAG"] == f"{name}:{sha}"
    assert said["CI_KIT_IMAGE_REF"] == f"{name}@{said['CI_KIT_IMAGE_DIGEST']}"
    for tag in (sha, "main", "latest"):
        assert in_registry(rig, image, tag) == said["CI_KIT_IMAGE_DIGEST"]
    assert output_of(rig, daemon, said["CI_KIT_IMAGE_REF"]) == FILES["greeting"]
    left = [path.read_bytes().decode("latin-1") for path in done.artifacts_dir.rglob("*") if path.is_file()]
    assert_no_secret(rig, {"CI_REGISTRY_USER": "gitlab-ci-token"}, done.log, *left)


def test_the_generated_file_with_pip(rig: Rig, daemon: str, tmp_path: Path, pip_variables: dict[str, str]) -> None:
    ask(rig, "reset", {})
    project = generated(tmp_path / "project")
    done = run(rig, project, pip_variables | {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]})
    check_outside(rig, daemon, project, done)
    result = json.loads(next(done.artifacts_dir.rglob("ci-kit-result.json")).read_text(encoding="utf-8"))
    assert result["images"][0]["digest"] == dotenv(done)["CI_KIT_IMAGE_DIGEST"]
    assert [status["sha"] for status in told(rig, "statuses")] == [sha_of(project)]
    assert result["images"][0]["recorded"]["commit_status"] == "sent"
    assert result["images"][0]["digest"] in next(done.artifacts_dir.rglob("ci-kit-report.html")).read_text("utf-8")


def test_the_generated_file_with_the_job_image(rig: Rig, daemon: str, tmp_path: Path, helper_image: str) -> None:
    project = generated(
        tmp_path / "project", "--helper", "image", "--helper-image", helper_image, "--image", "by-image"
    )
    done = run(rig, project, {})
    check_outside(rig, daemon, project, done, "/by-image")
    assert "a job token may not" in done.log


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_the_generated_file_with_plain_docker(rig: Rig, daemon: str, tmp_path: Path, builder: str) -> None:
    arguments = ("--helper", "none", "--image", f"plain-{builder}", "--builder", builder)
    project = generated(tmp_path / "project", *arguments)
    assert "ci-kit build-push" not in (project / ".gitlab-ci.yml").read_text(encoding="utf-8")
    check_outside(rig, daemon, project, run(rig, project, {}), f"/plain-{builder}")


def including(folder: Path, component: str, inputs: str, files: Mapping[str, str] = MappingProxyType(FILES)) -> Path:
    """Return a checkout whose .gitlab-ci.yml only includes one of our components."""
    template = Path(__file__).parents[2] / "templates" / f"{component}.yml"
    pipeline = f"include:\n  - local: {template.name}\n    inputs: {inputs}\n"
    own = {template.name: template.read_text(encoding="utf-8"), ".gitlab-ci.yml": pipeline}
    return git_project(folder, {**files, **own})


def test_the_component(rig: Rig, daemon: str, tmp_path: Path, pip_variables: dict[str, str]) -> None:
    inputs = "{image: component, context: ., runner_tags: [privileged]}"
    project = including(tmp_path / "project", "build-push", inputs)
    check_outside(rig, daemon, project, run(rig, project, pip_variables), "/component")


def test_the_component_without_daemon(rig: Rig, daemon: str, tmp_path: Path, buildah_image: str) -> None:
    own = f"helper_image: '{buildah_image}', registry_mirror: 'http://{rig.mirror}'"
    project = including(
        tmp_path / "project",
        "build-push-daemonless",
        f"{{image: daemonless, context: ., runner_tags: [unprivileged], {own}}}",
    )
    done = run(rig, project, {})
    check_outside(rig, daemon, project, done, "/daemonless")
    result = json.loads(next(done.artifacts_dir.rglob("ci-kit-result.json")).read_text(encoding="utf-8"))
    assert result["images"][0]["builder"] == "buildah"


def test_the_generated_file_with_buildah_has_no_daemon(
    rig: Rig, daemon: str, tmp_path: Path, buildah_image: str
) -> None:
    options = ("--builder", "buildah", "--helper", "image", "--helper-image", buildah_image, "--image", "by-buildah")
    project = generated(tmp_path / "project", *options, "--registry-mirror", f"http://{rig.mirror}")
    text = (project / ".gitlab-ci.yml").read_text(encoding="utf-8")
    assert "services:" not in text
    assert "DOCKER_" not in text
    done = run(rig, project, {})
    check_outside(rig, daemon, project, done, "/by-buildah")
    result = json.loads(next(done.artifacts_dir.rglob("ci-kit-result.json")).read_text(encoding="utf-8"))
    assert result["images"][0]["builder"] == "buildah"


# The rig has one machine: what is built for the other only copies files.
OF_TWO = FILES | {
    "Dockerfile": "FROM busybox:1.36 AS amd64\nFROM scratch AS arm64\nFROM ${TARGETARCH}\n"
    + "".join(FILES["Dockerfile"].splitlines(keepends=True)[1:])
}


def test_jobs_of_two_platforms_make_one_image(rig: Rig, daemon: str, tmp_path: Path, helper_image: str) -> None:
    options = ("--helper", "image", "--helper-image", helper_image, "--image", "native")
    native = ("--native", "linux/amd64=", "--native", "linux/arm64=")
    project = generated(tmp_path / "project", *options, *native, files=OF_TWO)
    check_two_platforms(rig, daemon, project, "/native")


def test_the_component_of_platforms_makes_one_image(rig: Rig, daemon: str, tmp_path: Path, helper_image: str) -> None:
    own = f"helper_image: '{helper_image}', runner_tags: [a], amd64_runner_tags: [b]"
    inputs = f"{{image: platforms, context: ., {own}}}"
    project = including(tmp_path / "project", "build-push-platforms", inputs, OF_TWO)
    check_two_platforms(rig, daemon, project, "/platforms")


def check_two_platforms(rig: Rig, daemon: str, project: Path, image: str) -> None:
    done = run(rig, project, {})
    check_outside(rig, daemon, project, done, image)
    result = json.loads(next(done.artifacts_dir.rglob("ci-kit-result.json")).read_text(encoding="utf-8"))
    assert result["images"][0]["platforms"] == ["linux/amd64", "linux/arm64"]
    assert result["images"][0]["builder"] == "merge"
    for platform in ("linux-amd64", "linux-arm64"):
        assert in_registry(rig, image, f"{sha_of(project)}-{platform}")


def test_a_later_job_reads_the_digest(rig: Rig, tmp_path: Path, helper_image: str) -> None:
    project = generated(tmp_path / "project", "--helper", "image", "--helper-image", helper_image, "--image", "handed")
    file = project / ".gitlab-ci.yml"
    later = "use:\n  stage: test\n  image: busybox:1.36\n  script: ['echo \"got $CI_KIT_IMAGE_REF\"']\n"
    file.write_text(file.read_text(encoding="utf-8") + later, encoding="utf-8")
    subprocess.run(["git", "-C", str(project), "commit", "-qam", "a later job"], check=True)
    done = run(rig, project, {})
    assert f"got {dotenv(done)['CI_KIT_IMAGE_REF']}" in done.log


def test_several_images(rig: Rig, tmp_path: Path, helper_image: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".ci-kit.yml").write_text(
        "version: 1\nimages:\n  - {name: one, image: one}\n  - {name: two, image: two}\n"
        f"pipeline: {{helper: image, helper_image: '{helper_image}'}}\n",
        encoding="utf-8",
    )
    for name, text in FILES.items():
        (project / name).write_text(text, encoding="utf-8")
    subprocess.run([CI_KIT, "generate"], cwd=project, check=True, capture_output=True)
    git_project(project, {})
    run(rig, project, {})
    for name in ("one", "two"):
        assert in_registry(rig, f"/{name}", sha_of(project)).startswith("sha256:")


def test_a_failing_build_fails_the_job_and_leaves_the_result(rig: Rig, tmp_path: Path, helper_image: str) -> None:
    project = generated(tmp_path / "project", "--helper", "image", "--helper-image", helper_image, "--image", "fails")
    (project / "Dockerfile").write_text("FROM busybox:1.36\nRUN exit 3\n", encoding="utf-8")
    subprocess.run(["git", "-C", str(project), "commit", "-qam", "break it"], check=True)
    done = run_pipeline(rig, project, {})
    assert done.exit_code != 0, done.log
    assert "was not built" in done.log
    assert in_registry(rig, "/fails", sha_of(project)) == ""


def test_the_job_of_the_original_document(rig: Rig, tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "plain-dind"
    files = {path.name: path.read_text(encoding="utf-8") for path in example.iterdir() if path.is_file()}
    project = git_project(tmp_path / "project", files)
    run(rig, project, {})
    assert in_registry(rig, "", sha_of(project)).startswith("sha256:")


def test_gitlab_away_is_a_warning(rig: Rig, tmp_path: Path, helper_image: str) -> None:
    project = generated(tmp_path / "project", "--helper", "image", "--helper-image", helper_image, "--image", "away")
    ask(rig, "mode", {"api": "down"})
    try:
        done = run(rig, project, {})
    finally:
        ask(rig, "mode", {"api": "ok"})
    assert "the image is pushed, but GitLab was not told" in done.log
    assert in_registry(rig, "/away", sha_of(project)) == dotenv(done)["CI_KIT_IMAGE_DIGEST"]


FAMILY = {
    ".ci-kit.yml": "version: 1\nimages:\n- {name: app, context: app, image: NAME/app}\n"
    "- {name: base, context: base, image: NAME/base}\n",
    "base/Dockerfile": "FROM busybox:1.36\nCOPY Dockerfile /base\n",
    "app/Dockerfile": 'ARG CI_REGISTRY_IMAGE\nFROM $CI_REGISTRY_IMAGE/NAME/base\nCMD ["cat", "/base"]\n',
}


@pytest.mark.parametrize("helper", ["none", "image"])
def test_an_image_that_is_made_from_another_waits_for_its_job(
    rig: Rig, daemon: str, tmp_path: Path, helper_image: str, helper: str
) -> None:
    project, name = tmp_path / "project", f"family-{helper}"
    for path, text in FAMILY.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text.replace("NAME", name), encoding="utf-8")
    words = ["--helper", helper, *(("--helper-image", helper_image) if helper == "image" else ())]
    subprocess.run([CI_KIT, "generate", *words], cwd=project, check=True, capture_output=True)
    done = run(rig, git_project(project, {}), {})
    said = dict(
        line.split("=", 1)
        for file in done.artifacts_dir.rglob("ci-kit.env")
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    base = in_registry(rig, f"/{name}/base", "latest")
    assert said["CI_KIT_IMAGE_REF_APP"].endswith(f"/app@{in_registry(rig, f'/{name}/app', 'latest')}")
    assert f"/{name}/base@{base}" in done.log
    assert output_of(rig, daemon, said["CI_KIT_IMAGE_REF_APP"]) == FAMILY["base/Dockerfile"]
