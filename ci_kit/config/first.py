"""A first .ci-kit.yml for the Dockerfiles of a project."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ci_kit.config.images import OWN_NAME
from ci_kit.source.emitter import Commented, emit

_NAMES = re.compile(r"(?:Dockerfile|Containerfile)(?:\.(?P<after>.+))?|(?P<before>.+)\.(?:D|d)ockerfile")
_HEADER = "# Settings of ci-kit. What else may stand here: ci-kit schema. Next: ci-kit generate.\n"


def is_dockerfile(name: str) -> bool:
    """Tell whether a file of this name is a Dockerfile: Dockerfile, Dockerfile.worker, worker.dockerfile."""
    return bool(_NAMES.fullmatch(name)) and not name.endswith(".dockerignore")


def text(dockerfiles: Sequence[PurePosixPath]) -> str:
    """Return the file for `dockerfiles`, relative to the project's root; each gets an entry and a name of its own."""
    entries = [_entry(path, name) for name, path in images(dockerfiles)]
    return _HEADER + emit({"version": 1, "images": entries})


def images(dockerfiles: Sequence[PurePosixPath]) -> list[tuple[str, PurePosixPath]]:
    """Return the name and the Dockerfile of each image, the outermost first."""
    ordered = sorted(dockerfiles, key=lambda path: (len(path.parts), str(path)))
    return list(zip(_unique([_words(path) for path in ordered]), ordered, strict=True))


def _entry(path: PurePosixPath, name: str) -> object:
    own = name == OWN_NAME and len(path.parts) == 1
    said = {"name": name, "context": str(path.parent), "dockerfile": str(path)}
    if path.name == "Dockerfile":
        del said["dockerfile"]
    if not own:
        said["image"] = name
    return Commented(said, f"Pushed as $CI_REGISTRY_IMAGE{'' if own else f'/{name}'}.")


def _words(path: PurePosixPath) -> list[str]:
    """Return the words a name can be made of, the telling one last: folders, then what the file's name adds."""
    match = _NAMES.fullmatch(path.name)
    added = (match["after"] or match["before"] or "") if match else ""
    words = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in (*path.parts[:-1], added)]
    return [word for word in words if word] or [OWN_NAME]


def _unique(all_words: Sequence[list[str]]) -> list[str]:
    """Return the shortest ends that differ; a number where whole paths are alike."""
    names = [words[-1] for words in all_words]
    for length in range(2, max(map(len, all_words), default=1) + 1):
        again = {name for name in names if names.count(name) > 1}
        names = [
            "-".join(words[-length:]) if name in again else name for name, words in zip(names, all_words, strict=True)
        ]
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[index] = f"{name}-{seen[name]}"
    return names
