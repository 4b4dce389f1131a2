"""Setting the tags of a verified image: versions once, moving tags only forward.

A registry has no conditional write. So a tag is read, judged, read again and set, then read once more, and looked at
a last time when all is done: of two pipelines that race, the one with the newer commit or version puts it right.
docs/tags.md says what decides.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence

from ci_kit.build.tagging import holder, mark, version_line
from ci_kit.build.tagging.holder import Holder
from ci_kit.errors import NotPushedError, RegistryError, UnavailableError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag, VersionLine
from ci_kit.model.record import TagMove
from ci_kit.registry import tag as tags
from ci_kit.registry.client import Manifest, RegistryClient

_ROUNDS = 5  # as often as others may set the same tag between two of our requests
_GRACE = 0.06  # seconds


class Mover:
    """Sets the tags of `plan` to `manifest`, which the registry has under the plan's first tag.

    `told` are the labels of an image that was not built for this commit: which commit a tag is set for is noted then.
    `notes` says what could not be.
    """

    def __init__(
        self, plan: BuildPlan, manifest: Manifest, registry: RegistryClient, told: Mapping[str, str] | None = None
    ) -> None:
        self.plan = plan
        self.manifest = manifest
        self.registry = registry
        self.told = told
        self.notes: list[str] = []
        self._noted: set[str] = set()
        self._mark: Manifest | None = None
        self._holders: dict[str, Holder] = {}
        self._listed: list[str] | None = None
        self._puts: int = 0
        self._last_put: float = 0
        self._slowest: float = 0
        self._looks: deque[float] = deque(maxlen=4)  # seconds; the machine may have more to do by now than at first

    def set_all(self, stopped: str = "") -> tuple[TagMove, ...]:
        """Return what became of each tag; when a version is refused, no tag is moved.

        `stopped` says why none but the first, which is set already, may be. NotPushedError when the registry does not
        do what it says it did.
        """
        done = {self.plan.image.tag: TagMove(self.plan.image.tag, "set")}
        if stopped:
            kept = (self._kept(self.plan.tag(reference.tag), stopped) for reference in self.plan.moving)
            return (*done.values(), *kept)
        for reference in self.plan.moving:
            tag = self.plan.tag(reference.tag)
            if tag.kind != "moving":
                done[tag.name] = self._set_once(tag) if tag.kind == "version" else self._set(tag)
        refused = next((move.tag for move in done.values() if move.state == "refused"), "")
        for reference in self.plan.moving:
            tag = self.plan.tag(reference.tag)
            if tag.kind == "moving":
                done[tag.name] = self._kept(tag, f"{refused} was refused") if refused else self._move(tag)
        return tuple(done[reference.tag] for reference in self.plan.references)

    def look_again(self, moves: Sequence[TagMove]) -> tuple[TagMove, ...]:
        """Return `moves` as they are after a last look at the moving tags that were set: others may have set them.

        A job that had read the tag before we set it may set it after: that is waited for, 0.06 s where the registry is
        quick. Without such tags nothing is asked.
        """
        found = {move.tag: move for move in moves}
        for _ in range(_ROUNDS):
            mine = [move for move in found.values() if self._may_be_lost(move) or move.tag in self._noted]
            puts = self._puts
            if mine:
                self._wait()
            self._listed = None
            found |= {move.tag: self._again(move) for move in mine}
            if self._puts == puts:
                break
        return tuple(found.values())

    def _may_be_lost(self, move: TagMove) -> bool:
        is_set = move.state in ("set", "moved")
        return is_set and self.plan.tag(move.tag).kind == "moving" and not self.plan.overwrite

    def _wait(self) -> None:
        """Wait until another job that is as slow as we were has set what it was about to set."""
        end = self._last_put + max(_GRACE, 2 * (self._slowest + min(self._looks, default=0)))
        time.sleep(max(0.0, end - time.monotonic()))

    def _again(self, move: TagMove) -> TagMove:
        tag = self.plan.tag(move.tag)
        newer = self._newer_version(tag.line)
        if newer:
            return self._gave_way(tag, newer)
        if self._digest(tag) == self.manifest.digest:
            self._note(tag)
            return move
        late = self._move(tag, is_late=True)
        return late if late.state == "kept" else move

    def _gave_way(self, tag: PlannedTag, newer: str) -> TagMove:
        """Give the tag to a version that came while we moved it: its own job may have set it before us."""
        if self._digest(tag) == self.manifest.digest:
            self.registry.put_manifest(self._reference(tag), self.registry.manifest(self.plan.image.with_tag(newer)))
        return self._kept(tag, f"{newer} came meanwhile")

    def _set(self, tag: PlannedTag) -> TagMove:
        was = self._digest(tag)
        if was == self.manifest.digest:
            return TagMove(tag.name, "same", was)
        now = self._put(tag)
        if now != self.manifest.digest:
            raise self._lost(tag, f"the registry has {now}")
        return TagMove(tag.name, "moved" if was else "set", was)

    def _set_once(self, tag: PlannedTag) -> TagMove:
        """Set a version where there is none; one with another image is left to it, unless we are told otherwise."""
        was = self._digest(tag)
        if was == self.manifest.digest:
            return TagMove(tag.name, "same", was)
        now = self._put(tag) if not was or self.plan.overwrite else was
        if now == self.manifest.digest:
            return TagMove(tag.name, "moved" if was else "set", was)
        return TagMove(tag.name, "refused", now, f"it is there already with {now}")

    def _move(self, tag: PlannedTag, *, is_late: bool = False) -> TagMove:
        """Move a tag unless what has it is newer; where another job sets it meanwhile, the newer of both stays.

        It is looked at again before it is set again, also where only the answer was lost: by then it may be another's.
        """
        first = was = self._digest(tag)
        tries = self.registry.patience.tries()
        for _ in range(_ROUNDS * _ROUNDS):
            if was == self.manifest.digest:
                self._note(tag)
                return TagMove(tag.name, "same", was)
            reason = self._objection(tag, was, is_late)
            if reason:
                return TagMove(tag.name, "kept", was, reason)
            self._note(tag)
            again, is_fresh = self._look(tag)
            if again == was and is_fresh:
                try:
                    again, is_late = self._put(tag, again=False), True
                except UnavailableError:
                    if not tries.again():
                        raise
                    again = self._digest(tag)
                if again == self.manifest.digest:
                    return TagMove(tag.name, "moved" if first else "set", first)
            was = again
        raise self._lost(tag, "other jobs set it again and again")

    def _objection(self, tag: PlannedTag, digest: str, is_late: bool) -> str:
        """Return why the tag is not ours, empty when it is; `digest` is the image that has it, empty without one."""
        if self.plan.overwrite:
            return ""
        newer = self._newer_version(tag.line)
        if newer:
            return f"{newer} is newer"
        if not digest:
            return ""
        there = mark.read(self.registry, self._reference(tag), digest, self._holders) or self._holder(digest)
        order = version_line.order(tag.line, there.version) if tag.line else 0
        if order:
            return f"it is version {there.version}, which is newer" if order > 0 else ""
        return self._newer_commit(there, is_late)

    def _newer_commit(self, there: Holder, is_late: bool) -> str:
        """Return why another commit keeps the tag; of two with one date the one that came last, as do two jobs of one.

        `is_late`: ours was set already, the other came after it.
        """
        ours = holder.of_labels(self.plan.labels)
        of = f"commit {there.revision[:8]}"
        if there.revision == ours.revision or there.date is None or ours.date is None or there.date == ours.date:
            return f"another job set it to {of} meanwhile" if is_late else ""
        return f"{of} of {there.date.isoformat()} is newer" if there.date > ours.date else ""

    def _note(self, tag: PlannedTag) -> None:
        """Note that the tag is set for this commit, where neither the image nor an earlier note says one as new.

        The note is there before the tag is set: nobody sees the one without the other.
        """
        ours, says = holder.of_labels(self.plan.labels), holder.of_labels(self.told or self.plan.labels)
        if ours.date is None or (says.revision, says.date) == (ours.revision, ours.date):
            return
        try:
            there = mark.read(self.registry, self._reference(tag), self.manifest.digest, self._holders) or says
            if there.date is None or there.date < ours.date:
                self._mark = self._mark or mark.made(self.registry, self.plan.image, self.plan.labels)
                where = mark.reference(self._reference(tag), self.manifest.digest)
                self.registry.put_manifest(where, self._mark)
                self._noted.add(tag.name)
                self._puts, self._last_put = self._puts + 1, time.monotonic()
        except RegistryError as error:
            self.notes.append(f"{tag.name}: an older commit's job may move it back, no note can be left: {error}")

    def _newer_version(self, line: VersionLine | None) -> str:
        if line is None or self.plan.overwrite:
            return ""
        if self._listed is None:
            self._listed = list(self.registry.tags(self.plan.image.repository))
        return version_line.newest(line, self._listed)

    def _holder(self, digest: str) -> Holder:
        if digest not in self._holders:
            self._holders[digest] = holder.read(self.registry, self.plan.image.with_digest(digest))
        return self._holders[digest]

    def _put(self, tag: PlannedTag, *, again: bool = True) -> str:
        """Set the tag and return what the registry has then; NotPushedError when it has nothing."""
        begin = time.monotonic()
        now = tags.put(self.registry, self._reference(tag), self.manifest, again=again)
        self._puts, self._last_put = self._puts + 1, time.monotonic()
        self._slowest = max(self._slowest, self._last_put - begin)
        return now

    def _look(self, tag: PlannedTag) -> tuple[str, bool]:
        """Return what has the tag, and whether that is new enough to act upon: others wait for a write that follows.

        A machine with much to do may leave us without a turn between the answer and our reading it.
        """
        begin = time.monotonic()
        found = self._digest(tag)
        took = time.monotonic() - begin
        self._looks.append(took)
        return found, took <= max(_GRACE / 2, 2 * min(self._looks))

    def _digest(self, tag: PlannedTag) -> str:
        return self.registry.digest(self._reference(tag))

    def _reference(self, tag: PlannedTag) -> ImageRef:
        return self.plan.image.with_tag(tag.name)

    def _kept(self, tag: PlannedTag, reason: str) -> TagMove:
        return TagMove(tag.name, "kept", self._digest(tag), reason)

    def _lost(self, tag: PlannedTag, instead: str) -> NotPushedError:
        return tags.lost(self._reference(tag), self.manifest, instead)


def tell(plan: BuildPlan, moves: Sequence[TagMove], output: Output) -> None:
    """Say of each tag that is another image's why it is not ours."""
    for move in moves:
        if not move.is_ours:
            output(f"{plan.name}: {move.tag} {move.state}: {move.reason}")
