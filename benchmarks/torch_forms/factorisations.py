"""Triangular loops for PyTorch: rank-1 updates, or LAPACK where it has the very function."""

import torch


def lu(**_):
    def program(A):
        n = A.shape[0]
        rows, cols = [], []
        for _k in range(n):
            u = A[0]
            column = A[1:, 0] / A[0, 0]
            rows.append(u)
            cols.append(column)
            A = A[1:, 1:] - torch.outer(column, u[1:])
        return sum((r * r).sum() for r in rows) + sum((c * c).sum() for c in cols)

    return program


def cholesky(**_):
    def program(A):
        return torch.sum(torch.linalg.cholesky(A))

    return program


def trisolv(**_):
    def program(L, b):
        x = torch.linalg.solve_triangular(L, b[:, None], upper=False)
        return torch.sum(x * x)

    return program


def syrk(**_):
    def program(C, A):
        C = torch.tril(1.2 * C + 1.5 * A @ A.T) + torch.triu(C, 1)
        return torch.sum(C * C)

    return program
