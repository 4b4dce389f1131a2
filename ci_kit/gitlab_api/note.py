"""The one note that a merge request gets, recognised by a marker that no reader sees."""

import re
from collections.abc import Sequence

from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.model.size import human_change, human_size

_UNSAFE = re.compile(r"[^A-Za-z0-9:/._@%+~#?=&,-]", re.ASCII)
MARKER = "<!-- ci-kit build-push -->"
_HEAD = ("image", "digest", "size", "change", "time", "cached", "tags")
_LINE = ("---", "---", "---:", "---:", "---:", "---:", "---")


def render(records: Sequence[BuildRecord], facts: JobFacts) -> str:
    """Return the note as Markdown: a table of the images of the commit, and the job that made them."""
    job = f" by [this job]({_plain(facts.job_url)})" if facts.job_url else ""
    head = [MARKER, f"Images of {_plain(facts.sha)}{job}:", "", _row(_HEAD), _row(_LINE)]
    against = f"Change: against the image of `{_plain(facts.target_branch)}`." if _is_compared(records, facts) else ""
    failed = [f"- {line}" for record in records if (line := _failed(record))]
    below = [part for part in ("\n".join(failed), against) if part]
    return "\n\n".join(["\n".join([*head, *(_row(_cells(record)) for record in records)]), *below])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(record: BuildRecord) -> tuple[str, ...]:
    cached, of = record.cache_hits
    return (
        _code(record.image.name),
        _code(record.digest[:19]),
        human_size(record.size) if record.size else "?",
        _change(record),
        "skipped" if record.skipped else f"{record.seconds:.1f} s",
        f"{cached} of {of}" if of else "",
        ", ".join(_code(tag) for tag in record.tags),
    )


def _change(record: BuildRecord) -> str:
    if record.base and record.base.digest == record.digest:
        return "same image"
    return "new" if record.growth is None else human_change(record.growth)


def _failed(record: BuildRecord) -> str:
    """Return why the tags of an image were not set; what a check prints may be anything, so only its name is said."""
    failed = record.failed_check
    return f"{_code(record.name)}: {_plain(failed.name)} failed, no tag but the commit's was set" if failed else ""


def _is_compared(records: Sequence[BuildRecord], facts: JobFacts) -> bool:
    return bool(facts.target_branch) and any(record.base for record in records)


def _code(text: str) -> str:
    return f"`{_plain(text)}`"


def _plain(text: str) -> str:
    """Return `text` with `?` for all that could end a cell, open markup or begin a line.

    `ci-kit record` reads a file that others may have written, and a line that begins with /merge would merge.
    """
    return _UNSAFE.sub("?", text)
