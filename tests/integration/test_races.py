"""Pipelines that race for one tag, as processes on a real registry: whatever happens, the newest commit has it."""

import multiprocessing
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_kit.build.tagging import holder, mark
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry
from tests.integration.job import Job, make_job
from tests.integration.racing import Racer, run
from tests.rig import Rig

pytestmark = pytest.mark.integration
RACERS, ROUNDS = 6, 25


@pytest.fixture
def job(rig: Rig, tmp_path: Path) -> Job:
    return make_job(rig, "unix:///nowhere", tmp_path / "project")


@pytest.fixture
def registry(job: Job) -> Iterator[RegistryClient]:
    login = Credentials(job.environ["CI_REGISTRY_USER"], job.environ["CI_REGISTRY_PASSWORD"], "test")
    opened = open_registry(job.environ["CI_REGISTRY"], login, job.environ)
    yield opened
    opened.close()


@pytest.mark.parametrize("reusing", [0, 3], ids=["built", "half of them reuse one image"])
def test_the_newest_commit_has_the_tag(job: Job, registry: RegistryClient, reusing: int) -> None:
    image = ImageRef.split(f"{job.environ['CI_REGISTRY_IMAGE']}/races-{job.sha[:8]}")
    chance = random.Random(job.sha)
    days = [chance.sample(range(2, 2 + RACERS), RACERS) for _ in range(ROUNDS)]
    racers = [
        Racer(f"r{number}", image, job.environ, tuple(day[number] for day in days), number < reusing)
        for number in range(RACERS)
    ]
    raced(racers)
    found = {number: winner(registry, image.with_tag(f"race-{number}")) for number in range(ROUNDS)}
    assert {number: day for number, day in found.items() if day != RACERS + 1} == {}


def raced(racers: list[Racer]) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(len(racers))
    processes = [context.Process(target=run, args=(racer, start)) for racer in racers]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    assert [process.exitcode for process in processes] == [0] * len(racers)


def winner(registry: RegistryClient, tagged: ImageRef) -> int:
    """Return the day of the commit that the tag is set for: as a note says, else the image."""
    digest = registry.digest(tagged)
    found = mark.read(registry, tagged, digest, {}) or holder.read(registry, tagged.with_digest(digest))
    assert found.date
    return found.date.day
