import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ci_kit.cli import main
from ci_kit.commands import COMMANDS
from ci_kit.version import VERSION

READY = [name for name in COMMANDS if find_spec(f"ci_kit.commands.{name.replace('-', '_')}")]
CANARY = "canary-s3cret"
ENTRY = "from ci_kit.__main__ import entry; entry()"


def process(
    folder: Path, *arguments: str, code: str = ENTRY, stdout: int = subprocess.PIPE, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run ci-kit as a process in `folder`, where there is no daemon, no registry and no GitLab."""
    known = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=known | environ,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_the_version_and_the_help_go_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"ci-kit {VERSION}\n", "")
    for spelling in ("--help", "-h", "help"):
        assert main([spelling]) == 0
        said, wrong = capsys.readouterr()
        assert wrong == ""
        assert all(f"  {name} " in said for name in COMMANDS)


def test_without_a_command_the_help_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said, wrong = capsys.readouterr()
    assert said == ""
    assert wrong.startswith("usage: ci-kit COMMAND")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("build", "did you mean 'build-push'?"),
        ("imges", "did you mean 'images'?"),
        ("xyzzy", "see ci-kit --help"),
        ("--verison", "see ci-kit --help"),
        ("", "see ci-kit --help"),
        ("two\nlines", "see ci-kit --help"),
        ("\x1b[2J", "see ci-kit --help"),
        ("\udcff", "see ci-kit --help"),
        ("../cli", "see ci-kit --help"),
    ],
)
def test_an_unknown_command_is_one_line_with_the_nearest(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word]) == 2
    said, wrong = capsys.readouterr()
    assert said == ""
    assert wrong == f"ci-kit: error: {word!r} is not a command of ci-kit -> {hint}\n"


@pytest.mark.parametrize("name", READY)
def test_every_command_has_help_on_stdout(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    said, wrong = capsys.readouterr()
    assert said.startswith(f"usage: ci-kit {name} ")
    assert wrong == ""


@pytest.mark.parametrize("name", READY)
def test_an_unknown_flag_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--no-such-flag\n\x1b[2J", "x", "x", "x"]) == 2
    said, wrong = capsys.readouterr()
    assert said == ""
    assert wrong.startswith(f"ci-kit {name}: error: ")
    assert wrong.endswith(f" -> see ci-kit {name} --help\n")
    assert wrong[:-1].isprintable()


def test_a_flag_is_not_guessed_from_its_beginning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "--form", "json"]) == 2
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e9", "soon", ""])
def test_a_patience_that_is_no_time_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build-push", f"--wait={value}"]) == 2
    assert f"argument --wait: {value!r} is not 0 to 86400 seconds" in capsys.readouterr().err


# as a process


def with_command(body: str) -> str:
    """A program in which the command `images` does `body`, with the real command line around it."""
    return f"""
import sys
from types import ModuleType
fake = ModuleType("ci_kit.commands.images")
fake.HELP, fake.add_arguments = "", lambda parser: None
def run(arguments, environ):
{body}
fake.run = run
sys.modules["ci_kit.commands.images"] = fake
{ENTRY}
"""


def test_a_bug_is_reported_without_a_value_of_the_user(tmp_path: Path) -> None:
    code = with_command("    password = environ['SECRET']\n    raise KeyError(password)")
    done = process(tmp_path, "images", code=code, SECRET=CANARY)
    assert done.returncode == 70
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "ci-kit images: bug: KeyError -> please report these lines:"
    assert f"ci-kit {VERSION}, Python {sys.version.split()[0]}" in lines[1]
    assert "cli.py:" in done.stderr
    assert CANARY not in done.stderr
    assert "Traceback" not in done.stderr


def test_too_deep_a_recursion_is_a_bug_of_a_few_lines(tmp_path: Path) -> None:
    done = process(tmp_path, "images", code=with_command("    return run(arguments, environ)"))
    assert done.returncode == 70
    assert len(done.stderr.splitlines()) < 15


def test_control_c_is_130_in_one_line(tmp_path: Path) -> None:
    done = process(tmp_path, "images", code=with_command("    import signal; signal.raise_signal(signal.SIGINT)"))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "ci-kit images: error: interrupted\n")


@pytest.mark.parametrize("words", ["    print('x' * 9)", "    print('x' * 999999)", "    print('x', flush=True)"])
def test_a_reader_that_went_away_is_no_failure_of_ours(tmp_path: Path, words: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = process(tmp_path, "images", code=with_command(f"{words}\n    return 0"), stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_are_not_forgotten_when_the_reader_went_away(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = process(tmp_path, "images", code=with_command("    print('x')\n    return 1"), stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_stdout_that_is_full_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        code = with_command("    print('x')\n    return 0")
        done = process(tmp_path, "images", code=code, stdout=full.fileno())
    assert done.returncode == 2
    assert (
        done.stderr == "ci-kit images: error: stdout: cannot be written: No space left on device -> free space there\n"
    )


HOSTILE = [
    "",
    "-",
    "--",
    "x\ny",
    "\x1b[2J",
    "../../../../etc/passwd",
    "/dev/null",
    "/",
    "a" * 5000,
    "\udcff",
    "%s%n",
    "$(id)",
]


@pytest.mark.parametrize("name", READY)
def test_no_argument_is_a_bug(name: str, tmp_path: Path) -> None:
    script = f"""
import os, sys
from ci_kit.cli import main
for word in {HOSTILE!r}:
    for arguments in ([word], ["--config", word], ["--image", word], ["--format", word], [word, word]):
        print(main([{name!r}, *arguments]), file=sys.stderr)
"""
    done = process(tmp_path, code=script, CI_REGISTRY_PASSWORD=CANARY, PYTHONIOENCODING="utf-8:backslashreplace")
    codes = {line for line in done.stderr.splitlines() if line.isdigit()}
    assert done.returncode == 0, done.stderr
    assert codes <= {"0", "1", "2", "3"}, done.stderr
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stderr + done.stdout


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=some.lists(some.text(max_size=12), max_size=4))
def test_no_command_line_of_build_push_is_a_bug(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["build-push", "--dry-run", *arguments]) in (0, 2)


def test_an_error_says_place_and_next_step_on_stderr_only(tmp_path: Path) -> None:
    done = process(tmp_path, "build-push", "--dry-run")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("ci-kit build-push: error: ")
    assert " -> " in done.stderr


def test_a_plan_goes_to_stdout_only_and_names_no_value_of_a_build_argument(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    done = process(
        tmp_path,
        "build-push",
        "--dry-run",
        f"--build-arg=TOKEN={CANARY}",
        CI_COMMIT_SHA="0" * 40,
        CI_REGISTRY_IMAGE="registry.example.com/g/p",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"tag         {'0' * 40}" in done.stdout
    assert "TOKEN" in done.stdout
    assert CANARY not in done.stdout
