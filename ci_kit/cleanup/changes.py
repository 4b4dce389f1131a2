"""What has changed in a repository since it was planned, and the steps that are left to be done."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal, NamedTuple

from ci_kit.cleanup.plan import Plan, following
from ci_kit.cleanup.snapshot import Snapshot


class Step(NamedTuple):
    """One deletion: of a `tag` alone, of a `digest` with all its `tags`, or of a tag by way of a `placeholder`."""

    way: Literal["tag", "digest", "placeholder"]
    digest: str
    tags: tuple[str, ...]


def refused(plan: Plan, now: Snapshot) -> dict[str, str]:
    """Return which doomed tags stay after all, and why: they, or what shares their digest, are not as planned."""
    planned = {verdict.tag: verdict.digest for verdict in plan.verdicts}
    doomed = {verdict.tag for verdict in plan.doomed} & set(now.tags)
    shared = now.by_digest()
    found = dict[str, str]()
    for tag in doomed - now.leftovers:
        digest = now.tags[tag]
        newcomers = [other for other in shared[digest] if planned.get(other) != digest]
        if not digest:
            continue
        if digest != planned[tag]:
            found[tag] = f"it was at {planned[tag] or 'no manifest'} and is at {digest} now"
        elif newcomers:
            found[tag] = f"{newcomers[0]} has got the same digest since"
    staying = [tag for tag in now.tags if tag not in doomed or tag in found]
    # An image that a killed run has taken the tags from is no reason to keep what speaks of it.
    now = replace(now, subjects=now.subjects - {verdict.digest for verdict in plan.doomed})
    return found | {tag: why for tag, why in following(now, staying).items() if tag in doomed}


def steps(now: Snapshot, doomed: Collection[str], *, single_tags: bool) -> tuple[Step, ...]:
    """Return how the `doomed` tags go: nothing that a tag needs which stays is deleted.

    `single_tags` tells that the registry deletes a tag without its manifest.
    """
    needed = now.needed(digest for tag, digest in now.tags.items() if tag not in doomed)
    found = list[Step]()
    for digest, tags in now.by_digest().items():
        going = tuple(tag for tag in tags if tag in doomed)
        if single_tags:
            found += [Step("tag", digest, (tag,)) for tag in going]
        elif digest in needed or not digest:
            found += [Step("placeholder", digest, (tag,)) for tag in going]
        elif going:
            found.append(Step("digest", digest, going))
    return tuple(found)
