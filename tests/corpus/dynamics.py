"""Simulations: integrators, particles, Monte Carlo, iterations that stop when the data says so."""

import math
from dataclasses import dataclass

import numpy as np

from tests.programs import TRIPS, normal, program, uniform

RATES = np.array([1.1, 0.4, 0.4, 0.1])
HARES = np.array([1.0, 0.5])


def growth(p, y):
    x, z = y
    return p[0] * x - p[1] * x * z, p[3] * x * z - p[2] * z


@program(*[(RATES, HARES, 0.01, steps) for steps in (*TRIPS, 10_000)], wrt=(0, 1, 2), analytic=True, second=2,
         interpreted=(0, 1, 2, 3))
def lotka_volterra(p, start, h, steps):
    """Runge and Kutta's method of order four; the mean of both populations."""
    x, y = start[0], start[1]
    total = 0.0 * x
    for _ in range(steps):
        k1x, k1y = growth(p, (x, y))
        k2x, k2y = growth(p, (x + 0.5 * h * k1x, y + 0.5 * h * k1y))
        k3x, k3y = growth(p, (x + 0.5 * h * k2x, y + 0.5 * h * k2y))
        k4x, k4y = growth(p, (x + h * k3x, y + h * k3y))
        x = x + h / 6.0 * (k1x + 2.0 * k2x + 2.0 * k3x + k4x)
        y = y + h / 6.0 * (k1y + 2.0 * k2y + 2.0 * k3y + k4y)
        total += h * (x + y)
    return total, x, y


@program((2.0,), (0.3,), (1e6,), (9.0,))
def newton_sqrt(a):
    x = max(a, 1.0)
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


@program((5.0 * uniform(4), 0.05 + 0.5 * uniform(4, seed=1)), wrt=(0, 1))
def kepler(M, e):
    """Kepler's equation, by Newton's method until it stands, for every body."""
    total = 0.0
    for i in range(len(M)):
        E, delta = M[i], 1.0
        steps = 0
        while abs(delta) > 1e-13 and steps < 50:
            delta = (E - e[i] * math.sin(E) - M[i]) / (1.0 - e[i] * math.cos(E))
            E -= delta
            steps += 1
        total += math.sin(E) * E
    return total


@program(*[(normal(4, 3), normal(4, 3, seed=1, scale=0.1), uniform(4, seed=2), steps) for steps in (0, 1, 3)],
         wrt=(0, 1, 2), analytic=True, second=1)
def n_body(position, velocity, mass, steps):
    """Leapfrog with softened gravity, all pairs at once."""
    def acceleration(x):
        d = x[None, :, :] - x[:, None, :]
        r2 = np.sum(d * d, axis=-1) + 0.01
        return np.sum(d * (r2**-1.5 * mass[None, :])[:, :, None], axis=1)

    a = acceleration(position)
    for _ in range(steps):
        velocity = velocity + 0.005 * a
        position = position + 0.01 * velocity
        a = acceleration(position)
        velocity = velocity + 0.005 * a
    return np.sum(position * position) + np.sum(velocity * velocity)


@program(*[(normal(3, 2), normal(3, 2, seed=1), uniform(3, seed=2), steps) for steps in (0, 1, 3)], wrt=(0, 1, 2),
         second=1)
def n_body_loops(position, velocity, mass, steps):
    """The same in scalar loops, in place."""
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            ax, ay = 0.0, 0.0
            for j in range(n):
                if i == j:
                    continue
                dx = position[j, 0] - position[i, 0]
                dy = position[j, 1] - position[i, 1]
                r2 = dx * dx + dy * dy + 0.01
                w = mass[j] / (r2 * math.sqrt(r2))
                ax += w * dx
                ay += w * dy
            velocity[i, 0] += 0.01 * ax
            velocity[i, 1] += 0.01 * ay
        for i in range(n):
            for c in range(2):
                position[i, c] += 0.01 * velocity[i, c]
    return np.sum(position * position)


@dataclass
class Pendulum:
    angle: float
    speed: float
    turns: int = 0

    def energy(self, length):
        return 0.5 * (length * self.speed) ** 2 - 9.81 * length * math.cos(self.angle)


def swing(state, length, dt):
    speed = state.speed - dt * 9.81 / length * math.sin(state.angle)
    return Pendulum(state.angle + dt * speed, speed, state.turns + 1)


@program(*[(1.0, 0.3, 0.7, steps) for steps in TRIPS], wrt=(0, 1, 2), second=2)
def pendulum(angle, speed, length, steps):
    """A state object that each step makes new."""
    state = Pendulum(angle, speed)
    for _ in range(steps):
        state = swing(state, length, 0.01)
    return state, state.energy(length)


@dataclass
class Cells:
    age: np.ndarray
    food: np.ndarray
    time: float = 0.0


@program(*[(Cells(uniform(4), uniform(4, seed=1)), 0.1, steps) for steps in TRIPS], analytic=True, second=2)
def cells(state, dt, steps):
    """A state object that each step changes; the caller's object is changed as well."""
    history = {"eaten": 0.0, "steps": 0}
    for _ in range(steps):
        eaten = dt * state.food * state.age
        state.food -= eaten
        state.age = state.age + dt * np.sin(state.age)
        state.time += dt
        history["eaten"] += np.sum(eaten)
        history["steps"] += 1
    return history, state.age * state.food


@program((np.array([100.0, 0.04, 1.5, 0.05, 0.4, -0.6]), normal(6, 3), normal(6, 3, seed=1)))
def heston(p, Z1, Z2):
    """Monte Carlo with stochastic variance; the payoff has a kink."""
    steps, paths = Z1.shape
    dt = 1.0 / steps
    rest = math.sqrt(1.0 - p[5] * p[5])
    total = 0.0
    for i in range(paths):
        x, v = math.log(p[0]), p[1]
        for t in range(steps):
            positive = max(v, 0.0)
            s = math.sqrt(positive * dt + 1e-12)
            x += (0.02 - 0.5 * positive) * dt + s * Z1[t, i]
            v += p[2] * (p[3] - positive) * dt + p[4] * s * (p[5] * Z1[t, i] + rest * Z2[t, i])
        total += max(math.exp(x) - 100.0, 0.0)
    return math.exp(-0.02) * total / paths


@program((np.array([100.0, 0.3]), normal(5, 8, seed=3)))
def barrier(p, Z):
    """Every path stops when it meets the barrier."""
    dt, total = 0.125, 0.0
    drift, spread = (0.02 - 0.5 * p[1] * p[1]) * dt, p[1] * math.sqrt(dt)
    for i in range(Z.shape[0]):
        price, alive = p[0], True
        for t in range(Z.shape[1]):
            price = price * math.exp(drift + spread * Z[i, t])
            if price < 85.0:
                alive = False
                break
        if alive and price > 100.0:
            total += price - 100.0
    return math.exp(-0.02) * total / Z.shape[0]


@program((3.0, 0.7, 200), (3.0, 0.7, 0), wrt=(0, 1))
def bouncing_ball(height, restitution, steps):
    x, v = height, 0.0
    bounces = 0
    for _ in range(steps):
        v -= 9.81 * 0.01
        x += 0.01 * v
        if x < 0.0:
            x = -restitution * x
            v = -restitution * v
            bounces += 1
    return x, v, bounces


@program((0.5, 6), (0.5, 7), (0.5, 1))
def collatz(x, n):
    """The path is decided by an integer, the value along it is not."""
    steps = 0
    while n > 1:
        if n % 2 == 0:
            n = n // 2
            x = math.sin(x) + 1.0
        else:
            n = 3 * n + 1
            x = x * x
        steps += 1
    return x, steps


@program((normal(3, 3, 3, scale=0.1), 3), (normal(2, 2, 3, scale=0.1), 1), analytic=True, second=1)
def cloth(x, steps):
    """A net of springs; forces gather in place from both ends of each spring."""
    v = np.zeros_like(x)
    for _ in range(steps):
        f = -0.1 * v
        d = x[1:] - x[:-1]
        length = np.sqrt(np.sum(d * d, axis=-1) + 1e-6)
        pull = (4.0 * (length - 0.5) / length)[:, :, None] * d
        f[:-1] += pull
        f[1:] -= pull
        d = x[:, 1:] - x[:, :-1]
        length = np.sqrt(np.sum(d * d, axis=-1) + 1e-6)
        pull = (4.0 * (length - 0.5) / length)[:, :, None] * d
        f[:, :-1] += pull
        f[:, 1:] -= pull
        f[0] = 0.0
        v += 0.05 * f
        x += 0.05 * v
    return np.sum(x * x) + np.sum(v * v)


@program((80.0 + 40.0 * uniform(5), 80.0 + 40.0 * uniform(5, seed=1), 0.2 + uniform(5, seed=2),
          0.1 + 0.4 * uniform(5, seed=3)), wrt=(0, 1, 2, 3))
def black_scholes(S, K, T, v):
    total = 0.0
    for i in range(len(S)):
        d1 = (math.log(S[i] / K[i]) + 0.5 * v[i] * v[i] * T[i]) / (v[i] * math.sqrt(T[i]))
        d2 = d1 - v[i] * math.sqrt(T[i])
        total += S[i] * 0.5 * (1.0 + math.erf(d1 / math.sqrt(2.0))) - K[i] * 0.5 * (1.0 + math.erf(d2 / math.sqrt(2.0)))
    return total
