import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ci_kit.build.engine import Engine
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready
from ci_kit.errors import BuildError, CiKitError, DaemonError, DeniedError, NotPushedError, TransportError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.auth import ANONYMOUS, Credentials
from tests.unit.servers import Answer, Authority, Seen, Web, web

IMAGE = ImageRef("registry.example.com", "g/p/app", "0123")
DIGEST = "sha256:" + "0" * 64
WHO = Credentials("robot", "canary-s3cret", "flag")


def stream(*events: object, cut: bool = False) -> Answer:
    body = "".join(json.dumps(event) + "\n" for event in events).encode()
    return Answer(200, body, (("Content-Type", "application/json"),), hang_up=cut, chunked=True)


@contextmanager
def engine(answer: Callable[[Seen], Answer | None], folder: Path) -> Iterator[tuple[Engine, Web]]:
    with web(answer) as server:
        made = Engine(Endpoint(f"tcp://{server.netloc}"), Ready("1.44", buildkit=True), str(folder))
        try:
            yield made, server
        finally:
            made.close()


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    dockerfile = str(tmp_path / "Dockerfile")
    return BuildPlan("app", IMAGE, (), str(tmp_path), dockerfile, "final", {"A": "b"}, {"label": "x"})


def built(answer: Answer | None, plan: BuildPlan, lines: list[str]) -> Web:
    with engine(lambda seen: answer, Path(plan.context)) as (made, server):
        made.build(plan, lines.append, b"FROM scratch", {"host": WHO, "docker.io": WHO, "none": ANONYMOUS})
    return server


def test_a_build_asks_for_what_the_plan_says_and_passes_its_lines_on(plan: BuildPlan) -> None:
    lines: list[str] = []
    server = built(stream({"stream": "Step 1\n\n one\ntwo\n"}, {"aux": {"ID": "sha256:1"}}), plan, lines)
    assert lines == ["Step 1", " one", "two"]
    path = server.seen[0].path
    assert path.startswith("/v1.44/build?")
    logins = json.loads(base64.urlsafe_b64decode(server.seen[0].headers["x-registry-config"]))
    assert logins == dict.fromkeys(("host", "https://index.docker.io/v1/"), WHO.daemon_login())
    assert all(part in path for part in ("t=registry.example.com%2Fg%2Fp%2Fapp%3A0123", "target=final", "buildargs="))


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (stream({"stream": "x"}, {"error": "The command returned a non-zero code: 1"}), BuildError, "non-zero code: 1"),
        (stream({"stream": "x"}), BuildError, "the daemon ended the build without an image"),
        (stream({"error": "no space left on device"}), BuildError, "the disk of the daemon is full"),
        (
            Answer(500, b'{"message": "dockerfile parse error"}'),
            BuildError,
            "app was not built: dockerfile parse error",
        ),
        (stream({"stream": "x"}, cut=True), DaemonError, "the Docker daemon went away in the middle of the work"),
        (Answer(200, b"{not json"), DaemonError, "the Docker daemon went away"),
        (None, DaemonError, "the Docker daemon went away"),
    ],
)
def test_no_failure_of_a_build_is_lost_in_the_stream(
    plan: BuildPlan, answer: Answer | None, kind: type[CiKitError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        built(answer, plan, [])
    assert type(caught.value) is kind


def test_a_reader_that_went_away_is_not_blamed_on_the_daemon(plan: BuildPlan) -> None:
    def closed(line: str) -> None:
        raise BrokenPipeError

    with (
        engine(lambda seen: stream({"stream": "Step 1"}), Path(plan.context)) as (made, _),
        pytest.raises(BrokenPipeError),
    ):
        made.build(plan, closed, b"FROM scratch", {})


@pytest.mark.usefixtures("unprivileged")
def test_a_file_that_may_not_be_read_is_not_blamed_on_the_daemon(plan: BuildPlan) -> None:
    secret = Path(plan.context, "secret")
    secret.touch()
    secret.chmod(0)
    with pytest.raises(BuildError, match="secret cannot be read: Permission denied -> make it readable, or name it in"):
        built(stream(), plan, [])


def pushed(answer: Answer, folder: Path, credentials: Credentials = WHO) -> tuple[str, Web]:
    with engine(lambda seen: answer, folder) as (made, server):
        return made.push(IMAGE, credentials, lambda text: None, lambda: None), server


@pytest.mark.parametrize("credentials", [WHO, ANONYMOUS])
def test_a_push_returns_the_digest_and_sends_the_login_in_its_header(tmp_path: Path, credentials: Credentials) -> None:
    digest, server = pushed(stream({"status": "x"}, {"aux": {"Digest": DIGEST}}), tmp_path, credentials)
    assert digest == DIGEST
    seen = server.seen[0]
    assert seen.path == "/v1.44/images/registry.example.com/g/p/app/push?tag=0123"
    said = json.loads(base64.urlsafe_b64decode(seen.headers.get("x-registry-auth", "e30=")))
    assert said.get("username", "") == credentials.user
    assert said.get("password", "") == credentials.password


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (stream({"error": "denied: requested access"}), DeniedError, "was not pushed: denied: requested access"),
        (stream({"status": "done"}), NotPushedError, "the daemon ended the push without a digest"),
        (Answer(500, b'{"message": "x509: unknown authority"}'), TransportError, "was not pushed: x509"),
        (stream({"status": "x"}, cut=True), DaemonError, "the Docker daemon went away"),
    ],
)
def test_no_failure_of_a_push_is_lost_in_the_stream(
    tmp_path: Path, answer: Answer, kind: type[CiKitError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        pushed(answer, tmp_path)
    assert type(caught.value) is kind
    assert WHO.password not in str(caught.value)


def test_when_the_daemon_tries_again_the_cause_is_looked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []
    answer = stream(
        {"status": "Retrying in 5 seconds"}, {"status": "Retrying in 4 seconds"}, {"aux": {"Digest": DIGEST}}
    )
    with engine(lambda seen: answer, tmp_path) as (made, _):
        assert made.push(IMAGE, WHO, lambda text: None, lambda: asked.append("probe")) == DIGEST
    assert asked == ["probe"]


def test_a_better_cause_than_dockers_ends_the_push(tmp_path: Path) -> None:
    def stuck() -> None:
        raise TransportError("a proxy refuses bodies of this size")

    answer = stream({"status": "Retrying in 5 seconds"})
    with engine(lambda seen: answer, tmp_path) as (made, _), pytest.raises(TransportError, match="a proxy refuses"):
        made.push(IMAGE, WHO, lambda text: None, stuck)


@pytest.mark.parametrize("legacy", [False, True], ids=["with key usage", "without key usage"])
def test_the_daemon_is_asked_over_tls_with_both_certificates_and_no_proxy(
    tmp_path: Path, legacy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = Authority(tmp_path / "ca", "ca", legacy=legacy)
    pair = ca.issue("client", "DNS:client")
    for path, name in ((ca.certificate, "ca.pem"), (pair.certificate, "cert.pem"), (pair.key, "key.pem")):
        (tmp_path / name).write_bytes(path.read_bytes())
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    tls = ca.issue("server", "DNS:localhost").server(ca.certificate)
    with web(lambda seen: stream({"aux": {"Digest": DIGEST}}), tls) as server:
        endpoint = Endpoint(f"tcp://localhost:{server.port}", tmp_path)
        made = Engine(endpoint, Ready("1.44", buildkit=True), str(tmp_path))
        assert made.push(IMAGE, WHO, lambda text: None, lambda: None) == DIGEST
        made.close()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Answer(200, json.dumps({"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}).encode()), True),
        (Answer(200, json.dumps({"DriverStatus": [["Backing Filesystem", "extfs"]]}).encode()), False),
        (Answer(200, b'{"DriverStatus": null}'), False),
        (Answer(500, b"no"), False),
        (None, False),
    ],
)
def test_the_store_of_the_daemon_is_what_it_says(tmp_path: Path, said: Answer | None, expected: bool) -> None:
    with engine(lambda seen: said, tmp_path) as (made, server):
        assert made.has_containerd_store is expected
        assert made.has_containerd_store is expected
    assert server.paths() == ["/info"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Answer(200, b'{"Id": "sha256:1"}'), True),
        (Answer(404, b'{"message": "no such image"}'), False),
        (None, False),
    ],
)
def test_whether_the_daemon_has_an_image(tmp_path: Path, said: Answer | None, expected: bool) -> None:
    with engine(lambda seen: said, tmp_path) as (made, server):
        assert made.has(IMAGE.with_digest(DIGEST)) is expected
    assert server.paths() == [f"/images/{IMAGE.name}@{DIGEST}/json"]


def test_steps_of_earlier_images_and_a_platform_are_asked_for(plan: BuildPlan) -> None:
    told = plan._replace(platforms=("linux/arm64",))
    with engine(lambda seen: stream({"aux": {"ID": "sha256:1"}}), Path(plan.context)) as (made, server):
        made.build(told, lambda line: None, b"FROM a", {}, (IMAGE.with_tag("main"),))
    query = parse_qs(urlsplit(server.seen[0].path).query)
    assert json.loads(query["cachefrom"][0]) == ["registry.example.com/g/p/app:main"]
    assert query["platform"] == ["linux/arm64"]


@pytest.mark.parametrize("answer", [stream({"error": "denied"}), Answer(404, b'{"message": "denied"}')])
def test_an_earlier_image_that_cannot_be_pulled_is_no_failure(tmp_path: Path, answer: Answer) -> None:
    told: list[str] = []
    with engine(lambda seen: answer, tmp_path) as (made, _):
        assert not made.pull(IMAGE, WHO, told.append)
    assert told[0].startswith(f"no cache from {IMAGE}: ")
    assert WHO.password not in told[0]
    with engine(lambda seen: stream({"status": "done"}), tmp_path) as (made, server):
        assert made.pull(IMAGE, WHO, told.append)
    assert "fromImage=registry.example.com" in server.seen[0].path


def test_the_digest_is_read_from_the_text_where_the_daemon_tells_it_nowhere_else(tmp_path: Path) -> None:
    answer = stream({"status": "Pushed", "id": "8681"}, {"status": f"0123: digest: {DIGEST} size: 444"})
    with engine(lambda seen: answer, tmp_path) as (made, _):
        assert made.push(IMAGE, WHO, lambda text: None, lambda: None) == DIGEST
