"""Deep merging: who wins, where it stands, and that nothing changes below."""

import pytest

from ci_kit.language.merge import Budget, TooBig, merge
from ci_kit.source.reader import read


def test_the_upper_one_wins_key_by_key() -> None:
    under = read("x: {a: 1, b: {c: 1}}\ny: [1]\nz: {a: 1}\n", "u").data
    over = read("x: {b: {d: 2}}\ny: [2]\nz: ~\n", "o").data
    made = merge(under, over)
    assert made == {"x": {"a": 1, "b": {"c": 1, "d": 2}}, "y": [2], "z": None}
    assert under == {"x": {"a": 1, "b": {"c": 1}}, "y": [1], "z": {"a": 1}}
    assert over == {"x": {"b": {"d": 2}}, "y": [2], "z": None}


def test_each_key_stands_where_it_is_written() -> None:
    made = merge(read("x: {a: 1}\n", "u").data, read("x: {b: 2}\n", "o").data)
    assert made.keys_at["x"][4] == "o"
    assert made["x"].values_at["a"] == (1, 8, 1, 9, "u")
    assert made["x"].values_at["b"] == (1, 8, 1, 9, "o")


def test_what_is_in_one_of_them_is_shared() -> None:
    under = read("x: {a: 1}\n", "u").data
    assert merge(under, read("y: 1\n", "o").data)["x"] is under["x"]


def test_a_budget_ends() -> None:
    one = read("x: {a: 1, b: 2}\n", "u").data
    merge(one, one, Budget(6))
    with pytest.raises(TooBig):
        merge(one, one, Budget(5))
