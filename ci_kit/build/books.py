"""The files that a run leaves, written anew after each image: whatever ends the run, they tell how far it came."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ci_kit.build.progress.steps import Steps
from ci_kit.config.settings import RecordSettings
from ci_kit.errors import CiKitError
from ci_kit.gitlab_api import reports
from ci_kit.gitlab_api.result import Result
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.model.publication import Publication
from ci_kit.model.record import BuildRecord, Failure, JobFacts
from ci_kit.model.step import Step
from ci_kit.report import file


class Books:
    """The records of a run so far, in the order of its `plans`; `several`: the project has more than one image.

    `mask` takes secrets out of what a build has said. Any thread may keep, fail and listen.
    """

    def __init__(
        self,
        to: RecordSettings,
        facts: JobFacts,
        several: bool,
        plans: Sequence[BuildPlan] = (),
        mask: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.to = to
        self.facts = facts
        self.several = several
        self.plans = plans
        self.mask = mask
        self.records: list[BuildRecord] = []
        self.failures: list[Failure] = []
        self._steps: dict[str, Steps] = {}
        self._lock = threading.RLock()

    @property
    def result(self) -> Result:
        """Return the records with where the reports are."""
        written = {"dotenv": self.to.dotenv, "annotations": self.to.annotations}
        written |= {"report": self.to.report, "junit": self.to.junit}
        where = {step: path for step, path in written.items() if path}
        records = tuple(record._replace(recorded=where) for record in self.records)
        return Result(records, self.facts, tuple(self.failures))

    def listen(self, name: str, output: Output) -> Output:
        """Return what passes lines to `output` and learns from them the steps of the image `name`."""
        steps = self._steps[name] = Steps()

        def hear(text: str) -> None:
            for line in text.splitlines():
                steps.read(line)
            output(text)

        return hear

    def keep(self, record: BuildRecord) -> None:
        """Add one image and write the files; UsageError when they cannot be written."""
        with self._lock:
            checks = tuple(check._replace(detail=self.mask(check.detail)) for check in record.checks)
            self.records.append(record._replace(steps=self._said(record.name, failed=False), checks=checks))
            order = [plan.name for plan in self.plans]
            self.records.sort(key=lambda each: order.index(each.name) if each.name in order else len(order))
            self.write()

    def fail(self, plan: BuildPlan, error: CiKitError) -> None:
        """Add what is not published, or not under all its tags, and write the files."""
        with self._lock:
            steps = self._said(plan.name, failed=True)
            message = self.mask(str(error))
            self.failures.append(Failure(plan.name, plan.image, message, error.exit_code, steps))
            self.write()

    def stop(self, error: CiKitError) -> None:
        """Add to every image that has no end yet what ended the run, and write the files."""
        with self._lock:
            for plan in self._unfinished():
                self.fail(plan, error)

    def write(self, *, is_lasting: bool = True) -> None:
        """Write all files as they are now; each is replaced in one step. UsageError when that cannot be done.

        The disk is not waited for where it is not `is_lasting`, nor for what people read: the next run makes that anew.
        """
        with self._lock:
            for path, text in self._files(self.result):
                if path:
                    is_for_people = path in (self.to.report, self.to.junit)
                    file.write(Path(path), text(), is_lasting=is_lasting and not is_for_people)

    def _files(self, found: Result) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield each path with what makes its text; the result comes last: who sees it finds the others."""
        unfinished = tuple(plan.name for plan in self._unfinished())
        whole = Publication(found.records, found.facts, found.failures, unfinished)
        yield self.to.dotenv, lambda: reports.dotenv(found.records, self.several)
        yield self.to.annotations, lambda: reports.annotations(found.records, found.facts)
        yield self.to.report, lambda: _page(whole)
        yield self.to.junit, lambda: _verification(whole)
        yield self.to.result, found.as_text

    def _unfinished(self) -> list[BuildPlan]:
        known = {record.name for record in self.records} | {failure.name for failure in self.failures}
        return [plan for plan in self.plans if plan.name not in known]

    def _said(self, name: str, *, failed: bool) -> tuple[Step, ...]:
        found = self._steps[name].found(failed=failed) if name in self._steps else ()
        return tuple(step._replace(name=self.mask(step.name)) for step in found)


def _page(whole: Publication) -> str:
    from ci_kit.report import build_page  # not every job wants one

    return build_page.render(whole)


def _verification(whole: Publication) -> str:
    from ci_kit.report import verification

    return verification.render(whole)
