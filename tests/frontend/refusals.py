"""Functions that are refused, with what the message must say; the line with `# here` is where it must point.

No test module, so that pytest leaves `assert` statements as they are.
"""
# ruff: noqa

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.errors import (
    UnsupportedError,
    WengertError,
    WengertIndexError,
    WengertNameError,
    WengertTypeError,
    WengertValueError,
)

Case = tuple[Callable[..., Any], tuple[Any, ...], type[WengertError], str]
CASES: list[Case] = []
ONES = np.ones(3)


def refused(error: type[WengertError], text: str, *arguments: Any) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        CASES.append((function, arguments, error, text))
        return function

    return add


# ---------------------------------------------------------------- what two paths leave


@refused(WengertTypeError, "'y' is an array float64(3,) on one path and an array float64(2,) on the other", ONES, 1.0)
def shapes_of_two_paths(x, c):
    if c > 0:  # here
        y = x
    else:
        y = x[:2]
    return y


@refused(WengertTypeError, "'y' is an array float64(3,) on one path and None on the other", ONES, 1.0)
def none_on_one_path(x, c):
    y = None
    if c > 0:  # here
        y = x
    return y


@refused(WengertTypeError, "the returned value is a float on one path and None on the other", 1.0)
def may_end_without_return(x):
    if x > 0:  # here
        return x


@refused(WengertTypeError, "'k' is a bool on one path and an int on the other", 1.0, 3)
def bool_or_int(x, n):
    k = n
    if x > 0:  # here
        k = x > 2.0
    return k


@refused(WengertTypeError, "a list is [a float, a float] on one path and [a float] on the other", 1.0)
def list_grows_in_branch(x):
    xs = [x]
    if x > 0:  # here
        xs.append(x)
    return xs


@refused(WengertTypeError, "a dict is dict(a float, a float) on one path and dict(a float) on the other", 1.0)
def dict_grows_in_branch(x):
    d = {"a": x}
    if x > 0:  # here
        d["b"] = x
    return d


class Thing:
    pass


@refused(UnsupportedError, "Thing.u is a float on one path and unbound on the other", 1.0)
def attribute_made_in_branch(x):
    t = Thing()
    if x > 0:  # here
        t.u = x
    return x


@dataclass
class Pair:
    a: Any
    b: Any


@refused(UnsupportedError, "a Pair is changed in place that depends on run-time values", 1.0)
def one_of_two_objects_is_changed(x):
    p = Pair(x, 1.0)
    q = p
    if x > 0:
        p = Pair(2.0, 2.0)
    p.a = 5.0  # here
    return q.a


@refused(WengertNameError, "cannot access local variable 'y'", 1.0)
def unbound_for_certain(x):
    if x > 0:
        z = 1.0
    else:
        y = 1.0
        del y
        z = y  # here
    return z


# ---------------------------------------------------------------- loops


@refused(WengertTypeError, "'s' is (a float, 1.0) before the loop and ((a float, 1.0), a float) after its body", 1.0)
def structure_changes_in_loop(x):
    s = (x, 1.0)
    for i in range(3):  # here
        s = (s, x)
    return x


@refused(WengertTypeError, "a Python number is needed here", ONES)
def list_grows_by_run_time_count(x):
    xs = []
    while np.sum(x) > 0.1:  # here
        xs.append(x)
        x = x * 0.5
    return xs


@refused(WengertTypeError, "'A' is changed in place and bound to another array in the same loop", ONES, ONES * 2, 5.0)
def swap_arguments_in_while(A, B, x):
    while x > 1.0:
        A[0] = x  # here
        A, B = B, A
        x = x - 1.0
    return A


@refused(UnsupportedError, "an array that 'v' refers to depends on run-time values", ONES, 5.0)
def argument_or_new_is_written(u, x):
    v = u
    while x > 1.0:
        v = v * 2.0
        x = x - 1.0
    v[0] = 1.0  # here
    return v


@refused(UnsupportedError, "an array that 'v' refers to depends on run-time values", ONES, 5.0)
def argument_or_new_is_read_after_a_write(u, x):
    v = u
    while x > 1.0:
        v = v * 2.0
        x = x - 1.0
    u[0] = 1.0
    return v + 1.0  # here


@refused(UnsupportedError, "the condition of this while changes an array or an object", ONES)
def condition_with_effect(x):
    def shrunk():
        x[0] *= 0.5
        return x[0]

    while shrunk() > 0.1:  # here
        x[1] += 1.0
    return x


@refused(UnsupportedError, "a generator yields under a condition", np.ones(3))
def run_time_yield(x):
    def positive():
        for v in x:
            if v > 0:  # here
                yield v

    return sum(v for v in positive())


@refused(WengertTypeError, "is not iterable", 3.0)
def number_is_no_sequence(x):
    for v in x:  # here
        x = x + v
    return x


# ---------------------------------------------------------------- conditions, errors, functions


@refused(WengertValueError, "the truth value of an array with more than one element is ambiguous", ONES)
def truth_of_array(x):
    if x > 0:  # here
        return x
    return -x


@refused(UnsupportedError, "an except clause around code that is compiled to run later", ONES, 5)
def index_error_is_caught(x, k):
    try:  # here
        y = x[k]
    except IndexError:
        y = 0.0
    return y


@refused(UnsupportedError, "an except clause around code that is compiled to run later", 1.0)
def raise_in_branch_is_caught(x):
    try:  # here
        if x > 0:
            raise ValueError("positive")
        y = x
    except ValueError:
        y = 0.0
    return y


@refused(UnsupportedError, "an except clause around code that is compiled to run later", 1.0)
def python_error_in_branch_is_caught(x):
    table = {"a": 1.0}
    try:  # here
        if x > 0:
            y = table["b"]
        else:
            y = x
    except KeyError:
        y = 0.0
    return y


@refused(WengertIndexError, "index 7 is out of bounds", ONES)
def index_in_try(x):
    try:
        return x[7]  # here
    except Exception:
        return 0.0


@refused(WengertIndexError, "index 9 is out of bounds", ONES)
def index_in_helper(x):
    def inner(a):
        b = a * 2.0
        return b[9]  # here

    return inner(x) + 1.0


@refused(WengertValueError, "broadcast", ONES)
def shapes_do_not_fit(x):
    return x + np.zeros((2, 5))  # here


@refused(UnsupportedError, "generator", 1.0)
def yields(x):  # here
    yield x


@refused(UnsupportedError, "CALLS", 1.0)
def stores_to_global(x):
    global CALLS  # here
    CALLS = x
    return x


@refused(UnsupportedError, "assignment expression", 3.0)
def walrus_in_operand(x):
    if x > 0 and (y := x * 2) > 1:  # here
        return y
    return x


@refused(UnsupportedError, "a mapping pattern", 1.0, {"a": 1})
def mapping_pattern(x, k):
    match k:
        case {"a": 1}:  # here
            return x
        case _:
            return -x


@refused(WengertError, "without an end that is known", np.ones(8))
def recursion_on_ever_smaller_arrays(x):
    if x[0] > 0:
        return recursion_on_ever_smaller_arrays(x[::2])  # here
    return x.sum()
