"""The classic builder: which earlier images it is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ci_kit.build import workshop
from ci_kit.build.builders.docker import Docker
from ci_kit.build.workshop import Workshop
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan

IMAGE = ImageRef("host", "g/p/app", "0123")
MAIN = IMAGE.with_tag("main")


@dataclass
class Engine:
    has_containerd_store: bool
    pulled: list[ImageRef] = field(default_factory=list)
    given: Sequence[ImageRef] = ()

    def pull(self, image: ImageRef, login: object, output: object) -> bool:
        self.pulled.append(image)
        return True

    def build(self, plan: BuildPlan, output: object, dockerfile: object, earlier: Sequence[ImageRef]) -> None:
        self.given = earlier


@pytest.mark.parametrize(("store", "given"), [(False, [MAIN]), (True, [])])
def test_steps_of_earlier_images_are_taken_where_the_store_can(store: bool, given: list[ImageRef]) -> None:
    engine = Engine(store)
    shop = Workshop({"DOCKER_HOST": "tcp://docker:1"}, {}, 0, lambda line: None, has=lambda image: True)
    shop._once[workshop._engine] = lambda: cast(Any, engine)
    plan = BuildPlan("app", IMAGE, (), "/c", "/c/Dockerfile", "", {}, {}, cache=Cache("auto", images=(MAIN,)))
    Docker(shop).build(plan, lambda line: None)
    assert engine.pulled == engine.given == given
