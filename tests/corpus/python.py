"""Ordinary Python: recursion, closures, early exits, aliases, containers, helpers that change what they are given."""

import math

import numpy as np

from tests.programs import TRIPS, normal, program, uniform


@program(*[(1.3, n) for n in TRIPS])
def p(x, n):
    return 1.0 if n == 0 else x * p(x, n - 1)


@program((normal(6), 0.5), (normal(6), 9.0), (np.array([2.0]), 1.0), wrt=(0, 1))
def first_above(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            return a[i] * a[i] - limit
    return limit * limit


@program((normal(7, seed=2), 1.0), (np.abs(normal(7, seed=2)), 2.0), wrt=(0, 1))
def jumps(a, limit):
    total = limit * 0.5
    for i in range(a.shape[0]):
        if a[i] < 0.0:
            continue
        if a[i] > limit:
            break
        total += a[i] * a[i]
        if total > 5.0:
            return -total
        total *= 1.01
    return total


@program((normal(4, 5), 0.5), (np.abs(normal(4, 5)), 0.5), wrt=(), second=None)
def counted(A, limit):
    """Nested loops with `break`, `continue` and `else`; an integer result."""
    count = 0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] < -limit:
                break
            if A[i, j] > limit:
                continue
            count += 1
        else:
            count += 100
    return count


@program((uniform(6), 0.7), (uniform(6), 2.0), wrt=(), second=None)
def position_of_first(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            k = i
            break
    else:
        k = -1
    return k


@program((11.0,), (3.0,), (-3.0,))
def early_returns(x):
    if x > 10.0:
        return x * 2.0
    if x < 0:
        return 0.0
    y = x + 1.0
    return y * y


@program((normal(5), 0.7), (normal(1), 0.7), wrt=(0, 1), analytic=True, float32=True)
def horner(coefficients, x):
    y = 0.0
    for c in coefficients[::-1]:
        y = y * x + c
    return y


@program((uniform(6),), analytic=True)
def aliases(a):
    """Views and second names: every write shows in all of them."""
    left, same = a[:-1], a
    left[:] = a[1:] * 2.0
    same[0] = 7.0 * a[3]
    row = left[1:3]
    row += a[4]
    every_other = a[::2]
    every_other[0] *= -1.0
    return left[0] * same[1], a[-1]


@program((2.0 * normal(3, 3),), (np.abs(2.0 * normal(3, 3)),))
def conditional_views(a):
    for i in range(a.shape[0]):
        row = a[i]
        if row[0] > 1.0:
            row *= 0.5
        row[1] += i * row[2]
    return np.sum(a * a)


@program((uniform(4), 1.0), (uniform(4), -1.0))
def one_of_two_arrays(a, c):
    if c > 0:
        b = a
    else:
        b = a.copy()
    b[0] = b[1] * 3.0
    return a * b


@program((uniform(5), 2.0), wrt=(), second=None, float32=True)
def scale_in_place(a, s):
    """No result: the caller looks at the array."""
    a *= s
    a[1:3] += 1.0


@program((uniform(4),), analytic=True)
def same_array_twice(a):
    def fill(target, source):
        target[1:] = source[:-1] * 2.0

    fill(a, a)
    return a


def smooth(a, w):
    a[1:-1] = w * (a[:-2] + a[2:])
    return a.sum()


@program((uniform(6), 0.4, 3), wrt=(0, 1), analytic=True)
def helpers(a, w, n):
    total = w * 0.0
    for k in range(n):
        total += smooth(a, w) * k
    return total, a


@program((normal(3), 2.0), wrt=(0, 1), analytic=True)
def closures(x, k):
    def outer(y):
        z = y * k

        def inner(q):
            return q * z + q

        return inner

    g = outer(x)
    total = 0.0
    for i in range(4):
        total = total + np.sum(g(x)) * i
    return total


@program((normal(4), 1.5), wrt=(0, 1), analytic=True)
def nonlocal_total(x, w):
    total = w

    def add(v):
        nonlocal total
        total = total * 0.5 + v * w

    for i in range(len(x)):
        add(x[i])
    return total


@program(({"a": 2.0, "b": uniform(3)}, 1.0), ({"a": 2.0, "b": uniform(3)}, -1.0), wrt=(0,))
def changed_dictionary(d, c):
    """The caller's dictionary is changed."""
    if c > 0:
        d["a"] = d["a"] * 2.0
        d["b"] = d["b"] * d["a"]
    return d["a"] * np.sum(d["b"] * d["b"])


class Spring:
    def __init__(self, stiffness):
        self.stiffness = stiffness
        self.calls = 0

    def force(self, x):
        self.calls += 1
        return -self.stiffness * x

    def __call__(self, x):
        return self.force(x) * 0.1


@program((2.0, 1.5), wrt=(0, 1), analytic=True)
def methods(stiffness, x):
    spring = Spring(stiffness)
    for _ in range(3):
        x = x + spring(x) * x
    return x, spring.calls


@program((uniform(7) - 0.3, uniform(7, seed=1)), wrt=(0, 1))
def zipped(a, b):
    """enumerate, zip, chained comparisons, `and`, `or`, ternaries."""
    total = 0.0
    for i, (x, y) in enumerate(zip(a, b)):
        if 0.0 < x <= 0.5 or (y > 0.9 and not x > y):
            total += i * x * y
        total -= x if x > y else y * y
    return total


@program((uniform(5) + 0.1, 0.5), wrt=(0, 1), analytic=True)
def comprehensions(a, x):
    terms = [c * x**k for k, c in enumerate(a[:3])]
    total = sum(terms) + sum(v * v for v in (x, a[0]))
    return total, [t * 2.0 for t in terms], {"last": terms[-1]}


@program((normal(9), 0.5), wrt=(0, 1), second=None)
def masks(a, limit):
    a[a > limit] = limit
    a[a < 0.0] += 10.0
    return np.sum(np.where(a > 1.0, a * limit, -a * a))


@program((50.0,), (1.005,))
def while_true(x):
    k = 0
    while True:
        x = math.sqrt(x)
        k += 1
        if x < 1.01:
            break
    return x, k


@program((uniform(3) + 1.0, 6), (uniform(3) + 1.0, 1), analytic=True)
def rebound_after_write(u, n):
    """The first turn writes the caller's array, the others an array of their own."""
    for _ in range(4):
        u[0] = 0.5 * u[1]
        u = np.sin(u) + n
    return u


@program((10, uniform(40)), (0, uniform(40)), (1, uniform(40)), wrt=(1,), analytic=True)
def triangle(n, packed):
    """An index that counts on its own."""
    q, total = 0, packed[0]
    for j in range(min(n, 9)):
        for _ in range(j):
            total += packed[q] * packed[q] * j
            q += 1
    return total


@program((uniform(6), 2, 5), (uniform(6), 4, 99), (uniform(6), -3, 6), (uniform(6), 5, 1), analytic=True)
def moving_slices(a, lo, hi):
    """Bounds that are run-time values; NumPy cuts them to the array."""
    a[lo:hi] = a[lo:hi] ** 2 + lo
    return np.sum(a[lo:] * 2.0) + np.sum(a[:hi])


@program((uniform(3, 4),), analytic=True)
def shapes(a):
    b = a.T.reshape(2, 6)
    c = np.stack([b[0], b[1] * 2.0])
    d = np.concatenate((c, b), axis=0)
    return np.transpose(d) @ d, a.ravel() * 2.0, np.sum(d, axis=1), d[..., None].shape


@program((uniform(5) + 0.2,), analytic=True, float32=True)
def elementary(x):
    return np.exp(-x) + np.log(x) * np.sin(x) / np.cos(x) + np.sqrt(x) ** 3 + np.tanh(x) - 1.0 / (1.0 + x * x)


@program((np.array([-0.45, -0.15, 0.1, 0.25, 0.4]), np.array([0.9, 0.3, -0.2, 0.6, 0.1])), wrt=(0, 1))
def pieces(x, y):
    chosen = np.clip(x, -0.3, 0.3) * np.where(x > y, x, y)
    return np.abs(x) + np.maximum(x, y) * np.minimum(x, 0.2) + chosen, np.prod(x + 2.0)
