"""What all ufuncs have in common: `out=`, `where=`, `dtype=` and `casting=` of a call.

A handler of the table traces the function itself; here its operands are prepared and its results stored.  The types
of a loop come from NumPy (`ufunc.resolve_dtypes`), so that no function has a list of its own.  Under `where=` operands
are 1 where the mask is false: what is left out can neither fail nor spoil a derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import store_in_place
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import element_of
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import Entry
from wengert.frontend.numpy_table.results import target
from wengert.frontend.operands import kind_of, operand
from wengert.frontend.refusals import option_not_covered
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Traced


@dataclass(frozen=True)
class Options:
    """The keyword arguments that every ufunc has.

    Args:
        out: an array, or None, for each result.
        where: the mask; True for all elements.
        dtype: of the computation; None for NumPy's choice.
        casting: which conversions may happen on the way in and out.
    """

    out: tuple[Any, ...]
    where: Any
    dtype: Any
    casting: Any


def call_ufunc(ufunc: np.ufunc, entry: Entry, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """``ufunc(*arguments, **keywords)`` of which something is known at run time only."""
    inputs, options, rest = _parsed(ufunc, arguments, keywords)
    for name in rest:
        if entry.names is None or name not in entry.names:
            option_not_covered(f"numpy.{ufunc.__name__}", f"{name}=")
    if options.dtype is not None or options.where is not True:
        inputs = in_types_of_the_loop(ufunc, inputs, options)
    if options.where is not True:
        inputs = [under_mask(x, options.where) for x in inputs]
    results = entry.handler(*inputs, **rest)
    stored = [
        result if out is None else _store(ufunc, out, result, options)
        for out, result in zip(options.out, results if ufunc.nout > 1 else (results,))
    ]
    return tuple(stored) if ufunc.nout > 1 else stored[0]


def _parsed(
    ufunc: np.ufunc, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[list[Any], Options, dict[str, Any]]:
    name, most = ufunc.__name__, ufunc.nin + ufunc.nout
    if not ufunc.nin <= len(arguments) <= most:
        fail(
            f"{name}() takes from {ufunc.nin} to {most} positional arguments but {len(arguments)} were given",
            error=WengertTypeError,
        )
    inputs, given = [operand(x) for x in arguments[: ufunc.nin]], arguments[ufunc.nin :]
    rest = dict(keywords)
    out = rest.pop("out", None)
    if given and out is not None:
        fail("cannot specify 'out' as both a positional and keyword argument", error=WengertTypeError)
    places = given if out is None else out if isinstance(out, tuple) else (out,)
    if len(places) > ufunc.nout or (out is not None and len(places) != ufunc.nout):
        fail("The 'out' tuple must have exactly one entry per ufunc output", error=WengertValueError)
    places = (*places, *[None] * (ufunc.nout - len(places)))
    if rest.pop("order", "K") not in ("K", "C") or rest.pop("subok", True) is not True:
        option_not_covered(f"numpy.{name}", "order= or subok=")
    options = Options(
        tuple(target(x) for x in places),
        mask_of(rest.pop("where", True)),
        rest.pop("dtype", None),
        rest.pop("casting", "same_kind"),
    )
    if options.where is not True:
        if ufunc.signature is not None:
            fail(f"{name}() got an unexpected keyword argument 'where'", error=WengertTypeError)
        if any(out is None for out in options.out):
            fail(
                f"numpy.{name} with where= and without out=",
                why="NumPy leaves the elements where the mask is false uninitialised: they would be anything",
                help="give out=, for example out=np.zeros_like(x), or use np.where",
                error=WengertValueError,
            )
    return inputs, options, rest


def mask_of(where: Any) -> Any:
    """The mask `where=`: True, or an operand of bools."""
    if where is True:
        return True
    where = operand(where)
    return where if kind_of(where).element == "i1" else compare("NotEq", where, 0)


def under_mask(x: Any, where: Any) -> Any:
    """The operand where the mask is true, 1 elsewhere."""
    return select(where, x, True if kind_of(x).element == "i1" else 1)


# ---------------------------------------------------------------- types


def _as_resolved(x: Any) -> Any:
    """The type of an operand, as `resolve_dtypes` takes it: Python's numbers by their classes."""
    kind = kind_of(x)
    if not kind.weak or kind.element == "i1":
        return x.dtype if isinstance(x, (Traced, np.generic)) else np.dtype(bool)
    return type(x.example if isinstance(x, Traced) else x)


def loop_types(ufunc: np.ufunc, inputs: Sequence[Any], dtype: Any, casting: Any) -> tuple[np.dtype[Any], ...]:
    """The types NumPy computes in, of operands and of results."""
    types = tuple(_as_resolved(x) for x in inputs)
    if all(isinstance(t, type) for t in types):  # at least one has to be NumPy's
        types = (np.dtype(types[0]), *types[1:])
    signature = (None,) * ufunc.nin + (None if dtype is None else np.dtype(dtype),) * ufunc.nout
    try:
        return ufunc.resolve_dtypes((*types, *[None] * ufunc.nout), signature=signature, casting=casting)
    except TypeError as error:
        fail(str(error), error=WengertTypeError)


def in_types_of_the_loop(ufunc: np.ufunc, inputs: list[Any], options: Options) -> list[Any]:
    if ufunc.signature is not None:
        return [converted(x, element_of(options.dtype)) for x in inputs]
    found = loop_types(ufunc, inputs, options.dtype, options.casting)
    # Comparisons are exact, also with a Python int that does not fit.
    compared = found[-1] == np.dtype(bool) != found[0]
    return [
        x if compared and type(x) is int else converted(x, element_of(t, f"an operand of {ufunc.__name__}"))
        for x, t in zip(inputs, found)
    ]


# ---------------------------------------------------------------- results


def _store(ufunc: np.ufunc, out: Array, result: Any, options: Options) -> Array:
    """Writes a result into an array that exists, and gives that array."""
    result = operand(result)
    source = result.dtype if isinstance(result, Traced) else np.asarray(result).dtype
    if not np.can_cast(source, out.dtype, options.casting):
        fail(
            f"Cannot cast ufunc '{ufunc.__name__}' output from {source!r} to {out.dtype!r} with casting rule "
            f"'{options.casting}'",
            error=WengertTypeError,
            help="make the array for the result with a floating dtype",
        )
    result = converted(result, out.element)
    if options.where is not True:
        result = select(options.where, result, out)
    return store_in_place("", out, result)
