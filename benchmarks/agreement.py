"""How often we, and the peers, say what GitLab says: the cases of tests/language have its own answers."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import peers
from tests.rig import runner

_CASES = Path(__file__).parents[1] / "tests" / "language" / "cases"
_OURS = str(Path(sys.executable).parent / "ci-kit")
_AT_ONCE = 2  # processes of a peer
_SECONDS = 60  # for one file; longer counts as no answer
Case = dict[str, Any]


def run() -> list[str]:
    """Return the lines of the table; installs the peers into a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="agree-", dir="/tmp") as folder:
        others = peers.installed(Path(folder, "peers"))
        project = runner.git_project(Path(folder, "cases"), _files())
        return list(_lines(project, others))


def cases() -> list[Case]:
    """Return what GitLab says of each case, in the order of the index."""
    return [json.loads(line) for line in (_CASES / "index.jsonl").read_text("utf-8").splitlines()]


def _files() -> dict[str, str]:
    paths = (path for path in _CASES.rglob("*") if path.suffix.lower() in (".yml", ".json"))
    return {path.relative_to(_CASES).as_posix(): path.read_text("utf-8") for path in paths}


def _lines(project: Path, others: Sequence[peers.Peer]) -> Iterator[str]:
    known = cases()
    ours = _ours(project, [case["file"] for case in known])
    yield f"{len(known)} files, {sum(case['valid'] for case in known)} of them valid"
    yield _row("ci-kit", known, lambda case: ours[case["file"]]["verdict"] == "valid")
    said = [case for case in known if _in_gitlabs_words(case, ours[case["file"]]["gitlab_errors"])]
    invalid = sum(not case["valid"] for case in known)
    yield f"    and refuses {len(said)} of the {invalid} invalid ones in GitLab's words"
    for peer in others:
        answers = _answers(peer, project, [case["file"] for case in known])
        yield _row(peer.name, known, lambda case, answers=answers: answers[case["file"]])  # type: ignore[misc]


def _row(name: str, known: Sequence[Case], is_valid: Callable[[Case], bool]) -> str:
    """Return how many verdicts are GitLab's, the valid files that are refused, the invalid ones that pass."""
    right = [case for case in known if is_valid(case) == case["valid"]]
    alarms = sum(case["valid"] and not is_valid(case) for case in known)
    missed = sum(not case["valid"] and is_valid(case) for case in known)
    share = 100 * len(right) / len(known)
    return f"{name:<20}{share:>6.1f} %   {alarms:>4} false alarms   {missed:>4} missed   {_by_part(known, right)}"


def _by_part(known: Sequence[Case], right: Sequence[Case]) -> str:
    parts = sorted({case["part"] for case in known})
    counts = {part: [sum(case["part"] == part for case in some) for some in (right, known)] for part in parts}
    return " ".join(f"{part} {100 * good / all_:.0f}" for part, (good, all_) in counts.items())


def _in_gitlabs_words(case: Case, errors: Sequence[str]) -> bool:
    return not case["valid"] and all(any(words in error for error in errors) for words in case["error_contains"])


def _ours(project: Path, files: Sequence[str]) -> Mapping[str, Any]:
    words = [_OURS, "lint", "--format", "json", *files]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    return {file["path"]: file for file in json.loads(done.stdout)["files"]}


def _answers(peer: peers.Peer, project: Path, files: Sequence[str]) -> dict[str, bool]:
    """Return whether the peer takes each file."""

    def takes(file: str) -> bool:
        try:
            done = subprocess.run(peer.words(file), cwd=project, capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(files, pool.map(takes, files), strict=True))
