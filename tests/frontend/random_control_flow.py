"""Random Python programs about names: who refers to which array or object after branches, loops, jumps and calls.

Arithmetic is kept trivial and bounded; what varies is binding, sharing and control flow.  Some of these programs are
refused, none may give a wrong result.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

PRELUDE = '''
import numpy as np


class Thing:
    def __init__(self, u, n):
        self.u = u
        self.n = n


def filled(p, x):
    p[0] = x
    return p


def halved(p):
    return p * 0.5


def first_large(p, limit):
    for j in range(4):
        if p[j] > limit:
            return p[j]
    return limit


def larger(p, q):
    if p[0] > q[0]:
        return p
    return q


'''

ARRAYS = ("a", "b", "p", "q", "r")


class Writer:
    """Writes the statements of one program."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.loops = 0

    def array(self) -> str:
        return self.random.choice(ARRAYS)

    def number(self) -> str:
        return self.random.choice(["x", "y", f"{self.array()}[{self.random.randrange(4)}]", "0.5", "-0.25", "o.n"])

    def condition(self) -> str:
        simple = [
            f"{self.number()} > {self.number()}",
            f"{self.array()}[{self.random.randrange(4)}] > 0.3",
            "n > 2",
            "done",
            "not done",
        ]
        first, second = self.random.choice(simple), self.random.choice(simple)
        return self.random.choice([first, first, f"{first} and {second}", f"{first} or {second}"])

    def simple(self, counters: list[str], in_loop: bool) -> str:
        p, q, r = self.array(), self.array(), self.array()
        index = self.random.choice([*counters, "0", "1", "3", "n % 4"])
        choices = [
            f"{p} = {q}",
            f"{p} = {q}.copy()",
            f"{p} = np.sin({q}) + {r} * 0.5",
            f"{p}, {q} = {q}, {p}",
            f"{p}, {q}, {r} = {q}, {r}, {p}",
            f"{p}[{index}] = {self.number()} * 0.5",
            f"{p}[{index}] += 0.125",
            f"{p}[1:3] = {q}[0:2]",
            f"{p} *= 0.5",
            f"{p} = m[{index} % 3]",
            f"m[{index} % 3] = {p}",
            f"x = {p}[{index}] * 0.5 + y * 0.25",
            "x, y = y, x",
            f"y = np.sin({self.number()})",
            f"o.u = {p}",
            f"{p} = o.u",
            "o.n += 1",
            f"o = Thing({p}, o.n)",
            f"xs[0] = {p}",
            f"{p} = xs[1]",
            "xs[0], xs[1] = xs[1], xs[0]",
            "xs = [xs[1], xs[0]]",
            f"{p} = filled({q}, x)",
            f"{p} = halved({q})",
            f"{p} = larger({q}, {r})",
            f"x = first_large({p}, 0.25)",
            f"z = {self.number()} * 0.5",
            "x = z * 0.5",
            f"done = {self.number()} > 0.4",
            f"t = ({p}, x)",
            f"{p} = t[0]",
        ]
        if in_loop:
            choices += ["break", "continue"]
        if self.random.random() < 0.03:
            return f"return {p}, x, o.u, xs"
        return self.random.choice(choices)

    def block(self, depth: int, counters: list[str], in_loop: bool, length: int) -> Iterator[str]:
        for _ in range(length):
            yield from self.statement(depth, counters, in_loop)

    def statement(self, depth: int, counters: list[str], in_loop: bool) -> Iterator[str]:
        kind = self.random.random()
        inner = self.random.randrange(1, 4)
        if depth >= 3 or kind < 0.55:
            yield self.simple(counters, in_loop)
        elif kind < 0.78:
            yield f"if {self.condition()}:"
            yield from _indented(self.block(depth + 1, counters, in_loop, inner))
            if self.random.random() < 0.5:
                yield "else:"
                yield from _indented(self.block(depth + 1, counters, in_loop, inner))
        elif kind < 0.92:
            self.loops += 1
            i = f"i{self.loops}"
            count = self.random.choice(["2", "3", "4", "n", "n % 3", "1, 4", "3, 0, -1"])
            yield f"for {i} in range({count}):"
            yield from _indented(self.block(depth + 1, [*counters, i], True, inner))
            if self.random.random() < 0.2:
                yield "else:"
                yield from _indented(self.block(depth + 1, counters, in_loop, 1))
        else:
            self.loops += 1
            k = f"k{self.loops}"
            yield f"{k} = 0"
            yield f"while {k} < {self.random.choice(['3', 'n', '4'])} and ({self.condition()}):"
            yield f"    {k} += 1"
            yield from _indented(self.block(depth + 1, [*counters, f"{k} % 4"], True, inner))


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def source_of(seed: int) -> str:
    """The module of one program: ``program(a, b, m, x, y, n)`` of arrays (4,), (4,), (3, 4), two floats and an int."""
    writer = Writer(seed)
    body = [
        "p, q, r = a, b * 2.0, a + b",
        "o = Thing(q, 0.0)",
        "xs = [r, a]",
        "t = (b, 1.0)",
        "done = False",
        writer.random.choice(["z = 1.0", "z = x", "if x > 0.0:\n        z = y"]),
        *writer.block(0, [], False, writer.random.randrange(3, 7)),
        "return a, b, p, q, r, m, x, y, o.u, o.n, xs, t, done",
    ]
    return PRELUDE + "def program(a, b, m, x, y, n):\n" + "\n".join(f"    {line}" for line in body) + "\n"
