"""Lines are those that YAML counts, so that a mark finds its text."""

import pytest

from ci_kit.source.lines import lines_of
from ci_kit.source.reader import read


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_a_mark_finds_its_key(end: str) -> None:
    text = end.join(["a:", "  b: 1", "", "c: 2", ""])
    data = read(text, "f").data
    for found, key in ((data, "a"), (data["a"], "b"), (data, "c")):
        line, column, _, end_column, _ = found.keys_at[key]
        assert lines_of(text)[line - 1][column - 1 : end_column - 1] == key


def test_a_text_without_breaks_is_one_line() -> None:
    assert lines_of("") == [""]
    assert lines_of("a\x0bb\x0c") == ["a\x0bb\x0c"]
