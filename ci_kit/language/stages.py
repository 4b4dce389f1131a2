"""The stages of a pipeline, with the two that GitLab puts around them.

Source: gitlab `lib/gitlab/ci/config/edge_stages_injector.rb`, `lib/gitlab/ci/config/entry/stages.rb`.
"""

from typing import Any

from ci_kit.language.items import flattened
from ci_kit.source.value import NOWHERE, Map, Seq

_DEFAULT = ("build", "test", "deploy")
_FIRST, _LAST = ".pre", ".post"
STAGE = "test"  # of a job that names none


def with_edges(content: Map) -> Map:
    """Return the content with `.pre` and `.post` around the stages that it names; nothing else changes."""
    said = content.get("stages")
    if not isinstance(said, list) or not said:
        return content
    made = Map(content.at)
    made.update(content)
    made.keys_at, made.values_at = content.keys_at, content.values_at
    made["stages"] = _wrapped(said)
    return made


def stages_of(content: Map) -> list[Any]:
    """Return the stages in their order, each as often as it is named; none for an empty list."""
    said = content.get("stages")
    return list(flattened(_wrapped(said if isinstance(said, list) else list(_DEFAULT)))) if said != [] else []


def _wrapped(said: list[Any]) -> Seq:
    """Return the list between the two edges; edges within lists of the list stay where they are."""
    marks = getattr(said, "items_at", [NOWHERE] * len(said))
    kept = [(one, at) for one, at in zip(said, marks, strict=True) if one not in (_FIRST, _LAST)]
    made = Seq(getattr(said, "at", NOWHERE))
    made.extend((_FIRST, *(one for one, _ in kept), _LAST))
    made.items_at = [made.at, *(at for _, at in kept), made.at]
    return made
