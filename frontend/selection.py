"""What a derivative is taken with respect to: arguments by number or by name, and captured variables by name.

`argnums` is one of these or several: an int (a positional argument, negative ones from the end) or a string (a
parameter, also keyword-only, or a variable the function captures: from an enclosing function, or of its module).
A captured array is chosen as an object: whatever path the traced code reads it by, it reads the moving value.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from wengert.dialects.errors import UnsupportedError, WengertNameError, WengertTypeError
from wengert.frontend.argnums import Argnum as Argnum
from wengert.frontend.argnums import Argnums as Argnums
from wengert.frontend.argnums import as_key as as_key
from wengert.frontend.argnums import listed as listed
from wengert.frontend.arguments import flatten, flatten_whole, unflatten
from wengert.frontend.complex_numbers.values import Complex
from wengert.frontend.positions import definition_of
from wengert.frontend.running import GUARDED
from wengert.frontend.trace import current
from wengert.frontend.values import Box
from wengert.passes.base import near_matches


@dataclass(frozen=True, eq=False)
class Variable:
    """A name a function captures: a key of its module's globals, or the cell of an enclosing function's variable."""

    home: dict[str, Any] | CellType
    name: str

    def __eq__(self, other: object) -> bool:  # cells compare by their contents
        return isinstance(other, Variable) and self.home is other.home and self.name == other.name

    def __hash__(self) -> int:
        return hash((id(self.home), self.name))

    def get(self) -> Any:
        return self.home.cell_contents if isinstance(self.home, CellType) else self.home[self.name]

    def set(self, value: Any) -> None:
        if isinstance(self.home, CellType):
            self.home.cell_contents = value
        else:
            self.home[self.name] = value


@dataclass(frozen=True)
class Chosen:
    """One thing to differentiate with respect to, and its value as the call finds it.

    where: the number of a positional argument, the name of a keyword argument, or a captured variable.
    """

    where: int | str | Variable
    tree: Any

    def __str__(self) -> str:
        if isinstance(self.where, Variable):
            return f"the captured variable {self.where.name}"
        return f"argument {self.where}"


def choose(
    f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], argnums: Sequence[Argnum], what: str
) -> list[Chosen]:
    """For each of `argnums` what it means in this call.

    Raises:
        WengertTypeError: a number is out of range, or a parameter has no value in this call.
        WengertNameError: a name is neither a parameter nor a captured variable.
    """
    return [_by_number(f, args, n, what) if isinstance(n, int) else _by_name(f, args, kwargs, n, what) for n in argnums]


def _by_number(f: Callable[..., Any], args: Sequence[Any], number: int, what: str) -> Chosen:
    if not -len(args) <= number < len(args):
        raise WengertTypeError(
            f"{what} is asked for argument {number}, and the call has {len(args)} positional arguments",
            definition_of(f),
            help="argnums= counts positional arguments from 0; a keyword argument is chosen by its name",
        )
    return Chosen(number % len(args), args[number])


def _by_name(
    f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], name: str, what: str
) -> Chosen:
    if name in kwargs:
        return Chosen(name, kwargs[name])
    parameters = _parameters(f)
    if name in parameters:
        positional = [p for p, x in parameters.items() if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]
        if name in positional and positional.index(name) < len(args):
            return Chosen(positional.index(name), args[positional.index(name)])
        if parameters[name].default is inspect.Parameter.empty:
            raise WengertTypeError(f"{what} is asked for the parameter {name}, and the call has no value for it",
                                   definition_of(f))
        return Chosen(name, parameters[name].default)
    variables = _variables(f)
    if name not in variables:
        function = getattr(f, "__name__", "the function")
        raise WengertNameError(
            f"{what} is asked for '{name}', and {function} has no parameter and no captured variable of this name",
            definition_of(f),
            why="argnums= takes numbers of positional arguments, names of parameters, and names of variables of an "
            "enclosing function or of the module",
            help=near_matches(name, [*parameters, *(n for n, v in variables.items() if _holds_values(v.get()))]),
        )
    return Chosen(variables[name], variables[name].get())


def _parameters(f: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(f).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return {}


def _variables(f: Callable[..., Any]) -> dict[str, Variable]:
    """The variables a function can see outside of itself: its module's, then those of enclosing functions."""
    function = _underneath(f)
    if function is None:
        return {}
    found = {name: Variable(function.__globals__, name) for name in function.__globals__ if not name.startswith("__")}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not bound yet
            variable = Variable(cell, name)
            variable.get()
            found[name] = variable
    return found


def _holds_values(x: Any) -> bool:
    return not (isinstance(x, (ModuleType, type)) or callable(x))


def _underneath(f: Any) -> FunctionType | None:
    """The Python function that a transform, a method, a partial or an object with a `__call__` stands for."""
    while not isinstance(f, FunctionType) or hasattr(f, "__wrapped__"):
        if hasattr(f, "__wrapped__"):
            f = f.__wrapped__
        elif isinstance(f, functools.partial):
            f = f.func
        elif hasattr(f, "__func__"):
            f = f.__func__
        else:
            f = getattr(type(f), "__call__", None)  # noqa: B004 - the method itself is wanted
            if not isinstance(f, FunctionType):
                return None
    return f


# ---------------------------------------------------------------- captured variables that move


@dataclass(frozen=True)
class _Place:
    """A leaf of a captured variable, as the guards of a compilation look it up: a number there is a constant."""

    variable: Variable
    leaf: int

    @property
    def cell_contents(self) -> Any:
        leaves = flatten(self.variable.get())[0]
        if self.leaf >= len(leaves):
            raise ValueError("the variable has fewer leaves than it had")
        return leaves[self.leaf]


@contextmanager
def moving(variables: Sequence[Chosen], fresh: Sequence[Sequence[Any]]) -> Iterator[None]:
    """Let captured variables read as these traced leaves; afterwards everything is as before.

    Raises:
        UnsupportedError: the code reads memory of a moving array through another NumPy view.
    """
    undo: list[Callable[[], None]] = []
    arrays: list[np.ndarray] = []
    try:
        for chosen, new in zip(variables, fresh, strict=True):
            assert isinstance(chosen.where, Variable)
            leaves, structure = flatten_whole(chosen.tree, (Complex,))
            kept = [_move(leaf, value, undo) for leaf, value in zip(leaves, new, strict=True)]
            arrays += [_memory(leaf) for leaf in leaves if isinstance(leaf, np.ndarray)]
            if any(kept):
                tree = unflatten(structure, [v if rebind else x for x, v, rebind in zip(leaves, new, kept)])
                _rebind(chosen.where, chosen.tree, tree, undo)
            for k, leaf in enumerate(leaves):
                if isinstance(leaf, GUARDED):
                    current().guard(_Place(chosen.where, k), chosen.where.name, leaf)
        yield
        _refuse_views(arrays)
    finally:
        for step in reversed(undo):
            step()


def _move(leaf: Any, value: Any, undo: list[Callable[[], None]]) -> bool:
    """Make an array read as `value`, by whatever name; True for what has no identity: a number, or a view."""
    boxes, complexes = current().boxes, current().complexes
    if isinstance(leaf, np.ndarray) and id(leaf) in complexes:
        known = complexes[id(leaf)]
        complexes[id(leaf)] = (*known[:2], value)
        undo.append(lambda: complexes.__setitem__(id(leaf), known))
        return False
    if isinstance(leaf, Complex):
        first, second = _move(leaf.re, value.re, undo), _move(leaf.im, value.im, undo)
        return first or second
    if isinstance(leaf, np.ndarray):
        before = boxes[id(leaf)]
        boxes[id(leaf)] = (leaf, value)
        undo.append(lambda: boxes.__setitem__(id(leaf), before))
        return False
    if isinstance(leaf, Box) and leaf.ndim:
        old, region = leaf.value, leaf.region
        leaf.value, leaf.region = value.value, value.region

        def restore() -> None:
            leaf.value, leaf.region = old, region

        undo.append(restore)
        return False
    return True


def _memory(array: np.ndarray) -> np.ndarray:
    """What traced code captures of an array: of a complex one its memory."""
    known = current().complexes.get(id(array))
    return array if known is None else known[1]


def _rebind(variable: Variable, old: Any, new: Any, undo: list[Callable[[], None]]) -> None:
    variable.set(new)
    undo.append(lambda: variable.set(old))


def _refuse_views(arrays: Sequence[np.ndarray]) -> None:
    for moved in arrays:
        for other, _ in list(current().boxes.values()):
            if other is not moved and np.may_share_memory(other, moved):
                raise UnsupportedError(
                    "an array to differentiate with respect to is also read through another NumPy view of its memory",
                    why="the two are separate values in compiled code: the derivative through the view would be lost",
                    help="take the view inside of the function",
                )
