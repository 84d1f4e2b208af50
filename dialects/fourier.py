"""The discrete Fourier transform of rows of complex numbers, which are pairs: the last axis is (re, im).

``y[k] = sum_j x[j] exp(-2 pi i j k / n)`` along the last axis but one; `inverse` changes the sign of the exponent, and
nothing is divided by n.  Over the real numbers the matrix is ``[[C, S], [-S, C]]`` with symmetric C and S, so the
transpose is the transform with the other sign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2, prod
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.bindings import ir
from wengert.dialects.dependencies import spread, united
from wengert.dialects.lowerings import Tensors
from wengert.dialects.matrix_algebra import rank_of
from wengert.dialects.op import Op, register
from wengert.dialects.transposes import Ledger

Attributes = Mapping[str, Any]


def _meaning(x: Any, inverse: bool) -> Any:
    if not np.size(x):
        return np.array(x)
    pairs = np.ascontiguousarray(x)
    rows = pairs.view(np.complex64 if pairs.dtype == np.float32 else np.complex128)[..., 0]
    found = np.fft.ifft(rows, norm="forward") if inverse else np.fft.fft(rows)
    return np.stack([found.real, found.imag], axis=-1)


def _jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any], attributes: Attributes) -> list[Any]:
    return [fft(tangents[0], inverse=bool(attributes["inverse"]))]


def _transpose(cts: Ledger, ct: Any, op: Any) -> None:
    cts.add(op.operands[0], fft(ct, inverse=not ir.BoolAttr(op.attributes["inverse"]).value))


def _lower(tensors: Tensors, op: Any) -> Sequence[Any]:
    """In the place of a copy, row by row."""
    rows = tensors.array(op.operands[0])
    name = "fft.inverse" if ir.BoolAttr(op.attributes["inverse"]).value else "fft"
    return tensors.routine(name, [], [(tensors.computed(rows), range(len(rows.shape)))])


def _dependence(primals: Sequence[Any], results: Sequence[Any], masks: Sequence[Any],
                attributes: Attributes) -> list[Any]:
    """Every number of a row depends on the whole row."""
    rank, mask = rank_of(primals[0]), masks[0]
    return [None if mask is None else spread(united(mask, (rank - 2, rank - 1)), range(rank - 2), results[0])]


def _flops(operands: Sequence[Sequence[int]], results: Sequence[Sequence[int]], attributes: Attributes) -> int:
    """5 n log2 n a row, as is usual."""
    *batch, n, _ = results[0]
    return int(5 * prod(batch) * n * log2(max(n, 2)))


def _row(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (5, 2)),)


def _rows(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (3, 4, 2)),)


_fft_op = register(Op("nd.fft", ("x",), _meaning, lambda x, **_: x, _jvp, _transpose, linear=(0,), expensive=True,
                      family="linear_algebra", batch=batch_elementwise, lower=_lower, dependence=_dependence,
                      flops=_flops, samples=(_row, _rows), sample_attributes={"inverse": False}))


def fft(x: Any, *, inverse: bool = False) -> Any:
    """The transforms of the rows of x, whose shape is (.., n, 2), with n at least 1."""
    return _fft_op(x, inverse=inverse)


__all__ = ["fft"]
