"""Traced values: what the user's code holds in place of numbers and arrays while it is traced.

* `Scalar`: one IR value; *weak* when Python would have an `int`, `float` or `bool` there.
* `Box`: an array of its own; writing replaces its IR value.  Two names for one array hold one Box.
* `View`: a part or another shape of an array; reads and writes go to its base (views.py).
* `Phi`: a name that refers to one of two arrays by a traced condition.

Element types are strings such as "f64" (`.element`; conversions.py has the table); `.dtype` is NumPy's, for the user.
The operators work in code that was not rewritten too; there, only control flow on a traced value is impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NoReturn

import numpy as np

from wengert.dialects import structural
from wengert.dialects.errors import WengertTypeError
from wengert.frontend.conversions import DTYPES, Kind, bounds_of, is_whole
from wengert.frontend.intervals import Form, Interval, Unknown
from wengert.frontend.trace import Region, current, fail

Extent = Any  # an int, or a Scalar of element i64
Origins = frozenset[Any]
DATA: Origins = frozenset(["data"])


def _operator(name: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        from wengert.frontend.arithmetic import binary

        return binary(name, other, self) if reflected else binary(name, self, other)

    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        from wengert.frontend.arithmetic import compare

        return compare(name, self, other)

    return method


def _unary(name: str) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        from wengert.frontend.arithmetic import unary

        return unary(name, self)

    return method


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        from wengert.frontend.arithmetic import inplace

        return inplace(name, self, other)

    return method


class Traced:
    """Base of the values that stand for run-time values."""

    element: str
    region: Region
    __hash__ = object.__hash__

    __add__, __radd__ = _operator("Add"), _operator("Add", reflected=True)
    __sub__, __rsub__ = _operator("Sub"), _operator("Sub", reflected=True)
    __mul__, __rmul__ = _operator("Mult"), _operator("Mult", reflected=True)
    __truediv__, __rtruediv__ = _operator("Div"), _operator("Div", reflected=True)
    __floordiv__, __rfloordiv__ = _operator("FloorDiv"), _operator("FloorDiv", reflected=True)
    __mod__, __rmod__ = _operator("Mod"), _operator("Mod", reflected=True)
    __pow__, __rpow__ = _operator("Pow"), _operator("Pow", reflected=True)
    __matmul__, __rmatmul__ = _operator("MatMult"), _operator("MatMult", reflected=True)
    __and__, __rand__ = _operator("BitAnd"), _operator("BitAnd", reflected=True)
    __or__, __ror__ = _operator("BitOr"), _operator("BitOr", reflected=True)
    __xor__, __rxor__ = _operator("BitXor"), _operator("BitXor", reflected=True)
    __lshift__, __rlshift__ = _operator("LShift"), _operator("LShift", reflected=True)
    __rshift__, __rrshift__ = _operator("RShift"), _operator("RShift", reflected=True)
    __lt__, __le__ = _comparison("Lt"), _comparison("LtE")
    __gt__, __ge__ = _comparison("Gt"), _comparison("GtE")
    __eq__, __ne__ = _comparison("Eq"), _comparison("NotEq")
    __neg__, __pos__, __invert__ = _unary("USub"), _unary("UAdd"), _unary("Invert")

    @property
    def dtype(self) -> np.dtype[Any]:
        return DTYPES[self.element]

    def __abs__(self) -> Any:
        return _call(abs, self)

    def __round__(self, digits: Any = None) -> Any:
        return _call(round, self, digits)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __format__(self, specification: str) -> str:
        if isinstance(self, Scalar) and is_whole(self.element) and "data" not in self.origins:
            current().need_static(self, "it is formatted into a string")
        return fail(
            "a traced value is formatted by code that is not compiled",
            why="its value is known only at run time",
            help="format it in the compiled function, with an f-string, and print it there",
        )

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _call(function if method == "__call__" else getattr(function, method), *inputs, **options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        return _call(function, *arguments, **options)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        fail(
            "a traced value is needed as a NumPy array here",
            why="its contents are known only at run time, so code that is not traced cannot use them",
            help="use NumPy functions that wengert covers",
            error=WengertTypeError,
        )

    def __getattr__(self, name: str) -> Any:
        from wengert.frontend.calls import method_of

        return method_of(self, name)


def _call(function: Any, *arguments: Any, **options: Any) -> Any:
    from wengert.frontend.calls import call

    return call(function, *arguments, **options)


class Scalar(Traced):
    """A number known at run time.

    Args:
        value: its IR value.
        element: its element type.
        weak: whether Python would have an int, float or bool here (else a NumPy scalar).
        low, high: bounds of an integer, both included; None is unknown.
        origins: what the value depends on: ("arg", name), a loop object, "data" for the contents of an array.
        region: where it was computed.
        form: an integer as a sum of others.

    An integer that is max(x, 0) has the form of x in `positive_part_of`.
    """

    shape: tuple[()] = ()
    ndim, size = 0, 1

    def __init__(
        self,
        value: Any,
        element: str,
        weak: bool = False,
        low: int | None = None,
        high: int | None = None,
        origins: Origins = frozenset(),
        region: Region | None = None,
        form: Form | None = None,
    ) -> None:
        self.value, self.element, self.weak = value, element, weak
        self.low, self.high, self.origins = low, high, origins
        self.region = region if region is not None else current().region
        self._form = form
        self.positive_part_of: Form | None = None

    @property
    def kind(self) -> Kind:
        return Kind(self.element, self.weak)

    @property
    def interval(self) -> Interval:
        """Bounds of its value; those of its type where it is narrower than the integers of indices."""
        if self.element in ("i64", "f64", "f32"):
            return Interval(self.low, self.high)
        low, high = bounds_of(self.element)
        return Interval(low if self.low is None else self.low, high if self.high is None else self.high)

    @property
    def form(self) -> Form:
        if self._form is None:
            self._form = Form.of(Unknown(self.low, self.high))
        return self._form

    def __bool__(self) -> bool:
        return current().need_static(self, "its truth decides which Python code runs")

    def __hash__(self) -> int:
        return current().need_static(self, "it is a key, or an item of a set")

    def __copy__(self) -> Scalar:
        return self

    def __deepcopy__(self, memo: Any) -> Scalar:
        return self

    def __index__(self) -> int:
        return current().need_static(self, "it is used where Python needs an int")

    __int__ = __index__

    def __float__(self) -> float:
        return current().need_static(self, "it is used where Python needs a float")

    def __iter__(self) -> NoReturn:
        fail(f"{self!r} is not iterable", error=WengertTypeError)

    def __getitem__(self, index: Any) -> Any:
        from wengert.frontend.indexing import getitem

        return getitem(self, index)

    def __repr__(self) -> str:
        return f"<traced {self.type_name}>"

    @property
    def type_name(self) -> str:
        """What Python or NumPy would call its type."""
        return type(self.example).__name__

    @property
    def example(self) -> Any:
        """A number of the type this value has in Python, for isinstance and type."""
        number = DTYPES[self.element].type(0)
        return number.item() if self.weak else number


class Array(Traced):
    """Base of the arrays: what they have in common is reading their IR value and replacing it."""

    _shape: tuple[Extent, ...]

    __iadd__, __isub__, __imul__, __itruediv__ = _in_place("Add"), _in_place("Sub"), _in_place("Mult"), _in_place("Div")
    __ifloordiv__, __imod__, __ipow__ = _in_place("FloorDiv"), _in_place("Mod"), _in_place("Pow")
    __iand__, __ior__, __ixor__ = _in_place("BitAnd"), _in_place("BitOr"), _in_place("BitXor")

    @property
    def shape(self) -> tuple[Extent, ...]:
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> Extent:
        return prod(self._shape, start=1)

    @property
    def kind(self) -> Kind:
        return Kind(self.element, False)

    @property
    def T(self) -> Array:
        from wengert.frontend.views import transposed

        return transposed(self, tuple(reversed(range(self.ndim))))

    @property
    def flat(self) -> Array:
        """The elements one after the other, as a view."""
        from wengert.frontend.views import flattened

        return flattened(self)

    @flat.setter
    def flat(self, value: Any) -> None:
        from wengert.frontend.numpy_table.putting import cycled

        flat = self.flat
        flat[...] = cycled(value, flat.shape[0])

    def read(self) -> Any:
        """The IR value of the array now."""
        raise TypeError(type(self).__name__)

    def write(self, value: Any) -> None:
        """Replaces the contents; every alias sees it."""
        raise TypeError(type(self).__name__)

    @property
    def layout(self) -> tuple[int, ...] | None:
        """The strides NumPy would have here, in elements; None when they are not known."""
        raise TypeError(type(self).__name__)

    def __copy__(self) -> Array:
        return Box(self.read(), self.shape, self.element)

    def __deepcopy__(self, memo: Any) -> Array:
        return Box(self.read(), self.shape, self.element)

    def __len__(self) -> int:
        return self._shape[0] if isinstance(self._shape[0], int) else self._shape[0].__index__()

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        from wengert.frontend.indexing import getitem

        return getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from wengert.frontend.indexing import setitem

        setitem(self, index, value)

    def __contains__(self, item: Any) -> Any:
        from wengert.frontend.arithmetic import compare

        return compare("In", item, self).__bool__()

    def __bool__(self) -> bool:
        return fail(
            "the truth of an array is used as a Python bool here",
            error=WengertTypeError,
            help="for a single element write a[0]; for all of them use .any() or .all()",
        )

    def __index__(self) -> int:
        return fail(
            "an array is used where Python needs an int", error=WengertTypeError, help="index it to get an element"
        )

    __int__ = __float__ = __index__

    def __repr__(self) -> str:
        return f"<traced array {describe(self)}>"


def describe(array: Array) -> str:
    """``float64(3, 4)``, for messages."""
    return f"{array.dtype}{shape_text(array.shape)}"


def shape_text(shape: tuple[Extent, ...]) -> str:
    """A shape as NumPy prints it; an extent known only at run time is `?`."""
    extents = [str(n) if isinstance(n, int) else "?" for n in shape]
    return f"({extents[0]},)" if len(extents) == 1 else f"({', '.join(extents)})"


def c_layout(shape: tuple[Extent, ...]) -> tuple[int, ...] | None:
    """Strides in elements of a C-contiguous array."""
    strides: list[int] = []
    step = 1
    for extent in reversed(shape):
        strides.insert(0, step)
        if not isinstance(extent, int):
            return None if len(strides) < len(shape) else tuple(strides)
        step *= extent
    return tuple(strides)


class Box(Array):
    """An array that owns its elements.

    Args:
        value: its IR value (a tensor).
        shape: ints, or Scalars where the extent is known only at run time.
        element: its element type.
        region: where it was made.
        contiguous: whether NumPy would have it in C order (else the order is not known).
    """

    def __init__(
        self, value: Any, shape: tuple[Extent, ...], element: str, region: Region | None = None, contiguous: bool = True
    ) -> None:
        self.value, self._shape, self.element = value, tuple(shape), element
        self.region = region if region is not None else current().region
        self.contiguous = contiguous
        self.appended = False  # a list holds a copy of it (growing.py)

    def read(self) -> Any:
        self._require_alive()
        if self.value is None:
            fail(
                "the contents of this array are not known here",
                why="an array that may share its memory was changed on a path that depends on run-time values",
                help="copy the array before the two can share memory",
            )
        return self.value

    def _require_alive(self) -> None:
        if not self.region.alive:
            fail(
                "an array made inside a loop or branch is used after it",
                why="it was stored where wengert does not follow it, so it has no value here",
                help="assign it to a variable before the loop and inside of it",
            )

    def write(self, value: Any) -> None:
        self._require_alive()
        if self.appended:
            from wengert.frontend.growing import refuse_change_of_appended

            refuse_change_of_appended()
        trace = current()
        region = trace.region
        if not region.inside(self.region):
            fail(
                "an array of the enclosing function is written inside a function that is being differentiated or "
                "mapped",
                why="a transformed function evaluates on copies: the write would be lost",
                help="return the new array instead, or write to a copy made inside",
            )
        trace.before_write(self)
        region.journal.box_written(self)
        self.value = value

    @property
    def layout(self) -> tuple[int, ...] | None:
        return c_layout(self.shape) if self.contiguous else None


class Selected(Box):
    """A copy of chosen elements; ``a[i] += v`` stores it back."""


class View(Array):
    """An array whose elements belong to another one, `base`."""

    base: Array

    @property
    def region(self) -> Region:  # type: ignore[override]
        return self.base.region

    def locate(self, indices: tuple[Extent, ...]) -> tuple[Extent, ...] | None:
        """The indices in the base of one element, or None when that is no simple rule."""
        raise TypeError(type(self).__name__)


class Phi(Array):
    """One of two arrays of equal shape and type, by a condition: reads select, writes go to the right one."""

    def __init__(self, condition: Scalar, a: Array, b: Array) -> None:
        self.condition, self.a, self.b = condition, a, b
        self._shape, self.element = a.shape, a.element

    @property
    def region(self) -> Region:  # type: ignore[override]
        return self.condition.region

    def choose(self, x: Any, y: Any) -> Any:
        """x where the name refers to `a`, y where it refers to `b` (IR values)."""
        trace = current()
        condition = trace.use(self.condition)
        with trace.here():
            return structural.select(condition, x, y)

    def read(self) -> Any:
        return self.choose(self.a.read(), self.b.read())

    def write(self, value: Any) -> None:
        old_a = self.a.read()
        self.a.write(self.choose(value, old_a))
        # b is read after the write to a: they may be views of one array.
        self.b.write(self.choose(self.b.read(), value))

    @property
    def layout(self) -> tuple[int, ...] | None:
        return self.a.layout if self.a.layout == self.b.layout else None


def root(array: Array) -> Array:
    """The Box or Phi that a view refers to in the end."""
    while isinstance(array, View):
        array = array.base
    return array


def is_traced(x: Any) -> bool:
    return isinstance(x, Traced)


def weak_int(value: Any, interval: Interval, origins: Origins = frozenset(), form: Form | None = None) -> Scalar:
    """A Python int known at run time."""
    return Scalar(value, "i64", True, interval.low, interval.high, origins, form=form)
