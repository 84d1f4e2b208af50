# ruff: noqa: B007, C416, E731, RET504 - written as people write
"""Python statements and expressions as people write them: each program is compared with Python, and differentiated."""

from __future__ import annotations

import contextlib
import enum
import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

#: (program, arguments, whether its derivative is checked)
CASES: list[tuple[Callable[..., Any], tuple[Any, ...], bool]] = []
A = np.array([1.2, 2.3, 3.1, -4.0])
B = np.linspace(0.1, 2.0, 50)


def case(*arguments: Any, grad: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def entered(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES.append((function, arguments, grad))
        return function

    return entered


@case(A)
def for_else(a):
    for i in range(len(a)):
        if a[i] < -10:
            break
    else:
        return a[0] * 2
    return a[1]


@case(A)
def while_else(a):
    i = 0
    while i < len(a):
        if a[i] < 0:
            break
        i += 1
    else:
        i = 100
    return a[0] * i


@case(A, 3, grad=False)
def in_list(a, k):
    return (1 if k in [1, 2, 3] else 0) + (10 if k not in (4, 5) else 0) + (100 if k in range(5) else 0)


@case(A, 2.0, grad=False)
def in_array(a, v):
    return (1 if v in a else 0) + (10 if 7.0 not in a else 0)


@case(A, 3, grad=False)
def in_range_dyn(a, k):
    c = 0
    for i in range(10):
        if i in range(2, 8, k):
            c += i
    return c


@case(A)
def star(a):
    x, *rest = a
    (p, q), *r = [(x, 2.0), 3.0, 4.0]
    *h, t = rest
    return x + rest[0] * rest[1] + p * q + len(r) + t * h[0]


@case(A)
def walrus(a):
    s = 0.0
    if (n := len(a)) > 3:
        s += n
    if (m := np.sum(a)) > 1:
        s += m * m
    return s


@case(A)
def condexpr(a):
    x = 1 if a[0] > 0 else 2.5
    return x * a[0]


@case(A, 2, grad=False)
def range_step(a, k):
    s = 0.0
    for i in range(0, len(a), k):
        s += a[i]
    return s


@case(A, -1, grad=False)
def range_negstep(a, k):
    s = 0.0
    for i in range(len(a) - 1, -1, k):
        s = s * 2 + a[i]
    return s


@case(np.arange(6.0).reshape(3, 2))
def rows(a):
    s = 0.0
    for r in a:
        s += r[0] * r[1]
    return s


@case(A)
def zip_mixed(a):
    s = 0.0
    for x, i, w in zip(a, range(4), [1.0, 2.0, 3.0, 4.0]):
        s += x * i * w
    return s


@case(A)
def zip_mixed_count(a):

    s = 0.0
    for x, i in zip(a, itertools.count()):
        s += x * i
    return s


@case(A)
def enum_start(a):
    s = 0.0
    for i, x in enumerate(a, start=2):
        s += i * x
    for i, x in enumerate(a[1:], 1):
        s += i * x
    return s


@case(A)
def rev(a):
    s = 0.0
    for x in reversed(a):
        s = 0.5 * s + x
    for i in reversed(range(len(a))):
        s += i * a[i]
    return s


@case({"a": A, "b": A * 2})
def dict_items(d):
    s = 0.0
    for k, v in d.items():
        s += np.sum(v) * (2 if k == "a" else 1)
    for k in d:
        s += d[k][0]
    for v in d.values():
        s += v[1] * v[1]
    for k in sorted(d.keys()):
        s += d[k][0]
    return s


@case([A, A * 2])
def list_arrays(arrays):
    s = 0.0
    for v in arrays:
        s += np.sum(v * v)
    return s


@case(A)
def comp_static(a):
    xs = [a[i] * i for i in range(4)]
    return sum(xs) + max([x for x in xs])


@case(A)
def comp_array(a):
    return np.array([x * x + 1 for x in a])


@case(A, 3, grad=False)
def comp_dyn(a, n):
    return np.sum(np.array([a[i] * 2 for i in range(n)]))


@case(A, 3, grad=False)
def comp_dyn_data(a, n):
    k = int(a[1]) + 1
    return np.sum(np.array([a[i] * 2 for i in range(k)]))


@case(A)
def gen_sum(a):
    return (
        sum(x * x for x in a)
        + max(x for x in a)
        + (1.0 if any(x < 0 for x in a) else 0.0)
        + (1.0 if all(x < 9 for x in a) else 0.0)
    )


@case(A)
def gen_dyn(a):
    k = int(a[1]) + 1
    return sum(a[i] * i for i in range(k))


@case(A)
def gen_dyn_any(a):
    k = int(a[1]) + 1
    return (
        a[0] * (1.0 if any(a[i] > 2 for i in range(k)) else 0.0)
        + (1.0 if all(a[i] > 0 for i in range(k)) else 0)
        + max(a[i] for i in range(k))
    )


@case(A)
def sum_list(a):
    return sum([a[0], a[1] * 2]) + sum([a, a * 2])[0] + sum((a[0], 1), 5.0)


@case(A)
def nonloc(a):
    c = 0.0

    def add(x):
        nonlocal c
        c += x

    for i in range(4):
        add(a[i] * a[i])
    return c


@case(A)
def lam(a):
    f = lambda x, k=2, *, s=1.0: x * k + s
    return f(a[0]) + f(a[1], 3) + f(a[2], s=a[3])


@case(A)
def starargs(a):
    def g(*args, **kw):
        t = 0.0
        for x in args:
            t += x
        for k, v in kw.items():
            t *= v
        return t

    return g(*[a[0], a[1]], u=a[2], w=2.0) + g(*a)


@case(A)
def part(a):
    def g(x, y, z=1.0):
        return x * y + z

    h = functools.partial(g, a[0], z=a[1])
    return h(a[2])


@case(A)
def decorated(a):
    def twice(f):
        @functools.wraps(f)
        def w(*args):
            return 2 * f(*args)

        return w

    @twice
    def g(x):
        return x * x

    return g(a[0])


@case(A, "sin")
def match_str(a, kind):
    match kind:
        case "sin":
            return np.sum(np.sin(a))
        case "cos" | "cosine":
            return np.sum(np.cos(a))
        case _:
            raise ValueError(kind)


@case(A, 2, grad=False)
def match_int(a, k):
    match k:
        case 0:
            r = a[0]
        case 1 | 2:
            r = a[1] * 2
        case n if n > 5:
            r = a[2]
        case _:
            r = a[3]
    return r


@case(A)
def match_tuple(a):
    p = ("scale", a[1])
    match p:
        case ("shift", s):
            return a + s
        case ("scale", s):
            return a * s


@case(A)
def gen_func(a):
    def pairs(n):
        for i in range(n):
            for j in range(i):
                yield i, j

    s = 0.0
    for i, j in pairs(4):
        s += a[i] * a[j]
    return s


@case(A)
def withs(a):
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.log(np.abs(a))
    return r


@contextlib.contextmanager
def ctx(x):
    yield x * 2


@case(A)
def with_cm(a):
    with ctx(a[0]) as y:
        r = y * a[1]
    return r


@case(A)
def try_(a):
    try:
        r = a * 2
    except ValueError:
        r = a
    finally:
        r = r + 1
    return r


class Kind(enum.Enum):
    A = 1
    B = 2


@case(A, Kind.B)
def enum_(a, k):
    if k is Kind.A:
        return a
    return a * 2 if k == Kind.B else a * 3


class IK(enum.IntEnum):
    X = 0
    Y = 1


@case(A)
def intenum(a):
    return a[IK.Y] * 2 + a[IK.X]


@case(A)
def none_default(a, b=None, n: int = 3) -> float:
    """doc"""
    if b is None:
        b = a * 2
    assert n > 0, "n"
    del n
    return np.sum(b)


@case(A)
def inst(a):
    s = 0
    if isinstance(a, np.ndarray):
        s += 1
    if isinstance(a[0], float):
        s += 10
    if hasattr(a, "shape"):
        s += 100
    if not hasattr(a, "foo"):
        s += 1000
    return a.sum() * s


B = np.linspace(0.1, 2.0, 50)
