"""Trees of floats as vectors: the unknowns of a system of equations, and its equations.

Assumes a trace in progress.  Leaves are numbers and arrays; ints become float64.  A vector has the element type float64
unless every leaf is float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.forms import Form, form_of
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.creation import as_array
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.operands import is_number, operand
from wengert.frontend.positions import definition_of, fail
from wengert.frontend.values import Array, Box, Scalar, Traced, shape_text


@dataclass(frozen=True)
class Layout:
    """Where each leaf of a tree lies in the vector.

    structure: of the tree.
    forms: of its leaves, all of them floats.
    """

    structure: Any
    forms: tuple[Form, ...]

    @property
    def element(self) -> str:
        return "f32" if all(form.element == "f32" for form in self.forms) else "f64"

    @property
    def sizes(self) -> list[int]:
        return [prod(form.shape or ()) for form in self.forms]

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @staticmethod
    def of(tree: Any, what: str) -> Layout:
        """The layout of a tree.

        Raises:
            WengertTypeError: a leaf is no number or array, or there is no float in it.
        """
        leaves, structure = flatten(opened(tree))
        layout = Layout(structure, tuple(_form(leaf, what) for leaf in leaves))
        if not layout.size:
            fail(f"{what} has no numbers in it", error=WengertValueError, help="pass what is to be solved for")
        return layout

    def vector(self, tree: Any, of: Callable[..., Any] | None = None) -> Any:
        """The vector of a tree like this one, which the function `of` has returned."""
        leaves, structure = flatten(opened(tree))
        forms = tuple(_form(leaf, "a result") for leaf in leaves)
        if structure != self.structure or [f.shape or () for f in forms] != [f.shape or () for f in self.forms]:
            raise WengertValueError(
                f"{getattr(of, '__name__', 'the function')} gives {_described(structure, forms)}, and "
                f"{_described(self.structure, self.forms)} is needed", definition_of(of),
                why="the unknowns and what is computed for them have one structure",
                help="return numbers and arrays of the same shapes, in the same structure")
        return joined(leaves, self.element)

    def tree(self, vector: Any) -> Any:
        """The tree of a vector: each leaf memory of its own, with the dtype it has in this layout."""
        leaves, offset = [], 0
        for form, size in zip(self.forms, self.sizes):
            leaves.append(_leaf(vector, offset, size, form))
            offset += size
        return unflatten(self.structure, leaves)


@dataclass(frozen=True)
class _Shown:
    text: str

    def __repr__(self) -> str:
        return self.text


def _described(structure: Any, forms: Sequence[Form]) -> str:
    """The tree with "a number" or the shape in the place of each leaf."""
    return repr(unflatten(structure, [_Shown(f"array{shape_text(f.shape)}" if f.shape else "number") for f in forms]))


def joined(leaves: Sequence[Any], element: str) -> Any:
    """The elements of all leaves, one after the other, as a vector of its own."""
    parts = [_as_vector(converted(operand(leaf), element)) for leaf in leaves]
    whole = parts[0] if len(parts) == 1 else call(np.concatenate, parts)
    return Box(whole.read(), whole.shape, element)


def _as_vector(x: Any) -> Any:
    return call(np.ravel, x) if isinstance(x, Array) else as_array([x])


def _leaf(vector: Any, offset: int, size: int, form: Form) -> Any:
    if form.shape is None:
        number = converted(getitem(vector, offset), form.element)
        return Scalar(number.value, form.element, weak=form.weak, origins=number.origins)
    part = converted(getitem(vector, slice(offset, offset + size)), form.element)
    shaped = call(np.reshape, part, form.shape)
    return Box(shaped.read(), form.shape, form.element)


def _form(leaf: Any, what: str) -> Form:
    x = operand(leaf) if isinstance(leaf, (Traced, np.ndarray)) or is_number(leaf) else leaf
    form = form_of(x) if isinstance(x, Traced) or is_number(x) else None
    if form is None or form.element == "i1":
        kind = f"an object of type {type(leaf).__name__}" if form is None else "a bool"
        fail(f"{what} has {kind} in it", why="what is solved for is made of floats", error=WengertTypeError,
             help="pass what stays the same as a further argument")
    return form if form.floats else Form("f64", form.weak, form.shape)
