"""Which tags of a repository go, which stay, and why: decided from a snapshot alone, nothing is asked or changed.

What cannot be judged is kept. `latest` is kept. A signature and the like follow the image that they speak of, ci-kit's
tag for the content of an image follows the other tags of that image.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ci_kit.cleanup.judge import Judge, Keeper, Reason
from ci_kit.cleanup.policy import Policy
from ci_kit.cleanup.snapshot import Snapshot
from ci_kit.model.image_filter import natural


class Verdict(NamedTuple):
    """What happens to a tag; `digest` is what it was at, `created` RFC 3339 or empty."""

    tag: str
    digest: str
    goes: bool
    why: str
    created: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A verdict for each tag of the repository `name` (`host/path`); `freed` is bytes that nothing else needs."""

    name: str
    verdicts: tuple[Verdict, ...]
    freed: int = 0

    @property
    def doomed(self) -> tuple[Verdict, ...]:
        """The tags that go."""
        return tuple(verdict for verdict in self.verdicts if verdict.goes)

    @property
    def kept(self) -> tuple[Verdict, ...]:
        """The tags that stay."""
        return tuple(verdict for verdict in self.verdicts if not verdict.goes)


def plan(snapshot: Snapshot, policy: Policy, keeper: Keeper, now: datetime) -> Plan:
    """Return the plan for one repository: the same for the same input, in the order of the tags' names."""
    reasons = Judge(snapshot, policy, keeper, now).reasons()
    followers = snapshot.followers()
    kept = {tag: reason.text for tag, reason in reasons.items() if reason and _holds(reason, tag in followers)}
    kept |= following(snapshot, kept)
    verdicts = tuple(
        _verdict(snapshot, tag, kept.get(tag, ""), "goes with its image" if tag in followers else _why(policy, tag))
        for tag in sorted(snapshot.tags, key=natural)
    )
    return Plan(snapshot.name, verdicts, _freed(snapshot, kept))


def following(snapshot: Snapshot, kept: Iterable[str]) -> dict[str, str]:
    """Return the other tags that are kept because something kept is what they speak of, with the reason.

    A kept signature may itself be signed, so that is asked until nothing new comes of it.
    """
    found, staying = dict[str, str](), set(kept)
    left = [tag for tag in snapshot.tags if tag not in staying and tag not in snapshot.leftovers]
    while True:
        needed = snapshot.needed(snapshot.tags[tag] for tag in staying)
        new = {tag: why for tag in left if (why := _followed(snapshot, tag, needed))}
        if not new:
            return found
        found |= new
        staying |= set(new)
        left = [tag for tag in left if tag not in new]


def _followed(snapshot: Snapshot, tag: str, needed: frozenset[str]) -> str:
    subject = snapshot.subject(tag)
    if subject in needed:
        return f"belongs to {subject[:19]}, which is kept"
    if subject in snapshot.subjects:
        return f"belongs to {subject[:19]}, which is there without a tag"
    if snapshot.is_content(tag) and snapshot.tags[tag] in needed:
        return "names the content of an image that is kept"
    return ""


def _holds(reason: Reason, follows: bool) -> bool:
    """Tell whether the reason keeps the tag; of what follows an image only what is said of the tag itself."""
    return reason.of_tag or not follows


def _verdict(snapshot: Snapshot, tag: str, kept: str, otherwise: str) -> Verdict:
    digest = snapshot.tags[tag]
    image = snapshot.images.get(digest)
    if tag in snapshot.leftovers:
        otherwise = "an interrupted cleanup has emptied it"
    elif not digest:
        otherwise = "it has no manifest"
    return Verdict(tag, digest, not kept, kept or otherwise, image.created if image else "")


def _why(policy: Policy, tag: str) -> str:
    quotas = ", ".join(str(one) for one in policy.keep_n if one.speaks_of(tag))
    parts = (
        f"not among the newest {quotas}" if quotas else "",
        f"older than {policy.older_than:g} days" if policy.older_than is not None else "",
        "matches" if policy.match else "",
    )
    return ", ".join(filter(None, parts))


def _freed(snapshot: Snapshot, kept: Iterable[str]) -> int:
    """Return the bytes that only what goes uses; layers that another repository shares are counted all the same."""
    staying = {snapshot.tags[tag] for tag in kept}
    parts, needed = dict[str, int](), set[str]()
    for digest, image in snapshot.images.items():
        if digest in staying:
            needed.update(image.parts)
        else:
            parts |= image.parts
    return sum(size for part, size in parts.items() if part not in needed)
