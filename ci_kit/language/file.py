"""One file of a pipeline: its text, its tree, and what counts of it with the inputs it was given."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from ci_kit.language import inputs
from ci_kit.source.reader import Tree, read


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was read; `content` has the inputs filled in and is what GitLab goes on with."""

    path: str
    text: str
    tree: Tree
    content: Any

    @property
    def header(self) -> Any:
        """The document with `spec:`, None when there is none."""
        return self.tree.documents[0] if self.tree.index else None


def open_file(text: str, path: str, given: Mapping[Hashable, Any]) -> File:
    """Return the file with `given` inputs, defaults or stand-ins filled in; YamlError when it is not YAML."""
    tree = read(text, path)
    header = tree.documents[0] if tree.index else None
    known = inputs.values(header, given)
    return File(path, text, tree, inputs.interpolate(tree.data, known) if known else tree.data)
