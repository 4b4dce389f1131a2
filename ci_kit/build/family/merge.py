"""One index of the children that native runners have built: written once all are there, and only then named.

Sources: OCI "Image Index Specification"; docker docs "Multi-platform builds", "docker buildx imagetools create".
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ci_kit.build import compare
from ci_kit.build.options import annotations
from ci_kit.build.supply_chain import Checks, no_checks, stopped
from ci_kit.build.tagging.move import Mover, tell
from ci_kit.errors import NotPushedError, RegistryError, UsageError
from ci_kit.gitlab_api.result import Result
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.model.platform import missing, normal
from ci_kit.model.record import BuildRecord
from ci_kit.registry import content as stored
from ci_kit.registry import tag as tags
from ci_kit.registry.client import Manifest, RegistryClient

BUILDER = "merge"
_INDEX = "application/vnd.oci.image.index.v1+json"
_ATTESTATION = "vnd.docker.reference.type"
_OF_PLATFORM = ("architecture", "os", "os.version", "os.features", "variant")


class Child(NamedTuple):
    """A platform's image as its job recorded it; `place` is the file that says so."""

    platform: str
    record: BuildRecord
    place: str


def children(plan: BuildPlan, sha: str, results: Mapping[str, Result]) -> tuple[Child, ...]:
    """Return the children of `plan` among the `results` by file, in the order of its platforms.

    UsageError when one is missing, is there twice, or is of another commit or repository.
    """
    found: dict[str, Child] = {}
    for place, result in results.items():
        for record in result.records:
            if record.name == plan.name:
                _require_ours(plan, sha, record, result, place)
                child = Child(_only(record, place), record, place)
                other = found.setdefault(normal(child.platform), child)
                if other.record.digest != record.digest:
                    message = f"{plan.name} has {child.platform} twice: {other.place} has it too"
                    raise UsageError(message, place=place, hint="give one result for each platform")
    absent = missing(plan.platforms, found) or (() if found else ("any platform",))
    if absent:
        hint = "its job failed, or its artifacts did not come along: look at needs:"
        raise UsageError(f"{plan.name}: no result has {', '.join(absent)}", place=", ".join(results), hint=hint)
    order = [normal(platform) for platform in plan.platforms]
    return tuple(sorted(found.values(), key=lambda child: _position(normal(child.platform), order)))


def merge(
    plan: BuildPlan, found: Sequence[Child], registry: RegistryClient, output: Output, checks: Checks = no_checks
) -> BuildRecord:
    """Return the record of the index that the registry has under the tags of `plan` now, as `move` allows.

    Every child is read from the registry before anything is written, and where one of the `checks` fails no tag but the
    first is set. RegistryError: a child is not there, or not for its platform; or a tag could not be set, and those
    before it are.
    """
    begin = time.monotonic()
    entries = [entry for child in found for entry in _entries(child, plan, registry)]
    manifest = index(entries, annotations.at("index", plan.annotations))
    tags.set_tag(registry, plan.image, manifest, tags.ANYWAY)
    measured = stored.measure(registry, plan.image.repository, manifest)
    base = compare.base(plan, registry, output)
    made = checks(plan.name, str(plan.image.with_digest(manifest.digest)), output)
    mover = Mover(plan, manifest, registry)
    moves = mover.look_again(mover.set_all(stopped(made)))
    tell(plan, moves, output)
    return BuildRecord(
        name=plan.name,
        image=plan.image,
        digest=manifest.digest,
        tags=tuple(move.tag for move in moves if move.is_ours),
        moves=moves,
        builder=BUILDER,
        seconds=time.monotonic() - begin,
        size=measured.size,
        platforms=measured.platforms,
        skipped=all(child.record.skipped for child in found),
        base=base,
        layers=measured.layers,
        checks=made,
    )


def index(entries: Iterable[Mapping[str, Any]], notes: Mapping[str, str]) -> Manifest:
    """Return an OCI index of the entries; the same entries and notes always make the same bytes."""
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": list(entries)}
    if notes:
        document["annotations"] = dict(sorted(notes.items()))
    content = json.dumps(document, indent=2, ensure_ascii=False).encode()
    return Manifest(f"sha256:{hashlib.sha256(content).hexdigest()}", _INDEX, content)


def _require_ours(plan: BuildPlan, sha: str, record: BuildRecord, result: Result, place: str) -> None:
    if record.image.name != plan.image.name:
        message = f"{record.name} is in {record.image.name}, the index would be in {plan.image.name}"
        raise UsageError(message, place=place, hint="an index names images of its own repository")
    if result.facts.sha != sha:
        message = f"{record.name} is of commit {result.facts.sha[:8] or 'unknown'}, not of {sha[:8]}"
        raise UsageError(message, place=place, hint="is it the artifact of another pipeline?")


def _only(record: BuildRecord, place: str) -> str:
    if len(record.platforms) != 1:
        said = ", ".join(record.platforms) or "no platform that is known"
        hint = "build each with ci-kit build-push --child --platform …"
        raise UsageError(f"{record.name} has {said}: no child of an index", place=place, hint=hint)
    return record.platforms[0]


def _position(platform: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(platform) if platform in order else len(order)), platform


def _entries(child: Child, plan: BuildPlan, registry: RegistryClient) -> list[dict[str, Any]]:
    """Return what the index says of a child: the image, and with an index of its own what stands beside it there."""
    reference = child.record.image.with_digest(child.record.digest)
    manifest = registry.find_manifest(reference)
    if manifest is None:
        hint = "was it cleaned up? run its job again"
        raise NotPushedError(f"{reference}, built for {child.platform}, is not in the registry", hint=hint)
    document: Mapping[str, Any] = manifest.document()
    try:
        if "manifests" in document:
            said = [dict(entry) for entry in document["manifests"]]
        else:
            kind = manifest.media_type or document["mediaType"]
            said = [{"mediaType": kind, "digest": manifest.digest, "size": len(manifest.content)}]
        return [_entry(entry, child, plan, registry) for entry in said]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RegistryError(f"{reference} is no image that can be read", hint="run its job again") from error


def _entry(entry: dict[str, Any], child: Child, plan: BuildPlan, registry: RegistryClient) -> dict[str, Any]:
    if _ATTESTATION in (entry.get("annotations") or {}):
        return entry
    own = child.record.image.with_digest(str(entry["digest"]))
    document: Mapping[str, Any] = registry.manifest(own).document()
    config = json.loads(registry.blob(own.repository, str(document["config"]["digest"])))
    platform = {key: config[key] for key in _OF_PLATFORM if config.get(key)}
    name = "/".join(str(config[key]) for key in ("os", "architecture", "variant") if config.get(key))
    if normal(name) != normal(child.platform):
        hint = "run its job again"
        raise NotPushedError(f"{own} is for {name}, but was recorded for {child.platform}", hint=hint)
    notes = {**(entry.get("annotations") or {}), **annotations.at("manifest-descriptor", plan.annotations)}
    return entry | {"platform": platform} | ({"annotations": notes} if notes else {})
