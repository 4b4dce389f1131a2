"""The files that a run leaves, written anew after each image: whatever ends the run, they tell how far it came."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci_kit.config.settings import RecordSettings
from ci_kit.gitlab_api import reports
from ci_kit.gitlab_api.result import Result
from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.report import file


@dataclass(slots=True)
class Books:
    """The records of a run so far, in the `order` of the images' names where one is said.

    `several` tells that the project has more than one image.
    """

    to: RecordSettings
    facts: JobFacts
    several: bool
    order: Sequence[str] = ()
    records: list[BuildRecord] = field(default_factory=list)

    @property
    def result(self) -> Result:
        """Return the records with where the reports are."""
        written = {"dotenv": self.to.dotenv, "annotations": self.to.annotations}
        where = {step: path for step, path in written.items() if path}
        return Result(tuple(replace(record, recorded=where) for record in self.records), self.facts)

    def keep(self, record: BuildRecord) -> None:
        """Add one image and write the files; UsageError when they cannot be written."""
        self.records.append(record)
        if self.order:
            self.records.sort(key=lambda each: self.order.index(each.name))
        self.write()

    def write(self) -> None:
        """Write result, dotenv and annotations as they are now; each is replaced in one step."""
        found = self.result
        for path, text in (
            (self.to.dotenv, reports.dotenv(found.records, self.several)),
            (self.to.annotations, reports.annotations(found.records, found.facts)),
            (self.to.result, found.as_text()),
        ):
            if path:
                file.write(Path(path), text)
