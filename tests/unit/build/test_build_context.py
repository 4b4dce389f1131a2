"""What is in a build context: the same answer with git's help and without it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_kit.build.inputs import context, dockerignore, git_objects
from ci_kit.build.inputs.context import Entry
from ci_kit.errors import BuildError

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # git's id of a file without content
HELLO = "ce013625030ba8dba906f756967f9e9ca394464a"  # printf 'hello\n' | git hash-object --stdin


@pytest.fixture(autouse=True)
def _only_this_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(context, "_MANY", -1)  # a few files are enough to ask git
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *who, "-C", str(folder), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def repository(folder: Path, *options: str, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *options)
    write(folder, **files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def listed(folder: Path, rules: str = "", **variables: str) -> list[Entry]:
    made = dockerignore.Rules(dockerignore.patterns(rules.encode(), ""))
    return context.entries(folder, made, {**os.environ, **variables})


def paths(folder: Path, rules: str = "") -> list[str]:
    return [entry.path for entry in listed(folder, rules)]


def without_git(folder: Path) -> list[Entry]:
    return listed(folder, PATH="/nowhere")


def test_entries_are_what_git_would_write(tmp_path: Path) -> None:
    write(tmp_path, a="hello\n", d__b="")
    (tmp_path / "a").chmod(0o764)
    (tmp_path / "d" / "link").symlink_to("../a")
    (tmp_path / "broken").symlink_to("nowhere")
    link = git_objects.blob(b"../a", "sha1")
    assert listed(tmp_path) == [
        Entry("a", "100755", HELLO),
        Entry("broken", "120000", git_objects.blob(b"nowhere", "sha1")),
        Entry("d/b", "100644", EMPTY),
        Entry("d/link", "120000", link),
    ]


def test_a_folder_counts_where_nothing_of_it_is_sent(tmp_path: Path) -> None:
    write(tmp_path, full__a="", half__b__x="", gone__x="")
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    assert paths(tmp_path, "**/x\ngone\n") == ["empty/inner", "full/a", "half/b"]
    assert listed(tmp_path, "**/x")[0] == Entry("empty/inner", "040000", "")


def test_an_exception_brings_back_what_lies_in_a_folder_that_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, docs__README="", docs__more__x="", src__a="")
    assert paths(tmp_path, "docs\n!docs/README") == ["docs/README", "src/a"]
    assert paths(tmp_path, "*\n!**/x") == ["docs/more/x"]


def test_folders_that_are_left_out_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, node_modules__a__b="", src__node_modules__c="", src__a="")
    seen, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (seen.append(Path(path)), scandir(path))[1])
    assert paths(tmp_path, "**/node_modules\n!src/keep") == ["src/a"]
    assert seen == [tmp_path, tmp_path / "src"]


def test_what_is_no_file_for_a_build(tmp_path: Path) -> None:
    write(tmp_path, a="", sub__b="")
    for folder in (tmp_path, tmp_path / "sub"):
        (folder / ".git").mkdir()
        (folder / ".git" / "HEAD").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
        assert listed(tmp_path) == [
            Entry("a", "100644", EMPTY),
            Entry("pipe", "010000", ""),
            Entry("sub/b", "100644", EMPTY),
        ]


def test_files_that_are_kept_apart_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, a="", result="x", sub__result="")
    found = context.entries(tmp_path, dockerignore.Rules(), {}, apart={"result"})
    assert [entry.path for entry in found] == ["a", "sub/result"]


def test_names_that_are_no_text_count_too(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n")).write_text("hello\n")
    (found,) = listed(tmp_path)
    assert os.fsencode(found.path) == b"\xff\n"
    assert context.digest([found]) != context.digest([found._replace(path="\ufffd\n")])


def test_the_digest_is_fixed_for_good() -> None:
    found = [Entry("a", "100644", EMPTY), Entry("\u00e9", "120000", HELLO)]
    assert context.digest([]) == "56d0e54ef65b3f4fc07cee47d12f5a8199c3e420363cda6755062aa8ed56209b"
    assert context.digest(found) == "f9d353226afa393a85336e6a9bdd2df612f67de64d7670195799bc03b95f1668"


def test_a_deep_tree_is_no_trouble(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 1200)
    subprocess.run(["mkdir", "-p", deep], cwd=tmp_path, check=True)
    assert paths(tmp_path) == [deep]
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


@pytest.mark.usefixtures("unprivileged")
def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, a="", d__b="")
    (tmp_path / "d").chmod(0)
    with pytest.raises(BuildError, match="d cannot be read: Permission denied -> make it readable, or name it in"):
        listed(tmp_path)
    assert paths(tmp_path, "d") == ["a"]
    assert paths(tmp_path, "d\n!**/c") == ["a"]
    (tmp_path / "d").chmod(0o700)
    (tmp_path / "d" / "b").chmod(0)
    with pytest.raises(BuildError, match="d/b cannot be read: Permission denied"):
        listed(tmp_path)


# -- with git ---------------------------------------------------------------------------------------------------------


def assert_trusted(folder: Path, *names: str) -> None:
    """Git answers for `names` and for nothing else, and its answer is what the bytes say."""
    assert sorted(git_objects.unchanged(folder, os.environ)) == sorted(names)
    assert listed(folder) == without_git(folder)


def test_git_answers_for_clean_files(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", a="1", b__c="2", d="3", e="4", f="5")
    (folder / "link").symlink_to("a")
    git(folder, "add", "-A")
    assert_trusted(folder, "a", "b/c", "d", "e", "f", "link")
    write(folder, a="9", new="x", d="33")
    git(folder, "add", "d")
    (folder / "e").chmod(0o755)
    (folder / "f").unlink()
    os.utime(folder / "b" / "c", (1, 1))
    assert_trusted(folder, "b/c", "d", "link")
    assert_trusted(folder / "b", "c")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_git_is_not_believed_where_it_was_told_not_to_look(tmp_path: Path, flag: str) -> None:
    folder = repository(tmp_path / "r", a="1", b="2")
    git(folder, "update-index", flag, "a")
    write(folder, a="9")
    assert_trusted(folder, "b")


def test_git_is_not_believed_in_the_middle_of_a_merge(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", "-b", "main", a="1", b="2")
    git(folder, "checkout", "-q", "-b", "other")
    write(folder, a="x")
    git(folder, "commit", "-q", "-am", "x")
    git(folder, "checkout", "-q", "main")
    write(folder, a="y")
    git(folder, "commit", "-q", "-am", "y")
    with pytest.raises(subprocess.CalledProcessError):
        git(folder, "merge", "-q", "other")
    assert_trusted(folder, "b")


def test_git_is_not_believed_where_it_changes_files(tmp_path: Path) -> None:
    attributes = "*.txt text=auto\n*.crlf eol=crlf\n*.raw -text\n*.big filter=big\n*.id ident\n"
    folder = repository(
        tmp_path / "r",
        **{".gitattributes": attributes, "a.txt": "1\n", "b.txt": "1\r\n", "c.crlf": "1\n", "d.raw": "1\r\n"},
        **{"e.big": "1", "f.id": "$Id$", "g.txt": "1\n2\n"},
    )
    for name in ("c.crlf", "f.id"):
        (folder / name).unlink()
    git(folder, "checkout", "-q", "--", ".")
    (folder / "g.txt").write_bytes(b"1\r\n2\r\n")
    assert (folder / "c.crlf").read_bytes() == b"1\r\n"
    assert_trusted(folder, ".gitattributes", "a.txt", "d.raw")


def test_git_is_not_believed_where_its_settings_change_files(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", a="1\n2\n", b="1")
    git(folder, "config", "core.autocrlf", "true")
    (folder / "a").unlink()
    git(folder, "checkout", "-q", "--", "a")
    assert (folder / "a").read_bytes() == b"1\r\n2\r\n"
    assert_trusted(folder, "b")


def test_a_mode_counts_even_where_git_ignores_it(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", a="1")
    git(folder, "config", "core.fileMode", "false")
    (folder / "a").chmod(0o755)
    assert_trusted(folder)


def test_submodules_answer_for_themselves(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", x="1", y="2")
    folder = repository(tmp_path / "outer", a="1")
    git(folder, "submodule", "--quiet", "add", str(inner), "sub")
    write(folder / "sub", y="9")
    assert_trusted(folder, ".gitmodules", "a", "sub/x")
    assert_trusted(folder / "sub", "x")


@pytest.mark.parametrize("kind", ["shallow", "detached", "worktree", "sha256"])
def test_any_kind_of_checkout_will_do(tmp_path: Path, kind: str) -> None:
    origin = repository(tmp_path / "o", *(["--object-format=sha256"] if kind == "sha256" else []), a="1", b="2")
    folder = tmp_path / "c"
    if kind == "worktree":
        git(origin, "worktree", "add", "-q", str(folder))
    else:
        git(tmp_path, "clone", "-q", *(["--depth=1"] if kind == "shallow" else []), f"file://{origin}", str(folder))
        git(folder, "checkout", "-q", "--detach")
    assert sorted(git_objects.unchanged(folder, os.environ)) == ["a", "b"]
    write(folder, new="hello\n")
    ids = {entry.path: entry.id for entry in listed(folder)}
    assert ids["new"] == git(folder, "hash-object", "new")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"},
        lambda folder: {"PATH": "/nowhere"},
        lambda folder: {"GIT_DIR": "elsewhere"},
        lambda folder: (folder / ".git" / "index").write_bytes(b"x") and {},
        lambda folder: shutil.rmtree(folder / ".git") or {},
    ],
    ids=["owner", "no git", "git dir", "broken index", "no repository"],
)
def test_without_git_the_files_are_read(tmp_path: Path, spoil: Callable[[Path], dict[str, str]]) -> None:
    folder = repository(tmp_path / "r", a="1", b__c="2")
    before = listed(folder)
    variables = spoil(folder)
    assert git_objects.unchanged(folder, {**os.environ, **variables}) == {}
    assert listed(folder, **variables) == before


def test_a_large_file_is_read_in_parts(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", a="1")
    (folder / "large").write_bytes(bytes(3 * 1024 * 1024 + 7))
    ids = {entry.path: entry.id for entry in listed(folder)}
    assert ids["large"] == git(folder, "hash-object", "large")


def test_nothing_is_written_into_the_repository(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", a="1")
    os.utime(folder / "a", (1, 1))
    before = (folder / ".git" / "index").read_bytes()
    listed(folder)
    assert (folder / ".git" / "index").read_bytes() == before


def test_a_small_context_is_read_and_no_git_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "p", a="1\n", b__c="2\n")
    expected = listed(folder)
    monkeypatch.setattr(context, "_MANY", 2)
    monkeypatch.setattr(git_objects, "unchanged", lambda *words: pytest.fail("git is asked"))
    assert listed(folder) == expected
