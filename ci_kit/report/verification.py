"""A JUnit report of what was verified: GitLab shows it in the merge request and on the pipeline's page.

Source: GitLab docs "Unit test reports" (a test is known by class and name, so neither has a commit or digest in it).
"""

from collections.abc import Iterator
from typing import NamedTuple

from ci_kit.model.publication import Publication
from ci_kit.model.record import BuildRecord, Failure
from ci_kit.report.markup import text

_BUILT, _VERIFIED = "built", "pushed and verified by digest"
_BUILD_FAILED = 4  # the exit code of what failed before the push


class _Test(NamedTuple):
    """One test: `said` is what was found, `wrong` why it failed, empty when it passed."""

    name: str
    said: str = ""
    wrong: str = ""
    seconds: float = 0
    is_open: bool = False  # it was not come to


def render(found: Publication) -> str:
    """Return the XML: a suite an image, a test for the build, the push, each tag and each check."""
    suites = [_suite(name, list(_tests(name, found))) for name in found.names]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *suites, "</testsuites>", ""])


def _tests(name: str, found: Publication) -> Iterator[_Test]:
    record, failure = found.record(name), found.failure(name)
    if record:
        yield from _of_record(record)
    elif failure:
        yield from _of_failure(failure)
    else:
        yield _Test(_VERIFIED, wrong="the run ended before it came to this image", is_open=True)


def _of_record(record: BuildRecord) -> Iterator[_Test]:
    built = record.reason or "it was there already" if record.skipped else f"with {record.builder}"
    yield _Test(_BUILT, built, seconds=record.seconds)
    yield _Test(_VERIFIED, f"{record.image} is {record.digest}")
    for check in record.checks:
        wrong = check.detail or "it failed" if check.state == "failed" else ""
        yield _Test(check.name, check.detail, wrong)
    for kind, move in ((_kind(record, move.tag), move) for move in record.moves):
        said = " ".join(filter(None, (f"{move.tag} {move.state}", move.reason)))
        yield _Test(kind, said, said if move.state == "refused" else "")


def _kind(record: BuildRecord, tag: str) -> str:
    return "tag of the commit" if tag == record.image.tag else f"tag {tag}"


def _of_failure(failure: Failure) -> Iterator[_Test]:
    if failure.exit_code == _BUILD_FAILED:
        yield _Test(_BUILT, wrong=failure.message)
        yield _Test(_VERIFIED, wrong="it was not built", is_open=True)
    else:
        yield _Test(_VERIFIED, wrong=failure.message)


def _suite(name: str, tests: list[_Test]) -> str:
    failed = sum(bool(test.wrong) and not test.is_open for test in tests)
    counts = f'tests="{len(tests)}" failures="{failed}" errors="{sum(test.is_open for test in tests)}"'
    seconds = sum(test.seconds for test in tests)
    head = f'  <testsuite name="{text(name)}" {counts} time="{seconds:.3f}">'
    return "\n".join([head, *(_case(name, test) for test in tests), "  </testsuite>"])


def _case(suite: str, test: _Test) -> str:
    head = f'    <testcase classname="{text(suite)}" name="{text(test.name)}" time="{test.seconds:.3f}">'
    inside = []
    if test.wrong:
        kind = "error" if test.is_open else "failure"
        wrong = text(test.wrong)
        inside.append(f'      <{kind} message="{wrong}">{wrong}</{kind}>')
    if test.said:
        inside.append(f"      <system-out>{text(test.said)}</system-out>")
    return "\n".join([head, *inside, "    </testcase>"])
