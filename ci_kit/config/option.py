"""One setting: its key, its type and its rule, and all the ways to say it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ci_kit.config.settings import (
    CleanupSettings,
    ImageSettings,
    LintSettings,
    PipelineSettings,
    RecordSettings,
    SupplyChainSettings,
)

# `texts` is a list with commas between in a variable, `lines` a list with one a line.
# `lists` is a map of lists, in a flag `key=a,b` each.
Kind = Literal["text", "path", "image", "choice", "boolean", "texts", "lines", "map", "lists"]

NAME_PATTERN = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
LABEL_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
PLATFORM_PATTERN = r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?"
PLATFORM_RULE = "a platform like linux/arm64"

IMAGES = "images"
SECTIONS: dict[str, Any] = {
    IMAGES: ImageSettings,
    "pipeline": PipelineSettings,
    "record": RecordSettings,
    "supply_chain": SupplyChainSettings,
    "lint": LintSettings,
    "cleanup": CleanupSettings,
}
SECTION_HELP = {
    IMAGES: "The images to build, one job each. Without it: the Dockerfile in the project's root.",
    "pipeline": "How the generated jobs run.",
    "record": "Where the outcome is written, and who is told. An empty path: not written.",
    "supply_chain": "What is told and proved of an image before its other tags are set (docs/supply-chain.md).",
    "lint": "What ci-kit lint leaves out.",
    "cleanup": "Which tags ci-kit cleanup deletes, and which never.",
}


class Option(NamedTuple):
    """One setting: `key` in its `section`; `pattern` must match the whole text, `rule` says it in words.

    `flags`, `variable` (CI_KIT_…) and `fallbacks` (CI_… of GitLab) are the other ways to say it, if any. A flag
    without a value means `implied`, where there is such a word.
    """

    section: str
    key: str
    kind: Kind
    help: str
    flags: tuple[str, ...] = ()
    variable: str = ""
    fallbacks: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    pattern: str = ""
    rule: str = ""
    implied: str = ""

    @property
    def path(self) -> str:
        """The key path as the documentation writes it: `pipeline.builder`, `images[].context`."""
        return f"{self.section}{'[]' if self.section == IMAGES else ''}.{self.key}"

    @property
    def default(self) -> object:
        """The value when nobody says anything; None where it is worked out from other values."""
        defaults: Mapping[str, object] = SECTIONS[self.section]._field_defaults
        return defaults.get(self.key)
