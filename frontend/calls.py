"""Calls in traced code: a handler from the table, a Python function through the rewriter, or the function itself.

A NumPy, SciPy or `math` function that meets traced values and has no handler is refused by name.
"""

from __future__ import annotations

import copy
import functools
import random
import sys
from collections.abc import Iterable
from types import BuiltinMethodType, FunctionType, MethodType, MethodWrapperType
from typing import Any

import numpy as np

from wengert.frontend import growing
from wengert.frontend.capture import captured, made, made_new, stays_python
from wengert.frontend.complex_numbers import (  # noqa: F401 - they enter their functions
    creation,
    elementwise,
    fourier,
    linear_algebra,
    methods,
    moving,
    ordering,
    products,
    shapes,
)
from wengert.frontend.complex_numbers.registry import call_complex
from wengert.frontend.complex_numbers.values import has_complex, names_complex, zeros_like
from wengert.frontend.iteration import Indexed, Range
from wengert.frontend.journal import CONTAINERS
from wengert.frontend.numpy_programs import enter_part_of
from wengert.frontend.numpy_table import METHODS, TABLE
from wengert.frontend.numpy_table.attributes import ATTRIBUTES
from wengert.frontend.numpy_table.python import example_of
from wengert.frontend.numpy_table.registry import Entry
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.sorted_lists import sorted_
from wengert.frontend.numpy_table.texts import write_
from wengert.frontend.numpy_table.ufunc_methods import ufunc_method
from wengert.frontend.numpy_table.ufuncs import call_ufunc
from wengert.frontend.random_state import method_of_generator
from wengert.frontend.reads import note_items
from wengert.frontend.refusals import method_not_covered, name_of, not_covered, option_not_covered
from wengert.frontend.running import is_library, make_instance, run
from wengert.frontend.texts import join, python_text, str_format
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Scalar, Traced

#: Methods that change a list, dict, set, deque or bytearray.
MUTATING = frozenset(
    {
        "append",
        "extend",
        "insert",
        "pop",
        "popleft",
        "popitem",
        "remove",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "add",
        "discard",
        "appendleft",
        "extendleft",
        "rotate",
        "difference_update",
        "intersection_update",
        "symmetric_difference_update",
    }
)
#: Methods whose result is a list, dict or set of its own.
COPYING = frozenset({"copy", "tolist", "split", "rsplit", "splitlines", "union", "intersection", "difference"})
#: Functions that read a list of run-time length without asking for its items.
READS_LISTS = (len, enumerate, zip, reversed)
_RANDOM = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)


def call(function: Any, *arguments: Any, **options: Any) -> Any:
    """``function(*arguments, **options)`` in the trace."""
    if not isinstance(function, FunctionType) or is_library(function.__module__):
        if current().growing and function not in READS_LISTS:
            reason = f"a list is handed to {name_of(function)}"
            arguments = tuple(growing.handed_on(x, reason) for x in arguments)
            options = {key: growing.handed_on(x, reason) for key, x in options.items()}
        note_items((*arguments, *options.values(), getattr(function, "__self__", None)))
    result = _called(function, arguments, options)
    if function is copy.deepcopy or (isinstance(result, CONTAINERS) and _makes_containers(function)):
        made_new(result, deep=function is copy.deepcopy or getattr(function, "__name__", "") == "tolist")
    return result


def _makes_containers(function: Any) -> bool:
    """Whether a function's result is a container that was not there before."""
    if isinstance(function, (BuiltinMethodType, BoundMethod)) and getattr(function, "__name__", "") in COPYING:
        return True
    return isinstance(function, type) or function is sorted or function is copy.copy


def _called(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return _ufunc_method(function, arguments, options)
    entry = _entry(function)
    if entry is not None:
        return _handle(name_of(function), entry, function, arguments, options)
    if isinstance(function, FunctionType):
        if hasattr(function, "dispatch") and hasattr(function, "registry") and arguments:  # functools.singledispatch
            return call(function.dispatch(type(example_of(arguments[0]))), *arguments, **options)
        if not is_library(function.__module__):
            return run(function, arguments, options)
        return _library_call(function, arguments, options)
    if isinstance(getattr(function, "__self__", None), np.random.Generator):
        return call(method_of_generator(function.__self__, function.__name__), *arguments, **options)
    _refuse_impure(function)
    owner = getattr(function, "__self__", None)
    if owner is not None and (owner is sys.stdout or owner is sys.stderr) and function.__name__ in ("write", "flush"):
        return write_(*arguments, file=owner)
    if isinstance(function, MethodType):
        return call(function.__func__, function.__self__, *arguments, **options)
    if isinstance(function, functools.partial):
        return call(function.func, *function.args, *arguments, **{**function.keywords, **options})
    if isinstance(function, type):
        if is_library(function.__module__):
            return _library_call(function, arguments, options)
        return make_instance(function, arguments, options)
    if isinstance(function, BoundMethod):
        return function(*arguments, **options)
    if isinstance(function, (BuiltinMethodType, MethodWrapperType)):
        return _builtin_call(function, arguments, options)
    return _object_call(function, arguments, options)


def _entry(function: Any) -> Entry | None:
    try:
        found = TABLE.get(function)
    except TypeError:  # an object that cannot be hashed
        return None
    return TABLE.get(function) if found is None and enter_part_of(function) else found


def _refuse_impure(function: Any) -> None:
    """What gives another result at every call cannot be called while compiling."""
    if isinstance(getattr(function, "__self__", None), _RANDOM):
        fail(
            f"{function.__name__}: a random number is drawn while compiling",
            why="it would be the same at every call: only the generators of np.random.default_rng are compiled",
            help="draw from rng = np.random.default_rng(seed), made inside or outside, or draw it outside and pass it",
        )
    if getattr(function, "__module__", None) == "time" and getattr(function, "__name__", "") != "sleep":
        fail(
            f"time.{function.__name__}() is called while compiling",
            why="it would be the same time at every call",
            help="measure outside of the compiled function",
        )


# ---------------------------------------------------------------- covered functions


def _handle(name: str, entry: Entry, function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A covered function: itself while everything is known, else its handler; `out=` stores the result."""
    if entry.python and not needs_trace(arguments) and not needs_trace(options.values()):
        return made(function(*arguments, **options))
    if has_complex(arguments) or has_complex(tuple(options.values())) or names_complex(arguments, options):
        return call_complex(name, function, entry, arguments, options)
    if isinstance(function, np.ufunc):
        return call_ufunc(function, entry, arguments, options)
    out = None
    if options.get("out") is not None and entry.names is not None and "out" not in entry.names:
        options = dict(options)
        out = options.pop("out")
    if entry.names is not None:
        for option in options:
            if option not in entry.names:
                option_not_covered(name, f"{option}=")
    if entry.most is not None and len(arguments) > entry.most:
        option_not_covered(name, f"number {entry.most + 1}")
    result = entry.handler(*arguments, **options)
    return stored(result, out)


def _ufunc_method(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """``np.add.reduce(...)``, ``np.maximum.at(...)``."""
    if not needs_trace(arguments) and not needs_trace(options.values()):
        return made(function(*arguments, **options))
    if function.__self__ not in TABLE:
        not_covered(function.__self__)
    if has_complex(arguments) or has_complex(tuple(options.values())):
        return methods.ufunc_method_of_complex(function.__self__, function.__name__, arguments, dict(options))
    return ufunc_method(function.__self__, function.__name__, arguments, options)


def needs_trace(values: Iterable[Any]) -> bool:
    """Whether any of the values, or an item of a list among them, is known at run time only."""
    for x in values:
        if isinstance(x, (Traced, growing.Stretch, Indexed, Range)):
            return True
        if isinstance(x, np.ndarray) and not stays_python(x):
            return True
        if isinstance(x, (list, tuple)) and needs_trace(x):
            return True
        if isinstance(x, dict) and needs_trace(x.values()):
            return True
    return False


def has_traced(values: Iterable[Any]) -> bool:
    """Whether a traced value is among the values or the items of lists among them."""
    return any(isinstance(x, Traced) or (isinstance(x, (list, tuple)) and has_traced(x)) for x in values)


# ---------------------------------------------------------------- everything else


def _is_numeric(module: str | None) -> bool:
    return (module or "").partition(".")[0] in ("numpy", "scipy", "math", "cmath", "statistics")


def _library_call(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A function of the standard library, NumPy, SciPy or wengert: as it is, or refused."""
    module = getattr(function, "__module__", None) or ""
    if (isinstance(function, np.ufunc) or _is_numeric(module)) and (
        needs_trace(arguments) or needs_trace(options.values())
    ):
        not_covered(function)
    if not (isinstance(function, type) and issubclass(function, BaseException)):
        arguments = tuple(map(python_text, arguments))
    return made(function(*arguments, **options))


def _builtin_call(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A function or a method written in C."""
    owner, name = getattr(function, "__self__", None), function.__name__
    if isinstance(owner, np.ndarray):
        if not stays_python(owner) or needs_trace(arguments):
            return _handle_method(captured(owner), name, arguments, options)
        return made(function(*arguments, **options))
    if isinstance(owner, CONTAINERS):
        if isinstance(owner, (dict, set)) and arguments and isinstance(arguments[0], Scalar):
            current().need_static(arguments[0], f"it is looked up in a Python {type(owner).__name__}")
        if growing.is_growing(owner):
            if name == "append":
                return growing.append(owner, *arguments)
            growing.settled(owner, f"list.{name} is called")
        if name in MUTATING:
            current().region.journal.before_mutation(owner)
        if name == "sort" and isinstance(owner, list):
            owner[:] = sorted_(owner, *arguments, **options)
            return None
        return function(*arguments, **options)
    if isinstance(owner, type) or owner is None or not hasattr(owner, "__name__"):
        return _library_call_of_builtin(function, arguments, options)
    return _library_call(function, arguments, options)


def _library_call_of_builtin(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A C method of a class or of a Python object such as a str."""
    if isinstance(function.__self__, str) and function.__name__ in ("format", "join"):
        if function.__name__ == "format":
            return str_format(function.__self__, arguments, options)
        return join(function.__self__, *arguments)
    return made(function(*arguments, **options))


def _object_call(function: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An object with a `__call__`, a ufunc, or a wrapper made by the standard library."""
    if isinstance(function, np.ufunc):
        return _library_call(function, arguments, options)
    if isinstance(function, np.vectorize):
        from wengert.frontend.numpy_table.applying import vectorized

        return vectorized(function, arguments, options)
    if isinstance(function, functools._lru_cache_wrapper):
        return call(function.__wrapped__, *arguments, **options)  # a cache would keep values of this trace
    method = getattr(type(function), "__call__", None)  # noqa: B004 - the method itself is wanted
    if isinstance(method, FunctionType) and not is_library(method.__module__):
        return run(method, (function, *arguments), options)
    ours = type(function).__module__.startswith("wengert.")  # a transform of np.cos looks like np.cos
    if not ours and _is_numeric(getattr(function, "__module__", None) or type(function).__module__):
        return _library_call(function, arguments, options)
    return made(function(*arguments, **options))


# ---------------------------------------------------------------- methods of traced values


class BoundMethod:
    """A method of a traced array or number, ready to be called."""

    def __init__(self, owner: Traced, name: str) -> None:
        self.owner, self.__name__ = owner, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return _handle_method(self.owner, self.__name__, arguments, options)


def _handle_method(owner: Any, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    entry = METHODS.get(name)
    if entry is None:
        method_not_covered("ndarray", name)
    return _handle(f"ndarray.{name}", entry, None, (owner, *arguments), options)


def method_of(owner: Traced, name: str) -> Any:
    """An attribute of a traced value that its class does not have: a covered method, or a refusal."""
    if name in ATTRIBUTES:
        return ATTRIBUTES[name](owner)
    example = example_of(owner)
    type_name = type(example).__name__
    if name.startswith("__") or not hasattr(example, name):
        raise AttributeError(f"'{type_name}' object has no attribute '{name}'")
    if name == "real":
        return owner
    if name == "imag":
        return zeros_like(owner)
    if name in METHODS:
        return BoundMethod(owner, name)
    return method_not_covered(type_name, name)
