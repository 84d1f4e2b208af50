"""Pullbacks and pushforwards: linear maps that traced code applies, compiled code returns, and Python calls.

While tracing, a `LinearMap` is a linearization and a direction.  Compiled code returns one as the residuals of the
linearization: arrays that were computed with the result.  The map itself is a second program of the same module, which
takes them; outside of the trace the two make a `CompiledMap`, which keeps its arrays and can be called again and again.
In another trace the second program is copied into that module, and the arrays are captured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.bindings import Value, ir, is_tensor
from wengert.dialects.control import find_function, function_types
from wengert.dialects.errors import WengertError, WengertValueError
from wengert.frontend.arguments import flatten, prepare
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.conversions import DTYPES
from wengert.frontend.derivatives import Inner, Linearized
from wengert.frontend.forms import Form, of_type
from wengert.frontend.operands import is_number, operand
from wengert.frontend.running import Rebindable
from wengert.frontend.trace import current, fail, tracing
from wengert.frontend.tracebacks import without_compiler
from wengert.frontend.values import shape_text


@dataclass(frozen=True)
class Direction:
    """What a linear map takes and gives: "lin" takes tangents of the primals, "rev" cotangents of the result.

    primals: for each primal whether it moves.
    """

    kind: str
    inner: Inner
    primals: tuple[bool, ...]

    @property
    def what(self) -> str:
        return "a tangent" if self.kind == "lin" else "a cotangent"

    @property
    def takes(self) -> list[Form]:
        return list(self.inner.moving) if self.kind == "lin" else self.inner.floats

    @property
    def gives(self) -> list[Form]:
        return self.inner.floats if self.kind == "lin" else list(self.inner.moving)

    def leaves(self, trees: Sequence[Any]) -> list[Any]:
        """The leaf for each of `takes`; None is a zero.

        Raises:
            WengertValueError: the trees do not have the structure that is needed.
        """
        expected = len(self.primals) if self.kind == "lin" else 1
        if len(trees) != expected:
            fail(f"{len(trees)} values are given to a map that takes {expected}", error=WengertValueError,
                 help="a pushforward takes a tangent for each primal, a pullback one cotangent")
        if self.kind == "rev":
            return self.inner.cotangent_leaves(trees[0])
        found: list[Any] = []
        trees = opened(tuple(trees))
        moving = [tree for tree, moves in zip(trees, self.primals, strict=True) if moves]
        for tree, moved in zip(moving, self.inner.trees, strict=True):
            leaves = [None] * moved.count if tree is None else moved.of_tangent(tree)
            if leaves is None:
                fail(f"the tangent has the structure {flatten(tree)[1]}, its primal has {moved.structure}",
                     error=WengertValueError)
            found += leaves
        return found

    def result(self, leaves: Sequence[Any]) -> Any:
        """The tangent, or the tuple of cotangents with None for primals without floats."""
        if self.kind == "lin":
            return self.inner.tangent_result(leaves)
        moved = iter(self.inner.arranged(leaves))
        return tuple(next(moved) if moves else None for moves in self.primals)


class LinearMap:
    """A pullback or pushforward in the trace that makes it."""

    def __init__(self, linearized: Linearized, direction: Direction) -> None:
        self.linearized, self.direction = linearized, direction

    def __call__(self, *trees: Any) -> Any:
        forms, leaves = self.direction.takes, self.direction.leaves(trees)
        values = [form.value(leaf, self.direction.what) for form, leaf in zip(forms, leaves, strict=True)]
        return self.direction.result(self.apply(values))

    def apply(self, values: Sequence[Any]) -> list[Any]:
        """Traced values for IR values."""
        return (self.linearized.push if self.direction.kind == "lin" else self.linearized.pull)(values)


@dataclass(frozen=True)
class MapProgram:
    """The second program: what applies a map to its residuals.

    text: a module with one public function `name`, without calls; it takes the residuals and the operands.
    run: executes it, on exactly the arrays and numbers of its signature.
    """

    text: str
    name: str
    run: Callable[[Sequence[Any]], Sequence[Any]]

    def emit(self, residuals: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
        """A copy of the function in the module of the current trace, and a call of it."""
        trace = current()
        module = ir.Module.parse(self.text)
        func = find_function(module, self.name).clone(ip=ir.InsertionPoint(trace.module.body))
        symbol = trace.unique_name(self.name)
        func.attributes["sym_name"] = ir.StringAttr.get(symbol)
        func.attributes["sym_visibility"] = ir.StringAttr.get("private")
        arguments, results = function_types(func)
        kept = [_known(x, type_) for x, type_ in zip(residuals, arguments)]
        call = trace.emit("func.call", results, [*kept, *operands], {"callee": ir.FlatSymbolRefAttr.get(symbol)})
        return list(call.results)


class CompiledMap(Rebindable):
    """A pullback or pushforward outside of the compiled code that made it; it may be called any number of times."""

    def __init__(self, program: MapProgram, direction: Direction, residuals: Sequence[Any]) -> None:
        self._program, self._direction, self._residuals = program, direction, tuple(residuals)

    def __repr__(self) -> str:
        kind = "pushforward" if self._direction.kind == "lin" else "pullback"
        return f"<wengert {kind} of {self._direction.inner.name}>"

    def __call__(self, *trees: Any) -> Any:
        try:
            leaves = self._direction.leaves(trees)
            forms = self._direction.takes
            if tracing():
                values = [form.value(leaf, self._direction.what) for form, leaf in zip(forms, leaves, strict=True)]
                results = self._program.emit(self._residuals, values)
                return self._direction.result(
                    [form.wrap(v) for form, v in zip(self._direction.gives, results, strict=True)])
            operands = [_given(form, leaf, self._direction.what) for form, leaf in zip(forms, leaves, strict=True)]
            return self._direction.result(self._program.run([*self._residuals, *operands]))
        except WengertError as error:
            raise without_compiler(error) from error.__cause__


def _given(form: Form, x: Any, what: str) -> Any:
    """A leaf as the compiled map takes it."""
    dtype: Any = DTYPES[form.element]
    if x is None:
        x = np.zeros(form.shape or (), dtype)[()]
    number = is_number(x) or (isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype == dtype)
    if form.shape is None and number:
        return dtype.type(x)
    if form.shape == () and number:
        return np.asarray(x, dtype)
    if isinstance(x, np.ndarray) and x.shape == form.shape and x.dtype == dtype:
        return prepare(x, written=False)
    wanted = form.element if form.shape is None else f"{form.element}{shape_text(form.shape)}"
    found = f"an array {x.dtype}{shape_text(x.shape)}" if isinstance(x, np.ndarray) else repr(x)
    return fail(
        f"{what} is {found}, and a value of the form {wanted} is needed",
        error=WengertValueError,
        help="tangents and cotangents have the shape and dtype of the value they belong to",
    )


def _known(x: Any, type_: Any) -> Value:
    """A residual as an IR value of another trace."""
    trace = current()
    if not is_tensor(type_):
        element = str(type_)
        if element == "index":
            return trace.emit("arith.index_cast", [type_], [trace.constant(int(x), "i64")]).result
        return trace.cast(x, element)
    return of_type(operand(x), type_)
