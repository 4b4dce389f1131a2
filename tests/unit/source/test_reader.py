"""Places point at the text they claim; bombs cost little; every error says where."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.errors import SourceError
from ci_kit.model.place import Place
from ci_kit.source.emitter import emit
from ci_kit.source.reader import YamlError, decode, read
from ci_kit.source.value import Map, Reference, Seq, mark_at

TEXT = """\
# comment
spec:
  inputs: {}
---
build: &base
  script:
    - make
    - "quoted: text"
  <<: {stage: test}
test:
  <<: *base
  variables: {A: 1, B: [x, y]}
"""


def slice_of(text: str, place: Any) -> str:
    lines = text.split("\n")[place.line - 1 : place.end_line]
    if place.line == place.end_line:
        return lines[0][place.column - 1 : place.end_column - 1]
    return "\n".join([lines[0][place.column - 1 :], *lines[1:-1], lines[-1][: place.end_column - 1]])


@pytest.mark.parametrize(
    ("keys", "value", "key"),
    [
        (("build", "script", 0), "make", "make"),
        (("build", "script", 1), '"quoted: text"', '"quoted: text"'),
        (("build", "script"), '- make\n    - "quoted: text"', "script"),
        (("build", "stage"), "test", "stage"),
        (("test", "variables", "B", 1), "y", "y"),
        (("test", "variables"), "{A: 1, B: [x, y]}", "variables"),
        (("test", "stage"), "test", "stage"),
        (("test", "variables", "absent"), "{A: 1, B: [x, y]}", "variables"),
    ],
)
def test_places(keys: tuple[Any, ...], value: str, key: str) -> None:
    tree = read(TEXT, "f.yml")
    assert slice_of(TEXT, tree.place(*keys)) == value
    assert slice_of(TEXT, Place.of(mark_at(tree.data, keys, key=True))) == key


def test_the_document_after_a_header_counts() -> None:
    tree = read(TEXT, "f.yml")
    assert list(tree.documents[0]) == ["spec"]
    assert list(tree.data) == ["build", "test"]


def test_a_merge_takes_effect_where_it_stands() -> None:
    data = read("a: &a {x: 1}\nb: {x: 2, <<: *a}\nc: {<<: *a, x: 2}\n", "f").data
    assert data["b"]["x"] == 1
    assert data["c"]["x"] == 2


def test_duplicate_keys_are_kept_visible() -> None:
    data = read("a: 1\nb: 2\na: 3\n", "f").data
    assert data["a"] == 3
    assert data.duplicates == [("a", (3, 1, 3, 2, "f"))]
    assert data.replaced == [(1, (1, 1, 1, 2, "f"))]


def test_what_psych_does_not_load_is_no_error_elsewhere() -> None:
    assert read("a: 2026-01-01\nb: !!set {x}\n", "f").data == {"a": ("Date", "2026-01-01"), "b": {"x": None}}


@pytest.mark.parametrize("before", ["# \u2028# c\n", "# a\r# b\n", "k: 'x\x85 y'\n", "\n\n"])
def test_lines_are_those_of_an_editor(before: str) -> None:
    tree = read(f"{before}a: [x]\nbc: d\n", "f")
    number = before.count("\n") + 1
    assert tree.data.keys_at["a"][:4] == (number, 1, number, 2)
    assert tree.data.values_at["a"][:4] == (number, 4, number, 7)
    assert tree.data.values_at["bc"][:4] == (number + 1, 5, number + 1, 6)


def test_a_reference_is_its_own_kind() -> None:
    assert isinstance(read("a: !reference [b, c]\n", "f").data["a"], Reference)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a:\n  - b\n c: d\n", "f:3:2"),
        ("a: 'b\n", "f:2:1"),
        ("a: *b\n", "f:1:4"),
        ("a: \x07\n", "f:1:4"),
        ("é: \x07\n", "f:1:4"),
    ],
)
def test_a_syntax_error_has_its_place(text: str, place: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(text, "f")
    assert caught.value.place == place
    assert "\n" not in str(caught.value)


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="when its aliases are followed"):
        read("\n".join(lines), "f")


def test_depth_is_bounded() -> None:
    with pytest.raises(YamlError, match="more than 100 levels deep"):
        read("[" * 500 + "]" * 500, "f")


def test_bytes_that_are_no_text_have_their_place() -> None:
    with pytest.raises(SourceError, match="f:2:4: is not UTF-8"):
        decode(b"a: 1\nb: \xff\n", "f")
    assert decode("\ufeffa: 1".encode(), "f") == "a: 1"


@given(st.binary(max_size=200))
def test_any_bytes_are_values_or_one_error(content: bytes) -> None:
    assert "\n" not in outcome(content)


def outcome(content: bytes) -> str:
    try:
        return f"{len(read(decode(content, 'f'), 'f').documents)} documents"
    except SourceError as error:
        return str(error)


@given(st.recursive(st.text("ab\n '\"é", max_size=5), lambda inner: st.dictionaries(st.text("abc", min_size=1), inner)))
def test_every_key_stands_where_its_place_says(value: Any) -> None:
    text = emit({"top": value})
    for found in maps(read(text, "f").data):
        for key, (line, column, *_) in found.keys_at.items():
            assert text.split("\n")[line - 1][column - 1 :].startswith(str(key))


def maps(value: Any) -> Iterator[Map]:
    if isinstance(value, Map):
        yield value
        for part in value.values():
            yield from maps(part)
    if isinstance(value, Seq):
        for part in value:
            yield from maps(part)
