"""Small functions that use every statement the rewriter knows, with arguments for each; and functions it refuses.

No test module, so that pytest leaves the `assert` statements as they are written.
"""
# ruff: noqa

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType
from typing import Any

CASES: list[tuple[FunctionType, tuple[Any, ...]]] = []


def case(*inputs: tuple[Any, ...]) -> Callable[[FunctionType], FunctionType]:
    """Adds the function to the corpus, once for every tuple of arguments."""

    def add(function: FunctionType) -> FunctionType:
        CASES.extend((function, arguments) for arguments in inputs)
        return function

    return add


# ---- jumps


@case((11.0,), (3.0,), (-3.0,))
def early_returns(x):
    if x > 10.0:
        return x * 2.0
    if x < 0:
        return 0.0
    y = x + 1.0
    return y * y


@case(([1, 2, 3], 2), ([1, 2, 3], 9), ([], 1))
def return_inside_loop(xs, wanted):
    for i, x in enumerate(xs):
        if x == wanted:
            return i
    return None


@case(([[1, -1, 7], [2, 9, 3], [1, 1, 1]], 5), ([[1], [2]], 1))
def nested_breaks(rows, limit):
    count = 0
    for row in rows:
        for x in row:
            if x < 0:
                break
            if x > limit:
                continue
            count += 1
        else:
            count += 100
    return count


@case(([1, 2, 3], 2), ([1, 2, 3], 5))
def for_else(xs, limit):
    for i, x in enumerate(xs):
        if x > limit:
            k = i
            break
    else:
        k = -1
    return k * 2


@case((10,), (3,), (0,))
def while_else(n):
    while n > 2:
        n -= 3
        if n == 4:
            break
    else:
        n = -n
    return n


@case((5,), (50,))
def while_true(n):
    turns = 0
    while True:
        n = n // 2
        turns += 1
        if n == 0:
            return turns


@case(([3, 1, 2],), ([],))
def return_in_try(xs):
    seen = []
    try:
        for x in xs:
            if x == 1:
                return seen
            seen.append(x)
        first = xs[0]
    except IndexError:
        return "empty"
    finally:
        seen.append("done")
    return first


@case((1,), (0,))
def try_else(n):
    try:
        y = 1 / n
    except ZeroDivisionError as error:
        return type(error).__name__
    else:
        y += 1
    return y


@case((-1,), (1,))
def raise_under_if(n):
    if n < 0:
        raise ValueError(f"{n} is negative") from KeyError("cause")
    return n


@case((True,), (False,))
def swallowed_raise(really):
    with suppress(ValueError):
        if really:
            raise ValueError("swallowed")
        return "not raised"
    return "raised"


@case((1,), (3,))
def falls_off_the_end(n):
    if n > 2:
        return n


# ---- names


@case(([1, 2],), ([],))
def bound_in_loop(xs):
    for x in xs:
        last = x * 2
    return last


@case((1,), (-1,))
def bound_on_one_path(n):
    if n > 0:
        y = n
    return y


@case((1,), (-1,))
def deleted_on_one_path(n):
    y = n
    if n > 0:
        del y
    return y


@case((3,))
def dead_names_do_not_hurt(n):
    total = 0
    for i in range(n):
        temporary = i * 2
        if temporary > 2:
            other = temporary
            total += other
        total += temporary
    return total


@case(([1, 2, 3],))
def nonlocal_sum(xs):
    total = 0

    def add(x):
        nonlocal total
        total += x

    for x in xs:
        add(x)
        total = total * 2
    return total


@case((4,))
def previous_turn(n):
    out = 0
    for i in range(n):
        if i > 0:
            out += before * i
        before = i + 10
    return out


# ---- targets and operators


@case(((1, (2, 3), [4, 5, 6]),))
def unpacking(v):
    a, (b, c), [d, *e] = v
    (f, g), *h = [(a, b)], c, d
    return a, b, c, d, e, f, g, h


@case(([[1, 2], [3, 4]],))
def stores(m):
    m[0][1] += 5
    m[1][:] = m[0]
    m[0], m[1][0] = m[1], m[0][0]
    del m[1][1:]
    a = b = m
    return a, b


@dataclass
class Point:
    x: int
    y: list

    def moved(self, by):
        return Point(self.x + by, [*self.y, by])


@case((Point(1, [2]),))
def attributes(p):
    p.x += 1
    p.y[0] *= 3
    p.y += [p.x]
    q = p.moved(by=2)
    p.z = 1
    del p.z
    return q, p.__dict__


def order_of_evaluation():
    log = []

    def note(name, value):
        log.append(name)
        return value

    box = [0, [0]]
    note("target", box)[note("index", 0)] = note("value", 1)
    note("owner", box)[note("place", 1)] += note("operand", [1])
    note("a", 3) < note("b", 2) < note("c", 5)
    note("left", 1) or note("right", 2)
    return log, box


CASES.append((order_of_evaluation, ()))


@case((3,), (-3,), (0,))
def boolean_values(n):
    return (n and "yes", n or "no", not n, 0 < n <= 3 and n, n if n > 0 else -n, (n > 0 or n < -2) and not n == 3)


@case(([1, 2, 3, 4],))
def slices(xs):
    return xs[1:], xs[:-1], xs[::2], xs[1:3:1], [xs[i] for i in range(0, 4, 2) if i >= 0], {x: -x for x in xs}


@case((2,))
def functions_and_lambdas(n):
    def scaled(x, by=n * 2):
        return x * by

    return [f(3) for f in (lambda x: x + n, lambda x, k=n + 1: x * k)] + [scaled(1)], f"{n:3d}|{n + 1}"


@case(([3, 0, 2],), ([],))
def walrus(xs):
    out = []
    while (n := len(xs)) > 1:
        if n == 2:
            xs.pop()
            continue
        out.append(xs.pop())
    if (m := len(xs)) == 1:
        out.append(m)
    return out, n


@case((5,))
def annotated(n):
    x: int = n
    y: float
    assert x > 1, "too small"
    import math as mathematics

    y = mathematics.floor(x / 2)
    return y


@case((0,))
def failing_assertion(n):
    assert n, f"{n} is not enough"


class Base:
    def f(self, x):
        return x * 2


class Private(Base):
    def __init__(self):
        self.__secret = 3

    def f(self, x, __by=1):
        return super().f(x) + self.__secret * __by


# ---- refused


async def coroutine(x):
    return x


COUNTER = 0


def global_store(x):
    global COUNTER
    COUNTER = x


def mapping_pattern(x):
    match x:
        case {"a": 1}:
            return x


def walrus_in_operand(x):
    return x > 0 and (y := x) > 1 and y


def looks_at_locals(x):
    return locals()
