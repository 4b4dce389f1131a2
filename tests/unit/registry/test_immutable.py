import pytest

from ci_kit.registry.immutable import is_immutable


@pytest.mark.parametrize(
    "tag", ["1.2.3", "v1.2.3", "0.0.0", "v10.20.30-rc.1", "1.2.3-alpha", "1.2.3_build.5", "a" * 40, "0" * 64]
)
def test_full_versions_and_commits_never_move(tag: str) -> None:
    assert is_immutable(tag)


@pytest.mark.parametrize(
    "tag", ["latest", "main", "1", "1.2", "v1", "v1.2", "mr-5", "release-1.2.3", "1.2.x", "a" * 39, "g" * 40, "01.2.3"]
)
def test_everything_else_moves(tag: str) -> None:
    assert not is_immutable(tag)
