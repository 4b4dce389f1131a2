"""What a rule is: a pure question to one job, with the examples that are its tests and its page."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ci_kit.language.jobs import CiJob, Text
from ci_kit.model.finding import Severity


class Hit(NamedTuple):
    """Something a rule found: the words `needle` within `text`, and what is wrong with them."""

    text: Text
    needle: str
    message: str
    suggestion: str = ""


class Rule(NamedTuple):
    """A rule by its id; `bad` gives one finding at least, `good` none of any rule.

    `why` is a paragraph for its page, `source` says where the facts come from.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    bad: str
    good: str
    check: Callable[[CiJob], Iterator[Hit]]

    @property
    def url(self) -> str:
        """The page of the rule, from the project's root."""
        return f"docs/rules/{self.id}.md"
