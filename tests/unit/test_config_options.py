"""One declaration a setting: schema, flags, variables and table say the same."""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as some
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from ci_kit.config import flags, load
from ci_kit.config.option import IMAGES, SECTIONS
from ci_kit.config.options import OPTIONS
from ci_kit.config.schema import schema, table
from ci_kit.errors import SettingsError

PATHS = [option.path for option in OPTIONS]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_of_the_settings_has_its_option(section: str) -> None:
    known = {option.key for option in OPTIONS if option.section == section}
    assert known == set(SECTIONS[section]._fields) - {"place"}


def test_nothing_is_declared_twice() -> None:
    for said in (
        PATHS,
        [flag for option in OPTIONS for flag in option.flags],
        [option.variable for option in OPTIONS if option.variable],
        [option.key for option in OPTIONS if option.flags],
    ):
        assert len(said) == len(set(said))


@pytest.mark.parametrize("option", OPTIONS, ids=PATHS)
def test_flags_arrive_under_the_name_of_the_option(option: Any) -> None:
    parser = argparse.ArgumentParser()
    flags.add(parser, *SECTIONS)
    nothing = vars(parser.parse_args([]))
    assert nothing.get(option.key) is None
    if option.flags:
        words = [option.flags[0]] if option.kind == "boolean" else [option.flags[0], "x"]
        assert vars(parser.parse_args(words))[option.key] is not None


@pytest.mark.parametrize("option", OPTIONS, ids=PATHS)
def test_the_table_names_every_way_to_say_it(option: Any) -> None:
    row = next(line for line in table().splitlines() if f"`{option.path}`" in line)
    for word in (*option.flags, option.variable, *option.fallbacks, option.help.replace("|", "\\|")):
        assert word in row
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(schema())


def test_the_defaults_pass_their_own_schema() -> None:
    defaults: dict[str, Any] = {"version": 1}
    for option in OPTIONS:
        if option.section != IMAGES and option.default is not None:
            value = list(option.default) if isinstance(option.default, tuple) else option.default
            value = dict(value) if isinstance(value, Mapping) else value
            defaults.setdefault(option.section, {})[option.key] = value
    assert jsonschema_rs.validator_for(schema()).is_valid(defaults)


WORDS = some.sampled_from(["a", "A b", "", "auto", "dind", "28.5.2", "CK101", "x\ny", "pip", "1", "name"])
VALUES = some.one_of(
    WORDS,
    some.booleans(),
    some.integers(0, 3),
    some.none(),
    some.lists(WORDS, max_size=2),
    some.dictionaries(some.sampled_from(["A", "1A", "b c"]), some.one_of(WORDS, some.integers(0, 1)), max_size=2),
)


def section(name: str) -> some.SearchStrategy[dict[str, Any]]:
    # Names of images and paths have rules that the schema leaves to `load`, which explains them.
    keys = [option.key for option in OPTIONS if option.section == name and option.kind not in ("image", "path")]
    return some.dictionaries(some.sampled_from([*keys, "unknown"]), VALUES, max_size=2)


DOCUMENTS = some.fixed_dictionaries(
    {},
    optional={
        "version": some.sampled_from([1, 1, 1, 2, "1", True]),
        "images": some.one_of(some.none(), VALUES, some.lists(section("images"), max_size=1)),
        "pipeline": some.one_of(some.none(), section("pipeline")),
        "record": some.one_of(some.none(), section("record")),
        "lint": some.one_of(some.none(), section("lint"), VALUES),
    },
)


@given(document=DOCUMENTS)
@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_load_accepts_what_the_schema_accepts(tmp_path: Path, document: dict[str, Any]) -> None:
    (tmp_path / "Dockerfile").touch()
    path = tmp_path / ".ci-kit.yml"
    path.write_text(json.dumps(document))  # JSON is YAML
    try:
        load.load(path, {}, {})
        accepted = True
    except SettingsError:
        accepted = False
    assert accepted == jsonschema_rs.validator_for(schema()).is_valid(document)
