"""What is known of a function with rules while it is traced: the forms of its arguments, results and residuals.

Assumes a trace in progress.  Trees are kept as leaves and a structure; a leaf is a run-time value, with a form, or a
Python object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.diff import RESIDUALS
from wengert.frontend.arguments import Static, unflatten
from wengert.frontend.forms import Form
from wengert.frontend.linear_maps import LinearMap
from wengert.frontend.trace import current
from wengert.frontend.values import DATA, Scalar


@dataclass(frozen=True)
class Rules:
    """A Python function and what the user gave as its derivatives.

    A function that is linear in its last argument may have a transpose: ``transposed(*known, ct)`` gives the cotangent
    of that argument.
    """

    function: Callable[..., Any]
    jvp: Callable[..., Any] | None
    vjp: tuple[Callable[..., Any], Callable[..., Any]] | None
    check: bool = False
    transposed: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Leaf:
    """A leaf of an argument: a run-time value (it has a form), or a Python object.

    origins: of a number, as Scalar has them.
    """

    form: Form | None
    object: Any = None
    origins: Any = DATA

    def key(self) -> Any:
        return Static(self.object) if self.form is None else self.form

    def wrap(self, value: Any) -> Any:
        assert self.form is not None
        wrapped = self.form.wrap(value)
        if isinstance(wrapped, Scalar):
            wrapped.origins = self.origins
        return wrapped


@dataclass(frozen=True)
class Arguments:
    """The positional arguments of a call, as trees of leaves."""

    trees: tuple[tuple[tuple[Leaf, ...], Any], ...]

    @property
    def leaves(self) -> list[Leaf]:
        return [leaf for leaves, _ in self.trees for leaf in leaves]

    @property
    def forms(self) -> list[Form]:
        return [leaf.form for leaf in self.leaves if leaf.form is not None]

    @property
    def floats(self) -> list[Form]:
        return [form for form in self.forms if form.floats]

    @property
    def last(self) -> list[Form]:
        """The forms of the last argument."""
        return [leaf.form for leaf in self.trees[-1][0] if leaf.form is not None]

    def build(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with these IR values."""
        it = iter(values)
        return self._tuple(lambda leaf: leaf.object if leaf.form is None else leaf.wrap(next(it)))

    def tangents(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Trees like the arguments: a tangent for each float, None for anything else."""
        it = iter(values)

        def tangent(leaf: Leaf) -> Any:
            if leaf.form is None:
                return 0.0 if isinstance(leaf.object, (float, np.floating)) else None
            return leaf.form.wrap(next(it)) if leaf.form.floats else None

        return self._tuple(tangent)

    def _tuple(self, make: Callable[[Leaf], Any]) -> tuple[Any, ...]:
        return tuple(unflatten(structure, [make(leaf) for leaf in leaves]) for leaves, structure in self.trees)


@dataclass
class Made:
    """A function with rules in the module.

    captures: the outer values that a call passes after the arguments.
    before: how many arguments come before them: all, but for the one that the function is linear in.
    outputs: for each leaf of its result its form, or the Python object itself.
    func: the operation.
    rules: by the attribute, the names of its rules.
    closed: its rules are traced.
    """

    name: str
    captures: list[Any]
    outputs: tuple[Any, ...]
    structure: Any
    paths: list[str]
    func: Any
    before: int
    rules: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    called_by_its_rules: bool = False

    @property
    def returned(self) -> list[Form]:
        return [o for o in self.outputs if isinstance(o, Form)]

    @property
    def floats(self) -> list[Form]:
        return [form for form in self.returned if form.floats]

    def result(self, values: Sequence[Any], make: Callable[[Form, Any], Any]) -> Any:
        """The structure of the result."""
        it = iter(values)
        return unflatten(self.structure, [make(o, it) if isinstance(o, Form) else o for o in self.outputs])


@dataclass
class Nest:
    """The calls of one function with rules that are open in a trace: each is inside a rule of the one before."""

    depth: int = 0
    made: dict[Any, Made] = field(default_factory=dict)


@dataclass(frozen=True)
class Residuals:
    """What fwd hands to bwd: a tree of run-time values (with forms), pullbacks, and Python objects."""

    leaves: tuple[Leaf, ...]
    structure: Any

    @property
    def types(self) -> list[Any]:
        maps = ir.Type.parse(RESIDUALS)
        types = [maps if is_map(leaf) else leaf.form.type if leaf.form is not None else None for leaf in self.leaves]
        return [type_ for type_ in types if type_ is not None]

    def values(self, given: Sequence[Any]) -> list[Any]:
        """The IR values of what fwd gave."""
        values = [x.linearized.residuals if is_map(leaf) else leaf.form.value(x, "a residual")
                  if leaf.form is not None else None for leaf, x in zip(self.leaves, given)]
        return [value for value in values if value is not None]

    def build(self, values: Sequence[Any]) -> Any:
        """The tree in bwd, with these IR values."""
        it = iter(values)
        return unflatten(self.structure, [self._leaf(leaf, it) for leaf in self.leaves])

    @staticmethod
    def _leaf(leaf: Leaf, values: Iterator[Any]) -> Any:
        if is_map(leaf):
            linearized = leaf.object.linearized.at(next(values), current().region)
            return LinearMap(linearized, leaf.object.direction)
        return leaf.object if leaf.form is None else leaf.wrap(next(values))


def is_map(leaf: Leaf) -> bool:
    return isinstance(leaf.object, LinearMap)
