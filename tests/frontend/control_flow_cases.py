"""Control flow at the corners: what is bound, who shares memory, how often a body runs.

Each case is a function and several tuples of arguments.  No test module, so that pytest leaves `assert` statements as they
are.
"""
# ruff: noqa

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def case(*inputs: tuple[Any, ...]) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        CASES.extend((function, arguments) for arguments in inputs)
        return function

    return add


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal(shape)


# ---------------------------------------------------------------- names that may be unbound


@case((1.0,), (-1.0,))
def bound_and_read_under_one_condition(x):
    if x > 0:
        y = 2.0
    z = 1.0
    if x > 0:
        z = y
    return z


@case((1.0,), (-1.0,))
def bound_on_one_path(x):
    if x > 0:
        y = x
    return y


@case((1.0,), (-1.0,))
def structure_bound_on_one_path(x):
    if x > 0:
        y = (x, [x, 2.0])
    return y[1]


@case((np.ones(2), 1.0), (np.ones(2), -1.0))
def array_bound_on_one_path(a, x):
    if x > 0:
        b = a
    b[0] = 5.0
    return b


@case((1.0,), (-1.0,), (-10.0,))
def bound_in_two_steps(x):
    if x > 0:
        y = 1.0
    elif x < -5:
        y = 2.0
    if x < 0 and x > -5:
        y = 3.0
    return y


@case((3, 2.0), (1, 2.0), (0, 2.0))
def bound_by_loop(n, x):
    for i in range(n):
        t = x * i
    return t


@case((3, 2.0), (0, 2.0))
def target_after_loop(n, x):
    for i in range(n):
        x = x + i
    return i, x


@case((5.0,), (0.5,))
def bound_by_while(x):
    while x > 1.0:
        y = x
        x = x / 2.0
    return y


@case((numbers(5),))
def previous_turn(x):
    s = 0.0
    for i in range(5):
        if i > 0:
            s += before * x[i]
        before = x[i]
    return s


@case((1.0,), (-1.0,))
def deleted_on_one_path(x):
    y = x
    if x > 0:
        del y
    return y


@case((1.0,), (-1.0,))
def unbound_in_closure(x):
    def read():
        return y

    if x > 0:
        y = x
    return read()


@case((4, 2.0), (0, 2.0))
def bound_late_in_loop(n, x):
    for i in range(n):
        if i == 2:
            found = x * i
    return found


# ---------------------------------------------------------------- arrays and branches


@case((np.ones(3), np.zeros(3), 1.0), (np.ones(3), np.zeros(3), -1.0))
def either_argument(a, d, c):
    if c > 0:
        b = a
    else:
        b = d
    b += 1.0
    b[0] = 7.0
    return np.sum(b)


@case((np.ones(3), 1.0, 1.0), (np.ones(3), 1.0, -1.0), (np.ones(3), -1.0, 1.0), (np.ones(3), -1.0, -1.0))
def phi_of_phi(a, c, e):
    d = a * 2.0
    if c > 0:
        b = a
    else:
        b = d
    if e > 0:
        f = b
    else:
        f = a
    f[1] = 9.0
    b[2] += 1.0
    return b, d, f


@case((np.ones(3), 1.0), (np.ones(3), -1.0))
def two_names_for_a_new_array(a, c):
    if c > 0:
        b = d = a * 2.0
    else:
        b = d = a * 3.0
    b[0] = 50.0
    return d


@case((np.ones(3), 1.0), (np.ones(3), -1.0))
def new_array_shared_on_one_path(a, c):
    if c > 0:
        b = d = a * 2.0
    else:
        b = a * 3.0
        d = a * 4.0
    b[0] = 50.0
    return b, d


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def view_and_base_from_branch(a, c):
    if c > 0:
        b = a * 2.0
        d = b[1:3]
    else:
        b = a * 3.0
        d = b[3:5]
    return b, d


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def written_in_branch_and_rebound(a, c):
    b = a
    if c > 0:
        b[0] = 3.0
        b = b * 2.0
        b[1] = 4.0
    b[2] = 5.0
    return b


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def name_for_written_argument(a, c):
    d = a * 10.0
    b = d
    if c > 0:
        b = a
        b[0] = 9.0
    else:
        d[1] = 8.0
    return b, b[0] + b[1]


@case((numbers(4, 3), 2, 1.0), (numbers(4, 3), 2, -1.0))
def row_by_argument_in_branch(a, k, c):
    if c > 0:
        b = a[k]
    else:
        b = a[0]
    return b * 2.0


@case((numbers(4, 3), 2.0, 1.0), (numbers(4, 3), 2.0, -1.0))
def row_by_inner_number_in_branch(a, x, c):
    b = a[1]
    if c > 0:
        k = 0
        while k < x:
            k += 1
        b = a[k]
    return b * 2.0


@case((np.arange(4.0), 1.0), (np.arange(4.0), -1.0))
def slots_in_branch(a, c):
    d = {"x": a, "n": 1}
    xs = [a, a * 2.0]
    if c > 0:
        d["x"] = a + 1.0
        d["n"] = 2
        xs[1][0] = 5.0
        xs[0] = xs[1]
    xs[0][1] = 100.0
    return d, xs


# ---------------------------------------------------------------- arrays and loops


@case((numbers(4), 3), (numbers(4), 0))
def swap_in_inner_loop(x, n):
    a, b = x.copy(), x * 2.0
    for i in range(3):
        for j in range(3):
            b[:] = a + b * 0.5
            a, b = b, a
        a[0] += 1.0
    return a, b


@case((numbers(4), numbers(4) * 2, 5), (numbers(4), numbers(4) * 2, 0))
def swap_arguments_by_run_time_count(A, B, n):
    for t in range(n):
        B[1:] = 0.5 * A[:-1]
        A, B = B, A
    return A


@case((numbers(4), numbers(4) * 2),)
def swap_only_names(A, B):
    for t in range(3):
        A, B = B, A
    A[0] = 100.0
    return B


@case((numbers(4),))
def swap_in_list(x):
    xs = [x, x * 2.0]
    for t in range(3):
        xs[1][:] = xs[0] + 1.0
        xs[0], xs[1] = xs[1], xs[0]
    return xs


@dataclass
class Pair:
    a: Any
    b: Any


@case((numbers(4), numbers(4) + 1.0))
def swap_attributes(x, y):
    p = Pair(x, y)
    for t in range(5):
        p.b[1:] = p.a[:-1] * 2.0
        p.a, p.b = p.b, p.a
    return p.a


@case((numbers(4), 3), (numbers(4), 0), (numbers(4), 1))
def rebound_by_run_time_count(u, n):
    v = u
    for t in range(n):
        v = v * 2.0
    return v + u


@case((numbers(4), 3.0), (numbers(4), 0.5))
def local_rebound_in_while_then_written(u, x):
    v = u.copy()
    while x > 1.0:
        v = v * 2.0
        x = x - 1.0
    v[0] = 9.0
    return v


@case((numbers(4), 3.0), (numbers(4), 0.5))
def local_written_and_rebound_in_while(u, x):
    v = u.copy()
    while x > 1.0:
        v[0] = 1.0
        v = v * 2.0
        x = x - 1.0
    return v


@case((numbers(3, 4),))
def best_so_far(rows):
    best = rows[0].copy()
    for i in range(1, 3):
        candidate = rows[i] * 2.0
        if np.sum(candidate) > np.sum(best):
            best = candidate
    return best


@case((numbers(3, 4), numbers(4)))
def best_so_far_from_argument(rows, first):
    best = first
    for i in range(3):
        candidate = rows[i] * 2.0
        if np.sum(candidate) > np.sum(best):
            best = candidate
    return best


@case((numbers(4),))
def previous_array(x):
    old = x
    for _ in range(3):
        old = x
        x = x * 2.0
    return old, x


@case((numbers(4),))
def three_generations(x):
    a = b = c = x
    for _ in range(4):
        a, b, c = b, c, a + b * 2.0 + c
    return a, b, c


@case((numbers(4),))
def two_names_left_for_one_array(x):
    a, b = x, x * 2.0
    for _ in range(3):
        a = a + b
        b = a
    a[0] = 77.0
    return b


@case((numbers(3, 4),))
def rows_in_place(A):
    for row in A:
        row *= 2.0
        row[0] = 1.0
    return A


@case((numbers(6), 2), (numbers(6), 0))
def alias_before_loop(x, n):
    y = x
    z = x[1:]
    for i in range(n):
        y[i] = z[i] + 1.0
    return x, z


@case((numbers(4),))
def alias_moves_to_another_array(x):
    a, b = x * 1.0, x * 2.0
    p = a
    for _ in range(3):
        p = b
        p[0] += 1.0
    p[1] = 50.0
    return a, b


@case((numbers(4),))
def first_turn_writes_then_new(u):
    v = u
    for t in range(4):
        v[0] = 0.5
        v = np.sin(v) + 1.0
    return v


@case((numbers(5, 3), 0.1), (numbers(5, 3), 100.0))
def array_carried_past_break(rows, limit):
    total = np.zeros(3)
    for i in range(5):
        total = total + rows[i] * rows[i]
        if np.sum(total) > limit:
            break
        total[0] += 1.0
    return total, i


# ---------------------------------------------------------------- how often a body runs


@case((5, 1), (1, 5), (3, 3), (0, 7))
def range_between_arguments(a, b):
    s = 0
    for i in range(a, b):
        s = s * 3 + i
    for i in range(b, a, -1):
        s = s * 3 + i
    for i in range(a, b, 2):
        s = s * 3 + i
    for i in range(b + 4, a, -3):
        s = s * 3 + i
    return s


@case((numbers(7),))
def literal_ranges(x):
    s = 0.0
    for i in range(0):
        s = s + 1000.0
    for i in range(6, 0, -2):
        s = s * 0.5 + x[i]
    for i in range(1):
        s += i
    for i in range(1, 7, 4):
        s = s * 0.5 + x[i]
    return s


@case((numbers(4),))
def target_changed_in_body(x):
    s = 0.0
    for i in range(4):
        i = i * 2
        s += i
        if s > 100.0:
            break
    return s, i


@case((numbers(4), numbers(6)))
def sequences(x, y):
    s = 0.0
    for i, (u, v) in enumerate(zip(x, y), 3):
        s = s * 1.1 + i * u + v
    for v in reversed(x):
        s = s * 0.9 + v
    for i in reversed(range(4)):
        s = s * 0.9 + x[i] * i
    return s


@case((np.zeros(3),))
def target_is_element(x):
    for x[1] in range(4):
        x[0] += x[1]
    return x


@case((3, 2.0), (0, 2.0), (7, 2.0))
def break_by_run_time_count(n, x):
    s = 0.0
    for i in range(n):
        s += x
        if s > 9.0:
            break
    else:
        s = -s
    return s


@case((6.0,), (0.0,), (2.0,))
def while_else(x):
    while x > 1.0:
        x -= 2.0
        if x == 4.0:
            continue
        if x == 1.5:
            break
    else:
        x = x - 100.0
    return x


@case((10.0,), (0.0,))
def walrus_in_while(x):
    s = 0.0
    while (y := x * 0.5) > 1.0:
        s += y
        x = y
    return s, x, y


@case((3.0,), (30.0,))
def python_then_traced_condition(x):
    k = 0
    todo = [1, 2]
    while todo or x > 5.0:
        if todo:
            k += todo.pop()
        x = x - 1.0
    return k, x


@case((numbers(3), 4), (numbers(3), 1))
def index_into_list_in_while(x, n):
    scales = [1.0, 2.0, 3.0, 4.0]
    k = 0
    while k < 3:
        x = x * scales[k]
        k += 1
    return x


@case((numbers(3),))
def dict_grows(x):
    d = {}
    for i in range(3):
        d[f"x{i}"] = x[i]
    return d


@case((numbers(3, 3), 0.0), (numbers(3, 3), 100.0), (numbers(3, 3), -100.0))
def return_from_while_in_for(A, limit):
    n = 0
    for i in range(3):
        x = A[i, 0]
        while x < 3.0:
            x = x + 0.7
            n += 1
            if x + A[i, 1] < limit - 50.0:
                return "early" == "late", n, x
            if n > 20:
                break
    return True, n, limit


def _first_above(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            return i
    return -1


@case((numbers(4, 5), 0.5), (numbers(4, 5), 5.0))
def helper_with_return_in_loop(A, limit):
    s = 0
    for i in range(4):
        k = _first_above(A[i], limit)
        if k < 0:
            continue
        s = s * 10 + k
    return s


# ---------------------------------------------------------------- numbers that are carried


@case((1.0, 2.0, 3.0, 4.0),)
def same_kinds_do_not_mix(d, b, c, a):
    e = a + 0.5
    for i in range(5):
        a, b, c, d = b, c, d, e
        e = e * 2.0 + a
        if e > 20.0:
            c, a = a, c
    return a, b, c, d, e


@case((3,), (0,))
def kinds_widen(n):
    s = 0
    t = 1
    for i in range(n):
        s += 0.5
        t = t * 2
    return s * 1.0, t


@case((numbers(3).astype(np.float32),))
def weak_float_in_loop(x):
    s = 0.0
    for i in range(3):
        s = s * 0.5 + x[i]
    return s


@case((2.0,), (-2.0,))
def flags_of_python(x):
    found = False
    count = 0
    for limit in [1.0, 2.0, -3.0]:
        if x > limit:
            found = True
            count += 1
    return found, count


@case((2.0, 3.0), (0.0, 3.0), (2.0, 0.0))
def values_of_and_or(x, y):
    return x and y, x or y, not x, (x or y) and 5.0


@case((2.0,), (-2.0,))
def lazy_operands(x):
    return 1.0 if x < 0 else np.sqrt(x), x > 0 and 1.0 / x > 0.1


# ---------------------------------------------------------------- objects, cells


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


# ---------------------------------------------------------------- errors at run time


@case((2.0,), (-2.0,))
def raise_in_branch(x):
    if x < 0:
        raise ValueError("x is negative")
    return x * 2.0


@case((np.array([1.0, 2.0]),), (np.array([1.0, -2.0]),))
def raise_in_loop(x):
    s = 0.0
    for v in x:
        if v < 0:
            raise ValueError("negative")
        s += v
    return s


@case((2.0,), (-2.0,))
def assert_under_branch(x):
    if x < 5.0:
        assert x > 0, "not positive"
    return x


@case((numbers(4), 2), (numbers(4), 4), (numbers(4), -5), (numbers(4), -4))
def index_from_argument(x, k):
    return x[k]


@case((numbers(4), 3), (numbers(4), 5))
def index_out_of_range_in_loop(x, n):
    s = 0.0
    for i in range(n):
        s += x[i]
    return s


@case((numbers(4), 2), (numbers(4), 9))
def guarded_index(x, k):
    if k < 4 and x[k] < 100.0:
        return x[k]
    return -1.0
