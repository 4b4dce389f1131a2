"""A child's plan: one platform, one tag of its own, and nothing that passes for the whole image."""

import pytest

from ci_kit.build.family import child
from ci_kit.config.settings import RecordSettings
from ci_kit.errors import UsageError
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag

IMAGE = ImageRef("host", "g/p/app", "0" * 40)
PLAN = BuildPlan("app", IMAGE, (IMAGE.with_tag("main"),), "/c", "/c/Dockerfile", "", {}, {})


def test_a_child_has_one_tag_that_no_other_job_sets() -> None:
    cache = Cache("auto", (ImageRef("host", "g/p/app/cache", "main"),), (), ImageRef("host", "g/p/app/cache", "main"))
    found = child.of(
        [PLAN._replace(platforms=(platform,), cache=cache) for platform in ("linux/arm64", "linux/arm/v7")]
    )
    assert [str(plan.image) for plan in found] == [
        f"host/g/p/app:{'0' * 40}-linux-{end}" for end in ("arm64", "arm-v7")
    ]
    assert [plan.moving for plan in found] == [(), ()]
    assert found[0].planned == (PlannedTag(f"{'0' * 40}-linux-arm64", "commit"),)
    assert str(found[0].cache.export) == "host/g/p/app/cache:main-linux-arm64"
    assert [each.tag for each in found[1].cache.registry] == ["main-linux-arm-v7"]
    long = child.of([PLAN._replace(image=IMAGE.with_tag("x" * 128), platforms=("linux/arm64",))])
    assert len(long[0].image.tag) == 128


@pytest.mark.parametrize("platforms", [(), ("linux/amd64", "linux/arm64")])
def test_a_child_is_for_one_platform(platforms: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--child: app: a child is one platform of an image, not"):
        child.of([PLAN._replace(platforms=platforms)])


def test_a_child_leaves_no_report_of_the_whole_image() -> None:
    found = child.record(RecordSettings(environment="production", pipeline_name=True))
    assert (found.result, found.dotenv, found.annotations) == ("ci-kit-result.json", "", "")
    assert not any((found.commit_status, found.merge_request_note, found.release_link, found.environment))
