"""Which images there are, out of the file, the flags and the variables."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ci_kit.config import check, image_name
from ci_kit.config.option import IMAGES, NAME_PATTERN
from ci_kit.config.options import by_key
from ci_kit.config.said import Complaint, Said
from ci_kit.config.settings import ImageSettings, Placed
from ci_kit.errors import NothingToBuildError, UsageError

Image = Mapping[str, Said]

OWN_NAME = "image"  # the project's own image has no last part of its own
_DOCKERFILE = "Dockerfile"
_MAPS = ("build_args", "labels", "oci_annotations")


Settled = tuple[tuple[ImageSettings, ...], tuple[ImageSettings, ...]]


def settle(of_file: Sequence[tuple[Image, str]], above: Image, root: Path) -> Settled:
    """Return the images to build, the file's, with what flags and variables say `above` one of them; and the others.

    UsageError: nothing says what to build, or not which of several is meant.
    """
    if not of_file and not {"context", "dockerfile"} & set(above):
        _require_dockerfile(root)
    if of_file and not above:
        return tuple(_image(image, place) for image, place in of_file), ()
    image, place = _chosen(of_file, above)
    others = tuple(_image(*each) for each in of_file if each[0] is not image)
    merged = {**image, **above}
    for key in _MAPS:
        if key in image and key in above:
            merged[key] = _both(image[key], above[key])
    return (_image(merged, _place(above) or place or _DOCKERFILE),), others


def complaints(images: Sequence[ImageSettings]) -> list[Complaint]:
    """Return a complaint for each name that two images share, in itself or as a variable, and for unknown needs."""
    seen: dict[str, str] = {}
    found: list[Complaint] = []
    for image in images:
        suffix = variable_suffix(image.name)
        other = seen.get(suffix)
        seen.setdefault(suffix, image.name)
        if other is not None:
            message = _duplicate(image.name, other, suffix)
            found.append(Complaint(image.place, message, "give each image its own name:"))
    names = [image.name for image in images]
    return found + [
        Complaint(image.place, f"needs: {need!r} is not an image here", check.suggestion(need, names))
        for image in images
        for need in image.needs
        if need not in names
    ]


def variable_suffix(name: str) -> str:
    """Return the name as it ends a variable: upper case, everything else an underscore."""
    return "".join(letter.upper() if letter.isascii() and letter.isalnum() else "_" for letter in name)


def _duplicate(name: str, other: str, suffix: str) -> str:
    if name == other:
        return f"the name {name!r} is taken by an image above"
    return f"the names {other!r} and {name!r} are the same in a variable: {suffix}"


def _require_dockerfile(root: Path) -> None:
    if not (root / _DOCKERFILE).is_file():
        raise NothingToBuildError(
            f"there is no {_DOCKERFILE} in {root.resolve()}, and no .ci-kit.yml, flag or variable names one",
            hint="say --dockerfile PATH, or run ci-kit init: it writes a .ci-kit.yml with every Dockerfile it finds",
        )


def _chosen(of_file: Sequence[tuple[Image, str]], above: Image) -> tuple[Image, str]:
    """Return the image of the file that is meant; an empty one when a new image is named in full."""
    names = [_name(image) for image, _ in of_file]
    if "name" in above and above["name"].value in names:
        return of_file[names.index(str(above["name"].value))]
    if not of_file or ("name" in above and len(above) > 1):
        return {}, ""
    if "name" in above:
        _refuse_name(above["name"], names)
    if len(of_file) > 1:
        raise UsageError(
            f"which image? .ci-kit.yml has {', '.join(names)}", place=_place(above), hint="say it with --name"
        )
    return of_file[0]


def _refuse_name(said: Said, names: list[str]) -> None:
    raise UsageError(
        f"{said.value!r} is not an image of .ci-kit.yml",
        place=said.place,
        hint=check.suggestion(str(said.value), names),
    )


def _both(below: Said, above: Said) -> Said:
    assert isinstance(below.value, dict)
    assert isinstance(above.value, dict)
    return Said({**below.value, **above.value}, above.place)


def _place(above: Image) -> str:
    order = ("image", "dockerfile", "context", *(key for key in by_key(IMAGES) if key != "name"), "name")
    return next((above[key].place for key in order if key in above), "")


def _image(said: Image, place: str) -> ImageSettings:
    options = by_key(IMAGES)
    values: dict[str, Any] = {key: check.normal(options[key], one.value) for key, one in said.items()}
    context = values.get("context") or "."
    beside = _DOCKERFILE if context == "." else f"{context}/{_DOCKERFILE}"
    values |= {
        "name": values.get("name") or _name(said),
        "context": context,
        "dockerfile": values.get("dockerfile") or beside,
        **{key: lines(one) for key, one in said.items() if options[key].kind == "lines"},
        **{key: MappingProxyType(values.get(key, {})) for key in _MAPS},
    }
    return ImageSettings(**values, place=place)


def lines(said: Said) -> tuple[Placed, ...]:
    """Return the lines of a list, each with the place of its own."""
    lines = said.value if isinstance(said.value, list) else []
    return tuple(Placed(str(line), said.place_of(index)) for index, line in enumerate(lines))


def _name(said: Image) -> str:
    """Return the name that was given, else the last part of the image's path."""
    if "name" in said and said["name"].value:
        return str(said["name"].value)
    last = image_name.last_part(str(said["image"].value)) if "image" in said else ""
    return last if re.fullmatch(NAME_PATTERN, last) else OWN_NAME
