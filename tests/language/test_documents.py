"""A file is divided as GitLab's loader divides it, and what is refused is refused in its words."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.errors import SourceError
from ci_kit.language.documents import load
from ci_kit.language.problem import Refused
from ci_kit.source.emitter import emit
from ci_kit.source.lines import lines_of
from ci_kit.source.reader import decode, read
from ci_kit.source.value import Map, Mark, Seq
from tests.language.typed import measured, typed

HERE = Path(__file__).parent
ROWS = [json.loads(line) for line in (HERE / "documents.jsonl").read_text("utf-8").splitlines()]
FILES = sorted(file.read_text("utf-8") for file in (HERE / "cases").glob("*.yml"))
TOO_BIG = "The parsed YAML is too big"


def outcome(text: str) -> Any:
    try:
        found = load(text, "f")
    except Refused as refused:
        return refused.problem.message
    return {"header": found.header and typed(found.header), "content": typed(found.content)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["text"])[:50])
def test_as_gitlab_loads_it(row: dict[str, Any]) -> None:
    """The rows are what Ruby's split, Psych and memory sizes make of the texts."""
    wanted = row["message"] if "message" in row else measured({key: row[key] for key in ("header", "content")})
    found = outcome(row["text"])
    assert found == wanted or (wanted["content"] == "accepted" and "content" in found)


def test_a_symbol_is_the_same_key_as_its_name() -> None:
    assert load(":spec: {inputs: {}}\n---\n:a: 1\n", "f").header == {"spec": {"inputs": {}}}
    content = load("a: 1\nb: 2\n:a: 3\n", "f").content
    assert list(content.items()) == [("a", 3), ("b", 2)]
    assert content.keys_at["a"] == (3, 1, 3, 3, "f")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("spec:\n---\na: 1\nb: [\n", (5, 1)),
        ("spec:\n---\na: *x\n", (3, 4)),
        ("--- a: 2024-01-01\n", (1, 8)),
        ("a: 1\n---\n- b\n", (3, 1)),
        ("a: 1\n---\n---   \n    b: c: d\n", (4, 9)),
        ("é: 1\n---\né: \x01\n", (3, 4)),
        ("a: &a [*a]\n", (1, 1)),
        ("a: 1\n---\nb: " + "[" * 100 + "]" * 100, (3, 103)),
    ],
)
def test_what_is_refused_has_its_place_in_the_whole_file(text: str, at: tuple[int, int]) -> None:
    with pytest.raises(Refused) as caught:
        load(text, "f")
    assert caught.value.problem.at[:2] == at


def test_a_text_of_two_mebibytes_is_read_and_no_longer_one() -> None:
    longest = "a: " + "é" * (1024 * 1024 - 2) + "\n"
    assert len(longest.encode()) == 2 * 1024 * 1024
    assert load(longest, "f").content["a"].startswith("éé")
    assert outcome(longest + " ") == "The provided YAML is too big"
    assert outcome("a: [\n---\n" + longest) == "(<unknown>): did not find expected node content while parsing a " + (
        "flow node at line 2 column 1"
    )


def test_aliases_count_as_often_as_they_stand_there() -> None:
    base = "a: &a {b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n"
    assert len(load(base + f"c: [{'*a, ' * 900}]\n", "f").content["c"]) == 900
    assert outcome(base + f"c: [{'*a, ' * 9000}]\n") == TOO_BIG


def test_a_big_file_without_aliases_is_read() -> None:
    text = "".join(f"job_{n}:\n  stage: build\n  script:\n    - make {n}\n" for n in range(10_000))
    assert len(load(text, "f").content) == 10_000


BOMBS = {
    "merges into one map": "a: &a {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nb:\n" + "  <<: *a\n" * 20_000,
    "merged lists": "a: &a {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nb: {<<: [" + "*a, " * 20_000 + "]}\n",
    "keys that double": "a: &a [x, x]\n" + "".join(f"? &a [*a, *a]\n: {n}\n" for n in range(60)),
    "big keys": "a: &a [" + "x, " * 5000 + "]\n" + "".join(f"? [*a, {n}]\n: 1\n" for n in range(5000)),
    "lists that double": "a: &a [x, x]\n" + "".join(f"b{n}: &a [*a, *a]\n" for n in range(5000)),
    "closed brackets": "a: " + "[" * 500_000 + "]" * 500_000,
    "a key in a key": "? " * 5000 + "a",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    assert outcome(BOMBS[name]) == TOO_BIG


HARMLESS = {
    "anchors": "".join(f"k{n}: &a{n} {n}\n" for n in range(20_000)),
    "the same key": "k: 1\n" * 20_000,
    "a long number": "k: " + "9" * 100_000 + "\nj: 0x" + "f" * 100_000 + "\ni: " + "9" * 9000 + ":30\n",
    "a long text": "k: '" + "\\" * 100_000 + "'\nj: " + "1_" * 50_000 + "\ni: :" + '"' * 50_000 + "\n",
    "a long base 64": "k: !!binary " + "=" * 50_000 + "a" * 50_000,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_long_is_read(name: str) -> None:
    assert "content" in outcome(HARMLESS[name])
    assert repr(load(HARMLESS[name], "f").content)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(SourceError):
        assert outcome(decode(content, "f"))


PIECES = [
    "---\n",
    "--- ",
    "<<: *a\n",
    "&a ",
    "*a",
    "? ",
    ": ",
    "- ",
    "[",
    "}",
    "'",
    '"',
    "|\n",
    "!!omap ",
    "\t",
    "\r",
    "\x85",
]
CUT = st.tuples(st.sampled_from(FILES), st.integers(0, 999), st.integers(0, 9), st.sampled_from(PIECES))


@given(CUT)
def test_any_mutation_of_a_file_is_read_or_refused(cut: tuple[str, int, int, str]) -> None:
    text, at, length, piece = cut
    at %= len(text) + 1
    assert outcome(text[:at] + piece + text[at + length :])


NAME = st.text("ab 😀é\"'#:-\\\t\n", min_size=1, max_size=6) | st.sampled_from(
    ["on", "1", "2024-01-01", ":x", "<<", "~"]
)
TREE = st.recursive(
    NAME, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3), max_leaves=12
)
BEFORE = [
    "",
    "---\n",
    "# c\n---\n",
    "# \u2028# c\n---\n",
    "# c\r# d\r\n---\r\n",
    "spec:\n---\n",
    "spec:\n---\nx: 1\n--- #\n",
]


@given(st.dictionaries(NAME, TREE, min_size=1), st.sampled_from(BEFORE), st.booleans())
def test_every_key_stands_where_its_mark_says(value: Any, before: str, windows: bool) -> None:
    text = before + emit(value).replace("\n", "\r\n" if windows else "\n")
    for found in maps(load(text, "f").content):
        for key, mark in found.keys_at.items():
            written = slice_of(text, mark)
            assert written == key or read(written, "f").data == key, (written, key)


@given(st.dictionaries(NAME, st.dictionaries(NAME, st.none()), min_size=1))
def test_marks_after_a_divider_in_its_line(value: Any) -> None:
    pairs = (f"{flow(key)}: {{{', '.join(map(flow, part))}}}" for key, part in value.items())
    text = f'spec:\n---\n--- {{"x": {{{", ".join(pairs)}}}}}\n'
    content = load(text, "f").content
    assert "x" in content
    for found in maps(content):
        for key, mark in found.keys_at.items():
            assert slice_of(text, mark) == flow(str(key))


def flow(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def slice_of(text: str, mark: Mark) -> str:
    line, column, end_line, end_column, _ = mark
    lines = lines_of(text)[line - 1 : end_line]
    lines[-1] = lines[-1][: end_column - 1]
    lines[0] = lines[0][column - 1 :]
    return "\n".join(lines)


def maps(value: Any) -> Iterator[Map]:
    if isinstance(value, Map):
        yield value
    for part in value.values() if isinstance(value, Map) else value if isinstance(value, Seq) else ():
        yield from maps(part)
