"""Element types: the table of them, conversions, and NumPy 2's rule for the type of a result.

An element is a string: `i1` bool, `i8` .. `i64` and `u8` .. `u64` integers, `f32` and `f64`.  The IR's integers have no
sign: `u8` is an `i8` there, and whoever emits an operation chooses the signed or the unsigned one from this table.

A *weak* kind is that of a Python number, which gives way to the type of any NumPy operand of the same or a higher
category (NEP 50).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from wengert.dialects import discrete, elementwise, structural
from wengert.dialects.bindings import element_type, ir, is_tensor, tensor_type
from wengert.dialects.build import constant_like
from wengert.dialects.errors import WengertOverflowError, WengertTypeError
from wengert.frontend.elements import COVERED as COVERED
from wengert.frontend.elements import DTYPES as DTYPES
from wengert.frontend.elements import known_element as known_element
from wengert.frontend.elements import refusal as refusal
from wengert.frontend.positions import fail
from wengert.frontend.trace import current, note_weak

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}


class Kind(NamedTuple):
    """The element type of an operand and whether it is that of a Python number."""

    element: str
    weak: bool

    @property
    def is_float(self) -> bool:
        return self.element in ("f64", "f32")


# ---------------------------------------------------------------- the table


def element_of(dtype: Any, what: str = "an array") -> str:
    """The element type of whatever NumPy takes as a dtype; refused when it is not compiled."""
    try:
        known = np.dtype(dtype)
    except TypeError as error:
        fail(f"{dtype!r} is no dtype: {error}", error=WengertTypeError)
    element = known_element(known)
    if element is None:
        why, help = refusal(known)
        fail(f"{what} of dtype {known} is not covered", why=why, help=help, error=WengertTypeError)
    return element


def is_integer(element: str) -> bool:
    """Whether it is one of int8 .. uint64; a bool is none."""
    return DTYPES[element].kind in "iu"


def is_whole(element: str) -> bool:
    """Whether it is an integer or a bool."""
    return DTYPES[element].kind in "iub"


def is_signed(element: str) -> bool:
    return DTYPES[element].kind == "i"


def is_unsigned(element: str) -> bool:
    return DTYPES[element].kind == "u"


def bits_of(element: str) -> int:
    return 1 if element == "i1" else 8 * DTYPES[element].itemsize


def bounds_of(element: str) -> tuple[int, int]:
    """The smallest and the largest value of an integer type."""
    if element == "i1":
        return 0, 1
    info = np.iinfo(DTYPES[element])
    return int(info.min), int(info.max)


def accumulator(element: str) -> str:
    """The type in which NumPy sums elements: narrow integers in 64 bits."""
    return element if not is_whole(element) else "u64" if is_unsigned(element) else "i64"


def spoken(element: str) -> str:
    """``an int``, ``a float32``: a number of this type in a message."""
    name = {"i1": "bool", "i64": "int", "f64": "float"}.get(element, str(DTYPES[element]))
    return f"an {name}" if name[0] == "i" else f"a {name}"


def ir_element(element: str) -> str:
    """The name of the IR type."""
    return f"i{element[1:]}" if element[0] == "u" else element


# ---------------------------------------------------------------- types of results


def promote(a: Kind, b: Kind) -> Kind:
    """The kind in which NumPy 2 computes with two operands."""
    note_weak(not {a.element, b.element} <= PYTHONS)
    if a.weak and b.weak:
        return a if _category(a) >= _category(b) else b
    both = _ELEMENTS_OF[np.promote_types(DTYPES[a.element], DTYPES[b.element])]
    if a.weak != b.weak:
        weak, strong = (a, b) if a.weak else (b, a)
        element = strong.element if _category(weak) <= _category(strong) else weak.element
        return Kind(element, False)
    return Kind(both, False)


_ELEMENTS_OF = {dtype: element for element, dtype in DTYPES.items()}


def _category(kind: Kind) -> int:
    return _CATEGORY[DTYPES[kind.element].kind]


def promote_all(*kinds: Kind) -> Kind:
    """`promote` over several operands, the Python numbers last, as NumPy does."""
    ordered = sorted(kinds, key=lambda kind: kind.weak)
    result = ordered[0]
    for kind in ordered[1:]:
        result = promote(result, kind)
    return result


def resolved(ufunc: np.ufunc, *kinds: Kind) -> tuple[str, ...]:
    """The element types in which NumPy takes the operands of a ufunc, and those of its results; or NumPy's refusal."""
    found = _resolved(ufunc, kinds)
    if isinstance(found, TypeError):
        return fail(str(found).split("\n")[0], error=WengertTypeError)
    note_weak(not {kind.element for kind in kinds} <= PYTHONS)
    return tuple(element_of(dtype, f"the result of numpy.{ufunc.__name__}") for dtype in found)


#: Where there are no other types, a Python number and one of NumPy's give the same.
PYTHONS = {"f64", "i64"}
_PYTHON_TYPES: dict[str, Any] = {"i64": int, "f64": float}


@lru_cache(maxsize=4096)
def _resolved(ufunc: Any, kinds: tuple[Kind, ...]) -> tuple[Any, ...] | TypeError:
    given = [_PYTHON_TYPES.get(k.element, DTYPES[k.element]) if k.weak else DTYPES[k.element] for k in kinds]
    try:
        return tuple(ufunc.resolve_dtypes((*given, *[None] * ufunc.nout)))
    except TypeError as error:
        return error


def can_store(source: str, target: str) -> bool:
    """Whether an in-place operation may store `source` elements in a `target` array (casting="same_kind")."""
    return bool(np.can_cast(DTYPES[source], DTYPES[target], "same_kind"))


# ---------------------------------------------------------------- numbers


def cast_number(x: Any, element: str) -> Any:
    """A Python or NumPy number as one of this type: a Python int has to fit, as NumPy 2 has it, others wrap around."""
    if element == "i1":
        return bool(x)
    if not is_whole(element):
        return float(x)
    if isinstance(x, int) and not isinstance(x, bool):
        low, high = bounds_of(element)
        if not low <= x <= high:
            why = "compiled integers have 64 bits, as NumPy's" if element == "i64" else ""
            fail(OUT_OF_BOUNDS.format(x, DTYPES[element]), error=WengertOverflowError, why=why)
        return x
    with np.errstate(invalid="ignore"):
        return np.asarray(x).astype(DTYPES[element]).item()


def check_fits(x: Any, element: str) -> None:
    """A Python int known at run time has to fit into the integer type it is converted to."""
    if not x.weak or x.element != "i64" or element == "i64" or not is_integer(element):
        return
    low, high = bounds_of(element)
    if x.low is not None and x.high is not None and low <= x.low and x.high <= high:
        return
    trace, value = current(), x.value
    with trace.here():
        ok = discrete.cmpi("sge", value, constant_like(max(low, -(2**63)), value))
        if high < 2**63:
            ok = discrete.andi(ok, discrete.cmpi("sle", value, constant_like(high, value)))
    trace.check(ok, "OverflowError", OUT_OF_BOUNDS.replace("{1}", str(DTYPES[element])), x)


OUT_OF_BOUNDS = "Python integer {0} out of bounds for {1}"


# ---------------------------------------------------------------- conversions


def convert(value: Any, source: str, target: str) -> Any:
    """An IR value of another element type, by NumPy's astype; emits at the current insertion point."""
    if source == target:
        return value
    if target == "i1":
        zero = constant_like(0, value)
        return discrete.cmpi("ne", value, zero) if is_whole(source) else discrete.cmpf("une", value, zero)
    result = [_of_type(value, target)]
    if is_whole(source):
        signed = is_signed(source)
        if not is_whole(target):
            return (discrete.sitofp if signed else discrete.uitofp)(value, result_types=result)
        return _resized(value, bits_of(source), bits_of(target), signed, result)
    if is_whole(target):
        return _float_to_integer(value, target)
    return (elementwise.extf if source == "f32" else elementwise.truncf)(value, result_types=result)


def _resized(value: Any, bits: int, wanted: int, signed: bool, result: list[Any]) -> Any:
    """An integer of another width, modulo 2**wanted."""
    if bits == wanted:
        return value
    if bits > wanted:
        return discrete.trunci(value, result_types=result)
    return (discrete.extsi if signed else discrete.extui)(value, result_types=result)


def _float_to_integer(value: Any, target: str) -> Any:
    """Towards zero; what does not fit (nan included) is what NumPy gives on x86, where C leaves it open.

    The machine converts to 32 and 64 bits with a sign, the smallest integer standing for what does not fit; narrower
    ones are the low bits of the first, uint32 of the second, and uint64 takes two steps.
    """
    bits, signed = bits_of(target), is_signed(target)
    if bits < 32:
        return _resized(_truncated(value, 32), 32, bits, True, [_of_type(value, target)])
    if signed:
        return _truncated(value, bits)
    if bits == 32:
        return _resized(_truncated(value, 64), 64, 32, True, [_of_type(value, target)])
    half = constant_like(2.0**63, value)
    upper = discrete.cmpf("oge", value, half)
    low = _truncated(structural.select(upper, elementwise.subf(value, half), value), 64)
    top = constant_like(-(2**63), low)
    return discrete.xori(low, structural.select(upper, top, constant_like(0, low)))


def _truncated(value: Any, bits: int) -> Any:
    """cvttsd2si and its kind: towards zero, the smallest integer where that does not fit."""
    limit = constant_like(2.0 ** (bits - 1), value)
    fits = discrete.andi(discrete.cmpf("oge", value, elementwise.negf(limit)), discrete.cmpf("olt", value, limit))
    inside = structural.select(fits, value, constant_like(0.0, value))
    whole = discrete.fptosi(inside, result_types=[_of_type(value, f"i{bits}")])
    return structural.select(fits, whole, constant_like(-(2 ** (bits - 1)), whole))


def flip_sign(value: Any) -> Any:
    """Integers without a sign as integers with one in the same order, and back: the highest bit is flipped."""
    highest = constant_like(-(2 ** (element_type(value.type).width - 1)), value)
    return discrete.xori(value, highest)


def _of_type(value: Any, element: str) -> Any:
    scalar = ir.Type.parse(ir_element(element))
    return tensor_type(value.type.shape, scalar) if is_tensor(value.type) else scalar


def element_name(type_: Any) -> str:
    """The element type of an IR type, as a string."""
    return str(element_type(type_))
