"""The rig is what it says: jobs run, registries and GitLab refuse what they should, faults fail as named."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.rig import Rig, daemon, git_project, load, run_pipeline, state, stop
from tests.rig.process import run

pytestmark = pytest.mark.integration

DOCUMENT_JOB = """
build:
  image: docker:latest
  services:
    - docker:dind
  variables:
    DOCKER_TLS_CERTDIR: "/certs"
  script:
    - docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" .
    - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"
"""
# In a fresh daemon, which has the image from the registry or not at all.
PULLING_JOB = """
try:
  stage: deploy
  image: docker:cli
  services: [docker:dind]
  script:
    - docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"
    - echo "image says:" "$(docker run --rm "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" cat /built)"
"""
OWN, OTHER = "group/project", "other/project"
SHA = "a" * 40


class Answer:
    """Status, headers and body of one response."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(rig: Rig, host: str, path: str, method: str = "GET", **options: Any) -> Answer:
    """One request over TLS with the rig's authority; redirects are not followed."""
    context = ssl.create_default_context(cafile=rig.ca)
    connection = http.client.HTTPSConnection(host, context=context, timeout=30)
    body = options.pop("body", None)
    headers = options.pop("headers", {})
    if isinstance(body, dict):
        body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
    try:
        connection.request(method, path, body=body, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def token_answer(rig: Rig, user: str, scope: str, password: str = "") -> Answer:
    headers = basic(user, password or rig.password(user)) if user else {}
    query = f"service=container_registry&scope={scope}" if scope else "service=container_registry"
    return ask(rig, rig.address, f"/jwt/auth?{query}", headers=headers)


def granted(answer: Answer) -> dict[str, list[str]]:
    payload = answer.json["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return {item["name"]: item["actions"] for item in claims["access"]}


def docker(rig: Rig, folder: Path, *words: str, stdin: str = "") -> str:
    client = [rig.docker, "--config", str(folder), "--host", rig.docker_host]
    return run([*client, *words], stdin=stdin.encode(), environ={"DOCKER_BUILDKIT": "0"})


# --- jobs ----------------------------------------------------------------------------------------------------------


def test_the_job_of_the_document_runs_unmodified(rig: Rig, tmp_path: Path) -> None:
    files = {".gitlab-ci.yml": DOCUMENT_JOB + PULLING_JOB, "Dockerfile": "FROM busybox:1.36\nRUN echo built >/built\n"}
    project = git_project(tmp_path / "project", files)
    done = run_pipeline(rig, project)
    assert done.exit_code == 0, done.log
    assert "image says: built" in done.log


def test_a_failing_job_fails_the_pipeline_and_leaves_artifacts(rig: Rig, tmp_path: Path) -> None:
    jobs = """
fails:
  image: docker:cli
  script:
    - test "$GITLAB_CI $OWN $CI_SERVER_TLS_CA_FILE" = "true value /rig/ca.crt"
    - cp "$CI_SERVER_TLS_CA_FILE" kept.txt
    - exit 3
  artifacts: {when: always, paths: [kept.txt]}
"""
    done = run_pipeline(rig, git_project(tmp_path / "project", {".gitlab-ci.yml": jobs}), {"OWN": "value"})
    assert done.exit_code != 0
    assert "FAIL 3" in " ".join(done.log.split())
    assert (done.artifacts_dir / "fails/kept.txt").read_text() == Path(rig.ca).read_text()


def test_job_images_are_posix_only(rig: Rig, tmp_path: Path) -> None:
    words = ["run", "--rm", "docker:cli", "sh", "-c"]
    assert docker(rig, tmp_path, *words, "command -v bash || echo none").strip() == "none"
    docker(rig, tmp_path, *words, "git --version && python3 -m venv /tmp/v && docker buildx version")


def test_a_name_that_does_not_exist_is_said_not_to(trusting: Rig, tmp_path: Path) -> None:
    words = ["run", "--rm", "--network", trusting.network, "busybox:1.36"]
    found = docker(trusting, tmp_path, *words, "sh", "-c", "nslookup registry.example.test || true")
    assert "NXDOMAIN" in found


@pytest.fixture
def trusting(rig: Rig) -> Rig:
    """The rig, if the daemon at its docker_host trusts the rig's authority."""
    if rig.host_mode != "root":
        pytest.skip("the daemon of this machine does not trust the rig's authority; only a private one (root) does")
    return rig


# --- registries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "user"), [("registry", "ci-user"), ("flat_registry", "flat")])
def test_docker_pushes_and_pulls(trusting: Rig, tmp_path: Path, place: str, user: str) -> None:
    rig = trusting
    host = rig.registry if place == "registry" else rig.flat_registry
    image = f"{host}/{OWN}/pushed:1" if place == "registry" else f"{host}/pushed:1"
    docker(rig, tmp_path, "login", "-u", user, "--password-stdin", host, stdin=rig.password(user))
    docker(rig, tmp_path, "tag", "busybox:1.36", image)
    pushed = docker(rig, tmp_path, "push", "--quiet", image)
    docker(rig, tmp_path, "rmi", image)
    docker(rig, tmp_path, "pull", image)
    assert pushed
    assert docker(rig, tmp_path, "run", "--rm", image, "echo", "ran") == "ran\n"


def test_the_mirror_holds_busybox(rig: Rig) -> None:
    host, _, port = rig.mirror.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/v2/library/busybox/tags/list")
    assert json.loads(connection.getresponse().read())["tags"] == ["1.36"]
    connection.close()


@pytest.mark.parametrize(
    ("user", "project", "actions"),
    [
        ("gitlab-ci-token", OWN, "pull,push,delete"),
        ("gitlab-ci-token", OTHER, ""),
        ("ci-user", OTHER, "pull,push,delete"),
        ("reader", OWN, "pull"),
        ("gitlab-deploy-token", OWN, "pull,push"),
        ("gitlab-deploy-token", OTHER, ""),
    ],
)
def test_tokens_grant_what_the_user_may(rig: Rig, user: str, project: str, actions: str) -> None:
    answer = token_answer(rig, user, f"repository:{project}/app:pull,push,delete")
    assert answer.status == 200
    expected = {f"{project}/app": actions.split(",")} if actions else {}
    assert granted(answer) == expected


@pytest.mark.parametrize(
    ("user", "password", "scope", "status", "words"),
    [
        ("", "", "", 403, "access forbidden"),
        ("apionly", "", "repository:group/project:pull", 403, "access forbidden"),
        ("ci-user", "wrong", "repository:group/project:pull", 401, "HTTP Basic: Access denied"),
        ("nobody", "wrong", "", 401, "HTTP Basic: Access denied"),
    ],
)
def test_tokens_are_refused(rig: Rig, user: str, password: str, scope: str, status: int, words: str) -> None:
    answer = token_answer(rig, user, scope, password)
    assert answer.status == status
    assert words in answer.json["errors"][0]["message"]


def test_oauth_requests_for_tokens_are_not_known(rig: Rig) -> None:
    assert ask(rig, rig.address, "/jwt/auth", "POST", body="grant_type=password").status == 404


# --- GitLab --------------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh_gitlab(rig: Rig) -> Iterator[Rig]:
    ask(rig, rig.address, "/__rig__/reset", "POST")
    yield rig
    ask(rig, rig.address, "/__rig__/reset", "POST")


def call(rig: Rig, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
    headers = {"job": "JOB-TOKEN"}.get(who, "PRIVATE-TOKEN")
    token = {headers: rig.api_tokens[who]} if who != "nobody" else {}
    return ask(rig, rig.address, f"/api/v4{path}", method, headers=token, body=body)


STATUS = ("POST", f"/projects/42/statuses/{SHA}", {"state": "success", "name": "image"})
NOTE = ("POST", "/projects/42/merge_requests/1/notes", {"body": "pushed"})
NAME = ("PUT", "/projects/42/pipelines/2001/metadata", {"name": "an image"})
RELEASE = ("POST", "/projects/42/releases", {"tag_name": "v1"})


@pytest.mark.parametrize(
    ("who", "request_", "status"),
    [
        ("job", ("GET", "/job", None), 200),
        ("project", ("GET", "/job", None), 401),
        ("job", ("GET", "/user", None), 401),
        ("project", ("GET", "/user", None), 200),
        ("project", ("GET", "/projects/group%2Fproject", None), 200),
        ("nobody", ("GET", "/projects/42", None), 404),
        ("project", ("GET", "/projects/44", None), 404),
        ("job", ("GET", "/projects/42/registry/repositories", None), 200),
        ("job", ("GET", "/projects/44/registry/repositories", None), 404),
        ("job", ("GET", f"/projects/42/repository/commits/{SHA}", None), 200),
        ("job", ("GET", "/projects/42/merge_requests/1/notes", None), 200),
        ("job", STATUS, 401),
        ("job", NOTE, 401),
        ("job", NAME, 200),
        ("job", RELEASE, 201),
        ("project", STATUS, 201),
        ("project", NOTE, 201),
        ("reader", STATUS, 403),
        ("reader", ("GET", "/projects/42/merge_requests/1/notes", None), 200),
        ("none", ("GET", "/projects/42", None), 403),
        ("nobody", STATUS, 401),
    ],
)
def test_gitlab_lets_each_token_do_what_it_may(fresh_gitlab: Rig, who: str, request_: Any, status: int) -> None:
    method, path, body = request_
    assert call(fresh_gitlab, who, method, path, body).status == status


def test_what_is_written_can_be_read_without_secrets(fresh_gitlab: Rig) -> None:
    call(fresh_gitlab, "project", *STATUS)
    note = call(fresh_gitlab, "project", *NOTE).json
    path = f"/projects/42/merge_requests/1/notes/{note['id']}"
    assert call(fresh_gitlab, "project", "PUT", path, {"body": "again"}).json["body"] == "again"
    seen = ask(fresh_gitlab, fresh_gitlab.address, "/__rig__/state")
    assert seen.json["statuses"][SHA][0]["status"] == "success"
    assert [note["body"] for note in seen.json["notes"]["1"]] == ["again"]
    assert {"method": "PUT", "path": f"/api/v4{path}", "as": "project", "status": 200} in seen.json["requests"]
    assert not any(token.encode() in seen.body for token in fresh_gitlab.api_tokens.values())


def repositories(rig: Rig) -> Iterator[Mapping[str, Any]]:
    """Every repository of the project, page by page: other tests leave more than one page holds."""
    page = "1"
    while page:
        answer = call(rig, "job", "GET", f"/projects/42/registry/repositories?per_page=100&page={page}")
        yield from answer.json
        page = answer.headers["X-Next-Page"]


def test_tags_are_those_of_the_registry(fresh_gitlab: Rig, trusting: Rig, tmp_path: Path) -> None:
    rig, image = trusting, f"{trusting.registry}/{OWN}/tagged"
    docker(rig, tmp_path, "login", "-u", "ci-user", "--password-stdin", rig.registry, stdin=rig.password("ci-user"))
    for tag in ("one", "two"):
        docker(rig, tmp_path, "tag", "busybox:1.36", f"{image}:{tag}")
        docker(rig, tmp_path, "push", "--quiet", f"{image}:{tag}")
    found = next(one for one in repositories(rig) if one["name"] == "tagged")
    tags = f"/projects/42/registry/repositories/{found['id']}/tags"
    first = call(rig, "job", "GET", f"{tags}?per_page=1")
    assert (first.headers["X-Total"], first.headers["X-Next-Page"], first.json[0]["name"]) == ("2", "2", "one")
    detail = call(rig, "job", "GET", f"{tags}/one").json
    pulled = docker(rig, tmp_path, "image", "inspect", "--format", "{{.RepoDigests}}", f"{image}:one")
    assert detail["digest"] in pulled
    assert detail["total_size"] > 0
    assert call(rig, "job", "DELETE", f"{tags}/one").status == 200
    assert [tag["name"] for tag in call(rig, "job", "GET", tags).json] == ["two"]


@pytest.mark.parametrize(("mode", "status"), [("down", 502), ("500", 500)])
def test_the_api_can_fail_while_tokens_are_given(fresh_gitlab: Rig, mode: str, status: int) -> None:
    ask(fresh_gitlab, fresh_gitlab.address, "/__rig__/mode", "POST", body={"api": mode})
    assert call(fresh_gitlab, "job", "GET", "/job").status == status
    assert token_answer(fresh_gitlab, "ci-user", "").status == 200


def test_wheels_are_served_to_pip(rig: Rig) -> None:
    wheel = Path(rig.wheels, "rig_test-1-py3-none-any.whl")
    wheel.write_bytes(b"a wheel")
    try:
        assert wheel.name.encode() in ask(rig, rig.address, "/wheels/").body
        assert ask(rig, rig.address, f"/wheels/{wheel.name}").body == b"a wheel"
    finally:
        wheel.unlink()


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("html-200", 200, "text/html"),
        ("redirect", 302, "text/html"),
        ("upstream-down", 502, "text/html"),
        ("not-found", 404, "text/html"),
        ("body-limit", 401, "application/json"),
    ],
)
def test_proxies_answer_as_the_fault_says(rig: Rig, name: str, status: int, kind: str) -> None:
    answer = ask(rig, rig.faults[name], "/v2/")
    assert (answer.status, answer.headers.get_content_type()) == (status, kind)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("self-signed", "self-signed certificate"),
        ("wrong-host", "IP address mismatch"),
        ("expired", "certificate has expired"),
        ("plain-http", "WRONG_VERSION_NUMBER|wrong version number"),
    ],
)
def test_tls_fails_as_the_fault_says(rig: Rig, name: str, words: str) -> None:
    with pytest.raises(ssl.SSLError, match=words):
        ask(rig, rig.faults[name], "/v2/")


def upload(rig: Rig, name: str, size: int) -> Answer:
    """Open an upload at a fault and send `size` bytes in one go."""
    headers = bearer(rig)
    opened = ask(rig, rig.faults[name], f"/v2/{OWN}/fault/blobs/uploads/", "POST", headers=headers)
    if opened.status != 202:
        return opened
    place = "/" + opened.headers["Location"].split("/", 3)[3]
    return ask(rig, rig.faults[name], place, "PATCH", headers=headers, body=b"\0" * size)


def bearer(rig: Rig) -> dict[str, str]:
    scope = f"repository:{OWN}/fault:pull,push"
    return {"Authorization": f"Bearer {token_answer(rig, 'ci-user', scope).json['token']}"}


@pytest.mark.parametrize(
    ("name", "size", "status"), [("body-limit", 2_000_000, 413), ("disk-full", 1, 500), ("read-only", 1, 405)]
)
def test_uploads_fail_as_the_fault_says(rig: Rig, name: str, size: int, status: int) -> None:
    assert upload(rig, name, size).status == status


@pytest.mark.parametrize(
    ("name", "scheme", "port"), [("no-forwarded-proto", "http:", True), ("host-without-port", "https:", False)]
)
def test_uploads_are_sent_to_the_wrong_place(rig: Rig, name: str, scheme: str, port: bool) -> None:
    opened = ask(rig, rig.faults[name], f"/v2/{OWN}/fault/blobs/uploads/", "POST", headers=bearer(rig))
    place = opened.headers["Location"].split("/")
    assert (place[0], ":" in place[2]) == (scheme, port)


def test_a_lying_push_is_accepted_and_not_there(rig: Rig) -> None:
    path, host = f"/v2/{OWN}/fault/manifests/1", rig.faults["lying-push"]
    assert ask(rig, host, path, "PUT", headers=bearer(rig), body="{}").status == 201
    assert ask(rig, host, path, "HEAD", headers=bearer(rig)).status == 404


# --- up and down ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
    path.rmdir()
    yield path
    stop(path)


def up(folder: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.rig", "up", "--dir", str(folder)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def leftovers(folder: Path, identity: str) -> list[str]:
    """What of a rig is still on this machine: files, processes, mounts, control groups, containers' cables."""
    found = [str(folder)] if folder.exists() else []
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "cgroup", "mountinfo"):
            try:
                text = (process / name).read_text(errors="replace")
            except OSError:
                continue
            if f"{folder}/" in text or f"ci-kit-rig-{identity}" in text:
                found.append(f"{process / name}")
    groups = Path("/sys/fs/cgroup")
    name = f"ci-kit-rig-{identity}"
    return found + [str(path) for path in [groups / name, *groups.glob(f"*/{name}")] if path.exists()]


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        assert process.poll() is None, f"`up` ended before it made {path}"
        time.sleep(0.005)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a private daemon needs root")


@needs_root
@pytest.mark.parametrize("moment", ["state.json", "launcher.pid", "docker.sock", "config/nginx.conf", "rig.json"])
def test_down_after_a_killed_up_leaves_nothing(folder: Path, moment: str) -> None:
    process = up(folder)
    wait_for(folder / moment, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    saved = state.load(folder)
    assert saved is not None
    number = load(folder).address.split(".")[2] if moment == "rig.json" else None
    stop(folder)
    assert leftovers(folder, saved.identity) == []
    if number:
        assert not Path(f"/sys/class/net/ci-rig-{number}").exists()
    stop(folder)


@needs_root
def test_a_second_up_in_the_same_folder_is_refused(rig: Rig) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.rig", "up", "--dir", rig.directory],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "a rig is already here" in done.stderr
    assert ask(rig, rig.registry, "/v2/").status == 401


@needs_root
def test_a_process_that_took_the_number_is_not_killed(folder: Path) -> None:
    folder.mkdir()
    saved = state.new(folder, "", docker="docker")
    with subprocess.Popen(["/bin/sh", "-c", "sleep 60; :"]) as innocent:
        (folder / "launcher.pid").write_text(f"{innocent.pid} 1\n")
        daemon.stop(saved, folder)
        assert innocent.poll() is None
        innocent.kill()
