"""The rules applied to the tags of one snapshot: why each of them stays."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from ci_kit.cleanup.policy import Policy, Quota
from ci_kit.cleanup.snapshot import Snapshot
from ci_kit.language import re2
from ci_kit.model.image_filter import natural
from ci_kit.model.storage import moment
from ci_kit.model.stored_image import StoredImage

_FIRST_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # reproducible builds say 1970: that is no date


class Keeper(Protocol):
    """Who knows what an image is still needed for."""

    def why(self, tag: str, image: StoredImage) -> str:
        """Return why the tag must stay, empty when nothing speaks for it."""


class Reason(NamedTuple):
    """Why a tag stays; `of_tag` when that holds whatever becomes of the image."""

    text: str
    of_tag: bool = False


class Judge:
    """The rules, a snapshot, and who knows what is still needed."""

    def __init__(self, snapshot: Snapshot, policy: Policy, keeper: Keeper, now: datetime) -> None:
        """Keep what is needed to judge."""
        self._snapshot, self._policy, self._keeper = snapshot, policy, keeper
        self._limit = now - timedelta(days=policy.older_than) if policy.older_than is not None else None

    def reasons(self) -> dict[str, Reason | None]:
        """Return why each tag stays, None for one that may go."""
        followers, found = self._snapshot.followers(), dict[str, Reason | None]()
        for tag in self._snapshot.tags:
            found[tag] = None if tag in self._snapshot.leftovers else self._by_name(tag) or self._by_image(tag)
        # What follows an image, is none, or is kept anyway, takes nobody's place among the newest.
        others = (
            followers | self._snapshot.leftovers | {tag for tag, digest in self._snapshot.tags.items() if not digest}
        )
        counted = [tag for tag, why in found.items() if why is None and tag not in others]
        young = {tag: Reason("it is not old enough") for tag in counted if self._is_young(tag)}
        newest = {
            tag: Reason(f"one of the newest {quota}")
            for quota in self._policy.keep_n
            for tag in self._newest(quota, counted)
        }
        return found | young | newest

    def _by_name(self, tag: str) -> Reason | None:
        if tag in self._snapshot.unread:
            return Reason(self._snapshot.unread[tag], of_tag=True)
        if tag == "latest":
            return Reason("latest is never deleted", of_tag=True)
        if protecting := _protecting(self._snapshot.protected, tag):
            return Reason(f"protected by {protecting}", of_tag=True)
        if keeping := self._policy.keeps(tag):
            return Reason(f"matches keep {keeping}", of_tag=True)
        return None if self._policy.may_judge(tag) else Reason("match does not match it")

    def _by_image(self, tag: str) -> Reason | None:
        image = self._image(tag)
        if why := self._keeper.why(tag, image):
            return Reason(why)
        if not image.digest:
            return None
        if not self._policy.speaks_of(tag):
            return Reason("no rule speaks of it")
        if self._needs_date(tag) and _date(image) is None:
            return Reason("it has no date")
        return None

    def _needs_date(self, tag: str) -> bool:
        return self._limit is not None or any(quota.speaks_of(tag) for quota in self._policy.keep_n)

    def _is_young(self, tag: str) -> bool:
        created = _date(self._image(tag))
        return self._limit is not None and created is not None and created >= self._limit

    def _newest(self, quota: Quota, tags: Iterable[str]) -> list[str]:
        ours = [tag for tag in tags if quota.speaks_of(tag)]
        ours.sort(key=lambda tag: (_date(self._image(tag)) or _FIRST_DATE, natural(tag)), reverse=True)
        return ours[: quota.number]

    def _image(self, tag: str) -> StoredImage:
        return self._snapshot.images.get(self._snapshot.tags[tag]) or StoredImage(self._snapshot.name, "", (tag,))


def _protecting(patterns: Iterable[str], tag: str) -> str:
    """Return the pattern that protects the tag; one that cannot be read, or not in time, protects everything."""
    for text in patterns:
        regex = re2.compiled(text)
        if regex is None or re2.is_found(regex, tag):
            return text
    return ""


def _date(image: StoredImage) -> datetime | None:
    said = moment(image.created)
    return said if said is not None and said >= _FIRST_DATE else None
