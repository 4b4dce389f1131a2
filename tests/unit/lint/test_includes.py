"""`ci-kit lint` and files that lie elsewhere: checkouts, the cache, GitLab, the web, and what none of them may do."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest

from ci_kit.cli import main
from ci_kit.commands.web_file import WebFiles, is_public
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable
from ci_kit.model.version import newest
from tests.rig.gitlab import settings
from tests.rig.gitlab.server import Server
from tests.unit.servers import Answer, Seen, web

JOB = "job: {script: make}\n"
TOKENS = {"job": "job-token", "project": "project-token", "reader": "reader-token", "none": "none-token"}
VARIABLES = ("CI_SERVER_URL", "CI_SERVER_FQDN", "CI_API_V4_URL", "CI_JOB_TOKEN", "GITLAB_TOKEN", "CI_PROJECT_ID")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without Git, in an environment that names no GitLab."""
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in (*VARIABLES, "CI_PROJECT_PATH", "CI_KIT_GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The stand-in for GitLab, with `group/app` (ours) and `group/lib`; yields its address."""
    monkeypatch.setattr("tests.rig.gitlab.server.Signer", lambda *arguments: None)
    made = settings.Settings(
        port=0, url="", registry_url="", registry_host="", storage="", signing_key="", issuer="", wheels="",
        projects={"group/app": 1, "group/lib": 2}, own_project=1, users={}, api_tokens=TOKENS,
    )  # fmt: skip
    running = Server(made)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture
def filled(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stand-in with files on main and a tag v1.2.0, and a token for it."""
    monkeypatch.setenv("CI_SERVER_URL", server)
    monkeypatch.setenv("CI_KIT_GITLAB_TOKEN", TOKENS["project"])
    project = gitlab.Gitlab(server, private_token=TOKENS["project"]).projects.get("group/app", lazy=True)
    files = {
        "ci/all.yml": "include: [/ci/below.yml, 'ci/more/*.yml']\n",
        "ci/below.yml": ".base: {script: make}\n",
        "ci/more/one.yml": "one: {extends: .base}\n",
        "templates/build.yml": "spec: {inputs: {name: }}\n---\n$[[ inputs.name ]]: {script: make}\n",
    }
    commit(project, files)
    project.tags.create({"tag_name": "1.2.0", "ref": "main"})
    project.releases.create({"tag_name": "1.2.0"})
    commit(project, {"templates/build.yml": "newer: {script: make}\n"})
    return server


def commit(project: Any, files: dict[str, str]) -> None:
    actions = [{"action": "create", "file_path": path, "content": text} for path, text in files.items()]
    project.commits.create({"branch": "main", "commit_message": "files", "actions": actions})


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def lint(capsys: pytest.CaptureFixture[str], *options: str, text: str = "") -> dict[str, Any]:
    if text:
        write("a.yml", text)
    capsys.readouterr()
    main(["lint", "--format", "json", "a.yml", *options])
    printed = capsys.readouterr()
    assert printed.err == ""
    (file,) = json.loads(printed.out)["files"]
    found: dict[str, Any] = file
    return found


def notes(file: dict[str, Any]) -> list[str]:
    return [finding["message"] for finding in file["findings"] if finding["rule"] == "CK002"]


def checkout(folder: Path, *, versions: bool = True) -> Path:
    """A checkout with a component in two released versions and one that is not committed."""
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    folder.mkdir()
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for version in ("1.0.0", "1.1.0", "2.0.0-rc1") * versions:
        write(str(folder / "templates/build.yml"), f"build-{version}: {{script: make}}\n")
        write(str(folder / "ci.yml"), f"include: below.yml\nci-{version}: {{extends: .base}}\n")
        write(str(folder / "below.yml"), ".base: {script: make}\n")
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", version], check=True)
        subprocess.run([*git, "tag", version], check=True)
    write(str(folder / "templates/build.yml"), "build-now: {script: make}\n")
    return folder


def test_nothing_is_asked_unless_the_user_says_so(capsys: pytest.CaptureFixture[str], filled: str) -> None:
    file = lint(capsys, text="include: [{project: group/app, file: ci/all.yml}, 'https://127.0.0.1:1/a.yml']\n" + JOB)
    assert (file["verdict"], file["gitlab_errors"]) == ("valid", [])
    assert notes(file) == [
        "`ci/all.yml` of project group/app is not read, and what it holds not judged: it is not fetched; "
        "give --include-path group/app=DIR or give --fetch",
        "remote `https://127.0.0.1:1/a.yml` is not read, and what it holds not judged: it is not fetched; give --fetch",
    ]


@pytest.mark.parametrize(
    ("version", "job", "noted"),
    [
        ("1.0.0", "build-1.0.0", 0),
        ("~latest", "build-1.1.0", 0),
        ("1", "build-1.1.0", 0),
        ("1.0", "build-1.0.0", 0),
        ("2.0.0-rc1", "build-2.0.0-rc1", 0),
        ("main", "build-2.0.0-rc1", 0),
        ("3", "build-now", 1),
        ("--help", "build-now", 1),
        ("main:x", "build-now", 1),
    ],
)
def test_a_checkout_has_the_versions_of_its_components(
    version: str, job: str, noted: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lib = checkout(tmp_path / "lib")
    text = f"include: [{{component: '$CI_SERVER_FQDN/Group/lib/build@{version}'}}]\nx: {{script: x, needs: [{job}]}}\n"
    file = lint(capsys, "--include-path", f"git.example.com/group/lib={lib}", text=text)
    assert (file["verdict"], len(notes(file))) == ("valid", noted)


def test_the_own_component_at_this_commit_is_the_one_that_stands_here(capsys: pytest.CaptureFixture[str]) -> None:
    write("templates/one.yml", "spec: {inputs: {name: }}\n---\n$[[ inputs.name ]]: {script: make}\n")
    text = "include: [{component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/%s@$CI_COMMIT_SHA, inputs: {name: a}}]\n"
    file = lint(capsys, text=text % "one" + "x: {script: x, needs: [a]}\n")
    assert (file["verdict"], file["findings"]) == ("valid", [])
    assert lint(capsys, text=text % "two" + JOB)["gitlab_errors"][0].endswith("' - content not found")


def test_a_checkout_without_the_reference_is_read_as_it_is_and_this_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lib = checkout(tmp_path / "lib")
    text = "include: [{project: group/lib, file: /ci.yml, ref: %s}]\n"
    assert notes(lint(capsys, "--include-path", f"group/lib={lib}", text=text % "1.0.0")) == []
    (note,) = notes(lint(capsys, "--include-path", f"group/lib={lib}", text=text % "9"))
    assert note == f"{lib} has no 9 of group/lib: what stands there now is read instead"


def test_findings_in_a_checkout_stand_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lib = checkout(tmp_path / "lib", versions=False)
    write(str(lib / "ci.yml"), "a: [\n")
    file = lint(capsys, "--include-path", f"group/lib={lib}", text="include: [{project: group/lib, file: ci.yml}]\n")
    assert (file["verdict"], file["findings"][0]["path"]) == ("invalid", str(lib / "ci.yml"))
    assert file["gitlab_errors"][0].startswith("`ci.yml`: (<unknown>): did not find expected")


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--include-path", "group/lib"], 2, "is not PROJECT=DIR"),
        (["--include-path", "group/lib=nowhere"], 2, "is not a directory"),
        (["--cache", "a.yml"], 2, "is a file"),
        (["--fetch", "--cache=a.yml"], 2, "is a file"),
        (["--remote"], 2, "CI_SERVER_URL: is not set"),
    ],
)
def test_flags_that_are_wrong(flags: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yml", JOB)
    assert main(["lint", "a.yml", *flags]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_files_of_projects_and_templates_come_from_gitlab(capsys: pytest.CaptureFixture[str], filled: str) -> None:
    text = "include: [{project: group/app, file: ci/all.yml}, {template: Rig.gitlab-ci.yml}]\n"
    file = lint(capsys, "--fetch", text=text + "x: {script: x, needs: [one, from-template]}\n")
    assert (file["verdict"], file["findings"]) == ("valid", [])


@pytest.mark.parametrize(
    ("include", "error"),
    [
        ("{component: %s/group/app/build@~latest, inputs: {name: a}}", None),
        ("{component: %s/group/app/build@1, inputs: {name: a}}", None),
        ("{component: %s/group/app/build@1.2.0, inputs: {name: a}}", None),
        ("{component: %s/group/app/build@main}", None),
        ("{component: %s/group/app/build@9}", "The partial semantic version reference is not supported"),
        ("{component: %s/group/app/build@nope}", "content not found"),
        ("{component: %s/group/app/other@main}", "content not found"),
        ("{component: %s/group/lib/build@main}", "project does not exist or you don't have sufficient permissions"),
        ("{project: group/lib, file: a.yml}", "Project `group/lib` not found or access denied!"),
        ("{project: group/app, file: a.yml, ref: nope}", "Project `group/app` reference `nope` does not exist!"),
        ("{project: group/app, file: a.yml}", "Project `group/app` file `a.yml` does not exist!"),
        ("{template: No.gitlab-ci.yml}", "Included file `No.gitlab-ci.yml` is empty or does not exist!"),
    ],
)
def test_what_gitlab_has_and_has_not(
    include: str, error: str | None, capsys: pytest.CaptureFixture[str], filled: str
) -> None:
    host = filled.partition("://")[2]
    file = lint(capsys, "--fetch", text=f"include: [{include.replace('%s', host)}]\n{JOB}")
    assert file["verdict"] == ("invalid" if error else "valid")
    assert [error in one for one in file["gitlab_errors"]] == [True] * bool(error)
    assert notes(file) == []


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ({"CI_JOB_TOKEN": TOKENS["job"]}, "CI_JOB_TOKEN may not (404)"),
        ({}, "nobody is logged in (404)"),
        ({"GITLAB_TOKEN": "wrong"}, "GITLAB_TOKEN may not (401)"),
        ({"GITLAB_TOKEN": TOKENS["none"]}, "GITLAB_TOKEN may not (403)"),
    ],
)
def test_a_token_that_may_not_leaves_the_include_open(
    token: dict[str, str], why: str, capsys: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI_KIT_GITLAB_TOKEN")
    for name, value in token.items():
        monkeypatch.setenv(name, value)
    text = "include: [{project: group/app, file: ci/all.yml}]\nx: {extends: .base}\n"
    file = lint(capsys, "--fetch", text=text)
    (note,) = notes(file)
    assert file["verdict"] == "undecided"
    assert why in note
    assert "CI_KIT_GITLAB_TOKEN with the scope read_api may" in note


def test_what_was_fetched_is_kept_for_a_run_without_network(
    capsys: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "include: [{project: group/app, file: ci/all.yml}]\nx: {script: x, needs: [one]}\n"
    assert lint(capsys, "--fetch", "--cache", text=text)["findings"] == []
    folder = tmp_path / "cache/ci-kit/includes"
    entries = [path for path in folder.rglob("*") if path.is_file()]
    assert entries
    assert {path.stat().st_mode & 0o777 for path in entries} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {0o700}
    assert not any(TOKENS["project"] in path.read_text() for path in entries)
    monkeypatch.setenv("CI_SERVER_URL", filled)
    monkeypatch.delenv("CI_KIT_GITLAB_TOKEN")
    assert lint(capsys, "--cache")["findings"] == []
    assert len(notes(lint(capsys))) == 1
    monkeypatch.setenv("CI_SERVER_URL", "https://other.example.com")
    (note,) = notes(lint(capsys, "--cache"))
    assert "it is not in the cache; give --include-path group/app=DIR or run once with --cache --fetch" in note


def test_a_damaged_entry_is_fetched_again(capsys: pytest.CaptureFixture[str], filled: str, tmp_path: Path) -> None:
    text = "include: [{project: group/app, file: ci/all.yml}]\nx: {script: x, needs: [one]}\n"
    cache = f"--cache={tmp_path / 'kept'}"
    lint(capsys, "--fetch", cache, text=text)
    for path in (tmp_path / "kept").rglob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"make", b"fake")[:-1])
    assert len(notes(lint(capsys, cache))) == 1
    assert lint(capsys, "--fetch", cache)["findings"] == []
    assert lint(capsys, cache)["findings"] == []
    assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_file() and path.suffix != ".json"]


def test_a_cache_that_cannot_be_written_is_no_failure(
    capsys: pytest.CaptureFixture[str], filled: str, tmp_path: Path
) -> None:
    write(str(tmp_path / "file"), "")
    text = "include: [{project: group/app, file: ci/all.yml}]\nx: {script: x, needs: [one]}\n"
    assert lint(capsys, "--fetch", f"--cache={tmp_path / 'file/below'}", text=text)["verdict"] == "valid"


def test_remote_says_what_gitlab_says(
    capsys: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_PROJECT_PATH", "group/app")
    remote = lint(capsys, "--remote", text=JOB)["remote"]
    assert remote == {"valid": True, "errors": [], "only_remote": [], "only_local": []}
    write("a.yml", "job: {run: []}\n")
    assert main(["lint", "a.yml", "--remote"]) == 1
    printed = capsys.readouterr().out
    assert "    GitLab itself: invalid\n    only GitLab says: jobs config should contain at least one" in printed
    assert main(["lint", "a.yml"]) == 0


@pytest.mark.parametrize(("token", "words"), [("none", "(403)"), ("job", "(401)")])
def test_remote_fails_when_gitlab_does(
    token: str, words: str, capsys: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_PROJECT_PATH", "group/app")
    monkeypatch.delenv("CI_KIT_GITLAB_TOKEN")
    monkeypatch.setenv("CI_JOB_TOKEN" if token == "job" else "GITLAB_TOKEN", TOKENS[token])
    write("a.yml", JOB)
    assert main(["lint", "a.yml", "--remote"]) == 6
    error = capsys.readouterr().err
    assert words in error
    assert "-> CI_KIT_GITLAB_TOKEN with the scope api" in error


def test_the_project_of_remote_is_that_of_the_checkout_if_it_is_of_the_same_gitlab(
    capsys: pytest.CaptureFixture[str], filled: str
) -> None:
    write("a.yml", JOB)
    assert main(["lint", "a.yml", "--remote"]) == 2
    assert "CI_PROJECT_PATH: is not set" in capsys.readouterr().err
    for origin, code in (("git@127.0.0.1:group/app.git", 0), ("https://elsewhere.example.com/group/app", 2)):
        subprocess.run(["git", "init", "-q"], check=True)
        subprocess.run(["git", "config", "remote.origin.url", origin], check=True)
        assert main(["lint", "a.yml", "--remote"]) == code


# --- files that may not be read, and addresses that may not be asked -------------------------------------------------


@pytest.mark.parametrize(
    "path", ["../secret.yml", "/../secret.yml", "link.yml", "folder/secret.yml", "a\\0.yml", "loop.yml"]
)
def test_no_file_outside_of_the_root_is_read(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("../secret.yml", "secret: {script: make}\n")
    Path("link.yml").symlink_to("../secret.yml")
    Path("folder").symlink_to("..")
    Path("loop.yml").symlink_to("loop.yml")
    file = lint(capsys, text=f'include: "{path}"\n{JOB}')
    assert file["verdict"] == "invalid"
    assert [one.endswith("does not exist!") for one in file["gitlab_errors"]] == [True]
    assert file["findings"][0]["line"] == 1
    assert file["findings"][0]["suggestion"] not in ("link.yml", "loop.yml")


def test_a_pipe_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.yml")
    assert lint(capsys, text="include: pipe.yml\n" + JOB)["gitlab_errors"] == ["Local file `pipe.yml` does not exist!"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0", "0177.0.0.1"],
)
def test_private_addresses_are_not_asked(host: str) -> None:
    with web(lambda seen: Answer(200, JOB.encode())) as server:
        found = WebFiles(private=False).fetch(Request("remote", f"http://{host}:{server.port}/a.yml"))
        assert isinstance(found, Unreachable)
        assert server.connections == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1", True), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), 
        ("fe80::1%eth0", False),
        ("fd00::1", False), ("::", False), ("::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False), ("::127.0.0.1", False), ("ff02::1", False), ("x", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_redirect_to_a_private_address_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first name is said to be public, and leads to a server here that sends us on to the loopback."""
    with web(lambda seen: Answer(302, headers=(("Location", f"http://localhost:{server.port}/b.yml"),))) as server:
        real, made = socket.getaddrinfo, socket.create_connection

        def looked_up(host: str, *rest: Any, **more: Any) -> Any:
            return [(0, 0, 0, "", ("8.8.8.8", 0))] if host == "public.example" else real(host, *rest, **more)

        def connected(address: Any, *rest: Any, **more: Any) -> Any:
            return made(("127.0.0.1", server.port) if address[0] == "8.8.8.8" else address, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", looked_up)
        monkeypatch.setattr(socket, "create_connection", connected)
        found = WebFiles(private=False).fetch(Request("remote", "http://public.example/a.yml"))
        assert isinstance(found, Unreachable)
        assert "private network" in found.reason
        assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Answer(200, JOB.encode()), Fetched(JOB, "URL", path="URL")),
        (Answer(404), NotFound("status", "404")),
        (Answer(503), Unreachable("its server answers 503")),
        (Answer(429), Unreachable("its server answers 429")),
        (
            Answer(302, headers=(("Location", "file:///etc/passwd"),)),
            Unreachable("it is moved to what is no web address"),
        ),
        (Answer(302, headers=(("Location", "/again.yml"),)), Unreachable("it is moved more than 5 times")),
        (Answer(200, b"\xff"), Unreachable("it is not UTF-8")),
        (Answer(200, b"a" * (16 * 1024 * 1024 + 1)), Unreachable("it is bigger than 16 MiB")),
        (None, Unreachable("its server does not answer (RemoteDisconnected)")),
    ],
    ids=range(9),
)
def test_what_the_web_answers(answer: Answer | None, found: Any) -> None:
    with web(lambda seen: answer) as server:
        url = f"http://127.0.0.1:{server.port}/a.yml"
        wanted = found._replace(name=url, path=url) if isinstance(found, Fetched) else found
        assert WebFiles(private=True).fetch(Request("remote", url)) == wanted


def test_the_name_in_an_address_goes_to_its_server_alone_and_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def moved(seen: Seen) -> Answer:
        return Answer(302, headers=(("Location", f"http://localhost:{second.port}/b.yml"),))

    with web(lambda seen: Answer(200, b"a: [\n")) as second, web(moved) as first:
        write("a.yml", f"include: 'http://me:hunter2@127.0.0.1:{first.port}/a.yml'\n{JOB}")
        assert main(["lint", "--fetch", "--allow-private", "--format", "json", "a.yml"]) == 1
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err
    assert first.seen[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in second.seen[0].headers


@pytest.mark.parametrize(
    ("tags", "version", "meant"),
    [
        (["1.0.0", "v1.10.0", "1.9.0", "2.0.0-rc1", "x"], "~latest", "v1.10.0"),
        (["1.0.0", "1.0.2", "1.1.0"], "1.0", "1.0.2"),
        (["1.0.0"], "2", ""),
        ([], "~latest", ""),
        (["9" * 200 + ".0.0", "1.0.0"], "~latest", "1.0.0"),
    ],
)
def test_the_newest_version(tags: list[str], version: str, meant: str) -> None:
    assert newest(tags, version) == meant


REMOTE = "include: [{project: group/app, file: ci/all.yml}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "stages: [!reference [.w, stages]]\na: {script: x}\n",
        "default: {before_script: [!reference [.w, s], y]}\na: {script: x}\n",
        "workflow: {rules: [!reference [.w, rules], {when: always}]}\na: {script: x}\n",
        "a: !reference [.w]\n",
        ".h: !reference [.w]\na: {script: x}\n",
        ".h: {script: !reference [.w, script]}\na: {script: !reference [.h, script]}\n",
        "a: {script: x, needs: [!reference [.w, needs], b]}\nb: {script: x}\n",
        "a: {script: x, stage: other}\n",
        ".h: {stage: other}\nstages: [one]\na: {script: x, extends: .h}\n",
    ],
)
def test_what_a_file_that_is_not_read_may_hold_is_not_judged(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = lint(capsys, text=REMOTE + text)
    assert (file["verdict"], file["gitlab_errors"]) == ("undecided", [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {script: x, tags: !reference [.w, t], foo: 1}\n", "jobs:a config contains unknown keys: foo"),
        (
            "stages: [one]\na: {script: x, stage: two}\n",
            "a job: chosen stage two does not exist; available stages are .pre, one, .post",
        ),
    ],
)
def test_what_the_root_itself_decides_is_judged(text: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = lint(capsys, text=REMOTE + text)
    assert (file["verdict"], file["gitlab_errors"]) == ("invalid", [message])
