"""What each `!diff.residuals` value stands for: whose residuals they are, found by unification over the whole module.

The residuals of @f.fwd are the primal arguments that its linear and reverse functions use, and its tapes.  Where a
value of that type comes from is known at the call of the forward function and at the calls of its users; calls, returns
and function boundaries between them must agree.  Residuals do not flow through loops, branches or arithmetic.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from wengert.dialects.bindings import ir, position_of, walk
from wengert.dialects.control import entry, function_types, functions, symbol
from wengert.dialects.diff import DECLARATIONS, RESIDUALS
from wengert.dialects.errors import DifferentiationError
from wengert.passes.purity import CALL, callee

#: A place of residual type: a value inside of a function, or ("argument" | "result", function, position).
Place = Hashable


def declaration(func: Any) -> tuple[str, str] | None:
    """("diff.jvp", "f") for a function that is declared to be the jvp of @f; None for any other."""
    for name in DECLARATIONS:
        if name in func.attributes and not len(func.regions[0].blocks):
            return name, str(ir.FlatSymbolRefAttr(func.attributes[name]).value)
    return None


class Origins:
    """For each place of residual type, the forward function whose residuals are there."""

    def __init__(self, module: Any) -> None:
        self._type = ir.Type.parse(RESIDUALS)
        self._parents: dict[Place, Place] = {}
        self._names: dict[Place, str] = {}
        for func in functions(module):
            if len(func.regions[0].blocks):
                self._body(func)
            else:
                self._declared(func)

    def is_residual(self, type_: Any) -> bool:
        return bool(type_ == self._type)

    def of(self, place: Place) -> str | None:
        """The forward function; None when nothing says which, because nobody uses the residuals."""
        return self._names.get(self._root(place))

    # ------------------------------------------------------------ constraints

    def _body(self, func: Any) -> None:
        name, block = symbol(func), entry(func)
        for i, argument in enumerate(block.arguments):
            if self.is_residual(argument.type):
                self._unify(argument, ("argument", name, i), func)
        for op in walk(func)[1:]:
            operands = [(i, v) for i, v in enumerate(op.operands) if self.is_residual(v.type)]
            results = [(i, v) for i, v in enumerate(op.results) if self.is_residual(v.type)]
            if op.name == CALL:
                for i, value in operands:
                    self._unify(value, ("argument", callee(op), i), op)
                for i, value in results:
                    self._unify(value, ("result", callee(op), i), op)
            elif op.name == "func.return":
                for i, value in operands:
                    self._unify(value, ("result", name, i), op)
            elif operands or results:
                raise DifferentiationError(
                    "a pullback is passed through a loop or a branch", position_of(op.location),
                    why=f"its residuals would have to be carried by '{op.name}', and their shapes and number are not "
                        "known there",
                    help="call the pullback in the iteration or branch that makes it, or make it before the loop")

    def _declared(self, func: Any) -> None:
        found, name = declaration(func), symbol(func)
        if found is None:
            return
        kind, target = found
        arguments, results = function_types(func)
        if kind in ("diff.lin", "diff.rev"):
            self._name(("argument", name, 0), target, func)
            return
        for i, type_ in enumerate(arguments):
            if self.is_residual(type_):
                self._unify(("argument", name, i), ("argument", target, i), func)
        for i, type_ in enumerate(results):
            if self.is_residual(type_) and kind == "diff.fwd" and i == len(results) - 1:
                self._name(("result", name, i), name, func)
            elif self.is_residual(type_):
                self._unify(("result", name, i), ("result", target, i), func)

    # ------------------------------------------------------------ union-find

    def _root(self, place: Place) -> Place:
        while (parent := self._parents.get(place, place)) != place:
            self._parents[place] = self._parents.get(parent, parent)
            place = parent
        return place

    def _unify(self, a: Place, b: Place, op: Any) -> None:
        root, other = self._root(a), self._root(b)
        if root == other:
            return
        self._parents[other] = root
        name = self._names.pop(other, None)
        if name is not None:
            self._name(root, name, op)

    def _name(self, place: Place, name: str, op: Any) -> None:
        root = self._root(place)
        present = self._names.setdefault(root, name)
        if present != name:
            raise DifferentiationError(f"the residuals of @{present} are passed where those of @{name} are expected",
                                       position_of(op.location), why="a pullback belongs to one function",
                                       help="pass each function its own residuals")
