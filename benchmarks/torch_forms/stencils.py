"""Stencils for PyTorch: autograd forbids writing into what it has kept, so each half step makes a new array."""

import torch


def jacobi_1d(steps, **_):
    def program(A, B):
        a0, a1, b0, b1 = A[:1], A[-1:], B[:1], B[-1:]
        for _ in range(1, steps):
            B = torch.cat((b0, 0.33333 * (A[:-2] + A[1:-1] + A[2:]), b1))
            A = torch.cat((a0, 0.33333 * (B[:-2] + B[1:-1] + B[2:]), a1))
        return torch.sum(A * A)

    return program


def jacobi_2d(steps, **_):
    def stencil(A):
        return 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])

    def program(A, B):
        for _ in range(1, steps):
            B = B.clone()
            B[1:-1, 1:-1] = stencil(A)
            A = A.clone()
            A[1:-1, 1:-1] = stencil(B)
        return torch.sum(A * A)

    return program


def heat_3d(steps, **_):
    def stencil(A):
        c = A[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * c + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * c + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * c + A[1:-1, 1:-1, :-2])
            + c
        )

    def program(A, B):
        for _ in range(1, steps):
            B = B.clone()
            B[1:-1, 1:-1, 1:-1] = stencil(A)
            A = A.clone()
            A[1:-1, 1:-1, 1:-1] = stencil(B)
        return torch.sum(A * A)

    return program


def fdtd_2d(steps, **_):
    def program(ex, ey, hz, fict):
        ex, ey, hz = ex.clone(), ey.clone(), hz.clone()
        for t in range(steps):
            ey[0, :] = fict[t]
            ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
            ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
            hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
        return torch.sum(hz * hz)

    return program
