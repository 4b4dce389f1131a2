"""Lists and maps of lists in the settings: from the file, from flags, and what is wrong with them."""

from pathlib import Path

import pytest

from ci_kit.config import load
from ci_kit.config.settings import Settings
from ci_kit.errors import CiKitError


def of(tmp_path: Path, text: str, **flags: object) -> Settings:
    (tmp_path / "Dockerfile").touch()
    path = tmp_path / ".ci-kit.yml"
    path.write_text(f"version: 1\n{text}")
    return load.load(path, flags, {})


def test_runners_are_listed_for_each_platform(tmp_path: Path) -> None:
    found = of(tmp_path, "pipeline:\n  native:\n    linux/amd64: []\n    linux/arm64: [arm, big]\n")
    assert found.pipeline.native == {"linux/amd64": (), "linux/arm64": ("arm", "big")}
    found = of(tmp_path, "", native=["linux/amd64=", "linux/arm64=arm,big"])
    assert found.pipeline.native == {"linux/amd64": (), "linux/arm64": ("arm", "big")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{linux/arm64: arm}", ":3:25: pipeline.native.linux/arm64 must be a list of texts, not the text 'arm'"),
        ("{arm64: [arm]}", "pipeline.native.arm64: 'arm64' must be a platform like linux/arm64"),
        ("{linux/arm64: [1]}", ":3:26: pipeline.native.linux/arm64 must be text, not the number 1 -> put it in quotes"),
        ("[linux/arm64]", "pipeline.native must be a map of lists of texts, not a list"),
    ],
)
def test_what_is_no_such_map_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CiKitError) as caught:
        of(tmp_path, f"pipeline:\n  native: {text}\n")
    assert words in str(caught.value)


def test_commas_divide_what_a_flag_lists(tmp_path: Path) -> None:
    found = of(tmp_path, "", platforms=["linux/amd64,linux/arm64", "linux/arm/v7"])
    assert found.images[0].platforms == ("linux/amd64", "linux/arm64", "linux/arm/v7")
