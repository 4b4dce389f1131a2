import json
from pathlib import Path

import pytest

from ci_kit.cli import main
from tests.unit.servers import Answer, Seen, Store, web


@pytest.fixture(autouse=True)
def _job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job in a checkout without settings, with a token that GitLab's API may take."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"CI_PROJECT_ID": "5", "CI_JOB_TOKEN": "x", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


def api(seen: Seen) -> Answer:
    said: object = {"name": "one", "digest": "sha256:1", "total_size": 1500, "created_at": "2026-01-02T03:04:05.000Z"}
    if "/tags/" not in seen.path:
        said = [{"name": "one"}] if "/tags" in seen.path else [{"id": 3, "location": "registry.invalid/g/p"}]
    return Answer(200, json.dumps(said).encode(), (("Content-Type", "application/json"),))


def test_the_project_is_listed_through_gitlab(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_REGISTRY_IMAGE", "registry.invalid/g/p")
    with web(api) as gitlab:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images"]) == 0
    assert capsys.readouterr() == (
        "REPOSITORY            TAG  DIGEST    SIZE    CREATED\n"
        "registry.invalid/g/p  one  sha256:1  1.5 kB  2026-01-02 03:04:05\n",
        "",
    )


def test_an_image_outside_of_the_project_is_asked_for_in_its_registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_REGISTRY_IMAGE", "registry.invalid/g/p")
    store = Store()
    store.image("two")
    with web(api) as gitlab, web(store) as registry:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images", f"{registry.netloc}/other/app", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(one["repository"], one["tag"]) for one in said["images"]] == [(f"{registry.netloc}/other/app", "two")]
    assert gitlab.seen == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_not_leaves_it_to_the_registry_and_says_so(
    status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store()
    store.image("two")
    with web(lambda seen: Answer(status)) as gitlab, web(store) as registry:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        assert main(["images"]) == 0
    said = capsys.readouterr()
    assert f"{registry.netloc}/g/p" in said.out
    assert "; asking the registry instead\n" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_gitlab_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with web(lambda seen: Answer(500)) as gitlab:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images"]) == 6
    assert capsys.readouterr() == ("", "ci-kit images: error: GitLab answers 500 -> look at its log\n")
