"""What the classic builder gets: what was hashed, and the Dockerfile and .dockerignore in any case."""

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from ci_kit.build.inputs import context, dockerignore
from ci_kit.build.inputs.archive import packed
from ci_kit.errors import BuildError


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def members(root: Path, dockerfile: Path) -> tuple[str, dict[str, tarfile.TarInfo], dict[str, str]]:
    """Return the Dockerfile's name, all members, and the text of files."""
    archive = packed(root, dockerfile, dockerfile.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive.pieces))) as tar:
        found = {item.name: item for item in tar.getmembers()}
        texts = {name: content.read().decode() for name, item in found.items() if (content := tar.extractfile(item))}
        return archive.dockerfile, found, texts


def test_what_is_hashed_is_what_is_sent(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="FROM scratch", a="1", src__b="2", src__c__d="", out__x="", out__keep="", gone__y="")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a").chmod(0o755)
    (tmp_path / ".dockerignore").write_text("out/*\n!out/keep\ngone\nsrc/c\n!src/c/none\n")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
        name, found, texts = members(tmp_path, tmp_path / "Dockerfile")
    rules = dockerignore.read(tmp_path, tmp_path / "Dockerfile")
    hashed = {entry.path for entry in context.entries(tmp_path, rules, os.environ)}
    assert set(found) == hashed | {"src", "out"}
    assert (name, texts["src/b"], found["link"].linkname, found["a"].mode) == ("Dockerfile", "2", "a", 0o755)
    assert found["empty"].isdir()


def test_the_dockerfile_and_the_rules_are_sent_in_any_case(tmp_path: Path) -> None:
    write(tmp_path, docker__Dockerfile="FROM scratch", a="", docker__b="")
    (tmp_path / ".dockerignore").write_text("*\n")
    name, found, _ = members(tmp_path, tmp_path / "docker" / "Dockerfile")
    assert name == "docker/Dockerfile"
    assert sorted(found) == [".dockerignore", "docker/Dockerfile"]


def test_rules_beside_the_dockerfile_hold(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="FROM scratch", a="", b="")
    (tmp_path / ".dockerignore").write_text("a\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("b\nD*\n")
    _, found, _ = members(tmp_path, tmp_path / "Dockerfile")
    assert sorted(found) == [".dockerignore", "Dockerfile", "a"]


@pytest.mark.parametrize("rules", ["", "a\n# x"])
def test_a_dockerfile_from_elsewhere_is_sent_and_not_copied(tmp_path: Path, rules: str) -> None:
    write(tmp_path, other__Dockerfile="FROM elsewhere", root__a="", root__b="")
    if rules:
        (tmp_path / "root" / ".dockerignore").write_text(rules)
    name, found, texts = members(tmp_path / "root", tmp_path / "other" / "Dockerfile")
    assert texts[name] == "FROM elsewhere"
    assert sorted(found) == sorted([".dockerignore", name, "b", *([] if rules else ["a"])])
    assert texts[".dockerignore"].splitlines()[-1] == name
    assert texts[".dockerignore"].startswith(rules)


def test_the_history_is_sent_unless_it_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="", a="")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("x")
    assert ".git/HEAD" in members(tmp_path, tmp_path / "Dockerfile")[1]
    (tmp_path / ".dockerignore").write_text(".git")
    assert ".git" not in members(tmp_path, tmp_path / "Dockerfile")[1]


@pytest.mark.usefixtures("unprivileged")
def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="", a="")
    (tmp_path / "a").chmod(0)
    with pytest.raises(BuildError, match="a cannot be read: Permission denied"):
        list(packed(tmp_path, tmp_path / "Dockerfile", b"").pieces)


def test_what_changes_while_it_is_sent_is_told(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="", a="1" * 1_000_000)
    pieces = packed(tmp_path, tmp_path / "Dockerfile", b"").pieces
    next(pieces)
    os.truncate(tmp_path / "a", 500_000)
    with pytest.raises(BuildError, match="a changes while it is read"):
        list(pieces)


def test_what_goes_away_is_not_sent_and_one_file_of_two_names_is_sent_once(tmp_path: Path) -> None:
    write(tmp_path, Dockerfile="", a="1", b="2" * 1_000_000, c="3")
    (tmp_path / "d").hardlink_to(tmp_path / "b")
    (tmp_path / ("l" * 150)).write_bytes(b"4" * 512)
    pieces = packed(tmp_path, tmp_path / "Dockerfile", b"").pieces
    begin = next(pieces)
    (tmp_path / "c").unlink()
    with tarfile.open(fileobj=io.BytesIO(begin + b"".join(pieces))) as tar:
        assert [(item.name, item.size, item.linkname) for item in tar] == [
            ("Dockerfile", 0, ""),
            ("a", 1, ""),
            ("b", 1_000_000, ""),
            ("d", 0, "b"),
            ("l" * 150, 512, ""),
        ]
