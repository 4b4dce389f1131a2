"""What goes and what stays, of any registry."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ci_kit.cleanup import survey
from ci_kit.cleanup.live import NobodyKeeps
from ci_kit.cleanup.plan import Plan, plan
from ci_kit.cleanup.policy import Policy, Quota, pattern
from ci_kit.errors import UsageError
from ci_kit.language import re2
from ci_kit.model.storage import age_in_days
from ci_kit.model.stored_image import StoredImage
from ci_kit.registry.blob_cache import BlobCache
from tests.unit.cleanup import direct
from tests.unit.cleanup.direct import Wire
from tests.unit.cleanup.registries import NAME, NOW, POLICIES, SHAPES, Shape, policy_of, put_image
from tests.unit.distribution import Distribution

NOBODY = NobodyKeeps()


def planned(registry: Distribution, policy: Policy) -> Plan:
    snapshot = survey.take(direct.crew(Wire(registry)), NAME, BlobCache(None)).snapshot
    return plan(snapshot, policy, NOBODY, NOW)


def going(registry: Distribution, **said: object) -> list[str]:
    return [verdict.tag for verdict in planned(registry, policy_of(**said)).doomed]


def filled(**days: float | None) -> Distribution:
    registry = Distribution()
    for number, (tag, age) in enumerate(days.items()):
        put_image(registry, number, age, tag=tag.replace("_", "-"))
    return registry


def test_the_newest_of_a_pattern_stay_and_latest_always() -> None:
    registry = filled(v1=30, v2=20, v3=10, latest=90, other=90)
    assert going(registry, keep_n=("1 of v.*",)) == ["v1", "v2"]
    assert going(registry, keep_n=("2",)) == ["other", "v1"]


def test_what_is_young_takes_its_place_among_the_newest() -> None:
    registry = filled(v1=30, v2=20, v3=1)
    assert going(registry, keep_n=("1",), older_than="7d") == ["v1", "v2"]
    assert going(registry, keep_n=("2",), older_than="25d") == ["v1"]


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ({"match": ("mr-.*",)}, ["mr-1"]),
        ({"match": ("r",)}, []),
        ({"match": (".*",), "keep": ("v[0-9]+",)}, ["mr-1"]),
        ({"older_than": "2w"}, ["v1"]),
        ({"older_than": "24h", "keep": ("V.*",)}, ["mr-1", "v1"]),
        ({"older_than": "24h", "keep": ("(?i)V.*",)}, ["mr-1"]),
    ],
)
def test_patterns_are_for_whole_tags_and_ages_for_images(said: Mapping[str, object], gone: list[str]) -> None:
    assert going(filled(v1=30, mr_1=2), **said) == gone


def test_what_has_no_date_is_kept_where_a_date_decides() -> None:
    registry = filled(none=None, epoch=20_600, old=90)
    assert going(registry, older_than="30d") == ["old"]
    assert going(registry, match=("none|epoch",)) == ["epoch", "none"]


@given(
    text=some.text("ab-_.|*+?[]\\\\1", max_size=8),
    tag=some.text("ab-_.1", min_size=1, max_size=6),
)
@settings(max_examples=2000, deadline=None)
def test_the_quick_way_says_what_re2_says(text: str, tag: str) -> None:
    found = pattern(text)
    if found and found.quick:
        assert found.matches(tag, doubt=False) == re2.is_found(found.regex, tag)


def test_a_pattern_that_re2_refuses_is_named_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"--keep: '\(\?=a\)' is no regular expression"):
        policy_of(keep=("(?=a)",), older_than="1d")


def test_nothing_to_go_by_is_no_policy() -> None:
    with pytest.raises(UsageError, match="nothing says which tags may go"):
        policy_of(keep=("v.*",))


def test_a_signature_goes_and_stays_with_its_image() -> None:
    registry = filled(v1=90, v2=1)
    for tag in ("v1", "v2"):
        registry.of(NAME).tags[registry.of(NAME).tags[tag].replace(":", "-") + ".sig"] = str(
            put_image(registry, hash(tag) % 100 + 50, None)["digest"]
        )
    doomed = going(registry, older_than="30d")
    assert len(doomed) == 2
    assert doomed[-1] == "v1"


def test_the_tag_of_a_content_goes_with_the_last_other_tag() -> None:
    registry, content = filled(v1=90, v2=80), f"content-{'a' * 40}"
    registry.of(NAME).tags[content] = registry.of(NAME).tags["v1"]
    assert going(registry, older_than="85d") == [content, "v1"]
    assert going(registry, keep_n=("1 of content-.*",), match=("v2",)) == ["v2"]
    del registry.of(NAME).tags["v1"]
    assert going(registry, older_than="85d") == [content]


def test_a_tag_that_cannot_be_read_is_kept_with_its_reason() -> None:
    registry = filled(v1=90)
    registry.manifest(NAME, {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": 5}, "broken")
    verdicts = {one.tag: one for one in planned(registry, policy_of(older_than="1d")).verdicts}
    assert verdicts["v1"].goes
    assert not verdicts["broken"].goes
    assert "cannot be read" in verdicts["broken"].why


@given(shape=SHAPES, policy=POLICIES, single=some.booleans())
@settings(max_examples=300, deadline=None)
def test_every_rule_holds_of_any_registry(shape: Shape, policy: Policy, single: bool) -> None:
    """An oracle of its own: each tag that goes is one that every rule lets go, and none of the newest."""
    registry = shape.build(single_tags=single)
    snapshot = survey.take(direct.crew(Wire(registry)), NAME, BlobCache(None)).snapshot
    made = plan(snapshot, policy, NOBODY, NOW)
    assert {one.tag for one in made.verdicts} == set(registry.of(NAME).tags)
    assert all(one.why for one in made.verdicts)
    doomed = {one.tag for one in made.doomed}
    machine = {tag for tag in doomed if tag.startswith(("sha256-", "content-"))}
    for tag in doomed - machine:
        image = snapshot.images[registry.of(NAME).tags[tag]]
        assert tag != "latest"
        assert not any(re.fullmatch(one.text, tag) for one in policy.keep)
        assert not policy.match or any(re.fullmatch(one.text, tag) for one in policy.match)
        if policy.older_than is not None:
            assert _days(image) > policy.older_than
        for quota in policy.keep_n:
            if speaks(quota, tag):
                counted = [one for one in made.kept if one.digest in snapshot.images and speaks(quota, one.tag)]
                younger = [one for one in counted if _days(snapshot.images[one.digest]) <= _days(image)]
                assert len(younger) >= quota.number
    kept = snapshot.needed(one.digest for one in made.kept)
    for tag in machine:
        named = re.match(r"sha256-([0-9a-f]{64})", tag)
        assert not named or f"sha256:{named[1]}" not in kept


def speaks(quota: Quota, tag: str) -> bool:
    return quota.pattern is None or re.fullmatch(quota.pattern.text, tag) is not None


def _days(image: StoredImage) -> float:
    days = age_in_days(image, NOW)
    return float("inf") if days is None else days
