"""The one note that a merge request gets, recognised by a marker that no reader sees."""

from collections.abc import Sequence

from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.model.size import human_size

MARKER = "<!-- ci-kit build-push -->"


def render(records: Sequence[BuildRecord], facts: JobFacts) -> str:
    """Return the note as Markdown: a table of the images of the commit, and the job that made them."""
    rows = [f"| {_row(record)} |" for record in records]
    job = f" by [this job]({facts.job_url})" if facts.job_url else ""
    head = [MARKER, f"Images of {facts.sha}{job}:", "", "| image | digest | size | tags |", "|---|---|---:|---|"]
    return "\n".join([*head, *rows])


def _row(record: BuildRecord) -> str:
    tags = ", ".join(f"`{tag}`" for tag in record.tags)
    return f"`{record.image.name}` | `{record.digest[:19]}` | {human_size(record.size)} | {tags}"
