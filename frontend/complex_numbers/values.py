"""Traced complex numbers and arrays: pairs of real ones, of equal shape and element type.

The IR has no complex type.  An operation on complex operands is a few operations on their parts, so that everything
below (derivatives, batching, storage) sees real numbers only.  A part of a `ComplexScalar` is a Scalar or a Python or
NumPy float; the parts of a `ComplexArray` are arrays, often views: those of an argument are every second number of its
memory.  Nothing writes to a part that is not meant to: a new complex array has parts of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
import optree

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.arguments import NAMESPACE
from wengert.frontend.broadcasting import broadcast_shapes, same_extent, tensor
from wengert.frontend.conversions import DTYPES as REAL
from wengert.frontend.conversions import Kind, element_of, promote
from wengert.frontend.trace import current, fail, tracing
from wengert.frontend.values import Array, Box, Extent, Scalar, Traced, shape_text

DTYPES: dict[str, np.dtype[Any]] = {"f64": np.dtype(np.complex128), "f32": np.dtype(np.complex64)}
ELEMENTS = {dtype: element for element, dtype in DTYPES.items()}


def part_kind(x: Any) -> Kind:
    """The kind of a part, or of a real operand."""
    if isinstance(x, (Scalar, Array)):
        return x.kind
    if isinstance(x, np.generic):
        return Kind(element_of(x.dtype, "a number"), False)
    return Kind("i1" if isinstance(x, bool) else "i64" if isinstance(x, int) else "f64", True)


class Complex(Traced):
    """Base of the complex values; `re` and `im` have one element type."""

    re: Any
    im: Any

    @property
    def element(self) -> str:  # type: ignore[override]
        """The element type of the parts: "f64" or "f32"."""
        return self.kind.element

    @property
    def kind(self) -> Kind:
        """The kind of the parts."""
        return promote(part_kind(self.re), part_kind(self.im))

    @property
    def dtype(self) -> np.dtype[Any]:
        return DTYPES[self.element]

    @property
    def real(self) -> Any:
        return self.re

    @property
    def imag(self) -> Any:
        return self.im

    def __bool__(self) -> bool:
        return fail(
            "the truth of a complex value is used as a Python bool here",
            help="compare it: z != 0, or use .any() or .all() of an array",
            error=WengertTypeError,
        )

    def __int__(self) -> NoReturn:
        fail(f"{self.type_name} is used where Python needs a real number", error=WengertTypeError,
             help="take z.real or abs(z)")

    __float__ = __index__ = __complex__ = __int__

    @property
    def type_name(self) -> str:
        """What Python or NumPy would call its type."""
        return type(self.example).__name__

    @property
    def example(self) -> Any:
        """An object of the type this value has in Python."""
        raise TypeError(type(self).__name__)

    def __getitem__(self, index: Any) -> Any:
        from wengert.frontend.indexing import getitem

        return getitem(self, index)


class ComplexScalar(Complex):
    """A complex number; *weak* where Python would have its own `complex`."""

    shape: tuple[()] = ()
    ndim, size = 0, 1

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    @property
    def weak(self) -> bool:
        return self.kind.weak

    @property
    def example(self) -> Any:
        return 0j if self.weak else DTYPES[self.element].type(0)

    @property
    def T(self) -> ComplexScalar:
        return self

    def __copy__(self) -> ComplexScalar:
        return self

    def __deepcopy__(self, memo: Any) -> ComplexScalar:
        return self

    def __iter__(self) -> NoReturn:
        fail(f"{self!r} is not iterable", error=WengertTypeError)

    def __repr__(self) -> str:
        return f"<traced {self.type_name}>"


class ComplexArray(Complex):
    """A complex array: its parts are arrays of equal shape."""

    def __init__(self, re: Array, im: Array) -> None:
        self.re, self.im = re, im

    @property
    def shape(self) -> tuple[Extent, ...]:
        return tuple(self.re.shape)

    @property
    def ndim(self) -> int:
        return len(self.re.shape)

    @property
    def size(self) -> Extent:
        return self.re.size

    @property
    def T(self) -> ComplexArray:
        return ComplexArray(self.re.T, self.im.T)

    @property
    def example(self) -> Any:
        return np.empty(0, self.dtype)

    @property
    def type_name(self) -> str:
        return describe(self)

    @property
    def flat(self) -> ComplexArray:
        return ComplexArray(self.re.flat, self.im.flat)

    def __copy__(self) -> ComplexArray:
        return ComplexArray(self.re.__copy__(), self.im.__copy__())

    def __deepcopy__(self, memo: Any) -> ComplexArray:
        return self.__copy__()

    def __len__(self) -> int:
        return len(self.re)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        from wengert.frontend.indexing import setitem

        setitem(self, index, value)

    def __repr__(self) -> str:
        return f"<traced array {describe(self)}>"


def _in_place(name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        from wengert.frontend.arithmetic import inplace

        return inplace(name, self, other)

    return method


for _name in ("Add", "Sub", "Mul", "TrueDiv", "Pow"):
    setattr(ComplexArray, f"__i{_name.lower()}__", _in_place({"Mul": "Mult", "TrueDiv": "Div"}.get(_name, _name)))


def _build(kind: Any) -> Any:
    def build(_: Any, parts: Any) -> Any:
        re, im = parts
        return of_parts(re, im, kind)

    return build


def _parts(z: Any) -> Any:
    return (z.re, z.im), None, ("real", "imag")


for _kind in (ComplexScalar, ComplexArray):
    optree.register_pytree_node(_kind, _parts, _build(_kind), namespace=NAMESPACE)


def of_parts(re: Any, im: Any, kind: Any = ComplexArray) -> Any:
    """The complex value with these parts, as they are; outside of a trace one of NumPy's.  `kind` of other objects."""
    if isinstance(re, (Scalar, int, float, np.generic)) and isinstance(im, (Scalar, int, float, np.generic)):
        if not tracing() and isinstance(re, np.floating) and isinstance(im, np.floating):
            return (np.complex64 if isinstance(re, np.float32) else np.complex128)(complex(re, im))
        return ComplexScalar(re, im)
    if isinstance(re, np.ndarray) and isinstance(im, np.ndarray) and not tracing():
        whole = np.empty(re.shape, np.complex64 if re.dtype == np.float32 else np.complex128)
        whole.real, whole.imag = re, im
        return whole
    return (ComplexArray if isinstance(re, Array) else kind)(re, im)


def describe(array: ComplexArray) -> str:
    """``complex128(3, 4)``, for messages."""
    return f"{array.dtype}{shape_text(array.shape)}"


def is_complex_number(x: Any) -> bool:
    """Whether x is a complex number of Python or NumPy."""
    return isinstance(x, (complex, np.complexfloating))


def is_complex(x: Any) -> bool:
    """Whether an operand is complex, known or traced."""
    return isinstance(x, (Complex, complex, np.complexfloating)) or (
        isinstance(x, np.ndarray) and x.dtype.kind == "c"
    )


def has_complex(x: Any) -> bool:
    """Whether a complex operand is x or, in a list or tuple, among its items."""
    return any(has_complex(item) for item in x) if isinstance(x, (list, tuple)) else is_complex(x)


def complex_dtype(x: Any) -> str | None:
    """The element type of the parts, if x is what NumPy takes as a complex dtype; None for anything else."""
    if not isinstance(x, (type, str, np.dtype)) or (isinstance(x, type) and not issubclass(x, (complex, np.generic))):
        return None
    try:
        return ELEMENTS.get(np.dtype(x))
    except (TypeError, ValueError, SyntaxError):  # NumPy evaluates strings such as "08.3f"
        return None


def names_complex(arguments: Any, options: Any) -> bool:
    """Whether a complex dtype is among the arguments of a call."""
    given = [x for x in arguments if isinstance(x, (type, np.dtype))]
    second = [x for x in arguments[1:2] if not (isinstance(x, str) and x == "F")]  # more often an order than a type
    return any(complex_dtype(x) for x in (*given, options.get("dtype"), *second))


def of_number(x: Any) -> ComplexScalar:
    """A complex number of Python or NumPy as a pair."""
    if isinstance(x, np.complexfloating) and x.dtype not in ELEMENTS:
        fail(f"a number of dtype {x.dtype} is not covered", help="use complex128 or complex64", error=WengertTypeError)
    return ComplexScalar(x.real, x.imag)  # np.complex128 is a subclass of complex; its parts are np.float64


def equally_complex(a: Any, b: Any) -> tuple[Any, Any]:
    """Two values that are to be one: where one is a complex number, a real number beside it is a complex one too."""
    if isinstance(a, Complex) == isinstance(b, Complex) and not (is_complex_number(a) or is_complex_number(b)):
        return a, b
    return _as_complex(a, b), _as_complex(b, a)


def _as_complex(x: Any, other: Any) -> Any:
    if is_complex_number(x):
        return of_number(x)
    real = isinstance(x, (Scalar, bool, int, float, np.generic)) and not isinstance(x, Complex)
    whole = isinstance(other, ComplexScalar) or is_complex_number(other)
    return paired(x, zeros_like(x)) if real and whole else x


# ---------------------------------------------------------------- making pairs


def paired(re: Any, im: Any) -> Complex:
    """The complex value of two real operands, converted and broadcast to each other.

    An array that is not in the form of a part is copied; one that is becomes the part, so the caller passes new ones.
    """
    kind = promote(part_kind(re), part_kind(im))
    if not kind.is_float:
        kind = Kind("f64", kind.weak)
    arrays = [x for x in (re, im) if isinstance(x, Array)]
    if not arrays:
        return ComplexScalar(number_of_kind(re, kind), number_of_kind(im, kind))
    shape = arrays[0].shape if len(arrays) == 1 else broadcast_shapes(re.shape, im.shape)
    return ComplexArray(array_of(re, kind.element, shape), array_of(im, kind.element, shape))


def number_of_kind(x: Any, kind: Kind) -> Any:
    """A real number in the given float kind."""
    if not isinstance(x, Scalar):
        return float(x) if kind.weak else REAL[kind.element].type(x)
    if x.kind == kind:
        return x
    return Scalar(current().cast(x, kind.element), kind.element, kind.weak, origins=x.origins)


def array_of(x: Any, element: str, shape: tuple[Extent, ...]) -> Array:
    """An operand as an array of this element type and shape: itself where it is one already."""
    same = isinstance(x, Array) and x.ndim == len(shape) and all(map(same_extent, x.shape, shape))
    if same and x.element == element:
        return x
    return Box(tensor(x, element, shape), shape, element)


def zeros_like(x: Any) -> Any:
    """A zero of the shape and kind of a real operand: the imaginary part it has."""
    kind = part_kind(x)
    if isinstance(x, Array):
        return Box(tensor(0, kind.element, x.shape), x.shape, kind.element)
    zero = REAL[kind.element].type(0)
    return zero.item() if kind.weak else zero


def parts_of(x: Any) -> tuple[Any, Any]:
    """(re, im) of an operand; that of a real one has a zero imaginary part."""
    return (x.re, x.im) if isinstance(x, Complex) else (x, zeros_like(x))
