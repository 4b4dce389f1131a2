"""CK114: a policy of a cache that the runner does not know."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import jobs_with
from ci_kit.source.value import Map, Seq

_KNOWN = ("pull-push", "pull", "push")


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each policy that GitLab takes only because it holds the word pull or push."""
    for holder in (pipeline.content, *jobs_with("cache", pipeline.content)):
        cache = holder.get("cache")
        for one in cache if isinstance(cache, Seq) else (cache,):
            yield from _of_cache(one)


def _of_cache(one: Any) -> Iterator[Hit]:
    policy = one.get("policy") if isinstance(one, Map) else None
    if (
        isinstance(policy, str)
        and policy not in _KNOWN
        and "$" not in policy
        and ("pull" in policy or "push" in policy)
    ):
        suggestion = "pull" if "pull" in policy else "push"
        message = f"the runner knows {', '.join(_KNOWN)}, and no {policy}"
        yield Hit(Text(policy, one.values_at["policy"]), policy, message, suggestion)


RULE = PipelineRule(
    id="CK114",
    name="unknown-cache-policy",
    severity="warning",
    summary="A cache has a policy that the runner does not know.",
    why=(
        "GitLab only asks that `pull` or `push` occurs somewhere in the policy, so `pull-only` passes. It is the "
        "runner that reads the word, in the job."
    ),
    source="gitlab lib/gitlab/ci/config/entry/cache.rb; gitlab-runner common/network.go",
    bad="""\
test:
  script: make
  cache:
    paths: [vendor/]
    policy: pull-only
""",
    good="""\
test:
  script: make
  cache:
    paths: [vendor/]
    policy: pull
""",
    check=check,
)
