"""What GitLab has in use keeps the tags that belong to it."""

import pytest

from ci_kit.cleanup.live import LiveKeeper, nothing_known
from ci_kit.gitlab_api.uses import Use, Uses
from ci_kit.model.stored_image import StoredImage

SHA = "0123456789abcdef0123456789abcdef01234567"
USES = Uses(
    (
        Use("branch", "branch Feature/Ä", ("Feature/Ä",), (SHA,)),
        Use("merge request", "merge request !7", ("7", "fork/branch"), ("b" * 40,)),
        Use("git tag", "git tag v1.2.3", ("v1.2.3",), ("c" * 40,)),
        Use("environment", "environment review/x", ("review/x", "review-x-1a2b", "topic"), ("d" * 40,)),
    )
)


@pytest.mark.parametrize(
    ("tag", "of"),
    [
        ("feature", "branch"),
        ("Feature--", "branch"),
        (SHA, "branch"),
        (SHA[:8], "branch"),
        (f"sha-{SHA[:7]}", "branch"),
        (f"feature-{SHA[:12]}", "branch"),
        ("mr-7", "merge request"),
        ("mr-7-debug", "merge request"),
        ("fork-branch", "merge request"),
        ("v1.2.3", "git tag"),
        ("1.2.3", "git tag"),
        ("1.2", "git tag"),
        ("1", "git tag"),
        ("v1", "git tag"),
        ("review-x", "environment"),
        ("review-x-1a2b", "environment"),
        ("topic", "environment"),
        ("d" * 40, "environment"),
    ],
)
def test_a_tag_of_something_in_use_is_kept(tag: str, of: str) -> None:
    assert of in LiveKeeper(USES).why(tag, StoredImage("r", "sha256:1", (tag,)))


@pytest.mark.parametrize("tag", ["mr-70", "mr-8", "1.2.4", "2", "e" * 40, SHA[:6], "other", "release", "x-7"])
def test_another_one_is_not(tag: str) -> None:
    assert LiveKeeper(USES).why(tag, StoredImage("r", "sha256:1", (tag,))) == ""


def test_an_image_by_its_label() -> None:
    image = StoredImage("r", "sha256:1", ("odd",), labels={"org.opencontainers.image.revision": SHA})
    assert "branch" in LiveKeeper(USES).why("odd", image)


def test_what_could_not_be_read_keeps_what_it_may_speak_of() -> None:
    image = StoredImage("r", "sha256:1", ("t",))
    assert "branches could not be read" in nothing_known(("branches",), "no").why("odd", image)
    assert nothing_known(("branches",), "no").why("mr-1", image) == ""
    assert "merge requests could not be read" in nothing_known(("merge_requests",), "no").why("mr-1", image)
    assert "environments" in nothing_known(("environments",), "no").why("mr-1", image)
