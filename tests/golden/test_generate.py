"""The generated text, whole: a change of one byte is a change that somebody has looked at.

A case is a folder with a `.ci-kit.yml`; its golden file is the `.gitlab-ci.yml` beside it.
"""

from pathlib import Path

import pytest

from ci_kit.cli import main
from ci_kit.pipeline import components

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = sorted(path.parent for path in HERE.glob("*/.ci-kit.yml"))
EXAMPLES = [ROOT / "examples" / name for name in ("plain-shell", "several-images", "single-image")]


def compare(found: str, golden: Path, update: bool) -> None:
    if update:
        golden.write_text(found, encoding="utf-8", newline="\n")
    assert golden.is_file(), f"{golden} is missing: run pytest tests/golden --update-golden"
    assert golden.read_bytes().decode() == found, "changed: run pytest tests/golden --update-golden and read the diff"


@pytest.mark.parametrize("folder", [*CASES, *EXAMPLES], ids=lambda folder: folder.name)
def test_generated_text(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(folder)
    assert main(["generate", "--output", "-"]) == 0
    update = bool(request.config.getoption("--update-golden", default=False))
    compare(capsys.readouterr().out, folder / ".gitlab-ci.yml", update)


@pytest.mark.parametrize("name", components.NAMES)
def test_component_template(name: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
    assert main(["generate", "--template", name, "--output", "-"]) == 0
    update = bool(request.config.getoption("--update-golden", default=False))
    compare(capsys.readouterr().out, ROOT / "templates" / f"{name}.yml", update)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_every_image_of_an_example_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ci_kit.config import load

    monkeypatch.chdir(folder)
    settings = load.load(load.find(Path()), {}, {})
    assert [image.dockerfile for image in settings.images if not (folder / image.dockerfile).is_file()] == []
