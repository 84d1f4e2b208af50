"""Integers, bools, comparisons and conversions to them: no tangents, recomputed rather than saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.kinks import STEP, Kink, at_integers_but_zero, tied
from wengert.dialects.op import Op, converted, discrete, predicate_type

addi = discrete("arith.addi", np.add)
subi = discrete("arith.subi", np.subtract)
muli = discrete("arith.muli", np.multiply)


def unsigned(x: Any) -> Any:
    """The integers with the same bits and no sign."""
    x = np.asarray(x)
    return (x.view(f"u{x.itemsize}") if x.dtype.kind == "i" else x)[()]


def _truncating(a: Any, b: Any) -> Any:
    """C's integer division: towards zero."""
    return np.floor_divide(np.subtract(a, np.fmod(a, b)), b)


divsi = discrete("arith.divsi", _truncating)
divui = discrete("arith.divui", lambda a, b: np.floor_divide(unsigned(a), unsigned(b)))
remsi = discrete("arith.remsi", np.fmod)
remui = discrete("arith.remui", lambda a, b: np.remainder(unsigned(a), unsigned(b)))
floordivsi = discrete("arith.floordivsi", np.floor_divide)
ceildivsi = discrete("arith.ceildivsi", lambda a, b: -(-a // b))
ceildivui = discrete("arith.ceildivui", lambda a, b: -(-a // b))
maxsi = discrete("arith.maxsi", np.maximum)
minsi = discrete("arith.minsi", np.minimum)
maxui = discrete("arith.maxui", lambda a, b: np.maximum(unsigned(a), unsigned(b)))
minui = discrete("arith.minui", lambda a, b: np.minimum(unsigned(a), unsigned(b)))
andi = discrete("arith.andi", np.bitwise_and)
ori = discrete("arith.ori", np.bitwise_or)
xori = discrete("arith.xori", np.bitwise_xor)
shli = discrete("arith.shli", np.left_shift)
shrsi = discrete("arith.shrsi", np.right_shift)
shrui = discrete("arith.shrui", lambda a, b: np.right_shift(unsigned(a), unsigned(b)))
absi = discrete("math.absi", np.abs, ("x",))
ipowi = discrete("math.ipowi", lambda a, b: np.power(a, b))

# ---------------------------------------------------------------- comparisons; the predicate numbers are upstream's

INTEGER_PREDICATES = {"eq": 0, "ne": 1, "slt": 2, "sle": 3, "sgt": 4, "sge": 5, "ult": 6, "ule": 7, "ugt": 8, "uge": 9}
FLOAT_PREDICATES = {
    "false": 0,
    "oeq": 1,
    "ogt": 2,
    "oge": 3,
    "olt": 4,
    "ole": 5,
    "one": 6,
    "ord": 7,
    "ueq": 8,
    "ugt": 9,
    "uge": 10,
    "ult": 11,
    "ule": 12,
    "une": 13,
    "uno": 14,
    "true": 15,
}
_RELATIONS: dict[str, Callable[..., Any]] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
#: What the relations are called; the others only occur in compiled code.
_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "rd": "ordered", "no": "unordered",
          "alse": "false", "rue": "true"}
_FLOAT_NAMES = {number: name for name, number in FLOAT_PREDICATES.items()}
_INTEGER_NAMES = {number: name for name, number in INTEGER_PREDICATES.items()}


def _compare_integers(a: Any, b: Any, predicate: int) -> Any:
    name = _INTEGER_NAMES[predicate]
    if name[0] == "u":
        a, b = unsigned(a), unsigned(b)
    return _RELATIONS[name.removeprefix("s").removeprefix("u")](a, b)


def _compare_floats(a: Any, b: Any, predicate: int) -> Any:
    name = _FLOAT_NAMES[predicate]
    unordered = np.isnan(a) | np.isnan(b)
    if name in ("ord", "uno"):
        return unordered if name == "uno" else ~unordered
    if name in ("true", "false"):
        return np.full(np.shape(unordered), name == "true")[()]
    related = _RELATIONS[name[1:]](a, b)
    return related & ~unordered if name[0] == "o" else related | unordered



def _at_the_boundary(a: Any, b: Any, predicate: int) -> Any:
    """Both operands of <, <=, > or >= are equal.  Tests for equality and for nan are no kinks by themselves."""
    return tied(a, b) if _FLOAT_NAMES[predicate][1:] in ("lt", "le", "gt", "ge") else None


_cmpi = discrete("arith.cmpi", _compare_integers, typing=predicate_type)
# A comparison of floats is saved, not recomputed: a predicate evaluated twice must not differ.
_cmpf = discrete(
    "arith.cmpf",
    _compare_floats,
    typing=predicate_type,
    recompute=False,
    symbol=lambda attributes: _SIGNS[_FLOAT_NAMES[attributes["predicate"]][1:]],
    kinks=(Kink(_at_the_boundary, "that of the side which is taken"),),
)


def cmpf(predicate: str, a: Any, b: Any) -> Any:
    """Compare floats: ``cmpf("olt", a, b)``; o = ordered (false at nan), u = unordered (true at nan)."""
    return _cmpf(a, b, predicate=FLOAT_PREDICATES[predicate])


def cmpi(predicate: str, a: Any, b: Any) -> Any:
    """Compare integers: ``cmpi("slt", a, b)``."""
    return _cmpi(a, b, predicate=INTEGER_PREDICATES[predicate])


# ---------------------------------------------------------------- conversions


def _convert(name: str, target: str, of: Callable[[Any], Any] = np.asarray) -> Op:
    """A conversion of what `of` says the bits of x are."""
    def meaning(x: Any, out: Any) -> Any:
        return np.asarray(of(x)).astype(out[0][1])[()]

    return discrete(name, meaning, ("x",), converted(target), typed=True)


index_cast = _convert("arith.index_cast", "index")
extui = _convert("arith.extui", "i64", unsigned)
extsi = _convert("arith.extsi", "i64")
trunci = discrete(
    "arith.trunci",
    lambda x, out: (
        (np.asarray(x) & 1).astype(out[0][1])[()] if out[0][1] == np.bool_ else np.asarray(x).astype(out[0][1])[()]
    ),
    ("x",),
    converted("i1"),
    typed=True,
)
sitofp = _convert("arith.sitofp", "f64")
uitofp = _convert("arith.uitofp", "f64", unsigned)
fptosi = _convert("arith.fptosi", "i64").where(
    recompute=False, symbol="int", kinks=(Kink(at_integers_but_zero, STEP),)
)
bitcast = discrete(
    "arith.bitcast", lambda x, out: np.asarray(x).view(out[0][1])[()], ("x",), converted("i64"), typed=True
)
isnan = discrete("math.isnan", np.isnan, ("x",), predicate_type, recompute=False)
isinf = discrete("math.isinf", np.isinf, ("x",), predicate_type, recompute=False)
isfinite = discrete("math.isfinite", np.isfinite, ("x",), predicate_type, recompute=False)
