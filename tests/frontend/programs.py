"""Small real programs, each with arguments: what the front end compiles must do what Python and NumPy do.

One function a paragraph; `@program` adds it to the corpus, once for every maker of arguments.  No test module, so that pytest
leaves `assert` statements as they are.
"""
# ruff: noqa

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Program:
    """A function, and a maker of fresh arguments for it."""

    function: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    name: str


PROGRAMS: list[Program] = []


def program(*makers: Callable[[], tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Adds the function to the corpus."""

    def add(function: Any) -> Any:
        for number, maker in enumerate(makers):
            name = function.__name__.strip("_") + (f"-{number}" if len(makers) > 1 else "")
            PROGRAMS.append(Program(function, maker, name))
        return function

    return add


def uniform(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


# ---------------------------------------------------------------- stencils and factorisations


@program(lambda: (uniform(0, 7, 7),))
def seidel(A):
    n = A.shape[0]
    for t in range(3):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (A[i - 1, j] + A[i, j - 1] + A[i, j] + A[i, j + 1] + A[i + 1, j]) / 5.0
    return np.sum(A * A)


@program(lambda: (uniform(0, 7, 7), uniform(1, 7, 7)))
def jacobi_2d(A, B):
    for t in range(1, 6):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
    return np.sum(A * A)


@program(lambda: (uniform(0, 6, 6) + 6 * np.eye(6),))
def lu(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
    s = 0
    for i in range(n):
        for j in range(n):
            s += A[i, j] * A[i, j]
    return s


@program(lambda: (uniform(0, 6, 6) + 6 * np.eye(6),))
def lu_slices(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return np.sum(A * A)


@program(lambda: (uniform(0, 5) * 0.1,))
def durbin(r):
    n = r.shape[0]
    y = np.zeros_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[:k], y[:k])) / beta
        y[:k] += alpha * y[:k]
        y[k] = alpha
    return np.sum(y * y)


@program(lambda: (uniform(0, 5) * 0.1,))
def durbin_reversed(r):
    y = np.zeros_like(r)
    alpha, beta, y[0] = -r[0], 1.0, -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[:k][::-1], y[:k])) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return y


@program(lambda: (uniform(0, 10), 4))
def triangular_counter(icf, n):
    p = 0
    s = 0.0
    for j in range(n):
        for i in range(j + 1, n):
            s += icf[p] * j
            p += 1
    return s


# ---------------------------------------------------------------- while, jumps


@program(lambda: (3.0, 2.0))
def newton(x, a):
    k = 0
    while abs(x * x - a) > 1e-10 and k < 50:
        x = x - (x * x - a) / (2 * x)
        k += 1
    return x, k


@program(
    lambda: (np.array([0.1, -3, 0.2, 0.5, 9, 0.1]), 5.0),
    lambda: (np.array([0.1, 3, 2.5, 0.5, 9, 0.1]), 5.0),
    lambda: (np.array([0.1, 3, 0.5]), 5.0),
)
def all_jumps(x, limit):
    s = 0.0
    for i in range(x.shape[0]):
        if x[i] < 0.0:
            continue
        if x[i] > limit:
            break
        s += x[i]
        if s > 5.0:
            return -s
        s *= 1.01
    return s


@program(lambda: (11.0,), lambda: (3.0,), lambda: (-3.0,))
def early_return(x):
    if x > 10.0:
        return x * 2.0
    if x < 0:
        return 0.0
    y = x + 1.0
    return y * y


@program(lambda: (np.arange(5.0), 3.0), lambda: (np.arange(5.0), 30.0))
def find(a, v):
    for i in range(len(a)):
        if a[i] == v:
            return i
    return -1


@program(lambda: (np.array([100.0, 0.3]), normal(3, 20, 12)))
def barrier_option(p, Z):
    dt = 0.01
    total = 0.0
    mu = (0.02 - 0.5 * p[1] * p[1]) * dt
    sd = p[1] * math.sqrt(dt)
    for i in range(Z.shape[0]):
        S = p[0]
        alive = True
        for t in range(Z.shape[1]):
            S = S * math.exp(mu + sd * Z[i, t])
            if S < 90.0:
                alive = False
                break
        if alive and S > 100.0:
            total += S - 100.0
    return math.exp(-0.02) * total / Z.shape[0]


@program(lambda: (50.0,))
def while_true(x):
    k = 0
    while True:
        x = np.sqrt(x)
        k += 1
        if x < 1.01:
            break
    return x, k


@program(lambda: (np.arange(4.0), 1.5), lambda: (np.arange(4.0), 9.0))
def for_else(a, v):
    for i in range(len(a)):
        if a[i] > v:
            k = i
            break
    else:
        k = -1
    return k * 2


@program(lambda: (normal(0, 4, 5), 0.5))
def nested_break(A, limit):
    count = 0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] < 0:
                break
            if A[i, j] > limit:
                continue
            count += 1
        else:
            count += 100
    return count


@program(lambda: (normal(0, 4, 5), 0.9), lambda: (normal(0, 4, 5), 9.0))
def return_from_nest(A, v):
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] > v:
                return i, j
    return -1, -1


@program(lambda: ([2.0, 3.0, 4.0], np.ones(2), 10.0), lambda: ([2.0, 3.0, 4.0], np.ones(2), 100.0))
def list_with_traced_break(ws, x, limit):
    for w in ws:
        x = x * w
        if np.sum(x) > limit:
            break
    return x


@program(lambda: (7.7,), lambda: (77.0,))
def while_nest(x):
    n = 0
    while x > 1.0:
        y = x
        while y > 1.0:
            y = y / 2.0
            n += 1
            if n > 40:
                return -1.0
        x = x - 1.3
    return n


@program(lambda: (4.0,))
def bool_flag(x):
    done = False
    n = 0
    while not done:
        x = x * 0.5
        n += 1
        done = x < 0.1
    return n


@program(lambda: (1.5,))
def python_worklist(x):
    todo = [x, x * 2.0]
    s = 0.0
    while todo:
        v = todo.pop()
        s = s + v
        if len(todo) == 1:
            todo.append(v * 3.0)
            todo.pop()
        if len(todo) == 1 and s is None:
            break
    return s


# ---------------------------------------------------------------- ranges and sequences


@program(lambda: (uniform(0, 5),))
def negative_ranges(a):
    n = len(a)
    s = 0.0
    for i in range(n - 1, -1, -1):
        s = s * 0.5 + a[i]
    for i in range(10, 0, -3):
        s += i
    return s


@program(lambda: (normal(0, 4), 1))
def values_enumerate_zip(x, n):
    total = 0.0
    for i, v in enumerate(x):
        total += v * i
    for u, w in zip(x, x):
        total += u * w
    for v in x:
        total -= v
    return total


@program(lambda: (2.0, 4), lambda: (2.0, 0))
def size_from_argument(x, n):
    a = np.zeros((n, 2))
    for i in range(n):
        a[i, 0] = x * i
        a[i, 1] = i
    return a


@program(lambda: (uniform(0, 3),))
def list_grows(x):
    xs = []
    for i in range(4):
        xs.append(x * i)
    return sum(xs)


@program(lambda: (uniform(0, 3),))
def comprehension(x):
    return sum([x[i] ** 2 for i in range(3)]) + max(x[0], x[1])


@program(lambda: (np.arange(3.0),))
def generator_expression(x):
    return sum(x[i] * i for i in range(3))


@program(lambda: (normal(0, 3),))
def conditional_comprehension(x):
    return [v if v > 0 else -v for v in (x[0], x[1])]


@program(lambda: (20,))
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@program(lambda: (uniform(0, 3),))
def last_value_of_target(x):
    for i in range(len(x)):
        t = x[i] * 2.0
    return t


@program(lambda: (normal(0, 6),))
def integer_accumulators(x):
    s = 0
    c = 0
    for i in range(len(x)):
        s += x[i]
        c += 1
    return s / c


@program(lambda: (normal(0, 6).astype(np.float32),))
def float32_accumulator(x):
    s = 0.0
    for i in range(len(x)):
        s = s + x[i] * 2.0
    return s


@program(lambda: (np.array([-1, 0.5, 1.0, 1.2, 1.7]),))
def chained_comparison(a):
    c = 0
    for i in range(len(a)):
        if 0.0 < a[i] <= 1.0 or a[i] > 1.5:
            c += 1
    return c


# ---------------------------------------------------------------- arrays: views, aliases, masks


@program(lambda: (np.arange(6.0),))
def views(a):
    left = a[:-1]
    left[:] = a[1:] * 2.0
    b = a
    b[0] = 7.0
    row = left[1:3]
    row += 100.0
    c = a[::2]
    c[0] = -1.0
    return left[0] + b[1], a[-1]


@program(lambda: (uniform(0, 6), uniform(1, 6)))
def swap_arguments(A, B):
    for t in range(5):
        B[1:-1] = 0.5 * (A[:-2] + A[2:])
        A, B = B, A
    return np.sum(A), A


@program(lambda: (uniform(0, 6), uniform(1, 6), uniform(2, 6)))
def rotate_arguments(A, B, C):
    for t in range(6):
        C[1:-1] = A[1:-1] + 0.1 * (B[:-2] + B[2:])
        A, B, C = B, C, A
    return A


@program(lambda: (normal(0, 6), 7))
def rotate_buffers(u, n):
    u0 = u.copy()
    u1 = u * 2.0
    u2 = u * 0.0
    for t in range(7):
        u2[1:-1] = 2.0 * u1[1:-1] - u0[1:-1] + 0.1 * (u1[2:] + u1[:-2])
        u0, u1, u2 = u1, u2, u0
    return u1


@program(lambda: (normal(0, 3),))
def swap_buffers(x):
    a = x.copy()
    b = x * 0.0
    for _ in range(4):
        b[:] = a * 1.5
        a, b = b, a
    return a


@program(lambda: (normal(0, 3), 7))
def swap_buffers_in_while(x, n):
    a = x.copy()
    b = x * 0.0
    k = 0
    while k < n:
        b[:] = 0.5 * (a + 1.0)
        a, b = b, a
        k += 1
    return a, b


@program(lambda: (uniform(0, 3),))
def rebind(u):
    for t in range(4):
        u = np.sin(u) + u
    return np.sum(u)


@program(lambda: (uniform(0, 3),))
def first_turn_writes_argument(u):
    for t in range(4):
        u[0] = 0.5
        u = np.sin(u) + 1.0
    return np.sum(u)


@program(lambda: (normal(0, 3),))
def previous_array(x):
    old = x
    for _ in range(3):
        old = x
        x = x * 2.0
    return old


@program(lambda: (uniform(0, 3), 1.0), lambda: (uniform(0, 3), -1.0))
def conditional_alias(a, c):
    if c > 0:
        b = a
    else:
        b = a.copy()
    b[0] = 99.0
    return np.sum(a)


@program(lambda: (2 * normal(0, 3, 3),))
def conditional_row_update(a):
    for i in range(3):
        row = a[i]
        if row[0] > 1.0:
            row *= 0.5
        row[1] += i
    return np.sum(a)


def _one_array_twice() -> tuple[np.ndarray, np.ndarray]:
    z = np.ones(3)
    return z, z


@program(_one_array_twice)
def same_array_twice(a, b):
    a[0] = 5.0
    return b[0] + 1.0


@program(lambda: (normal(0, 9), 0.5))
def masks(a, limit):
    a[a > limit] = limit
    a[a < 0.0] += 10.0
    return np.sum(np.where(a > 1.0, a, -a))


@program(lambda: (np.arange(5.0),))
def moving_view(a):
    for i in range(3):
        v = a[i : i + 2]
        v[0] = v[1] + 1.0
    return np.sum(a)


@program(lambda: (normal(0, 6), 2), lambda: (normal(0, 6), 9), lambda: (normal(0, 6), -2))
def slice_from_argument(x, k):
    return np.sum(x[k:])


@program(lambda: (np.arange(5.0),))
def slice_object(x):
    s = slice(1, -1)
    return np.sum(x[s])


@program(lambda: (5, normal(0, 9)))
def integer_division_index(n, x):
    return x[n // 2], x[-1 - n % 2]


@program(lambda: (1.0,))
def array_of_list(x):
    return np.sum(np.array([x, x * 2.0]))


@program(lambda: (np.ones(2),))
def returns_its_argument(a):
    a += 1.0
    return a


# ---------------------------------------------------------------- objects and structures


@dataclasses.dataclass
class State:
    u: np.ndarray
    v: np.ndarray
    t: float = 0.0


def step_in_place(s, dt):
    s.u = s.u + dt * s.v
    s.v[:] = s.v - dt * s.u
    s.t += dt


@program(lambda: (uniform(0, 4), uniform(1, 4), 5))
def dataclass_in_place(u, v, n):
    s = State(u, v.copy())
    log = {"e": 0.0, "n": 0}
    for _ in range(n):
        step_in_place(s, 0.1)
        log["e"] += np.sum(s.u * s.u)
        log["n"] += 1
    return s.u, s.t, log


def step_functional(s, dt):
    return State(s.u + dt * s.v, s.v - dt * s.u, s.t + dt)


@program(lambda: (uniform(0, 4), uniform(1, 4)))
def dataclass_functional(u, v):
    s = State(u, v)
    for _ in range(10):
        s = step_functional(s, 0.1)
    return np.sum(s.u) + s.t


def _layers() -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    return [(uniform(i, 4, 4), uniform(i + 9, 4)) for i in range(3)], uniform(5, 2, 4)


@program(_layers)
def mlp(params, x):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    return np.sum(h @ w + b)


@program(_layers)
def mlp_over_range(params, x):
    h = x
    for l in range(len(params)):
        w, b = params[l]
        h = h @ w + b
        if l < len(params) - 1:
            h = np.tanh(h)
    return np.sum(h)


class Model:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return np.sin(self.w * x)

    def __call__(self, x):
        return self.forward(x) if self.calls < 2 else x


@program(lambda: (uniform(0, 3), uniform(1, 3)))
def object_with_state(w, x):
    m = Model(w)
    for i in range(3):
        x = m(x)
    return np.sum(x), m.calls


@program(lambda: (2.0, 1.0), lambda: (2.0, -1.0))
def dict_in_branch(x, c):
    d = {"a": 1.0, "b": x}
    if c > 0:
        d["a"] = 2.0
        d["b"] = d["b"] * 3.0
    return d


@program(lambda: (2.0, 1.0), lambda: (2.0, -1.0))
def attributes_in_branch(x, c):
    class S:
        pass

    s = S()
    s.v = x
    s.n = 0
    if c > 0:
        s.v = s.v + 1.0
        s.n += 5
    return s.v, s.n


@program(lambda: ({"a": 2.0, "b": 3.0}, 1.5))
def loop_over_dict(p, x):
    for k, v in p.items():
        x = x * v
    return x


class Operators:
    def __init__(self, k):
        self.k = k

    @property
    def twice(self):
        return self.k * 2

    @property
    def positive(self):
        return self.k if self.k > 0 else -self.k

    def __matmul__(self, other):
        return Operators(self.k + other.k)


@program(lambda: (1.0,), lambda: (-5.0,))
def operator_overloading(x):
    product = Operators(x) @ Operators(2.0)
    return product.twice + product.positive


class Base:
    def f(self, x):
        return x * 2.0


class Derived(Base):
    def __init__(self):
        self.__secret = 3.0

    def f(self, x):
        return super().f(x) + 1.0

    def g(self, x):
        return x * self.__secret

    @staticmethod
    def absolute(x):
        return x if x > 0 else -x

    @property
    def four(self):
        return 4.0


@program(lambda: (1.0,))
def super_call(x):
    return Derived().f(x)


@program(lambda: (1.0,))
def private_name(x):
    return Derived().g(x)


@program(lambda: (-1.0,))
def static_method(x):
    return Derived.absolute(x) + Derived().four


# ---------------------------------------------------------------- functions and scopes


@program(lambda: (uniform(0, 3), 2.0))
def nested_closures(x, k):
    def outer(y):
        z = y * k

        def inner(q):
            return q + z

        return inner

    g = outer(x)
    total = 0.0
    for i in range(4):
        total = total + np.sum(g(x)) * i
    return total


@program(lambda: (np.array([1.0, -2, 3]),))
def local_lambda(x):
    f = lambda v: v * v if v > 0 else -v
    s = 0.0
    for i in range(len(x)):
        s = s + f(x[i])
    return s


@program(lambda: (1.5, 5))
def recursion(x, n):
    if n == 0:
        return 1.0
    return x * recursion(x, n - 1)


@program(lambda: (normal(0, 3),))
def nonlocal_sum(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v

    for i in range(len(x)):
        add(x[i])
    return total


def _keywords(x, *, a=2.0, b=None):
    if b is None:
        b = 1.0
    return x * a + b


@program(lambda: (2.0,))
def keyword_arguments(x):
    return _keywords(x, b=3.0) + _keywords(x, a=1.0)


def doubling(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        return f(*a, **k) * 2.0

    return wrapper


@doubling
def decorated(x):
    return x if x > 0 else -x


@program(lambda: (-1.0,))
def decorated_helper(x):
    return decorated(x)


@program(lambda: (1.0,))
def closures_in_list(x):
    fs = []
    for k in [1.0, 2.0]:
        fs.append(lambda v, k=k: v * k)
    return sum([f(x) for f in fs])


@program(lambda: (2.0,))
def function_defined_in_loop(x):
    s = 0.0
    for i in range(3):

        def h(v):
            return v * i

        s += h(x)
    return s


TABLE = np.arange(4.0)


@program(lambda: (1.0,))
def captured_array(x):
    return x + np.sum(TABLE)


@program(lambda: (2.0, 3))
def captured_array_by_element(x, n):
    s = 0.0
    for i in range(4):
        s += TABLE[i] * x
    return s


PROGRAMS.append(Program(lambda x, y=3.0: x * 2 if x > 1 else x, lambda: (4.0,), "lambda_with_default"))
PROGRAMS.append(Program(lambda x: x + 1, lambda: (4.0,), "plain_lambda"))


# ---------------------------------------------------------------- values


@program(lambda: (0.5,), lambda: (-0.5,))
def bool_result(x):
    return x > 0 and x < 1


@program(lambda: (1.0,))
def bound_on_one_path(x):
    if x > 0:
        y = 1.0
    return y


@program(lambda: (2.0,), lambda: (0.2,))
def int_or_float(x):
    k = 0
    if x > 1:
        k = 0.5
    return k


@program(lambda: (2.0,), lambda: (0.2,))
def walrus(x):
    if (y := x * 2.0) > 1.0:
        return y
    return x


@program(lambda: (1.0,))
def try_finally(x):
    try:
        y = x + TABLE[0]
    finally:
        z = 1.0
    return y * z


@program(lambda: (1.0,), lambda: (-1.0,))
def try_except(x):
    try:
        if x > 0:
            y = x * 2.0
        else:
            y = x
    except ValueError:
        y = 0.0
    return y


@program(lambda: (-1.0,))
def errstate(x):
    with np.errstate(all="ignore"):
        if x > 0:
            return x
    return -x


@program(lambda: (1.0,))
def format_string_not_taken(x):
    s = f"x={x:.3f}" if False else "k"
    return x, len(s)


@program(lambda: (1.0,))
def star_assignment(x):
    a, *b = [x, x * 2.0, x * 3.0]
    return a + sum(b)


@program(lambda: (1.0,))
def multiple_assignment(x):
    a = b = x * 2.0
    a = a + 1.0
    return a, b


@program(lambda: (4.0,))
def raises_in_dead_branch(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(x)
