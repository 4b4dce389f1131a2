"""`ci-kit build-push --print-tags`, and the ways to say the rules."""

import json
from pathlib import Path

import pytest

from ci_kit.cli import main

SHA = "0123456789abcdef0123456789abcdef01234567"
NAME = "registry.example.com/g/p"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a job for the git tag v1.2.3; neither daemon nor registry is there."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    known = {"CI_COMMIT_SHA": SHA, "CI_COMMIT_TAG": "v1.2.3", "CI_REGISTRY_IMAGE": NAME, "DOCKER_HOST": "tcp://none:1"}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_a_reference_a_line_and_what_may_become_of_it_on_stderr(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build-push", "--print-tags", "--tags", "type=semver", "--tags", "type=semver,pattern={{major}}"]) == 0
    said, told = capsys.readouterr()
    assert said.splitlines() == [f"{NAME}:{tag}" for tag in (SHA, "1.2.3", "1", "latest")]
    assert told.splitlines() == [
        f"{SHA}: of this commit alone",
        "1.2.3: set once, never overwritten",
        "1: moves, only forward",
        "latest: moves, only forward",
    ]


def test_as_json_with_the_rule_of_each(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (job / ".ci-kit.yml").write_text("version: 1\nimages:\n- {name: app, image: app, tags: [type=tag]}\n")
    assert main(["build-push", "--print-tags", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "version": 1,
        "images": [
            {
                "name": "app",
                "tags": [
                    {"reference": f"{NAME}/app:{SHA}", "kind": "commit", "moving": False, "rule": None},
                    {"reference": f"{NAME}/app:v1.2.3", "kind": "version", "moving": False, "rule": "type=tag"},
                    {"reference": f"{NAME}/app:latest", "kind": "moving", "moving": True, "rule": "latest"},
                ],
            }
        ],
    }


def test_a_flag_is_over_the_variable_is_over_the_file(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (job / ".ci-kit.yml").write_text("version: 1\nimages:\n- tags: [raw-of-file]\n")
    assert main(["build-push", "--print-tags"]) == 0
    monkeypatch.setenv("CI_KIT_TAGS", "# of the variable\n\ntype=raw,value=one\ntype=raw,value=two\n")
    assert main(["build-push", "--print-tags"]) == 0
    assert main(["build-push", "--print-tags", "--tags", "flag\nother"]) == 0
    tags = [line.rpartition(":")[2] for line in capsys.readouterr().out.splitlines()]
    assert [tag for tag in tags if tag != SHA] == ["raw-of-file", "one", "two", "flag", "other"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tags: [type=sha, type=shaa]", ".ci-kit.yml:3:20: tag rule 'type=shaa', column 6: type: there is no type"),
        ("tags: type=sha", ".ci-kit.yml:3:9: images[].tags must be a list of texts, not the text 'type=sha'"),
        ("tags: [1.2]", ".ci-kit.yml:3:10: images[].tags must be text, not the number 1.2 -> put it in quotes"),
        ('tags: ["a\\nb"]', "images[].tags: 'a\\nb' must be one line"),
        ("tags: [type=mr]", ".ci-kit.yml:3:10: no rule makes a tag here: 'type=mr': not the pipeline of a merge"),
        ("labels: {a b: c}", "images[].labels.a b: 'a b' must be a name of letters and digits, joined by . _ / or -"),
        ('labels: {a: "b\\nc"}', "images[].labels.a: has more than one line -> a value is one line"),
        ("overwrite_tags: maybe", "images[].overwrite_tags must be true or false"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    job: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (job / ".ci-kit.yml").write_text(f"version: 1\nimages:\n- {text}\n")
    assert main(["build-push", "--print-tags"]) == 2
    assert words in capsys.readouterr().err


def test_labels_are_over_those_that_are_set_anyway(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (job / ".ci-kit.yml").write_text(
        "version: 1\nimages:\n- labels: {org.opencontainers.image.licenses: MIT, org.opencontainers.image.version: x}\n"
    )
    monkeypatch.setenv("CI_KIT_LABELS", "maintainer=A=B\norg.opencontainers.image.licenses=BSD")
    assert main(["build-push", "--dry-run", "--format", "json"]) == 0
    labels = json.loads(capsys.readouterr().out)["plans"][0]["labels"]
    assert labels == {
        "org.opencontainers.image.revision": SHA,
        "org.opencontainers.image.version": "x",
        "org.opencontainers.image.ref.name": "v1.2.3",
        "org.opencontainers.image.licenses": "BSD",
        "maintainer": "A=B",
    }
