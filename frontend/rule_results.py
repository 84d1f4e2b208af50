"""What rules return, checked against the function they belong to: structure, shape and dtype of every leaf.

Assumes a trace in progress.  A result that does not fit is refused at the line where the rule is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arguments import flatten
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.conversions import is_whole
from wengert.frontend.forms import Form, form_of
from wengert.frontend.operands import is_number, operand
from wengert.frontend.positions import definition_of
from wengert.frontend.trace import current
from wengert.frontend.values import Array, Scalar, shape_text


def name_of_rule(function: Any) -> str:
    return str(getattr(function, "__name__", "the function"))


def pair(rule: Callable[..., Any], result: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        found = f"{len(result)} values" if isinstance(result, (tuple, list)) else kind_text(result)
        wrong(rule, f"{name_of_rule(rule)} returns {found}", f"a rule of this kind returns {what}", "")
    return result[0], result[1]


def result_values(
    rule: Callable[..., Any], tree: Any, outputs: Sequence[Any], structure: Any, paths: Sequence[str], *, tangent: bool
) -> list[Any]:
    """IR values of what a rule gives as the function's result, or as the tangent of it (of the float leaves)."""
    what = "tangent" if tangent else "out"
    given = [None] * len(outputs) if tangent and tree is None else up_to(rule, structure, tree, what)
    return [
        value_of(rule, form, x, f"{what}{path}", zero=tangent)
        for form, x, path in zip(outputs, given, paths)
        if isinstance(form, Form) and (form.floats or not tangent)
    ]


def up_to(rule: Callable[..., Any], structure: Any, tree: Any, what: str) -> list[Any]:
    """What stands in `tree` at the leaves of `structure`."""
    try:
        return list(structure.flatten_up_to(opened(tree)))
    except (ValueError, TypeError):
        wrong(rule, f"{what} of {name_of_rule(rule)} has the structure {flatten(tree)[1]}",
              f"it is to have the structure {structure}", "return it with the structure of what it belongs to")


def value_of(rule: Callable[..., Any], form: Form, x: Any, what: str, *, zero: bool = True) -> Any:
    """The IR value of what a rule gives for a value of this form; None is zero."""
    trace = current()
    if x is None and zero:
        scalar = trace.constant(0.0, form.element)
        return scalar if form.shape is None else trace.emit("nd.full", [form.type], [scalar]).result
    if isinstance(x, np.ndarray) or (isinstance(x, Array) and not x.ndim):
        x = operand(x)
    found = form_of(x) if isinstance(x, (Array, Scalar)) or is_number(x) else None
    number = is_number(x) and not isinstance(x, np.generic)
    if found is None or (found.shape or ()) != (form.shape or ()) or (found.element != form.element and not number):
        wanted = f"{form.element}{shape_text(form.shape or ())}" if form.shape else form.element
        wrong(rule, f"{what} of {name_of_rule(rule)} is {kind_text(x)}", f"it belongs to a value of the form {wanted}",
              "give it the shape and dtype of the value it belongs to; .astype() converts, np.sum undoes a broadcast")
    if number and is_whole(form.element) and isinstance(x, float):
        wrong(rule, f"{what} of {name_of_rule(rule)} is a float", f"it belongs to a number {form.element}", "")
    return form.value(x, what)


def kind_text(x: Any) -> str:
    if isinstance(x, Array):
        return f"an array {x.element}{shape_text(x.shape)}"
    if isinstance(x, Scalar):
        return f"a number {x.element}"
    return "None" if x is None else f"a {type(x).__name__}"


def wrong(rule: Callable[..., Any], what: str, why: str, help: str) -> NoReturn:
    raise WengertValueError(what, definition_of(rule), why, help)
