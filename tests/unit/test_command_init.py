"""`ci-kit init`: every Dockerfile found gets an entry, a name of its own, and a file that loads."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from ci_kit.cli import main
from ci_kit.config import first, load


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dockerfile(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("FROM scratch\n")


def test_each_dockerfile_becomes_an_image(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile("Dockerfile", "Dockerfile.worker", "services/api/Dockerfile", "docker/web.dockerfile")
    Path("Dockerfile.dockerignore").touch()
    assert main(["init"]) == 0
    assert capsys.readouterr().err == "ci-kit init: wrote .ci-kit.yml with 4 image(s) -> ci-kit generate\n"
    settings = load.load(Path(".ci-kit.yml"), {}, {})
    assert [(image.name, image.context, image.dockerfile, image.image) for image in settings.images] == [
        ("image", ".", "Dockerfile", ""),
        ("worker", ".", "Dockerfile.worker", "worker"),
        ("web", "docker", "docker/web.dockerfile", "web"),
        ("api", "services/api", "services/api/Dockerfile", "api"),
    ]


def test_what_it_writes_can_be_generated(project: Path) -> None:
    dockerfile("api/Dockerfile", "My App/Dockerfile")
    assert main(["init"]) == 0
    assert main(["generate"]) == 0
    assert "build-push:my-app:" in Path(".gitlab-ci.yml").read_text()


def test_it_does_not_overwrite(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile("Dockerfile")
    Path(".ci-kit.yml").write_text("version: 1\n")
    assert main(["init"]) == 2
    assert ".ci-kit.yml: is there already -> see what would be written with --print" in capsys.readouterr().err
    assert Path(".ci-kit.yml").read_text() == "version: 1\n"


def test_print_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile("Dockerfile")
    assert main(["init", "--print"]) == 0
    assert "version: 1\n" in capsys.readouterr().out
    assert not Path(".ci-kit.yml").exists()


def test_no_dockerfile_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 2
    assert f"there is no Dockerfile in {project} or below" in capsys.readouterr().err


def test_what_git_ignores_is_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile("Dockerfile", "build/Dockerfile", "tracked/Dockerfile", ".devcontainer/Dockerfile")
    Path(".gitignore").write_text("build/\n")
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "add", "tracked"], check=True)
    main(["init", "--print"])
    shown = capsys.readouterr().out
    assert "context: tracked" in shown
    assert "build" not in shown
    assert "devcontainer" not in shown


def test_without_git_hidden_and_foreign_folders_are_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dockerfile("app/Dockerfile", ".cache/Dockerfile", "node_modules/x/Dockerfile")
    main(["init", "--print"])
    shown = capsys.readouterr().out
    assert "context: app\n" in shown
    assert (".cache" in shown, "node_modules" in shown) == (False, False)


def test_names_that_collide_take_more_of_their_path() -> None:
    paths = [PurePosixPath(name) for name in ("x/api/Dockerfile", "y/api/Dockerfile", "image/Dockerfile", "Dockerfile")]
    text = first.text(paths)
    for name in ("x-api", "y-api", "image-2"):
        assert f"name: {name}\n" in text
