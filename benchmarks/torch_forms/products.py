"""Products for PyTorch: the NumPy programs."""

import torch


def gemm(**_):
    def program(C, A, B):
        R = 1.5 * (A @ B) + 1.2 * C
        return torch.sum(R * R)

    return program


def k2mm(**_):
    def program(A, B, C, D):
        R = 1.5 * (A @ B) @ C + 1.2 * D
        return torch.sum(R * R)

    return program


def atax(**_):
    def program(A, x):
        y = (A @ x) @ A
        return torch.sum(y * y)

    return program


def mvt(**_):
    def program(x1, x2, y1, y2, A):
        a = x1 + A @ y1
        b = x2 + y2 @ A
        return torch.sum(a * a) + torch.sum(b * b)

    return program


def gesummv(**_):
    def program(A, B, x):
        y = 1.5 * (A @ x) + 1.2 * (B @ x)
        return torch.sum(y * y)

    return program


def covariance(n, **_):
    def program(D):
        E = D - torch.mean(D, axis=0)
        C = E.T @ E / (n - 1.0)
        return torch.sum(C * C)

    return program
