import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ci_kit.cli import main
from tests.unit.servers import CONFIG, Answer, Seen, Store, web


@pytest.fixture(autouse=True)
def _job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job in a checkout without settings, with a token that GitLab's API may take."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"CI_PROJECT_ID": "5", "CI_JOB_TOKEN": "x", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)


RULES = [{"tag_name_pattern": "^v[0-9]"}, {"tag_name_pattern": "("}, {}]


def api(location: str) -> Callable[[Seen], Answer]:
    def answer(seen: Seen) -> Answer:
        said: object = RULES if "/protection/" in seen.path else [{"id": 3, "location": location}]
        return Answer(200, json.dumps(said).encode(), (("Content-Type", "application/json"),))

    return answer


@pytest.fixture
def store() -> Store:
    filled = Store()
    index = {"manifests": [{"digest": filled.image(size=7)}, {"digest": filled.image("plain"), "size": 1}]}
    attestation = {"digest": f"sha256:{'0' * 64}", "size": 9, "annotations": {"vnd.docker.reference.type": "x"}}
    index["manifests"].append(attestation)
    filled.put(index, "v1", "latest")
    filled.image("old", created="2020-01-02T03:04:05Z", size=5_000_000)
    return filled


@pytest.fixture
def registry(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registry whose repository group/project is the job's own, without any GitLab."""
    with web(lambda seen: Answer(404) if "/project/latest/" in seen.path else store(seen)) as server:
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{server.netloc}/group/project")
        yield server.netloc


def tags(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    assert main(["images", "--json", *arguments]) == 0
    return [image["tags"] for image in json.loads(capsys.readouterr().out)["images"]]


def test_the_table_has_a_line_for_each_digest(registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].split() == ["REPOSITORY", "DIGEST", "SIZE", "UNIQUE", "CREATED", "PLATFORMS", "COMMIT", "TAGS"]
    assert [line.split("  ")[-1].strip() for line in lines[1:]] == ["latest, v1", "plain", "old"]
    assert "linux/amd64,linux/amd64, attested" in lines[1]
    assert said.err == "3 images, 4 tags, 5.0 MB with shared layers counted once\n"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("latest", ["latest", "v1"]),
        (":plain", ["plain"]),
        ("{registry}/group/project:old", ["old"]),
    ],
)
def test_one_image_is_told_in_full(
    argument: str, expected: list[str], registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", argument.format(registry=registry)]) == 0
    lines = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["tags"].strip() == ", ".join(expected)
    assert lines["image"].strip().startswith(f"{registry}/group/project@sha256:")


def test_a_digest_is_found_under_a_tag_or_without_one(
    store: Store, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tagged, child = store.image("plain"), store.image(size=7)
    assert tags(capsys, tagged) == [["plain"]]
    assert tags(capsys, f"@{child}") == [[]]
    assert tags(capsys, f"{registry}/group/project@{child}", ":old") == [[], ["old"]]


@pytest.mark.parametrize("argument", [":nothing", f"sha256:{'0' * 64}"])
def test_a_tag_or_digest_that_is_nowhere_is_told(
    argument: str, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", argument]) == 5
    assert "is not in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (["tag~^v"], [["latest", "v1"]]),
        (["tag!~^(v|old)"], [["plain"]]),
        (["tag=plain"], [["plain"]]),
        (["older=365d"], [["old"]]),
        (["newer=1w"], []),
        (["size>1MB"], [["old"]]),
        (["size<1MB", "kind=image"], [["plain"]]),
        (["platform=linux/arm64"], []),
        (["label.a=b", "tag!=old"], [["latest", "v1"], ["plain"]]),
        (["label.c=b"], []),
    ],
)
def test_images_are_chosen(
    test: list[str], expected: list[list[str]], registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tags(capsys, *(word for one in test for word in ("--filter", one))) == expected


@pytest.mark.parametrize(
    "test", ["", "tag", "colour=red", "older=soon", "size>", "size>big", "tag~(", "older~3d", "=x"]
)
def test_a_test_that_is_none_is_told(test: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "--filter", test]) == 2
    assert "--filter: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("order", "first"),
    [(["size"], "old"), (["tag"], "latest"), (["size", "--reverse"], "plain"), (["created"], "latest")],
)
def test_the_order_may_be_chosen(
    order: list[str], first: str, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tags(capsys, "--sort", *order)[0][0] == first


def test_the_tree_has_tags_children_and_attestations(registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "--tree", "--filter", "tag=v1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:15].rstrip() for line in lines[1:]] == [
        "├── tag latest", "├── tag v1", "├── image linux", "├── image linux", "└── attestation"
    ]  # fmt: skip


def test_a_chart_has_every_bar(registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "--chart"]) == 0
    out = capsys.readouterr().out
    assert [line.split(" (")[0] for line in out.splitlines() if line.startswith("Storage")] == [
        "Storage by repository", "Storage by tag", "Storage by age"
    ]  # fmt: skip
    assert "over a year" in out


@pytest.mark.parametrize("name", ["chart.svg", "chart.html"])
def test_a_chart_is_a_file_that_needs_nothing_else(
    name: str, registry: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import xml.etree.ElementTree as xml

    config = {"os": "<script>alert(1)</script>\x1b\x00", "created": "2026-01-02T03:04:05Z", "config": {"Labels": None}}
    store.put({"config": {"mediaType": CONFIG, "digest": store.put(config), "size": 3}}, "evil")
    assert main(["images", "--chart", str(tmp_path / name)]) == 0
    text = (tmp_path / name).read_text(encoding="utf-8")
    picture = text[text.index("<svg") : text.index("</svg>") + 6]
    assert {element.tag.rpartition("}")[2] for element in xml.fromstring(picture).iter()} >= {"svg", "rect", "title"}
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert capsys.readouterr().out.startswith("REPOSITORY")


@pytest.mark.parametrize("arguments", [["--chart", "plain"], ["--json", "--chart"], ["--tree", "--chart"]])
def test_a_chart_that_has_no_place_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", *arguments]) == 2
    assert "--chart: " in capsys.readouterr().err


def test_what_an_image_says_of_itself_does_not_steer_the_terminal(
    store: Store, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"org.opencontainers.image.revision": "\x1b[2J\n", "\ud800": "\x07"}
    config = {"os": "\x1b]0;x", "architecture": "\r", "config": {"Labels": labels}}
    store.put({"config": {"mediaType": CONFIG, "digest": store.put(config), "size": 3}}, "evil")
    for arguments in ([], ["--tree"], ["--json"], [":evil"], ["--chart"]):
        assert main(["images", *arguments]) == 0
        assert not set("\x1b\x07\r") & set("".join(capsys.readouterr()))


def test_a_broken_tag_is_told_at_the_end_and_the_others_are_listed(
    store: Store, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put({"layers": 5}, "broken")
    assert main(["images", "--json"]) == 5
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert len(document["images"]) == 3
    assert [problem["place"] for problem in document["problems"]] == ["group/project:broken"]
    assert "ci-kit images: error: group/project:broken: " in said.err


def test_a_whole_registry_is_listed(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(seen: Seen) -> Answer:
        if seen.path.startswith("/v2/_catalog"):
            return Answer(200, b'{"repositories": ["one", "deep/two", "../evil", 5]}')
        return store(seen)

    with web(answer) as server:
        assert main(["images", f"{server.netloc}/", "--json"]) == 0
        found = {image["repository"] for image in json.loads(capsys.readouterr().out)["images"]}
    assert found == {f"{server.netloc}/one", f"{server.netloc}/deep/two"}


def test_the_cache_may_lie_elsewhere_or_nowhere(
    registry: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["images", "--no-cache"]) == 0
    assert not (tmp_path / ".cache").exists()
    assert main(["images", "--cache", str(tmp_path / "kept")]) == 0
    assert (tmp_path / "kept").is_dir()
    assert main(["images"]) == 0
    assert (tmp_path / ".cache/ci-kit/registry").is_dir()


def test_the_repositories_of_the_project_come_from_gitlab(
    registry: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with web(api(f"{registry}/group/project/api")) as gitlab:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images", "--json", "--filter", "tag=old"]) == 0
    [found] = json.loads(capsys.readouterr().out)["images"]
    assert found["repository"] == f"{registry}/group/project/api"
    assert found["protected"] is None


def test_gitlab_is_asked_for_protected_tags_only_when_wanted(
    registry: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with web(api(f"{registry}/group/project")) as gitlab:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images", f"{registry}/group/project", "--json", "--protected"]) == 0
        assert gitlab.paths() == ["/api/v4/projects/5/registry/protection/tag/rules?per_page=100"]
    found = {image["tags"][0]: image["protected"] for image in json.loads(capsys.readouterr().out)["images"]}
    assert found == {"latest": True, "plain": False, "old": False}
    assert main(["images", f"{registry}/group/project"]) == 0
    assert "PROTECTED" not in capsys.readouterr().out


def test_an_image_outside_of_the_project_is_asked_for_in_its_registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_REGISTRY_IMAGE", "registry.invalid/g/p")
    store = Store()
    store.image("two")
    with web(api("registry.invalid/g/p")) as gitlab, web(store) as registry:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images", f"{registry.netloc}/other/app", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(one["repository"], one["tags"]) for one in said["images"]] == [(f"{registry.netloc}/other/app", ["two"])]
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
    assert len(said.err.splitlines()) == 2  # and the sums


def test_a_gitlab_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with web(lambda seen: Answer(500)) as gitlab:
        monkeypatch.setenv("CI_SERVER_URL", f"http://{gitlab.netloc}")
        assert main(["images"]) == 6
    assert capsys.readouterr() == ("", "ci-kit images: error: GitLab answers 500 -> look at its log\n")
