"""`ci-kit login` before real registries: what docker calls a success is none where a push would fail."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.job import Job, assert_no_secret, variables
from tests.rig import Rig

pytestmark = pytest.mark.integration
REPOSITORY = "group/project/login"


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    """A job whose registry is the rig's, and where docker has no login yet."""
    project = tmp_path / "project"
    project.mkdir()
    environ = variables(rig, daemon, project, "a" * 40)
    folder = tmp_path / "docker"
    return Job(project, environ | {"DOCKER_CONFIG": str(folder), "CI_REGISTRY_IMAGE": f"{rig.registry}/{REPOSITORY}"})


def of_user(rig: Rig, name: str) -> dict[str, str]:
    return {"CI_REGISTRY_USER": name, "CI_REGISTRY_PASSWORD": rig.users[name]["password"]}


def of_registry(registry: str) -> dict[str, str]:
    return {"CI_REGISTRY": registry, "CI_REGISTRY_IMAGE": f"{registry}/{REPOSITORY}"}


def docker(rig: Rig, job: Job, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [rig.docker, *arguments]
    return subprocess.run(command, env=job.environ, input=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("user", "actions"),
    [
        ("ci-user", ["delete", "pull", "push"]),
        ("gitlab-ci-token", ["delete", "pull", "push"]),
        ("gitlab-deploy-token", ["pull", "push"]),
    ],
)
def test_a_login_says_what_may_be_done_and_docker_can_do_it(rig: Rig, job: Job, user: str, actions: list[str]) -> None:
    done = job.run("login", "--json", **of_user(rig, user))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)["logins"][0]
    assert (said["registry"], said["repository"], said["user"]) == (rig.registry, REPOSITORY, user)
    assert (said["ok"], said["proved"], said["actions"], said["seconds"]) == (True, "push", actions, 300)
    assert_no_secret(rig, job.environ, done.stdout, done.stderr)
    image = f"{rig.registry}/{REPOSITORY}:{user}"
    assert docker(rig, job, "tag", "busybox:1.36", image).returncode == 0
    pushed = docker(rig, job, "push", image)
    assert pushed.returncode == 0, pushed.stderr
    assert job.run("logout").returncode == 0
    assert docker(rig, job, "push", image).returncode != 0
    assert docker(rig, job, "rmi", image).returncode == 0


def test_the_flat_registry_is_logged_in_to_in_the_same_way(rig: Rig, job: Job) -> None:
    done = job.run("login", **of_registry(rig.flat_registry), **of_user(rig, "flat"))
    assert done.returncode == 0, done.stderr
    assert f"{rig.flat_registry}/{REPOSITORY}: may pull and push; a trial upload went through" in done.stdout
    wrong = job.run("login", **of_registry(rig.flat_registry), CI_REGISTRY_USER="flat", CI_REGISTRY_PASSWORD="wrong")
    assert wrong.returncode == 5
    assert "does not accept the password of 'flat' (from CI_REGISTRY_PASSWORD)" in wrong.stderr


def test_several_registries_keep_their_logins_beside_each_other(rig: Rig, job: Job) -> None:
    assert job.run("login").returncode == 0
    arguments = ("login", f"https://{rig.flat_registry}/", "-u", "flat", "--password-variable", "WORD", "--verify")
    done = job.run(*arguments, WORD=rig.users["flat"]["password"])
    assert done.returncode == 0, done.stderr
    assert f"note: 'https://{rig.flat_registry}/' means the registry '{rig.flat_registry}'" in done.stderr
    file = Path(job.environ["DOCKER_CONFIG"], "config.json")
    assert set(json.loads(file.read_text())["auths"]) == {rig.registry, rig.flat_registry}
    assert file.stat().st_mode & 0o777 == 0o600
    assert job.run("logout", rig.flat_registry).returncode == 0
    assert set(json.loads(file.read_text())["auths"]) == {rig.registry}


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("reader", "may pull, but not push"),
        ("apionly", "has no right to any registry -> give the token the scopes"),
        ("flat", "does not accept the password of 'flat'"),
    ],
)
def test_credentials_that_cannot_push_are_refused_and_not_kept(rig: Rig, job: Job, user: str, words: str) -> None:
    done = job.run("login", **of_user(rig, user))
    assert (done.returncode, done.stdout) == (5, "")
    assert words in done.stderr
    assert_no_secret(rig, job.environ, done.stdout, done.stderr)
    assert not Path(job.environ["DOCKER_CONFIG"]).exists()


def test_a_job_token_cannot_push_to_another_project(rig: Rig, job: Job) -> None:
    done = job.run("login", f"{rig.registry}/other/project", **of_user(rig, "gitlab-ci-token"))
    assert done.returncode == 5
    assert f"may do nothing on {rig.registry}/other/project" in done.stderr


def test_a_reader_may_log_in_for_pulling(rig: Rig, job: Job) -> None:
    done = job.run("login", "--for", "pull", **of_user(rig, "reader"))
    assert done.returncode == 0, done.stderr
    assert f"{rig.registry}/{REPOSITORY}: may pull; a question for a tag was answered" in done.stdout


SEVEN = {
    "html-200": (True, "does not speak the registry protocol: /v2/ answers an HTML page"),
    "redirect": (True, "does not speak the registry protocol: /v2/ answers a redirect"),
    "no-forwarded-proto": (False, "set X-Forwarded-Proto in the proxy"),
    "host-without-port": (False, "pass the Host header with its port"),
    "body-limit": (False, "set client_max_body_size 0 in every proxy"),
    "disk-full": (False, "the registry's disk is full"),
    "read-only": (False, "the registry is read-only now"),
}


@pytest.mark.parametrize("fault", SEVEN)
def test_where_docker_says_succeeded_and_a_push_would_fail_the_cause_is_named(rig: Rig, job: Job, fault: str) -> None:
    registry, (wrong, words) = rig.faults[fault], SEVEN[fault]
    password = "wrong" if wrong else rig.users["ci-user"]["password"]
    theirs = docker(rig, job, "login", registry, "-u", "ci-user", "--password-stdin", stdin=password)
    assert "Login Succeeded" in theirs.stdout, theirs.stderr
    docker(rig, job, "logout", registry)
    before = Path(job.environ["DOCKER_CONFIG"], "config.json").read_bytes()
    done = job.run("login", **of_registry(registry), CI_REGISTRY_PASSWORD=password)
    assert (done.returncode, done.stdout) == (5, "")
    assert words in done.stderr
    assert " -> " in done.stderr
    assert_no_secret(rig, job.environ, done.stdout, done.stderr)
    assert Path(job.environ["DOCKER_CONFIG"], "config.json").read_bytes() == before


def test_a_reader_whom_docker_lets_in_is_told_that_it_cannot_push(rig: Rig, job: Job) -> None:
    password = rig.users["reader"]["password"]
    theirs = docker(rig, job, "login", rig.registry, "-u", "reader", "--password-stdin", stdin=password)
    assert "Login Succeeded" in theirs.stdout, theirs.stderr
    done = job.run("login", rig.registry, "-u", "reader", "--password-variable", "WORD", WORD=password)
    assert done.returncode == 5
    assert "may pull, but not push" in done.stderr


def test_twenty_jobs_on_one_machine_log_in_at_once(rig: Rig, job: Job) -> None:
    flat = of_registry(rig.flat_registry) | of_user(rig, "flat")
    running = [job.start("login", **(flat if number % 2 else {})) for number in range(20)]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 20, said
    file = Path(job.environ["DOCKER_CONFIG"], "config.json")
    assert set(json.loads(file.read_text())["auths"]) == {rig.registry, rig.flat_registry}


def test_nothing_of_a_login_is_left_in_the_checkout_or_in_temporary_folders(rig: Rig, job: Job) -> None:
    temporary = job.project.parent / "temporary"
    temporary.mkdir()
    done = job.run("login", TMPDIR=str(temporary), CI_PROJECT_DIR=str(job.project))
    assert done.returncode == 0, done.stderr
    assert [*job.project.iterdir(), *temporary.iterdir()] == []
    assert [path.name for path in Path(job.environ["DOCKER_CONFIG"]).iterdir()] == ["config.json"]
