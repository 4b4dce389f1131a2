"""What a rule is: a pure question to a job or to a pipeline, with the examples that are its tests and its page."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ci_kit.language.jobs import Text
from ci_kit.model.finding import Finding, Severity
from ci_kit.model.place import Place


class Hit(NamedTuple):
    """Something a rule found: the words `needle` within `text`, and what is wrong with them."""

    text: Text
    needle: str
    message: str
    suggestion: str = ""


class Rule(NamedTuple):
    """A rule by its id; `bad` gives one finding at least, `good` none of any rule.

    `why` is a paragraph for its page, `source` says where the facts come from. `check` takes a `CiJob`; what the engine
    finds itself (`answers.py`) has none.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    why: str
    source: str
    bad: str
    good: str
    check: Callable[[Any], Iterator[Hit]] = lambda _: iter(())

    def finding(self, message: str, place: Place, chain: tuple[str, ...] = (), suggestion: str = "") -> Finding:
        """Return a finding of this rule."""
        return Finding(self.id, self.name, self.severity, message, place, chain, suggestion, self.url)

    @property
    def url(self) -> str:
        """The page of the rule, from the project's root."""
        return f"docs/rules/{self.id}.md"


class PipelineRule(Rule):
    """A rule that is asked once, about the expanded content and the files as they are written.

    `check` takes a `Pipeline`, however little GitLab could make of it.
    """

    __slots__ = ()
