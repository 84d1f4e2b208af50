"""Comparisons, truth and choice: what conditions are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import discrete, structural
from wengert.dialects.build import constant_like
from wengert.dialects.errors import WengertValueError
from wengert.frontend.broadcasting import broadcast_shapes, interval_of, origins_of, same_extent, tensor
from wengert.frontend.capture import captured, stays_python
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, ComplexScalar, has_complex
from wengert.frontend.conversions import Kind, bounds_of, element_name, is_integer, is_signed, is_whole, promote
from wengert.frontend.masks import apply_masked, selection_among
from wengert.frontend.operands import (
    PYTHON,
    Operand,
    elementwise_result,
    is_number,
    is_operand,
    kind_of,
    operand,
    result_is_contiguous,
    unsupported,
)
from wengert.frontend.texts import Label
from wengert.frontend.trace import current, fail
from wengert.frontend.user_operators import user_operator
from wengert.frontend.values import Array, Box, Scalar, Traced

# ---------------------------------------------------------------- truth


def truth(x: Any) -> Any:
    """What `if x` asks for: a Python bool, or a Scalar of element i1."""
    if isinstance(x, np.ndarray):
        if stays_python(x):
            return bool(x)
        x = captured(x)
    if isinstance(x, Complex):
        from wengert.frontend.complex_numbers.arithmetic import truth as truth_of_complex

        return truth_of_complex(x)
    if isinstance(x, Scalar):
        return x if x.element == "i1" else compare("NotEq", x, 0)
    if isinstance(x, Label):
        return compare("NotEq", x, "")
    if isinstance(x, Array):
        if same_extent(x.size, 1):
            from wengert.frontend.indexing import getitem

            return truth(getitem(x, (0,) * x.ndim))
        fail(
            "the truth value of an array with more than one element is ambiguous",
            error=WengertValueError,
            help="use .any() or .all()",
        )
    if isinstance(x, Traced):
        fail(f"the truth of {x!r} is not covered")
    if isinstance(x, list):
        from wengert.frontend.growing import count_of

        return truth(count_of(x))
    return bool(x)


def flip(x: Any) -> Any:
    """All bits of an IR value inverted (a bool: its negation)."""
    return discrete.xori(x, constant_like(1 if element_name(x.type) == "i1" else -1, x))


def negated(x: Any) -> Any:
    """``not x`` of a truth: a bool, or a Scalar of element i1."""
    return not x if isinstance(x, bool) else elementwise_result([x], "i1", flip, Kind("i1", True))


def both(a: Any, b: Any) -> Any:
    """``a and b`` of two truths, each a bool or a Scalar of element i1; both are evaluated already."""
    if isinstance(a, bool):
        return b if a else False
    if isinstance(b, bool):
        return a if b else False
    return elementwise_result([a, b], "i1", discrete.andi, Kind("i1", True))


def select(condition: Any, x: Any, y: Any) -> Any:
    """``np.where(condition, x, y)``."""
    if has_complex(x) or has_complex(y):
        from wengert.frontend.complex_numbers.arithmetic import select_complex

        return select_complex(condition, x, y)
    condition, x, y = operand(condition), operand(x), operand(y)
    kind = promote(kind_of(x), kind_of(y))
    selection = selection_among([condition, x, y])
    if selection is not None:
        return apply_masked(select, [condition, x, y], selection)
    trace = current()
    arrays = [z for z in (condition, x, y) if isinstance(z, Array)]
    if not arrays:
        values = [trace.cast(condition, "i1"), trace.cast(x, kind.element), trace.cast(y, kind.element)]
        with trace.here():
            value = structural.select(*values)
        chosen = Scalar(value, kind.element, kind.weak, origins=origins_of(condition, x, y))
        if is_integer(kind.element):
            chosen.low, chosen.high = interval_of(x).union(interval_of(y))
        return chosen
    shape = broadcast_shapes(*[z.shape for z in arrays])
    tensors = [tensor(condition, "i1", shape), tensor(x, kind.element, shape), tensor(y, kind.element, shape)]
    with trace.here():
        value = structural.select(*tensors)
    return Box(value, shape, kind.element, contiguous=result_is_contiguous(arrays, shape))


# ---------------------------------------------------------------- comparisons

_FLOAT = {"Eq": "oeq", "NotEq": "une", "Lt": "olt", "LtE": "ole", "Gt": "ogt", "GtE": "oge"}
_SIGNED = {"Eq": "eq", "NotEq": "ne", "Lt": "slt", "LtE": "sle", "Gt": "sgt", "GtE": "sge"}
_SWAPPED = {"Eq": "Eq", "NotEq": "NotEq", "Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE"}
_UNSIGNED = {"Eq": "eq", "NotEq": "ne", "Lt": "ult", "LtE": "ule", "Gt": "ugt", "GtE": "uge"}


def compare(op: str, a: Any, b: Any) -> Any:
    """``a op b`` for "Eq" ... "GtE", "Is", "IsNot", "In", "NotIn"."""
    if op in ("Is", "IsNot"):
        return (a is b) == (op == "Is")
    if isinstance(a, Label) or isinstance(b, Label):
        if op not in ("Eq", "NotEq", "In", "NotIn"):
            unsupported(op, a, b)
        if op in ("Eq", "NotEq"):
            equal = a.equals(b) if isinstance(a, Label) else b.equals(a)
            return equal if op == "Eq" else negated(equal)
    if op in ("In", "NotIn"):
        found = truth(_contains(b, a))
        return found if op == "In" else negated(found)
    if not isinstance(a, Traced) and not isinstance(b, Traced) and stays_python(a) and stays_python(b):
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            return _compare_sequences(op, a, b)
        result = user_operator(op, a, b)
        return PYTHON[op](a, b) if result is NotImplemented else result
    if not is_operand(a) or not is_operand(b):
        result = user_operator(op, a, b)
        if result is not NotImplemented:
            return result
        if op in ("Eq", "NotEq") and isinstance(a, (Scalar, ComplexScalar)) | isinstance(b, (Scalar, ComplexScalar)):
            return op == "NotEq"  # a number equals nothing that is no number
        unsupported(op, a, b)
    if has_complex(a) or has_complex(b):
        from wengert.frontend.complex_numbers.arithmetic import compare as compare_complex

        return compare_complex(op, a, b)
    a, b = operand(a), operand(b)
    kinds = kind_of(a), kind_of(b)
    result = Kind("i1", kinds[0].weak and kinds[1].weak)
    if all(is_whole(kind.element) for kind in kinds):
        return _compare_integers(op, a, b, result)
    element = promote(*kinds).element
    return elementwise_result([a, b], element, lambda x, y: discrete.cmpf(_FLOAT[op], x, y), result)


def _compare_integers(op: str, a: Operand, b: Operand, result: Kind) -> Any:
    """Exact for any two types, as in NumPy: a Python int need not fit, int64 and uint64 have no type in common."""
    known = _proved(op, a, b)
    if known is not None:
        return known
    first, second = _compared_in(a, b), _compared_in(b, a)
    if first is None or second is None:
        return _beyond_all(op, a, b, result)
    if first != second and "u64" in (first, second):
        return _compare_signs(op, a, b, result) if second == "u64" else _compare_signs(_SWAPPED[op], b, a, result)
    element = promote(Kind(first, False), Kind(second, False)).element
    names = _SIGNED if is_signed(element) else _UNSIGNED
    return elementwise_result([a, b], element, lambda x, y: discrete.cmpi(names[op], x, y), result)


def _compared_in(x: Operand, other: Operand) -> str | None:
    """The type in which an operand is compared: a Python int takes that of the other one if it fits; None: in none."""
    kind, wanted = kind_of(x), kind_of(other).element
    if not kind.weak or not is_number(x):
        return kind.element
    for element in (wanted, "i64", "u64"):
        low, high = bounds_of(element)
        if low <= x <= high and element != "i1":
            return element
    return None


def _beyond_all(op: str, a: Operand, b: Operand, result: Kind) -> Any:
    """A comparison with a Python int that no integer type holds: its sign decides."""
    swapped = is_number(a)
    number, other = (a, b) if swapped else (b, a)
    answer = PYTHON[op](number, 0) if swapped else PYTHON[op](0, number)
    build = "eq" if answer else "ne"
    return elementwise_result([other], kind_of(other).element, lambda x: discrete.cmpi(build, x, x), result)


def _compare_signs(op: str, a: Operand, b: Operand, result: Kind) -> Any:
    """An integer with another one that is a uint64: what is negative is below all of those."""
    def build(x: Any, y: Any) -> Any:
        negative = discrete.cmpi("slt", x, constant_like(0, x))
        related = discrete.cmpi(_UNSIGNED[op], x, y)
        if op in ("Lt", "LtE", "NotEq"):
            return discrete.ori(negative, related)
        return discrete.andi(discrete.xori(negative, constant_like(1, negative)), related)

    return elementwise_result([a, np.uint64(b) if is_number(b) else b], "i64", build, result)


def _proved(op: str, a: Operand, b: Operand) -> bool | None:
    """The answer where forms alone decide: `i + 1 > i`."""
    if (
        not isinstance(a, Scalar)
        or not isinstance(b, Scalar)
        or not a.weak
        or not b.weak
        or a.element != "i64"
        or b.element != "i64"
    ):
        return None
    difference = a.form.minus(b.form)
    return None if difference is None else bool(PYTHON[op](difference, 0))


def _compare_sequences(op: str, a: Any, b: Any) -> Any:
    """Comparison of lists or tuples, whose items may be traced; the first items that differ decide the order."""
    if op not in ("Eq", "NotEq"):
        return _compare_in_order(op, a, b)
    if type(a) is not type(b) or len(a) != len(b):
        return op == "NotEq"
    equal: Any = True
    for x, y in zip(a, b):
        equal = both(equal, truth(compare("Eq", x, y)))
    return equal if op == "Eq" else negated(equal)


def _compare_in_order(op: str, a: Any, b: Any) -> Any:
    if type(a) is not type(b):
        return PYTHON[op](a, b)  # Python's error
    result: Any = PYTHON[op](len(a), len(b))
    for x, y in reversed(list(zip(a, b))):
        equal, decided = truth(compare("Eq", x, y)), truth(compare(op, x, y))
        result = select(equal, result, decided) if not isinstance(equal, bool) else result if equal else decided
    return result


def _contains(container: Any, item: Any) -> Any:
    """``item in container``."""
    if isinstance(container, np.ndarray) and (isinstance(item, Traced) or not stays_python(container)):
        container = captured(container)
    if isinstance(container, (Array, ComplexArray)):
        from wengert.frontend.numpy_table.reductions import reduce_truth

        return reduce_truth("any", compare("Eq", container, item))
    if isinstance(item, Scalar) and isinstance(container, (dict, set, frozenset)):
        current().need_static(item, f"it is looked up in a Python {type(container).__name__}")
    from wengert.frontend.iteration import Range, Stepped, contains

    if isinstance(container, (Range, Stepped)) or (isinstance(container, range) and isinstance(item, Scalar)):
        return contains(container, item)
    if isinstance(container, (list, tuple)):
        absent: Any = True
        for x in container:
            found = x is item or truth(compare("Eq", x, item))
            absent = both(absent, negated(found))
        return negated(absent)
    result = user_operator("In", container, item)
    return item in container if result is NotImplemented else result
