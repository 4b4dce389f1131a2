"""Circles among the jobs of a pipeline, each told with the way around.

Source: gitlab `lib/gitlab/ci/yaml_processor/dag.rb`.
"""

from collections.abc import Iterator

from ci_kit.language import matrix
from ci_kit.language.circle import circles, spelled
from ci_kit.language.lineup import Lineup, Need
from ci_kit.language.problem import Problem
from ci_kit.language.ruby import inspected

_EDGES = 1_000_000  # between single jobs of a matrix; beyond them the circles are looked for among whole jobs


def problems(lineup: Lineup) -> Iterator[Problem]:
    """Yield each circle in GitLab's order; GitLab stops at the first. Needs of rules are no part of it."""
    whole = {name: sorted(_bases(name, lineup)) for name in lineup.jobs}
    if next(circles(whole), None) is None:
        return
    graph = _between_instances(lineup)
    graph = whole if graph is None else graph
    for group in circles(graph):
        name = lineup.base_of.get(group[0], group[0])
        words = f"self-dependency: {group[0]}" if len(group) == 1 else f"topological sort failed: {inspected(group)}"
        way = spelled(graph, group)
        at = next((need.at for need in lineup.needs[name] if _leads_to(need, way[1], lineup)), lineup.needs[name][0].at)
        message = f"The pipeline has circular dependencies: {words}"
        yield Problem(message, at, ours=f"{message} ({' -> '.join(way)})", job=lineup.keys[name])


def _bases(name: str, lineup: Lineup) -> set[str]:
    """Return the jobs that the needs of a job lead to, whichever of its instances asks."""
    found: set[str] = set()
    for need in lineup.needs.get(name, ()):
        for variables in lineup.variables_of(name) if "$[[" in need.name else [{}]:
            one = matrix.filled(need.name, variables)
            found.add(one if one in lineup.jobs else lineup.base_of.get(one, one))
    return found & lineup.jobs.keys()


def _leads_to(need: Need, name: str, lineup: Lineup) -> bool:
    return need.name == name or name in lineup.names_of(need) or need.name == lineup.base_of.get(name)


def _between_instances(lineup: Lineup) -> dict[str, list[str]] | None:
    """Return what each job of the pipeline waits for; None when that is too much to look at."""
    graph: dict[str, list[str]] = {}
    edges = 0
    for name, names in lineup.instances.items():
        own = lineup.needs.get(name, [])
        is_same = not any(matrix.asked_in(need.value) for need in own)
        children: list[str] = []
        for number, variables in enumerate(lineup.variables_of(name)):
            if number == 0 or not is_same:
                children = [one for need in own for one in lineup.names_of(need, variables)]
            edges += len(children)
            graph[names[number]] = children
        if edges > _EDGES:
            return None
    return graph
