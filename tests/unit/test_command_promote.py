import json
from pathlib import Path

import pytest

from ci_kit.cli import main
from tests.unit.distribution import Distribution
from tests.unit.servers import Answer, web


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


D = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["h.io/a"], "the following arguments are required: DST"),
        (["h.io/a", "h.io/b"], "SRC: 'h.io/a' has no tag and no digest"),
        (["h.io/a:1", f"h.io/b@{D}"], "DST: 'h.io/b@sha256:0"),
        (["h.io/a:1", "h.io/B:1"], "a repository name is lower-case"),
        (["h.io/a:1", "h.io/b:-1"], "breaks the grammar"),
        (["a:1", "h.io/b"], "SRC: '$CI_REGISTRY_IMAGE' needs the variable CI_REGISTRY_IMAGE"),
        (["h.io/a:1", "h.io/b", "--if-digest", "sha256:1"], "--if-digest: 'sha256:1' is no digest"),
        (["https://h.io/a:1", "h.io/b"], "has a scheme"),
    ],
)
def test_what_is_given_wrongly_is_said_before_anything_is_asked(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["promote", *words]) == 2
    assert said in capsys.readouterr().err


def test_half_of_the_credentials_is_a_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_KIT_DESTINATION_USER", "robot")
    assert main(["promote", "h.io/a:1", "h.io/b"]) == 2
    assert "set the other one too" in capsys.readouterr().err


def test_stdout_is_one_reference_a_destination(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Distribution()
    made = registry.image("a/app", "1")
    with web(registry) as server:
        words = ["promote", f"{server.netloc}/a/app:1", ":stable", f"{server.netloc}/b/app"]
        assert main(words) == 0
    said = capsys.readouterr()
    digest = made["digest"]
    assert said.out.split() == [f"{server.netloc}/a/app@{digest}", f"{server.netloc}/b/app@{digest}"]
    assert registry.of("a/app").tags.keys() == {"1", "stable"}
    assert registry.of("b/app").tags.keys() == {"1"}
    assert "blobs: 2 mounted, set" in said.err


def test_names_are_below_the_project(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Distribution()
    registry.image("g/p/app", "1")
    with web(registry) as server:
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{server.netloc}/g/p")
        assert main(["promote", "app:1", "other:$CI_KIT_TEST_NONE"]) == 2
        assert main(["promote", "app:1", "other"]) == 0
    assert registry.of("g/p/other").tags.keys() == {"1"}


def test_json_and_files_hold_what_is_served_also_before_a_failure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    registry = Distribution()
    digest = registry.image("a/app", "1")["digest"]
    with web(registry) as server:
        bad = f"{server.netloc}/c/app:1"
        registry.faults.append(
            lambda seen, there: Answer(403) if seen.method == "PUT" and "/c/app/manifests/" in seen.path else None
        )
        words = ["promote", f"{server.netloc}/a/app:1", f"{server.netloc}/b/app", bad, "--json", "--result", "r.json"]
        assert main([*words, "--dotenv", "d.env"]) == 5
    said = json.loads(capsys.readouterr().out)
    assert [(one["image"], one["digest"], one["moved"]) for one in said["promoted"]] == [
        (f"{server.netloc}/b/app:1", digest, True)
    ]
    result = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["digest"], one["builder"]) for one in result["images"]] == [
        ("promote-app", digest, "promote")
    ]
    assert f"CI_KIT_IMAGE_DIGEST_PROMOTE_APP={digest}\n" in (tmp_path / "d.env").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_told_before_a_byte_moves(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    registry = Distribution()
    registry.image("a/app", "1")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with web(registry) as server:
        words = ["promote", f"{server.netloc}/a/app:1", f"{server.netloc}/b/app", "--result", "file/r.json"]
        assert main(words) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert registry.seen == []
