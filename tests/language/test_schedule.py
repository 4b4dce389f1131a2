"""What GitLab says of the pipeline as a whole: its words, its order, and for us every problem at its place."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.language import schedule
from ci_kit.language.circle import circles, spelled
from ci_kit.language.documents import load
from ci_kit.language.problem import Problem


def told(text: str) -> list[Problem]:
    return list(schedule.problems(load(text, "f.yml").content))


STAGES = "available stages are .pre, build, test, deploy, .post"
LONG = "x" * 250

# One problem each: the text, GitLab's message, line and column.
ONE = [
    # stages
    ("a: {script: x, stage: tset}", f"a job: chosen stage tset does not exist; {STAGES}", (1, 23)),
    ("stages: ~\na: {script: x, stage: $S}", f"a job: chosen stage $S does not exist; {STAGES}", (2, 23)),
    ("a: {script: x, stage: Test}", f"a job: chosen stage Test does not exist; {STAGES}", (1, 23)),
    ("stages: []\na: {script: x}", "a job: chosen stage test does not exist; available stages are ", (2, 1)),
    (
        "stages: [b, .post, b, .pre]\na: {script: x, stage: c}",
        "a job: chosen stage c does not exist; available stages are .pre, b, b, .post",
        (2, 23),
    ),
    (
        "stages: [[b]]\na: {script: x, parallel: 2}",
        "a 1/2 job: chosen stage test does not exist; available stages are .pre, b, .post",
        (2, 1),
    ),
    # dependencies
    ("a: {script: x, dependencies: [b]}", "a job: undefined dependency: b", (1, 31)),
    (
        "b: {script: x, stage: deploy}\na: {script: x, dependencies: [b]}",
        "a job: dependency b is not defined in current or prior stages",
        (2, 31),
    ),
    (
        "b: {script: x, stage: deploy, parallel: 2}\na: {script: x, dependencies: [b]}",
        "a job: dependency b 1/2 is not defined in current or prior stages",
        (2, 31),
    ),
    (".b: {script: x}\na: {script: x, dependencies: [.b]}", "a job: undefined dependency: .b", (2, 31)),
    # needs
    ("a: {script: x, needs: [b]}", "a job: undefined need: b", (1, 24)),
    ("a: {script: x, needs: [[c], {job: b}]}\nc: {script: x}", "a job: undefined need: b", (1, 35)),
    ("a: {script: x, needs: {job: b}}", "a job: undefined need: b", (1, 29)),
    (".b: {script: x}\na: {script: x, needs: [.b]}", "a job: undefined need: .b", (2, 24)),
    ("B: {script: x}\na: {script: x, needs: [b]}", "a job: undefined need: b", (2, 24)),
    (
        "b: {script: x, stage: deploy}\na: {script: x, needs: [b]}",
        "a job: need b is not defined in current or prior stages",
        (2, 24),
    ),
    (
        "b: {script: x, stage: deploy}\na: {script: x, needs: [{job: b, optional: true}]}",
        "a job: need b is not defined in current or prior stages",
        (2, 30),
    ),
    ("b: {script: x}\na: {script: x, needs: [b, b]}", "a has the following needs duplicated: b.", (2, 27)),
    (
        "b: {script: x}\na: {script: x, needs: [b, {job: b, artifacts: false}]}",
        "a has the following needs duplicated: b.",
        (2, 33),
    ),
    (
        "a: {script: x, needs: [{job: b, optional: true}, {job: b, optional: true}]}",
        "a has the following needs duplicated: b.",
        (1, 56),
    ),
    (
        "b: {script: x, parallel: 2}\na: {script: x, needs: [b 2/2, b]}",
        "a has the following needs duplicated: b 2/2.",
        (2, 31),
    ),
    (
        "b: {script: x, parallel: {matrix: [{A: [1, 1]}]}}\na: {script: x, needs: [b]}",
        "a has the following needs duplicated: b: [1].",
        (2, 24),
    ),
    ("b: {script: x, parallel: 2}\na: {script: x, needs: [b 3/2]}", "a job: undefined need: b 3/2", (2, 24)),
    (
        f"b: {{script: x, parallel: {{matrix: [{{A: [1, {LONG}123]}}]}}}}\na: {{script: x, needs: [b]}}",
        f"a job: need `b: [{LONG}123]` name is too long (maximum is 255 characters)",
        (2, 24),
    ),
    (
        f"a: {{script: x, needs: [b{LONG}123456]}}",
        f"a job: undefined need: b{LONG}123456",
        (1, 24),
    ),
    # a selection of a matrix builds the name, and nothing else
    (
        "b: {script: x, parallel: {matrix: [{A: 1, B: 2}]}}\n"
        "a: {script: x, needs: [{job: b, parallel: {matrix: [{B: 2, A: 1}]}}]}",
        "a job: undefined need: b: [2, 1]",
        (2, 30),
    ),
    # rules:needs, which are not expanded
    ("a: {script: x, rules: [{if: $A, needs: [zz]}]}", "a job: undefined need: zz", (1, 41)),
    (
        "b: {script: x}\na: {script: x, rules: [[{needs: [b, b]}]]}",
        "a has the following needs duplicated: b.",
        (2, 37),
    ),
    (
        "b: {script: x, stage: deploy}\na: {script: x, rules: [{needs: {job: b}}]}",
        "a job: need b is not defined in current or prior stages",
        (2, 38),
    ),
    ("b: {script: x, parallel: 2}\na: {script: x, rules: [{needs: [b]}]}", "a job: undefined need: b", (2, 33)),
    # trigger
    ("a: {trigger: {include: [{artifact: f, job: g}]}}", "a job: undefined dependency: g", (1, 44)),
    (
        "g: {script: x, parallel: 2}\na: {trigger: {include: [{artifact: f, job: g}]}}",
        "a job: undefined dependency: g",
        (2, 44),
    ),
    (
        "g: {script: x, stage: deploy}\na: {trigger: {include: [{artifact: f, job: g}]}}",
        "a job: dependency g is not defined in current or prior stages",
        (2, 44),
    ),
    # environments
    ("a: {script: x, environment: {name: p, on_stop: s}}", "a job: on_stop job s is not defined", (1, 48)),
    (
        "s: {script: x, parallel: 2, environment: {name: p, action: stop}}\n"
        "a: {script: x, environment: {name: p, on_stop: s}}",
        "a job: on_stop job s is not defined",
        (2, 48),
    ),
    (
        "s: {script: x}\na: {script: x, environment: {name: p, on_stop: s}}",
        "a job: on_stop job s does not have environment defined",
        (2, 48),
    ),
    (
        "s: {script: x, environment: {name: q, action: stop}}\na: {script: x, environment: {name: p, on_stop: s}}",
        "a job: on_stop job s have different environment name",
        (2, 48),
    ),
    (
        "s: {script: x, environment: p}\na: {script: x, environment: {name: p, on_stop: s}}",
        "a job: on_stop job s needs to have action stop defined",
        (2, 48),
    ),
    (
        "a: {script: x, publish: o, pages: {publish: o}}",
        "a job: use either a:publish or a:pages:publish",
        (1, 25),
    ),
    # circles
    ("a: {script: x, needs: [a]}", "The pipeline has circular dependencies: self-dependency: a", (1, 24)),
    (
        "a: {script: x, needs: [b]}\nb: {script: x, needs: [c]}\nc: {script: x, needs: [a]}",
        'The pipeline has circular dependencies: topological sort failed: ["a", "b", "c"]',
        (1, 24),
    ),
    (
        "a: {script: x, needs: [c]}\nb: {script: x, needs: [a]}\nc: {script: x, needs: [b]}",
        'The pipeline has circular dependencies: topological sort failed: ["a", "c", "b"]',
        (1, 24),
    ),
    (
        "a: {script: x, needs: [{job: b, optional: true}]}\nb: {script: x, needs: [{job: a, optional: true}]}",
        'The pipeline has circular dependencies: topological sort failed: ["a", "b"]',
        (1, 30),
    ),
    (
        "z: {script: x, needs: [d, b]}\nd: {script: x}\na: {script: x, needs: [b]}\nb: {script: x, needs: [a]}",
        'The pipeline has circular dependencies: topological sort failed: ["b", "a"]',
        (4, 24),
    ),
    (
        "a: {script: x, parallel: 2, needs: [b]}\nb: {script: x, needs: [a 2/2]}",
        'The pipeline has circular dependencies: topological sort failed: ["b", "a 2/2"]',
        (2, 24),
    ),
    (
        "'q\"#{}': {script: x, needs: [ü]}\nü: {script: x, needs: ['q\"#{}']}",
        'The pipeline has circular dependencies: topological sort failed: ["q\\"\\#{}", "ü"]',
        (1, 30),
    ),
    # matrix expressions
    (
        "b: {script: x, parallel: {matrix: [{A: 1}]}}\n"
        "a: {script: x, parallel: {matrix: [{A: 1}]}, needs: [{job: b, parallel: {matrix: [{A: '$[[ matrix.B ]]'}]}}]}",
        "a job: 'B' does not exist in matrix configuration",
        (2, 60),
    ),
    (
        "b: {script: x, parallel: {matrix: [{A: [1, 2]}]}}\n"
        "a: {script: x, parallel: {matrix: [{A: [1, 3]}]}, needs: ['b: [$[[matrix.A]]]']}",
        "a: [3] job: undefined need: b: [3]",
        (2, 59),
    ),
    (
        "a: {script: x, needs: ['b: [$[[ matrix.A ]]]']}",
        "a job: undefined need: b: [$[[ matrix.A ]]]",
        (1, 24),
    ),
]


@pytest.mark.parametrize(("text", "message", "where"), ONE)
def test_one_problem_in_gitlabs_words_at_its_place(text: str, message: str, where: tuple[int, int]) -> None:
    (problem,) = told(text)
    assert problem.message == message
    assert problem.at[:2] == where


FINE = [
    "a: {script: x}",
    "stages: [test, test]\na: {script: x}",
    "stages: [[build, [test]]]\na: {script: x}",
    "a: {script: x, stage: .pre}\nb: {script: x, stage: .post, needs: [a], dependencies: [a]}",
    "a: {script: x, needs: []}",
    "a: {script: x, needs: }",
    "a: {script: x, needs: [{job: b, optional: true}]}",
    "a: {script: x, needs: [{pipeline: $P, job: b}]}",
    "a: {script: x, needs: [{project: g/p, job: b, ref: main}]}",
    "a: {trigger: g/p, needs: {pipeline: g/p}}",
    "a: {script: x, dependencies: [a]}",
    "b: {script: x}\na: {script: x, dependencies: [b]}",
    "b: {script: x, parallel: 2}\na: {script: x, needs: [b]}",
    "b: {script: x, parallel: 2}\na: {script: x, needs: [b 1/2], dependencies: [b 1/2]}",
    "b: {script: x, parallel: {matrix: [{A: [1, 2]}]}}\na: {script: x, needs: ['b: [1]']}",
    "b: {script: x}\na: {script: x, needs: [{job: b, parallel: {matrix: [{A: 3}]}}]}",
    "b: {script: x, parallel: {matrix: []}}\na: {script: x, needs: [b]}",
    "b: {script: x, parallel: {matrix: [{A: [1, 2]}]}}\na: {script: x, needs: [{job: b, parallel: {matrix: []}}]}",
    "b: {script: x, stage: nope, parallel: {matrix: [{A: []}]}}\na: {script: x}",
    "'5': {script: x}\na: {script: x, needs: ['5']}",
    "b 1/2: {script: x}\na: {script: x, needs: [b 1/2]}",
    "a: {script: x, needs: [b], rules: [{needs: [a]}]}\nb: {script: x, rules: [{needs: [a]}]}",
    "s: {trigger: g/p, environment: {name: p, action: stop}}\na: {script: x, environment: {name: p, on_stop: s}}",
    "g: {script: x, parallel: 2}\na: {trigger: {include: [{artifact: f, job: g 1/2}]}}",
    "b: {script: x, parallel: {matrix: [{A: [1, 2]}]}}\n"
    "a: {script: x, parallel: {matrix: [{A: [1, 2]}]}, needs: [{job: b, parallel: {matrix: [{A: '$[[matrix.A]]'}]}}]}",
    # each job of the matrix waits for its own: no circle, though the whole jobs are named in one
    "b: {script: x, parallel: {matrix: [{A: [1, 2]}]}, needs: [{job: a, parallel: {matrix: [{A: 1}]}}]}\n"
    "a: {script: x, parallel: {matrix: [{A: [1, 2]}]}}",
    # a circle of needs that nobody has: the jobs vanish with their matrix
    "b: {script: x, parallel: {matrix: []}, needs: [a]}\na: {script: x, parallel: {matrix: []}, needs: [b]}",
]


@pytest.mark.parametrize("text", FINE)
def test_nothing_is_said(text: str) -> None:
    assert told(text) == []


def test_every_problem_is_told_in_gitlabs_order() -> None:
    text = (
        "a: {script: x, needs: [d], dependencies: [e], stage: nope}\n"
        "b: {script: x, needs: [f, f, c], environment: {name: p, on_stop: s}}\n"
        "c: {script: x, needs: [b]}\n"
    )
    problems = told(text)
    assert [one.message.partition(";")[0] for one in problems] == [
        "a job: chosen stage nope does not exist",
        "a job: undefined dependency: e",
        "a job: undefined need: d",
        "b job: undefined need: f",
        "b job: undefined need: f",
        "b has the following needs duplicated: f.",
        "b job: on_stop job s is not defined",
        'The pipeline has circular dependencies: topological sort failed: ["b", "c"]',
    ]
    assert [one.job for one in problems] == ["a", "a", "a", "b", "b", "b", "b", "b"]


def test_a_stage_that_is_none_is_first_met_by_who_needs_it() -> None:
    first, second = told("a: {script: x, needs: [b]}\nb: {script: x, stage: nope}")
    assert first.message == "a job: need b is not defined in current or prior stages"
    assert second.message == f"b job: chosen stage nope does not exist; {STAGES}"


def test_errors_of_matrix_expressions_are_joined_and_come_before_all() -> None:
    need = "needs: [{job: b, parallel: {matrix: [{A: '$[[ matrix.X ]]$[[ matrix.Y ]]'}]}}]"
    job = f"{{script: x, parallel: {{matrix: [{{A: 1}}]}}, {need}}}"
    first, second, third, *rest = told(f"z: {{script: x, stage: nope}}\nb: {{script: x}}\na: {job}\nc: {job}\n")[:4]
    words = "does not exist in matrix configuration"
    every = [f"a job: 'X' {words}", f"a job: 'Y' {words}", f"c job: 'X' {words}", f"c job: 'Y' {words}"]
    assert first.message == ", ".join(every)
    assert [one.ours or one.message for one in (first, second, third, *rest)] == every


def test_a_variable_of_one_row_is_missing_in_the_other() -> None:
    text = (
        "b: {script: x, parallel: {matrix: [{A: 1}]}}\n"
        "a: {script: x, parallel: {matrix: [{A: 1}, {B: 1}]}, needs: ['b: [$[[ matrix.A ]]]']}\n"
    )
    assert told(text)[0].message == "a job: 'A' does not exist in matrix configuration"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a: {script: x, stage: biuld}", "build"),
        ("compile: {script: x}\na: {script: x, needs: [compiel]}", "compile"),
        ("compile: {script: x, parallel: 2}\na: {script: x, needs: [compile 1/3]}", "compile 1/2"),
        ("compile: {script: x}\na: {script: x, dependencies: [compiel]}", "compile"),
        ("stopping: {script: x}\na: {script: x, environment: {name: p, on_stop: stoping}}", "stopping"),
    ],
)
def test_the_nearest_name_is_told(text: str, meant: str) -> None:
    assert told(text)[0].suggestion == meant


def test_an_include_may_cure_what_is_not_there() -> None:
    for text in ("a: {script: x, stage: nope}", "a: {script: x, needs: [b]}", "a: {script: x, dependencies: [b]}"):
        assert told(text)[0].curable
    assert not told("a: {script: x, needs: [a]}")[0].curable


def test_each_circle_is_spelled_out_once() -> None:
    text = (
        "a: {script: x, needs: [b]}\nb: {script: x, needs: [c, d]}\nc: {script: x, needs: [a]}\n"
        "d: {script: x, needs: [d]}\ne: {script: x, needs: [f]}\nf: {script: x, needs: [e]}\n"
    )
    problems = told(text)
    told_ways = [one.ours.partition(" (")[2].rstrip(")") for one in problems]
    assert told_ways == ["d -> d", "a -> b -> c -> a", "e -> f -> e"]
    assert [one.at[:2] for one in problems] == [(4, 24), (1, 24), (5, 24)]


def test_a_long_chain_and_a_long_ring_end() -> None:
    number = 10_000
    chain = "j0: {script: x}\n" + "".join(f"j{one}: {{script: x, needs: [j{one - 1}]}}\n" for one in range(1, number))
    assert told(chain) == []
    ring = "".join(f"j{one}: {{script: x, needs: [j{(one - 1) % number}]}}\n" for one in range(number))
    (problem,) = told(ring)
    assert problem.message.count(", ") == number - 1


def test_matrices_that_need_each_other_end() -> None:
    values = list(range(14))
    row = f"parallel: {{matrix: [{{A: {values}, B: {values}}}]}}"
    text = "".join(f"j{one}: {{script: x, needs: [j{(one - 1) % 100}], {row}}}\n" for one in range(100))
    assert len(told(text)) == 1


def test_many_problems_are_told_in_bounded_text() -> None:
    stages = ", ".join(f"s{one}" for one in range(3000))
    text = f"stages: [{stages}]\n" + "".join(f"j{one}: {{script: x, stage: t{one}}}\n" for one in range(3000))
    problems = told(text)
    assert len(problems) == 3000
    assert problems[0].message.endswith(".post")
    assert sum(len(one.message) for one in problems) < 10_000_000


Graph = dict[str, list[str]]


def as_ruby_does(graph: Graph) -> list[tuple[str, ...]]:
    """Return the circles in the order of Ruby's tsort, by its recursive definition."""
    numbers: dict[str, int | None] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(node: str) -> int:
        number = lowest = len(numbers)
        numbers[node] = number
        place = len(stack)
        stack.append(node)
        if node in graph.get(node, []):
            found.append((node,))
        for child in graph.get(node, []):
            known = numbers[child] if child in numbers else visit(child)
            lowest = lowest if known is None else min(lowest, known)
        if lowest == number:
            group = tuple(stack[place:])
            del stack[place:]
            numbers.update(dict.fromkeys(group))
            found.extend([group] * (len(group) > 1))
        return lowest

    for node in graph:
        if node not in numbers:
            visit(node)
    return found


NAMES = some.sampled_from("abcdefgh")


@given(some.dictionaries(NAMES, some.lists(NAMES, max_size=4)))
def test_circles_are_met_as_ruby_meets_them(graph: Graph) -> None:
    found = list(circles(graph))
    assert found == as_ruby_does(graph)
    for group in found:
        way = spelled(graph, group)
        assert way[0] == way[-1] == group[0]
        assert all(after in graph[before] for before, after in pairwise(way))
