"""Which builder is taken, and what is said of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from ci_kit.build import select
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.workshop import Workshop
from ci_kit.errors import BuildError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from tests.unit.build.shop import shop


@dataclass(frozen=True)
class Able:
    """A builder that lacks what the variable of its name says."""

    workshop: Workshop
    name = "able"

    @classmethod
    def missing(cls, environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        said = environ.get(cls.name, "")
        return [Lack(f"there is no {said}", f"install {said}")] if said else []

    def build(self, plan: BuildPlan, output: Output) -> None: ...

    def push(self, plan: BuildPlan, output: Output, stuck: object) -> str:
        return ""


class Other(Able):
    name = "other"


@pytest.fixture(autouse=True)
def builders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(select, "BUILDERS", {"able": lambda: Able, "other": lambda: Other})
        yield


def taken(asked: str, **environ: str) -> tuple[str, list[str]]:
    told: list[str] = []
    choice = select.choose(asked, environ, THE_DAEMONS)
    made = choice.builder(shop({}), told.append)
    assert made.name == choice.name
    return made.name, told


def test_auto_takes_the_first_builder_that_lacks_nothing() -> None:
    assert taken("auto") == ("able", ["builder: able, the first that lacks nothing here"])
    assert taken("auto", able="saw") == (
        "other",
        ["not with able: there is no saw", "builder: other, the first that lacks nothing here"],
    )
    assert taken("other", able="saw") == ("other", [])


def test_a_builder_that_cannot_work_here_is_told_only_when_it_is_needed() -> None:
    choice = select.choose("other", {"other": "plane"}, THE_DAEMONS)
    assert choice.name == "other"
    with pytest.raises(BuildError) as caught:
        choice.builder(shop({}), lambda line: None)
    assert str(caught.value) == (
        "the builder other cannot work here: there is no plane -> install plane; or use --builder auto"
    )


def test_when_none_can_work_each_is_named_with_its_fix_and_the_first_counts() -> None:
    choice = select.choose("auto", {"able": "saw", "other": "plane"}, THE_DAEMONS)
    assert choice.name == "able"
    with pytest.raises(BuildError) as caught:
        choice.builder(shop({}), lambda line: None)
    assert str(caught.value) == (
        "no builder can work here: able: there is no saw; other: there is no plane"
        " -> for able install saw; or for other install plane"
    )


def test_a_builder_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BuildError, match="there is no builder 'kaniko' -> choose auto, able or other"):
        select.choose("kaniko", {}, THE_DAEMONS)
