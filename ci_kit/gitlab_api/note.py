"""The one note that a merge request gets, recognised by a marker that no reader sees."""

import re
from collections.abc import Sequence

from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.model.size import human_size

_UNSAFE = re.compile(r"[^A-Za-z0-9:/._@%+~#?=&,-]", re.ASCII)
MARKER = "<!-- ci-kit build-push -->"


def render(records: Sequence[BuildRecord], facts: JobFacts) -> str:
    """Return the note as Markdown: a table of the images of the commit, and the job that made them."""
    rows = [f"| {_row(record)} |" for record in records]
    job = f" by [this job]({_plain(facts.job_url)})" if facts.job_url else ""
    head = [
        MARKER,
        f"Images of {_plain(facts.sha)}{job}:",
        "",
        "| image | digest | size | tags |",
        "|---|---|---:|---|",
    ]
    return "\n".join([*head, *rows])


def _row(record: BuildRecord) -> str:
    tags = ", ".join(f"`{_plain(tag)}`" for tag in record.tags)
    return f"`{_plain(record.image.name)}` | `{_plain(record.digest[:19])}` | {human_size(record.size)} | {tags}"


def _plain(text: str) -> str:
    """Return `text` with `?` for all that could end a cell, open markup or begin a line.

    `ci-kit record` reads a file that others may have written, and a line that begins with /merge would merge.
    """
    return _UNSAFE.sub("?", text)
