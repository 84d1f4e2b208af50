"""scipy.linalg: values against SciPy, derivatives, errors with SciPy's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse

import wengert
from tests.frontend.traced import check, lines_of, traced_run
from wengert.frontend.calls import call

s = scipy.linalg
RNG = np.random.default_rng(0)
Q, STACK, T = (RNG.normal(size=shape) for shape in ((4, 4), (2, 4, 4), (5, 3)))
P, V, B = Q @ Q.T + np.eye(4), RNG.normal(size=4), RNG.normal(size=(4, 2))
BAND = np.array([[0, 0, 0.5, 0.2, 0.3], [0, 1.0, -0.4, 0.3, 0.6], [4, 5, 6, 5, 4.0]])
COLUMN, ROW = np.array([4.0, 1, 0.5, 0.2]), np.array([4.0, -1, 0.3, 0.7])


def signless(w: Any, v: Any) -> Any:
    """Eigenvectors up to their signs, which SciPy's driver chooses in another way."""
    return w, np.abs(v)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda a, b: (s.solve(a, b), s.solve(a, b[:, 0], transposed=True)), (Q, B)),
    (lambda a, b: (s.solve(a, b, assume_a="sym"), s.solve(a, b, lower=True, assume_a="her")), (P, B)),
    (lambda a, b: (s.solve(a, b, assume_a="pos"), s.solve(a, b, lower=True, assume_a="pos")), (P, B)),
    (lambda a, b: (s.solve(a, b, assume_a="upper triangular"), s.solve(a, b, assume_a="lower triangular")), (P, B)),
    (lambda a: (s.inv(a), s.det(a), s.norm(a), float(s.norm(a, 1)), s.svdvals(a), s.pinv(a)), (Q,)),
    (lambda a: (s.cholesky(a), s.cholesky(a, lower=True), s.cho_factor(a)[0], s.cho_factor(a, lower=True)[0]), (P,)),
    (lambda a, b: s.cho_solve(s.cho_factor(a), b), (P, B)),
    (lambda a: (*s.lu_factor(a), *s.lu(a), *s.lu(a, permute_l=True), *s.lu(a, p_indices=True)), (Q,)),
    (lambda a, b: tuple(s.lu_solve(s.lu_factor(a), b, trans=t) for t in (0, 1, 2)), (Q, B)),
    (lambda c, r, v, b: (s.solve_toeplitz(c, v), s.solve_toeplitz((c, r), b)), (COLUMN, ROW, V, B)),
    (lambda c, r: (s.toeplitz(c), s.toeplitz(c, r[:3]), s.hankel(c), s.hankel(c, r[:2]), s.circulant(c)),
     (COLUMN, ROW)),
    (lambda a, b: (s.block_diag(a, b, a[0]), s.block_diag(a), b @ s.hilbert(4)), (T, Q)),
    (lambda a: (*s.qr(a), *s.qr(a, mode="economic"), *s.qr(a.T, mode="r"), *s.svd(a),
                s.svd(a, compute_uv=False)), (T,)),
    (lambda a: signless(*s.eigh(a)), (P,)),
    (lambda a, b: (*signless(*s.eigh(a, b)), *signless(*s.eigh(a, b, lower=False, subset_by_index=[1, 2]))), (Q, P)),
    (lambda a, b: (s.eigh(a, eigvals_only=True), s.eigvalsh(a), s.eigvalsh(a, b)), (Q, P)),
    (lambda a: (s.expm(0.01 * a), s.expm(a), s.expm(5.0 * a)), (Q,)),
    (lambda a: (s.expm(a), s.expm(a[:, :1, :1])), (STACK,)),
    (lambda a: s.expm(a), (np.zeros((0, 0)),)),
    (lambda a, b: (*s.lstsq(a, b)[:2], *s.lstsq(a, b[:, 0])[:2], s.lstsq(a, b)[3]), (T, RNG.normal(size=(5, 2)))),
]  # fmt: skip


@pytest.mark.parametrize(("f", "arguments"), CASES, ids=lines_of([f for f, _ in CASES]))
def test_values(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(f, *arguments, tolerance=1e-10)


def test_float32() -> None:
    check(lambda a: (*s.lu_factor(a), s.expm(a)), Q.astype(np.float32), tolerance=1e-5)


@pytest.mark.parametrize("bands", [(1, 1), (2, 1), (0, 2), (3, 0), (0, 0), (2, 3)], ids=str)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_banded_systems(bands: tuple[int, int], n: int) -> None:
    """Rows are interchanged where the diagonal is small; bands may be wider than the matrix."""
    ab, b = RNG.normal(size=(sum(bands) + 1, n)), RNG.normal(size=(n, 2))
    check(lambda ab, b: (s.solve_banded(bands, ab, b), s.solve_banded(bands, ab, b[:, 0])), ab, b, tolerance=1e-9)


def test_positive_definite_banded_systems() -> None:
    low = np.array([[4, 5, 6, 5, 4.0], [1, -0.4, 0.3, 0.6, 0], [0.5, 0.2, 0.3, 0, 0]])
    check(lambda u, l, b: (s.solveh_banded(u, b[0]), s.solveh_banded(l, b.T, lower=True)), BAND, low,  # noqa: E741
          RNG.normal(size=(2, 5)), tolerance=1e-13)


DERIVATIVES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda a, b: (s.lu_factor(a)[0], s.lu_solve(s.lu_factor(a), b, trans=1)), (Q, B)),
    (lambda ab, b: s.solve_banded((1, 2), ab, b), (RNG.normal(size=(4, 5)), V[[0, 1, 2, 3, 0]])),
    (lambda a: s.expm(a), (Q,)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("f", "arguments"), DERIVATIVES, ids=["lu", "banded", "expm"])
def test_derivatives_to_second_order(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wengert.check_grads(f, arguments, order=2)


def test_derivatives() -> None:
    def f(c: Any, v: Any, band: Any, q: Any, stack: Any) -> Any:
        return (s.solve_toeplitz(c, v), s.toeplitz(c, v), s.circulant(c), s.block_diag(c, v), s.expm(4.0 * stack),
                s.solveh_banded(band, np.ones(5)), s.solve_banded((0, 2), band, np.ones(5)), s.lu_factor(q)[0],
                s.lu_solve(s.lu_factor(q), v, trans=1), s.eigvalsh(q, q @ q.T), s.solve(q @ q.T, v, assume_a="pos"))

    wengert.check_grads(f, (COLUMN, V, BAND, Q, STACK), order=1)


@pytest.mark.parametrize(("f", "arguments", "message"), [
    (lambda a: s.solve_banded((1, 1), a, np.ones(4)), (np.zeros((3, 4)),), "singular matrix"),
    (lambda a: s.solveh_banded(a, np.ones(4)), (-np.ones((2, 4)),), "not positive definite"),
    (lambda a: s.cholesky(a), (-np.eye(2),), "not positive definite"),
])
def test_what_cannot_be_solved(f: Callable[..., Any], arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(np.linalg.LinAlgError, match=message):
        f(*arguments)
    with pytest.raises(np.linalg.LinAlgError, match=message) as caught:
        wengert.compile(f)(*arguments)
    assert "test_scipy_linalg.py" in str(caught.value)


@pytest.mark.parametrize(("f", "message"), [
    (lambda a: s.solve(a, a, assume_a="foo"), "foo is not a recognized matrix structure"),
    (lambda a: s.solve_banded((1, 1), a[:3], np.ones(5)), "shapes of ab and b are not compatible"),
    (lambda a: s.solve_banded((1, 2), a[:3], np.ones(4)), r"l\+u\+1 \(4\) does not equal ab.shape\[0\] \(3\)"),
    (lambda a: s.expm(a[:2]), "Last 2 dimensions of the array must be square"),
])
def test_scipys_errors(f: Callable[..., Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        f(Q)
    with pytest.raises(wengert.WengertValueError, match=message) as caught:
        traced_run(f, Q, call=call)
    assert caught.value.position is not None and caught.value.position.file == __file__


def test_eigenvalues_of_general_matrices() -> None:
    got = wengert.compile(lambda a: (*s.eig(a), s.eigvals(a)))(Q)
    for x, y in zip(got, (*s.eig(Q), s.eigvals(Q)), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11)


@pytest.mark.parametrize(("f", "help_"), [
    (lambda a: s.sqrtm(a), "np.sqrt(w)"),
    (lambda a: s.logm(a), "np.log(w)"),
    (lambda a: s.solve_sylvester(a, a, a), "np.kron"),
    (lambda a: np.einsum_path("ij,jk", a, a), "optimize="),
    (lambda a: s.eig(a, a), "np.linalg.solve(b, a)"),
    (lambda a: s.qr(a, pivoting=True), "np.linalg.svd"),
])
def test_what_is_refused(f: Callable[..., Any], help_: str) -> None:
    with pytest.raises(wengert.UnsupportedError, match="is not covered") as caught:
        traced_run(f, Q, call=call)
    assert help_ in caught.value.help


SPARSE = scipy.sparse.csr_array(Q)


@pytest.mark.parametrize("f", [lambda a: scipy.sparse.csr_array(a), lambda a: SPARSE @ a], ids=["made", "used"])
def test_sparse_matrices_are_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(wengert.WengertError, match=r"scipy\.sparse") as caught:
        wengert.compile(f)(Q)
    assert "linear_solve" in caught.value.help
