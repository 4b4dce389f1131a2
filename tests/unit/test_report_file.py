import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from ci_kit.errors import UsageError
from ci_kit.report import file


def test_a_new_file_gets_the_mode_of_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "new.txt"
    before = os.umask(0o027)
    try:
        file.write(path, "größe\r\n")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert path.read_bytes() == "größe\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_an_old_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "old.txt"
    path.touch()
    path.chmod(mode)
    file.write(path, "new")
    assert path.stat().st_mode & 0o777 == mode


def test_a_reader_of_the_old_file_keeps_the_old_text(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old")
    with path.open() as reader:
        file.write(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    for name, target in (("link", "far/old.txt"), ("dangling", "far/new.txt")):
        (tmp_path / name).symlink_to(target)
        file.write(tmp_path / name, "text")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target).read_text() == "text"


def test_a_device_is_written_to_and_stays_a_device() -> None:
    file.write(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(path.read_text()))
    reader.start()
    file.write(path, "text")
    reader.join()
    assert said == ["text"]
    assert path.is_fifo()


def test_bytes_that_were_no_utf8_do_not_cost_the_file(tmp_path: Path) -> None:
    file.write(tmp_path / "x", "a\udcffb")
    assert (tmp_path / "x").read_bytes() == b"a?b"


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_may_not_be_written_to_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    folder.chmod(0o555)
    try:
        for path in (folder / "old.txt", folder / "new.txt", folder / "deep" / "new.txt"):
            with pytest.raises(UsageError, match="cannot be written: Permission denied -> check the folder") as caught:
                file.write(path, "new")
            assert caught.value.place == str(path)
        assert [path.read_text() for path in folder.iterdir()] == ["old"]
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["file.txt/below", "folder", "loop", "n" * 300, "zero\0byte"])
def test_a_path_that_can_be_no_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="cannot be written: "):
        file.write(tmp_path / name, "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.txt", "folder", "loop"]


WRITER = """
    import sys
    from pathlib import Path
    from ci_kit.report import file

    print("ready", flush=True)
    while True:
        for letter in "ab":
            file.write(Path(sys.argv[1]), letter * 300_000)
"""


def test_a_killed_writer_leaves_one_whole_text(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("a" * 300_000)
    for pause in (0.0, 0.001, 0.003, 0.007, 0.011, 0.02):
        command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Event().wait(pause)
            process.send_signal(signal.SIGKILL)
        assert path.read_text() in ("a" * 300_000, "b" * 300_000)
    assert all(left.name.startswith(".result.json.") for left in tmp_path.iterdir() if left != path)


def test_where_no_file_can_be_without_a_name_it_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*words: object, **options: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr("os.link", refused)
    file.write(tmp_path / "x", "text\n")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "text\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize(("is_lasting", "waits"), [(True, 1), (False, 0)])
def test_the_disk_is_waited_for_where_the_text_shall_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_lasting: bool, waits: int
) -> None:
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)
    file.write(tmp_path / "a", "text", is_lasting=is_lasting)
    assert (tmp_path / "a").read_text() == "text"
    assert len(waited) == waits
