"""Every kind of request meets every fault, once and for ever, on the daemon's push and on our own copies."""

from collections.abc import Iterator

import pytest

from ci_kit.errors import RegistryError
from tests.faults.case import CAUSES, Case, all_cases
from tests.faults.proxy import Door
from tests.faults.table import Table
from tests.rig import Rig

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def table(rig: Rig, daemon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    folder = tmp_path_factory.mktemp("faults")
    with Table(rig, daemon, Door(rig, folder), folder).running() as found:
        yield found


@pytest.mark.parametrize("case", sorted(all_cases(), key=lambda case: case.ever), ids=lambda case: case.name)
def test_a_push_arrives_or_ends_with_its_cause(table: Table, case: Case) -> None:
    outcome = table.outcomes[case].result(timeout=300)
    there = table.there(case)
    assert outcome.digest in ("", there)  # what is reported is there
    if outcome.failure is None:
        assert case.expected in ("arrives", "either")
        return
    assert case.expected in ("fails", "either"), outcome.failure
    assert isinstance(outcome.failure, RegistryError)
    assert str(outcome.failure).isprintable()
    assert outcome.failure.cause in CAUSES[case.fault], (outcome.failure.cause, str(outcome.failure))
