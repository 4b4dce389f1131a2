"""The grammar of image names: what passes, and one message with its remedy for each way to break it."""

import pytest

from ci_kit.config import image_name

RIGHT = (
    "",
    "app",
    "tools/lint",
    "a_b.c-d__e",
    "$CI_REGISTRY_IMAGE",
    "$CI_REGISTRY_IMAGE/app",
    "${CI_REGISTRY_IMAGE}/tools/lint",
    "app-$CI_COMMIT_REF_SLUG",
    "$CI_REGISTRY/group/project/a/b/c",
    "registry.example/group/sub/project/app",
    "registry.example:5050/group/app",
    "localhost/app",
    "localhost:5000/app",
    "[::1]:5000/group/app",
    "Registry.Example/group/app",
)

WRONG = {
    "https://r.example/a": ("has a scheme", "write 'r.example/a'"),
    "docker://r.example/a": ("has a scheme", "write 'r.example/a'"),
    "Group/App": ("upper-case", "write 'group/app'"),
    "$CI_REGISTRY_IMAGE/App": ("upper-case", "write '$CI_REGISTRY_IMAGE/app'"),
    "r.example/Group/app": ("upper-case", "write 'r.example/group/app'"),
    "app/": ("ends with a slash", "write 'app'"),
    "/app": ("starts with a slash", "write 'app'"),
    "my app": ("white space", "write 'myapp'"),
    "app ": ("white space", "write 'app'"),
    "app:1.0": ("has a tag", "write 'app'"),
    "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA": ("has a tag", "write '$CI_REGISTRY_IMAGE'"),
    "r.example:5050/app:1": ("has a tag", "write 'r.example:5050/app'"),
    "app@sha256:abc": ("has a digest", "write 'app'"),
    "a/b/c": ("3 levels below the project, GitLab allows 2", "write 'a-b/c'"),
    "$CI_REGISTRY_IMAGE/a/b/c": ("3 levels below", "write 'a-b/c'"),
    "a//b": ("breaks the grammar", "parts of a-z"),
    "-a": ("breaks the grammar", "parts of a-z"),
    "a..b": ("breaks the grammar", "parts of a-z"),
    "app-$": ("breaks the grammar", "parts of a-z"),
    "r_x.example:port/app": ("is not a host", "write host/group/project/image"),
}


@pytest.mark.parametrize("text", RIGHT)
def test_names_that_pass(text: str) -> None:
    assert image_name.problem(text) is None


@pytest.mark.parametrize("text", WRONG)
def test_names_that_do_not(text: str) -> None:
    found = image_name.problem(text)
    assert found is not None
    message, hint = found
    assert repr(text) in message
    assert (WRONG[text][0] in message, hint.startswith(WRONG[text][1])) == (True, True)


@pytest.mark.parametrize("text", [wrong for wrong in WRONG if WRONG[wrong][1].startswith("write '")])
def test_the_remedy_is_itself_right(text: str) -> None:
    found = image_name.problem(text)
    assert found is not None
    assert image_name.problem(found[1].removeprefix("write '").removesuffix("'")) is None
