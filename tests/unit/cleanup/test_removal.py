"""Nothing that stays is ever lost: whatever the registry, whenever the process dies, however often."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ci_kit.cleanup import removal, survey
from ci_kit.cleanup.live import NobodyKeeps
from ci_kit.cleanup.placeholder import placeholder
from ci_kit.cleanup.plan import Plan, plan
from ci_kit.cleanup.policy import Policy
from ci_kit.cleanup.removal import Removed
from ci_kit.errors import UnsupportedError
from ci_kit.registry.blob import children
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.client import Manifest
from tests.unit.cleanup import direct
from tests.unit.cleanup.direct import Killed, Wire
from tests.unit.cleanup.registries import NAME, NOW, POLICIES, SHAPES, Shape, policy_of, put_image
from tests.unit.distribution import Answer, Distribution
from tests.unit.servers import Seen

NO_CACHE = BlobCache(None)


def planned(registry: Distribution, policy: Policy) -> Plan:
    snapshot = survey.take(direct.crew(Wire(registry)), NAME, NO_CACHE).snapshot
    return plan(snapshot, policy, NobodyKeeps(), NOW)


def applied(wire: Wire, made: Plan) -> Removed:
    crew = direct.crew(wire)
    snapshot = survey.take(crew, NAME, NO_CACHE).snapshot
    return removal.carry_out(crew, made, snapshot, time.monotonic())


def reachable(registry: Distribution, made: Plan) -> dict[str, bytes]:
    """Every manifest that a kept tag needs, and the tag itself."""
    there = registry.of(NAME).manifests
    found: dict[str, bytes] = {}
    waiting = [one.digest for one in made.kept]
    while waiting:
        digest = waiting.pop()
        kind, content = there[digest]
        found[digest] = content
        waiting += [one for one in children(Manifest(digest, kind, content)) if one not in found]
    return found | {one.tag: registry.of(NAME).tags[one.tag].encode() for one in made.kept}


def assert_whole(registry: Distribution, made: Plan, before: Mapping[str, bytes]) -> None:
    assert reachable(registry, made) == before


def assert_done(registry: Distribution, made: Plan) -> None:
    repository = registry.of(NAME)
    assert set(repository.tags) == {one.tag for one in made.kept}
    assert not {placeholder(NAME, one.tag).digest for one in made.doomed} & set(repository.manifests)


@given(shape=SHAPES, policy=POLICIES, single=some.booleans())
@settings(max_examples=150, deadline=None)
def test_what_is_doomed_goes_and_all_else_is_whole(shape: Shape, policy: Policy, single: bool) -> None:
    registry = shape.build(single_tags=single)
    made = planned(registry, policy)
    before = reachable(registry, made)
    done = applied(Wire(registry), made)
    assert done.is_complete
    assert [one.tag for one in done.outcomes] == [one.tag for one in made.doomed]
    assert_whole(registry, made, before)
    assert_done(registry, made)
    assert not planned(registry, policy).doomed or single is False


@given(shape=SHAPES, policy=POLICIES, single=some.booleans(), end=some.sampled_from(["lost", "half", "served"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_killed_at_any_request_nothing_is_lost_and_the_next_run_finishes(
    shape: Shape, policy: Policy, single: bool, end: Any
) -> None:
    whole = Wire(shape.build(single_tags=single))
    made = planned(whole.registry, policy)
    if not made.doomed:
        return
    applied(whole, made)
    for limit in range(1, whole.count + 1):
        registry = shape.build(single_tags=single)
        before = reachable(registry, made)
        with pytest.raises(Killed):
            applied(Wire(registry, limit, end), made)
        assert_whole(registry, made, before)
        done = applied(Wire(registry), made)
        assert done.is_complete
        assert_whole(registry, made, before)
        assert_done(registry, made)


@given(shape=SHAPES, policy=POLICIES, limit=some.integers(1, 60), end=some.sampled_from(["lost", "half", "served"]))
@settings(max_examples=100, deadline=None)
def test_after_a_kill_a_new_plan_finishes_too(shape: Shape, policy: Policy, limit: int, end: Any) -> None:
    registry = shape.build(single_tags=False)
    made = planned(registry, policy)
    before = reachable(registry, made)
    try:
        applied(Wire(registry, limit, end), made)
    except Killed:
        again = planned(registry, policy)
        assert_whole(registry, made, before)
        assert {one.tag for one in again.kept} >= {one.tag for one in made.kept}
        assert applied(Wire(registry), again).is_complete
    assert_whole(registry, made, before)
    assert not {placeholder(NAME, one.tag).digest for one in made.doomed} & set(registry.of(NAME).manifests)


def three() -> Distribution:
    """`old` and `twin` share a digest, `new` is young."""
    registry = Distribution()
    put_image(registry, 1, 90, tag="old")
    registry.of(NAME).tags["twin"] = registry.of(NAME).tags["old"]
    put_image(registry, 2, 1, tag="new")
    return registry


OLD = policy_of(older_than="30d", keep=("twin",))


def test_a_tag_alone_goes_by_a_detour_where_only_digests_are_deleted() -> None:
    registry = three()
    made = planned(registry, OLD)
    digest = registry.of(NAME).tags["twin"]
    assert [one.result for one in applied(Wire(registry), made).outcomes] == ["deleted"]
    assert registry.of(NAME).tags == {"twin": digest, "new": registry.of(NAME).tags["new"]}
    assert registry.count("PUT") == 1
    assert registry.count("DELETE", digest) == 0


def test_a_tag_that_moved_since_the_plan_stays_and_says_so() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    put_image(registry, 7, 90, tag="old")
    done = applied(Wire(registry), made)
    assert {one.tag: one.result for one in done.outcomes} == {"old": "refused", "twin": "deleted"}
    assert "it was at" in done.outcomes[0].why
    assert not done.is_complete
    assert "old" in registry.of(NAME).tags


@pytest.mark.parametrize("single", [True, False])
def test_a_digest_that_another_tag_got_since_the_plan_stays_with_all_its_tags(single: bool) -> None:
    registry = three()
    registry.single_tags = single
    made = planned(registry, policy_of(older_than="30d"))
    registry.of(NAME).tags["release"] = registry.of(NAME).tags["old"]
    done = applied(Wire(registry), made)
    assert {one.result for one in done.outcomes} == {"refused"}
    assert done.outcomes[0].why == "release has got the same digest since"
    assert {"old", "twin", "release"} <= set(registry.of(NAME).tags)


def test_a_signature_stays_when_its_image_does() -> None:
    registry = three()
    signature = registry.of(NAME).tags["old"].replace(":", "-") + ".sig"
    registry.of(NAME).tags[signature] = str(put_image(registry, 9, None)["digest"])
    made = planned(registry, policy_of(older_than="30d"))
    assert signature in [one.tag for one in made.doomed]
    registry.of(NAME).tags["release"] = registry.of(NAME).tags["old"]
    done = applied(Wire(registry), made)
    assert {one.result for one in done.outcomes} == {"refused"}
    assert signature in registry.of(NAME).tags


def test_an_index_that_was_pushed_since_the_plan_keeps_what_it_names() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    digest = registry.of(NAME).tags["old"]
    kind, content = registry.of(NAME).manifests[digest]
    registry.index(NAME, "all", {"mediaType": kind, "digest": digest, "size": len(content)})
    assert applied(Wire(registry), made).is_complete
    assert digest in registry.of(NAME).manifests
    assert set(registry.of(NAME).tags) == {"all", "new"}


def test_what_somebody_else_deleted_is_gone_and_no_failure() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    del registry.of(NAME).tags["old"]
    done = applied(Wire(registry), made)
    assert {one.tag: one.result for one in done.outcomes} == {"old": "gone", "twin": "deleted"}
    assert done.is_complete


def test_a_name_that_a_deletion_cut_meanwhile_has_left_goes_too() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    digest = registry.of(NAME).tags["old"]

    def cut(seen: Seen, its: Distribution) -> Answer | None:
        """Another run's request, ended by its client: the manifest is gone, the names are there."""
        if seen.method != "DELETE" or digest not in seen.path:
            return None
        its.faults.remove(cut)
        del its.of(NAME).manifests[digest]
        return Answer(202)

    registry.faults.append(cut)
    assert applied(Wire(registry), made).is_complete
    assert set(registry.of(NAME).tags) == {"new"}


def test_a_kept_tag_that_vanishes_meanwhile_is_told() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))

    def steal(seen: Seen, its: Distribution) -> None:
        if seen.method == "DELETE":
            its.of(NAME).tags.pop("new", None)

    registry.faults.append(steal)
    done = applied(Wire(registry), made)
    assert done.vanished == ("new",)
    assert not done.is_complete


def test_a_registry_that_lies_about_a_deletion_is_found_out() -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    registry.faults.append(lambda seen, its: Answer(202) if seen.method == "DELETE" else None)
    done = applied(Wire(registry), made)
    assert {one.result for one in done.outcomes} == {"failed"}
    assert "lists the tag still" in done.outcomes[0].why


def test_one_tag_that_is_refused_does_not_stop_the_others() -> None:
    registry = three()
    registry.single_tags = True
    made = planned(registry, policy_of(older_than="30d"))
    registry.faults.append(
        lambda seen, its: Answer(403) if seen.method == "DELETE" and seen.path.endswith("twin") else None
    )
    done = applied(Wire(registry), made)
    assert {one.tag: one.result for one in done.outcomes} == {"old": "deleted", "twin": "failed"}


def test_a_registry_without_deletions_says_how_to_turn_them_on() -> None:
    registry = three()
    registry.deletes = False
    with pytest.raises(UnsupportedError, match=r"does not delete manifests -> set storage\.delete\.enabled"):
        applied(Wire(registry), planned(registry, policy_of(older_than="30d")))


def test_what_stays_and_came_to_need_a_digest_while_others_went_keeps_it() -> None:
    registry = three()
    put_image(registry, 5, 90, tag="third")
    made = planned(registry, policy_of(older_than="30d"))
    crew = direct.crew(Wire(registry))
    snapshot = survey.take(crew, NAME, NO_CACHE).snapshot
    tags = registry.of(NAME).tags
    tags["new"] = old = tags["old"]
    third = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": tags["third"], "size": 1}
    registry.index(NAME, "all", third)
    done = removal.carry_out(crew, made, snapshot, time.monotonic() - 60)
    assert {one.result for one in done.outcomes} == {"refused"}
    assert {old, third["digest"]} <= set(registry.of(NAME).manifests)


def test_a_plan_that_was_carried_out_long_after_looks_at_each_tag_again(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = three()
    made = planned(registry, policy_of(older_than="30d"))
    crew = direct.crew(Wire(registry))
    snapshot = survey.take(crew, NAME, NO_CACHE).snapshot
    registry.of(NAME).tags["old"] = registry.of(NAME).tags["new"]
    registry.of(NAME).tags["fresh"] = registry.of(NAME).tags["new"]
    done = removal.carry_out(crew, made, snapshot, time.monotonic() - 60)
    assert {one.tag: one.result for one in done.outcomes} == {"old": "refused", "twin": "deleted"}
    assert {"old", "new", "fresh"} <= set(registry.of(NAME).tags)
