"""What a user may write and wengert refuses, with arguments; messages.txt has the message of each, in full.

No test module, so that pytest leaves `assert` statements as they are.
"""
# ruff: noqa

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np, scipy.linalg

import wengert

CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
ONES = np.ones(3)


def refused(*arguments: Any, of: Callable[[Any], Any] = wengert.compile) -> Callable[[Any], Any]:
    """Put a function into the table; it is what `of` makes of it that is called."""

    def add(function: Any) -> Any:
        CASES[function.__name__] = (lambda *values: of(function)(*values), arguments)
        return function

    return add


# ---------------------------------------------------------------- NumPy that is not covered


@refused(ONES)
def function_not_covered(x):
    return np.packbits(x)


@refused(ONES)
def linear_solve(x):
    return scipy.linalg.schur(np.outer(x, x))


@refused(ONES)
def method_not_covered(x):
    return x.byteswap()


@refused(ONES)
def option_not_covered(x):
    return np.clip(x, 0.0, 1.0, where=x > 0)


@refused(ONES)
def mask_of_another_size(x):
    return x[[True, False]]


# ---------------------------------------------------------------- shapes, indices, dtypes


@refused(ONES)
def shapes_do_not_broadcast(x):
    return x + np.zeros((2, 5))


@refused(ONES)
def product_of_wrong_shapes(x):
    return np.zeros((2, 5)) @ x


@refused(ONES)
def store_of_wrong_shape(x):
    x[:2] = np.zeros(3)
    return x


@refused(ONES)
def index_out_of_range(x):
    return x[7] + 1.0


@refused(ONES, 3)
def write_out_of_range_at_run_time(x, i):
    x[i] = 0.0
    return x


@refused(ONES, 2)
def read_out_of_range_in_a_loop(x, n):
    total = 0.0
    for i in range(n):
        total += x[i + 2]
    return total


@refused(ONES)
def too_many_indices(x):
    return x[0, 1]


@refused(np.arange(3))
def float_into_int_array(a):
    a /= 2
    return a


@refused(np.ones(3, np.float16))
def half_precision(x):
    return x * 2


@refused(np.ones((3, 3)))
def truth_of_an_array(x):
    if x > 0:
        return x
    return -x


# ---------------------------------------------------------------- control flow


@refused(ONES)
def structure_changes_in_loop(x):
    s = (x, 1.0)
    for _ in range(3):
        s = (s, x)
    return x


@refused(ONES, 1.0)
def shapes_of_two_paths(x, c):
    if c > 0:
        y = x
    else:
        y = x[:2]
    return y


@refused(ONES, 1.0)
def none_on_one_path(x, c):
    y = None
    if c > 0:
        y = x
    return y


@refused(-1.0)
def unbound_on_one_path(x):
    if x > 0:
        y = x
    return y


@refused(ONES)
def growing_list(x):
    parts = []
    while np.sum(x) > 0.1:
        parts.append(x)
        x = x * 0.5
    return parts


@refused(ONES)
def recursion_on_ever_smaller_arrays(a):
    return a.sum() if a[0] < 0 else recursion_on_ever_smaller_arrays(a[::2])


@refused(2000)
def recursion_that_is_too_deep(n):
    return 0 if n == 0 else 1 + recursion_that_is_too_deep(n - 1)


def inner(a):
    b = a * 2.0
    return b[9]


@refused(ONES)
def error_two_calls_deep(x):
    return inner(x) + 1.0


@refused(1.0)
def generator_function(x):
    yield x


@refused({"k": 1})
def mapping_pattern(options):
    match options:
        case {"k": 1}:
            return 2.0
        case _:
            return 3.0


@refused(ONES)
def condition_in_a_generator(x):
    def positive():
        for i in range(len(x)):
            if x[i] > 0:
                yield x[i]

    return sum(positive())


@refused(1.0)
def store_to_a_global(x):
    global ONES
    ONES = x
    return x


# ---------------------------------------------------------------- values that are known only at run time


@refused(-1.0)
def raised_at_run_time(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(x)


@refused(1.0)
def caught_at_run_time(x):
    try:
        if x > 0:
            raise ValueError("positive")
    except ValueError:
        x = 0.0
    return x


@refused(1.5)
def text_as_a_string(x):
    return x, f"{x:.2f}".rjust(8)


@refused(1.5)
def string_of_a_condition_as_a_key(x):
    kind = "low" if x < 1 else "high"
    return {"low": 1.0, "high": 2.0}[kind]


@refused(1.5)
def random_number(x):
    return x * random.random()


@refused(1.5)
def clock(x):
    return x * time.time()


@dataclass
class Pair:
    a: Any
    b: Any


@refused(1.0)
def one_of_two_objects_is_changed(x):
    p = Pair(x, 1.0)
    q = p
    if x > 0:
        p = Pair(2.0, 2.0)
    p.a = 5.0
    return q.a


class Holder(frozenset):
    """An object whose state its base class keeps."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __new__(cls, values: Any) -> Any:
        return super().__new__(cls)


@refused(1.0)
def object_as_result(x):
    return Holder((x * 2.0, x))


@refused(1.0)
def closure_as_result(x):
    y = x * 2.0
    return lambda z: y * z


# ---------------------------------------------------------------- derivatives


@refused(3, of=wengert.grad)
def gradient_at_an_int(x):
    return x * x


@refused({"w": np.ones(2), "steps": np.arange(2)}, of=wengert.grad)
def gradient_at_an_int_array_inside(params):
    return np.sum(params["w"])


@refused(ONES, of=wengert.grad)
def gradient_of_an_array(x):
    return x * x


@refused(2.0, of=wengert.grad)
def gradient_of_an_int(x):
    return 3 if x > 1.0 else 4


@refused(2.0, of=lambda f: wengert.grad(f, argnums=2))
def argument_number_too_large(x):
    return x * x


@refused(ONES, of=lambda f: lambda x: wengert.jvp(f, (x,), (np.ones(4),)))
def tangent_of_wrong_shape(x):
    return x * x


@refused(ONES, of=lambda f: lambda x: wengert.jvp(f, (x,), (x, x)))
def too_many_tangents(x):
    return x * x


@refused(ONES, of=lambda f: lambda x: wengert.vjp(f, x)[1](np.ones(2)))
def cotangent_of_wrong_shape(x):
    return x * x


def _overlapping(function: Any) -> Any:
    memory = np.ones(5)
    return lambda: wengert.compile(function)(memory[:4], memory[1:])


@refused(of=_overlapping)
def overlapping_arguments(a, b):
    a[:] = b * 2.0
    return a


@refused(ONES, of=lambda f: lambda x: wengert.compile(f).lower(x).as_text("ptx"))
def no_such_stage(x):
    return x * x


# ---------------------------------------------------------------- sparse derivatives


@refused(ONES)
def sparse_jacobian_in_compiled_code(x):
    return wengert.sparse_jacobian(lambda y: y * y)(x)


@refused(ONES, of=wengert.sparse_jacobian)
def sparse_jacobian_of_a_comparison(x):
    return x > 0.5


@refused(ONES, of=wengert.sparse_hessian)
def sparse_hessian_of_an_array(x):
    return x * x


# ---------------------------------------------------------------- sizes known only at run time


@refused(ONES)
def array_of_changing_size(x):
    while len(x) > 1:
        x = x[x > x.mean()]
    return x
