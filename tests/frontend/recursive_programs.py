"""Functions that call themselves until run-time values say stop, as people write them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half if n % 2 == 0 else x * half * half


def fibonacci(n, x):
    if n < 2:
        return n * x
    return fibonacci(n - 1, x) + fibonacci(n - 2, x * 0.5)


def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


def simpson(f, a, b, tolerance):
    """Adaptive quadrature: each call decides by the size of its error whether to divide its interval."""

    def panel(a, fa, b, fb):
        m = (a + b) / 2
        fm = f(m)
        return m, fm, abs(b - a) / 6 * (fa + 4 * fm + fb)

    def refine(a, fa, b, fb, tolerance, whole, m, fm):
        left_m, left_fm, left = panel(a, fa, m, fm)
        right_m, right_fm, right = panel(m, fm, b, fb)
        delta = left + right - whole
        if abs(delta) <= 15 * tolerance:
            return left + right + delta / 15
        return refine(a, fa, m, fm, tolerance / 2, left, left_m, left_fm) + refine(
            m, fm, b, fb, tolerance / 2, right, right_m, right_fm)

    fa, fb = f(a), f(b)
    m, fm, whole = panel(a, fa, b, fb)
    return refine(a, fa, b, fb, tolerance, whole, m, fm)


def damped_peak(k):
    """The integral of exp(-k x) / (0.01 + (x - 0.3)^2) over [0, 1]."""
    return simpson(lambda x: math.exp(-k * x) / (0.01 + (x - 0.3) ** 2), 0.0, 1.0, 1e-9)


def newton(f, slope, x):
    """Newton's method, tail recursive."""
    step = f(x) / slope(x)
    if abs(step) < 1e-13:
        return x - step
    return newton(f, slope, x - step)


def cube_root(a):
    return newton(lambda x: x ** 3 - a, lambda x: 3 * x ** 2, 1.0)


def catalan(n, x):
    """The number of binary trees with n nodes, weighted: calls in a loop whose bounds are arguments."""
    if n <= 1:
        return x
    total = 0.0
    for k in range(n):
        total += catalan(k, x) * catalan(n - 1 - k, x * 1.1)
    return total


def partitions(n, x):
    """Ended by loops without a turn, not by a test."""
    total = x
    for k in range(1, n + 1):
        total += x * partitions(n - k, 0.5 * x)
    return total


def walk(a, low, high, x):
    """Binary search, with what it costs beside the position."""
    if high - low <= 1:
        return low, 0.0
    middle = (low + high) // 2
    if a[middle] <= x:
        found, cost = walk(a, middle, high, x)
    else:
        found, cost = walk(a, low, middle, x)
    return found, cost + a[middle] * x


def search(a, x):
    position, cost = walk(a, 0, len(a), x)
    return position, cost


def smooth(u, tolerance):
    """An array that is relaxed until it stands still."""
    v = u.copy()
    v[1:-1] = 0.5 * u[1:-1] + 0.25 * (u[:-2] + u[2:])
    if np.max(np.abs(v - u)) < tolerance:
        return v
    return smooth(v, tolerance)


@dataclass
class Particle:
    position: np.ndarray
    velocity: np.ndarray
    time: float


def fall(particle, dt):
    """A dataclass that is handed from call to call."""
    if particle.position[1] < 0.0:
        return particle
    velocity = particle.velocity + dt * np.array([0.0, -9.81])
    return fall(Particle(particle.position + dt * velocity, velocity, particle.time + dt), dt)


def flight(speed):
    landed = fall(Particle(np.array([0.0, 1.0]), speed * np.array([1.0, 0.5]), 0.0), 0.01)
    return landed.position[0] + landed.time


class Tower:
    """A method that calls itself."""

    def __init__(self, weight):
        self.weight = weight

    def moves(self, discs, cost):
        if discs == 0:
            return cost
        return self.weight * self.moves(discs - 1, cost) + self.moves(discs - 1, 2 * cost) + discs


def hanoi(n, weight):
    return Tower(weight).moves(n, 0.1)


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def nested(n, x):
    """McCarthy's 91 function: the argument of a call is the result of another."""
    if n > 100:
        return n - 10 + x
    return 0.5 * nested(n + 11, x) + 0.5 * x * nested(n + 40, x * x)


def countdown(n, x):
    if n == 0:
        return x
    return countdown(n - 1, x * 0.999) + 1e-3


def zigzag(n, x):
    """What a branch with a call gives is used in a loop after it, and in a branch inside of that."""
    if n == 0:
        y = x
    else:
        y = 0.5 * zigzag(n - 1, x * 1.1)
    total = 0.0
    for k in range(3):
        if k == n % 3:
            total += zigzag(n - 2, y) if n > 2 else y
        else:
            total += 0.25 * y * x
    return total
