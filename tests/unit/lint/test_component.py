"""A component on its own: what its inputs are for, and with which of their values it breaks."""

import pytest

from ci_kit.language.project import Project
from ci_kit.lint import component
from ci_kit.model.finding import Finding

PATH = "templates/x.yml"


def found(text: str, path: str = PATH, **files: str) -> list[Finding]:
    project = Project({f"{name}.yml": content for name, content in files.items()}.get)
    return list(component.check(component.analyse(text, path, project), project))


def shown(text: str) -> list[tuple[str, str, int, int]]:
    return [(one.rule, one.message, one.place.line, one.place.column) for one in found(text)]


GOOD = """\
spec:
  inputs:
    stage: {default: test}
    env: {default: dev, options: [dev, prod]}
    flag: {type: boolean, default: false}
    size:
      rules:
        - if: $[[ inputs.env ]] == 'prod'
          options: [big]
          default: big
        - default: small
---
$[[ inputs.env ]]-job:
  stage: $[[ inputs.stage ]]
  interruptible: $[[ inputs.flag ]]
  script: echo $[[ inputs.size ]]
"""


def test_nothing_is_wrong_with_a_component_that_works() -> None:
    assert shown(GOOD) == []


def test_an_input_that_only_a_rule_asks_for_is_used() -> None:
    text = GOOD.replace("$[[ inputs.env ]]-job", "the-job")
    assert shown(text) == []


def test_unused() -> None:
    assert shown(GOOD.replace("$[[ inputs.flag ]]", "true")) == [
        ("CK006", "input `flag` is declared, and used nowhere", 5, 5)
    ]


def test_each_undeclared_input_is_named_at_each_place() -> None:
    text = GOOD.replace("echo $", "[echo $[[ inputs.stag ]], 'a $[[ inputs.stag ]] $[[inputs.other]]'] # ")
    text = text.replace("[echo $[[ inputs.stag ]],", "['$[[ inputs.stag ]]',")
    results = [one for one in found(text) if one.rule == "CK008"]
    assert [(one.message, one.place.column, one.suggestion) for one in results] == [
        ("input `stag` is not declared in `spec:inputs`", 13, "stage"),
        ("input `stag` is not declared in `spec:inputs`", 37, "stage"),
        ("input `other` is not declared in `spec:inputs`", 56, ""),
    ]


BREAKS = """\
spec:
  inputs:
    env: {options: [dev, prod, qa], default: dev}
    strict: {type: boolean, default: false}
---
$[[ inputs.env ]]:
  script: make
  allow_failure: $[[ inputs.strict ]]
after:
  needs: [dev]
  script: make
"""


def test_the_values_with_which_it_breaks_are_named_once() -> None:
    assert shown(BREAKS) == [
        ("CK007", "with `env` = `prod` or `env` = `qa`: after job: undefined need: dev", 10, 11),
    ]


def test_both_values_of_a_boolean_are_tried() -> None:
    text = "spec:\n  inputs:\n    flag: {type: boolean}\n---\npages:\n  script: x\n  publish: out\n"
    assert shown(f"{text}  pages: $[[ inputs.flag ]]\n") == [
        ("CK007", "with `flag` = `false`: jobs:pages publish can only be used within a `pages` job", 7, 12)
    ]


def test_many_causes_are_counted() -> None:
    options = ", ".join(f"o{n}" for n in range(6))
    text = BREAKS.replace("dev, prod, qa", f"dev, {options}")
    (one,) = found(text)
    assert one.message.startswith("with `env` = `o0` or `env` = `o1` or `env` = `o2` and 3 more: ")


def test_an_option_that_the_input_itself_refuses_is_told_where_it_stands() -> None:
    text = GOOD.replace("options: [dev, prod]", 'options: [dev, "a b"], regex: "^[a-z]+$"')
    assert shown(text) == [
        ("CK007", "with `env` = `a b`: `env` input: provided value does not match required RegEx pattern", 4, 40)
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [(BREAKS, "ci/x.yml"), ("a: {script: x}\n", PATH), ("a: 'b\n", PATH), ("", PATH), ("- a\n", PATH)],
)
def test_what_is_no_component_is_left_alone(text: str, path: str) -> None:
    assert found(text, path) == []


def test_a_big_component_is_tried_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    judge = component.analyse

    def counted(*arguments: object, **named: object) -> object:
        tried.append(named)
        return judge(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(component, "analyse", counted)
    monkeypatch.setattr(component, "_TEXT", 2 * len(BREAKS))
    found(BREAKS)
    assert len(tried) == 1 + 2
