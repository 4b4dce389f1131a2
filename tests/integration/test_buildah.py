"""buildah really builds and pushes, in a container as a job without any Docker daemon, with and without rights."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from tests.buildah_image import USER
from tests.integration.job import Job, assert_no_secret, make_job
from tests.integration.test_build_push import client
from tests.rig import Rig, releases

pytestmark = pytest.mark.integration
UNCONFINED = ("--security-opt", "seccomp=unconfined")
CANARY = "canary-5c1e9a"
DOCKERFILE = """\
FROM busybox:1.36 AS one
ARG COLOUR
RUN echo "${#COLOUR} letters" > /count
FROM busybox:1.36 AS final
COPY --from=one /count /count
COPY greeting /greeting
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /secret && mkdir /owned && chown 7:7 /owned
HEALTHCHECK CMD true
CMD ["cat", "/count", "/greeting", "/secret"]
FROM final AS not-built
RUN false
"""
# The job looks at itself while buildah works, and at what is left when it has ended.
SCRIPT = """\
words() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; }
ci-kit build-push "$@" & job=$!
while kill -0 $job 2>/dev/null; do
  words >> /seen/cmdline
  if [ -n "$STOP_AT" ] && grep -qs "$STOP_AT" /seen/cmdline; then kill -TERM $job; STOP_AT=; fi
  sleep 0.05
done
wait $job; code=$?
(ls -A /tmp "$HOME"; mount; words) > /seen/left
exit $code
"""


@dataclass(frozen=True, slots=True)
class Container:
    """Runs ci-kit in a fresh container of the image, as a runner would."""

    rig: Rig
    image: str
    job: Job

    def run(
        self, *arguments: str, options: tuple[str, ...] = UNCONFINED, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        left_out = ("PATH", "HOME", "TMPDIR", "DOCKER_HOST")
        said = {name: value for name, value in (self.job.environ | variables).items() if name not in left_out}
        said |= {"CI_SERVER_TLS_CA_FILE": "/rig/ca.crt", "CI_KIT_REGISTRY_MIRROR": f"http://{self.rig.mirror}"}
        file = self.job.project.parent / "variables"
        file.touch(0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in said.items()), encoding="utf-8")
        self.seen.mkdir(exist_ok=True)
        self.seen.chmod(0o777)
        mounts = {self.job.project: "/project", self.seen: "/seen", self.rig.ca: "/rig/ca.crt"}
        words = ["run", "--rm", "--network", self.rig.network, "--env-file", str(file), "--workdir", "/project"]
        words += [word for source, target in mounts.items() for word in ("--volume", f"{source}:{target}")]
        words += ["--entrypoint", "sh", *options, self.image, "-c", SCRIPT, "sh", *arguments]
        command = [self.rig.docker, "--host", self.rig.docker_host, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    @property
    def seen(self) -> Path:
        return self.job.project.parent / "seen"

    def image_of(self, name: str) -> dict[str, object]:
        """Return the configuration of what is in the registry."""
        registry = client(self.rig, self.job)
        repository = f"{self.job.environ['CI_REGISTRY_IMAGE'].partition('/')[2]}/{name}"
        manifest = registry.manifest(ImageRef(self.job.environ["CI_REGISTRY"], repository, self.job.sha))
        digest = json.loads(manifest.content)["config"]["digest"]
        found = json.loads(registry.blob(repository, digest))
        registry.close()
        return found


@pytest.fixture
def container(rig: Rig, buildah_image: str, tmp_path: Path) -> Container:
    job = make_job(rig, "", tmp_path / "project")
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    for path in (tmp_path, job.project, *job.project.iterdir()):
        path.chmod(0o777)
    return Container(rig, buildah_image, job)


def result(container: Container) -> dict[str, object]:
    text = (container.job.project / "ci-kit-result.json").read_text(encoding="utf-8")
    return json.loads(text)["images"][0]


def build(container: Container, name: str, *more: str, **how: object) -> "subprocess.CompletedProcess[str]":
    secret = ("--secret", "id=token,env=TOKEN")
    arguments = ("--no-skip", "--image", name, "--target", "final", "--build-arg", f"COLOUR={CANARY}", *secret, *more)
    done = container.run(*arguments, TOKEN=f"secret-{CANARY}", **how)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    return done


def check(container: Container, name: str) -> None:
    """Everything that the job says, asked of the registry; and what it left behind."""
    rig, job, image = container.rig, container.job, result(container)
    assert (image["builder"], image["platforms"]) == ("buildah", ["linux/amd64"])
    found = container.image_of(name)
    assert found["config"]["Labels"]["org.opencontainers.image.revision"] == job.sha
    assert found["created"] == "2026-11-01T12:00:00Z"
    assert found["config"]["Healthcheck"]["Test"] == ["CMD-SHELL", "true"]
    left, lines = (container.seen / "left").read_text(), (container.seen / "cmdline").read_text()
    assert "ci-kit-" not in left
    assert "buildah" in lines
    assert CANARY not in lines.replace(f"COLOUR={CANARY}", "")  # only our own command line, which the test wrote
    assert lines.count(f"--build-arg COLOUR={CANARY}") == lines.count(f"COLOUR={CANARY}")
    assert_no_secret(rig, job.environ, lines, left)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("buildah-root", UNCONFINED),
        ("buildah-user", (*UNCONFINED, "--user", str(USER), "--env", "HOME=/home/job")),
        ("buildah-overlay", (*UNCONFINED, "--volume", "/tmp")),
        ("buildah-privileged", ("--privileged", "--volume", "/tmp")),
    ],
)
def test_an_image_is_built_and_pushed_with_what_the_container_may(
    container: Container, name: str, options: tuple[str, ...]
) -> None:
    done = build(container, name, "--builder", "buildah", options=options)
    check(container, name)
    copies = "copies files instead of layers" in done.stderr
    assert copies == (name in ("buildah-root", "buildah-user"))
    assert done.stdout == f"{container.job.environ['CI_REGISTRY_IMAGE']}/{name}@{result(container)['digest']}\n"


def test_the_buildah_of_debian_12_works_too(container: Container) -> None:
    """As a privileged one: without rights it builds as well, but mounts no secrets (docs/builders.md)."""
    older = ("--volume", f"{releases.programs('bookworm')}/buildah:/usr/local/bin/buildah:ro")
    build(container, "buildah-1.28", "--builder", "buildah", options=("--privileged", "--volume", "/tmp", *older))
    check(container, "buildah-1.28")
    dockerfile = container.job.project / "Dockerfile"
    dockerfile.write_text(
        DOCKERFILE.replace("--mount=type=secret,id=token wc -c < /run/secrets/token > /secret &&", "")
    )
    build(container, "buildah-1.28-bare", "--builder", "buildah", options=(*UNCONFINED, *older))
    check(container, "buildah-1.28-bare")


def test_auto_finds_buildah_where_there_is_no_daemon_and_says_why(container: Container) -> None:
    flat = {
        "CI_REGISTRY": container.rig.flat_registry,
        "CI_REGISTRY_IMAGE": f"{container.rig.flat_registry}/app",
        "CI_REGISTRY_USER": "flat",
        "CI_REGISTRY_PASSWORD": container.rig.users["flat"]["password"],
    }
    done = build(container, "auto", **flat)
    none = "there is no Docker daemon: DOCKER_HOST is not set and /var/run/docker.sock does not exist"
    assert f"not with docker: {none}\nbuilder: buildah, the first that lacks nothing here\n" in done.stderr
    assert done.stdout.startswith(f"{container.rig.flat_registry}/app/auto@sha256:")


def test_a_container_that_may_nothing_is_told_what_is_missing_for_each_builder(container: Container) -> None:
    done = container.run("--image", "confined", options=())
    assert done.returncode == 4
    last = done.stderr.splitlines()[-1]
    assert "docker: there is no Docker daemon" in last
    assert "buildah: the container's seccomp filter forbids user namespaces" in last
    assert "buildkit: there is no buildctl-daemonless.sh" in last
    assert 'security_opt = ["seccomp:unconfined"]' in last


def test_a_step_that_fails_is_the_reason(container: Container) -> None:
    arguments = ("--image", "fails", "--builder", "buildah", "--target", "not-built", "--secret", "id=token,env=TOKEN")
    done = container.run(*arguments, TOKEN="x")
    assert done.returncode == 4
    assert 'fails was not built: building at STEP "RUN false"' in done.stderr.splitlines()[-1]


def test_a_job_that_is_stopped_leaves_nothing(container: Container) -> None:
    (container.job.project / "Dockerfile").write_text("FROM busybox:1.36\nRUN sleep 600\n", encoding="utf-8")
    done = container.run("--image", "stopped", "--builder", "buildah", STOP_AT="sleep 600")
    assert done.returncode == 130, done.stderr
    left = (container.seen / "left").read_text()
    assert "ci-kit-" not in left
    assert "sleep 600" not in left
