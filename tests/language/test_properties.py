"""What holds of every file, sound or damaged: an answer, true places, and nothing left to expand once expanded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_kit.errors import SourceError
from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.project import Project
from ci_kit.lint import engine
from ci_kit.source.emitter import emit
from ci_kit.source.lines import lines_of
from ci_kit.source.reader import YamlError, decode
from ci_kit.source.reader import read as reading
from ci_kit.source.value import Map, Mark, Seq, Symbol
from tests.language.mutate import mutant
from tests.language.sound import misplaced, unsound

CASES = Path(__file__).parent / "cases"
FILES = sorted(path for path in CASES.rglob("*") if path.suffix.lower() == ".yml")
TEXTS = [path.read_bytes() for path in FILES]
# The same examples on every machine; `python -m benchmarks.fuzz` tries others.
BOUNDED = settings(max_examples=600, derandomize=True, database=None)
NUMBERS = st.integers(0, 2**32)


def local(path: str) -> str | None:
    file = CASES / path
    return decode(file.read_bytes(), path) if file.is_file() else None


PROJECT = Project(local, tuple)


def answer(content: bytes, path: str = ".gitlab-ci.yml") -> Pipeline | None:
    """Return what is made of a file, None when its bytes are no text."""
    try:
        text = decode(content, path)
    except SourceError:
        return None
    return analyse(text, path, PROJECT)


@BOUNDED
@given(st.binary(max_size=300))
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    sound(content)


@BOUNDED
@given(st.text(alphabet="ab:-? [],{}&*!|>'\"%@`#\n\r\t\x85\u2028\ufeff$é", max_size=80))
def test_any_punctuation_gets_a_verdict(text: str) -> None:
    sound(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "include: [{local: inc/base.yml, rules: [~]}]\na: {script: x}\n",
        "a: {script: x, artifacts: {paths: 1.5, expose_as: b}}\n",
        "k: !reference &a\n  t: [*a, *a]\n",
        "include: [{local: gone.yml, rules: [{if: $A}]}]\na: {script: [!reference [a, image]]}\n",
    ],
)
def test_what_once_had_no_answer(text: str) -> None:
    sound(text.encode())


@BOUNDED
@given(NUMBERS)
def test_any_damaged_file_gets_a_verdict(number: int) -> None:
    sound(mutant(number, TEXTS))


def sound(content: bytes) -> None:
    try:
        text = decode(content, "f.yml")
    except SourceError:
        return
    read = {"f.yml": text}

    def remembered(path: str) -> str | None:
        found = local(path)
        if found is not None:
            read[path] = found
        return found

    report = engine.lint(text, "f.yml", Project(remembered), engine.Options())
    assert report.verdict in ("valid", "invalid", "undecided")
    assert list(unsound(report, read)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_expanding_twice_is_expanding_once(path: Path) -> None:
    expanded_once(path.read_bytes(), path.name)


@BOUNDED
@given(NUMBERS)
def test_expanding_a_damaged_file_twice_is_expanding_it_once(number: int) -> None:
    expanded_once(mutant(number, TEXTS), ".gitlab-ci.yml")


def expanded_once(content: bytes, path: str) -> None:
    once = answer(content, path)
    if once is None or once.verdict != "valid" or "include" in once.content or not is_plain(once.content):
        return
    twice = analyse(emit(once.content), path, PROJECT)
    assert [problem.message for problem in twice.problems] == []
    assert spelled(twice.content) == spelled(once.content)


def is_plain(value: Any) -> bool:
    """Tell whether the emitter takes the value: no symbols, and keys that are scalars."""
    if isinstance(value, dict):
        return all(isinstance(key, str | int | float | None) and is_plain(part) for key, part in value.items())
    return all(map(is_plain, value)) if isinstance(value, list) else not isinstance(value, Symbol)


def spelled(value: Any) -> Any:
    """Return the value so that `1`, `1.0` and `true` differ, as do two orders of the same keys."""
    if isinstance(value, dict):
        return [(repr(key), spelled(part)) for key, part in value.items()]
    return list(map(spelled, value)) if isinstance(value, list) else repr(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_key_stands_where_it_is_said_to(path: Path) -> None:
    keys_stand(answer(path.read_bytes(), path.name))


@BOUNDED
@given(NUMBERS)
def test_each_key_of_a_damaged_file_stands_where_it_is_said_to(number: int) -> None:
    keys_stand(answer(mutant(number, TEXTS)))


def keys_stand(found: Pipeline | None) -> None:
    if found is None:
        return
    files = {problem.at[4] for problem in found.problems} - found.texts.keys()
    texts = {**found.texts, **{path: local(path) or "" for path in files}}
    lines = {path: lines_of(text) for path, text in texts.items()}
    for key, mark in keys_of(found.content):
        assert misplaced(mark, lines) == ""
        slice_ = text_at(mark, lines[mark[4]])
        assert slice_, (key, mark)
        is_word = mark[0] == mark[2] and not isinstance(key, tuple) and not slice_.startswith(("*", "&", "?"))
        if is_word and "$[[" not in slice_:
            written = scalar(slice_)  # GitLab takes a symbol for the text of the same name
            assert spelled(str(written) if isinstance(written, Symbol) else written) == spelled(key), mark
    for problem in found.problems:
        assert misplaced(problem.at, lines) == "", problem


def keys_of(content: Map) -> Iterator[tuple[Any, Mark]]:
    """Yield every key with its mark; containers that stand in two places are walked once."""
    seen: set[int] = set()
    open_ones: list[Any] = [content]
    while open_ones:
        one = open_ones.pop()
        if id(one) in seen or not isinstance(one, Map | Seq):
            continue
        seen.add(id(one))
        open_ones += one.values() if isinstance(one, Map) else one
        if isinstance(one, Map):
            assert one.keys() == one.keys_at.keys() == one.values_at.keys()
            yield from one.keys_at.items()
        else:
            assert len(one) == len(one.items_at)


def text_at(mark: Mark, lines: list[str]) -> str:
    line, column, end_line, end_column, _ = mark
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    return "\n".join(
        [lines[line - 1][column - 1 :], *lines[line : end_line - 1], lines[end_line - 1][: end_column - 1]]
    )


def scalar(text: str) -> Any:
    """Return what a key is that is spelled like this."""
    try:
        return next(iter(reading(f"? {text}\n: x\n", "key").documents[0]))
    except YamlError as error:
        raise AssertionError(text) from error
