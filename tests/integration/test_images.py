"""`ci-kit images` says the same of GitLab's registry and of a standalone one."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.job import Job, make_job
from tests.pusher import INDEX, MANIFEST, Pusher
from tests.rig import Rig
from tests.rig.sweep import sweep

pytestmark = pytest.mark.integration


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    made = make_job(rig, daemon, tmp_path / "project")
    done = made.run("build-push", "--image", "listed")
    assert done.returncode == 0, done.stderr
    return made


def listed(job: Job, *arguments: str, **variables: str) -> list[dict[str, Any]]:
    done = job.run("images", *arguments, "--format", "json", **variables)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["images"]
    return found


def test_the_registry_lists_tags_digests_sizes_and_dates(job: Job) -> None:
    record = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    found = listed(job, "listed")
    of_commit = next(image for image in found if job.sha in image["tags"])
    assert {job.sha, "main", "latest"} <= set(of_commit["tags"])
    assert of_commit["digest"] == record["digest"]
    assert of_commit["size"] == record["size"]
    assert of_commit["commit"] == job.sha
    assert of_commit["platforms"] == record["platforms"]
    assert str(of_commit["created"]).startswith("20")


@pytest.mark.parametrize("token", ["job", "project"])
def test_gitlab_names_the_repositories_of_the_project(rig: Rig, job: Job, token: str) -> None:
    variable = "CI_JOB_TOKEN" if token == "job" else "CI_KIT_GITLAB_TOKEN"
    found = listed(job, **{variable: rig.api_tokens[token]})
    assert f"{rig.registry}/{rig.registry_path}/listed" in {image["repository"] for image in found}


def test_a_token_that_may_not_falls_back_with_one_line(rig: Rig, job: Job) -> None:
    done = job.run("images", CI_KIT_GITLAB_TOKEN=rig.api_tokens["none"])
    assert done.returncode == 0, done.stderr
    assert "asking the registry instead" in done.stderr


def test_the_table_is_for_people(job: Job) -> None:
    done = job.run("images", "listed")
    assert done.stdout.splitlines()[0].split()[:3] == ["REPOSITORY", "DIGEST", "SIZE"]
    assert any(job.sha in line for line in done.stdout.splitlines())


def test_one_image_by_tag_or_digest(job: Job) -> None:
    [image] = listed(job, f"listed:{job.sha}")
    assert listed(job, f"listed@{image['digest']}") == [image]
    done = job.run("images", f"listed:{job.sha}")
    assert f"commit:     {job.sha}" in done.stdout.splitlines()


def test_a_warm_cache_and_none_say_the_same(job: Job) -> None:
    assert listed(job, "listed") == listed(job, "listed") == listed(job, "listed", "--no-cache")


def flat(rig: Rig, job: Job) -> dict[str, str]:
    """The environment of somebody who has logged into the flat registry with docker, and knows no GitLab."""
    login = base64.b64encode(f"flat:{rig.password('flat')}".encode()).decode()
    auths = json.dumps({"auths": {rig.flat_registry: {"auth": login}}})
    known = {name: value for name, value in job.environ.items() if not name.startswith("CI_")}
    return known | {"CI_KIT_CA": rig.ca, "DOCKER_AUTH_CONFIG": auths}


def test_a_flat_registry_is_listed_alike_as_a_whole_too(rig: Rig, job: Job) -> None:
    image = f"{rig.flat_registry}/m-flat"
    with Pusher(image, "flat", rig.password("flat"), rig.ca) as pusher:
        digest = pusher.image("one", "two")
    alone = Job(job.project, flat(rig, job))
    [found] = listed(alone, image)
    assert (found["tags"], found["digest"]) == (["one", "two"], digest)
    assert (found["created"], found["platforms"]) == ("2026-01-02T03:04:05Z", ["linux/amd64"])
    assert digest in {one["digest"] for one in listed(alone, f"{rig.flat_registry}/")}


def test_an_index_is_its_images_and_its_attestations_apart(rig: Rig, job: Job) -> None:
    image = f"{rig.registry}/{rig.registry_path}/m-index"
    with Pusher(image, "ci-user", rig.password("ci-user"), rig.ca, f"{rig.gitlab}/jwt/auth") as pusher:
        children = [pusher.image(note=note, layer=note.encode()) for note in ("one", "two", "attestation")]
        entries: list[dict[str, Any]] = [{"digest": child, "mediaType": MANIFEST, "size": 1} for child in children]
        entries[2]["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
        digest = pusher.tagged({"manifests": entries}, "several", media_type=INDEX)
    [found] = listed(job, "m-index:several")
    assert (found["digest"], found["kind"], found["platforms"]) == (digest, "index", ["linux/amd64"] * 2)
    assert [child["kind"] for child in found["children"]] == ["image", "image", "attestation"]
    assert found["attestations"] == [children[2]]
    tree = job.run("images", "m-index", "--tree").stdout.splitlines()
    assert [line.split()[1] for line in tree[1:]] == ["tag", "image", "image", "attestation"]


def test_an_image_whose_part_was_deleted_is_told_and_the_others_are_listed(rig: Rig, job: Job) -> None:
    image = f"{rig.registry}/{rig.registry_path}/m-broken"
    with Pusher(image, "ci-user", rig.password("ci-user"), rig.ca, f"{rig.gitlab}/jwt/auth") as pusher:
        pusher.image("good")
        child = pusher.image(note="child", layer=b"child")
        pusher.tagged({"manifests": [{"digest": child, "mediaType": MANIFEST, "size": 1}]}, "bad", media_type=INDEX)
        pusher.delete(child)
    done = job.run("images", "m-broken", "--json", "--no-cache")
    assert done.returncode == 5
    assert [one["tags"] for one in json.loads(done.stdout)["images"]] == [["good"]]
    assert f"{rig.registry_path}/m-broken:bad: " in done.stderr
    sweep(rig, "m-broken")  # or the next run in this rig finds it among the project's repositories


def test_an_empty_repository_is_an_empty_list(job: Job) -> None:
    assert listed(job, "nothing-here") == []
