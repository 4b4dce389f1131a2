"""Images as a person reads them: a table, a tree, or one image in full."""

from collections.abc import Iterable, Iterator, Sequence

from ci_kit.model.size import human_size
from ci_kit.model.stored_image import Child, StoredImage

_SHORT_DIGEST = 19
_SHORT_COMMIT = 12
_HEAD = ("REPOSITORY", "DIGEST", "SIZE", "UNIQUE", "CREATED", "PLATFORMS", "COMMIT", "TAGS")


def table(images: Sequence[StoredImage], width: int = 0) -> str:
    """Return a line for each image under a line of names; with `width`, tags that do not fit become a number."""
    protected = any(image.protected is not None for image in images)
    rows = [_row(image, protected) for image in images]
    head = (*_HEAD[:-1], *(("PROTECTED",) if protected else ()), _HEAD[-1])
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    left = width - sum(widths[:-1]) - 2 * (len(head) - 1)
    lines = [
        (*row[:-1], _fitted(image.tags, left) if width else row[-1]) for row, image in zip(rows, images, strict=True)
    ]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *lines))


def tree(images: Sequence[StoredImage]) -> str:
    """Return every digest with its tags, and below it what it consists of and what is said of it."""
    known = {(image.repository, image.digest) for image in images}
    speakers = dict[tuple[str, str], list[StoredImage]]()
    for image in images:
        if (image.repository, image.subject) in known and image.subject != image.digest:
            speakers.setdefault((image.repository, image.subject), []).append(image)
    lines = list[str]()
    for image in images:
        if (image.repository, image.subject) not in known or image.subject == image.digest:
            lines += _branch(image, speakers.get((image.repository, image.digest), []))
    return "\n".join(lines)


def one(image: StoredImage) -> str:
    """Return all that is known of one image, a line each."""
    facts = [
        ("image", f"{image.repository}@{image.digest}"),
        ("tags", ", ".join(image.tags) or "none"),
        ("kind", f"{image.kind} ({image.media_type})"),
        ("of", image.subject),
        ("created", _moment(image)),
        ("size", f"{human_size(image.size)}, {human_size(image.unique_size)} of it used by no other image here"),
        ("platforms", ", ".join(image.platforms)),
        ("commit", image.commit),
        ("pipeline", image.pipeline),
        ("protected", {True: "yes", False: "no", None: ""}[image.protected]),
        *(("contains", _child(child)) for child in image.children),
        *(("label", f"{name}={value}") for name, value in sorted(image.labels.items())),
    ]
    return "\n".join(f"{name + ':':<12}{visible(value)}" for name, value in facts if value)


def summary(images: Sequence[StoredImage], stored: int) -> str:
    """Return how many there are and what they take, in one line."""
    tags = sum(len(image.tags) for image in images)
    return (
        f"{_count(len(images), 'image')}, {_count(tags, 'tag')}, {human_size(stored)} with shared layers counted once"
    )


def visible(text: str) -> str:
    """Return `text` on one line; whoever built an image has no say over the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _row(image: StoredImage, protected: bool) -> tuple[str, ...]:
    told = (image.kind,) if image.kind not in ("image", "index") else image.platforms
    attested = ", attested" if image.attestations else ""
    return (
        image.repository,
        image.digest[:_SHORT_DIGEST],
        human_size(image.size),
        human_size(image.unique_size),
        _moment(image),
        visible(",".join(told) + attested),
        visible(image.commit[:_SHORT_COMMIT]) or "-",
        *((("yes" if image.protected else "no"),) if protected else ()),
        ", ".join(image.tags) or "-",
    )


def _fitted(tags: Sequence[str], width: int) -> str:
    """Return the first tags that fit, and how many more there are; one at least."""
    shown = list(tags[:1])
    for tag in tags[1:]:
        more = f" +{len(tags) - len(shown) - 1}" if len(tags) - len(shown) > 1 else ""
        if len(", ".join((*shown, tag)) + more) > width:
            break
        shown.append(tag)
    rest = len(tags) - len(shown)
    return (", ".join(shown) + (f" +{rest}" if rest else "")) or "-"


def _branch(image: StoredImage, speakers: Iterable[StoredImage]) -> Iterator[str]:
    yield f"{image.repository}@{image.digest}  {image.kind}, {human_size(image.size)}, {_moment(image) or 'no date'}"
    leaves = [f"tag {tag}" for tag in image.tags]
    leaves += [_child(child) for child in image.children]
    leaves += [f"{speaker.kind} {speaker.digest}  tag {', '.join(speaker.tags)}" for speaker in speakers]
    if not image.children and image.platforms:
        leaves.append(f"platform {visible(', '.join(image.platforms))}")
    for number, leaf in enumerate(leaves, start=1):
        yield f"{'└──' if number == len(leaves) else '├──'} {leaf}"


def _child(child: Child) -> str:
    platform = f" {visible(child.platform)}" if child.platform else ""
    return f"{child.kind}{platform} {child.digest}  {human_size(child.size)}"


def _moment(image: StoredImage) -> str:
    return image.created[:19].replace("T", " ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
