"""A whole program: Gaussian process regression, its evidence with its gradient by hand, and a small optimiser."""

import numpy as np

from tests.programs import program, uniform


class Kernel:
    def __call__(self, a, b, theta):
        raise NotImplementedError

    def __add__(self, other):
        return Sum(self, other)

    def __mul__(self, other):
        return Product(self, other)


class Sum(Kernel):
    def __init__(self, left, right):
        self.left, self.right = left, right
        self.n_params = left.n_params + right.n_params

    def __call__(self, a, b, theta):
        k = self.left.n_params
        return self.left(a, b, theta[:k]) + self.right(a, b, theta[k:])


class Product(Sum):
    def __call__(self, a, b, theta):
        k = self.left.n_params
        return self.left(a, b, theta[:k]) * self.right(a, b, theta[k:])


class SquaredExponential(Kernel):
    n_params = 2

    def __call__(self, a, b, theta):
        amplitude, length = np.exp(theta[0]), np.exp(theta[1])
        return amplitude**2 * np.exp(-0.5 * (a[:, None] - b[None, :]) ** 2 / length**2)


class Periodic(Kernel):
    n_params = 2

    def __init__(self, period=1.0):
        self.period = period

    def __call__(self, a, b, theta):
        amplitude, roughness = np.exp(theta[0]), np.exp(theta[1])
        s = np.sin(np.pi * np.abs(a[:, None] - b[None, :]) / self.period)
        return amplitude**2 * np.exp(-2.0 * s**2 / roughness**2)


class Linear(Kernel):
    n_params = 1

    def __call__(self, a, b, theta):
        return np.exp(2.0 * theta[0]) * np.multiply.outer(a, b)


class GaussianProcess:
    def __init__(self, kernel, x, y, noise=1e-2, jitter=1e-10):
        self.kernel = kernel
        self.x = x
        self.y = y
        self.noise = noise
        self.jitter = jitter

    def covariance(self, theta):
        K = self.kernel(self.x, self.x, theta)
        return K + (self.noise + self.jitter) * np.eye(len(self.x))

    def log_evidence(self, theta):
        L = np.linalg.cholesky(self.covariance(theta))
        z = np.linalg.solve(L, self.y)
        return -0.5 * z @ z - np.sum(np.log(np.diag(L))) - 0.5 * len(self.x) * np.log(2.0 * np.pi)

    def gradient(self, theta, h=1e-4):
        """Central differences, as a careful user would who has no compiler for gradients."""
        g = np.zeros_like(theta)
        for i in range(len(theta)):
            up = theta.copy()
            down = theta.copy()
            up[i] += h
            down[i] -= h
            g[i] = (self.log_evidence(up) - self.log_evidence(down)) / (2.0 * h)
        return g

    def fit(self, theta, rate=0.05, steps=4):
        """Ascent with momentum; a step that makes it worse is taken back and the rate halved."""
        velocity = np.zeros_like(theta)
        best = self.log_evidence(theta)
        for _ in range(steps):
            velocity = 0.5 * velocity + rate * self.gradient(theta)
            trial = theta + velocity
            value = self.log_evidence(trial)
            if value < best:
                rate *= 0.5
                velocity *= 0.0
                continue
            theta, best = trial, value
        return theta, best

    def predict(self, theta, at):
        K = self.covariance(theta)
        cross = self.kernel(at, self.x, theta)
        mean = cross @ np.linalg.solve(K, self.y)
        covariance = self.kernel(at, at, theta) - cross @ np.linalg.solve(K, cross.T)
        return mean, np.sqrt(np.maximum(np.diag(covariance), 0.0) + self.noise)


@program((3.0 * uniform(6, seed=20), uniform(6, seed=21), np.array([0.1, -0.2, 0.0, 0.3, -1.0])), wrt=(0, 1, 2),
         second=None, interpreted=())
def gaussian_process(x, y, theta):
    kernel = SquaredExponential() * Periodic(period=1.3) + Linear()
    gp = GaussianProcess(kernel, x, y - y.mean())
    theta, evidence = gp.fit(theta)
    mean, deviation = gp.predict(theta, np.linspace(0.0, 3.0, 4))
    return evidence, mean + y.mean(), deviation
