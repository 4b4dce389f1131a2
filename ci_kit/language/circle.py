"""Circles among jobs that wait for each other, in the order in which GitLab meets them.

Source: Ruby's `tsort`, which is Tarjan's algorithm; gitlab `lib/gitlab/ci/yaml_processor/dag.rb`.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def circles(graph: Graph) -> Iterator[tuple[str, ...]]:
    """Yield each job that waits for itself and each group whose jobs wait for each other, as GitLab comes to them.

    A job alone in its tuple waits for itself. A group has its jobs in the order in which they were first met.
    """
    walk = _Walk(graph)
    for node in graph:
        if node not in walk.numbers:
            yield from walk.groups_from(node)


def spelled(graph: Graph, group: Sequence[str]) -> list[str]:
    """Return the shortest way from the group's first job back to it: `[a, b, a]`."""
    first, within = group[0], set(group)
    came_from: dict[str, str] = {}
    waiting = deque([first])
    while waiting:
        node = waiting.popleft()
        for child in graph.get(node, ()):
            if child == first:
                return _back(first, node, came_from)
            if child in within and child not in came_from:
                came_from[child] = node
                waiting.append(child)
    return [*group, first]


def _back(first: str, last: str, came_from: Mapping[str, str]) -> list[str]:
    way = [first]
    node = last
    while node != first:
        way.append(node)
        node = came_from[node]
    return [first, *reversed(way)] if len(way) > 1 else [first, first]


class _Walk:
    """One pass in depth over a graph; depth costs no recursion."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.numbers: dict[str, int | None] = {}  # None: its group is complete
        self.stack: list[str] = []

    def groups_from(self, start: str) -> Iterator[tuple[str, ...]]:
        path: list[tuple[str, int, int, Iterator[str]]] = []  # job, its number, its place in the stack, what is left
        lowest: dict[str, int] = {}
        yield from self._enter(start, path, lowest)
        while path:
            node, number, place, left = path[-1]
            child = next(left, None)
            if child is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number:
                    yield from self._completed(place)
            elif child not in self.numbers:
                yield from self._enter(child, path, lowest)
            else:
                lowest[node] = min(lowest[node], _or(self.numbers[child], lowest[node]))

    def _enter(
        self, node: str, path: list[tuple[str, int, int, Iterator[str]]], lowest: dict[str, int]
    ) -> Iterator[tuple[str, ...]]:
        number = lowest[node] = len(self.numbers)
        self.numbers[node] = number
        children = self.graph.get(node, ())
        path.append((node, number, len(self.stack), iter(children)))
        self.stack.append(node)
        if node in children:
            yield (node,)

    def _completed(self, place: int) -> Iterator[tuple[str, ...]]:
        group = tuple(self.stack[place:])
        del self.stack[place:]
        self.numbers.update(dict.fromkeys(group))
        if len(group) > 1:
            yield group


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number
