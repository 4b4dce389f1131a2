import re
from pathlib import Path

import pytest

import ci_kit
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.examine import Diagnosis, examine
from ci_kit.diagnosis.layers import CHAIN, SECTIONS, layer
from ci_kit.diagnosis.result import Check, Result, bad, good, unknown
from ci_kit.model.causes import CAUSES
from tests.unit.distribution import Distribution
from tests.unit.servers import Answer, Seen, free_port, web

CANARY = "glpat-canary-secret"
FOLDER = Path(ci_kit.__file__).parent


def diagnosis(**results: Result) -> Diagnosis:
    return Diagnosis(tuple(Check(name, result, 0.0) for name, result in results.items()))


def test_every_layer_is_a_file_and_every_file_a_layer() -> None:
    files = {path.stem for path in (FOLDER / "diagnosis/layers").glob("*.py")} - {"__init__"}
    assert files == {*CHAIN, *SECTIONS}
    assert all(callable(layer(name)) for name in files)


def test_every_cause_that_the_package_names_is_in_the_catalogue() -> None:
    pattern = re.compile(r"""(?:bad|told|hint|_of)\(\s*"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"|cause="([a-z0-9-]+)\"""")
    for path in FOLDER.rglob("*.py"):
        for found in pattern.finditer(path.read_text(encoding="utf-8")):
            assert (found[1] or found[2]) in CAUSES, f"{path}: {found[0]}"


def test_nothing_wrong_is_no_cause() -> None:
    found = diagnosis(name=good("x"), disk=unknown("why"))
    assert (found.culprit, found.cause, found.others) == (None, None, ())
    assert [check.id for check in found.unchecked] == ["disk"]


def test_what_stops_the_chain_comes_before_what_is_wrong_besides() -> None:
    found = diagnosis(helper=bad("helper-missing", "h", goes_on=True), chunk=bad("body-limit", "b"))
    assert found.cause == CAUSES["body-limit"]
    assert [check.result.cause for check in found.others] == ["helper-missing"]


def test_what_is_only_the_surface_of_another_cause_is_not_told() -> None:
    found = diagnosis(grant=bad("nothing-granted", "n"), project=bad("registry-disabled", "off", goes_on=True))
    assert found.cause == CAUSES["registry-disabled"]
    assert found.others == ()


def test_behind_a_broken_layer_nothing_of_the_chain_is_asked() -> None:
    found = examine(Case("UPPER.example/App", "IMAGE", {"HOME": "/nonexistent"}))
    assert found.cause == CAUSES["name-uppercase"]
    unchecked = {check.id: check.result.text for check in found.unchecked}
    assert all(unchecked[name] == "name is broken before it" for name in list(CHAIN)[1:])


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("https://h.example/group/app", "name-scheme"),
        ("h.example/group/app/", "name-trailing-slash"),
        ("h.example/Group/app", "name-uppercase"),
        ("h.example/group/_app", "name-grammar"),
        ("h.example/group/app-", "name-grammar"),
        ("h.example/group/app:feature/x", "name-grammar"),
        ("h.example/group//app", "name-grammar"),
        ("h.example:99999/group/app", "name-grammar"),
        ("app", "no-registry"),
        ("$CI_REGISTRY_IMAGE/app", "no-registry"),
    ],
)
def test_a_name_that_is_none_is_told_without_asking_anybody(text: str, cause: str) -> None:
    found = examine(Case(text, "IMAGE", {}), ("name", "dns"))
    assert found.cause is not None
    assert found.cause.id == cause


@pytest.mark.parametrize(
    ("said", "cause"), [("https://h.example", "name-scheme"), ("h.example/", "name-trailing-slash")]
)
def test_the_registry_of_the_job_is_a_name_too(said: str, cause: str) -> None:
    found = examine(Case("h.example/group/app", "IMAGE", {"CI_REGISTRY": said}), ("name",))
    assert found.cause is not None
    assert found.cause.id == cause


def case_of(registry: Distribution, netloc: str, **environ: str) -> Case:
    registry.netloc = netloc
    known = {"CI_REGISTRY": netloc, "CI_REGISTRY_USER": "robot", "CI_REGISTRY_PASSWORD": CANARY}
    return Case(f"{netloc}/group/app", "IMAGE", {"HOME": "/nonexistent", "PATH": "", **known, **environ})


def test_a_registry_on_the_loopback_that_takes_the_trial_is_well() -> None:
    registry = Distribution(grants={"group/app": ["pull", "push", "delete"]})
    with web(registry) as server:
        found = examine(case_of(registry, server.netloc), tuple(CHAIN))
    assert found.culprit is None
    assert [check.id for check in found.checks if not check.ok] == ["manifest"]  # which a push does not need
    assert registry.uploads == {}


def test_a_port_where_nothing_listens() -> None:
    found = examine(Case(f"127.0.0.1:{free_port()}/group/app", "IMAGE", {"HOME": "/nonexistent"}), tuple(CHAIN))
    assert found.cause == CAUSES["connection-refused"]


def test_a_wrong_password_is_sent_once() -> None:
    asked: list[str] = []

    def answer(seen: Seen) -> Answer | None:
        if seen.path.startswith("/token") and "authorization" in seen.headers:
            asked.append(seen.path)
            return Answer(401, b"{}")
        return registry(seen)

    registry = Distribution(grants={})
    with web(answer) as server:
        found = examine(case_of(registry, server.netloc))
    assert found.cause == CAUSES["wrong-password"]
    assert len(asked) == 1
    assert CANARY not in str(found.checks)


def test_half_of_the_credentials_is_told_though_the_registry_is_well() -> None:
    registry = Distribution(grants={})
    with web(registry) as server:
        found = examine(case_of(registry, server.netloc, CI_REGISTRY_PASSWORD=""), tuple(CHAIN))
    assert found.cause == CAUSES["credentials-half"]
