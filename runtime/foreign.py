"""Functions of the process that compiled code calls by name: C functions, and Python callbacks behind C functions.

Names and addresses belong to this process: object code knows the name only, and is linked anew whenever it is loaded.
What is registered stays as long as the process lives, because code may hold it.

An exception in a callback cannot cross compiled code: it is kept here under a number, the callback returns the number,
and whoever runs the code raises the exception (`take`).
"""

from __future__ import annotations

import ctypes
import itertools
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

#: (dtype of NumPy, shape; None for a number)
Kind = tuple[np.dtype[Any], tuple[int, ...] | None]

PREFIX = "wengert_foreign_"
_BY_VALUE: dict[str, Any] = {"f8": ctypes.c_double, "f4": ctypes.c_float, "b1": ctypes.c_uint8}
for _bytes in (1, 2, 4, 8):
    for _sign, _name in (("i", "int"), ("u", "uint")):
        _BY_VALUE[f"{_sign}{_bytes}"] = getattr(ctypes, f"c_{_name}{8 * _bytes}")
#: Exceptions kept for one thread; later ones of the same run are not needed.
_MOST = 64

_addresses: dict[str, int] = {}
_kept: list[Any] = []
_numbers = itertools.count()
_lock = threading.Lock()
_raised = threading.local()


def c_type(dtype: np.dtype[Any]) -> Any:
    """The C type in which a number of this dtype is passed."""
    return _BY_VALUE[dtype.str[1:]]


def symbol_address(name: str) -> int | None:
    """The address of a registered function."""
    return _addresses.get(name)


def register(name: str, address: int, holder: Any) -> str:
    """Enter an address under a symbol that begins with `name`; `holder` keeps it valid.  The symbol."""
    with _lock:
        symbol = PREFIX + re.sub(r"\W", "", name) + f"_{next(_numbers)}"
        _addresses[symbol] = address
        _kept.append(holder)
    return symbol


def callback(
    name: str, function: Callable[..., Sequence[Any]], operands: Sequence[Kind], results: Sequence[Kind]
) -> str:
    """A C function that calls a Python function, under a symbol of its own.

    Args:
        function: from NumPy arrays (copies) and numbers to arrays and numbers of the kinds `results`.
    """

    def run(*raw: Any) -> int:
        try:
            values = [_read(kind, value) for kind, value in zip(operands, raw)]
            found = function(*values)
            for kind, address, value in zip(results, raw[len(operands) :], found, strict=True):
                _memory(kind, address)[...] = value
            return 0
        except BaseException as error:  # it goes on in `take`
            for kind, address in zip(results, raw[len(operands) :]):
                _memory(kind, address)[...] = 0
            return _keep(error)

    parameters = [c_type(dtype) if shape is None else ctypes.c_void_p for dtype, shape in operands]
    prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *parameters, *[ctypes.c_void_p] * len(results))
    pointer = prototype(run)
    address = ctypes.cast(pointer, ctypes.c_void_p).value
    assert address is not None
    return register(name, address, pointer)


def printer(symbol: str, function: Callable[[Sequence[Any]], None], values: Sequence[Kind | np.dtype[Any]]) -> None:
    """A C function under a given symbol that hands its values to a Python function; it returns a status.

    Args:
        values: for each value float64 or int64, if it is a number, or (dtype, rank as a shape) of an array: a pointer
            is passed, and behind it the extents.
    """
    if symbol in _addresses:
        return

    def run(*raw: Any) -> int:
        try:
            function(_taken(raw, values))
            return 0
        except BaseException as error:  # it goes on in `take`
            return _keep(error)

    parameters: list[Any] = []
    for value in values:
        if isinstance(value, tuple):
            parameters += [ctypes.c_void_p, *[ctypes.c_int64] * len(value[1] or ())]
        else:
            parameters.append(c_type(value))
    pointer = ctypes.CFUNCTYPE(ctypes.c_int64, *parameters)(run)
    address = ctypes.cast(pointer, ctypes.c_void_p).value
    assert address is not None
    with _lock:
        _addresses[symbol] = address
        _kept.append(pointer)


def _taken(raw: Sequence[Any], values: Sequence[Kind | np.dtype[Any]]) -> list[Any]:
    source, found = iter(raw), []
    for value in values:
        first = next(source)
        if isinstance(value, tuple):
            shape = tuple(next(source) for _ in value[1] or ())
            found.append(_memory((value[0], shape), first).copy())
        else:
            found.append(value.type(first))
    return found


def _read(kind: Kind, raw: Any) -> Any:
    dtype, shape = kind
    return dtype.type(raw) if shape is None else _memory(kind, raw).copy()


def _memory(kind: Kind, address: Any) -> np.ndarray[Any, Any]:
    """The array at an address; a number is one without dimensions."""
    dtype, shape = kind
    size = int(np.prod(shape or ())) * dtype.itemsize
    if not size:
        return np.zeros(shape or (), dtype)
    buffer: Any = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(buffer, dtype).reshape(shape or ())


def _keep(error: BaseException) -> int:
    stored: dict[int, BaseException] = _raised.__dict__.setdefault("stored", {})
    number = next(_numbers) + 1
    if len(stored) < _MOST:
        stored[number] = error
    return number


def take(number: int) -> BaseException:
    """The exception that a callback in this thread has raised; the others of its run are forgotten."""
    stored: dict[int, BaseException] = _raised.__dict__.setdefault("stored", {})
    error = stored.get(number)
    stored.clear()
    return error if error is not None else RuntimeError("a foreign function has failed")


def forget() -> None:
    """Forget exceptions of a run that has failed for another reason."""
    _raised.__dict__.setdefault("stored", {}).clear()
