"""The classic builder: which earlier images it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from ci_kit.build import workshop
from ci_kit.build.builders.docker import Docker
from ci_kit.build.workshop import Opened, Workshop
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan

IMAGE = ImageRef("host", "g/p/app", "0123")
MAIN = IMAGE.with_tag("main")
DIGEST = "sha256:" + "1" * 64
EXACT = IMAGE.with_digest(DIGEST)


@dataclass
class Engine:
    has_containerd_store: bool
    has_earlier: bool = False
    pulled: list[ImageRef] = field(default_factory=list)
    given: Sequence[ImageRef] = ()
    dockerfile: bytes = b""
    labels: Mapping[str, str] = field(default_factory=dict)

    def has(self, image: ImageRef) -> bool:
        return self.has_earlier

    def pull(self, image: ImageRef, login: object, output: object) -> bool:
        self.pulled.append(image)
        return True

    def build(
        self, plan: BuildPlan, output: object, dockerfile: bytes, logins: object, earlier: Sequence[ImageRef]
    ) -> None:
        self.given, self.dockerfile, self.labels = earlier, dockerfile, plan.labels


def built(root: Path, engine: Engine, labels: Mapping[str, str], target: str = "") -> None:
    environ = {"DOCKER_HOST": "tcp://docker:1", "DOCKER_CONFIG": str(root)}
    shop = Workshop(environ, {}, 0, lambda line: None, Opened(), has=lambda image: DIGEST)
    shop.opened.known[workshop._engine] = lambda: cast(Any, engine)
    dockerfile = str(root / "Dockerfile")
    plan = BuildPlan("app", IMAGE, (), str(root), dockerfile, target, {}, labels, cache=Cache("auto", images=(MAIN,)))
    Docker(shop).build(plan, lambda line: None)


@pytest.mark.parametrize(("store", "given"), [(False, [EXACT]), (True, [])])
def test_steps_of_earlier_images_are_taken_where_the_store_can(
    tmp_path: Path, store: bool, given: list[ImageRef]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    engine = Engine(store)
    built(tmp_path, engine, {})
    assert engine.pulled == engine.given == given


@pytest.mark.parametrize("target", ["", "one"])
def test_labels_are_a_line_of_the_dockerfile_unless_it_ends_with_another_stage(tmp_path: Path, target: str) -> None:
    text = b"FROM a AS one\n# \xe9\nFROM a AS two\n"
    (tmp_path / "Dockerfile").write_bytes(text)
    engine = Engine(False)
    built(tmp_path, engine, {"a": "b"}, target)
    expected = (text, {"a": "b"}) if target else (text + b'LABEL a="b"\n', {})
    assert (engine.dockerfile, engine.labels) == expected


def test_an_earlier_image_that_the_daemon_has_is_not_pulled(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    engine = Engine(has_containerd_store=False, has_earlier=True)
    built(tmp_path, engine, {})
    assert (engine.pulled, engine.given) == ([], [EXACT])
