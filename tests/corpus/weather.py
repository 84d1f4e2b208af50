"""Atmosphere and ocean: shallow water, vorticity, advection with limiters, columns of physics."""

from dataclasses import dataclass, field

import numpy as np

from tests.programs import normal, program, uniform


@dataclass
class Grid:
    nx: int
    ny: int
    dx: float
    dy: float


@dataclass
class ShallowWaterState:
    u: np.ndarray
    v: np.ndarray
    h: np.ndarray
    t: float = 0.0
    diagnostics: dict = field(default_factory=dict)


class ShallowWaterModel:
    """Linear-in-depth shallow water on a periodic A-grid, with Coriolis force, drag and a leapfrog step."""

    g = 9.81

    def __init__(self, grid, f0=1e-1, drag=1e-2, nu=0.05):
        self.grid = grid
        self.f0 = f0
        self.drag = drag
        self.nu = nu

    def ddx(self, a):
        return (np.roll(a, -1, axis=0) - np.roll(a, 1, axis=0)) / (2.0 * self.grid.dx)

    def ddy(self, a):
        return (np.roll(a, -1, axis=1) - np.roll(a, 1, axis=1)) / (2.0 * self.grid.dy)

    def laplacian(self, a):
        return (
            (np.roll(a, -1, 0) - 2.0 * a + np.roll(a, 1, 0)) / self.grid.dx**2
            + (np.roll(a, -1, 1) - 2.0 * a + np.roll(a, 1, 1)) / self.grid.dy**2
        )

    def tendencies(self, state):
        u, v, h = state.u, state.v, state.h
        du = -u * self.ddx(u) - v * self.ddy(u) + self.f0 * v - self.g * self.ddx(h) - self.drag * u
        dv = -u * self.ddx(v) - v * self.ddy(v) - self.f0 * u - self.g * self.ddy(h) - self.drag * v
        dh = -self.ddx(h * u) - self.ddy(h * v)
        return du + self.nu * self.laplacian(u), dv + self.nu * self.laplacian(v), dh

    def step(self, state, dt):
        du, dv, dh = self.tendencies(state)
        half = ShallowWaterState(state.u + 0.5 * dt * du, state.v + 0.5 * dt * dv, state.h + 0.5 * dt * dh)
        du, dv, dh = self.tendencies(half)
        state.u = state.u + dt * du
        state.v = state.v + dt * dv
        state.h += dt * dh
        state.t += dt
        return state

    def energy(self, state):
        kinetic = 0.5 * state.h * (state.u**2 + state.v**2)
        potential = 0.5 * self.g * state.h**2
        return np.sum(kinetic + potential) * self.grid.dx * self.grid.dy


@program(*[(0.1 * normal(5, 4), 0.1 * normal(5, 4, seed=1), 1.0 + 0.1 * uniform(5, 4, seed=2), steps)
           for steps in (0, 1, 3)], wrt=(0, 1, 2), analytic=True, second=1, heavy=True)
def shallow_water(u, v, h, n_steps):
    model = ShallowWaterModel(Grid(5, 4, 0.5, 0.5))
    state = ShallowWaterState(u, v, h)
    for _ in range(n_steps):
        state = model.step(state, dt=0.01)
    state.diagnostics["energy"] = model.energy(state)
    state.diagnostics["mass"] = state.h.sum()
    return state.diagnostics["energy"], state.diagnostics["mass"], state.t


@program((0.3 * normal(6, 6), 2), (0.3 * normal(6, 6, seed=3), 0), analytic=True, heavy=True)
def barotropic_vorticity(zeta, n_steps):
    """Arakawa's Jacobian; the stream function by some sweeps of Jacobi's method."""
    n = zeta.shape[0]
    psi = np.zeros((n, n))
    dt, d = 0.05, 1.0

    def arakawa(p, z):
        def s(a, i, j):
            return np.roll(np.roll(a, -i, axis=0), -j, axis=1)
        jpp = (s(p, 1, 0) - s(p, -1, 0)) * (s(z, 0, 1) - s(z, 0, -1)) - (s(p, 0, 1) - s(p, 0, -1)) * (
            s(z, 1, 0) - s(z, -1, 0))
        jpx = (s(p, 1, 0) * (s(z, 1, 1) - s(z, 1, -1)) - s(p, -1, 0) * (s(z, -1, 1) - s(z, -1, -1))
               - s(p, 0, 1) * (s(z, 1, 1) - s(z, -1, 1)) + s(p, 0, -1) * (s(z, 1, -1) - s(z, -1, -1)))
        return (jpp + jpx) / (8.0 * d * d)

    for _ in range(n_steps):
        for k in range(10):
            psi = 0.25 * (np.roll(psi, 1, 0) + np.roll(psi, -1, 0) + np.roll(psi, 1, 1) + np.roll(psi, -1, 1)
                          - d * d * zeta)
            psi -= psi.mean()
        zeta = zeta - dt * arakawa(psi, zeta) - dt * 0.1 * np.roll(psi, 1, 0)
    return psi, zeta


@program((uniform(7, 7, 2), 0.1 + uniform(3, 3, 2, seed=1)), wrt=(0, 1), second=None)
def horizontal_diffusion(in_field, coeff):
    """Diffusion with a flux limiter, as weather models have it."""
    I, J = coeff.shape[0], coeff.shape[1]
    lap = 4.0 * in_field[1:I + 3, 1:J + 3, :] - (in_field[2:I + 4, 1:J + 3, :] + in_field[0:I + 2, 1:J + 3, :]
                                                + in_field[1:I + 3, 2:J + 4, :] + in_field[1:I + 3, 0:J + 2, :])
    res = lap[1:, 1:J + 1, :] - lap[:-1, 1:J + 1, :]
    flx = np.where((res * (in_field[2:I + 3, 2:J + 2, :] - in_field[1:I + 2, 2:J + 2, :])) > 0, 0, res)
    res = lap[1:I + 1, 1:, :] - lap[1:I + 1, :-1, :]
    fly = np.where((res * (in_field[2:I + 2, 2:J + 3, :] - in_field[2:I + 2, 1:J + 2, :])) > 0, 0, res)
    out = in_field[2:I + 2, 2:J + 2, :] - coeff * (flx[1:, :, :] - flx[:-1, :, :] + fly[:, 1:, :] - fly[:, :-1, :])
    return out


@program((normal(3, 2, 6), normal(4, 2, 6, seed=1), normal(3, 2, 6, seed=2)), wrt=(0, 1, 2), heavy=True)
def vertical_advection(u_stage, wcon, utens):
    """An implicit vertical step: one tridiagonal system a column, forwards and backwards over the levels."""
    I, J, K = utens.shape
    dtr = 3.0 / 20.0
    gav, bet = -0.25, 0.4
    ccol = np.zeros((I, J, K))
    dcol = np.zeros((I, J, K))
    for k in range(K):
        up = gav * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1]) if k < K - 1 else np.zeros((I, J))
        down = gav * (wcon[1:, :, k] + wcon[:-1, :, k]) if k > 0 else np.zeros((I, J))
        a = down * bet
        c = up * bet
        b = 2.0 + dtr - a - c
        correction = np.zeros((I, J))
        if k > 0:
            correction = correction - down * (u_stage[:, :, k - 1] - u_stage[:, :, k])
        if k < K - 1:
            correction = correction - up * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        d = dtr * u_stage[:, :, k] + utens[:, :, k] + correction
        if k == 0:
            divided = 1.0 / b
            ccol[:, :, k] = c * divided
            dcol[:, :, k] = d * divided
        else:
            divided = 1.0 / (b - ccol[:, :, k - 1] * a)
            ccol[:, :, k] = c * divided
            dcol[:, :, k] = (d - dcol[:, :, k - 1] * a) * divided
    data = np.zeros((I, J))
    for k in range(K - 1, -1, -1):
        data = dcol[:, :, k] - ccol[:, :, k] * data if k < K - 1 else dcol[:, :, k]
        utens[:, :, k] = dtr * (data - u_stage[:, :, k])
    return utens


def minmod(a, b):
    return np.where(a * b <= 0.0, 0.0, np.where(np.abs(a) < np.abs(b), a, b))


@program(*[(uniform(9), 0.4, steps) for steps in (0, 1, 4)], wrt=(0, 1), second=None)
def muscl_advection(q, courant, steps):
    """Second-order upwind advection with minmod slopes, periodic."""
    for _ in range(steps):
        left = q - np.roll(q, 1)
        right = np.roll(q, -1) - q
        slope = minmod(left, right)
        flux = courant * (q + 0.5 * (1.0 - courant) * slope)
        q = q - (flux - np.roll(flux, 1))
    return q


@program((uniform(6, seed=1), 0.6 * uniform(6, seed=2) + 0.2, 3), (uniform(6, seed=1), uniform(6, seed=2), 0),
         wrt=(0, 1), second=None)
def van_leer_flux_form(q, u, nt):
    """Flux-form advection with ghost cells; the wind may blow from either side."""
    n = len(q)
    for it in range(nt):
        ext = np.concatenate(([q[-2], q[-1]], q, [q[0], q[1]]))
        flux = np.zeros(n + 1)
        for i in range(n + 1):
            ui = u[i % n] - 0.5
            if ui >= 0:
                a, b, c = ext[i], ext[i + 1], ext[i + 2]
            else:
                a, b, c = ext[i + 3], ext[i + 2], ext[i + 1]
            d1, d2 = b - a, c - b
            slope = 2.0 * d1 * d2 / (d1 + d2) if d1 * d2 > 0 else 0.0
            flux[i] = ui * (b + 0.5 * (1.0 - 0.3 * abs(ui)) * slope)
        q = q - 0.3 * (flux[1:] - flux[:-1])
    return q


@program((280.0 + 10.0 * uniform(8), 0.004 + 0.012 * uniform(8, seed=1), np.linspace(1000.0, 700.0, 8)), wrt=(0, 1, 2),
         second=None)
def saturation_adjustment(T, qv, p):
    """Vapour above saturation condenses and warms the air; three Newton steps where it is needed."""
    Lv, cp, Rd, Rv = 2.5e6, 1004.0, 287.0, 461.5
    T, qv = T.copy(), qv.copy()
    ql = np.zeros_like(T)
    for _ in range(3):
        es = 6.112 * np.exp(17.67 * (T - 273.15) / (T - 29.65))
        qs = Rd / Rv * es / (p - es)
        cloudy = qv > qs
        gamma = Lv**2 * qs / (cp * Rv * T**2)
        dq = (qv - qs) / (1.0 + gamma)
        dq[~cloudy] = 0.0
        qv -= dq
        ql += dq
        T += Lv / cp * dq
    precipitation = np.sum(ql[ql > 1e-3] - 1e-3)
    return T, qv, ql, precipitation


@program((np.array([1.0, 1.2, 0.9]), 10.0, 28.0, 8.0 / 3.0), wrt=(0, 1, 2, 3), analytic=True)
def lorenz_with_tangent(x, sigma, rho, beta):
    """The growth of a small error: the tangent model beside the model, as a tuple of tuples."""
    def rhs(s):
        a, b, c = s
        return sigma * (b - a), a * (rho - c) - b, a * b - beta * c

    def step(s, dt):
        k1 = rhs(s)
        k2 = rhs(tuple(si + 0.5 * dt * ki for si, ki in zip(s, k1)))
        return tuple(si + dt * ki for si, ki in zip(s, k2))

    state = tuple(x)
    shadow = (x[0] + 1e-3, *x[1:])
    for _ in range(20):
        state = step(state, 0.01)
        shadow = step(shadow, 0.01)
    return sum((a - b) ** 2 for a, b in zip(state, shadow)) * 1e6


@program((np.array([1.0, -0.5, 0.3, 0.8, -1.0]), np.array([0.2, 0.1, -0.3, 0.5, 0.4]), 0.5), wrt=(0, 1, 2))
def kalman_filter(obs, x0, r):
    """A local linear trend, filtered and scored: the log likelihood of the observations."""
    F = np.array([[1.0, 1.0], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    Q = 0.05 * np.eye(2)
    R = np.array([[1.0]]) * r
    x = x0[:2]
    P = np.eye(2)
    loglik = 0.0
    means = np.zeros((len(obs), 2))
    for t in range(len(obs)):
        x = F @ x
        P = F @ P @ F.T + Q
        y = obs[t] - H @ x
        S = H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        x = x + K @ y
        P = (np.eye(2) - K @ H) @ P
        means[t, :] = x
        loglik += -0.5 * (np.log(2.0 * np.pi) + np.log(np.linalg.det(S)) + y @ np.linalg.solve(S, y))
    return loglik, means
