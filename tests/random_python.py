"""Random Python programs: source text of ordinary NumPy functions, for tests of the whole compiler.

Loops up, down and in strides, nested, with bounds that depend on outer counters; `while` with counters; branches with
early exits; elements, slices, views, second names, rows and columns; augmented forms of all; calls of helpers that
write to what they are given; arrays that change places.  Every value stays of the order of one: rounding does not grow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

LENGTH, ROWS, COLUMNS = 8, 4, 6
NAMES = ("x", "y", "a", "b", "c", "n")

HELPERS = '''
import math

import numpy as np


def shrunk(z):
    if z > 1.0:
        return 1.0 / z
    if z < -2.0:
        z = -0.5
    return z * 0.5


def touched(v, i, z):
    v[i] += z
    return v[0] * z


def mixed(v, w):
    v[1:] = np.sin(w[:-1]) + 0.5 * v[1:]


'''


@dataclass
class Scope:
    """What may be read where the next statement stands; a block starts with a copy of what is around it."""

    scalars: list[str]
    vectors: dict[str, int]
    indices: list[str]
    depth: int = 0
    in_loop: bool = False
    local: list[str] = field(default_factory=list)

    def inner(self, in_loop: bool) -> Scope:
        in_loop = in_loop or self.in_loop
        return Scope(list(self.scalars), dict(self.vectors), list(self.indices), self.depth + 1, in_loop)


class Writer:
    """Writes one program; equal seeds give equal programs."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.lines: list[str] = []
        self.count = 0
        self.left = 18

    # ------------------------------------------------------------ expressions

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def index(self, scope: Scope, extent: int) -> str:
        """An index expression inside 0..extent, sometimes from the end."""
        if scope.indices and self.random.random() < 0.7:
            i = self.pick(*scope.indices)
            shift = self.random.randrange(1, 3)
            return self.pick(f"{i} % {extent}", f"({i} + {shift}) % {extent}", f"-1 - {i} % {extent}")
        return str(self.random.randrange(-extent, extent))

    def element(self, scope: Scope) -> str:
        if self.random.random() < 0.2:
            return f"c[{self.index(scope, ROWS)}, {self.index(scope, COLUMNS)}]"
        name = self.pick(*scope.vectors)
        return f"{name}[{self.index(scope, scope.vectors[name])}]"

    def scalar(self, scope: Scope, depth: int = 2) -> str:
        if depth == 0 or self.random.random() < 0.25:
            return self.pick(self.pick(*scope.scalars), self.element(scope), self.pick("0.5", "-0.3", "1.25"))
        left, right = self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)
        return self.pick(
            f"({left} + {right}) * 0.5", f"math.sin({left} * {right})", f"({left} - {right})",
            f"np.tanh({left}) * {right}",
            f"{left} / (1.0 + ({right}) ** 2)", f"max({left}, {right})", f"abs({left})", f"shrunk({left})",
            f"({left} if {self.condition(scope)} else {right})", f"np.cos({left})", f"math.exp(-({left}) ** 2)")

    def bounded(self, scope: Scope) -> str:
        """A scalar of the order of one, whatever it is made of."""
        return self.pick("math.sin({})", "np.tanh({})", "math.cos({})").format(self.scalar(scope))

    def condition(self, scope: Scope) -> str:
        simple = [f"{self.pick(*scope.scalars)} > {self.pick(*scope.scalars, '0.1')}", f"{self.element(scope)} <= 0.2",
                  f"n {self.pick('<', '>=', '==', '!=')} 2"]
        if scope.indices:
            simple.append(f"{self.pick(*scope.indices)} % 3 != 1")
        first, second = self.random.choice(simple), self.random.choice(simple)
        return self.pick(first, first, f"{first} and {second}", f"({first} or not {second})")

    def window(self, scope: Scope, length: int) -> str | None:
        """A part of an array with `length` elements; None where there is none."""
        parts = []
        for name, extent in scope.vectors.items():
            if extent == length:
                parts += [name, f"{name}[::-1]"]
            if extent >= length > 0:
                start = self.random.randrange(extent - length + 1)
                parts.append(f"{name}[{start}:{start + length}]")
            if extent >= 2 * length - 1 and length > 1:
                parts.append(f"{name}[:{2 * length - 1}:2]")
        if length == COLUMNS:
            parts.append(f"c[{self.index(scope, ROWS)}]")
        if length == ROWS:
            parts.append(f"c[:, {self.index(scope, COLUMNS)}]")
        return self.pick(*parts) if parts else None

    def vector(self, scope: Scope, length: int, depth: int = 2) -> str:
        part = self.window(scope, length)
        if part is None:
            return self.pick(f"np.zeros({length})", f"np.full({length}, {self.pick(*scope.scalars)})")
        if depth == 0:
            return part
        left, right = self.vector(scope, length, depth - 1), self.vector(scope, length, depth - 1)
        return self.pick(
            part, f"np.sin({left})", f"({left} + {right}) * 0.5", f"{left} * np.cos({right})", f"np.tanh({left})",
            f"{self.pick(*scope.scalars)} * np.sin({left})", f"np.maximum({left}, {right})",
            f"np.where({left} > {right}, {right}, 0.5 * {left})", f"{left} / (1.0 + {right} * {right})")

    # ------------------------------------------------------------ statements

    def emit(self, scope: Scope, line: str) -> None:
        self.lines.append("    " * (scope.depth + 1) + line)

    def block(self, scope: Scope, statements: int) -> None:
        before = len(self.lines)
        for _ in range(statements):
            self.statement(scope)
        if len(self.lines) == before:
            self.emit(scope, "pass")

    def statement(self, scope: Scope) -> None:
        if self.left <= 0:
            return
        self.left -= 1
        kinds: dict[Callable[[Scope], None], int] = {
            self.assign: 6, self.augment: 4, self.store: 6, self.store_window: 5, self.view: 2, self.copy: 1,
            self.reduce: 2, self.helper: 2, self.swap: 1, self.dynamic_slice: 1, self.integer: 1}
        if scope.depth < 3:
            kinds |= {self.for_: 6, self.if_: 4, self.while_: 2, self.either: 1}
        if scope.in_loop:
            kinds |= {self.leave: 1}
        self.random.choices(list(kinds), list(kinds.values()))[0](scope)

    def assign(self, scope: Scope) -> None:
        if self.random.random() < 0.5:
            self.emit(scope, f"{self.pick(*scope.scalars)} = {self.bounded(scope)}")
            return
        name, value = self.name("s"), self.scalar(scope)
        self.emit(scope, f"{name} = {value}")
        scope.scalars.append(name)

    def augment(self, scope: Scope) -> None:
        operator = self.pick("+=", "-=", "*=")
        self.emit(scope, f"{self.pick(*scope.scalars)} {operator} {self.bounded(scope)}")

    def store(self, scope: Scope) -> None:
        self.emit(scope, f"{self.element(scope)} {self.pick('=', '=', '+=', '*=')} {self.bounded(scope)}")

    def store_window(self, scope: Scope) -> None:
        length = self.random.choice([*scope.vectors.values(), ROWS, COLUMNS, 3])
        target = self.window(scope, length)
        if target is None:
            return
        operator = self.pick("=", "=", "+=", "*=", "-=")
        if target in scope.vectors and operator == "=":
            target += "[:]"
        value = self.vector(scope, length)
        if operator != "=" or value.endswith(":2]"):
            # Bounded; and NumPy (2.4) itself goes wrong at b[1:5] = b[:7:2], where strides differ and memory overlaps.
            value = f"np.sin({value})"
        self.emit(scope, f"{target} {operator} {value}")

    def view(self, scope: Scope) -> None:
        """A second name for an array or a part of it."""
        length = self.random.choice([LENGTH, COLUMNS, ROWS, 5, 3])
        part = self.window(scope, length)
        if part is not None:
            name = self.name("v")
            self.emit(scope, f"{name} = {part}")
            scope.vectors[name] = length

    def copy(self, scope: Scope) -> None:
        source, name = self.pick(*scope.vectors), self.name("w")
        self.emit(scope, f"{name} = {self.pick(f'{source}.copy()', f'np.cos({source})', f'np.zeros_like({source})')}")
        scope.vectors[name] = scope.vectors[source]
        scope.local.append(name)

    def reduce(self, scope: Scope) -> None:
        length = self.random.choice([LENGTH, ROWS, 3])
        value = self.vector(scope, length, 1)
        name = self.name("s")
        reduction = self.pick(f"0.3 * np.sum({value})", f"({value}).mean()", f"np.max({value})",
                              f"np.dot({value}, {self.vector(scope, length, 0)}) * 0.2")
        self.emit(scope, f"{name} = {reduction}")
        scope.scalars.append(name)

    def helper(self, scope: Scope) -> None:
        target = self.pick(*scope.vectors)
        if self.random.random() < 0.5:
            name = self.name("s")
            index = self.index(scope, scope.vectors[target])
            self.emit(scope, f"{name} = touched({target}, {index}, {self.bounded(scope)})")
            scope.scalars.append(name)
        else:
            others = [name for name, length in scope.vectors.items() if length == scope.vectors[target]]
            self.emit(scope, f"mixed({target}, {self.pick(*others)})")

    def swap(self, scope: Scope) -> None:
        """Scalars change places anywhere; arrays where the number of turns is one."""
        if len(scope.local) >= 2 and not scope.in_loop and scope.depth == 0:
            p, q = self.random.sample(scope.local, 2)
            scope.vectors[p], scope.vectors[q] = scope.vectors[q], scope.vectors[p]
        elif len(scope.scalars) >= 2:
            p, q = self.random.sample(scope.scalars, 2)
        else:
            return
        self.emit(scope, f"{p}, {q} = {q}, {p}")

    def dynamic_slice(self, scope: Scope) -> None:
        name, bound = self.pick("a", "b"), self.pick("n", *scope.indices)
        name_of = self.pick(f"{name}[{bound}:]", f"{name}[:{bound} + 1]", f"{name}[1:{bound}]")
        if self.random.random() < 0.5:
            self.emit(scope, f"{name_of} *= {self.bounded(scope)}")
        else:
            self.emit(scope, f"{self.pick(*scope.scalars)} += 0.1 * np.sum({name_of})")

    def integer(self, scope: Scope) -> None:
        name = self.name("k")
        self.emit(scope, f"{name} = ({self.pick('n', *scope.indices)} * 3 + 1) % 7")
        scope.indices.append(name)

    def leave(self, scope: Scope) -> None:
        self.emit(scope, f"if {self.condition(scope)}:")
        self.emit(scope.inner(True), self.pick("break", "continue", f"return {self.pick(*scope.scalars)}, a, b, c"))

    def for_(self, scope: Scope) -> None:
        i = self.name("i")
        bound = self.pick("n", *scope.indices, "3", "2")
        turns = self.pick(bound, f"1, {bound} + 1", f"{bound}, -1, -1", f"0, {bound}, 2", f"{bound}, 5")
        self.emit(scope, f"for {i} in range({turns}):")
        body = scope.inner(True)
        body.indices.append(i)
        self.block(body, self.random.randrange(1, 6))

    def while_(self, scope: Scope) -> None:
        k = self.name("k")
        self.emit(scope, f"{k} = 0")
        self.emit(scope, f"while {k} < {self.pick('n', '3')} and {self.condition(scope)}:")
        body = scope.inner(True)
        body.indices.append(k)
        self.emit(body, f"{k} += 1")
        self.block(body, self.random.randrange(1, 5))
        scope.indices.append(k)

    def if_(self, scope: Scope) -> None:
        self.emit(scope, f"if {self.condition(scope)}:")
        self.block(scope.inner(scope.in_loop), self.random.randrange(1, 4))
        if self.random.random() < 0.6:
            self.emit(scope, "else:")
            self.block(scope.inner(scope.in_loop), self.random.randrange(1, 4))

    def either(self, scope: Scope) -> None:
        """One name for a part of one of two arrays, and a write through it."""
        length = self.random.choice([LENGTH, 5, 3])
        first, second = self.window(scope, length), self.window(scope, length)
        if first is None or second is None:
            return
        name = self.name("v")
        self.emit(scope, f"if {self.condition(scope)}:")
        self.emit(scope, f"    {name} = {first}")
        self.emit(scope, "else:")
        self.emit(scope, f"    {name} = {second}")
        scope.vectors[name] = length
        self.emit(scope, f"{name}[{self.random.randrange(length)}] = {self.bounded(scope)}")


def source_of(seed: int) -> str:
    """The source of a module with a function `program(x, y, a, b, c, n)` that returns a number and the three arrays."""
    writer = Writer(seed)
    scope = Scope(["x", "y"], {"a": LENGTH, "b": LENGTH}, ["n"])
    writer.block(scope, 8)
    total = " + ".join(scope.scalars[:8])
    return f"{HELPERS}def program({', '.join(NAMES)}):\n" + "\n".join(writer.lines) + f"\n    return {total}, a, b, c\n"
