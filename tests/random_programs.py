"""Random programs in the IR, for tests of differentiation: control flow, in-place writes, and what is hard about both.

Nested and triangular loops with dynamic bounds and zero trips, in index and i64; `while`; branches; elements and
windows of arrays at computed places; overlapping windows of one version; old versions read (and written) after newer
ones exist; windows of dynamic extent; carried integers that index; run-time checks; dead code.

Values stay of order one (sines and products of sines) and every index is in range, so that differences are meaningful.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

LENGTH = 8
ARRAY, MATRIX = f"tensor<{LENGTH}xf64>", f"tensor<4x{LENGTH}xf64>"
SIGNATURE = f"%x: f64, %y: f64, %a: {ARRAY}, %b: {ARRAY}, %c: {MATRIX}, %n: index, %m: i64"
#: Positions of the float arguments of a random program.
FLOATS = (0, 1, 2, 3, 4)


@dataclass
class Scope:
    """What a statement can refer to: names of scalars, of arrays, of the matrix, and of integers in [0, LENGTH)."""

    scalars: list[str]
    arrays: list[str]
    matrix: str
    indices: list[str] = field(default_factory=list)
    depth: int = 0

    def copy(self) -> Scope:
        return replace(self, scalars=list(self.scalars), arrays=list(self.arrays), indices=list(self.indices))


class Generator:
    """One random program; the same seed gives the same program."""

    def __init__(self, seed: int, statements: int = 8, deepest: int = 3) -> None:
        self.random = random.Random(seed)
        self.deepest = deepest
        self.names = 0
        self.lines: list[str] = []
        self.statements = statements

    def program(self) -> str:
        """The text of @f(x, y, a, b, c, n, m) -> (f64, array, i64, matrix)."""
        scope = Scope(["%x", "%y"], ["%a", "%b"], "%c")
        for k in (0, 1, 2, 3, 4, 7, 8):
            self.emit(f"%k{k} = arith.constant {k} : index")
            self.emit(f"%l{k} = arith.constant {k} : i64")
        for name, value in (("half", 0.5), ("tiny", 0.05), ("zero", 0.0)):
            self.emit(f"%{name} = arith.constant {value} : f64")
        self.emit("%true = arith.constant true")
        for _ in range(self.statements):
            self.statement(scope)
        scalar, array = self.random.choice(scope.scalars[-3:]), self.random.choice(scope.arrays)
        body = "\n".join(f"  {line}" for line in self.lines)
        return (f"func.func @f({SIGNATURE}) -> (f64, {ARRAY}, i64, {MATRIX}) {{\n{body}\n"
                f"  return {scalar}, {array}, %m, {scope.matrix} : f64, {ARRAY}, i64, {MATRIX}\n}}\n")

    # ------------------------------------------------------------ text

    def emit(self, line: str) -> None:
        self.lines.append(line)

    def new(self, operation: str) -> str:
        """A new value, defined by `operation`."""
        name = self.name()
        self.emit(f"{name} = {operation}")
        return name

    def name(self) -> str:
        self.names += 1
        return f"%v{self.names}"

    def pick(self, values: list[str]) -> str:
        return self.random.choice(values)

    def statement(self, scope: Scope) -> None:
        kinds: list[tuple[Callable[[Scope], None], int]] = [
            (self.arithmetic, 8), (self.quotient, 2), (self.choice, 2), (self.read, 5), (self.write, 5),
            (self.window, 3), (self.dynamic_window, 1), (self.row, 1), (self.rearranged, 1), (self.check, 1),
        ]
        if scope.depth < self.deepest:
            kinds += [(self.loop, 6), (self.branches, 3), (self.while_, 2)]
        (kind,) = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
        kind(scope)

    # ------------------------------------------------------------ scalars

    def bounded(self, value: str, type_: str = "f64") -> str:
        return self.new(f"math.{self.pick(['sin', 'cos', 'tanh'])} {value} : {type_}")

    def arithmetic(self, scope: Scope) -> None:
        operation = self.pick(["addf", "mulf", "subf"])
        value = self.new(f"arith.{operation} {self.pick(scope.scalars)}, {self.pick(scope.scalars)} : f64")
        scope.scalars.append(self.bounded(value))

    def quotient(self, scope: Scope) -> None:
        divisor = self.new(f"math.exp {self.pick(scope.scalars)} : f64")
        scope.scalars.append(self.bounded(self.new(f"arith.divf {self.pick(scope.scalars)}, {divisor} : f64")))

    def choice(self, scope: Scope) -> None:
        x, y = self.pick(scope.scalars), self.pick(scope.scalars)
        if self.random.random() < 0.5:
            scope.scalars.append(self.new(f"arith.maximumf {x}, {y} : f64"))
        else:
            flag = self.new(f"arith.cmpf olt, {x}, {y} : f64")
            scope.scalars.append(self.new(f"arith.select {flag}, {self.pick(scope.scalars)}, {y} : f64"))

    def check(self, scope: Scope) -> None:
        self.emit('"nd.check"(%true, %l0, %l1) {kind = "IndexError", message = "{0} of {1}"} : (i1, i64, i64) -> ()')

    # ------------------------------------------------------------ arrays

    def index(self, scope: Scope) -> str:
        """An index in [0, LENGTH), usually computed from loop counters."""
        if not scope.indices or self.random.random() < 0.2:
            return self.pick(["%k0", "%k1", "%k3", "%k7"])
        shifted = self.new(f"arith.addi {self.pick(scope.indices)}, {self.pick(['%k0', '%k1', '%k2'])} : index")
        return self.new(f"arith.remui {shifted}, %k8 : index")

    def replace_array(self, scope: Scope, position: int, version: str) -> None:
        """A new version of an array; at times the old one stays in use."""
        if self.random.random() < 0.85:
            scope.arrays[position] = version
        else:
            scope.arrays.append(version)

    def read(self, scope: Scope) -> None:
        scope.scalars.append(self.new(f"tensor.extract {self.pick(scope.arrays)}[{self.index(scope)}] : {ARRAY}"))

    def write(self, scope: Scope) -> None:
        position, index = self.random.randrange(len(scope.arrays)), self.index(scope)
        inserted = f"tensor.insert {self.pick(scope.scalars)} into {scope.arrays[position]}[{index}] : {ARRAY}"
        self.replace_array(scope, position, self.new(inserted))

    def window(self, scope: Scope) -> None:
        """A window of one array, changed, into a window of another or (overlapping) of the same."""
        window = "tensor<4xf64>"
        start, target = self.random.randrange(5), self.random.randrange(5)
        source, position = self.pick(scope.arrays), self.random.randrange(len(scope.arrays))
        old = self.new(f"tensor.extract_slice {source}[{start}] [4] [1] : {ARRAY} to {window}")
        value = self.bounded(old, window) if self.random.random() < 0.6 else self.new(f"arith.negf {old} : {window}")
        if self.random.random() < 0.5:
            value = self.new(f"arith.mulf {value}, {old} : {window}")
        into = scope.arrays[position]
        version = self.new(f"tensor.insert_slice {value} into {into}[{target}] [4] [1] : {window} into {ARRAY}")
        self.replace_array(scope, position, version)

    def dynamic_window(self, scope: Scope) -> None:
        """A window of dynamic place and extent; the sum of both stays within the array."""
        window = "tensor<?xf64>"
        extent = self.new(f"arith.remui {self.index(scope)}, %k4 : index")
        start = self.new(f"arith.remui {self.index(scope)}, %k4 : index")
        position = self.random.randrange(len(scope.arrays))
        old = self.new(f"tensor.extract_slice {scope.arrays[position]}[{start}] [{extent}] [1] : {ARRAY} to {window}")
        value = self.bounded(old, window)
        into = self.pick(scope.arrays)
        version = self.new(f"tensor.insert_slice {value} into {into}[1] [{extent}] [1] : {window} into {ARRAY}")
        self.replace_array(scope, position, version)

    def row(self, scope: Scope) -> None:
        """A row of the matrix (a window of lower rank) exchanged with an array."""
        row = self.new(f"arith.remui {self.index(scope)}, %k4 : index")
        window = f"[{row}, 0] [1, {LENGTH}] [1, 1]"
        old = self.new(f"tensor.extract_slice {scope.matrix}{window} : {MATRIX} to {ARRAY}")
        value = self.new(f"arith.mulf {self.pick(scope.arrays)}, {old} : {ARRAY}")
        scope.matrix = self.new(f"tensor.insert_slice {value} into {scope.matrix}{window} : {ARRAY} into {MATRIX}")
        self.replace_array(scope, self.random.randrange(len(scope.arrays)), old)

    def rearranged(self, scope: Scope) -> None:
        position = self.random.randrange(len(scope.arrays))
        old = scope.arrays[position]
        if self.random.random() < 0.5:
            old = self.new(f'"nd.full"(%half) : (f64) -> {ARRAY}')
        turned = self.new(f'"nd.reverse"({old}) {{dimensions = array<i64: 0>}} : ({ARRAY}) -> {ARRAY}')
        self.replace_array(scope, position, self.bounded(turned, ARRAY))

    # ------------------------------------------------------------ control flow

    def carried(self, scope: Scope) -> tuple[list[int], list[int], bool]:
        """Positions of scalars and arrays, and whether the matrix, is carried or joined."""
        scalars = self.random.sample(range(len(scope.scalars)), min(len(scope.scalars), self.random.randrange(3)))
        arrays = self.random.sample(range(len(scope.arrays)), min(len(scope.arrays), self.random.randrange(3)))
        matrix = self.random.random() < 0.2
        return (scalars, arrays, matrix) if scalars or arrays or matrix else ([0], [], False)

    def block(self, scope: Scope, most: int) -> list[str]:
        """The lines of a block of up to `most` statements; `scope` is left as it is at the end of the block."""
        outer, self.lines = self.lines, []
        for _ in range(self.random.randrange(1, most)):
            self.statement(scope)
        lines, self.lines = self.lines, outer
        return [f"  {line}" for line in lines]

    def ends(self, scope: Scope, outer: tuple[list[int], list[int], bool]) -> list[str]:
        scalars, arrays, matrix = outer
        return [*(self.pick([*scope.scalars[-3:], scope.scalars[i]]) for i in scalars),
                *(scope.arrays[i] for i in arrays), *([scope.matrix] if matrix else [])]

    def bind(self, scope: Scope, positions: tuple[list[int], list[int], bool], names: list[str]) -> None:
        scalars, arrays, matrix = positions
        for i, name in zip(scalars, names):
            scope.scalars[i] = name
        for i, name in zip(arrays, names[len(scalars):]):
            scope.arrays[i] = name
        if matrix:
            scope.matrix = names[-1]

    @staticmethod
    def types(positions: tuple[list[int], list[int], bool]) -> list[str]:
        scalars, arrays, matrix = positions
        return ["f64"] * len(scalars) + [ARRAY] * len(arrays) + [MATRIX] * matrix

    def inits(self, scope: Scope, positions: tuple[list[int], list[int], bool]) -> list[str]:
        scalars, arrays, matrix = positions
        return [*(scope.scalars[i] for i in scalars), *(scope.arrays[i] for i in arrays),
                *([scope.matrix] if matrix else [])]

    def results(self, count: int) -> tuple[str, list[str]]:
        """Names of an operation with several results: the definition, and each of them."""
        name = self.name()
        return f"{name}:{count}", [f"{name}#{i}" for i in range(count)]

    # a carried i64, counting in its own way, goes with some loops: an index that cannot be recomputed
    def loop(self, scope: Scope) -> None:
        positions = self.carried(scope)
        types, inits = self.types(positions), self.inits(scope, positions)
        wide = self.random.random() < 0.4
        letter = "l" if wide else "k"
        dynamic = ["%m"] if wide else ["%n", *scope.indices]
        lower = self.pick([f"%{letter}0", f"%{letter}0", f"%{letter}1", *([] if wide else scope.indices)])
        upper = self.pick([f"%{letter}{k}" for k in (0, 1, 2, 3, 4)] + dynamic)
        step = self.pick([f"%{letter}{k}" for k in (1, 1, 2, 3)])
        counted = self.random.random() < 0.3
        names, iv, counter = [self.name() for _ in types], self.name(), self.name()
        inner = scope.copy()
        inner.depth += 1
        self.bind(inner, positions, names)
        outer, self.lines = self.lines, []
        inner.indices.append(self.new(f"arith.index_cast {iv} : i64 to index") if wide else iv)
        if counted:
            inner.indices.append(self.new(f"arith.index_cast {counter} : i64 to index"))
        head, self.lines = [f"  {line}" for line in self.lines], outer
        lines = head + self.block(inner, 6)
        ends = self.ends(inner, positions)
        if counted:
            tripled = self.name()
            lines += [f"  {tripled}_ = arith.muli {counter}, %l3 : i64",
                      f"  {tripled}__ = arith.addi {tripled}_, %l1 : i64",
                      f"  {tripled} = arith.remui {tripled}__, %l8 : i64"]
            types, names, inits, ends = [*types, "i64"], [*names, counter], [*inits, "%l2"], [*ends, tripled]
        definition, results = self.results(len(types))
        bindings = ", ".join(f"{name} = {init}" for name, init in zip(names, inits))
        self.emit(f"{definition} = scf.for {iv} = {lower} to {upper} step {step} iter_args({bindings})"
                  f" -> ({', '.join(types)}){' : i64' if wide else ''} {{")
        self.lines += [*lines, f"  scf.yield {', '.join(ends)} : {', '.join(types)}", "}"]
        self.bind(scope, positions, results[:-1] if counted else results)

    def while_(self, scope: Scope) -> None:
        """Ends when a carried scalar is small, or after five iterations."""
        scalars, arrays, matrix = self.carried(scope)
        positions = (scalars or [0], arrays, matrix)
        types = [*self.types(positions), "i64"]
        tests, names = [self.name() for _ in types], [self.name() for _ in types]
        inner = scope.copy()
        inner.depth += 1
        self.bind(inner, positions, names[:-1])
        inner.indices.append(f"{names[-1]}_index")
        head = [f"  {names[-1]}_index = arith.index_cast {names[-1]} : i64 to index"]
        lines = self.block(inner, 5)
        ends, flag = self.ends(inner, positions), self.name()
        definition, results = self.results(len(types))
        inits = [*self.inits(scope, positions), self.pick(["%l0", "%l1", "%l7"])]
        bindings = ", ".join(f"{test} = {init}" for test, init in zip(tests, inits))
        listed = ", ".join(types)
        self.emit(f"{definition} = scf.while ({bindings}) : ({listed}) -> ({listed}) {{")
        self.lines += [
            f"  {flag}a = arith.cmpf ogt, {tests[0]}, %tiny : f64",
            f"  {flag}b = arith.cmpi slt, {tests[-1]}, %l4 : i64",
            f"  {flag} = arith.andi {flag}a, {flag}b : i1",
            f"  scf.condition({flag}) {', '.join(tests)} : {listed}",
            "} do {",
            f"^bb0({', '.join(f'{name}: {type_}' for name, type_ in zip(names, types))}):",
            *head,
            *lines,
            f"  {flag}c = arith.addi {names[-1]}, %l1 : i64",
            f"  scf.yield {', '.join([*ends, flag + 'c'])} : {listed}",
            "}"]
        self.bind(scope, positions, results[:-1])

    def branches(self, scope: Scope) -> None:
        positions = self.carried(scope)
        types = self.types(positions)
        if scope.indices and self.random.random() < 0.4:
            flag = self.new(f"arith.cmpi ult, {self.pick(scope.indices)}, %k2 : index")
        else:
            flag = self.new(f"arith.cmpf ogt, {self.pick(scope.scalars)}, {self.pick([*scope.scalars, '%zero'])} : f64")
        regions = []
        for _ in range(2):
            inner = scope.copy()
            inner.depth += 1
            lines = self.block(inner, 5)
            regions.append([*lines, f"  scf.yield {', '.join(self.ends(inner, positions))} : {', '.join(types)}"])
        definition, results = self.results(len(types))
        self.emit(f"{definition} = scf.if {flag} -> ({', '.join(types)}) {{")
        self.lines += [*regions[0], "} else {", *regions[1], "}"]
        self.bind(scope, positions, results)


def random_program(seed: int) -> str:
    """The text of the program with this seed."""
    return Generator(seed).program()
