import base64
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ci_kit.errors import UsageError
from ci_kit.registry import credential_helper, credentials, docker_config
from ci_kit.registry.auth import ANONYMOUS, Credentials

HOST = "registry.example.com:5050"
CANARY = "glpat-canary-secret"
WHO = Credentials("robot", CANARY, "flag")
ENTRY = {"auth": base64.b64encode(f"robot:{CANARY}".encode()).decode()}
TOKEN = Credentials("<token>", CANARY, "file", identity=True)


def said(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "config.json").read_text())
    return found


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_first_login_makes_folder_and_file_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "docker"
    assert docker_config.add(folder, HOST, WHO, {}) == str(folder / "config.json")
    assert said(folder) == {"auths": {HOST: ENTRY}}
    assert [mode(folder), mode(folder / "config.json")] == [0o700, 0o600]
    assert [path.name for path in folder.iterdir()] == ["config.json"]


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(others=some.dictionaries(some.text(max_size=8), _JSON, max_size=4), rest=some.dictionaries(some.text(), _JSON))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_everything_else_in_the_file_is_kept_through_login_and_logout(
    tmp_path: Path, others: dict[str, object], rest: dict[str, object]
) -> None:
    before = {**rest, "auths": others}
    before.pop("credsStore", None)
    before.pop("credHelpers", None)
    (tmp_path / "config.json").write_text(json.dumps(before))
    docker_config.add(tmp_path, HOST, WHO, {})
    assert said(tmp_path) == {**before, "auths": {**others, HOST: ENTRY}}
    assert docker_config.remove(tmp_path, HOST, {})
    assert said(tmp_path) == before


def test_a_file_that_others_may_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "config.json").chmod(0o644)
    docker_config.add(tmp_path, HOST, WHO, {})
    assert mode(tmp_path / "config.json") == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "config.json").symlink_to(tmp_path / "real" / "file.json")
    docker_config.add(tmp_path, HOST, WHO, {})
    assert (tmp_path / "config.json").is_symlink()
    assert json.loads((tmp_path / "real" / "file.json").read_text()) == {"auths": {HOST: ENTRY}}


@pytest.mark.parametrize("text", ["", " \n", "{}", '{"auths": null}'])
def test_a_file_that_says_nothing_is_filled(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    docker_config.add(tmp_path, HOST, WHO, {})
    assert said(tmp_path) == {"auths": {HOST: ENTRY}}


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"auths": []}', '{"auths": 5}', "[" * 100_000])
def test_a_file_that_docker_would_not_read_is_never_written_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UsageError, match=r"config\.json: .* -> repair or remove it"):
        docker_config.add(tmp_path, HOST, WHO, {})
    with pytest.raises(UsageError, match=r"config\.json: .* -> repair or remove it"):
        docker_config.remove(tmp_path, HOST, {})
    assert (tmp_path / "config.json").read_text() == text


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, unprivileged: None) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(UsageError, match=r"closed/config.json: cannot be written: Permission denied -> name a folder"):
        docker_config.add(folder, HOST, WHO, {})
    assert list(folder.iterdir()) == []


def test_a_loop_of_links_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError):
        docker_config.add(tmp_path / "a", HOST, WHO, {})


@pytest.mark.parametrize("name", [HOST, f"https://{HOST}", f"https://{HOST}/", f"http://{HOST}/v1/", f"{HOST}/v2"])
def test_logout_forgets_every_spelling_and_nothing_else(tmp_path: Path, name: str) -> None:
    others = {"other.example.com": ENTRY, f"{HOST}/group/project": ENTRY, f"{HOST}1": ENTRY, f"x{HOST}": {}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {name: ENTRY, **others}, "proxies": {}}))
    assert docker_config.remove(tmp_path, HOST, {})
    assert said(tmp_path) == {"auths": others, "proxies": {}}
    before = (tmp_path / "config.json").stat()
    assert not docker_config.remove(tmp_path, HOST, {})
    assert (tmp_path / "config.json").stat() == before


def test_logout_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    assert not docker_config.remove(tmp_path / "none", HOST, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_is_kept_under_its_old_address(tmp_path: Path, name: str) -> None:
    docker_config.add(tmp_path, name, WHO, {})
    assert said(tmp_path) == {"auths": {"https://index.docker.io/v1/": ENTRY}}
    assert credentials.find("docker.io", {"DOCKER_CONFIG": str(tmp_path)}).user == "robot"
    assert docker_config.remove(tmp_path, name, {})


def test_an_identity_token_is_kept_as_docker_keeps_it_and_found_again(tmp_path: Path) -> None:
    docker_config.add(tmp_path, HOST, TOKEN, {})
    entry = said(tmp_path)["auths"][HOST]  # type: ignore[index]
    assert entry == {"auth": base64.b64encode(b"<token>:").decode(), "identitytoken": CANARY}
    found = credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)})
    assert (found.password, found.identity) == (CANARY, True)
    assert found.daemon_login() == {"identitytoken": CANARY}


def test_the_entry_that_docker_uses_is_found_before_older_spellings(tmp_path: Path) -> None:
    old = {"auth": base64.b64encode(b"old:x").decode()}
    auths = {f"{HOST}/group": old, f"https://{HOST}/v1/": old, HOST: ENTRY}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    assert credentials.find(HOST, {"DOCKER_CONFIG": str(tmp_path)}).user == "robot"


# many at once, and killed


LOGIN = """
    import sys
    from pathlib import Path
    from ci_kit.registry import docker_config
    from ci_kit.registry.auth import Credentials

    who = Credentials("u", "p" * 9000, "")
    for number in range(int(sys.argv[3])):
        docker_config.add(Path(sys.argv[1]), f"{sys.argv[2]}-{number}.example.com", who, {})
"""


def start(folder: Path, name: str, count: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(LOGIN), str(folder), name, str(count)])


def test_twenty_logins_at_once_all_arrive(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {HOST: ENTRY}, "kept": 1}))
    running = [start(tmp_path, f"h{number}", 3) for number in range(20)]
    assert [process.wait(60) for process in running] == [0] * 20
    found = said(tmp_path)
    assert found["kept"] == 1
    assert set(found["auths"]) == {HOST, *(f"h{a}-{b}.example.com" for a in range(20) for b in range(3))}  # type: ignore[call-overload]
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_threads_of_one_process_keep_out_of_each_others_way(tmp_path: Path) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: docker_config.add(tmp_path, f"h{number}.example.com", WHO, {}), range(20)))
    assert len(said(tmp_path)["auths"]) == 20  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_login_that_is_killed_leaves_a_whole_file_and_the_next_one_its_rest(
    tmp_path: Path, number: signal.Signals
) -> None:
    docker_config.add(tmp_path, HOST, WHO, {})
    for attempt in range(5):
        before = len(said(tmp_path)["auths"])  # type: ignore[arg-type]
        process = start(tmp_path, f"killed{attempt}", 5000)
        deadline = time.monotonic() + 30
        while len(said(tmp_path)["auths"]) < before + 3 and time.monotonic() < deadline:  # type: ignore[arg-type]
            time.sleep(0.001)
        process.send_signal(number)
        process.wait(30)
        assert said(tmp_path)["auths"][HOST] == ENTRY  # type: ignore[index]
    (tmp_path / ".config.json.ci-kit-left").write_text(CANARY)
    docker_config.remove(tmp_path, "nobody.example.com", {})
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_folder_that_stays_locked_ends_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr(docker_config, "_PATIENCE", 0.05)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(UsageError, match="is locked by another login -> end it, then try again"):
            docker_config.add(tmp_path, HOST, WHO, {})
    finally:
        os.close(descriptor)
    assert list(tmp_path.iterdir()) == []


# credential helpers: a real small program on PATH that keeps what it is given


HELPER = """\
#!/bin/sh
cat > "$STORE.$1.in"
echo "$0 $*" >> "$STORE.argv"
case "$1" in
  store) cp "$STORE.store.in" "$STORE.kept" ;;
  get) [ -f "$STORE.kept" ] && cat "$STORE.kept" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) rm "$STORE.kept" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
  list) echo '{"third.example.com": "x"}' ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which docker-credential-tiny is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker-credential-tiny").write_text(HELPER)
    (folder / "docker-credential-tiny").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "STORE": str(tmp_path / "store")}


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_a_helper_in_charge_keeps_the_login_and_the_file_does_not(
    tmp_path: Path, environ: dict[str, str], key: str
) -> None:
    named: object = "tiny" if key == "credsStore" else {HOST: "tiny"}
    (tmp_path / "config.json").write_text(json.dumps({key: named, "auths": {HOST: ENTRY}}))
    assert docker_config.add(tmp_path, HOST, WHO, environ) == "docker-credential-tiny"
    assert said(tmp_path) == {key: named, "auths": {HOST: {}}}
    kept = json.loads((tmp_path / "store.kept").read_text())
    assert kept == {"ServerURL": HOST, "Username": "robot", "Secret": CANARY}
    assert CANARY not in (tmp_path / "store.argv").read_text()
    assert credentials.find(HOST, {**environ, "DOCKER_CONFIG": str(tmp_path)}).password == CANARY
    assert docker_config.remove(tmp_path, HOST, environ)
    assert said(tmp_path) == {key: named, "auths": {}}
    assert not (tmp_path / "store.kept").exists()
    assert not docker_config.remove(tmp_path, HOST, environ)


def test_a_helper_of_another_registry_is_left_alone(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {"other.example.com": "tiny"}}))
    assert docker_config.add(tmp_path, HOST, WHO, environ) == str(tmp_path / "config.json")
    assert not (tmp_path / "store.argv").exists()


def test_an_empty_helper_excepts_a_registry_from_the_store(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {HOST: ""}, "credsStore": "tiny"}))
    assert docker_config.add(tmp_path, HOST, WHO, environ) == str(tmp_path / "config.json")


def test_an_identity_token_of_a_helper_is_known_as_one(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "store.kept").write_text(json.dumps({"Username": "<token>", "Secret": CANARY}))
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tiny"}))
    assert credentials.find(HOST, {**environ, "DOCKER_CONFIG": str(tmp_path)}).identity


@pytest.mark.parametrize(
    "script", [f"echo {CANARY}; echo {CANARY} >&2; exit 1", "exec sleep 30"], ids=["fails", "hangs"]
)
@pytest.mark.parametrize("verb", ["store", "erase", "get"])
def test_a_helper_that_does_not_work_changes_nothing_and_is_not_quoted(
    tmp_path: Path,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    script: str,
    verb: str,
) -> None:
    monkeypatch.setattr(credential_helper, "_SECONDS", 0.2 if "sleep" in script else 10)
    (tmp_path / "bin" / "docker-credential-tiny").write_text(f"#!/bin/sh\n{script}\n")
    text = json.dumps({"credsStore": "tiny", "auths": {HOST: {}}})
    (tmp_path / "config.json").write_text(text)
    calls = {
        "store": lambda: docker_config.add(tmp_path, HOST, WHO, environ),
        "erase": lambda: docker_config.remove(tmp_path, HOST, environ),
        "get": lambda: credentials.find(HOST, {**environ, "DOCKER_CONFIG": str(tmp_path)}),
    }
    with pytest.raises(UsageError, match="the credential helper 'tiny' does not work: it ") as caught:
        calls[verb]()
    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "config.json").read_text() == text


@pytest.mark.parametrize("name", ["absent", "../../bin/sh", "a b", "ä"])
def test_a_helper_that_is_no_program_is_named(tmp_path: Path, environ: dict[str, str], name: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": name}))
    with pytest.raises(UsageError, match="does not work: it is not in PATH -> install or repair docker-credential-"):
        docker_config.add(tmp_path, HOST, WHO, environ)


def test_without_any_login_nobody_is_found(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tiny"}))
    assert credentials.find(HOST, {**environ, "DOCKER_CONFIG": str(tmp_path)}) == ANONYMOUS
