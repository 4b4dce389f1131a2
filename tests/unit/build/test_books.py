"""The files that a run leaves, whatever ends it."""

import json
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from ci_kit.build.books import Books
from ci_kit.build.masking import masking
from ci_kit.config.settings import RecordSettings
from ci_kit.errors import BuildError, DaemonError, TagTakenError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import BuildRecord, JobFacts, TagMove
from tests.results import assert_result

DIGEST = "sha256:" + "0123456789abcdef" * 4
CANARY = "glpat-canary-secret"


def plan(name: str) -> BuildPlan:
    return BuildPlan(name, ImageRef("host", f"g/p/{name}", "0123"), (), "/", "/Dockerfile", "", {}, {})


def record(name: str, *moves: TagMove) -> BuildRecord:
    return BuildRecord(name, plan(name).image, DIGEST, ("0123",), "docker", 1.5, 10, (), moves=moves)


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.chdir(tmp_path)
    mask = masking({"CI_JOB_TOKEN": CANARY, "API_KEY": "short", "HOME": "/a/long/enough/path"})
    return Books(RecordSettings(), JobFacts(sha="0123", ref="main"), True, (plan("a"), plan("b")), mask)


def cases_of(suite: str) -> dict[str, list[str]]:
    """Return the tests of an image in the JUnit file, each with what it has inside."""
    found = Xml.parse("ci-kit-junit.xml").getroot().iter("testsuite")
    cases = [case for each in found if each.get("name") == suite for case in each]
    assert {case.get("classname") for case in cases} == {suite}
    return {str(case.get("name")): [inside.tag for inside in case] for case in cases}


def said() -> dict[str, object]:
    text = Path("ci-kit-result.json").read_text()
    assert_result(text)
    document: dict[str, object] = json.loads(text)
    return document


def test_before_anything_is_done_no_image_counts_as_verified(books: Books) -> None:
    books.write()
    assert cases_of("a") == {"pushed and verified by digest": ["error"]}
    assert "not finished" in Path("ci-kit-report.html").read_text()
    assert said()["images"] == []


def test_each_image_is_a_suite_and_each_thing_that_holds_a_test(books: Books) -> None:
    books.keep(record("a", TagMove("0123", "set"), TagMove("latest", "kept", DIGEST, "2.0 is newer")))
    assert cases_of("a") == {
        "built": ["system-out"],
        "pushed and verified by digest": ["system-out"],
        "tag of the commit": ["system-out"],
        "tag latest": ["system-out"],
    }
    text = Path("ci-kit-junit.xml").read_text()
    assert f"host/g/p/a:0123 is {DIGEST}" in text
    assert "latest kept 2.0 is newer" in text
    assert not any("0123" in name or "sha256" in name for name in cases_of("a"))


def test_what_fails_is_named_in_every_file(books: Books) -> None:
    refused = TagMove("1.0.0", "refused", DIGEST, "it is there already")
    books.keep(record("a", TagMove("0123", "set"), refused))
    books.fail(plan("a"), TagTakenError("host/g/p/a:1.0.0 is not set"))
    books.fail(plan("b"), BuildError("b was not built: exit code: 1"))
    assert cases_of("a")["tag 1.0.0"] == ["failure", "system-out"]
    assert cases_of("b") == {"built": ["failure"], "pushed and verified by digest": ["error"]}
    assert [failure["name"] for failure in said()["failures"]] == ["a", "b"]  # type: ignore[attr-defined]
    page = Path("ci-kit-report.html").read_text()
    assert "b was not built: exit code: 1" in page
    assert "not published as planned" in page


def test_what_ends_the_run_is_told_of_every_image_that_has_no_end_yet(books: Books) -> None:
    books.keep(record("a"))
    books.stop(DaemonError("no Docker daemon answered"))
    assert cases_of("b")["built"] == ["failure"]
    failures = said()["failures"]
    assert [(one["name"], one["message"], one["exit_code"]) for one in failures] == [  # type: ignore[attr-defined]
        ("b", "no Docker daemon answered", 4)
    ]


def test_the_steps_of_a_build_are_heard_and_kept_with_its_image(books: Books) -> None:
    heard: list[str] = []
    listen, other = books.listen("a", heard.append), books.listen("b", heard.append)
    for line in ("#1 [1/2] FROM x", "#1 DONE 0.1s", "#2 [2/2] RUN make", "#2 CACHED"):
        listen(line)
    other("#1 [1/1] RUN false")
    assert heard[-1] == "#1 [1/1] RUN false"
    books.keep(record("a"))
    books.fail(plan("b"), BuildError("b was not built"))
    assert [(step.name, step.state) for step in books.records[0].steps] == [
        ("[1/2] FROM x", "done"),
        ("[2/2] RUN make", "cached"),
    ]
    assert [step.state for step in books.failures[0].steps] == ["failed"]
    assert "1 of 1" in Path("ci-kit-report.html").read_text()


def test_a_secret_that_a_build_shows_is_in_no_file(books: Books, tmp_path: Path) -> None:
    books.listen("a", lambda line: None)(f"#1 [1/1] RUN login {CANARY} short /a/long/enough/path")
    books.fail(plan("a"), BuildError(f"a was not built: {CANARY}"))
    for path in tmp_path.iterdir():
        assert CANARY not in path.read_text()
    assert "RUN login [MASKED] short /a/long/enough/path" in Path("ci-kit-report.html").read_text()


def test_every_line_of_a_secret_is_masked_and_the_longest_first() -> None:
    mask = masking({"SSH_PRIVATE_KEY": "begin-key\nline-of-key-1\n"}, {"A_TOKEN": "line-of-key-12"})
    assert mask("a line-of-key-12 b line-of-key-1 c begin-key") == "a [MASKED] b [MASKED] c [MASKED]"


def test_settings_that_name_a_secret_are_none() -> None:
    mask = masking({"CI_KIT_SIGN_KEY": "COSIGN_PRIVATE_KEY", "CI_KIT_GITLAB_TOKEN": CANARY})
    assert mask(f"env://COSIGN_PRIVATE_KEY {CANARY}") == "env://COSIGN_PRIVATE_KEY [MASKED]"


def test_what_is_not_wanted_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Books(RecordSettings("", "", "", report="", junit=""), JobFacts(), False).write()
    assert list(tmp_path.iterdir()) == []


def test_what_xml_cannot_hold_is_replaced(books: Books) -> None:
    books.fail(plan("a"), BuildError("\x1b[31m <&> \ud800 ]]> \0"))
    books.fail(plan("b"), BuildError('"quoted" & <b>'))
    assert cases_of("a")["built"] == cases_of("b")["built"] == ["failure"]
