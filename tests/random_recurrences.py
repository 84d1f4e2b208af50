"""Random nests of loops that write elements and slices of a matrix at affine places and read what they wrote.

Factorisations, triangular solves and tables of dynamic programming are such programs; most random ones only look like
them, and overwrite what they have read.  Every index is in range, values stay of order one, loops may be empty.
"""

from __future__ import annotations

import random

EXTENT = 10
MATRIX = f"tensor<{EXTENT}x{EXTENT}xf64>"
#: Counters run from LOW to at most HIGH; with SHIFT added or subtracted they are inside of the matrix.
LOW, HIGH, SHIFT = 2, 6, 2


class Recurrence:
    """One random program @f(A, x) -> (A, sum of what was read); the same seed gives the same program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0
        self.lines: list[str] = []

    def text(self) -> str:
        for k in range(EXTENT + 1):
            self.emit(f"%k{k} = arith.constant {k} : index")
        matrix, total = "%A", "%x"
        for _ in range(self.random.choice([1, 1, 2])):
            matrix, total = self.loop(matrix, total, [])
            if self.random.random() < 0.2:
                matrix, total = self.statement(matrix, total, [])
        body = "\n".join(f"  {line}" for line in self.lines)
        return (f"func.func @f(%A: {MATRIX}, %x: f64, %n: index) -> ({MATRIX}, f64) {{\n{body}\n"
                f"  return {matrix}, {total} : {MATRIX}, f64\n}}\n")

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def new(self, operation: str) -> str:
        self.names += 1
        self.emit(f"%v{self.names} = {operation}")
        return f"%v{self.names}"

    # ------------------------------------------------------------ control flow

    def loop(self, matrix: str, total: str, counters: list[str]) -> tuple[str, str]:
        """A loop that carries the matrix, a number, and a position that grows from 2 or 3 to at most 7.

        Bounds may be counters of outer loops, or positions.
        """
        pick, self.names = self.random.choice, self.names + 1
        name = str(self.names)
        lower = pick([f"%k{LOW}", f"%k{LOW}", "%k3", *counters])
        upper = pick([f"%k{HIGH}", f"%k{HIGH + 1}", "%n", *counters, *counters])
        step = pick(["%k1", "%k1", "%k1", "%k2"])
        self.emit(f"%m{name}, %t{name}, %p{name} = scf.for %i{name} = {lower} to {upper} step {step} "
                  f"iter_args(%M{name} = {matrix}, %T{name} = {total}, %P{name} = {pick([f'%k{LOW}', '%k3'])}) "
                  f"-> ({MATRIX}, f64, index) {{")
        known = [f"%P{name}"] if self.random.random() < 0.3 else []
        end = self.block(f"%M{name}", f"%T{name}", [*counters, f"%i{name}", *known])
        grown = self.new(f"arith.addi %P{name}, %k1 : index")
        if self.random.random() < 0.5:  # not evenly
            grown = self.new(f"arith.minsi {grown}, %k{HIGH} : index")
        self.emit(f"scf.yield {end[0]}, {end[1]}, {grown} : {MATRIX}, f64, index")
        self.emit("}")
        return f"%m{name}", f"%t{name}"

    def block(self, matrix: str, total: str, counters: list[str]) -> tuple[str, str]:
        before = matrix
        for _ in range(self.random.choice([1, 1, 2, 3])):
            shape = self.random.random()
            if len(counters) < 3 and shape < 0.5:
                matrix, total = self.loop(matrix, total, counters)
            elif shape < 0.6:
                matrix, total = self.branch(matrix, total, counters)
            else:
                matrix, total = self.statement(matrix, total, counters)
                if self.random.random() < 0.1:  # an old version is read on
                    matrix = before
        return matrix, total

    def branch(self, matrix: str, total: str, counters: list[str]) -> tuple[str, str]:
        self.names += 1
        name, flag = str(self.names), self.new(f"arith.cmpi slt, {self.random.choice(counters)}, %n : index")
        self.emit(f"%m{name}, %t{name} = scf.if {flag} -> ({MATRIX}, f64) {{")
        changed, read = self.statement(matrix, total, counters)
        self.emit(f"scf.yield {changed}, {read} : {MATRIX}, f64")
        self.emit("} else {")
        if self.random.random() < 0.4:
            matrix, total = self.statement(matrix, total, counters)
        self.emit(f"scf.yield {matrix}, {total} : {MATRIX}, f64")
        self.emit("}")
        return f"%m{name}", f"%t{name}"

    # ------------------------------------------------------------ reads and writes

    def place(self, counters: list[str]) -> str:
        """An index: a counter, shifted at times, or a constant."""
        if not counters or self.random.random() < 0.1:
            return f"%k{self.random.randrange(EXTENT)}"
        counter = self.random.choice(counters)
        if self.random.random() < 0.6:
            return counter
        operation, shift = self.random.choice(["addi", "subi"]), self.random.randint(1, SHIFT)
        return self.new(f"arith.{operation} {counter}, %k{shift} : index")

    def read(self, matrix: str, counters: list[str]) -> str:
        return self.new(f"tensor.extract {matrix}[{self.place(counters)}, {self.place(counters)}] : {MATRIX}")

    def slice_of(self, matrix: str, size: str, counters: list[str]) -> str:
        """The beginning of a row or of a column."""
        at = self.place(counters)
        window = f"[{at}, 0] [1, {size}]" if self.random.random() < 0.5 else f"[0, {at}] [{size}, 1]"
        return self.new(f"tensor.extract_slice {matrix}{window} [1, 1] : {MATRIX} to tensor<?xf64>")

    def statement(self, matrix: str, total: str, counters: list[str]) -> tuple[str, str]:
        """Read, compute, and write an element or the beginning of a row."""
        kind, value = self.random.random(), self.read(matrix, counters)
        if kind < 0.3:
            size = self.place(counters)
            x, y = (self.slice_of(matrix, size, counters) for _ in range(2))
            dot = self.new(f'"nd.dot_general"({x}, {y}) {{lhs_batch = array<i64>, lhs_contracting = array<i64: 0>, '
                           "rhs_batch = array<i64>, rhs_contracting = array<i64: 0>} : "
                           "(tensor<?xf64>, tensor<?xf64>) -> f64")
            value = self.new(f"arith.subf {value}, {dot} : f64")
        elif kind < 0.45:
            row, size = self.place(counters), self.place(counters)
            x, y = (self.slice_of(matrix, size, counters) for _ in range(2))
            product = self.new(f"arith.mulf {x}, {y} : tensor<?xf64>")
            changed = self.new(f"math.sin {product} : tensor<?xf64>")
            return self.new(f"tensor.insert_slice {changed} into {matrix}[{row}, 0] [1, {size}] [1, 1] : "
                            f"tensor<?xf64> into {MATRIX}"), self.added(total, value)
        else:
            for _ in range(self.random.choice([1, 2])):
                value = self.new(f"arith.mulf {value}, {self.read(matrix, counters)} : f64")
        bounded = self.new(f"math.{self.random.choice(['sin', 'cos', 'tanh'])} {value} : f64")
        if self.random.random() < 0.3:
            total = self.added(total, bounded)
        if self.random.random() < 0.2:
            return matrix, self.added(total, self.new(f"arith.mulf {bounded}, {bounded} : f64"))
        at = f"{self.place(counters)}, {self.place(counters)}"
        changed = self.new(f"tensor.insert {bounded} into {matrix}[{at}] : {MATRIX}")
        if self.random.random() < 0.4:  # what was written is what the derivative asks for
            total = self.added(total, self.new(f"arith.mulf {bounded}, {value} : f64"))
        return changed, total

    def added(self, total: str, value: str) -> str:
        return self.new(f"arith.addf {total}, {value} : f64")


def random_recurrence(seed: int) -> str:
    return Recurrence(seed).text()
