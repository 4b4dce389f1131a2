"""The header: every sentence GitLab has for it, in its order, and the place of what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.inputs import interpolated
from ci_kit.language.problem import Told
from ci_kit.language.project import Included, Project
from ci_kit.language.surroundings import Surroundings
from ci_kit.source.value import Map
from tests.language.header_file import Made, made, with_inputs

X = "header:spec:inputs:x"
HASH = f"{X} config should be a hash"
OPTIONS = ", ".join(map(str, range(51)))

HEADERS = [
    ("spec: {}", ""),
    ("spec:", ""),
    ("spec: {inputs: , include: , component: , description: }", ""),
    ("{spec: {}, stages: [a], jobs: 1}", "header config contains unknown keys: stages, jobs"),
    ("{spec: x, stages: [a]}", "header config contains unknown keys: stages"),
    ("spec: ''", "header:spec config should be a hash"),
    ("spec: false", "header:spec config should be a hash"),
    ("spec: [inputs]", "header:spec config should be a hash"),
    ("spec: {outputs: 1, Inputs: 2}", "header:spec config contains unknown keys: outputs, inputs"),
    ("spec: {description: " + "d" * 256 + "}", ""),
    (
        "spec: {description: " + "d" * 257 + "}",
        "header:spec config description is too long (maximum is 256 characters)",
    ),
    ("spec: {description: 5}", "header:spec config description should be a string"),
    (
        "spec: {k: 1, description: 5}",
        "header:spec config contains unknown keys: k, header:spec config description should be a string",
    ),
    ("spec: {k: 1, inputs: [a]}", "header:spec config contains unknown keys: k"),
    ("spec: {inputs: [a]}", "header:spec:inputs config should be a hash"),
    ("spec: {inputs: ''}", "header:spec:inputs config should be a hash"),
    ("spec: {component: [name, sha, version, reference]}", ""),
    ("spec: {component: []}", ""),
    ("spec: {component: [name, Colour, 5]}", None),
    ("spec: {component: [name, Colour]}", "header:spec:component config contains unknown values: colour"),
    (
        "spec: {component: name}",
        "header:spec:component config should be an array, header:spec:component config should be an array of strings",
    ),
    (
        "spec: {component: [[name, x], {a: b}]}",
        "header:spec:component config should be an array of strings, "
        'header:spec:component config contains unknown values: name, x, {:a=>"b"}',
    ),
    (
        "spec: {component: [5]}",
        "header:spec:component config should be an array of strings, "
        "header:spec:component config contains unknown values: 5",
    ),
    ("spec: {include: {local: a.yml}}", "header:spec:include config should be an array or a string"),
    ("spec: {include: [5]}", "header:spec:include:include config should be a hash or a string"),
    ("spec: {include: [{template: a.yml}]}", "header:spec:include:include config contains unknown keys: template"),
    (
        "spec: {include: [{project: g/p}]}",
        "header:spec:include:include config must specify the file where to fetch the config from",
    ),
    (
        "spec: {include: [{local: a.yml, integrity: md5-x}]}",
        "header:spec:include:include config integrity can only be specified for remote includes, "
        "header:spec:include:include config integrity hash must start with 'sha256-'",
    ),
    (
        "spec: {include: [{remote: 'https://a/b.yml', integrity: 'sha256-?'}]}",
        "header:spec:include:include config integrity hash must be base64 encoded",
    ),
    (
        "spec: {include: [{remote: 'https://a/b.yml', integrity: sha256-YWJ=}]}",
        "header:spec:include:include config integrity hash must be base64 encoded",
    ),
    ("spec: {include: [{remote: 'https://a/b.yml', integrity: sha256-YWI=}]}", ""),
    (
        "spec: {inputs: {x: {foo: 1}}, component: [a], include: [{b: 1}]}",
        f"{X} config contains unknown keys: foo, header:spec:include:include config contains unknown keys: b, "
        "header:spec:component config contains unknown values: a",
    ),
]


@pytest.mark.parametrize(("header", "message"), HEADERS)
def test_what_gitlab_says_of_a_header(header: str, message: str | None) -> None:
    found = made(header).gitlab
    assert found == message if message is not None else "contains unknown values: colour, 5" in found


INPUTS = [
    ("x: {default: a}", ""),
    ("x: {default: a, description: 5}", ""),
    ("x: {default: a, description: , regex: , options: }", ""),
    ("5: {default: a}", ""),
    ("x: {default: a, options: [a, b]}", ""),
    ("x: foo", f"{HASH}, {HASH}"),
    ("x: [foo]", f"{HASH}, {HASH}"),
    ("X: foo", f"{HASH}, {HASH}"),
    ("x: {default: a, required: true}", f"{X} config contains unknown keys: required"),
    ("x: {default: a, type: integer}", f"{X} input type unknown value: integer"),
    ("x: {default: a, type: [string]}", f'{X} input type unknown value: ["string"]'),
    ("x: {default: a, regex: 5}", f"{X} input regex should be a string"),
    ("x: {default: a, options: a}", f"{X} input options should be an array"),
    ("x: {default: a, options: {a: 1}}", f"{X} input options should be an array"),
    ("x: {default: a, description: [d]}", f"{X} input description must be an alphanumeric string"),
    ("x: {default: a, description: true}", f"{X} input description must be an alphanumeric string"),
    (f"x: {{default: 1, options: [{OPTIONS}]}}", f"{X} config cannot define more than 50 options"),
    ("x: {default: a, options: [a, ~]}", f"{X} config options array cannot contain null values"),
    (
        f"x: {{default: 1, options: [{OPTIONS}, ~]}}",
        f"{X} config cannot define more than 50 options, {X} config options array cannot contain null values",
    ),
    ("yes: {default: a}", "header:spec:inputs:true key must be an alphanumeric string"),
    ("~: {default: a}", "header:spec:inputs:input key must be an alphanumeric string"),
    ("x: {default: a, rules: []}", f"{X} config these keys cannot be used together: default, rules"),
    ("x: {rules: [], options: [a]}", f"{X} config these keys cannot be used together: rules, options"),
    (
        "x: {options: [a], rules: [], default: a}",
        f"{X} config these keys cannot be used together: options, rules, "
        f"{X} config these keys cannot be used together: rules, default",
    ),
    (
        "x: {foo: 1, options: 1, type: a, regex: 1, description: []}",
        f"{X} input description must be an alphanumeric string, {X} input regex should be a string, "
        f"{X} input type unknown value: a",
    ),
    (
        "x: foo, y: {foo: 1}, z: {bar: 1}",
        f"{HASH}, {HASH}, header:spec:inputs:y config contains unknown keys: foo",
    ),
]


@pytest.mark.parametrize(("inputs", "message"), INPUTS)
def test_what_gitlab_says_of_a_declaration(inputs: str, message: str) -> None:
    assert with_inputs(inputs).gitlab == message


RULES = [
    ("[{if: '$[[ inputs.y ]] == \"p\"', options: [a], default: a}, {options: [b], default: b}]", ""),
    ("[{default: b}]", ""),
    ("a", f"{X}:rules config should be an array"),
    ("{}", f"{X}:rules config should be an array"),
    ("[a]", "`x` input: should be a hash"),
    ("[{}]", "`x` input: can't be blank"),
    ("['']", "`x` input: can't be blank, `x` input: should be a hash"),
    ("[{default: a, then: b}]", "`x` input: contains unknown keys: then"),
    ("[{if: $A =, default: a}]", "`x` input: if invalid expression syntax"),
    ("[{if: 5, default: a}]", "`x` input: if invalid expression syntax"),
    ("[{options: a, default: a}]", "`x` input: options should be an array"),
    (f"[{{options: [{OPTIONS}], default: 1}}]", "`x` input: cannot define more than 50 options"),
    ("[{options: [a]}]", "`x` input: rule must define 'options' with at least one value and a 'default'"),
    ("[{options: []}]", "`x` input: rule must define 'options' with at least one value and a 'default'"),
    (
        "[{options: [false], default: 1}]",
        "`x` input: `1` cannot be used because it is not in the list of allowed options",
    ),
    ("[{options: [0], default: 1}]", "`x` input: default '1' must be one of the options"),
    ("[{if: $A}]", "`x` input: rule must define 'options' with at least one value and a 'default'"),
    ("[{options: [x], default: Y}]", "`x` input: default 'y' must be one of the options"),
    ("[{options: [1], default: true}]", "`x` input: default 'true' must be one of the options"),
    ("[[{options: [x], default: y}]]", "`x` input: default 'y' must be one of the options"),
]


@pytest.mark.parametrize(("rules", "message"), RULES)
def test_what_gitlab_says_of_rules(rules: str, message: str) -> None:
    assert with_inputs(f"x: {{rules: {rules}}}").gitlab == message


def test_the_name_of_an_input_is_cut_where_gitlab_cuts_it() -> None:
    assert with_inputs("my-x: {rules: [a]}").gitlab == "header:spec:inputs:my-`x` input: should be a hash"


def test_each_problem_is_told_once_at_its_place() -> None:
    found = made("spec:\n  inputs:\n    x: foo\n    y:\n      type: integer\n      optoins: [a]\n")
    assert [(problem.message.rpartition(":")[2], *problem.at[:2]) for problem in found.problems] == [
        ("x config should be a hash", 3, 8),
        (" integer", 5, 13),
        (" optoins", 6, 7),
    ]
    assert found.problems[2].suggestion == "options"


def test_what_stands_below_a_wrong_part_is_told_and_not_printed() -> None:
    found = made("{spec: {k: 1, inputs: [a]}, m: 1}")
    assert found.gitlab == "header config contains unknown keys: m"
    assert found.messages == [
        "header config contains unknown keys: m",
        "header:spec config contains unknown keys: k",
        "header:spec:inputs config should be a hash",
    ]


def test_an_input_that_is_declared_wrong_is_not_judged_again() -> None:
    found = with_inputs(
        "x: {type: integer, default: v}", "a: {script: '$[[ inputs.x ]] $[[ inputs.x | truncate(0,1) ]]'}"
    )
    assert len(found.problems) == 1


FILES = {
    "in.yml": "inputs:\n  shared:\n    default: s\n  other:\n",
    "odd.yml": "inputs:\n  odd: text\n",
    "more.yml": "inputs: {}\njobs: 1\nthe-rest: 2\n",
    "empty.yml": " ",
    "comment.yml": "# nothing\n",
    "broken.yml": "a: 'b\n",
}
INCLUDES = [
    ("[in.yml]", "", "`other` input: required value has not been provided"),
    ("/in.yml", "", "`other` input: required value has not been provided"),
    ("[{local: nope.yml}]", "", "Local file `nope.yml` does not exist!"),
    ("[{local: nope.txt}]", "", "Included file `nope.txt` does not have YAML extension!"),
    ("[{local: [in.yml]}]", "", 'Included file `["in.yml"]` does not have YAML extension!'),
    ("[empty.yml]", "", "Local file `empty.yml` is empty!"),
    ("[comment.yml]", "", "Included file `comment.yml` does not have valid YAML syntax!"),
    ("[more.yml]", "", 'Header include file `more.yml` contains unknown keys: [:jobs, :"the-rest"]'),
    (
        "[in.yml]",
        "shared: {default: 1}",
        "Duplicate input keys found: shared. "
        "Input keys must be unique across all included files and inline specifications.",
    ),
    ("[odd.yml]", "", "unknown input specification for `odd` (valid types: array, boolean, number, string)"),
    (
        "[{local: ''}]",
        "",
        '`{"local":""}` does not have a valid subkey for header include. '
        "Valid subkeys are: `local`, `remote`, `project`",
    ),
    (
        "[{local: in.yml, remote: 'https://a/b.yml'}]",
        "",
        "Each include must use only one of: `local`, `remote`, `project`",
    ),
]


def including(include: str, inputs: str = "", **options: object) -> Made:
    around = Surroundings(Project(FILES.get))
    return made(f"spec: {{include: {include}, inputs: {{{inputs}}}}}", around=around, **options)


@pytest.mark.parametrize(("include", "inputs", "message"), INCLUDES)
def test_what_gitlab_says_of_included_inputs(include: str, inputs: str, message: str) -> None:
    assert including(include, inputs).gitlab == message


def test_a_broken_file_of_inputs_is_named() -> None:
    assert including("[broken.yml]").gitlab.startswith("`broken.yml`: ")


def test_included_inputs_are_used_like_others() -> None:
    around = Surroundings(Project(FILES.get))
    found = made(
        "spec: {include: [in.yml], inputs: {own: {default: o}}}",
        "a: {script: '$[[ inputs.shared ]] $[[ inputs.own ]] $[[ inputs.other ]]'}",
        around=around,
        given={"other": "g"},
    )
    assert (found.gitlab, found.content["a"]["script"]) == ("", "s o g")


def test_a_refused_include_leaves_no_input_for_what_is_given() -> None:
    found = including("[nope.yml]", "x: {default: 1}", given={"x": 2})
    assert found.gitlab == "Local file `nope.yml` does not exist!, unknown input arguments: x"


@pytest.mark.parametrize("include", ["[{remote: 'https://a/b.yml'}]", "[{project: g/p, file: a.yml}]", "[$A.yml]"])
def test_an_include_that_is_not_read_leaves_its_inputs_open(include: str) -> None:
    left = Included()
    around = Surroundings(Project(FILES.get), left)
    found = made(
        f"spec: {{include: {include}}}", "a: {script: '$[[ inputs.far[1].k ]]'}", around=around, given={"z": 1}
    )
    assert found.problems == []
    assert len(left.unresolved) == 1


def test_a_component_may_not_include_inputs() -> None:
    found = made("spec: {include: [in.yml]}", "a: {script: '$[[ inputs.shared ]]'}", stand_ins=True)
    words = "cannot use `spec:include`. This keyword is not supported in components"
    assert found.messages == [f"Component `f.yml` {words}"]


def test_a_file_without_a_header_stays_as_it_is() -> None:
    from ci_kit.language.documents import load

    file, told = load("a: {script: '$[[ inputs.x ]]'}\n", "f.yml"), Told()
    assert interpolated(file, {}, told) is file.content
    assert told.problems == []
    assert isinstance(file.content["a"], Map)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 99),
    st.sampled_from(["", "a", "string", "number", "array", "[1]", "(", "$A"]),
)
KEYS = st.sampled_from(
    ["inputs", "include", "component", "description", "x", "y", "default", "options", "type", "regex", "rules", "if"]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
SPECS = st.one_of(TREES, st.fixed_dictionaries({"inputs": st.fixed_dictionaries({"x": TREES, "y": TREES})}))
BODY = "a: {script: '$[[ inputs.x ]] $[[ inputs.y | truncate(0,1) ]]', k: '$[[ inputs.x.y[0] ]]'}"


@given(SPECS, st.booleans(), st.dictionaries(KEYS, TREES, max_size=2))
def test_any_header_gets_an_answer(spec: Any, stand_ins: bool, values: dict[str, Any]) -> None:
    around = Surroundings(Project(FILES.get))
    found = made(json.dumps({"spec": spec}), BODY, around, stand_ins=stand_ins, given=values)
    assert bool(found.problems) == bool(found.gitlab)
    assert list(found.content) == ["a"]


def test_deep_values_are_written() -> None:
    deep = "[{k: " * 45 + "1" + "}]" * 45
    found = with_inputs(f"x: {{default: {deep}}}", "a: {script: 'x $[[ inputs.x ]]'}")
    assert found.content["a"]["script"] == "x " + '[{"k"=>' * 45 + "1" + "}]" * 45
