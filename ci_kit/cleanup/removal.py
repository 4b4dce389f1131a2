"""Deleting what a plan says, by many connections at once, and believing only what the registry lists afterwards.

Whenever it is killed, nothing is lost that stays, and the next run finishes what this one has begun.
Source: OCI "Distribution Specification" 1.1, "Content Management"; GitLab's registry deletes single tags, Distribution
2.8 deletes by digest only, with every tag that is at it.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from ci_kit.cleanup import changes
from ci_kit.cleanup.changes import Step
from ci_kit.cleanup.placeholder import placeholder
from ci_kit.cleanup.plan import Plan
from ci_kit.cleanup.snapshot import Snapshot
from ci_kit.cleanup.survey import children_of
from ci_kit.errors import RegistryError, UnsupportedError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.crew import Crew

Result = Literal["deleted", "gone", "refused", "failed"]
RESULTS: tuple[Result, ...] = get_args(Result)
WELL = ("deleted", "gone")
_FRESH = 10.0  # seconds for which a snapshot is believed; after that each tag is looked at again
_CHUNK = 64  # digests between two questions whether it still is to be believed


class Outcome(NamedTuple):
    """What became of a doomed tag; `why` where it was not deleted by us."""

    tag: str
    digest: str
    result: Result
    why: str = ""


class Removed(NamedTuple):
    """The outcomes in the plan's order, and the tags that were to stay and vanished meanwhile by another hand."""

    outcomes: tuple[Outcome, ...]
    vanished: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all that was to go has gone, and nothing else."""
        return not self.vanished and all(one.result in WELL for one in self.outcomes)


def carry_out(crew: Crew, plan: Plan, now: Snapshot, taken: float) -> Removed:
    """Return what became of the doomed tags of `plan`; `now` was taken at `taken` (time.monotonic).

    DeniedError when nothing may be deleted here, UnsupportedError when the registry deletes nothing. A tag that fails
    for another reason is an outcome.
    """
    return _Removal(crew, plan, now, taken).run()


class _Removal:
    """The deletion of one plan."""

    def __init__(self, crew: Crew, plan: Plan, now: Snapshot, taken: float) -> None:
        self.crew, self.registry = crew, crew.registry
        self.plan, self.now, self.taken = plan, now, taken
        self.repository = ImageRef.split(plan.name).repository
        self.looked, self.pause = taken, _FRESH
        self.doomed = {one.tag for one in plan.doomed}
        self.stopped = changes.refused(plan, now)
        self.failed = dict[str, str]()
        self.touched = set[str]()

    def run(self) -> Removed:
        there = [one.tag for one in self.plan.doomed if one.tag in self.now.tags and one.tag not in self.stopped]
        doomed = sorted(there, key=lambda tag: not self.now.subject(tag))  # what speaks of an image goes before it
        if doomed:
            self.registry.check(self.repository, "pull,delete")
            self._delete(doomed)
            self._finish()
        return self._judged()

    def _delete(self, doomed: Sequence[str]) -> None:
        try:
            waiting = changes.steps(self.now, doomed, single_tags=self._deletes_tags(doomed[0]))
            if any(step.way == "placeholder" for step in waiting):
                self.registry.check(self.repository, "pull,push,delete")
            for chunk in self._chunks([step for step in waiting if not self.touched.issuperset(step.tags)]):
                self._delete_all(chunk)
        except RegistryError as error:
            if isinstance(error, UnsupportedError) or not self.touched:
                raise
            self.failed |= {tag: error.message for tag in doomed if tag not in self.touched}

    def _deletes_tags(self, tag: str) -> bool:
        """Tell whether the registry deletes single tags, by trying the first one."""
        reference = self._reference(tag)
        try:
            if not self.registry.delete(reference) and self.registry.digest(reference):
                return False
        except UnsupportedError:
            return False
        self.touched.add(tag)
        return True

    def _chunks(self, waiting: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Yield the steps in chunks; before a late one, the digests that what stays has come to need are left out."""
        speaking = {step for step in waiting if all(map(self.now.subject, step.tags))}
        groups = [[step for step in waiting if (step in speaking) is first] for first in (True, False)]
        for group in groups:
            for begin in range(0, len(group), _CHUNK):
                chunk = group[begin : begin + _CHUNK]
                is_late = time.monotonic() - self.looked > self.pause and any(step.way == "digest" for step in chunk)
                needed = self._needed_now() if is_late else frozenset()
                late = [step for step in chunk if step.way == "digest" and step.digest in needed]
                for step in late:
                    self.stopped |= dict.fromkeys(step.tags, "a tag that stays has come to need its digest meanwhile")
                yield [step for step in chunk if step not in late]

    def _needed_now(self) -> frozenset[str]:
        """Return what the tags that stay need by now; asked again after twice the time that the asking takes."""
        begin, found = time.monotonic(), set[str]()
        staying = [tag for tag in self.registry.tags(self.repository) if tag not in self.doomed]
        for _, needed in self.crew.each(self._needed_by, staying):
            if isinstance(needed, RegistryError):
                raise needed
            found |= needed
        self.looked = time.monotonic()
        self.pause = max(_FRESH, 2 * (self.looked - begin))
        return frozenset(found)

    def _needed_by(self, client: RegistryClient, tag: str) -> frozenset[str]:
        digest = client.digest(self._reference(tag))
        if digest in self.now.children:
            return self.now.needed((digest,))
        manifest = client.find_manifest(self._reference(tag))
        return frozenset((manifest.digest, *children_of(manifest))) if manifest else frozenset()

    def _delete_all(self, chunk: Sequence[Step]) -> None:
        for step, result in self.crew.each(self._do, chunk):
            if isinstance(result, UnsupportedError):
                raise result
            if isinstance(result, RegistryError):
                self.failed |= dict.fromkeys(step.tags, str(result))
            else:
                self.stopped |= dict.fromkeys(result, "it was moved meanwhile")
                self.touched.update(step.tags)

    def _do(self, client: RegistryClient, step: Step) -> Sequence[str]:
        """Do one step and return its tags that are not where they were any more: they are left alone."""
        moved = self._moved(client, step)
        if step.way == "placeholder" and not moved:
            self._empty(client, step.tags[0])
        elif step.way == "tag" and not moved:
            client.delete(self._reference(step.tags[0]))
        elif step.way == "digest" and len(moved) < len(step.tags):
            self._delete_digest(client, step)
        return moved

    def _delete_digest(self, client: RegistryClient, step: Step) -> None:
        """Delete a manifest with its tags; where it is gone and has left tags behind, these are deleted alone."""
        if not client.delete(ImageRef(self.registry.registry, self.repository, digest=step.digest)):
            for tag in step.tags:
                if not client.digest(self._reference(tag)):
                    self._empty(client, tag)

    def _empty(self, client: RegistryClient, tag: str) -> None:
        """Delete a tag whose manifest stays: it gets one of its own, and goes with it."""
        empty = placeholder(self.repository, tag)
        client.put_manifest(self._reference(tag), empty)
        client.delete(ImageRef(self.registry.registry, self.repository, digest=empty.digest))

    def _moved(self, client: RegistryClient, step: Step) -> list[str]:
        """Return the tags of the step that are elsewhere; before a tag is overwritten that is asked in any case."""
        if step.way != "placeholder" and self._is_fresh():
            return []
        found = {tag: client.digest(self._reference(tag)) for tag in step.tags}
        return [tag for tag, digest in found.items() if digest not in (step.digest, "")]

    def _is_fresh(self) -> bool:
        return time.monotonic() - self.taken < _FRESH

    def _finish(self) -> None:
        """Delete the names that are left without a manifest: a registry keeps them of requests that were cut."""
        listed = self.touched.intersection(self.registry.tags(self.repository))
        for tag in sorted(listed - self.stopped.keys()):
            try:
                if not self.registry.digest(self._reference(tag)):
                    self._empty(self.registry, tag)
            except RegistryError as error:
                self.failed[tag] = error.message

    def _judged(self) -> Removed:
        """Return the outcomes as the registry's own list of tags has them now."""
        listed = set(self.registry.tags(self.repository))
        outcomes = tuple(Outcome(one.tag, one.digest, *self._outcome(one.tag, listed)) for one in self.plan.doomed)
        return Removed(outcomes, tuple(sorted(set(self.now.tags) - self.doomed - listed)))

    def _outcome(self, tag: str, listed: Collection[str]) -> tuple[Result, str]:
        if tag in self.stopped and tag in listed:
            return "refused", self.stopped[tag]
        if tag not in listed:
            return ("deleted", "") if tag in self.touched else ("gone", "it was gone already")
        if tag in self.failed:
            return "failed", self.failed[tag]
        now = self.registry.digest(self._reference(tag))
        if now in ("", self.now.tags.get(tag), placeholder(self.repository, tag).digest):
            return "failed", "the registry has taken the deletion, and lists the tag still"
        return "refused", f"it was set anew to {now} meanwhile"

    def _reference(self, tag: str) -> ImageRef:
        return ImageRef(self.registry.registry, self.repository, tag)
