"""What is stored is a minimum cut: the algorithm against all cuts of small networks, the decision by its certificate.

A flow as large as a cut proves both: no flow is larger and no cut cheaper.  So for every program of the corpus the
decision is checked without the algorithm: the flow is one, the cut separates, and the two are equal.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.comparison import random_like
from tests.programs import PROGRAMS, Program
from tests.work import value_and_pullback
from wengert.dialects.bindings import walk
from wengert.frontend.arguments import flatten
from wengert.frontend.specialize import the_context, trace_function
from wengert.passes.base import run_pipeline
from wengert.passes.expand import expand
from wengert.passes.min_cut import SINK, SOURCE, Network
from wengert.passes.pipeline import ND
from wengert.passes.residuals import Problem, Residuals, decide
from wengert.passes.taint import flow, reachable
from wengert.passes.tree import read_function

# ---------------------------------------------------------------- the algorithm


def cheapest(prices: list[int], arcs: set[tuple[int, int]], entries: dict[int, int | None], exits: set[int]) -> int:
    """The least cost over all ways to divide the vertices: stored, behind the cut, or neither."""
    best = 10**9
    for kinds in itertools.product("bsf", repeat=len(prices)):  # before the cut, stored, behind it
        if any(kinds[v] == "b" for v in exits) or any(kinds[u] == "b" and kinds[v] == "f" for u, v in arcs):
            continue
        behind = [v for v in entries if kinds[v] == "f"]
        if any(entries[v] is None for v in behind):
            continue
        stored = sum(price for price, kind in zip(prices, kinds) if kind == "s")
        best = min(best, stored + sum(entries[v] or 0 for v in behind))
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_cut_of_a_small_network_is_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 8))
    prices = [int(p) for p in rng.integers(0, 9, count)]
    arcs = {(u, v) for u in range(count) for v in range(u + 1, count) if rng.random() < 0.4}
    entries = {v: None if rng.random() < 0.5 else int(rng.integers(1, 9)) for v in range(count) if rng.random() < 0.6}
    exits = {v for v in range(count) if rng.random() < 0.4} | {count - 1}
    network: Network[int] = Network()
    for v in range(count):
        network.vertex(v, prices[v])
    for u, v in arcs:
        network.arc(u, v)
    for v, capacity in entries.items():
        network.source(v, capacity)
    for v in exits:
        network.sink(v)
    cut, behind = network.solve()
    assert network.flow == cheapest(prices, arcs, entries, exits)
    assert network.flow == sum(prices[v] for v in cut) + sum(entries.get(v) or 0 for v in behind)
    assert exits <= cut | behind
    assert all(u in cut | behind for u, v in arcs if v in behind)


def test_of_equal_cuts_the_one_nearest_to_the_sink_is_taken() -> None:
    network: Network[str] = Network()
    for vertex in "abc":
        network.vertex(vertex, 8)
    network.source("a")
    network.arc("a", "b")
    network.arc("b", "c")
    network.sink("c")
    assert network.solve() == ({"c"}, set())


def test_capacities_are_not_limited_to_machine_words() -> None:
    network: Network[str] = Network()
    network.vertex("a", 10**40 + 1)
    network.vertex("b", 10**40)
    network.source("a")
    network.arc("a", "b")
    network.sink("b")
    assert network.solve() == ({"b"}, set()) and network.flow == 10**40


# ---------------------------------------------------------------- the decision, for the corpus


def check_flow(network: Network[Any]) -> None:
    """Nothing is lost on the way and no capacity exceeded; as much arrives as is claimed."""
    balance: Counter[int] = Counter()
    for tail, head, capacity, amount in network.arcs():
        assert amount >= 0 and (capacity is None or amount <= capacity)
        balance[tail] -= amount
        balance[head] += amount
    assert balance.pop(SINK, 0) == network.flow == -balance.pop(SOURCE, 0)
    assert not any(balance.values())


def check_decision(problem: Problem, decided: Residuals) -> None:
    """What is stored and recomputed suffices, and costs what the flow proves to be the least."""
    free = {v for v in problem.vertices if v not in problem.computed and problem.sources(v) == []}
    available = free | decided.cut | decided.recomputed
    assert available.issuperset(problem.demanded)
    for value in decided.recomputed:
        sources = problem.sources(value)
        assert sources is not None and available.issuperset(sources)
    prices = [problem.price(v) for v in decided.cut]
    assert None not in prices
    cost = sum(p for p in prices if p is not None) + sum(problem.effort(v) for v in decided.recomputed)
    check_flow(decided.network)
    assert cost == decided.network.flow


def check_program(program: Program) -> int:
    """Check every jvp on the way to value and gradient; how many values are stored."""
    case = max(program.interpreted, default=0)
    result = program.function(*program.arguments(case))
    arguments = (program.arguments(case), random_like(result, np.random.default_rng(0)))
    leaves, structure = flatten((arguments, {}))
    decisions: list[Residuals] = []
    saved: list[int] = []

    def observe(step: str, written: Any) -> None:
        if step == "jvp":
            tree = read_function(written[0])
            inputs = set(tree.body.arguments[tree.attribute("diff.primals"):])
            tangents = reachable(inputs, flow(tree.body, through_inert=True).forward)
            problem, decided = Problem(tree, tangents), decide(tree, tangents)
            check_decision(problem, decided)
            loops = sum(node.name == "scf.while" for node in tree.body.walk())  # each saves how often it ran
            decisions.append(decided)
            saved.append(loops)
        elif decisions:
            assert len(walk(written[0], "diff.save")) <= len(decisions[-1].cut) + saved[-1]

    with the_context():
        module, _ = trace_function(value_and_pullback(program), leaves, structure, frozenset())
        run_pipeline(module, ND)
        expand(module, observe)
    assert decisions
    return sum(len(decided.cut) for decided in decisions)


DIFFERENTIABLE = {program.name: program for program in PROGRAMS if program.wrt}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_tape_holds_nothing_that_can_be_dropped(name: str) -> None:
    check_program(DIFFERENTIABLE[name])


def test_the_corpus_stores_something() -> None:
    """What is checked above is not nothing."""
    assert check_program(DIFFERENTIABLE["lstm"]) > 5
