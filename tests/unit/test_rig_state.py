"""What a rig leaves in its folder when it goes: nothing of its own, and all that is not."""

from pathlib import Path

from tests.rig import state


def test_a_rig_that_goes_takes_its_wheels_along(tmp_path: Path) -> None:
    folder = tmp_path / "rig"
    state.new(folder, "unix:///nowhere.sock", docker="docker")
    (folder / "wheels" / "ci_kit-1-py3-none-any.whl").write_bytes(b"a wheel")
    state.clear(folder)
    assert not folder.exists()


def test_a_rig_that_goes_leaves_what_others_put_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "rig"
    state.new(folder, "unix:///nowhere.sock", docker="docker")
    (folder / "notes").write_text("mine")
    state.clear(folder)
    assert [path.name for path in folder.iterdir()] == ["notes"]
