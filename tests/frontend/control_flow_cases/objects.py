"""Objects and cells."""
# ruff: noqa

from __future__ import annotations

from tests.frontend.control_flow_cases.case import Pair, case, numbers


@case((numbers(3), 4), (numbers(3), 0))
def object_in_place_seen_by_alias(x, n):
    p = Pair(x, 0.0)
    q = p
    for i in range(n):
        p.a = p.a * 2.0
        p.b += i
    return q.a, q.b


@case((numbers(3),))
def tuples_and_dicts_rebound(x):
    s = (x, {"k": 1.0})
    for i in range(4):
        s = (s[0] + s[1]["k"], {"k": s[1]["k"] * 2.0})
    return s


@case((numbers(3), 1.0), (numbers(3), -1.0))
def nonlocal_in_branch(x, c):
    total = 0.0
    count = 0

    def add(v):
        nonlocal total, count
        total = total + v
        count += 1

    for i in range(3):
        if x[i] * c > 0:
            add(x[i])
        total *= 2.0
    if c > 0:
        add(10.0)
    return total, count


@case((5.0,), (0.0,))
def nonlocal_in_while(x):
    n = 0

    def step(v):
        nonlocal n
        n += 1
        return v - 1.0

    while x > 0.5:
        x = step(x)
    return n, x


@case((3, 1.0), (3, -1.0))
def counter_object(n, c):
    class Counter:
        def __init__(self):
            self.value = 0.0

        def add(self, by):
            self.value += by
            return self

    k = Counter()
    for i in range(n):
        if c > 0:
            k.add(i).add(1.0)
    return k.value
