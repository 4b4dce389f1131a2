"""Which tags move, stay or are refused, against a registry that answers as real ones do; and races for a tag."""

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from ci_kit.build.tagging import tag_rule, tags
from ci_kit.build.tagging.move import Mover
from ci_kit.build.tagging.rule_values import Job
from ci_kit.config.settings import Placed
from ci_kit.errors import NotPushedError, TransportError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag
from ci_kit.model.record import JobFacts, TagMove
from ci_kit.registry import trust
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Transport
from tests.unit.servers import Answer, Seen, Store, web

REPOSITORY = "g/p"
OLD, NOW, NEW = "2026-01-01T00:00:00Z", "2026-01-02T01:00:00+01:00", "2026-01-03T00:00:00Z"

Server = Callable[[Seen], Answer | None]


def sha(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def labels(commit: str, date: str, version: str = "") -> dict[str, str]:
    said = {"revision": sha(commit), "created": date, "version": version}
    return {f"org.opencontainers.image.{key}": value for key, value in said.items() if value}


def planned(rules: str, git_tag: str = "") -> tuple[PlannedTag, ...]:
    facts = JobFacts(sha("ours"), "main", "main", branch="" if git_tag else "main", tag=git_tag, default_branch="main")
    return tags.plan(tag_rule.parse([Placed(line) for line in rules.splitlines()]), Job(facts, {})).planned


@contextmanager
def connected(server: Server) -> Iterator[RegistryClient]:
    with web(server) as running:
        client = RegistryClient(running.netloc, Transport(lambda host: trust.context(()), timeout=5))
        try:
            yield client
        finally:
            client.close()


def mover(
    client: RegistryClient,
    store: Store,
    made: Sequence[PlannedTag],
    *,
    commit: str = "ours",
    date: str = NOW,
    version: str = "",
    overwrite: bool = False,
) -> Mover:
    """What sets the tags of a commit's image, which is in the store already under its first tag."""
    said = labels(commit, date, version)
    digest = store.image(made[0].name, labels=said)
    image = ImageRef(client.registry, REPOSITORY, made[0].name)
    moving = tuple(image.with_tag(tag.name) for tag in made[1:])
    plan = BuildPlan("app", image, moving, "/", "/Dockerfile", "", {}, said, tuple(made), overwrite)
    return Mover(plan, Manifest(digest, "", store.kept[digest]), client)


def outcome(moves: Sequence[TagMove]) -> dict[str, str]:
    return {move.tag: move.state for move in moves[1:]}


def settled(one: Mover) -> tuple[TagMove, ...]:
    return one.look_again(one.set_all())


# by the dates of commits


@pytest.mark.parametrize(
    ("there", "state"),
    [
        (None, "set"),
        (labels("theirs", OLD), "moved"),
        (labels("theirs", NEW), "kept"),
        (labels("theirs", NOW), "moved"),
        (labels("theirs", "2026-01-02T00:00:00Z"), "moved"),
        (labels("ours", NEW), "moved"),
        (labels("theirs", "no date"), "moved"),
        (labels("theirs", ""), "moved"),
        ({"org.opencontainers.image.created": NEW}, "moved"),
        ({}, "moved"),
    ],
)
def test_an_older_commit_never_moves_a_tag_back(there: dict[str, str] | None, state: str) -> None:
    store = Store()
    if there is not None:
        store.image("main", labels=there, size=5)
    before = store.kept.get("main")
    with connected(store) as client:
        one = mover(client, store, planned("type=branch"))
        (_, move) = settled(one)
        assert (move.tag, move.state) == ("main", state)
        assert client.digest(one.plan.image.with_tag("main")) == (move.was if state == "kept" else one.manifest.digest)
    if state == "kept":
        assert store.kept["main"] == before
        assert move.reason == f"commit {sha('theirs')[:8]} of 2026-01-03T00:00:00+00:00 is newer"


def test_without_a_date_of_ours_the_tag_moves_as_it_is_told() -> None:
    store = Store()
    store.image("main", labels=labels("theirs", NEW))
    with connected(store) as client:
        assert outcome(settled(mover(client, store, planned("type=branch"), date=""))) == {"main": "moved"}


def test_a_tag_that_has_the_image_is_not_set_again() -> None:
    store = Store()
    store.image("main", labels=labels("ours", NOW))
    puts: list[str] = []

    def watched(seen: Seen) -> Answer:
        if seen.method == "PUT":
            puts.append(seen.path)
        return store(seen)

    with connected(watched) as client:
        assert outcome(settled(mover(client, store, planned("type=branch")))) == {"main": "same"}
    assert puts == []


def test_what_is_no_image_gives_way() -> None:
    store = Store()
    store.put({"config": {"mediaType": "text/plain"}}, "main")
    with connected(store) as client:
        assert outcome(settled(mover(client, store, planned("type=branch")))) == {"main": "moved"}
    store.put(b"no manifest", "main")
    with connected(store) as client:
        assert outcome(settled(mover(client, store, planned("type=branch")))) == {"main": "moved"}


def test_whoever_asks_for_it_moves_a_tag_back() -> None:
    store = Store()
    for tag in ("main", "2.0.0", "1.2.3", "1", "latest"):
        store.image(tag, labels=labels("theirs", NEW, "2.0.0"))
    made = planned("type=semver\ntype=semver,pattern={{major}}\ntype=raw,value=main", "1.2.3")
    with connected(store) as client:
        found = outcome(settled(mover(client, store, made, overwrite=True)))
    assert found == {"1.2.3": "moved", "1": "moved", "main": "moved", "latest": "moved"}


# by the order of versions

RULES = "type=semver\ntype=semver,pattern={{major}}.{{minor}}\ntype=semver,pattern={{major}}"


@pytest.mark.parametrize(
    ("there", "ours", "moved"),
    [
        ((), "1.2.3", {"1.2", "1", "latest"}),
        (("1.2.2", "1.1.9", "0.9.0"), "1.2.3", {"1.2", "1", "latest"}),
        (("1.2.4",), "1.2.3", set()),
        (("1.2.10",), "1.2.9", set()),
        (("1.3.0",), "1.2.3", {"1.2"}),
        (("2.0.0",), "1.2.3", {"1.2", "1"}),
        (("2.0.0-rc1", "main", "2", "mr-9"), "1.2.3", {"1.2", "1", "latest"}),
        (("v1.3.0",), "1.2.3", {"1.2"}),
        (("1.3.0-alpine", "alpine-1.3.0", "x1.3.0"), "1.2.3", {"1.2", "1", "latest"}),
    ],
)
def test_moving_tags_follow_the_newest_version(there: tuple[str, ...], ours: str, moved: set[str]) -> None:
    store = Store()
    for tag in there:
        store.image(tag, labels=labels("theirs", OLD, tag))
    with connected(store) as client:
        moves = settled(mover(client, store, planned(RULES, ours), date=NEW, version=ours))
    kept = {"1.2", "1", "latest"} - moved
    assert outcome(moves) == {ours: "set", **dict.fromkeys(moved, "set"), **dict.fromkeys(kept, "kept")}
    assert not kept & set(store.kept)


def test_a_variant_is_compared_with_its_like_only() -> None:
    store = Store()
    for tag in ("2.0.0", "1.2.9-alpine", "1.3.0-slim"):
        store.image(tag, labels=labels("theirs", OLD, tag))
    rules = "type=semver\ntype=semver,pattern={{major}}\nsuffix=-alpine,onlatest=true"
    with connected(store) as client:
        found = outcome(settled(mover(client, store, planned(rules, "1.2.10"))))
        assert found == {"1.2.10-alpine": "set", "1-alpine": "set", "latest-alpine": "set"}
        found = outcome(settled(mover(client, store, planned(rules, "1.2.3"), commit="other")))
        assert found == {"1.2.3-alpine": "set", "1-alpine": "kept", "latest-alpine": "kept"}


def test_python_versions_have_their_own_order() -> None:
    store = Store()
    for tag in ("1.10", "1.11rc1", "20990101", "12345678"):
        store.image(tag, labels=labels("theirs", OLD, tag))
    with connected(store) as client:
        assert outcome(settled(mover(client, store, planned("type=pep440", "1.9")))) == {"1.9": "set", "latest": "kept"}
        found = outcome(settled(mover(client, store, planned("type=pep440", "1.11"), commit="other")))
        assert found == {"1.11": "set", "latest": "set"}


@pytest.mark.parametrize(
    ("there", "state"),
    [
        (labels("theirs", NEW, "1.9.0"), "moved"),
        (labels("theirs", OLD, "2.1.0"), "kept"),
        (labels("theirs", NEW, "2.0.0"), "kept"),
        (labels("theirs", OLD, "2.0.0"), "moved"),
        (labels("theirs", NEW, "main"), "kept"),
        (labels("theirs", OLD, "main"), "moved"),
        ({}, "moved"),
    ],
)
def test_without_version_tags_the_label_of_the_image_tells_its_version(there: dict[str, str], state: str) -> None:
    store = Store()
    store.image("latest", labels=there, size=5)
    rules = "type=semver,pattern={{major}}.{{minor}}"
    with connected(store) as client:
        assert outcome(settled(mover(client, store, planned(rules, "2.0.0"))))["latest"] == state


# versions are set once


def test_a_version_that_is_there_is_refused_and_nothing_moves() -> None:
    store = Store()
    store.image("1.2.3", labels=labels("theirs", OLD))
    theirs = store.kept["1.2.3"]
    with connected(store) as client:
        moves = settled(mover(client, store, planned("type=semver\ntype=tag", "v1.2.3")))
    assert outcome(moves) == {"1.2.3": "refused", "v1.2.3": "set", "latest": "kept"}
    assert [move.reason for move in moves[1:]] == [f"it is there already with {moves[1].was}", "", "1.2.3 was refused"]
    assert store.kept["1.2.3"] == theirs
    assert "latest" not in store.kept


def test_a_version_with_the_same_image_is_fine() -> None:
    store = Store()
    with connected(store) as client:
        for states in ({"1.2.3": "set", "latest": "set"}, {"1.2.3": "same", "latest": "same"}):
            assert outcome(settled(mover(client, store, planned("type=semver", "v1.2.3")))) == states


def test_two_jobs_that_set_one_version_at_once() -> None:
    store = Store()

    def theirs_first(seen: Seen) -> Answer:
        answer = store(seen)
        if seen.method == "PUT" and seen.path.endswith("/1.2.3"):
            store.image("1.2.3", labels=labels("theirs", OLD))
        return answer

    with connected(theirs_first) as client:
        assert outcome(settled(mover(client, store, planned("type=semver", "v1.2.3"))))["1.2.3"] == "refused"


# races for one moving tag: `at` says at which request of ours the other job sets it


class Race:
    """A store in which another job sets `tag` once, right before our request number `at` for that tag is answered."""

    def __init__(self, tag: str, there: dict[str, str], at: int, also: str = "") -> None:
        self.store, self.tag, self.there, self.at, self.also = Store(), tag, there, at, also
        self.count = itertools.count()

    def __call__(self, seen: Seen) -> Answer:
        if seen.path.endswith(f"/manifests/{self.tag}") and next(self.count) == self.at:
            self.store.image(self.tag, *filter(None, [self.also]), labels=self.there, size=7)
        return self.store(seen)


@pytest.mark.parametrize(
    ("begin", "at"),
    [(None, 0), (None, 1), (None, 3), (None, 4), *((labels("first", OLD), at) for at in (0, 1, 3, 4))],
    ids=lambda value: {None: "new", True: "there"}.get(value if value is None else isinstance(value, dict), str(value)),
)
def test_the_newer_commit_wins_whenever_the_other_job_comes(begin: dict[str, str] | None, at: int) -> None:
    race = Race("main", labels("theirs", NEW), at)
    if begin:
        race.store.image("main", labels=begin, size=3)
    newer = race.store.image(labels=labels("theirs", NEW), size=7)
    with connected(race) as client:
        (_, move) = settled(mover(client, race.store, planned("type=branch")))
    assert next(race.count) > at
    assert race.store.kept["main"] == race.store.kept[newer]
    assert move.state == "kept"


def test_right_before_our_write_the_other_job_sees_it_at_its_last_look() -> None:
    race = Race("main", labels("theirs", NEW), 2)
    newer = race.store.image(labels=labels("theirs", NEW), size=7)
    with connected(race) as client:
        one = mover(client, race.store, planned("type=branch"))
        moves = one.set_all()
        assert race.store.kept["main"] == one.manifest.content
        other = mover(client, race.store, planned("type=branch"), commit="theirs", date=NEW)
        other.manifest = Manifest(newer, "", race.store.kept[newer])
        other.look_again((TagMove(sha("ours"), "set"), TagMove("main", "set")))
        assert one.look_again(moves)[1].state == "kept"
    assert race.store.kept["main"] == race.store.kept[newer]


@pytest.mark.parametrize("at", range(5))
def test_an_older_commit_that_comes_in_between_is_put_right(at: int) -> None:
    race = Race("main", labels("theirs", OLD), at)
    with connected(race) as client:
        one = mover(client, race.store, planned("type=branch"))
        (_, move) = settled(one)
    assert next(race.count) > at
    assert race.store.kept["main"] == one.manifest.content
    assert move.state in ("set", "moved")


@pytest.mark.parametrize("at", range(4))
def test_a_newer_version_has_the_tag_in_the_end_whenever_it_comes(at: int) -> None:
    race = Race("latest", labels("theirs", OLD, "2.0.0"), at, also="2.0.0")
    with connected(race) as client:
        moves = {
            move.tag: move for move in settled(mover(client, race.store, planned("type=semver", "1.2.3"), date=NEW))
        }
    assert next(race.count) > at
    assert race.store.kept["latest"] == race.store.kept["2.0.0"]
    assert (moves["latest"].state, moves["1.2.3"].state) == ("kept", "set")


def test_two_jobs_of_one_date_or_one_commit_do_not_fight() -> None:
    for there in (labels("theirs", NOW), labels("ours", NOW)):
        race = Race("main", there, 3)
        with connected(race) as client:
            (_, move) = settled(mover(client, race.store, planned("type=branch")))
        assert (move.state, move.reason.endswith("meanwhile")) == ("kept", True)


def test_a_tag_that_never_stays_is_told() -> None:
    store = Store()
    number = itertools.count()

    def restless(seen: Seen) -> Answer:
        answer = store(seen)
        if seen.method == "PUT":
            store.image("main", labels=labels("theirs", OLD), size=next(number))
        return answer

    with connected(restless) as client, pytest.raises(NotPushedError, match="other jobs set it again and again"):
        settled(mover(client, store, planned("type=branch")))


def test_a_registry_that_forgets_is_told() -> None:
    store = Store()

    def forgetful(seen: Seen) -> Answer:
        return Answer(201) if seen.method == "PUT" else store(seen)

    with connected(forgetful) as client, pytest.raises(NotPushedError, match="but the registry has no such tag"):
        settled(mover(client, store, planned("type=semver", "1.2.3")))
    with connected(forgetful) as client, pytest.raises(NotPushedError, match="but the registry has no such tag"):
        settled(mover(client, store, planned("type=sha\ntype=sha,format=short")))


def test_a_registry_that_refuses_is_told() -> None:
    store = Store()

    def refusing(seen: Seen) -> Answer:
        return Answer(503) if seen.method == "PUT" else store(seen)

    with connected(refusing) as client, pytest.raises(TransportError, match="not available"):
        settled(mover(client, store, planned("type=branch")))


@pytest.mark.parametrize("turn", range(6))
def test_of_jobs_that_run_at_once_the_newest_commit_has_the_tag(turn: int) -> None:
    store = Store()
    dates = [OLD, NOW, NEW]
    ready = threading.Barrier(len(dates))

    def job(number: int) -> None:
        with connected(store) as client:
            one = mover(client, store, planned("type=branch"), commit=str(number), date=dates[number])
            ready.wait()
            settled(one)

    threads = [threading.Thread(target=job, args=((number + turn) % 3,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = store.image(labels=labels("2", NEW))
    assert store.kept["main"] == store.kept[made]


def test_the_first_tag_is_not_touched() -> None:
    store = Store()
    asked: list[str] = []

    def watched(seen: Seen) -> Answer:
        asked.append(f"{seen.method} {seen.path.rpartition('/')[2]}")
        return store(seen)

    with connected(watched) as client:
        one = mover(client, store, planned("type=branch"))
        assert settled(one)[0] == TagMove(sha("ours"), "set")
    assert not [line for line in asked if sha("ours") in line]
    assert one.plan._replace(planned=()).tag("main") == PlannedTag("main")


def test_a_lost_answer_does_not_set_a_tag_back_that_a_newer_commit_has_moved_meanwhile() -> None:
    store = Store()
    newer: list[str] = []

    def losing(seen: Seen) -> Answer | None:
        if seen.method == "PUT" and not newer:
            store(seen)
            newer.append(store.image("main", labels=labels("theirs", NEW), size=9))
            return None
        return store(seen)

    with patient(losing) as client:
        one = mover(client, store, planned("type=branch"))
        (_, move) = settled(one)
        assert client.digest(one.plan.image.with_tag("main")) == newer[0]
    assert (move.state, move.was) == ("kept", newer[0])


@pytest.mark.parametrize("arrives", [True, False])
def test_a_tag_whose_answer_was_lost_is_set_all_the_same(arrives: bool) -> None:
    store = Store()
    lost: list[Seen] = []

    def losing(seen: Seen) -> Answer | None:
        if seen.method == "PUT" and not lost:
            lost.append(seen)
            if arrives:
                store(seen)
            return None
        return store(seen)

    with patient(losing) as client:
        one = mover(client, store, planned("type=branch"))
        (_, move) = settled(one)
        assert client.digest(one.plan.image.with_tag("main")) == one.manifest.digest
    assert move.state == "set"


@contextmanager
def patient(server: Callable[[Seen], Answer | None]) -> Iterator[RegistryClient]:
    with web(server) as running:
        transport = Transport(lambda host: trust.context(()), timeout=5, patience=Patience(first=0.01))
        client = RegistryClient(running.netloc, transport)
        try:
            yield client
        finally:
            client.close()
