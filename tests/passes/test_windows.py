"""Sums of shifted windows: random chains of accumulations, compiled and interpreted, against NumPy.

``python -m tests.passes.test_windows 100 400`` checks more of them.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.isolated import PASSED, outcomes
from tests.lowering import Compiled
from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.raise_windows import RaiseWindows

SEEDS = range(24)


class Chain:
    """A function of an array x and arrays y, z that clears some windows of x and adds to others.

    Geometry is written as numbers or, with `dynamic`, as index arguments.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.dynamic = bool(self.rng.integers(2))
        self.rank = int(self.rng.integers(1, 4))
        extents = [1, 2, 5, 9] if self.rng.random() < 0.2 else [4, 7, 9]
        self.shape = tuple(int(n) for n in self.rng.choice(extents, self.rank))
        self.steps = (1, 1, 1, 2, 3) if self.rng.random() < 0.3 else (1,)
        self.lines: list[str] = []
        self.extra: list[int] = []
        self.names = 0
        self.x, self.y, self.z = (self.rng.standard_normal(self.shape) for _ in range(3))
        self.expected = self.x.copy()
        array = "x"
        for _ in range(int(self.rng.integers(0, 3))):
            array = self.clear(array)
        shared = None
        for _ in range(int(self.rng.integers(2, 8))):
            array, shared = self.add(array, shared if self.rng.random() < 0.6 else None)
        self.result = array

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def type_of(self, shape: tuple[int, ...], static: bool = False) -> str:
        sizes = "".join("?x" if self.dynamic and not static else f"{n}x" for n in shape)
        return f"tensor<{sizes}f64>"

    def written(self, numbers: list[int]) -> str:
        if not self.dynamic:
            return ", ".join(map(str, numbers))
        self.extra += numbers
        return ", ".join(f"%n{len(self.extra) - len(numbers) + i}" for i in range(len(numbers)))

    def box(self, sizes: tuple[int, ...] | None = None) -> tuple[list[int], list[int], list[int]]:
        """A random box inside of the array."""
        offsets, counts, strides = [], [], []
        for d, n in enumerate(self.shape):
            step = int(self.rng.choice(self.steps))
            most = -(-n // step)
            count = int(self.rng.integers(max(0, most - 3), most + 1)) if sizes is None else sizes[d]
            if count and (count - 1) * step >= n:
                step = 1
            room = n - ((count - 1) * step + 1) if count else 0
            offsets.append(int(self.rng.integers(0, room + 1)))
            counts.append(count)
            strides.append(step)
        return offsets, counts, strides

    def geometry(self, box: tuple[list[int], list[int], list[int]]) -> tuple[str, tuple[slice, ...]]:
        offsets, sizes, strides = box
        text = f"[{self.written(offsets)}] [{self.written(sizes)}] [{', '.join(map(str, strides))}]"
        return text, tuple(slice(o, o + n * s if n else o, s) for o, n, s in zip(offsets, sizes, strides, strict=True))

    def clear(self, array: str) -> str:
        box = self.box()
        text, place = self.geometry(box)
        zeros, new, type_ = self.fresh(), self.fresh(), self.type_of(tuple(box[1]))
        sizes = text.split("] [")[1] if self.dynamic else ""
        whole = self.type_of(self.shape, True)
        count = ", ".join(["f64", *["index"] * (len(self.shape) if self.dynamic else 0)])
        self.lines += [f'%{zeros} = "nd.full"(%zero{", " + sizes if sizes else ""}) : ({count}) -> {type_}',
                       f"%{new} = tensor.insert_slice %{zeros} into %{array}{text} : {type_} into {whole}"]
        self.expected[place] = 0
        return new

    def add(self, array: str, shared: tuple[str, tuple[int, ...], np.ndarray] | None) -> tuple[str, tuple]:
        """One more window: what the last one has added, or a product of windows of y and z."""
        term, sizes, value = shared if shared is not None else self.term()
        text, place = self.geometry(self.box(sizes))
        old, total, new = self.fresh(), self.fresh(), self.fresh()
        part, whole = self.type_of(sizes), self.type_of(self.shape, True)
        operands = f"%{old}, %{term}" if self.rng.random() < 0.8 else f"%{term}, %{old}"
        self.lines += [f"%{old} = tensor.extract_slice %{array}{text} : {whole} to {part}",
                       f"%{total} = arith.addf {operands} {{nd.accumulate}} : {part}",
                       f"%{new} = tensor.insert_slice %{total} into %{array}{text} : {part} into {whole}"]
        self.expected[place] += value
        return new, (term, sizes, value)

    def term(self) -> tuple[str, tuple[int, ...], np.ndarray]:
        box = self.box()
        sizes = tuple(box[1])
        names, values = [], []
        for name, array in (("y", self.y), ("z", self.z)):
            text, place = self.geometry(box if name == "y" else self.box(sizes))
            names.append(self.fresh())
            values.append(array[place])
            self.lines.append(f"%{names[-1]} = tensor.extract_slice %{name}{text} : "
                              f"{self.type_of(self.shape, True)} to {self.type_of(sizes)}")
        operation = str(self.rng.choice(["mulf", "subf", "divf"]))
        product = self.fresh()
        self.lines.append(f"%{product} = arith.{operation} %{names[0]}, %{names[1]} : {self.type_of(sizes)}")
        combine = {"mulf": np.multiply, "subf": np.subtract, "divf": np.divide}[operation]
        return product, sizes, combine(*values)

    def text(self) -> str:
        type_ = self.type_of(self.shape, True)
        numbers = "".join(f", %n{i}: index" for i in range(len(self.extra)))
        body = "\n  ".join(["%zero = arith.constant 0.0 : f64", *self.lines, f"return %{self.result} : {type_}"])
        return f"func.func @f(%x: {type_}, %y: {type_}, %z: {type_}{numbers}) -> {type_} {{\n  {body}\n}}"


def check(seed: str) -> None:
    chain = Chain(int(seed))
    arguments = [chain.x, chain.y, chain.z, *chain.extra]
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(chain.text())
        run_pipeline(module, [RaiseWindows()])
        assert walk(module, "nd.add_windows") and not walk(module, "tensor.insert_slice"), chain.text()
        np.testing.assert_array_equal(run(module, "f", arguments)[0], chain.expected)
        np.testing.assert_array_equal(Compiled(chain.text())(*arguments)[0], chain.expected)  # to the last bit


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return outcomes("tests.passes.test_windows:check", [str(seed) for seed in SEEDS])


@pytest.mark.parametrize("seed", SEEDS)
def test_random_chain(seed: int, found: dict[str, str]) -> None:
    assert found[str(seed)] == PASSED, found[str(seed)]


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:3])
    checked = outcomes("tests.passes.test_windows:check", [str(seed) for seed in range(first, last)])
    for name, outcome in checked.items():
        if outcome != PASSED:
            print(name, outcome[-1500:])
    print(len(checked), "checked")
