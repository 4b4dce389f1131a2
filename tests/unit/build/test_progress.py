"""What a run says while it works: on a terminal, in GitLab's log, and in any other."""

import io
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ci_kit.build.progress import progress
from ci_kit.build.progress.progress import Lines
from ci_kit.build.progress.progress_sections import Sections
from ci_kit.build.progress.progress_terminal import Terminal
from ci_kit.build.progress.push_meter import PushMeter
from ci_kit.build.progress.seldom import Seldom
from ci_kit.errors import BuildError
from tests.unit.build.project import Job, running
from tests.unit.build.screen import in_terminal, shown

BUILDKIT = ("#1 [1/2] FROM a", "#1 CACHED", "#2 [2/2] RUN make", "#2 0.1 loud", "#2 DONE 0.2s")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(*, together: bool, kind: type[Lines] | type[Sections] = Lines) -> tuple[list[str], Lines | Sections]:
    lines: list[str] = []
    return lines, kind(lines.append, together=together)


def fail(told: progress.Progress, name: str, *lines: str) -> None:
    """Let an image fail after it has said some lines."""
    with suppress(BuildError), told.image(name) as output:
        for line in lines:
            output(line)
        raise BuildError("no")


# which one


@pytest.mark.parametrize(
    ("kind", "terminal", "environ", "expected"),
    [
        ("auto", True, {"TERM": "xterm"}, Terminal),
        ("auto", True, {"TERM": "dumb"}, Lines),
        ("auto", True, {}, Lines),
        ("plain", True, {"TERM": "xterm"}, Lines),
        ("auto", True, {"TERM": "xterm", "CI": "true"}, Lines),
        ("auto", True, {"TERM": "xterm", "CI": "true", "GITLAB_CI": "true"}, Sections),
        ("auto", False, {"TERM": "xterm"}, Lines),
        ("auto", False, {"CI_JOB_ID": "1"}, Sections),
        ("plain", False, {"GITLAB_CI": "true"}, Lines),
    ],
)
def test_what_fits(kind: str, terminal: bool, environ: dict[str, str], expected: type) -> None:
    stream = Screen() if terminal else io.StringIO()
    assert type(progress.choose(kind, stream, environ, together=False)) is expected


# lines


def test_lines_of_several_images_have_their_names() -> None:
    lines, told = written(together=True)
    told.say("first")
    with told.image("app") as output:
        output("app: one\ntwo\n\nthree")
        output("\rpassing")
    told.close()
    assert lines == ["first", "app | one", "app | two", "app | ", "app | three"]


def test_lines_of_one_image_are_as_they_are() -> None:
    lines, told = written(together=False)
    with told.image("app") as output:
        output("app: one\ntwo")
    assert lines == ["app: one", "two"]


def test_no_line_comes_into_another(capfd: pytest.CaptureFixture[str]) -> None:
    told = progress.choose("plain", sys.stderr, {}, together=True)

    def speak(name: str) -> None:
        with told.image(name) as output:
            for number in range(200):
                output(f"{name * 50} {number}")

    threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 800
    assert all(re.fullmatch(r"([abcd]) \| \1{50} \d+", line) for line in lines)


# GitLab's log


def marks(lines: list[str]) -> list[str]:
    return re.sub(r":\d{10}:", ":TIME:", "\n".join(lines)).split("\n")


def test_one_image_is_a_section_from_its_first_line_on() -> None:
    lines, told = written(together=False, kind=Sections)
    fail(told, "my app", "one")
    assert marks(lines) == [
        "section_start:TIME:ci_kit_my_app\r\x1b[0KBuild and push my app",
        "one",
        "section_end:TIME:ci_kit_my_app\r\x1b[0K",
    ]


def test_of_several_images_each_is_told_whole_when_it_is_done() -> None:
    lines, told = written(together=True, kind=Sections)
    with told.image("app") as app, told.image("base") as base:
        app("1")
        base("2\n\rpassing")
        app("\rpassing")
        app("3")
        told.say("for all")
    assert re.sub(r"\d\.\d s", "N s", "\n".join(marks(lines))).split("\n") == [
        "app: begins",
        "base: begins",
        "for all",
        "section_start:TIME:ci_kit_base[collapsed=true]\r\x1b[0Kbase: done in N s",
        "2",
        "section_end:TIME:ci_kit_base\r\x1b[0K",
        "section_start:TIME:ci_kit_app[collapsed=true]\r\x1b[0Kapp: done in N s",
        "1",
        "3",
        "section_end:TIME:ci_kit_app\r\x1b[0K",
    ]


def test_an_image_that_fails_or_is_stopped_is_open() -> None:
    lines, told = written(together=True, kind=Sections)
    fail(told, "app")
    assert "[collapsed" not in lines[1]
    assert "app: not done, after" in lines[1]
    stopped = told.image("base")
    stopped.__enter__()("the last line")
    told.close()
    assert "the last line" in lines[-1]
    assert "[collapsed" not in lines[-1]
    said = len(lines)
    stopped.__exit__(None, None, None)
    assert len(lines) == said


def test_a_build_cannot_end_a_section() -> None:
    lines, told = written(together=False, kind=Sections)
    with told.image("app") as output:
        output("section_end:1600000000:ci_kit_app\r\x1b[0K")
    assert [line.partition(":")[0] for line in lines] == ["section_start", "section_end 1600000000", "section_end"]


def test_a_log_is_not_silent_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seldom, "is_due", lambda self: True)
    lines, told = written(together=True, kind=Sections)
    with told.image("app") as output:
        output("#2 [2/2] RUN make")
        output("\rpushing: 1 of 2 layers")
    assert lines[1:3] == [
        "still at work:\n  app: #2 [2/2] RUN make",
        "still at work:\n  app: pushing: 1 of 2 layers",
    ]
    lines, told = written(together=False)
    with told.image("app") as output:
        output("\rpushing: 1 of 2 layers")
    assert lines == ["pushing: 1 of 2 layers"]


def test_seldom() -> None:
    now = [0.0]
    seldom = Seldom(30, lambda: now[0])
    found = []
    for now[0] in (0, 29, 30, 31, 59, 60, 200, 229):
        found.append(seldom.is_due())
    assert found == [False, False, True, False, False, True, True, False]


# a terminal


def terminal(columns: int = 80, *, colour: bool = False) -> tuple[Screen, Terminal]:
    screen = Screen()
    return screen, Terminal(screen, lambda: columns, colour=colour)


def times(lines: list[str]) -> list[str]:
    return [re.sub(r" +\d+\.\d s", " N s", line) for line in lines]


def test_images_at_work_have_a_line_each_below_what_stays() -> None:
    screen, told = terminal()
    with told.image("app") as app, told.image("base") as base:
        for line in BUILDKIT[:3]:
            app(line)
        base("base: has to be built")
        base("looking")
        told.say("for all")
        assert times(shown(screen.getvalue())) == [
            "base: has to be built", "for all", "app  [2/2] RUN make N s", "base  looking N s",
        ]  # fmt: skip
        app("\rpushing: 1 of 2 layers")
        told.say("again")
        assert times(shown(screen.getvalue()))[3] == "app  pushing: 1 of 2 layers N s"
    told.close()
    assert times(shown(screen.getvalue())) == [
        "base: has to be built", "for all", "again",
        "base  done in N s", "app  done in N s, 0 of 1 steps from the cache",
    ]  # fmt: skip


def test_what_a_builder_says_is_shown_where_it_fails() -> None:
    screen, told = terminal()
    fail(told, "app", *BUILDKIT, "\x1b[31mred\x1b[0m \x1b]0;title\x07and\tbell\x07")
    told.close()
    assert shown(screen.getvalue()) == ["app  failed", *(f"  {line}" for line in BUILDKIT), "  red and bell"]


def test_a_line_is_cut_to_the_terminal() -> None:
    screen, told = terminal(30)
    with told.image("app") as output:
        output("a sentence that is longer than thirty columns")
        told.say("x")
        last = shown(screen.getvalue())[-1]
        assert len(last) == 30 - 1
        assert last.startswith("app  a sentence tha… ")
    told.close()


@pytest.mark.parametrize("colour", [True, False])
def test_colours_are_only_where_they_may_be(colour: bool) -> None:
    screen, told = terminal(colour=colour)
    with told.image("app"):
        pass
    told.close()
    assert ("\x1b[1mapp\x1b[0m" in screen.getvalue()) is colour
    assert bool(re.search(r"\x1b\[\d+m", screen.getvalue())) is colour


def test_the_seconds_go_on_by_themselves() -> None:
    screen, told = terminal()
    with told.image("app"):
        deadline = time.monotonic() + 20
        while screen.getvalue().count("app") < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
    told.close()
    assert screen.getvalue().count("app") >= 3


# a push


def test_a_push_is_told_in_layers_and_bytes() -> None:
    said: list[str] = []
    meter = PushMeter(said.append)
    meter._seldom = Seldom(0)
    for event in (
        {"status": "The push refers to repository [x]"},
        {"status": "Preparing", "id": "a", "progressDetail": {}},
        {"status": "Pushing", "id": "a", "progressDetail": {"current": 500_000, "total": 2_000_000}},
        {"status": "Layer already exists", "id": "b", "progressDetail": {}},
        {"status": "Pushed", "id": "a", "progressDetail": {}},
        {"status": "latest: digest: sha256:1 size: 1"},
    ):
        meter.read(event)
    assert said == [
        "\rpushing: 0 of 1 layers",
        "\rpushing: 0 of 1 layers, 500.0 kB of 2.0 MB",
        "\rpushing: 1 of 2 layers, 500.0 kB of 2.0 MB",
        "\rpushing: 2 of 2 layers, 2.0 MB of 2.0 MB",
    ]


# the whole command, in a real terminal


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    with running(tmp_path, monkeypatch, capsys) as made:
        yield made


def command(job: Job, *flags: str, **variables: str) -> tuple[int, str, list[str]]:
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "GITLAB_CI", "CI_JOB_ID")}
    words = [sys.executable, "-m", "ci_kit", "build-push", "--builder", "docker", *flags]
    known = {"CI_COMMIT_SHA": "1" * 40, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[3]), **variables}
    code, said, got = in_terminal(words, {**environ, **known}, job.root)
    return code, said, shown(got.replace("\r\n", "\n"))


def test_the_command_on_a_terminal(job: Job) -> None:
    code, said, screen = command(job)
    assert (code, len(said.splitlines())) == (0, 3), screen
    assert sorted(line.partition("  ")[0] for line in screen if "  done in " in line) == ["app", "base", "tool"]
    assert not [line for line in screen if "Step 1/1" in line]
    assert [line.partition(":")[0] for line in screen[-3:]] == ["app", "base", "tool"]


def test_the_command_on_a_terminal_when_an_image_fails(job: Job) -> None:
    job.daemon.broken = {"base"}
    code, _, screen = command(job)
    assert code == 4
    begin = screen.index("base  failed")
    assert "  Step 1/1 : RUN false" in screen[begin:]
    assert screen[-1].startswith("ci-kit build-push: error: base was not built")


def test_a_job_has_no_terminal(job: Job) -> None:
    code, _, screen = command(job, CI="true")
    assert code == 0
    assert "tool | Step 1/1 : FROM x of tool" in screen
    code, _, screen = command(job, "--no-skip", CI="true", GITLAB_CI="true")
    assert code == 0
    assert len([line for line in screen if line.startswith(("app: done in", "base: done in", "tool: done in"))]) == 3
