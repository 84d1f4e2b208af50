"""Eigenvalues and eigenvectors of general real matrices, as real and imaginary parts; stacks of them too.

LAPACK's convention: the columns have norm 1, and the component of largest modulus is real.  These ops have no
derivative of their own: the front end differentiates the whole function, by a rule in plain NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.bindings import tensor_type
from wengert.dialects.linear_algebra import FAMILY
from wengert.dialects.lowerings import Tensors, by_columns
from wengert.dialects.matrix_algebra import each_matrix, lapack
from wengert.dialects.op import Absent, Op, register

BY_ITS_CALLER = Absent("what calls it is differentiated by a rule")


def _eig(a: Any) -> list[Any]:
    def one(matrix: Any) -> Any:
        wr, wi, _, packed, failed = lapack("geev", matrix)(matrix, compute_vl=0)
        if failed:
            wr = np.full_like(wr, np.nan)
        own = np.arange(len(wr))
        re = packed[:, own - (wi < 0)]
        im = np.sign(wi) * packed[:, np.minimum(own + (wi > 0), len(own) - 1)]
        return wr, wi, re, im

    return each_matrix(one, a, ranks=(2,))


def _eig_types(a: Any) -> list[Any]:
    values = tensor_type(list(a.shape)[:-1], a.element_type)
    return [values, values, a, a]


def _lower_eig(tensors: Tensors, op: Any) -> Sequence[Any]:
    matrix = tensors.array(op.operands[0])
    b = len(matrix.shape) - 2
    stack, values = range(b), [tensors.empty(matrix.element, matrix.shape[:-1]) for _ in range(2)]
    vectors = [tensors.empty(matrix.element, matrix.shape) for _ in range(2)] if len(op.results) == 4 else []
    outputs = [(by_columns(tensors, matrix), (*stack, b + 1, b)), *((v, (*stack, b + 1)) for v in values),
               *((v, (*stack, b, b + 1)) for v in vectors)]
    _, *results = tensors.routine("eig" + ".vectors" * bool(vectors), [], outputs)
    return results


eig = register(Op("nd.eig", ("a",), _eig, _eig_types, BY_ITS_CALLER, expensive=True, family=FAMILY,
                  results=("wr", "wi", "vr", "vi"), batch=batch_elementwise, lower=_lower_eig))


def _eigvals(a: Any) -> list[Any]:
    return _eig(a)[:2]


def _eigvals_types(a: Any) -> list[Any]:
    return _eig_types(a)[:2]


eigvals = register(Op("nd.eigvals", ("a",), _eigvals, _eigvals_types, BY_ITS_CALLER, expensive=True, family=FAMILY,
                      results=("wr", "wi"), batch=batch_elementwise, lower=_lower_eig))

__all__ = ["eig", "eigvals"]
