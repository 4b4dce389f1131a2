"""Why an image is built or not: its inputs beside those of the image that a tag has now."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ci_kit.build import reuse
from ci_kit.build.inputs import content as contents
from ci_kit.build.inputs.content import Content, Unknown
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.client import RegistryClient

_MOST_PARTS = 10


class Change(NamedTuple):
    """One input that is not what it was: its name (`arg VERSION`, `base alpine:3.20`, `context`), and a sentence."""

    input: str
    text: str


class Explanation(NamedTuple):
    """What a build would begin with; `reason` says why `changes` cannot be told, `skipped` that none is needed."""

    name: str
    compared_with: ImageRef
    content: str = ""
    skipped: bool = False
    changes: tuple[Change, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the explanation as `build-push --explain --format json` prints it."""
        return {
            "name": self.name,
            "compared_with": str(self.compared_with),
            "content": self.content or None,
            "skipped": self.skipped,
            "changes": [{"input": change.input, "text": change.text} for change in self.changes],
            "reason": self.reason or None,
        }

    def as_text(self) -> str:
        """Return a line for the image and one for each change."""
        verdict = "is there already, nothing is built" if self.skipped else "has to be built"
        lines = [f"{self.name}: {verdict}{f': {self.reason}' if self.reason else ''}"]
        if self.changes:
            lines.append(f"  since {self.compared_with}:")
        elif not self.reason:
            lines.append(f"  nothing changed since {self.compared_with}")
        return "\n".join([*lines, *(f"  - {change.text}" for change in self.changes)])


def explain(
    plan: BuildPlan, content: Content | Unknown, is_there: bool, registry: RegistryClient, output: Output
) -> Explanation:
    """Return what changed since the image under the branch's tag; RegistryError when the registry cannot be asked.

    `is_there`: the registry has an image of this content, under whatever tag.
    """
    reference = plan.moving[0] if plan.moving else plan.image
    if isinstance(content, Unknown):
        return Explanation(plan.name, reference, reason=content.reason)
    there = reuse.read(reference, registry, output)
    if there is None:
        return Explanation(plan.name, reference, content.digest, is_there, reason=f"{reference} is not there yet")
    said = _inputs(there.measured.labels)
    if said is None:
        reason = f"the image {reference} does not tell its inputs"
        return Explanation(plan.name, reference, content.digest, is_there, reason=reason)
    return Explanation(plan.name, reference, content.digest, is_there, tuple(_changes(*said, content)))


def _inputs(labels: Mapping[str, str]) -> tuple[Mapping[str, object], Mapping[str, object]] | None:
    """Return the inputs and the parts of the context that an image's labels tell, None when they tell none."""
    try:
        said = json.loads(labels[contents.INPUTS])
        inputs, parts = said["inputs"], said["context"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return (inputs, parts) if isinstance(inputs, dict) and isinstance(parts, dict) else None


def _changes(inputs: Mapping[str, object], parts: Mapping[str, object], content: Content) -> Iterator[Change]:
    now = contents.shortened(content.inputs)
    for name in sorted({*inputs, *now}, key=_order):
        before, after = inputs.get(name), now.get(name)
        if before != after:
            yield Change(name, _sentence(name, before, after, _differing(parts, contents.shortened(content.parts))))


def _order(name: str) -> tuple[bool, str]:
    return name not in ("dockerfile", "context"), name


def _differing(before: Mapping[str, object], now: Mapping[str, str]) -> str:
    """Return the files and folders in the root of the context that are not what they were."""
    if not before or not now:
        return ""
    found = [
        f"{name} is {'new' if name not in before else 'gone' if name not in now else 'changed'}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    more = f", and {len(found) - _MOST_PARTS} more" if len(found) > _MOST_PARTS else ""
    return ", ".join(found[:_MOST_PARTS]) + more


def _sentence(name: str, before: object, after: object, parts: str) -> str:
    kind, _, which = name.partition(" ")
    if kind == "context":
        return f"the context changed: {parts}" if parts else "the context changed"
    what = {
        "arg": "the build arg",
        "base": "the base image",
        "label": "the label",
        "annotation": "the annotation",
    }.get(kind, "the")
    what = f"{what} {which or kind.replace('dockerfile', 'Dockerfile')}"
    if before is None or after is None:
        return f"{what} is {'new' if before is None else 'gone'}"
    if kind in ("dockerfile", "arg", "label", "annotation"):
        return f"{what} changed"
    return f"{what} was {_brief(before)}, and is {_brief(after)}"


def _brief(value: object) -> str:
    text = str(value)[:19] if str(value).startswith("sha256:") else str(value)[:100]
    return text or "empty"
