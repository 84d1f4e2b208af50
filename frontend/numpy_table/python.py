"""Built-in functions and a few of the standard library: what they mean for traced values."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.comparison import both, compare, negated, truth
from wengert.frontend.complex_numbers.values import Complex, ComplexScalar
from wengert.frontend.conversions import DTYPES, resolved
from wengert.frontend.growing import count_of, is_growing
from wengert.frontend.indexing import element, getitem
from wengert.frontend.iteration import Indexed, Range, enumerate_, range_, reversed_, trip_count, zip_
from wengert.frontend.numpy_programs import extrema
from wengert.frontend.numpy_table.arguments import array_operand
from wengert.frontend.numpy_table.elementwise import numpy_operand, strong, to_integer
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.pairs import python_extremum
from wengert.frontend.numpy_table.reductions import NO_VALUE, max_, min_, reduce_truth, sum_
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.operands import converted, is_number, kind_of, operand, type_text
from wengert.frontend.texts import Text
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar, Traced

enter(range_, range)
enter(enumerate_, enumerate)
enter(zip_, zip)
enter(reversed_, reversed)


def only_element(x: Array, function: str) -> Scalar:
    """The element of an array that has just one."""
    if not same_extent(x.size, 1):
        fail(
            f"{function}() of {type_text(x)}: only arrays of one element can be converted to Python numbers",
            help="index the array to get one number",
            error=WengertTypeError,
        )
    return element(x, (0,) * x.ndim)


# ---------------------------------------------------------------- numbers


@covers(float)
def float_(x: Any = 0.0) -> Any:
    if isinstance(x, str):
        return float(x)
    x = operand(x)
    if isinstance(x, Array):
        x = only_element(x, "float")
    return float(x) if is_number(x) else Scalar(current().cast(x, "f64"), "f64", True, origins=x.origins)


@covers(int)
def int_(x: Any = 0, base: Any = None) -> Any:
    if base is not None or isinstance(x, str):
        return int(x, 10 if base is None else base)
    return to_integer(operand(x), _truncated)


def _truncated(x: Any) -> Any:
    from wengert.dialects.elementwise import trunc

    return trunc(x)


@covers(bool, operator.truth)
def bool_(x: Any = False) -> Any:
    result = truth(x)
    return (
        Scalar(result.value, "i1", True, origins=result.origins, region=result.region)
        if isinstance(result, Scalar)
        else result
    )


@covers(divmod)
def divmod_(a: Any, b: Any) -> Any:
    return binary("FloorDiv", a, b), binary("Mod", a, b)


@covers(pow)
def pow_(base: Any, exp: Any, mod: Any = None) -> Any:
    result = binary("Pow", base, exp)
    return result if mod is None else binary("Mod", result, mod)


for _type in (*(dtype.type for dtype in DTYPES.values()), np.longlong, np.ulonglong):

    def _number(x: Any = 0, _type: Any = _type) -> Any:
        from wengert.frontend.numpy_table.creation import astype

        return astype(x, _type)

    enter(_number, _type)


# ---------------------------------------------------------------- sequences


@covers(len)
def len_(obj: Any) -> Any:
    if isinstance(obj, Array):
        if not obj.ndim:
            fail("len() of unsized object", error=WengertTypeError)
        return obj.shape[0]
    if isinstance(obj, Indexed):
        return obj.length
    if isinstance(obj, Range):
        return trip_count(obj)
    if is_growing(obj):
        return count_of(obj)
    if isinstance(obj, Scalar):
        fail(f"object of type '{obj.type_name}' has no len()", error=WengertTypeError)
    from wengert.frontend.user_operators import written_in_python

    method = written_in_python(obj, "__len__")
    if method is not None:
        from wengert.frontend.calls import call

        return call(method, obj)
    return len(obj)


@covers(sum, python=False)
def python_sum(iterable: Any, /, start: Any = 0) -> Any:
    if isinstance(iterable, np.ndarray):
        iterable = operand(iterable)
    if isinstance(iterable, Array):
        # Item by item, in their own type: bools are counted, narrow integers wrap around.
        return binary("Add", start, sum_(iterable, axis=0, dtype=None if iterable.element == "i1" else iterable.dtype))
    total = start
    for x in iterable:
        total = binary("Add", total, x)
    return total


def _python_extremum(arguments: tuple[Any, ...], largest: bool, name: str, key: Any, default: Any) -> Any:
    items = arguments if len(arguments) > 1 else arguments[0]
    if isinstance(items, np.ndarray):
        items = operand(items)
    if isinstance(items, Array):
        return _extremum_of_array(items, largest, name, key, default)
    items = list(items)
    if not items and default is not NO_VALUE:
        return default
    if not items:
        fail(f"{name}() iterable argument is empty", error=WengertValueError)
    if key is not None or not all(isinstance(x, (Traced, np.ndarray)) or is_number(x) for x in items):
        return traced(extrema.largest if largest else extrema.smallest, items, key)
    numbers = [operand(x) for x in items]
    result = numbers[0]
    for x in numbers[1:]:
        if isinstance(x, Array) or isinstance(result, Array):
            fail(
                f"{name}() compares arrays",
                why="the truth value of an array is ambiguous",
                help="use np.maximum or np.minimum",
                error=WengertValueError,
            )
        if is_number(x) and is_number(result):
            result = (max if largest else min)(result, x)
        elif is_number(result) and _is_float_pair(result, x):
            result = _literal_first(result, x, largest)
        else:
            result = python_extremum(result, x, largest)
    return result


def _extremum_of_array(items: Array, largest: bool, name: str, key: Any, default: Any) -> Any:
    if isinstance(items.shape[0], int) and items.shape[0] == 0 and default is not NO_VALUE:
        return default
    if key is not None:
        return traced(extrema.largest if largest else extrema.smallest, items, key)
    if items.ndim > 1:
        fail(f"{name}() of a matrix compares rows", help=f"use np.{name}", error=WengertValueError)
    return max_(items) if largest else min_(items)


def _is_float_pair(x: Any, y: Any) -> bool:
    from wengert.frontend.conversions import promote
    from wengert.frontend.operands import kind_of

    return promote(kind_of(x), kind_of(y)).is_float


def _literal_first(literal: Any, x: Any, largest: bool) -> Any:
    """max(1.0, x): x where it is beyond, else the literal (also where x is nan)."""
    from wengert.frontend.comparison import select

    return select(compare("Gt" if largest else "Lt", x, literal), x, literal)


@covers(max, python=False)
def python_max(*arguments: Any, key: Any = None, default: Any = NO_VALUE) -> Any:
    return _python_extremum(arguments, True, "max", key, default)


@covers(min, python=False)
def python_min(*arguments: Any, key: Any = None, default: Any = NO_VALUE) -> Any:
    return _python_extremum(arguments, False, "min", key, default)


@covers(any, python=False)
def python_any(iterable: Any, /) -> Any:
    if isinstance(iterable, np.ndarray):
        iterable = operand(iterable)
    if isinstance(iterable, Array):
        return bool_(reduce_truth("any", iterable))
    absent: Any = True
    for x in iterable:
        absent = both(absent, negated(truth(x)))
        if absent is False:
            break
    return negated(absent)


@covers(all, python=False)
def python_all(iterable: Any, /) -> Any:
    if isinstance(iterable, np.ndarray):
        iterable = operand(iterable)
    if isinstance(iterable, Array):
        return bool_(reduce_truth("all", iterable))
    result: Any = True
    for x in iterable:
        result = both(result, truth(x))
        if result is False:
            break
    return result


@covers(operator.not_)
def operator_not(a: Any, /) -> Any:
    return negated(truth(a))


@covers(operator.contains, python=False)
def operator_contains(a: Any, b: Any, /) -> Any:
    return compare("In", b, a)


@covers(map, python=False)
def map_(function: Any, *iterables: Any) -> Any:
    from wengert.frontend.calls import call

    return (call(function, *items) for items in zip(*iterables))


@covers(filter, python=False)
def filter_(function: Any, iterable: Any) -> Any:
    from wengert.frontend.calls import call

    return (x for x in iterable if (x if function is None else call(function, x)))


@covers(functools.reduce, python=False)
def reduce_(function: Any, iterable: Any, *initial: Any) -> Any:
    from wengert.frontend.calls import call

    items = iter(iterable)
    result = initial[0] if initial else next(items)
    for x in items:
        result = call(function, result, x)
    return result


# ---------------------------------------------------------------- types and texts


def example_of(x: Any) -> Any:
    """An object of the type that Python would have in place of a traced value."""
    if isinstance(x, (Scalar, Complex)):
        return x.example
    if isinstance(x, Text):
        return ""
    return np.empty(0) if isinstance(x, Array) else x


@covers(isinstance)
def isinstance_(obj: Any, class_or_tuple: Any) -> Any:
    return isinstance(example_of(obj), class_or_tuple) or isinstance(obj, class_or_tuple)


@covers(type)
def type_(*arguments: Any) -> Any:
    if len(arguments) != 1:
        return type(*arguments)
    return type(example_of(arguments[0]))


@covers(np.isscalar)
def isscalar(element: Any) -> Any:
    return isinstance(element, (Scalar, ComplexScalar))


@covers(callable)
def callable_(obj: Any) -> Any:
    return not isinstance(obj, Traced) and callable(obj)


@covers(np.shape)
def shape(a: Any) -> Any:
    a = operand(a)
    return a.shape if isinstance(a, Array) else ()


@covers(np.ndim)
def ndim(a: Any) -> Any:
    a = operand(a)
    return a.ndim if isinstance(a, Array) else 0


@covers(np.size)
def size(a: Any, axis: Any = None) -> Any:
    a = operand(a)
    if not isinstance(a, Array):
        return 1
    return a.size if axis is None else a.shape[axis]


@covers(methods=("item",))
def item(a: Any, *index: Any) -> Any:
    if isinstance(a, Array):
        place = index[0] if len(index) == 1 else index
        of = a.flat if a.ndim > 1 and not isinstance(place, tuple) else a
        a = getitem(of, place) if index else only_element(a, "item")
    return float_(a) if kind_of(a).is_float else bool_(a) if kind_of(a).element == "i1" else to_integer(a)


@covers(methods=("tolist",))
def tolist(a: Any) -> Any:
    """Nested lists of Python numbers, of an array of known shape."""
    if not isinstance(a, Array) or not a.ndim:
        return item(a)
    if not isinstance(a.shape[0], int):
        fail("tolist() of an array of run-time size", why="a list has a length that is known while compiling",
             help="work with the array itself")
    return [tolist(getitem(a, i)) for i in range(a.shape[0])]


@covers(methods=("fill",))
def fill(a: Any, value: Any) -> None:
    from wengert.frontend.indexing import assign

    assign(array_operand(a), operand(value))


@covers(methods=("conj", "conjugate"))
def itself(x: Any) -> Any:
    """The method of real numbers changes nothing, not even bools."""
    return operand(x)


@covers(np.conj)
def conjugate(x: Any) -> Any:
    """The number itself: it is real.  A bool becomes an int8."""
    x = numpy_operand(x)
    return strong(converted(x, resolved(np.conjugate, kind_of(x))[-1]))


@covers(np.real)
def real(val: Any) -> Any:
    """The number itself: there is nothing else in it."""
    return strong(numpy_operand(val))
