"""Minimum cuts of networks with vertex and arc capacities, by Dinic's algorithm.

E. A. Dinic, Algorithm for solution of a problem of maximum flow in a network with power estimation, 1970.  Capacities
are integers of any size: bytes times trip counts leave 32 bits, which is all that `scipy.sparse.csgraph` computes with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V", bound=Hashable)
SOURCE, SINK = 0, 1


class Network(Generic[V]):
    """A network whose vertices have capacities; each vertex is an arc from where flow enters it to where it leaves.

    Attributes:
        flow: the value of the maximum flow, after `solve`.
    """

    def __init__(self) -> None:
        self.flow = 0
        self._ends: dict[V, tuple[int, int]] = {}  # vertex -> (in, out)
        self._heads: list[int] = []    # of arc a; a ^ 1 is the arc back
        self._residual: list[int] = []
        self._capacity: list[int | None] = []
        self._arcs: list[list[int]] = [[], []]  # leaving each node
        self._infinite = 1             # more than all finite capacities together
        self._unbounded: list[int] = []

    def vertex(self, vertex: V, capacity: int | None) -> None:
        """Add a vertex; what it costs to cut it is `capacity`, or it cannot be cut."""
        first = len(self._arcs)
        self._arcs += [[], []]
        self._ends[vertex] = first, first + 1
        self._arc(first, first + 1, capacity)

    def arc(self, tail: V, head: V) -> None:
        """An arc that cannot be cut."""
        self._arc(self._ends[tail][1], self._ends[head][0], None)

    def source(self, vertex: V, capacity: int | None = None) -> None:
        """Flow enters at `vertex`: as much as there is, or at most `capacity`."""
        self._arc(SOURCE, self._ends[vertex][0], capacity)

    def sink(self, vertex: V) -> None:
        """All flow that leaves `vertex` may leave the network."""
        self._arc(self._ends[vertex][1], SINK, None)

    def _arc(self, tail: int, head: int, capacity: int | None) -> None:
        if capacity is None:
            self._unbounded.append(len(self._heads))
        else:
            self._infinite += capacity
        self._arcs[tail].append(len(self._heads))
        self._arcs[head].append(len(self._heads) + 1)
        self._heads += [head, tail]
        self._residual += [capacity or 0, 0]
        self._capacity += [capacity, 0]

    def arcs(self) -> Iterator[tuple[int, int, int | None, int]]:
        """(tail, head, capacity, flow) of each arc, after `solve`; a vertex is an arc, source and sink are 0 and 1."""
        for arc in range(0, len(self._heads), 2):
            yield self._heads[arc + 1], self._heads[arc], self._capacity[arc], self._residual[arc + 1]

    def solve(self) -> tuple[set[V], set[V]]:
        """The minimum cut nearest to the sink: the vertices that are cut, and those behind the cut.

        Of all minimum cuts it is the one with the fewest vertices behind it.
        """
        for arc in self._unbounded:
            self._residual[arc] = self._infinite
        while (levels := self._levels()) is not None:
            unused = [list(arcs) for arcs in self._arcs]
            while (found := self._augment(levels, unused)) > 0:
                self.flow += found
        behind = self._reaches_sink()
        cut = {v for v, (enter, leave) in self._ends.items() if leave in behind and enter not in behind}
        return cut, {v for v, (enter, leave) in self._ends.items() if leave in behind} - cut

    def _levels(self) -> list[int] | None:
        """Distances from the source along arcs with residual capacity; None when the sink is out of reach."""
        levels = [-1] * len(self._arcs)
        levels[SOURCE] = 0
        pending = deque((SOURCE,))
        while pending:
            node = pending.popleft()
            for arc in self._arcs[node]:
                head = self._heads[arc]
                if self._residual[arc] and levels[head] < 0:
                    levels[head] = levels[node] + 1
                    pending.append(head)
        return levels if levels[SINK] >= 0 else None

    def _augment(self, levels: list[int], unused: list[list[int]]) -> int:
        """Send flow along one path of the level graph; dead ends leave `unused`."""
        path: list[int] = []
        node = SOURCE
        while node != SINK:
            while unused[node]:
                arc = unused[node][-1]
                if self._residual[arc] and levels[self._heads[arc]] == levels[node] + 1:
                    break
                unused[node].pop()
            if unused[node]:
                path.append(unused[node][-1])
                node = self._heads[path[-1]]
            elif path:
                node = self._heads[path.pop() ^ 1]
                unused[node].pop()
            else:
                return 0
        sent = min(self._residual[arc] for arc in path)
        for arc in path:
            self._residual[arc] -= sent
            self._residual[arc ^ 1] += sent
        return sent

    def _reaches_sink(self) -> set[int]:
        behind = {SINK}
        pending = [SINK]
        while pending:
            for arc in self._arcs[pending.pop()]:
                tail = self._heads[arc]
                if self._residual[arc ^ 1] and tail not in behind:
                    behind.add(tail)
                    pending.append(tail)
        return behind
