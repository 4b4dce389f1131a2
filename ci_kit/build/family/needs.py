"""Which images of a project are made from which others of it, and the order that follows from that."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from ci_kit.build.inputs import base_images
from ci_kit.build.inputs.base_images import Unresolved
from ci_kit.errors import UsageError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import Need

_LATEST = "latest"


class Member(NamedTuple):
    """An image of the project: where it is pushed, the tags it gets now, what its Dockerfile says, and its `needs:`.

    `image` has the tag that it gets first, or the digest that it has already; without a digest it `is_here`, built in
    this run, or by another job. An empty `dockerfile` need not be read. `place` is where the image was declared.
    Without `tags` any tag in a Dockerfile means this image.
    """

    name: str
    image: ImageRef
    tags: frozenset[str] = frozenset()
    dockerfile: str = ""
    build_args: Mapping[str, str] = MappingProxyType({})
    platforms: Sequence[str] = ()
    needs: tuple[str, ...] = ()
    place: str = ""
    is_here: bool = True


def of(members: Sequence[Member]) -> dict[str, tuple[Need, ...]]:
    """Return the needs of each image by its name, in the order of `members`.

    UsageError when an image needs itself, at once or around a circle, which is named.
    """
    by_image = {member.image.name: member for member in members}
    by_name = {member.name: member for member in members}
    found = {member.name: tuple(_needs(member, by_image, by_name)) for member in members}
    _refuse_circle(found, {member.name: member.place for member in members})
    return found


def ordered(names: Sequence[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return `names` so that each comes after those it needs, else in their own order; there is no circle."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in found or name not in names:
            return
        for need in needs[name]:
            add(need)
        found[name] = None

    for name in names:
        add(name)
    return list(found)


def _needs(member: Member, by_image: Mapping[str, Member], by_name: Mapping[str, Member]) -> Iterable[Need]:
    words: dict[str, list[str]] = {name: [] for name in member.needs if name in by_name}
    for word, image in _images(member).items():
        other = by_image.get(image.name)
        if other and _is_meant(other, image, any_tag=other.name in member.needs):
            words.setdefault(other.name, []).append(word)
    for name, found in words.items():
        if name != member.name or name in member.needs:  # an image may well be made from the one before it
            yield Need(name, by_name[name].image, tuple(found), by_name[name].is_here)


def _images(member: Member) -> dict[str, ImageRef]:
    """Return the images that the Dockerfile names, by the words it has for them; what cannot be told is left out."""
    found = {}
    try:
        words = base_images.named(member.dockerfile, member.build_args, member.platforms)
    except Unresolved:
        return {}
    for word in words:
        try:
            found[word] = base_images.full(word)
        except Unresolved:
            continue
    return found


def _is_meant(member: Member, image: ImageRef, *, any_tag: bool) -> bool:
    """Tell whether a Dockerfile means the image that is built now: no digest, and no tag of another version."""
    return not image.digest and (any_tag or not member.tags or image.tag in {"", _LATEST, *member.tags})


def _refuse_circle(needs: Mapping[str, Sequence[Need]], places: Mapping[str, str]) -> None:
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = (*path[path.index(name) :], name)
            raise UsageError(_said(circle), place=places[name], hint="let one of them be made FROM another image")
        if name not in done:
            for need in needs[name]:
                follow(need.name, (*path, name))
            done.add(name)

    for name in needs:
        follow(name, ())


def _said(circle: Sequence[str]) -> str:
    if len(circle) == 2:
        return f"the image {circle[0]!r} needs itself"
    steps = ", ".join(f"{one} needs {other}" for one, other in pairwise(circle))
    return f"the images need each other in a circle: {steps}"
