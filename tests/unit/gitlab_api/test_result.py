import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ci_kit.errors import UsageError
from ci_kit.gitlab_api import result
from ci_kit.gitlab_api.result import Result
from ci_kit.model.check import Check
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base, Layer
from ci_kit.model.record import BuildRecord, Failure, JobFacts, TagMove
from ci_kit.model.step import Step
from ci_kit.report import file
from tests.results import assert_result

DIGEST = "sha256:" + "0123456789abcdef" * 4
RECORD = BuildRecord(
    name="app",
    image=ImageRef("registry.example.com:5050", "group/project/app", "0123"),
    digest=DIGEST,
    tags=("0123", "main"),
    builder="buildx",
    seconds=1.234,
    size=123456,
    platforms=("linux/amd64", "linux/arm64/v8"),
    content="sha256:ab",
    skipped=True,
    recorded={"dotenv": "ci-kit.env", "commit_status": "sent"},
)
FACTS = JobFacts(sha="0123", ref="größe", merge_request="7", api_url="https://gitlab.example.com")


@pytest.mark.parametrize("found", [Result((RECORD, RECORD), FACTS), Result((), JobFacts())])
def test_what_is_written_is_read_again(tmp_path: Path, found: Result) -> None:
    path = tmp_path / "result.json"
    file.write(path, found.as_text())
    assert result.read(path) == found


def test_what_became_of_each_tag_is_kept(tmp_path: Path) -> None:
    moves = (TagMove("0123", "set"), TagMove("latest", "kept", DIGEST, "2.0.0 is newer"))
    found = Result((RECORD._replace(moves=moves),), FACTS)
    said = json.loads(found.as_text())["images"][0]["moves"]
    assert said[1] == {"tag": "latest", "state": "kept", "was": DIGEST, "reason": "2.0.0 is newer"}
    path = tmp_path / "result.json"
    file.write(path, found.as_text())
    assert result.read(path) == found


def whole() -> Result:
    steps = (Step("[1/2] FROM x", "done", 1.5), Step("[2/2] RUN y", "cached"))
    record = RECORD._replace(
        reason="it is there already",
        base=Base("host/app:main", DIGEST, 12),
        steps=steps,
        layers=(Layer(DIGEST, 5, "RUN y", "linux/amd64"),),
        checks=(Check("scan", "failed", "trivy found CRITICAL"),),
    )
    failure = Failure("web", RECORD.image, "web was not built: exit code: 1", 4, steps[:1])
    return Result((record,), FACTS, (failure,))


def test_steps_layers_checks_and_failures_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    file.write(path, whole().as_text())
    assert result.read(path) == whole()
    said = json.loads(path.read_text())
    assert said["images"][0]["cache"] == {"cached": 1, "of": 1}
    assert said["failures"][0]["exit_code"] == 4


def test_a_file_that_the_schema_does_not_know_is_found_by_it() -> None:
    said = json.loads(whole().as_text())
    said["images"][0]["moves"] = [{"tag": "a", "state": "flown", "was": "", "reason": ""}]
    with pytest.raises(AssertionError, match="flown"):
        assert_result(json.dumps(said))


def test_the_file_keeps_its_contract() -> None:
    said = json.loads(Result((RECORD,), FACTS).as_text())
    assert said["version"] == 1
    assert said["images"] == [
        {
            "name": "app",
            "image": "registry.example.com:5050/group/project/app:0123",
            "digest": DIGEST,
            "tags": ["0123", "main"],
            "skipped": True,
            "content": "sha256:ab",
            "builder": "buildx",
            "seconds": 1.234,
            "size": 123456,
            "platforms": ["linux/amd64", "linux/arm64/v8"],
            "recorded": {"dotenv": "ci-kit.env", "commit_status": "sent"},
        }
    ]
    assert said["job"] == {
        "sha": "0123",
        "ref": "größe",
        "merge_request": "7",
        "api_url": "https://gitlab.example.com",
    }


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json: cannot be read: No such file or directory -> give the file"):
        result.read(tmp_path / "none.json")


def test_a_file_of_another_version_is_refused_in_a_bounded_line(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    for version in (2, "x" * 9999):
        path.write_text(json.dumps({"version": version}))
        with pytest.raises(UsageError, match=r"has version .* this ci-kit knows 1") as caught:
            result.read(path)
        assert len(str(caught.value)) < 400


def changed(**said: object) -> str:
    return json.dumps({"version": 1, "images": [RECORD.as_json() | said]})


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"version": 1}',
        b'{"version": 1, "images": {}, "job": 5}',
        b'{"version": 1, "images": [5]}',
        changed(size=float("inf")).encode(),
        changed(size=float("nan")).encode(),
        changed(seconds="x").encode(),
        changed(recorded=[]).encode(),
        changed(tags=5).encode(),
        changed(moves=5).encode(),
        changed(steps=[{"name": "a", "state": "flown", "seconds": 1}]).encode(),
        changed(layers=[5]).encode(),
        changed(base={"image": "x"}).encode(),
        changed(checks=[{"name": "a", "state": "maybe", "detail": ""}]).encode(),
        changed(moves=[{"tag": "a", "state": "flown", "was": "", "reason": ""}]).encode(),
        b'{"version": 1, "images": [{"seconds": 1' + b"0" * 400 + b"}]}",
    ],
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(text)
    with pytest.raises(UsageError, match="is not a result of ci-kit build-push -> give the file that build-push"):
        result.read(path)


_VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=4),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.sampled_from(["dotenv", "sha"]), inner),
    max_leaves=4,
)
_MORE = ("reason", "base", "steps", "layers", "checks")
_KEYS = some.sampled_from([*RECORD.as_json(), *_MORE, "job"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_KEYS, _VALUES)
def test_no_file_is_a_bug(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "result.json"
    document = {"version": 1, "images": [RECORD.as_json()], "job": FACTS.as_json()}
    if key == "job":
        document["job"] = value  # type: ignore[assignment]
    else:
        document["images"] = [RECORD.as_json() | {key: value}]
    path.write_text(json.dumps(document))
    try:
        found = result.read(path)
    except UsageError:
        return
    file.write(path, found.as_text())
