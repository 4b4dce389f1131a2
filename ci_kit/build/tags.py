"""The tags of an image: the commit that never moves, and the names that follow a branch."""

import re

from ci_kit.model.record import JobFacts
from ci_kit.registry.reference import is_tag

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_RESERVED = re.compile(rf"{_COMMIT.pattern}|latest\Z|mr-[0-9]+\Z")


def fixed(facts: JobFacts) -> str:
    """Return the tag that names this commit for good: its full SHA."""
    return facts.sha


def moving(facts: JobFacts) -> tuple[str, ...]:
    """Return the tags that follow: the git tag, `mr-N` in a merge request, else the branch slug; `latest`.

    A merge request never moves its source branch's tag: a fork may call that branch `main`. Nor does a branch or a
    git tag move what others rely on by being called like it: a commit's tag, `latest` or `mr-N`.
    """
    if facts.tag:
        return _valid(_unless(_COMMIT, _of_git_tag(facts.tag)))
    if facts.merge_request:
        return _valid(f"mr-{facts.merge_request}")
    return _valid(_unless(_RESERVED, facts.ref_slug), "latest" if facts.on_default_branch else "")


def _unless(reserved: re.Pattern[str], name: str) -> str:
    return "" if reserved.match(name) else name


def _of_git_tag(name: str) -> str:
    """Return a git tag as an image tag: what the grammar forbids becomes a dash."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip(".-")[:128]


def _valid(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if is_tag(name)))
