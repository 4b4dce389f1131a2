"""What buildx is told beside the Dockerfile: caches, secrets, keys, annotations, platforms, proxies."""

import os
from pathlib import Path

import pytest

from ci_kit.build.builders.buildx import Buildx
from ci_kit.build.builders.docker import Docker
from ci_kit.build.options import secret_mounts
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.errors import BuildError, NotPushedError
from ci_kit.model.annotation import Annotation
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.secret import Secret, SshKey
from tests.unit.build.shop import Daemon, shop

IMAGE = ImageRef("host", "g/p/app", "0123")
MAIN, OTHER = ImageRef("host", "g/p/app/cache", "main"), ImageRef("host", "g/p/app/cache", "other")
PLAN = BuildPlan("app", IMAGE, (), "/context", "/context/Dockerfile", "", {}, {})
CACHE = Cache("auto", (OTHER, MAIN), (IMAGE.with_tag("other"), IMAGE.with_tag("main")), OTHER)
CLASSIC, CONTAINERD = Daemon(), Daemon(has_containerd_store=True)
CANARY = "canary-5c1f"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The variables of a job whose docker prints its arguments and its environment, a line each."""
    plugin = tmp_path / "config" / "cli-plugins" / "docker-buildx"
    plugin.parent.mkdir(parents=True)
    plugin.touch(0o755)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\nprintf "%s\\n" "$@"; env\n')
    docker.chmod(0o755)
    return {"PATH": f"{docker.parent}:{os.environ['PATH']}", "DOCKER_CONFIG": str(tmp_path / "config")}


def told(plan: BuildPlan, environ: dict[str, str], daemon: Daemon = CLASSIC, *there: ImageRef) -> list[str]:
    lines: list[str] = []
    made = shop(
        environ, daemon=daemon, has=lambda reference: "sha256:1" if reference in there else "", output=lines.append
    )
    Buildx(made).build(plan, lines.append)
    return lines


def arguments(lines: list[str], word: str) -> list[str]:
    return [line.partition("=")[2] for line in lines if line.startswith(f"--{word}=")]


def test_a_classic_store_keeps_the_cache_in_the_image(environ: dict[str, str]) -> None:
    lines = told(PLAN._replace(cache=CACHE), environ, CLASSIC, IMAGE.with_tag("main"), MAIN)
    assert arguments(lines, "cache-from") == ["type=registry,ref=host/g/p/app:main"]
    assert arguments(lines, "cache-to") == ["type=inline"]


def test_a_containerd_store_keeps_all_steps_in_the_registry(environ: dict[str, str]) -> None:
    lines = told(PLAN._replace(cache=CACHE), environ, CONTAINERD, MAIN, OTHER)
    assert arguments(lines, "cache-from") == [f"type=registry,ref={OTHER}", f"type=registry,ref={MAIN}"]
    words = "mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"
    assert arguments(lines, "cache-to") == [f"type=registry,ref={OTHER},{words}"]


def test_a_wish_that_the_store_cannot_fulfil_is_told(environ: dict[str, str]) -> None:
    plan = PLAN._replace(cache=CACHE._replace(mode="registry"), annotations=(Annotation("manifest", "team", "x"),))
    lines = told(plan, environ)
    assert lines[0] == "app: annotations are left out: this daemon keeps images in its classic store"
    assert lines[1].startswith("app: the cache is written into the image and not to the registry: ")
    assert arguments(lines, "annotation") == []
    silent = PLAN._replace(cache=CACHE, annotations=(Annotation("manifest", "org.opencontainers.image.url", "x"),))
    assert told(silent, environ)[0] == "buildx"


def test_a_buildkit_of_its_own_stores_all_and_exports_its_cache_once(environ: dict[str, str]) -> None:
    lines: list[str] = []
    plan = PLAN._replace(cache=CACHE, platforms=("linux/amd64", "linux/arm64"), secrets=(Secret("a", variable="A"),))
    plan = plan._replace(annotations=(Annotation("index", "a", "1"),))
    builder = Buildx(shop(environ | {"A": CANARY}, BuildKit("named", "fleet"), has=lambda reference: "sha256:1"))
    builder.build(plan, lines.append)
    assert arguments(lines, "output") == ["type=cacheonly"]
    assert len(arguments(lines, "cache-to")) == 1
    lines.clear()
    with pytest.raises(NotPushedError):
        builder.push(plan, lines.append, lambda: None)
    assert arguments(lines, "output") == ["type=image,oci-mediatypes=true,push=true"]
    assert arguments(lines, "platform") == ["linux/amd64,linux/arm64"]
    assert arguments(lines, "secret") == ["id=a,env=CI_KIT_SECRET_0"]
    assert arguments(lines, "cache-to") == []


def test_caches_that_were_said_replace_ours(environ: dict[str, str]) -> None:
    said = CACHE._replace(
        said_from=("type=registry,ref=host.example/x:1", "type=local,src=/c"), said_to=("type=local,dest=/c",)
    )
    lines = told(PLAN._replace(cache=said), environ, CONTAINERD)
    assert arguments(lines, "cache-from") == ["type=local,src=/c"]
    assert arguments(lines, "cache-to") == ["type=local,dest=/c,ignore-error=true"]
    there = told(PLAN._replace(cache=said), environ, CONTAINERD, ImageRef("host.example", "x", "1"))
    assert arguments(there, "cache-from") == ["type=registry,ref=host.example/x:1", "type=local,src=/c"]


def test_annotations_are_written_at_their_levels(environ: dict[str, str]) -> None:
    notes = (Annotation("manifest", "a", "1"), Annotation("index-descriptor", "b", "2 3"))
    plan = PLAN._replace(annotations=notes)
    several = told(plan._replace(platforms=("linux/amd64", "linux/arm64")), environ, CONTAINERD)
    assert arguments(several, "annotation") == ["manifest:a=1", "index-descriptor:b=2 3"]
    lines = told(plan, environ, CONTAINERD)
    assert arguments(lines, "annotation") == ["manifest:a=1"]
    assert arguments(lines, "output") == ["type=image,oci-mediatypes=true"]
    assert "--load" not in lines


def test_several_platforms_need_a_store_that_holds_them(environ: dict[str, str]) -> None:
    plan = PLAN._replace(platforms=("linux/amd64", "linux/arm64"))
    assert arguments(told(plan, environ, CONTAINERD), "platform") == ["linux/amd64,linux/arm64"]
    with pytest.raises(BuildError, match="the image store of this daemon makes one platform an image") as caught:
        told(plan, environ)
    assert "containerd-snapshotter" in str(caught.value)
    assert "pipeline.native" in str(caught.value)
    assert arguments(told(plan._replace(platforms=("linux/arm64",)), environ), "platform") == ["linux/arm64"]


def test_the_value_of_a_secret_is_no_argument_and_no_build_argument_stands_in_for_it(environ: dict[str, str]) -> None:
    secrets = (Secret("npm", variable="TOKEN"), Secret("ca", file="/a/ca.pem"))
    lines = told(PLAN._replace(secrets=secrets, build_args={"TOKEN": "other"}), environ | {"TOKEN": CANARY})
    assert arguments(lines, "secret") == ["id=npm,env=CI_KIT_SECRET_0", "id=ca,src=/a/ca.pem"]
    assert [line for line in lines if CANARY in line] == [f"CI_KIT_SECRET_0={CANARY}"]
    assert "TOKEN=other" in lines


def test_ssh_keys_are_files_of_this_run_only(environ: dict[str, str]) -> None:
    keys = (SshKey("default"), SshKey("a", file="/a/key"), SshKey("b", variable="KEY"))
    lines = told(PLAN._replace(ssh=keys), environ | {"KEY": f"{CANARY}\r\n"})
    written = Path(environ["DOCKER_CONFIG"]) / "ssh-app-b"
    assert arguments(lines, "ssh") == ["default", "a=/a/key", f"b={written}"]
    assert written.read_text() == f"{CANARY}\n"
    assert written.stat().st_mode & 0o777 == 0o600


def test_proxies_reach_the_build_in_both_cases(environ: dict[str, str]) -> None:
    lines = told(PLAN, environ | {"HTTP_PROXY": "http://u:p@proxy:3128", "no_proxy": "docker"})
    assert arguments(lines, "build-arg") == ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"]
    assert "http_proxy=http://u:p@proxy:3128" in lines
    own = told(PLAN._replace(build_args={"http_proxy": ""}), environ | {"HTTP_PROXY": "x"})
    assert "http_proxy=" in own
    assert arguments(told(PLAN, environ | {"NO_PROXY": "docker"}), "build-arg") == []


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (PLAN._replace(secrets=(Secret("npm", variable="X"),)), "the classic builder knows no secrets"),
        (PLAN._replace(ssh=(SshKey("default"),)), "the classic builder knows no ssh keys; they need BuildKit"),
        (PLAN._replace(platforms=("a/b", "c/d")), "the classic builder makes one platform an image"),
    ],
)
def test_the_classic_builder_refuses_what_it_cannot_do(plan: BuildPlan, words: str) -> None:
    with pytest.raises(BuildError, match=words):
        Docker(shop({}, daemon=None)).build(plan, lambda line: None)


def test_what_needs_no_buildkit_is_not_refused() -> None:
    secret_mounts.refuse(PLAN)


def test_attestations_are_asked_of_a_store_that_can_keep_them(environ: dict[str, str]) -> None:
    plan = PLAN._replace(attestations=("type=sbom", "type=provenance,mode=max"))
    assert arguments(told(plan, environ, CONTAINERD), "attest") == ["type=sbom", "type=provenance,mode=max"]
    with pytest.raises(BuildError, match="app: an SBOM in the registry is asked for, and the image store of this"):
        told(plan, environ, CLASSIC)
    assert arguments(told(PLAN, environ, CONTAINERD), "attest") == []
