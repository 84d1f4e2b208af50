"""The user's Python functions and classes inside a trace: through the rewriter, however deep they are called."""

from __future__ import annotations

import dataclasses
import inspect
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from wengert.dialects.errors import UnsupportedError
from wengert.frontend.branches import open_conditions
from wengert.frontend.libraries import is_library as is_library
from wengert.frontend.recursion import Recursion, Unrolls, may_recurse
from wengert.frontend.source import SourceUnavailable, rewritten_function
from wengert.frontend.trace import NeedsStatic, Region, current, fail

#: From this depth of one function on, a traced test that decides where its recursion ends is made static.
RECURSION_LIMIT = 12


class Rebindable:
    """An object of wengert whose contents go into the code that uses it, so that rebinding its name makes it stale."""


#: Kinds of global and closure variables whose rebinding makes the code stale.
GUARDED = (bool, int, float, complex, str, bytes, tuple, type(None), np.generic, np.ndarray, Rebindable)


def run(function: FunctionType, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Calls a Python function in the trace."""
    from wengert.frontend.hooks import HOOKS

    trace = current()
    try:
        twin = rewritten_function(function, HOOKS)
    except SourceUnavailable as error:
        return _run_as_it_is(function, arguments, options, str(error))
    _note_guards(function, twin.__code__)
    if function.__code__ in trace.recursions:
        return trace.recursions[function.__code__].called(arguments, options)
    if not inspect.isgeneratorfunction(function) and may_recurse(function) and function.__code__ not in trace.unrolled:
        try:
            return Recursion(function, twin, (arguments, options)).run()
        except Unrolls:
            trace.unrolled.add(function.__code__)
    entered: list[Region] = trace.depths.setdefault(id(function.__code__), [])
    _bound_recursion(function, entered)
    entered.append(trace.region)
    try:
        return twin(*arguments, **options)
    finally:
        entered.pop()


def _run_as_it_is(function: FunctionType, arguments: tuple[Any, ...], options: dict[str, Any], reason: str) -> Any:
    """Without source only code that computes can be traced; what asks for a Python value says why it cannot have it."""
    trace = current()
    trace.without_source.append(f"the code of {function.__qualname__} runs as it is: {reason}")
    try:
        return function(*arguments, **options)
    finally:
        trace.without_source.pop()


def _bound_recursion(function: FunctionType, entered: list[Region]) -> None:
    """A recursion whose end is decided by traced tests unrolls only if one of them can be known while tracing."""
    if len(entered) < RECURSION_LIMIT:
        return
    outside: list[Any] = []
    region: Region | None = entered[0]
    while region is not None:
        outside.append(region.condition)
        region = region.parent
    conditions = [c for c in open_conditions() if all(c is not known for known in outside)]
    for condition in conditions:
        if condition.origins and "data" not in condition.origins:
            raise NeedsStatic(condition.origins, f"{function.__qualname__} is recursive and this decides where it ends")
    if conditions:
        fail(
            f"{function.__qualname__} calls itself without an end that is known while compiling",
            error=UnsupportedError,
            why="the test that stops it depends on the contents of an array, and its arguments change their structure",
            help="call it with arguments of the same structure and shapes, or write the recursion as a loop",
        )


# ---------------------------------------------------------------- guards


def _note_guards(function: FunctionType, code: CodeType) -> None:
    """Notes the global and closure variables whose values go into the compiled code."""
    trace = current()
    inner = id(function.__code__) in trace.inner_codes
    # The cells of a function made in this trace are part of the trace.
    cells: tuple[Any, ...] = () if inner else function.__closure__ or ()
    key = (id(function.__code__), *map(id, cells))
    if key in trace.noted:
        return
    trace.noted.add(key)
    trace.inner_codes |= _nested_code_ids(code)
    for name, cell in zip(function.__code__.co_freevars, cells):
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if isinstance(value, GUARDED) or _is_data(value):
            trace.guard(cell, name, value)
    names = _loaded_names(function.__code__)
    for name in names:
        value = function.__globals__.get(name, trace)
        if value is not trace and (isinstance(value, GUARDED) or _is_data(value)):
            trace.guard(function.__globals__, name, value)
        elif isinstance(value, ModuleType) and not is_library(value.__name__):
            for attribute in names & vars(value).keys():
                if isinstance(vars(value)[attribute], GUARDED) or _is_data(vars(value)[attribute]):
                    trace.guard(vars(value), attribute, vars(value)[attribute])


def _is_data(value: Any) -> bool:
    """Whether a value is an object of the program: a container, an instance; no function, class or module."""
    return not (isinstance(value, (ModuleType, type)) or callable(value))


def _loaded_names(code: CodeType) -> set[str]:
    """Global and attribute names in a code object and those nested in it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _loaded_names(constant)
    return names


def _nested_code_ids(code: CodeType) -> set[int]:
    found: set[int] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= {id(constant)} | _nested_code_ids(constant)
    return found


# ---------------------------------------------------------------- instances


def make_instance(cls: type, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Calls a class; constructors written in Python go through the rewriter."""
    journal = current().region.journal
    initialise, create = getattr(cls, "__init__"), getattr(cls, "__new__")  # noqa: B009 - looked up on the class
    plain = create is object.__new__ and type(cls).__call__ is type.__call__
    generated = isinstance(initialise, FunctionType) and initialise.__code__.co_filename == "<string>"
    if plain and generated and dataclasses.is_dataclass(cls):
        return _make_dataclass(cls, arguments, options)
    if plain and isinstance(initialise, FunctionType) and not generated:
        instance = journal.mark_fresh(object.__new__(cls))
        run(initialise, (instance, *arguments), options)
        return instance
    instance = cls(*arguments, **options)
    return journal.mark_fresh(instance)


_FACTORY = dataclasses._HAS_DEFAULT_FACTORY  # type: ignore[attr-defined]


def _make_dataclass(cls: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What the generated __init__ does, with default factories and __post_init__ through the rewriter."""
    from wengert.frontend.calls import call

    bound = inspect.signature(cls.__init__).bind(None, *arguments, **options)
    bound.apply_defaults()
    given = bound.arguments
    instance = current().region.journal.mark_fresh(object.__new__(cls))
    late = []
    for name, field in cls.__dataclass_fields__.items():
        pseudo = field._field_type is not dataclasses._FIELD  # type: ignore[attr-defined]
        if pseudo and field._field_type is not dataclasses._FIELD_INITVAR:  # type: ignore[attr-defined]
            continue
        value = given.get(name, _FACTORY)
        if value is _FACTORY and field.default_factory is not dataclasses.MISSING:
            value = call(field.default_factory)
        elif value is _FACTORY and field.default is not dataclasses.MISSING:
            value = field.default
        if value is _FACTORY:
            continue
        if pseudo:
            late.append(value)
        else:
            object.__setattr__(instance, name, value)
    if hasattr(cls, "__post_init__"):
        call(cls.__post_init__, instance, *late)
    return instance
