"""Which images are made from which others, and in what order that puts them."""

from pathlib import Path

import pytest

from ci_kit.build import plan
from ci_kit.build.family import needs
from ci_kit.build.family.needs import Member
from ci_kit.config.settings import ImageSettings, Placed, Settings
from ci_kit.errors import UsageError
from ci_kit.model.image import ImageRef
from ci_kit.model.record import JobFacts

PROJECT = "registry.example.com/g/p"
DIGEST = "sha256:" + "1" * 64
SHA = "a" * 40


def member(name: str, dockerfile: str = "", *, wants: tuple[str, ...] = (), **arguments: str) -> Member:
    image = ImageRef("registry.example.com", f"g/p/{name}", SHA)
    return Member(name, image, frozenset({SHA, "main"}), dockerfile, arguments, ("linux/amd64",), wants, "here")


def found(*members: Member) -> dict[str, dict[str, tuple[str, ...]]]:
    return {name: {need.name: need.words for need in each} for name, each in needs.of(members).items()}


@pytest.mark.parametrize(
    "name",
    ["", ":latest", ":main", f":{SHA}"],
)
def test_a_from_of_what_is_built_now_is_a_need(name: str) -> None:
    word = f"{PROJECT}/base{name}"
    assert found(member("base"), member("app", f"FROM {word}"))["app"] == {"base": (word,)}
    assert found(member("base"), member("app", f"FROM a\nCOPY --from={word} / /"))["app"] == {"base": (word,)}
    assert found(member("base"), member("app", f"FROM a\nRUN --mount=from={word} x"))["app"] == {"base": (word,)}


@pytest.mark.parametrize(
    "name",
    [f"{PROJECT}/base:1.4", f"{PROJECT}/base@{DIGEST}", f"{PROJECT}/base/deep", "base", "registry.example.com/g/base"],
)
def test_another_version_or_image_is_none(name: str) -> None:
    assert found(member("base"), member("app", f"FROM {name}"))["app"] == {}


def test_needs_that_are_said_count_and_then_every_tag_is_meant() -> None:
    app = member("app", f"FROM {PROJECT}/base:1.4\nFROM {PROJECT}/base@{DIGEST}", wants=("base", "tool"))
    assert found(member("base"), member("tool"), app)["app"] == {"base": (f"{PROJECT}/base:1.4",), "tool": ()}


def test_variables_have_their_values() -> None:
    app = member("app", "ARG FROM\nFROM $FROM/base", FROM=PROJECT)
    assert found(member("base"), app)["app"] == {"base": (f"{PROJECT}/base",)}


def test_a_dockerfile_that_cannot_be_read_needs_nothing() -> None:
    assert found(member("base"), member("app", "FROM $\n"))["app"] == {}


def test_an_image_may_be_made_from_the_one_before_it() -> None:
    assert found(member("base", f"FROM a\nCOPY --from={PROJECT}/base / /")) == {"base": {}}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ((member("a", wants=("a",)),), "the image 'a' needs itself"),
        (
            (
                member("x", wants=("a",)),
                member("a", f"FROM {PROJECT}/c"),
                member("b", wants=("a",)),
                member("c", wants=("b",)),
            ),
            "the images need each other in a circle: a needs c, c needs b, b needs a",
        ),
    ],
)
def test_a_circle_is_refused_and_named(members: tuple[Member, ...], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        needs.of(members)
    assert (caught.value.message, caught.value.place) == (said, "here")


def test_the_order_is_that_of_the_settings_where_nothing_else_counts() -> None:
    wanted = {"app": ["base", "tool"], "base": [], "tool": ["deep"], "web": ["app", "elsewhere"], "deep": []}
    assert needs.ordered(list(wanted), wanted) == ["base", "deep", "tool", "app", "web"]
    assert needs.ordered(["web", "base"], wanted) == ["web", "base"]


IMAGES = (
    ImageSettings("base", image="base", context="base", dockerfile="base/Dockerfile"),
    ImageSettings("app", image="app"),
)
JOB = {"CI_REGISTRY_IMAGE": PROJECT, "CI_REGISTRY": "registry.example.com"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "Dockerfile").write_text("ARG CI_REGISTRY_IMAGE\nFROM $CI_REGISTRY_IMAGE/base\nARG CI_REGISTRY\n")
    return tmp_path


def made(root: Path, settings: Settings, **environ: str) -> plan.BuildPlan:
    return plan.make(settings, JobFacts(sha=SHA, ref="main", ref_slug="main", branch="main"), JOB | environ, root)[-1]


def test_a_plan_knows_its_needs_and_the_project_s_name(project: Path) -> None:
    app = made(project, Settings(IMAGES))
    (need,) = app.needs
    assert (need.name, need.words, need.is_here) == ("base", (f"{PROJECT}/base",), True)
    assert dict(app.build_args) == {"CI_REGISTRY_IMAGE": PROJECT}


def test_what_another_job_built_is_known_from_its_report_or_by_its_commit(project: Path) -> None:
    one = Settings(IMAGES[1:], several=True, others=IMAGES[:1])
    assert made(project, one).needs[0].image == ImageRef("registry.example.com", "g/p/base", SHA)
    told = made(project, one, CI_KIT_IMAGE_REF_BASE=f"{PROJECT}/base@{DIGEST}").needs[0]
    assert (told.image, told.is_here) == (ImageRef("registry.example.com", "g/p/base", digest=DIGEST), False)


@pytest.mark.parametrize(
    "said", [f"evil.example.com/g/p/base@{DIGEST}", f"{PROJECT}/base:1", "x", f"{PROJECT}/base@sha256:1"]
)
def test_a_report_of_another_repository_is_not_believed(project: Path, said: str) -> None:
    one = Settings(IMAGES[1:], several=True, others=IMAGES[:1])
    assert made(project, one, CI_KIT_IMAGE_REF_BASE=said).needs[0].image.tag == SHA


def test_an_image_of_which_nothing_can_be_said_is_left_to_its_own_job(project: Path) -> None:
    odd = (ImageSettings("base", image="$NOWHERE/base"), ImageSettings("b", image="base", tags=(Placed("type=tag"),)))
    assert made(project, Settings(IMAGES[1:], several=True, others=odd)).needs == ()
