"""Where CPython and NumPy keep what the generated entries read, and the table of addresses they call through.

Assumed, and checked against live objects before the first entry is built (`layout_problem`): the public layouts of
`PyObject`, `PyFloatObject`, `PyArrayObject_fields`, the common head of `PyArray_Descr` and NumPy's scalar objects;
LP64, little endian. They are the same in NumPy 1.x and 2.x and in free-threaded CPython, whose object head is longer.
If the check fails, `entry.build_entry` uses the ctypes entry of `fallback.py` instead.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

HEAD = object.__basicsize__  # 16 bytes; 32 on free-threaded builds
OBJECT_TYPE = HEAD - 8  # the type is the last field of the head
SCALAR_VALUE = HEAD  # of float, np.float64, np.float32, np.int8 .. np.uint64, np.bool_
ARRAY_DATA, ARRAY_NDIM, ARRAY_DIMENSIONS = HEAD, HEAD + 8, HEAD + 16
ARRAY_DESCRIPTOR, ARRAY_FLAGS = HEAD + 40, HEAD + 48
DESCRIPTOR_BYTE_ORDER, DESCRIPTOR_TYPE_NUMBER = HEAD + 10, HEAD + 12
C_CONTIGUOUS, OWNDATA, ALIGNED, WRITEABLE = 0x0001, 0x0004, 0x0100, 0x0400

DTYPES: dict[str, np.dtype[Any]] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "i32": np.dtype(np.int32),
    "i16": np.dtype(np.int16),
    "i8": np.dtype(np.int8),
    "u64": np.dtype(np.uint64),
    "u32": np.dtype(np.uint32),
    "u16": np.dtype(np.uint16),
    "u8": np.dtype(np.uint8),
    "i1": np.dtype(np.bool_),
}

_PYTHON_FUNCTIONS = (
    "PyDict_New",
    "PyDict_SetItem",
    "PyErr_Clear",
    "PyErr_Occurred",
    "PyErr_SetObject",
    "PyEval_RestoreThread",
    "PyEval_SaveThread",
    "PyList_New",
    "PyList_SetItem",
    "PyLong_AsLongLong",
    "PyObject_CallFunction",
    "PyObject_Vectorcall",
    "PyTuple_New",
    "PyTuple_SetItem",
    "Py_DecRef",
    "Py_IncRef",
)
#: Indices into NumPy's C API table.
_NUMPY_FUNCTIONS = {"PyArray_Scalar": 60, "PyArray_NewFromDescr": 94, "PyDataMem_SetHandler": 304}
_NUMPY_ARRAY_TYPE = 2
_OBJECTS: dict[str, Any] = {
    "float": float,
    "int": int,
    "bool": bool,
    "True": True,
    "None": None,
    "np.ndarray": np.ndarray,
    **{f"np.{dtype.name}": dtype.type for dtype in DTYPES.values()},
    **{f"dtype.{name}": dtype for name, dtype in DTYPES.items()},
}
_OWN = ("traces", "memory", "on_mismatch", "on_error")

#: The place of each address in the table; those of the keys of dicts in a result follow.
TABLE = {name: k for k, name in enumerate((*_PYTHON_FUNCTIONS, *_NUMPY_FUNCTIONS, *_OBJECTS, *_OWN))}

#: How many traces are in progress in the process.
_traces = np.zeros(1, np.int64)
_traces_lock = threading.Lock()


def count_traces(more: int) -> None:
    """Tells the entries that users call that a trace begins or ends: until all have ended Python answers calls, which
    knows whether the call belongs to the trace."""
    with _traces_lock:
        _traces[0] += more


@functools.cache
def _numpy_table() -> Any:
    """NumPy's C API: the array of pointers inside the capsule `_multiarray_umath._ARRAY_API`."""
    package = "numpy._core" if int(np.__version__.split(".")[0]) >= 2 else "numpy.core"
    capsule = importlib.import_module(f"{package}._multiarray_umath")._ARRAY_API
    prototype = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    get_pointer = prototype(("PyCapsule_GetPointer", ctypes.pythonapi))
    return (ctypes.c_void_p * (max(_NUMPY_FUNCTIONS.values()) + 1)).from_address(get_pointer(capsule, None))


@functools.cache
def _fixed_addresses() -> tuple[int, ...]:
    functions = [ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value for name in _PYTHON_FUNCTIONS]
    numpy_functions = [_numpy_table()[index] for index in _NUMPY_FUNCTIONS.values()]
    objects = [id(value) for value in _OBJECTS.values()]
    return tuple(int(address or 0) for address in (*functions, *numpy_functions, *objects))


def fill_table(
    address: int,
    on_mismatch: Callable[..., Any],
    on_error: Callable[..., Any],
    keys: Sequence[str] = (),
    memory: Any = None,
) -> None:
    """Writes the addresses an entry uses to its table at `address`. The caller keeps callables, keys and `memory`
    alive: the handler of NumPy's for large arrays, or None for NumPy's own.

    Raises ValueError if the table is filled already: the code would call the other entry's callbacks.
    """
    table = (ctypes.c_void_p * (len(TABLE) + len(keys))).from_address(address)
    if any(table):
        raise ValueError("this library has an entry already; load the object code again for another one")
    handler = None if memory is None else id(memory)
    table[:] = [*_fixed_addresses(), _traces.ctypes.data, handler, id(on_mismatch), id(on_error), *map(id, keys)]


@functools.cache
def layout_problem() -> str | None:
    """Why entries cannot read objects directly in this process; None if everything is where they expect it.

    Every field is read from a few known objects through ctypes and compared with what Python says. The checks stop at
    the first difference, before anything behind a pointer that may be wrong is read.
    """
    if sys.implementation.name != "cpython" or sys.version_info < (3, 11):
        return f"{sys.implementation.name} {sys.version.split()[0]} is not CPython 3.11 or later"
    if struct.calcsize("P") != 8 or sys.byteorder != "little" or ctypes.sizeof(ctypes.c_long) != 8:
        return "not a 64-bit little-endian platform with 64-bit long"
    try:
        return _object_problem() or _array_problem() or _table_problem()
    except (AttributeError, ImportError, ValueError) as error:
        return f"the C API of Python or NumPy was not found: {error}"


def _read(field: Any, value: Any, offset: int) -> Any:
    return field.from_address(id(value) + offset).value


def _object_problem() -> str | None:
    samples: list[tuple[Any, Any, Any]] = [
        (1.5, ctypes.c_double, 1.5),
        (np.float64(-2.5), ctypes.c_double, -2.5),
        (np.float32(3.5), ctypes.c_float, 3.5),
        (np.int64(-(2**40)), ctypes.c_int64, -(2**40)),
        (np.int32(-3), ctypes.c_int32, -3),
        (np.int16(-3), ctypes.c_int16, -3),
        (np.int8(-3), ctypes.c_int8, -3),
        (np.uint64(2**63), ctypes.c_uint64, 2**63),
        (np.uint32(2**31), ctypes.c_uint32, 2**31),
        (np.uint16(2**15), ctypes.c_uint16, 2**15),
        (np.uint8(2**7), ctypes.c_uint8, 2**7),
        (np.bool_(True), ctypes.c_uint8, 1),
        (np.bool_(False), ctypes.c_uint8, 0),
    ]
    for value, field, expected in samples:
        if type(value).__basicsize__ < SCALAR_VALUE + ctypes.sizeof(field):
            return f"{type(value).__name__} objects are too small"
        if _read(ctypes.c_void_p, value, OBJECT_TYPE) != id(type(value)):
            return f"the type of a {type(value).__name__} is not at offset {OBJECT_TYPE}"
        if _read(field, value, SCALAR_VALUE) != expected:
            return f"the value of a {type(value).__name__} is not at offset {SCALAR_VALUE}"
    return None


def _array_problem() -> str | None:
    if np.ndarray.__basicsize__ < ARRAY_FLAGS + 4 or np.dtype.__basicsize__ < DESCRIPTOR_TYPE_NUMBER + 4:
        return "np.ndarray or np.dtype objects are too small"
    read_only = np.zeros((2, 3, 4), np.float32)
    read_only.flags.writeable = False
    unaligned = np.zeros(17, np.uint8)[1:].view(np.float64)
    samples = [np.zeros((2, 3)), np.zeros((4, 6), np.int64)[::2, ::3], np.zeros(5, np.bool_), np.zeros(()), read_only]
    samples += [unaligned, np.zeros(3, ">f8"), np.zeros((2, 3), order="F")]
    for array in samples:
        flags = (array.flags.c_contiguous, array.flags.aligned, array.flags.writeable)
        found_flags = _read(ctypes.c_int, array, ARRAY_FLAGS)
        facts = {
            "type": (_read(ctypes.c_void_p, array, OBJECT_TYPE), id(np.ndarray)),
            "data": (_read(ctypes.c_void_p, array, ARRAY_DATA), array.ctypes.data),
            "ndim": (_read(ctypes.c_int, array, ARRAY_NDIM), array.ndim),
            "dtype": (_read(ctypes.c_void_p, array, ARRAY_DESCRIPTOR), id(array.dtype)),
            "flags": (tuple(bool(found_flags & bit) for bit in (C_CONTIGUOUS, ALIGNED, WRITEABLE)), flags),
            "byte order": (_read(ctypes.c_uint8, array.dtype, DESCRIPTOR_BYTE_ORDER), ord(array.dtype.byteorder)),
            "type number": (_read(ctypes.c_int, array.dtype, DESCRIPTOR_TYPE_NUMBER), array.dtype.num),
        }
        for name, (found, expected) in facts.items():
            if found != expected:
                return f"the {name} of an array is not where it is expected"
        dimensions = _read(ctypes.c_void_p, array, ARRAY_DIMENSIONS)
        if array.ndim and tuple((ctypes.c_ssize_t * array.ndim).from_address(dimensions)) != array.shape:
            return "the shape of an array is not where it is expected"
    return None


def _table_problem() -> str | None:
    if _numpy_table()[_NUMPY_ARRAY_TYPE] != id(np.ndarray):
        return "NumPy's C API table does not start as expected"
    if 0 in _fixed_addresses():
        return "a function of the C API has no address"
    return None
