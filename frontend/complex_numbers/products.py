"""Products and reductions of complex arrays, by products of their parts."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from wengert.frontend import arithmetic as real
from wengert.frontend.complex_numbers.arithmetic import add, complex_operand, sub
from wengert.frontend.complex_numbers.creation import astype, full
from wengert.frontend.complex_numbers.elementwise import conjugate, numpy_parts
from wengert.frontend.complex_numbers.registry import of_complex
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, paired
from wengert.frontend.numpy_table.arguments import some_axes
from wengert.frontend.trace import fail
from wengert.frontend.values import View


def bilinear(function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """A bilinear function of real operands, of two of which at least one is complex."""
    a, b = side_by_side(complex_operand(a)), side_by_side(complex_operand(b))
    if not isinstance(a, Complex):
        return paired(function(a, b.re), function(a, b.im))
    if not isinstance(b, Complex):
        return paired(function(a.re, b), function(a.im, b))
    re = sub(function(a.re, b.re), function(a.im, b.im))
    return paired(re, add(function(a.re, b.im), function(a.im, b.re)))


def side_by_side(x: Any) -> Any:
    """Complex arrays with parts whose elements are adjacent, as BLAS wants them; views of memory are copied."""
    if not isinstance(x, ComplexArray) or not any(isinstance(part, View) for part in (x.re, x.im)):
        return x
    return ComplexArray(*(real.binary("Add", part, 0.0) for part in (x.re, x.im)))


def matmul(a: Any, b: Any) -> Any:
    return bilinear(np.matmul, a, b)


def _bilinear(name: str, *methods: str) -> None:
    function = getattr(np, name)

    def handler(a: Any, b: Any, /, **options: Any) -> Any:
        return bilinear(lambda x, y: function(x, y, **options), a, b)

    of_complex(getattr(np, name), methods=methods)(handler)


for _name in ("matmul", "inner", "outer", "kron", "cross"):
    _bilinear(_name)
_bilinear("dot", "dot")


@of_complex(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return bilinear(lambda x, y: np.tensordot(x, y, axes), a, b)


@of_complex(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    a = complex_operand(a)
    return bilinear(np.vdot, conjugate(a) if isinstance(a, Complex) else a, b)


@of_complex(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: Any = None) -> Any:
    """Linear in each operand: the sum over the choices of a part of each, with the sign of the power of i."""
    values = [complex_operand(x) for x in operands]
    totals: list[Any] = [None, None]
    choices: list[tuple[list[Any], int]] = [([], 0)]
    for x in values:
        parts = ((x.re, 0), (x.im, 1)) if isinstance(x, Complex) else ((x, 0),)
        choices = [([*chosen, part], power + step) for chosen, power in choices for part, step in parts]
    for chosen, power in choices:
        term = np.einsum(subscripts, *chosen)
        side, minus = power % 2, power % 4 >= 2
        if totals[side] is None:
            totals[side] = real.unary("USub", term) if minus else term
        else:
            totals[side] = (sub if minus else add)(totals[side], term)
    return paired(*totals)


# ---------------------------------------------------------------- reductions


@of_complex(np.prod)
def prod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Any:
    z = complex_operand(a)
    if not isinstance(z, Complex) or dtype is not None:
        z = astype(z, complex if dtype is None else dtype)
    axes = some_axes(axis, z.ndim)
    for d in reversed(axes):
        z = _product_along(z, d, keepdims)
    return np.copy(z) if isinstance(z, ComplexArray) else z


def _product_along(z: Any, axis: int, keepdims: Any) -> Any:
    """By halves: each half of the elements along the axis is multiplied with the other."""
    z = np.moveaxis(z, axis, 0)
    while z.shape[0] > 1:
        half = z.shape[0] // 2
        multiplied = real.binary("Mult", z[:half], z[half : 2 * half])
        z = np.concatenate([multiplied, z[2 * half :]]) if z.shape[0] % 2 else multiplied
    whole = z[0] if z.shape[0] else full(z.shape[1:], 1.0, z.dtype)
    if not keepdims:
        return whole
    return np.expand_dims(whole, axis) if isinstance(whole, ComplexArray) else full((1,), whole)


@of_complex(np.cumprod)
def cumprod(a: Any, axis: Any = None) -> Any:
    from wengert.frontend.running import run

    z = complex_operand(a)
    z, d = (np.ravel(z), 0) if axis is None else (z, axis)
    first = np.moveaxis(z, d, 0)
    assert isinstance(_running_product, FunctionType)
    return np.moveaxis(run(_running_product, (first, first.__copy__()), {}), 0, d)


def _running_product(a: Any, out: Any) -> Any:
    """Runs through the rewriter like the user's code."""
    for i in range(1, a.shape[0]):
        out[i] = out[i - 1] * a[i]
    return out


def _squares(z: Any) -> Any:
    x, y = numpy_parts(z)
    return x * x + y * y


@of_complex(np.var)
def var(a: Any, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Any:
    """The mean of ``|z - mean|^2``, a real number: the variances of the parts add up."""
    x, y = numpy_parts(a)
    return np.var(x, axis, ddof=ddof, keepdims=keepdims) + np.var(y, axis, ddof=ddof, keepdims=keepdims)


@of_complex(np.std)
def std(a: Any, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Any:
    return np.sqrt(var(a, axis, ddof=ddof, keepdims=keepdims))


def _truth(name: str) -> None:
    function = getattr(np, name)

    def handler(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        return function(real.compare("NotEq", a, 0), axis, keepdims=keepdims)

    of_complex(getattr(np, name))(handler)


for _name in ("any", "all", "count_nonzero"):
    _truth(_name)


@of_complex(np.nansum)
def nansum(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Any:
    z = complex_operand(a)
    return np.sum(real.select(np.isnan(z), 0, z), axis=axis, dtype=dtype, keepdims=keepdims)


def _norm(function: Any) -> None:
    """The norm of the array of sizes, which it is but for those that ask for singular values."""

    def handler(x: Any, *arguments: Any, **options: Any) -> Any:
        z = complex_operand(x)
        ord = options.get("ord", arguments[0] if arguments else None)
        if ord in ("nuc", 2, -2) and z.ndim > 1 and (options.get("axis") is None and len(arguments) < 2):
            fail(f"the norm ord={ord!r} of a complex matrix is not covered", why="it needs complex singular values",
                 help="use ord='fro', 1 or np.inf")
        return function(np.abs(z), *arguments, **options)

    of_complex(function)(handler)


for _norm_function in (np.linalg.norm, np.linalg.vector_norm, np.linalg.matrix_norm):
    _norm(_norm_function)

__all__ = ["bilinear", "matmul"]
