"""All that one run published, failed to publish, and has not come to."""

from typing import NamedTuple

from ci_kit.model.record import BuildRecord, Failure, JobFacts


class Publication(NamedTuple):
    """The images of one run; an image whose tag was refused has a record and a failure. `unfinished` are names."""

    records: tuple[BuildRecord, ...]
    facts: JobFacts
    failures: tuple[Failure, ...] = ()
    unfinished: tuple[str, ...] = ()

    def failure(self, name: str) -> Failure | None:
        """Return why the image `name` is not published as planned, None when it is."""
        return next((failure for failure in self.failures if failure.name == name), None)

    def record(self, name: str) -> BuildRecord | None:
        """Return the record of the image `name`, None when it is not in the registry."""
        return next((record for record in self.records if record.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The images, each once: the published ones, the failed ones, those that the run has not come to."""
        every = (*(each.name for each in self.records), *(each.name for each in self.failures), *self.unfinished)
        return tuple(dict.fromkeys(every))
