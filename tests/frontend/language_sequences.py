# ruff: noqa: C416 - written as people write
"""Comprehensions, ranges, `match` and generators: programs compared with Python, and differentiated."""

from __future__ import annotations

import numpy as np

from tests.frontend.language_programs import A, B, case

__all__ = ["A", "B"]


@case(B)
def comp_long(a):
    xs = [np.sin(x) * 2 for x in a]
    ys = [(x, i * 2) for i, x in enumerate(a)]
    t = 0.0
    for x, i in ys:
        t += x * i
    return (
        np.array(xs) * t
        + xs[3]
        + sum(xs)
        + len(xs)
        + max(xs)
        + np.sum(np.array([i * 2 for i in range(40)]))
        + sum([x for x in xs[2:5]])
    )


@case(B, grad=False)
def comp_long_list(a):
    return [x * x for x in a], [(x, [x, x * 2]) for x in a][3]


@case(B, 3, grad=False)
def comp_nested(a, n):
    k = int(a[49]) + n
    m = np.array([a[i] * a[:4] for i in range(k + 1)])
    return (
        np.sum(m),
        sum(a[i] * a[j] for i in range(k) for j in range(i) if a[j] > 0.3),
        any(a[i] > 1 for i in range(k)),
        all(a[i] > 0 for i in range(k) if i > 1),
        max(a[i] for i in range(k)),
        np.sum([a[i] for i in range(k)]),
    )


@case(B)
def comp_static_objs(a):
    ws = [np.ones(i + 1) * a[i] for i in range(40)]
    return sum(np.sum(w) for w in ws)


@case(A, 3, grad=False)
def in_ranges(a, k):
    c = 0
    for i in range(10):
        if i in range(2, 8, k):
            c += i
        if i in range(8, 1, -2):
            c += 100 * i
        if i in range(k):
            c += 10000
    return c


@case(A, -3, 9, grad=False)
def neg_range(a, k, n):
    c = 0
    for i in range(n, 0, k):
        c = c * 10 + i
    for j, i in enumerate(reversed(range(0, n, -k))):
        c = c * 10 + i * j
    for i in range(n - 1, -1, -1):
        c += i
    return c, len(range(0, n, -k)), [i for i in range(n, 0, k)]


@case(A, 0, grad=False)
def zero_step(a, k):
    c = 0
    for i in range(0, 5, k):
        c += i
    return c


class Circle:
    __match_args__ = ("r",)

    def __init__(self, r):
        self.r = r


class Box:
    def __init__(self, w, h):
        self.w = w
        self.h = h


@case(A)
def match_cls(a):
    t = 0.0
    for s in [Circle(a[0]), Box(a[1], a[2]), Circle(-a[0]), (1, 2, 3, a[3]), [a[0]], None, "x", 3]:
        match s:
            case Circle(r) if r > 0:
                t += r * r
            case Circle(r=q):
                t -= q
            case Box(w=w, h=h):
                t += w * h
            case (1, *rest, last):
                t += last * len(rest)
            case [x]:
                t += x * 100
            case None:
                t += 1000
            case str() | int():
                t += 1e5
    return t


@case(A, 2, grad=False)
def match_traced(a, k):
    s = 0.0
    for i in range(len(a)):
        match i % 3:
            case 0:
                s += a[i]
            case 1 if k > 1:
                s += 10 * a[i]
                continue
            case m if m > k:
                s += 5
            case _:
                if a[i] > 100:
                    break
                s += 7
        s += 0.5
    return s


@case(A)
def gens(a):
    def count():
        k = 0
        while True:
            yield k
            k += 1

    def windows(x, n):
        """pairs"""
        for i in range(len(x) - n + 1):
            yield x[i : i + n]

    def tree(n):
        if n > 0:
            yield n
            yield from tree(n - 1)
            yield from tree(n - 2)
        return None

    s = 0.0
    for k, w in zip(count(), windows(a, 2)):
        s += k * np.sum(w)
    s += sum(x * x for w in windows(a, 3) for x in w)
    for n in tree(3):
        s += n * a[0]
    it = windows(a, 2)
    s += next(it)[0]
    xs = list(windows(a, 2))
    return s * len(xs) + max(w[0] for w in windows(a, 2))
