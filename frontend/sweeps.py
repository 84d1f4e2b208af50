"""What jacobians.py does while tracing: one sweep for each row or column of a matrix of derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.errors import DifferentiationError, WengertTypeError
from wengert.frontend import library
from wengert.frontend.argnums import Argnums, listed, one_or_all
from wengert.frontend.arguments import flatten
from wengert.frontend.calls import call
from wengert.frontend.capture import made_new
from wengert.frontend.complex_numbers.trees import joined, with_wholes
from wengert.frontend.derivatives import Inner, Linearized, trace_inner
from wengert.frontend.forms import Form
from wengert.frontend.positions import definition_of
from wengert.frontend.single_results import complex_output

Sweeps = Callable[[Inner, Linearized], list[list[Any]]]


def matrix_of_derivatives(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argnums: Argnums,
    has_aux: bool,
    what: str,
    sweeps: str,
    holomorphic: bool,
) -> Any:
    """The blocks of the Jacobian, by "rows", by "columns", or by the "cheaper" of them."""
    inner = trace_inner(f, args, kwargs, listed(argnums), what, has_aux)
    if not all(isinstance(o, Form) and o.floats for o in inner.outputs):
        raise WengertTypeError(
            f"{what} needs a function whose results are floats",
            help="leave ints, bools and other objects out of the result, or return them beside it with "
            "has_aux=True",
        )
    for output in inner.outputs:
        output.require_static()
    _check_complex(inner, f, what, holomorphic)
    linearized = Linearized(inner)
    rows = _SWEEPS[sweeps](inner)(inner, linearized)
    if holomorphic:
        blocks = [one_or_all(inner.arranged(row), argnums) for row in complex_derivatives(inner, rows)]
        result = with_wholes(inner.structure, blocks)
    else:
        result = joined(inner.structure, [one_or_all(inner.arranged(row), argnums) for row in rows])
    return (result, linearized.aux) if has_aux else result


def _elements(forms: Sequence[Form]) -> int:
    return sum(math.prod(form.shape or ()) for form in forms)


def _check_complex(inner: Inner, f: Callable[..., Any], what: str, holomorphic: bool) -> None:
    if holomorphic:
        complex_output(inner, f, what, scalar=False)
    elif inner.imaginary_moving:
        raise DifferentiationError(
            f"{what} with respect to complex numbers",
            definition_of(f),
            why="the derivative along the imaginary axis is another one than that along the real axis",
            help="holomorphic=True gives the complex derivatives of a function that has them; jvp and vjp take any "
            "function",
        )


def complex_derivatives(inner: Inner, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """For each complex output the parts of ``f' = d re/dx + i d im/dx``, in the place of the parts of each input."""
    found = []
    for re, im in zip(rows[::2], rows[1::2], strict=True):
        found.append([im[k - 1] if k in inner.imaginary_moving else re[k] for k in range(len(re))])
    return found


def _rows(inner: Inner, linearized: Linearized) -> list[list[Any]]:
    """For each output the blocks of each input, by pulling back each basis vector of the output."""
    inputs = made_new([form.wrap(v) for form, v in zip(inner.moving, inner.inputs)])
    outputs = made_new(flatten(linearized.result)[0])

    def pull(cotangents: Sequence[Any]) -> list[Any]:
        given = [form.value(c, "a cotangent") for form, c in zip(inner.floats, cotangents)]
        pulled: list[Any] = made_new(linearized.pull_parts(given))
        return pulled

    return [call(library.rows, pull, outputs, k, inputs) for k in range(len(outputs))]


def _columns(inner: Inner, linearized: Linearized) -> list[list[Any]]:
    """The same by pushing forward each basis vector of each input."""
    inputs = made_new([form.wrap(v) for form, v in zip(inner.moving, inner.inputs)])
    outputs = made_new(flatten(linearized.result)[0])

    def push(tangents: Sequence[Any]) -> list[Any]:
        given = [form.value(t, "a tangent") for form, t in zip(inner.moving, tangents)]
        pushed: list[Any] = made_new(linearized.push(given))
        return pushed

    columns = [call(library.columns, push, inputs, k, outputs) for k in range(len(inputs))]
    return [[column[k] for column in columns] for k in range(len(outputs))]


def _cheaper(inner: Inner) -> Sweeps:
    return _columns if _elements(inner.moving) <= _elements(inner.floats) else _rows


_SWEEPS: dict[str, Callable[[Inner], Sweeps]] = {
    "rows": lambda inner: _rows, "columns": lambda inner: _columns, "cheaper": _cheaper
}
