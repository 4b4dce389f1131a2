"""`ci-kit generate`: what it writes, what it refuses to overwrite, and that nothing but the settings matters."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ci_kit.cli import main

CI_KIT = [sys.executable, "-m", "ci_kit"]
OUT = Path(".gitlab-ci.yml")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


NOTE = "ci-kit generate: note: there is no .ci-kit.yml; ci-kit init would write one with image (Dockerfile)\n"


def test_it_writes_a_file_that_anyone_may_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = os.umask(0o022)
    try:
        assert main(["generate"]) == 0
    finally:
        os.umask(before)
    assert OUT.read_text().startswith("# Written by ci-kit ")
    assert OUT.stat().st_mode & 0o777 == 0o644
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "ci-kit generate: wrote .gitlab-ci.yml\n" + NOTE)
    assert sorted(path.name for path in project.iterdir()) == [".gitlab-ci.yml", "Dockerfile"]


def test_a_second_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate"])
    before = OUT.stat()
    assert main(["generate"]) == 0
    after = OUT.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert "up to date" in capsys.readouterr().err


def test_it_replaces_its_own_file_and_keeps_the_mode(project: Path) -> None:
    main(["generate"])
    OUT.chmod(0o640)
    assert main(["generate", "--stage", "images"]) == 0
    assert "stage: images" in OUT.read_text()
    assert OUT.stat().st_mode & 0o777 == 0o640


FOREIGN = "build:\n  script: make\n"


def test_it_does_not_replace_the_file_of_a_hand(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    OUT.write_text(FOREIGN)
    assert main(["generate"]) == 2
    assert OUT.read_text() == FOREIGN
    assert ".gitlab-ci.yml: was not written by ci-kit -> write beside it with --output" in capsys.readouterr().err
    assert main(["generate", "--force"]) == 0
    assert "build-push:" in OUT.read_text()


def test_it_does_not_lose_the_change_of_a_hand(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["generate"])
    edited = OUT.read_text().replace("stage: build", "stage: test")
    OUT.write_text(edited)
    assert main(["generate"]) == 2
    assert OUT.read_text() == edited
    assert "was changed by hand since ci-kit wrote it -> say the change in .ci-kit.yml" in capsys.readouterr().err


def test_an_empty_file_holds_nothing_to_lose(project: Path) -> None:
    OUT.write_text("\n")
    assert main(["generate"]) == 0


def test_bytes_that_are_no_text_are_foreign(project: Path) -> None:
    OUT.write_bytes(b"\xff\xfe\x00")
    assert main(["generate"]) == 2
    assert OUT.read_bytes() == b"\xff\xfe\x00"


def test_a_link_stays_a_link(project: Path) -> None:
    (project / "ci").mkdir()
    (project / "ci/real.yml").touch()
    OUT.symlink_to("ci/real.yml")
    assert main(["generate"]) == 0
    assert OUT.is_symlink()
    assert "build-push:" in (project / "ci/real.yml").read_text()


def test_a_link_to_itself_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    OUT.symlink_to(OUT)
    assert main(["generate"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ci-kit generate: error: .gitlab-ci.yml: cannot be ")
    assert error.count("\n") == 1


def test_a_folder_in_the_way_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    OUT.mkdir()
    assert main(["generate"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_takes_no_file_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--output", "/proc/ci-kit.yml"]) == 2  # not even root may write there
    error = capsys.readouterr().err
    assert error.startswith("ci-kit generate: error: /proc/ci-kit.yml: cannot be written: ")
    assert error.count("\n") == 1


def test_check_is_silent_when_fresh_and_shows_the_difference_when_stale(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--check"]) == 1
    assert not OUT.exists()
    main(["generate"])
    capsys.readouterr()
    assert main(["generate", "--check"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["generate", "--check", "--stage", "images"]) == 1
    shown = capsys.readouterr()
    assert "-  stage: build\n+  stage: images\n" in shown.out
    assert ".gitlab-ci.yml is stale -> run ci-kit generate" in shown.err


def test_check_does_not_mind_the_line_ends_of_windows(project: Path) -> None:
    main(["generate"])
    OUT.write_bytes(OUT.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["generate", "--check"]) == 0


def test_check_and_stdout_do_not_go_together(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--check", "--output", "-"]) == 2
    assert "--check: cannot be compared with stdout" in capsys.readouterr().err


def test_config_and_output_may_lie_elsewhere(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "ci").mkdir()
    (project / "ci/kit.yml").write_text("version: 1\nimages:\n  - {name: app, context: app}\n")
    assert main(["generate", "--config", "ci/kit.yml", "--output", "ci/out.yml"]) == 0
    assert "CI_KIT_CONTEXT: app\n" in (project / "ci/out.yml").read_text()
    assert "note: ci/kit.yml:3:5: there is no app/Dockerfile yet" in capsys.readouterr().err


def test_a_wrong_setting_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".ci-kit.yml").write_text("version: 1\nimages:\n  - image: Group/App\n")
    assert main(["generate"]) == 2
    assert not OUT.exists()
    assert ".ci-kit.yml:3:12: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["--template"], "templates/build-push.yml"),
        (["--template", "build-push"], "templates/build-push.yml"),
        (["--template", "build-push-daemonless"], "templates/build-push-daemonless.yml"),
        (["--template", "build-push-platforms"], "templates/build-push-platforms.yml"),
    ],
)
def test_a_template_goes_to_its_place(project: Path, words: list[str], path: str) -> None:
    assert main(["generate", *words]) == 0
    assert "$[[ inputs.job_name ]]" in (project / path).read_text()
    assert main(["generate", *words, "--check"]) == 0


def test_a_component_waits_for_another_where_its_job_is_named_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--template"]) == 0
    include = "- {{local: templates/build-push.yml, inputs: {{job_name: {0}, name: {0}, context: {0}, image: {0}}}}}\n"
    text = f"include:\n{include.format('base')}{include.format('app')}app:\n  needs: [base]\n"
    Path("of-components.yml").write_text(text)
    capsys.readouterr()
    assert main(["view", "--merged", "--format", "json", "of-components.yml"]) == 0
    merged = json.loads(capsys.readouterr().out)["files"][0]["merged"]
    assert merged["app"].pop("needs") == ["base"]
    assert "needs" not in merged["base"]
    assert merged["app"].keys() == merged["base"].keys()
    assert main(["lint", "of-components.yml"]) == 0


def generated_in(folder: Path, environ: dict[str, str]) -> bytes:
    folder.mkdir(parents=True)
    (folder / ".ci-kit.yml").write_text("version: 1\nimages:\n  - {name: app, image: app}\n")
    base = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    done = subprocess.run(
        [*CI_KIT, "generate", "--output", "-"],
        cwd=folder,
        env=base | environ,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_nothing_but_the_settings_matters(tmp_path: Path) -> None:
    plain = generated_in(tmp_path / "a", {"PYTHONHASHSEED": "1", "LC_ALL": "C"})
    other = {
        "PYTHONHASHSEED": "2",
        "LC_ALL": "C.UTF-8",
        "TZ": "Asia/Tokyo",
        "CI_KIT_IMAGE": "other",
        "CI_KIT_BUILDER": "docker",
        "CI_APPLICATION_REPOSITORY": "r.example/x/y",
        "CI_REGISTRY_IMAGE": "r.example/x/z",
        "DOCKER_HOST": "tcp://elsewhere:1",
        "HOME": "/nowhere",
    }
    assert generated_in(tmp_path / "b" / "c", other) == plain


def test_a_killed_run_leaves_the_old_file_or_the_new_one(project: Path) -> None:
    images = "".join(f"  - {{name: i{number}, image: i{number}}}\n" for number in range(200))
    Path(".ci-kit.yml").write_text(f"version: 1\nimages:\n{images}")
    command = [*CI_KIT, "generate", "--output", "out.yml"]
    stale = [*command, "--stage", "old"]
    subprocess.run(stale, check=True, capture_output=True)
    old = Path("out.yml").read_bytes()
    subprocess.run(command, check=True, capture_output=True)
    texts = {old, Path("out.yml").read_bytes()}
    for _ in range(8):
        Path("out.yml").write_bytes(old)
        killed_at_the_temporary_file(command)
        assert Path("out.yml").read_bytes() in texts


def killed_at_the_temporary_file(command: list[str]) -> None:
    """Run `command` and kill it as soon as it has begun to write, if it can be caught."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        leftovers = [path for path in Path().iterdir() if path.name.startswith(".out.yml")]
        if leftovers:
            process.send_signal(signal.SIGKILL)
            process.wait()
            for path in leftovers:
                path.unlink(missing_ok=True)
