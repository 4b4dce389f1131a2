"""Every way a push goes wrong is one line with its cause, the right exit code, and nothing recorded as pushed."""

import json
import os
from pathlib import Path

import pytest

from tests.integration.job import Job, assert_no_secret, make_job
from tests.integration.severed import severed_after
from tests.rig import Rig

pytestmark = pytest.mark.integration


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    return make_job(rig, daemon, tmp_path / "project")


def refuse(rig: Rig, job: Job, code: int, *words: str, arguments: tuple[str, ...] = (), **variables: str) -> str:
    """Run build-push, require its exit code and the words of its one error line, and that nothing counts as pushed."""
    done = job.run("build-push", *arguments, **variables)
    line = done.stderr.strip().splitlines()[-1]
    assert done.returncode == code, done.stderr
    assert line.startswith("ci-kit build-push: error: ")
    assert " -> " in line
    for word in words:
        assert word in line
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert_no_secret(rig, job.environ, done.stderr)
    file = job.project / "ci-kit-result.json"
    assert not file.exists() or json.loads(file.read_text())["images"] == []
    return line


def other(registry: str) -> dict[str, str]:
    return {"CI_REGISTRY": registry, "CI_REGISTRY_IMAGE": f"{registry}/group/project"}


def test_wrong_password(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, "does not accept the password", "CI_REGISTRY_PASSWORD", CI_REGISTRY_PASSWORD="wrong")


def test_wrong_password_of_a_flat_registry(rig: Rig, job: Job) -> None:
    flat = {
        "CI_REGISTRY": rig.flat_registry,
        "CI_REGISTRY_IMAGE": f"{rig.flat_registry}/app",
        "CI_REGISTRY_USER": "flat",
    }
    refuse(rig, job, 5, "does not accept the password", CI_REGISTRY_PASSWORD="wrong", **flat)


def test_read_only_token(rig: Rig, job: Job) -> None:
    reader = {"CI_REGISTRY_USER": "reader", "CI_REGISTRY_PASSWORD": rig.users["reader"]["password"]}
    refuse(rig, job, 5, "may pull, but not push", "write_registry", **reader)


def test_token_without_a_registry_scope(rig: Rig, job: Job) -> None:
    user = {"CI_REGISTRY_USER": "apionly", "CI_REGISTRY_PASSWORD": rig.users["apionly"]["password"]}
    refuse(rig, job, 5, "read_registry", **user)


def test_project_of_another(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, "may do nothing", arguments=("--image", f"{rig.registry}/strange/project"))


def test_no_credentials(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, "wants a user and a password", CI_REGISTRY_USER="", CI_REGISTRY_PASSWORD="")


def test_half_of_the_credentials(rig: Rig, job: Job) -> None:
    refuse(rig, job, 2, "CI_REGISTRY_PASSWORD is not set", CI_REGISTRY_PASSWORD="")


def test_registry_unreachable(rig: Rig, job: Job) -> None:
    host = rig.registry.partition(":")[0]
    refuse(rig, job, 5, "nothing listens", **other(f"{host}:5999"))


def test_registry_name_without_address(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, "has no address", **other("registry.invalid:5050"))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html-200", "does not speak the registry protocol"),
        ("redirect", "a redirect to"),
        ("not-found", "does not speak the registry protocol"),
        ("self-signed", "self-signed"),
        ("wrong-host", "for another"),
        ("expired", "has expired"),
        ("plain-http", "speaks plain HTTP"),
        ("upstream-down", "502"),
    ],
)
def test_what_answers_is_no_healthy_registry(rig: Rig, job: Job, fault: str, words: str) -> None:
    refuse(rig, job, 5, words, **other(rig.faults[fault]))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("disk-full", "disk is full"),
        ("read-only", "read-only"),
        ("body-limit", "client_max_body_size"),
        ("no-forwarded-proto", "X-Forwarded-Proto"),
        ("host-without-port", "Host header"),
    ],
)
def test_the_push_fails_with_its_cause(rig: Rig, job: Job, fault: str, words: str) -> None:
    (job.project / "payload").write_bytes(os.urandom(24_000_000))
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nCOPY payload /payload\n", encoding="utf-8")
    refuse(rig, job, 5, words, **other(rig.faults[fault]))


def test_a_proxy_that_confirms_everything_has_not_pushed(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, **other(rig.faults["lying-push"]))


def test_certificate_not_trusted(rig: Rig, job: Job) -> None:
    refuse(rig, job, 5, "CA that is not trusted", "CI_KIT_CA", CI_SERVER_TLS_CA_FILE="")


def test_missing_variables(rig: Rig, job: Job) -> None:
    refuse(rig, job, 2, "CI_REGISTRY_IMAGE", "container registry", CI_REGISTRY_IMAGE="")


def test_no_dockerfile(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").rename(job.project / "Containerfile.old")
    refuse(rig, job, 2, "Dockerfile")


def test_dockerfile_that_fails(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nRUN exit 7\n", encoding="utf-8")
    for builder in ("docker", "buildx"):
        refuse(rig, job, 4, "was not built", arguments=("--image", f"fails-{builder}", "--builder", builder))


def test_dockerfile_with_a_typing_error(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").write_text("FORM busybox:1.36\n", encoding="utf-8")
    for builder in ("docker", "buildx"):
        refuse(rig, job, 4, "FORM", arguments=("--image", f"typing-{builder}", "--builder", builder))


def test_base_image_that_does_not_exist(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").write_text(f"FROM {rig.registry}/{rig.registry_path}/nothing:here\n", encoding="utf-8")
    for builder in ("docker", "buildx"):
        refuse(rig, job, 4, "was not built", arguments=("--image", f"base-{builder}", "--builder", builder))


def test_no_daemon(rig: Rig, job: Job) -> None:
    refuse(rig, job, 4, "no service", "does not exist", DOCKER_HOST="unix:///nonexistent/docker.sock")


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_daemon_gone_in_the_middle(rig: Rig, daemon: str, job: Job, builder: str, tmp_path: Path) -> None:
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nRUN sleep 30\n", encoding="utf-8")
    with severed_after(8, daemon, tmp_path / "cut.sock"):
        arguments = ("--image", f"cut-{builder}", "--builder", builder)
        refuse(rig, job, 4, "went away", arguments=arguments, DOCKER_HOST=f"unix://{tmp_path}/cut.sock")
