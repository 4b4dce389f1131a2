from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.build import plan
from ci_kit.build.tagging import labels, tag_rule, tags
from ci_kit.build.tagging.rule_values import Job
from ci_kit.config.settings import ImageSettings, Settings
from ci_kit.errors import UsageError
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import slug
from ci_kit.registry.reference import is_tag

SHA = "0123456789abcdef0123456789abcdef01234567"
ENVIRON = {"CI_REGISTRY_IMAGE": "registry.example.com/group/project"}


def branch(name: str, default: str = "main") -> JobFacts:
    return JobFacts(sha=SHA, ref=name, ref_slug=slug(name), branch=name, default_branch=default)


def git_tag(name: str) -> JobFacts:
    return JobFacts(sha=SHA, ref=name, ref_slug=slug(name), tag=name, default_branch="main")


def usual(facts: JobFacts) -> tuple[str, ...]:
    """The tags without rules."""
    return tuple(tag.name for tag in tags.plan(tag_rule.parse(()), Job(facts, {})).planned)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (branch("main"), ("main", "latest")),
        (branch("feature/New_Thing"), ("feature-new-thing",)),
        (git_tag("v1.2.3"), ("v1.2.3",)),
        (git_tag("v1.0+build/7"), ("v1.0-build-7",)),
        (git_tag(".hidden"), ("hidden",)),
        (git_tag("v" * 200), ("v" * 128,)),
        (git_tag("--"), ()),
        (JobFacts(sha=SHA, ref="main", ref_slug="main", merge_request="7", default_branch="main"), ("mr-7",)),
        (
            JobFacts(sha=SHA, ref_slug="main", branch="main", merge_request="7", default_branch="main"),
            ("mr-7",),
        ),
        (JobFacts(sha=SHA), ()),
        (branch("", ""), ()),
    ],
    ids=lambda value: value.ref[:12] if isinstance(value, JobFacts) else None,
)
def test_the_moving_tags_follow_what_the_job_is_of(facts: JobFacts, expected: tuple[str, ...]) -> None:
    assert usual(facts) == (SHA, *expected)


@pytest.mark.parametrize(
    "facts",
    [
        branch("latest"),
        branch("mr-7"),
        branch("f" * 40),
        git_tag("a" * 64),
        git_tag("f" * 40),
    ],
    ids=lambda facts: facts.ref[:12],
)
def test_a_name_that_others_rely_on_is_not_taken_over(facts: JobFacts) -> None:
    assert usual(facts) == (SHA,)


def test_the_default_branch_may_be_called_as_it_likes() -> None:
    assert usual(branch("latest", default="latest")) == (SHA, "latest")
    assert usual(branch("f" * 39)) == (SHA, "f" * 39)


@given(some.text(), some.text())
def test_every_moving_tag_keeps_the_grammar(name: str, other: str) -> None:
    for facts in (branch(name, name), git_tag(name), JobFacts(sha=SHA, merge_request=name, ref_slug=other)):
        assert all(is_tag(tag) for tag in usual(facts))


def test_labels_say_what_is_known_and_nothing_else() -> None:
    assert labels.of(JobFacts(sha=SHA)) == {"org.opencontainers.image.revision": SHA}
    facts = JobFacts(
        sha=SHA, ref="main", timestamp="2026-01-02T03:04:05Z", project_url="https://gitlab.example.com/g/p"
    )
    assert labels.of(facts) == {
        "org.opencontainers.image.source": "https://gitlab.example.com/g/p",
        "org.opencontainers.image.url": "https://gitlab.example.com/g/p",
        "org.opencontainers.image.revision": SHA,
        "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
        "org.opencontainers.image.version": "main",
        "org.opencontainers.image.ref.name": "main",
    }
    assert labels.of(git_tag("v1"))["org.opencontainers.image.version"] == "v1"
    assert labels.of(git_tag("v1"), {}, "1.0.0")["org.opencontainers.image.version"] == "1.0.0"


def test_labels_tell_of_the_project() -> None:
    environ = {"CI_PROJECT_TITLE": "The App", "CI_PROJECT_NAME": "app", "CI_PROJECT_DESCRIPTION": "What\nit does "}
    found = labels.of(JobFacts(), environ)
    assert found == {
        "org.opencontainers.image.title": "The App",
        "org.opencontainers.image.description": "What it does",
    }
    assert labels.of(JobFacts(), {"CI_PROJECT_NAME": "app"}) == {"org.opencontainers.image.title": "app"}


@pytest.mark.parametrize(
    ("timestamp", "environ", "expected"),
    [
        ("2026-01-02T03:04:05+01:00", {}, 1767319445),
        ("2026-01-02T02:04:05Z", {}, 1767319445),
        ("2026-01-02T03:04:05+01:00", {"SOURCE_DATE_EPOCH": "7"}, 7),
        ("", {"SOURCE_DATE_EPOCH": "7"}, 7),
        ("", {}, None),
        ("yesterday", {}, None),
        ("0001-01-01T00:00:00Z", {}, None),
    ],
)
def test_the_date_of_all_files_is_the_commits(timestamp: str, environ: dict[str, str], expected: int | None) -> None:
    assert labels.epoch(JobFacts(timestamp=timestamp), environ) == expected


def test_a_date_that_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH: 'now' is no number of seconds since 1970 -> git log"):
        labels.epoch(JobFacts(), {"SOURCE_DATE_EPOCH": "now"})


# plans


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    (tmp_path / "Dockerfile").touch()
    (tmp_path / "web" / "web.Dockerfile").touch()
    return tmp_path


def made(root: Path, *images: ImageSettings, environ: Mapping[str, str] = ENVIRON) -> tuple[plan.BuildPlan, ...]:
    return plan.make(Settings(images=images), branch("main"), environ, root)


def test_a_plan_has_absolute_paths_and_all_references(root: Path) -> None:
    image = ImageSettings("web", context="web", dockerfile="web/web.Dockerfile", image="web", build_args={"A": "b"})
    (found,) = made(root, image)
    assert (found.context, found.dockerfile) == (str(root / "web"), str(root / "web" / "web.Dockerfile"))
    assert [str(reference) for reference in found.references] == [
        f"registry.example.com/group/project/web:{tag}" for tag in (SHA, "main", "latest")
    ]
    assert found.build_args == {"A": "b"}


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (
            ImageSettings("x", context="none", place="--context"),
            "--context: the context 'none' does not exist -> looked",
        ),
        (ImageSettings("x", context="Dockerfile"), "the context 'Dockerfile' is not a directory"),
        (
            ImageSettings("x", dockerfile="dockerfile", place=".ci-kit.yml:4:17"),
            ".ci-kit.yml:4:17: the Dockerfile 'dockerfile' does not exist -> there is Dockerfile, web/web.Dockerfile",
        ),
        (ImageSettings("x", dockerfile="web"), "the Dockerfile 'web' is not a file"),
        (ImageSettings("x", dockerfile="loop"), "the Dockerfile 'loop' does not exist"),
        (ImageSettings("x", context="loop"), "the context 'loop' does not exist"),
        (ImageSettings("x", context="a\0b"), "does not exist"),
        (ImageSettings("x", dockerfile="a\0b"), "does not exist"),
        (ImageSettings("x", image="App:1", place="--image"), "--image: 'registry.example.com/group/project/App:1'"),
    ],
)
def test_what_cannot_be_built_is_told_before_a_daemon_is_asked(root: Path, image: ImageSettings, words: str) -> None:
    (root / "loop").symlink_to("loop")
    with pytest.raises(UsageError) as caught:
        made(root, image)
    assert words in str(caught.value)


def test_without_any_dockerfile_the_hint_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"there is no Dockerfile below {tmp_path}"):
        made(tmp_path, ImageSettings("x"))


def test_two_images_of_one_name_in_the_registry_are_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="'a' and 'b' both push registry"):
        made(root, ImageSettings("a", image="x"), ImageSettings("b", image="x"))


def test_without_a_registry_the_variable_is_named(root: Path) -> None:
    with pytest.raises(UsageError, match="needs the variable CI_REGISTRY_IMAGE"):
        made(root, ImageSettings("x"), environ={})
