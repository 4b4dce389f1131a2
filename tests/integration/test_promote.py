"""`ci-kit promote` between real registries: GitLab's kind with tokens, and a flat one with a password file."""

import base64
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cutting import Cutting
from tests.integration.job import CI_KIT, assert_no_secret
from tests.pushing import Far
from tests.rig import Rig
from tests.rig.sweep import sweep

pytestmark = pytest.mark.integration
MEGABYTE = 1_000_000


@pytest.fixture
def name(rig: Rig) -> Iterator[str]:
    """A name of which nothing is left afterwards: all tests together would fill 2 GB of a rig's disk."""
    made = f"promote-{uuid.uuid4().hex[:10]}"
    yield made
    sweep(rig, made)


def near(rig: Rig, name: str, project: str = "group/project") -> Far:
    realm = f"{rig.gitlab}/jwt/auth"
    return Far(rig.registry, f"{project}/{name}", Path(rig.ca), "ci-user", rig.users["ci-user"]["password"], realm)


def flat(rig: Rig, name: str) -> Far:
    return Far(rig.flat_registry, name, Path(rig.ca), "flat", rig.users["flat"]["password"])


def environ(rig: Rig, home: Path, user: str = "ci-user") -> dict[str, str]:
    login = base64.b64encode(f"flat:{rig.users['flat']['password']}".encode()).decode()
    (home / "config.json").write_text(json.dumps({"auths": {rig.flat_registry: {"auth": login}}}), encoding="utf-8")
    return {
        "HOME": str(home),
        "DOCKER_CONFIG": str(home),
        "CI_KIT_CA": str(rig.ca),
        "CI_REGISTRY": rig.registry,
        "CI_REGISTRY_IMAGE": f"{rig.registry}/{rig.registry_path}",
        "CI_REGISTRY_USER": user,
        "CI_REGISTRY_PASSWORD": rig.users[user]["password"],
    }


def promote(
    rig: Rig, home: Path, *words: str, user: str = "ci-user", **more: str
) -> "subprocess.CompletedProcess[str]":
    env = environ(rig, home, user) | more
    done = subprocess.run(
        [str(CI_KIT), "promote", *words], cwd=home, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert_no_secret(rig, env, done.stdout, done.stderr)
    return done


def same(source: Far, target: Far, digest: str) -> None:
    """What the digest names is in both, down to the last byte."""
    found = target.read(f"manifests/{digest}")
    assert found == source.read(f"manifests/{digest}")
    assert f"sha256:{hashlib.sha256(found[2]).hexdigest()}" == digest
    document = json.loads(found[2])
    for child in document.get("manifests", ()):
        same(source, target, child["digest"])
    for part in [document["config"], *document["layers"]] if "layers" in document else ():
        status, _, content = target.read(f"blobs/{part['digest']}")
        assert (status, len(content)) == (200, part["size"])
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == part["digest"]


@pytest.mark.parametrize("way", ["project", "to flat", "to gitlab", "within flat"])
def test_an_index_with_signatures_goes_everywhere(rig: Rig, tmp_path: Path, name: str, way: str) -> None:
    source = flat(rig, name) if way in ("to gitlab", "within flat") else near(rig, name)
    target = {
        "project": near(rig, name, "other/project"),
        "to flat": flat(rig, f"{name}-2"),
        "to gitlab": near(rig, name),
        "within flat": flat(rig, f"{name}-2"),
    }[way]
    children = [source.image("", 3 * MEGABYTE, 10), source.image("", 3 * MEGABYTE, 0)]
    root = source.index("1.0.0", *children)
    digest, tag = str(root["digest"]), str(root["digest"]).replace(":", "-")
    signature = source.image(f"{tag}.sig", 100)
    sbom = source.image("", 200, subject=root, artifactType="application/spdx+json")
    source.index(tag, sbom)
    done = promote(rig, tmp_path, f"{source.name}:1.0.0", target.name)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{target.name}@{digest}\n"
    for one in (root, signature, sbom):
        same(source, target, str(one["digest"]))
    assert target.read("manifests/1.0.0") == source.read("manifests/1.0.0")
    assert target.read(f"manifests/{tag}.sig") == source.read(f"manifests/{tag}.sig")
    listed = json.loads(target.read(f"manifests/{tag}")[2])["manifests"]
    assert [str(one["digest"]) for one in listed] == [str(sbom["digest"])]
    again = promote(rig, tmp_path, f"{source.name}:1.0.0", target.name)
    assert again.returncode == 0, again.stderr
    assert "is there already" in again.stderr


def test_blobs_are_mounted_between_projects(rig: Rig, tmp_path: Path, name: str) -> None:
    source, target = near(rig, name), near(rig, name, "group/sub/project")
    source.image("1", 20 * MEGABYTE)
    done = promote(rig, tmp_path, f"{source.name}:1", f"{target.name}:1", "--json")
    assert json.loads(done.stdout)["promoted"][0]["blobs"] == {"mounted": 2, "copied": 0, "present": 0}


@pytest.mark.parametrize(
    ("user", "words"),
    [("gitlab-ci-token", "may do nothing on"), ("reader", "may pull, but not push on"), ("apionly", "has no right to")],
)
def test_who_may_not_is_told_before_a_byte_moves(rig: Rig, tmp_path: Path, name: str, user: str, words: str) -> None:
    source, target = near(rig, name), near(rig, name, "other/project")
    made = source.image("1", 100)
    done = promote(rig, tmp_path, f"{source.name}:1", f"{target.name}:1", user=user)
    assert done.returncode == 5
    assert words in done.stderr
    assert target.read(f"manifests/{made['digest']}")[0] == 404


def test_each_side_may_have_its_own_credentials(rig: Rig, tmp_path: Path, name: str) -> None:
    source, target = near(rig, name), near(rig, name, "other/project")
    made = source.image("1", 3 * MEGABYTE)
    more = {
        "CI_KIT_DESTINATION_USER": "ci-user",
        "CI_KIT_DESTINATION_PASSWORD": rig.users["ci-user"]["password"],
    }
    done = promote(rig, tmp_path, f"{source.name}:1", f"{target.name}:1", user="gitlab-ci-token", **more)
    assert done.returncode == 0, done.stderr
    same(source, target, str(made["digest"]))


def test_versions_stay_and_other_tags_move_on_terms(rig: Rig, tmp_path: Path, name: str) -> None:
    there = near(rig, name)
    old, new = (str(there.image(tag, 100)["digest"]) for tag in ("1.0.0", "next"))
    assert promote(rig, tmp_path, f"{there.name}:1.0.0", ":stable", "--if-digest", "absent").returncode == 0
    refused = promote(rig, tmp_path, f"{there.name}:next", ":1.0.0")
    assert (refused.returncode, "never moves" in refused.stderr) == (5, True)
    refused = promote(rig, tmp_path, f"{there.name}:next", ":stable", "--if-digest", new)
    assert (refused.returncode, f"is at {old}" in refused.stderr) == (5, True)
    assert promote(rig, tmp_path, f"{there.name}:next", ":stable", "--if-digest", old).returncode == 0
    assert hashlib.sha256(there.read("manifests/stable")[2]).hexdigest() == new.removeprefix("sha256:")


@pytest.mark.parametrize("limits", [(5 * MEGABYTE,), (30 * MEGABYTE, 90 * MEGABYTE), (100 * MEGABYTE,)])
def test_connections_that_are_cut_do_not_end_it(rig: Rig, tmp_path: Path, name: str, limits: tuple[int, ...]) -> None:
    source, target = near(rig, name), flat(rig, name)
    made = source.image("1", 150 * MEGABYTE)
    with Cutting(*limits).running() as proxy:
        done = promote(rig, tmp_path, f"{source.name}:1", target.name, https_proxy=proxy.address)
    assert done.returncode == 0, done.stderr
    assert proxy.cut == len(limits)
    same(source, target, str(made["digest"]))


def test_a_killed_run_leaves_nothing_that_hinders_the_next(rig: Rig, tmp_path: Path, name: str) -> None:
    source, target = near(rig, name), flat(rig, name)
    made = source.image("1", *(30 * MEGABYTE for _ in range(4)))
    for _ in range(4):
        words = [str(CI_KIT), "promote", f"{source.name}:1", f"{target.name}:1"]
        process = subprocess.Popen(words, env=environ(rig, tmp_path), cwd=tmp_path, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.1, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        status, _, content = target.read("manifests/1")
        assert status == 404 or f"sha256:{hashlib.sha256(content).hexdigest()}" == made["digest"]
    done = promote(rig, tmp_path, f"{source.name}:1", f"{target.name}:1")
    assert done.returncode == 0, done.stderr
    same(source, target, str(made["digest"]))


def test_a_stopped_run_ends_at_once(rig: Rig, tmp_path: Path, name: str) -> None:
    source, target = near(rig, name), flat(rig, name)
    source.image("1", 200 * MEGABYTE)
    words = [str(CI_KIT), "promote", f"{source.name}:1", f"{target.name}:1"]
    process = subprocess.Popen(words, env=environ(rig, tmp_path), cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    time.sleep(0.6)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert "stopped by SIGTERM" in said


def test_a_limit_of_the_proxy_is_met(rig: Rig, tmp_path: Path, name: str) -> None:
    source = near(rig, name)
    made = source.image("1", 3 * MEGABYTE)
    limited = rig.faults["body-limit"]
    login = {"CI_KIT_DESTINATION_USER": "ci-user", "CI_KIT_DESTINATION_PASSWORD": rig.users["ci-user"]["password"]}
    done = promote(rig, tmp_path, f"{source.name}:1", f"{limited}/group/project/{name}-2:1", **login)
    assert done.returncode == 0, done.stderr
    same(source, near(rig, f"{name}-2"), str(made["digest"]))


@pytest.mark.parametrize(
    ("fault", "words"),
    [("disk-full", "the registry's disk is full"), ("read-only", "the registry is read-only now")],
)
def test_a_registry_that_cannot_take_it_is_named(rig: Rig, tmp_path: Path, name: str, fault: str, words: str) -> None:
    source = near(rig, name)
    source.image("1", 30 * MEGABYTE)
    login = {"CI_KIT_DESTINATION_USER": "ci-user", "CI_KIT_DESTINATION_PASSWORD": rig.users["ci-user"]["password"]}
    done = promote(rig, tmp_path, f"{source.name}:1", f"{rig.faults[fault]}/group/project/{name}-2:1", **login)
    assert done.returncode == 5
    assert words in done.stderr


def test_memory_does_not_grow_with_the_layer(rig: Rig, tmp_path: Path, name: str) -> None:
    source, target = near(rig, name), flat(rig, name)
    source.image("1", 200 * MEGABYTE)
    script = "import resource as r, subprocess as s, sys; s.run(sys.argv[1:], check=True, stdout=2)"
    script += "; print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)"
    words = [sys.executable, "-S", "-c", script, str(CI_KIT), "promote", f"{source.name}:1", f"{target.name}:1"]
    done = subprocess.run(words, env=environ(rig, tmp_path), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 80 * 1024  # KiB
