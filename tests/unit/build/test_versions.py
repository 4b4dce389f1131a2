import pytest

from ci_kit.build.tagging import pep440, semver


@pytest.mark.parametrize(
    ("text", "clean", "stable"),
    [
        ("1.2.3", "1.2.3", True),
        ("v1.2.3", "1.2.3", True),
        ("1.2.3+build.5", "1.2.3", True),
        ("v2.0.8-beta.67", "2.0.8-beta.67", False),
        ("1.0.0-0a.x-y", "1.0.0-0a.x-y", False),
        ("0.0.0", "0.0.0", True),
    ],
)
def test_a_semantic_version_is_read(text: str, clean: str, stable: bool) -> None:
    found = semver.parse(text)
    assert found
    assert (found.raw, found.text, found.stable) == (text, clean, stable)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "V1.2.3", "1.2.3 ", "x1.2.3", "1.2.٣", "1" * 300],
)
def test_what_is_no_semantic_version(text: str) -> None:
    assert semver.parse(text) is None


def test_semantic_versions_are_ordered_as_the_specification_does() -> None:
    # semver.org, point 11
    texts = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.10.0"
    )
    versions = [semver.parse(text) for text in texts.split()]
    assert sorted(reversed(versions), key=lambda version: version.key if version else ()) == versions


@pytest.mark.parametrize(
    ("text", "clean", "parts", "stable"),
    [
        ("1.2.3", "1.2.3", (1, 2, 3), True),
        ("v1.2.3", "1.2.3", (1, 2, 3), True),
        ("1", "1", (1, 0, 0), True),
        ("2026.11", "2026.11", (2026, 11, 0), True),
        ("1.2.3rc2", "1.2.3rc2", (1, 2, 3), False),
        ("1.2.3-RC.2", "1.2.3rc2", (1, 2, 3), False),
        ("1.2.3beta2", "1.2.3b2", (1, 2, 3), False),
        ("1.0-alpha", "1.0a0", (1, 0, 0), False),
        ("1.2.3post1", "1.2.3.post1", (1, 2, 3), False),
        ("1.2.3-1", "1.2.3.post1", (1, 2, 3), False),
        ("1.2.3.rev", "1.2.3.post0", (1, 2, 3), False),
        ("1.0dev4", "1.0.dev4", (1, 0, 0), False),
        ("1.0c1.post2.dev3", "1.0rc1.post2.dev3", (1, 0, 0), False),
        ("1!2.0", "1!2.0", (2, 0, 0), True),
        ("1.0+Ubuntu-1", "1.0+ubuntu.1", (1, 0, 0), True),
        ("01.02", "1.2", (1, 2, 0), True),
    ],
)
def test_a_python_version_is_read_in_its_normal_form(
    text: str, clean: str, parts: tuple[int, int, int], stable: bool
) -> None:
    found = pep440.parse(text)
    assert found
    assert (found.text, (found.major, found.minor, found.patch), found.stable) == (clean, parts, stable)


@pytest.mark.parametrize("text", ["", "x", "1.2.x", "1..2", "1.0+", "1.0-", "1" * 300, "1.0 rc 1", "v"])
def test_what_is_no_python_version(text: str) -> None:
    assert pep440.parse(text) is None


def test_python_versions_are_ordered_as_the_specification_does() -> None:
    # PEP 440, "Summary of permitted suffixes and relative ordering"
    texts = (
        "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 "
        "1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 "
        "1.0.15 1.1.dev1 1!0.1"
    )
    versions = [pep440.parse(text) for text in texts.split()]
    assert sorted(reversed(versions), key=lambda version: version.key if version else ()) == versions


def test_zeros_at_the_end_do_not_count() -> None:
    one, two = pep440.parse("1.0"), pep440.parse("1.0.0")
    assert one
    assert two
    assert one.key == two.key
