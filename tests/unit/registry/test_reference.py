from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.errors import UsageError
from ci_kit.model.image import ImageRef
from ci_kit.registry import reference

DIGEST = "sha256:" + "0123456789abcdef" * 4
JOB = {"CI_REGISTRY": "registry.example.com", "CI_REGISTRY_IMAGE": "registry.example.com/group/project"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host/app", ImageRef("host", "app")),
        ("host:5000/group/app:1.0", ImageRef("host:5000", "group/app", "1.0")),
        ("registry.example.com/a/b-c__d.e/f---g", ImageRef("registry.example.com", "a/b-c__d.e/f---g")),
        (f"host/app@{DIGEST}", ImageRef("host", "app", digest=DIGEST)),
        (f"host/app:1@{DIGEST}", ImageRef("host", "app", "1", DIGEST)),
        ("[::1]:5000/app:_x", ImageRef("[::1]:5000", "app", "_x")),
        ("Host.Example.COM/app", ImageRef("Host.Example.COM", "app")),
        (f"host/app:{'a' * 128}", ImageRef("host", "app", "a" * 128)),
        (f"host/{'a' * 255}", ImageRef("host", "a" * 255)),
        ("host:65535/app", ImageRef("host:65535", "app")),
    ],
)
def test_a_good_reference_is_split_and_printed_as_it_was(text: str, expected: ImageRef) -> None:
    assert reference.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not host or host:port"),
        ("https://host/app", "has a scheme; an image reference has none -> write 'host/app'"),
        ("host/app/", "ends with a slash -> write 'host/app'"),
        ("host/a b", "has white space in it"),
        ("host/app\n", "has white space in it"),
        ("host", "has no path after the registry -> write host/group/project/image"),
        ("host/App", "a repository name is lower-case -> write 'app'"),
        ("host/-app", "breaks the grammar of repository names"),
        ("host/app-", "breaks the grammar of repository names"),
        ("host/a..b", "breaks the grammar of repository names"),
        ("host/a___b", "breaks the grammar of repository names"),
        ("host//app", "breaks the grammar of repository names"),
        ("host/äpp", "breaks the grammar of repository names"),
        (f"host/{'a' * 256}", "a repository name of 256 characters, of which registries take 255"),
        ("host/app:", "tag '' breaks the grammar"),
        ("host/app:-1", "tag '-1' breaks the grammar"),
        ("host/app:a:b", "tag 'a:b' breaks the grammar"),
        (f"host/app:{'a' * 129}", "breaks the grammar: letters, digits, _ . -, at most 128"),
        ("host/app@", "a digest is sha256: and 64 hexadecimal digits"),
        ("host/app@sha256:12", "a digest is sha256: and 64 hexadecimal digits"),
        (f"host/app@{DIGEST.upper()}", "a digest is sha256: and 64 hexadecimal digits"),
        ("ho_st/app", "'ho_st' is not host or host:port"),
        ("a..b/app", "'a..b' is not host or host:port"),
        (f"{'a' * 64}.example.com/app", "is not host or host:port"),
        ("host:/app", "'host:' is not host or host:port"),
        ("host:99999/app", "there is no port 99999 -> write 1 to 65535"),
        ("host:0/app", "there is no port 0"),
    ],
)
def test_a_bad_reference_is_refused_with_its_rule_in_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        reference.parse(text, "--image")
    assert words in str(caught.value)
    assert str(caught.value).startswith("--image: ")
    assert "\n" not in str(caught.value)


@given(some.text(max_size=80))
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert str(reference.parse(text)) == text


def test_variables_are_expanded_in_both_spellings() -> None:
    assert reference.expand("$A/${B}x/$1", {"A": "a", "B": "b"}) == "a/bx/$1"


@pytest.mark.parametrize("environ", [{}, {"CI_REGISTRY_IMAGE": ""}])
def test_a_missing_variable_is_named_with_the_next_step(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        reference.of_image("app", environ, ".ci-kit.yml:3:5")
    assert str(caught.value) == (
        ".ci-kit.yml:3:5: '$CI_REGISTRY_IMAGE' needs the variable CI_REGISTRY_IMAGE, which is not set -> turn on the "
        "project's container registry, or give a full reference with --image host/path"
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("", "registry.example.com/group/project"),
        ("app", "registry.example.com/group/project/app"),
        ("my/app", "registry.example.com/group/project/my/app"),
        ("$CI_REGISTRY_IMAGE/app", "registry.example.com/group/project/app"),
        ("other.example.com/app", "other.example.com/app"),
        ("localhost/app", "localhost/app"),
        ("registry.example.com/other/project", "registry.example.com/other/project"),
    ],
)
def test_an_image_of_the_settings_goes_below_the_project_or_where_it_says(image: str, expected: str) -> None:
    assert str(reference.of_image(image, JOB)) == expected


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("app:1", "names a tag or digest: ci-kit makes the tags -> name the image only"),
        (f"host.example/app@{DIGEST}", "names a tag or digest"),
        ("a/b/c", "is 3 levels below the project; GitLab allows 2 -> join the names with a dash"),
        ("registry.example.com/app", "is not below a project: GitLab's registry holds group/project[/image]"),
        ("/app", "breaks the grammar"),
        ("$CI_NOTHING/app", "needs the variable CI_NOTHING"),
        ("https://registry.example.com/group/project", "has a scheme"),
    ],
)
def test_an_image_that_cannot_be_pushed_is_refused_before_anything_is_built(image: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        reference.of_image(image, JOB)
    assert words in str(caught.value)


def test_the_depth_is_known_when_only_the_image_variable_is_set() -> None:
    with pytest.raises(UsageError, match="levels below the project"):
        reference.of_image("a/b/c", JOB | {"CI_REGISTRY": ""})
