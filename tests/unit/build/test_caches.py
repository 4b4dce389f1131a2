"""Where the steps of a build are cached, in each kind of pipeline and registry."""

import pytest

from ci_kit.build.options import caches
from ci_kit.config.settings import ImageSettings, Placed
from ci_kit.errors import UsageError
from ci_kit.model.cache import NO_CACHE
from ci_kit.model.image import ImageRef
from ci_kit.model.record import JobFacts

PROJECT = {"CI_REGISTRY_IMAGE": "r.example:5050/g/p"}
APP = ImageRef("r.example:5050", "g/p/app")
BRANCH = JobFacts(ref="Feature/One", ref_slug="feature-one", branch="Feature/One", default_branch="main")
REQUEST = JobFacts(ref_slug="feature-one", merge_request="7", target_branch="Release/2", default_branch="main")
TAG = JobFacts(ref="v1", ref_slug="v1", tag="v1", default_branch="main")


@pytest.mark.parametrize(
    ("facts", "chain", "export"),
    [
        (BRANCH, ["feature-one", "main"], "feature-one"),
        (REQUEST, ["feature-one", "release-2", "main"], "feature-one"),
        (JobFacts(ref_slug="main", branch="main", default_branch="main"), ["main"], "main"),
        (TAG, ["main"], None),
        (JobFacts(), [], None),
    ],
)
def test_a_branch_falls_back_on_its_target_and_the_default_branch(
    facts: JobFacts, chain: list[str], export: str | None
) -> None:
    found = caches.of(ImageSettings("app"), APP, facts, PROJECT)
    assert [str(each) for each in found.registry] == [f"r.example:5050/g/p/app/cache:{name}" for name in chain]
    assert [str(each) for each in found.images] == [f"r.example:5050/g/p/app:{name}" for name in chain]
    assert (found.export and found.export.tag) == export
    assert found.mode == "auto"


@pytest.mark.parametrize(
    ("repository", "environ", "place"),
    [
        ("g/p", PROJECT, "g/p/cache:main"),
        ("g/p/a/b", PROJECT, "g/p/a/b:buildcache-main"),
        ("g/other", PROJECT, "g/other:buildcache-main"),
        ("g/project", PROJECT, "g/project:buildcache-main"),
        ("g/p", {}, "g/p:buildcache-main"),
    ],
)
def test_it_lies_below_the_image_where_gitlab_has_room(repository: str, environ: dict[str, str], place: str) -> None:
    found = caches.of(ImageSettings("x"), ImageRef("r.example:5050", repository), TAG, environ)
    assert [str(each) for each in found.registry] == [f"r.example:5050/{place}"]


def test_others_may_be_said() -> None:
    said = ImageSettings(
        "app",
        cache_from=(Placed("$CI_REGISTRY_IMAGE/x:y"), Placed("type=local,src=/cache")),
        cache_to=(Placed("type=inline"),),
    )
    found = caches.of(said, APP, BRANCH, PROJECT)
    assert found.said_from == ("type=registry,ref=r.example:5050/g/p/x:y", "type=local,src=/cache")
    assert found.said_to == ("type=inline",)


def test_none_is_none() -> None:
    assert caches.of(ImageSettings("app", cache="none"), APP, BRANCH, PROJECT) is NO_CACHE


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("type=s3,region=x,secret_access_key=canary", "would be seen among the arguments -> set it as a variable"),
        ("type=s3,session_token=canary", "would be seen among the arguments"),
        ("type=floppy,ref=x", "is no cache -> write a reference"),
        ("no registry", "white space"),
        ("$MISSING/x", "needs the variable MISSING"),
    ],
)
def test_what_is_no_cache_is_refused_with_its_place(line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        caches.of(ImageSettings("app", cache_from=(Placed(line, "--cache-from"),)), APP, BRANCH, PROJECT)
    assert caught.value.place == "--cache-from"
    assert "canary" not in str(caught.value)
