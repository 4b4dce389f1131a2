"""Registries of any shape: tags that share digests, indexes in indexes, signatures, what has no date or no end."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as some

from ci_kit.cleanup import policy
from ci_kit.cleanup.policy import Policy
from ci_kit.config.settings import CleanupSettings, Placed
from tests.unit.distribution import IMAGE, Distribution
from tests.unit.servers import CONFIG

NAME = "group/app"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("latest", "main", "feature-x", "mr-1", "v1", "v2.0.0", "0123abc", f"content-{'1' * 40}", "a", "b")
PATTERNS = ("v.*", ".*", "main|a", "mr-[0-9]+", "content-.*", "[a-f0-9]+")


def put_image(
    registry: Distribution, number: int, days: float | None, subject: dict[str, object] | None = None, tag: str = ""
) -> dict[str, object]:
    """An image that was made so many days ago; another digest for each number."""
    created = {} if days is None else {"created": (NOW - timedelta(days=days)).isoformat()}
    config = {"os": "linux", "architecture": "amd64", "number": number, **created}
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": registry.blob(NAME, json.dumps(config).encode()) | {"mediaType": CONFIG},
        "layers": [registry.blob(NAME, b"layer %d" % (number % 3))],
    }
    return registry.manifest(NAME, document | ({"subject": subject} if subject else {}), tag)


@dataclass
class Shape:
    """What hypothesis chooses; numbers are taken modulo what there is, so that any list is a registry."""

    ages: list[float | None]
    indexes: list[list[int]]
    tags: dict[str, int]
    signed: list[tuple[int, str]]
    attached: list[tuple[int, str]] = field(default_factory=list)

    def build(self, *, single_tags: bool) -> Distribution:
        registry = Distribution(single_tags=single_tags)
        made = [put_image(registry, number, days) for number, days in enumerate(self.ages)]
        for number, children in enumerate(self.indexes):
            parts = [made[child % len(made)] for child in children] or [made[number % len(made)]]
            made.append(registry.index(NAME, "", *parts) if children else registry.index(NAME, "", *parts, made[0]))
        for tag, which in self.tags.items():
            registry.of(NAME).tags[tag] = str(made[which % len(made)]["digest"])
        for number, (which, suffix) in enumerate(self.signed):
            subject = str(made[which % len(made)]["digest"]).replace(":", "-")
            signature = put_image(registry, 1000 + number, None)
            if suffix:
                registry.of(NAME).tags[subject + suffix] = str(signature["digest"])
            else:
                registry.of(NAME).tags[subject] = str(registry.index(NAME, "", signature)["digest"])
        for number, (which, tag) in enumerate(self.attached):
            put_image(registry, 2000 + number, 50, made[which % len(made)], tag)
        return registry


NUMBERS = some.integers(0, 9)
AGES = some.one_of(some.none(), some.integers(0, 60).map(float), some.just(20_000.0))
SHAPES = some.builds(
    Shape,
    ages=some.lists(AGES, min_size=1, max_size=5),
    indexes=some.lists(some.lists(NUMBERS, max_size=3), max_size=3),
    tags=some.dictionaries(some.sampled_from(NAMES), NUMBERS, max_size=8),
    signed=some.lists(some.tuples(NUMBERS, some.sampled_from((".sig", ".att", ""))), max_size=2),
    attached=some.lists(some.tuples(NUMBERS, some.sampled_from(("sbom", "scan"))), max_size=1),
)


def settings(**said: Any) -> CleanupSettings:
    for key in ("match", "keep", "keep_n"):
        said[key] = tuple(Placed(text, f"--{key}") for text in said.get(key, ()))
    return CleanupSettings(**said)


def policy_of(**said: Any) -> Policy:
    return policy.parse(settings(**said))


_LINES = some.lists(some.sampled_from(PATTERNS), max_size=2)
_QUOTAS = some.lists(
    some.tuples(some.integers(0, 3), some.sampled_from(("", *PATTERNS))).map(
        lambda said: f"{said[0]} of {said[1]}" if said[1] else str(said[0])
    ),
    max_size=2,
)
POLICIES = (
    some.fixed_dictionaries(
        {"match": _LINES, "keep": _LINES, "keep_n": _QUOTAS, "older_than": some.sampled_from(("", "10d", "5w"))}
    )
    .filter(lambda said: bool(said["match"] or said["keep_n"] or said["older_than"]))
    .map(lambda said: policy_of(**said))
)
