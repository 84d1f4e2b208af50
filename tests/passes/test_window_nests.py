"""Random loop nests that add to elements: raised or not, they compute the same to the last bit.

The interpreter runs both.  ``python -m tests.passes.test_window_nests 100 2000`` checks more of them.
"""

from __future__ import annotations

import sys

import numpy as np

from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.raise_nests import RaiseNests

SEEDS = range(60)


class Nest:
    """A nest over arrays a, b (carried), y and z (read): clears, reads and additions at random places."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.rank = int(self.rng.integers(1, 4))
        self.counts = [int(n) for n in self.rng.integers(1, 5, self.rank)]
        self.signs = [int(s) for s in self.rng.choice([-1, 1], self.rank)]
        self.scales = [int(s) for s in self.rng.choice([1, 1, 1, 2], self.rank)]
        self.shape = [2 * n + 6 for n in self.counts]
        self.type = f"tensor<{'x'.join(map(str, self.shape))}xf64>"
        self.lines: list[str] = []
        self.names = 0
        self.scale = self.emit("arith.constant {} : index", 2, outside=True)
        self.versions = {"a": "%a", "b": "%b"}
        self.body()

    def emit(self, text: str, *parts: object, outside: bool = False) -> str:
        self.names += 1
        name = f"%{'k' if outside else 'v'}{self.names}"
        line = f"{name} = {text.format(*parts)}"
        if outside:
            self.before = [*getattr(self, "before", []), line]
        else:
            self.lines.append(line)
        return name

    def subscripts(self, offsets: list[int]) -> str:
        """Element offset + scale * counter of each dimension, counted up or down."""
        found = []
        for d, offset in enumerate(offsets):
            at = f"%i{d}"
            if self.scales[d] == 2:
                at = self.emit("arith.muli {}, {} : index", at, self.scale)
            start = offset if self.signs[d] > 0 else offset + self.scales[d] * (self.counts[d] - 1)
            number = self.emit("arith.constant {} : index", start, outside=True)
            operation = "addi" if self.signs[d] > 0 else "subi"
            found.append(self.emit("arith.{} {}, {} : index", operation, number, at))
        return ", ".join(found)

    def anywhere(self) -> list[int]:
        return [int(n) for n in self.rng.integers(0, 4, self.rank)]

    def read(self, array: str, where: str) -> str:
        return self.emit("tensor.extract {}[{}] : {}", self.versions.get(array, "%" + array), where, self.type)

    def write(self, value: str, array: str, where: str) -> None:
        version = self.versions[array]
        self.versions[array] = self.emit("tensor.insert {} into {}[{}] : {}", value, version, where, self.type)

    def body(self) -> None:
        values = ["%x"]
        if self.rng.random() < 0.7:
            where = self.subscripts(self.anywhere())
            values.append(self.read("b", where))
            if self.rng.random() < 0.8:
                self.write("%zero", "b", where)
        for _ in range(int(self.rng.integers(0, 3))):
            array = str(self.rng.choice(["y", "z"]))
            values.append(self.read(array, self.subscripts(self.anywhere())))
        if self.rng.random() < 0.1:
            values.append(self.read("a", self.subscripts(self.anywhere())))
        for _ in range(int(self.rng.integers(2, 6))):
            x, y = (str(v) for v in self.rng.choice(values, 2))
            if not (x == y == "%x"):
                values.append(self.emit("arith.{} {}, {} : f64", self.rng.choice(["mulf", "addf", "subf"]), x, y))
            array = "a" if self.rng.random() < 0.9 else "b"
            where = self.subscripts(self.anywhere())
            old = self.read(array, where)
            term, kind = str(self.rng.choice(values)), str(self.rng.choice(["addf", "addf", "subf"]))
            total = self.emit("arith.{} {}, {}{} : f64", kind, old, term,
                              " fastmath<nsz>" if kind == "addf" and self.rng.random() < 0.5 else "")
            self.write(total, array, where)

    def text(self) -> str:
        types = f"({self.type}, {self.type})"
        carried = [("%a", "%b"), *((f"%a{d}", f"%b{d}") for d in range(self.rank))]
        text = "\n  ".join(["%zero = arith.constant 0.0 : f64", "%c0 = arith.constant 0 : index",
                            "%c1 = arith.constant 1 : index", *self.before,
                            *(f"%n{d} = arith.constant {n} : index" for d, n in enumerate(self.counts))]) + "\n"
        for d in range(self.rank):
            (a, b), (a1, b1) = carried[d], carried[d + 1]
            text += f"%r{d}:2 = scf.for %i{d} = %c0 to %n{d} step %c1 iter_args({a1} = {a}, {b1} = {b}) -> {types} {{\n"
        last = carried[-1]
        for line in self.lines:
            text += line.replace("%a[", f"{last[0]}[").replace("%b[", f"{last[1]}[") + "\n"
        ends = [v.replace("%a", last[0]).replace("%b", last[1]) for v in (self.versions["a"], self.versions["b"])]
        for d in reversed(range(self.rank)):
            text += f"scf.yield {ends[0]}, {ends[1]} : {self.type}, {self.type}\n}}\n"
            ends = [f"%r{d}#0", f"%r{d}#1"]
        arguments = ", ".join(f"%{name}: {self.type}" for name in "abyz")
        return f"func.func @f({arguments}, %x: f64) -> {types} {{\n  {text}return %r0#0, %r0#1 : {types[1:-1]}\n}}"


def check(seed: int) -> bool:
    """Whether the nest was raised."""
    nest = Nest(seed)
    rng = np.random.default_rng(seed)
    arguments = [*(rng.standard_normal(nest.shape) for _ in range(4)), 0.7]
    module = ir.Module.parse(nest.text())
    expected = run(module, "f", arguments)
    run_pipeline(module, [RaiseNests()])
    for value, wanted in zip(run(module, "f", arguments), expected, strict=True):
        np.testing.assert_array_equal(value, wanted, err_msg=f"{seed}\n{nest.text()}\n{module}")
    return not walk(module, "scf.for")


def test_raised_nests_compute_the_same() -> None:
    with make_context(), ir.Location.unknown():
        raised = [check(seed) for seed in SEEDS]
    assert len(SEEDS) // 3 < sum(raised) < len(SEEDS)


if __name__ == "__main__":
    with make_context(), ir.Location.unknown():
        print(sum(check(seed) for seed in range(*map(int, sys.argv[1:3]))), "raised")
