"""Our rules in GitLab's words, or a clear no."""

from typing import Any

import pytest

from ci_kit.cleanup.gitlab_policy import attributes
from ci_kit.errors import UsageError
from tests.unit.cleanup.registries import policy_of


def test_what_gitlab_can_say_is_said() -> None:
    policy = policy_of(match=("mr-.*", "tmp"), keep=("v.*",), keep_n=("10",), older_than="4w")
    with pytest.raises(UsageError, match=r"older_than: GitLab's policy does not take 28 days -> it takes 7d, 14d"):
        attributes(policy, (), "7d")
    policy = policy_of(match=("mr-.*", "tmp"), keep=("v.*",), keep_n=("10",), older_than="720h")
    assert attributes(policy, (), "1d") == {
        "enabled": True,
        "cadence": "1d",
        "name_regex": "(?:mr-.*)|(?:tmp)",
        "name_regex_keep": "(?:v.*)|(?:sha256-[0-9a-f]{64}.*)",
        "keep_n": 10,
        "older_than": "30d",
    }


def test_everything_may_go_where_nothing_is_said() -> None:
    made = attributes(policy_of(older_than="7d"), (), "7d")
    assert made["name_regex"] == ".*"
    assert made["name_regex_keep"] == "sha256-[0-9a-f]{64}.*"
    assert made["keep_n"] is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"keep_n": ("3",)}, "does not take 3 -> it takes 1, 5, 10"),
        ({"keep_n": ("5 of v.*",)}, "one number for all tags"),
        ({"keep_n": ("5", "10")}, "one number for all tags"),
        ({"older_than": "36h"}, "does not take 1.5 days"),
        ({"match": ("x" * 256,)}, "longer than the 255"),
    ],
)
def test_what_gitlab_cannot_say_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem.replace(".", r"\.")):
        attributes(policy_of(**said), (), "7d")


def test_gitlab_knows_no_branches() -> None:
    with pytest.raises(UsageError, match=r"knows nothing of branches, merge requests -> .*--live none"):
        attributes(policy_of(older_than="7d"), ("branches", "merge_requests"), "7d")
