"""Derivatives inside a trace: a function is traced on its own, and its derivative is declared beside it and called.

Assumes a trace in progress.  Leaves declared functions (dialects/diff.py) that passes/expand.py defines.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert.dialects import diff
from wengert.dialects.bindings import ir
from wengert.dialects.build import create
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.dialects.op import encode_attributes
from wengert.frontend.arguments import flatten, flatten_whole, leaf_paths, unflatten
from wengert.frontend.broadcasting import check_equal, tensor
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.trees import imaginary_leaves, negated_at, opened
from wengert.frontend.complex_numbers.values import Complex
from wengert.frontend.continued import changed_states, continue_arguments, with_stand_ins
from wengert.frontend.conversions import spoken
from wengert.frontend.forms import Form, constant_of, form_of, result_form
from wengert.frontend.list_results import flatten_result
from wengert.frontend.moving_trees import MovingTree, inside_objects
from wengert.frontend.operands import is_number, operand
from wengert.frontend.options import DEFAULT, CompileOptions
from wengert.frontend.positions import definition_of
from wengert.frontend.selection import Argnum, Chosen, Variable, choose
from wengert.frontend.selection import moving as moving_variables
from wengert.frontend.trace import Region, current, fail
from wengert.frontend.values import Array, Box, Scalar


@dataclass(frozen=True)
class Inner:
    """A function traced to be differentiated.

    moving: forms of the leaves it is differentiated with respect to; they are its first arguments.
    captures: outer IR values that are its other arguments.
    outputs: for each leaf of its result the form of a returned value, or the Python object itself.
    aux: the same for what is returned beside the result and not differentiated; None without `has_aux`.
    trees: those that `moving` are leaves of.
    picks: for each of `argnums` the tree it means.
    states: arrays outside that get what is returned last: the states of generators.
    """

    name: str
    moving: tuple[Form, ...]
    inputs: tuple[Any, ...]
    captures: tuple[Any, ...]
    outputs: tuple[Any, ...]
    structure: Any
    aux: tuple[Any, ...] | None
    aux_structure: Any
    trees: tuple[MovingTree, ...]
    picks: tuple[int, ...]
    states: tuple[tuple[Box, Form], ...] = ()

    @property
    def wrt(self) -> range:
        """The positions of the moving leaves among the arguments."""
        return range(len(self.moving))

    @property
    def operands(self) -> list[Any]:
        return [*self.inputs, *self.captures]

    @property
    def returned(self) -> list[Form]:
        results = [o for o in (*self.outputs, *(self.aux or ())) if isinstance(o, Form)]
        return [*results, *(form for _, form in self.states)]

    @property
    def floats(self) -> list[Form]:
        """The forms of the leaves of the result that are differentiated."""
        return [o for o in self.outputs if isinstance(o, Form) and o.floats]

    @property
    def tangents(self) -> list[Form]:
        """The forms of all returned floats: those of the result, then those beside it."""
        return [form for form in self.returned if form.floats]

    @property
    def imaginary_floats(self) -> frozenset[int]:
        """Which of `floats` are imaginary parts."""
        imaginary = imaginary_leaves(self.structure)
        places = [i for i, o in enumerate(self.outputs) if isinstance(o, Form) and o.floats]
        return frozenset(k for k, i in enumerate(places) if i in imaginary)

    @property
    def imaginary_moving(self) -> frozenset[int]:
        """Which of `moving` are imaginary parts."""
        found, start = set(), 0
        for tree in self.trees:
            imaginary = imaginary_leaves(tree.structure)
            moving = [k for k, moves in enumerate(tree.moves) if moves]
            found |= {start + number for number, k in enumerate(moving) if k in imaginary}
            start += tree.count
        return frozenset(found)

    def result(self, values: Sequence[Any]) -> tuple[Any, Any]:
        """The function's result with these IR values, and what it returns beside it."""
        it = iter(values)
        result, aux = ([o.wrap(next(it)) if isinstance(o, Form) else o for o in side]
                       for side in (self.outputs, self.aux or ()))
        for box, _ in self.states:
            box.write(next(it))
        return unflatten(self.structure, result), None if self.aux is None else unflatten(self.aux_structure, aux)

    def tangent_result(self, leaves: Sequence[Any]) -> Any:
        """The structure of the result with tangents at float leaves, and None at others."""
        it = iter(leaves)
        return unflatten(self.structure, [next(it) if isinstance(o, Form) and o.floats else None for o in self.outputs])

    def cotangent_leaves(self, tree: Any) -> list[Any]:
        """The leaves at which a cotangent is needed, of a tree shaped like the result; None stands for any leaf."""
        tree = opened(tree)
        leaves, structure = flatten(tree)
        if len(leaves) != len(self.outputs):
            try:
                leaves = self.structure.flatten_up_to(tree)
            except ValueError:
                fail(
                    f"the cotangent has the structure {structure}, the result has {self.structure}",
                    error=WengertValueError,
                )
        return [leaf for o, leaf in zip(self.outputs, leaves) if isinstance(o, Form) and o.floats]

    def arranged(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """Leaves for the moving ones, as one tree for each of `argnums`."""
        it = iter(leaves)
        trees = [tree.filled([next(it) for _ in range(tree.count)]) for tree in self.trees]
        return tuple(trees[pick] for pick in self.picks)


def trace_inner(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnums: Sequence[Argnum],
    what: str,
    has_aux: bool = False,
) -> Inner:
    """Trace `f` as a function of its own; leaves outside of `argnums` become captured values.

    Raises:
        WengertTypeError: an argument to differentiate with respect to has a leaf that is not a float; with `has_aux`
            the function does not return a pair.
    """
    trace = current()
    args, kwargs = with_stand_ins(args, kwargs)
    args, kwargs = opened(tuple(args)), opened(dict(kwargs))
    chosen: list[Chosen] = []
    picks: list[int] = []
    for choice in choose(f, args, kwargs, argnums, what):
        wheres = [known.where for known in chosen]
        if choice.where not in wheres:
            chosen.append(choice)
        picks.append(wheres.index(choice.where) if choice.where in wheres else len(wheres))
    flat = [flatten(opened(choice.tree)) for choice in chosen]
    found = [[_moving_form(f, leaf, path, choice, what, inside)
              for leaf, path, inside in zip(leaves, leaf_paths(opened(choice.tree)),
                                               inside_objects(opened(choice.tree)))]
             for choice, (leaves, _) in zip(chosen, flat)]
    trees = tuple(MovingTree(structure, tuple(form is not None for form in group))
                  for group, (_, structure) in zip(found, flat))
    forms = [[form for form in group if form is not None] for group in found]
    moving = tuple(form for group in forms for form in group)
    inputs = tuple(form.value(leaf, "an argument")
                   for group, tree, (leaves, _) in zip(forms, trees, flat)
                   for form, leaf in zip(group, tree.among(leaves)))
    with trace.function(
        getattr(f, "__name__", "f") if getattr(f, "__name__", "f").isidentifier() else "f",
        [form.type for form in moving],
    ) as region:
        values = iter(region.arguments)
        fresh = [[form.wrap(next(values)) for form in group] for group in forms]
        inner_args = [_copied_tree(a) for a in args]
        inner_kwargs = {name: _copied_tree(value) for name, value in kwargs.items()}
        continue_arguments(region, (tuple(args), dict(kwargs)), (tuple(inner_args), inner_kwargs))
        whole = [[*map(_copied, leaves)] for leaves, _ in flat]
        for choice, tree, leaves, others in zip(chosen, trees, fresh, whole):
            if isinstance(choice.where, int):
                inner_args[choice.where] = tree.filled(leaves, others)
            elif isinstance(choice.where, str):
                inner_kwargs[choice.where] = tree.filled(leaves, others)
        captured = [k for k, choice in enumerate(chosen) if isinstance(choice.where, Variable)]
        varied = [flatten_whole(trees[k].filled(fresh[k], whole[k]), (Complex,))[0] for k in captured]
        with moving_variables([chosen[k] for k in captured], varied):
            result = call(f, *inner_args, **inner_kwargs)
        if has_aux and not (isinstance(result, tuple) and len(result) == 2):
            raise WengertTypeError(f"{what} with has_aux=True needs a function that returns (value, aux)",
                                   definition_of(f))
        result, aux = result if has_aux else (result, ())
        (leaves, structure), (aux_leaves, aux_structure) = flatten_result(result), flatten_result(aux)
        leaves, aux_leaves = ([_traced_constant(leaf) for leaf in side] for side in (leaves, aux_leaves))
        outputs, aux_outputs = (tuple(_output(leaf) for leaf in side) for side in (leaves, aux_leaves))
        returned = [
            form.value(leaf, "a result")
            for form, leaf in zip((*outputs, *aux_outputs), (*leaves, *aux_leaves))
            if isinstance(form, Form)
        ]
        states = changed_states(region)
        trace.emit("func.return", [], [*returned, *(inner.read() for _, inner in states)])
    for name, attribute in _options_of(f).attributes().items():
        region.func.attributes[name] = attribute
    return Inner(region.name, moving, inputs, tuple(region.captures), outputs, structure,
                 aux_outputs if has_aux else None, aux_structure, trees, tuple(picks),
                 tuple((outer, Form(inner.element, False, inner.shape)) for outer, inner in states))


def _traced_constant(leaf: Any) -> Any:
    """A constant array of floats in the result is a value like the others, with a tangent that is zero."""
    return operand(leaf) if isinstance(leaf, np.ndarray) and leaf.dtype in (np.float64, np.float32) else leaf


def _output(leaf: Any) -> Any:
    """The form of a leaf of the result; a Python object, and a number that is no float, is itself."""
    form = result_form(leaf)
    return leaf if form is None or (is_number(leaf) and not form.floats) else form


def _options_of(f: Any) -> CompileOptions:
    """The options under which `f` is differentiated: those it was compiled with, or else those of the trace."""
    own = getattr(f, "options", DEFAULT)
    return own if isinstance(own, CompileOptions) and own.attributes() else current().options


def _copied(leaf: Any) -> Any:
    """A leaf the function may write to without the caller seeing it."""
    x = operand(leaf) if isinstance(leaf, np.ndarray) else leaf
    return Box(x.read(), x.shape, x.element) if isinstance(x, Array) else leaf


def _copied_tree(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    return unflatten(structure, [_copied(leaf) for leaf in leaves])


def _moving_form(
    f: Callable[..., Any], leaf: Any, path: str, chosen: Chosen, what: str, inside_object: bool
) -> Form | None:
    """The form of a leaf that moves; None for one that does not."""
    form = form_of(operand(leaf)) if isinstance(leaf, (Array, Scalar, np.ndarray)) or is_number(leaf) else None
    if form is not None and form.floats:
        return form
    if inside_object:
        return None
    kind = (
        "an object of type " + type(leaf).__name__ if form is None else spoken(form.element)
    )
    if form is not None and form.shape is not None:
        kind += " array"
    raise WengertTypeError(
        f"{what} with respect to {chosen}{path}, which is {kind}",
        definition_of(f),
        why="only floats carry derivatives",
        help="pass a float: 2.0 for 2, x.astype(float) for an int array; argnums= chooses other arguments",
    )


# ---------------------------------------------------------------- declared derivatives


def _declare(
    name: str,
    kind: str,
    of: str,
    arguments: Sequence[Any],
    results: Sequence[Any],
    wrt: Sequence[int] | None,
    options: Mapping[str, Any] | None = None,
) -> str:
    trace = current()
    symbol = trace.unique_name(f"{name}.{kind}")
    attributes = {
        **(options or {}),
        "sym_name": ir.StringAttr.get(symbol),
        "sym_visibility": ir.StringAttr.get("private"),
        "function_type": ir.TypeAttr.get(ir.FunctionType.get(list(arguments), list(results))),
        f"diff.{kind}": ir.FlatSymbolRefAttr.get(of),
    }
    if wrt is not None:
        attributes["diff.wrt"] = ir.DenseI64ArrayAttr.get(list(wrt))
    create("func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(trace.module.body), loc=trace.location())
    return symbol


def _call(symbol: str, operands: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    return list(current().emit("func.call", results, operands, {"callee": ir.FlatSymbolRefAttr.get(symbol)}).results)


def push_forward(inner: Inner, tangents: Sequence[Any]) -> tuple[Any, Any, Any]:
    """(result, tangent of the result, aux) by ``diff.jvp``: primal and tangent interleaved, nothing stored."""
    operands = [*inner.operands, *tangents]
    primal, tangent = [form.type for form in inner.returned], [form.type for form in inner.tangents]
    symbol = _declare(inner.name, "jvp", inner.name, [v.type for v in operands], [*primal, *tangent], inner.wrt)
    values = _call(symbol, operands, [*primal, *tangent])
    result, aux = inner.result(values[: len(primal)])
    tangents = [form.wrap(v) for form, v in zip(inner.floats, values[len(primal) :])]
    return result, inner.tangent_result(tangents), aux


def power_series(inner: Inner, direction: Sequence[Any], order: int) -> list[Any]:
    """The results of the coefficients 0 to `order` along a line (``diff.taylor``)."""
    operands = [*inner.operands, *direction]
    primal, moved = [form.type for form in inner.returned], [form.type for form in inner.tangents]
    types = [*primal, *moved * order]
    symbol = _declare(
        inner.name, "taylor", inner.name, [v.type for v in operands], types, inner.wrt, encode_attributes(
            {"diff.order": order})
    )
    values = _call(symbol, operands, types)
    later = [values[len(primal) + k * len(moved) :][: len(moved)] for k in range(order)]
    return [inner.result(values[: len(primal)])[0]] + [
        inner.tangent_result([form.wrap(v) for form, v in zip(inner.floats, group)]) for group in later
    ]


def dependencies(inner: Inner, masks: Sequence[Any]) -> list[Any]:
    """The masks of the float results of `inner` (traced values), from IR values of those of its moving leaves.

    They say on which tangents the tangents of the results depend (``diff.dependencies`` of ``diff.jvp``): the pattern
    of the Jacobian.  What is linear leaves no trace in a second derivative.
    """
    tangents = [constant_of(form, 0.0) for form in inner.moving]
    operands = [*inner.operands, *tangents]
    types = [*[form.type for form in inner.returned], *[form.type for form in inner.floats]]
    pushed = _declare(inner.name, "jvp", inner.name, [v.type for v in operands], types, inner.wrt)
    answers = [replace(form, element="i64", weak=False) for form in (*inner.floats, *inner.floats)]
    moved = range(len(inner.operands), len(operands))
    operands += masks
    symbol = _declare(
        inner.name, "dependencies", pushed, [v.type for v in operands], [form.type for form in answers], moved
    )
    values = _call(symbol, operands, [form.type for form in answers])
    count = len(inner.floats)
    return [form.wrap(value) for form, value in zip(answers[-count:], values[-count:])] if count else []


class Linearized:
    """A function evaluated once, with its residuals: its linear map and the transpose can be applied many times.

    result, aux: what the function returns, and what it returns beside it.
    residuals: their IR value, which stands for all of them.
    """

    def __init__(self, inner: Inner, linear: bool = False) -> None:
        """With `linear` the function must be linear in what moves; it is evaluated at zero."""
        self.inner = inner
        self._region = self._made_in = current().region
        self._residuals_type = ir.Type.parse(diff.RESIDUALS)
        primal = [form.type for form in inner.returned]
        self._forward = _declare(
            inner.name,
            "fwd",
            inner.name,
            [v.type for v in inner.operands],
            [*primal, self._residuals_type],
            inner.wrt,
            {diff.LINEAR: ir.UnitAttr.get()} if linear else {},
        )
        inputs = [constant_of(form, 0.0) for form in inner.moving] if linear else inner.inputs
        operands = [*inputs, *inner.captures]
        *values, self.residuals = _call(self._forward, operands, [*primal, self._residuals_type])
        self.result, self.aux = inner.result(values)
        self._floats = [v for form, v in zip(inner.returned, values) if form.floats]
        self._declared: dict[str, str] = {}

    def at(self, residuals: Any, region: Region) -> Linearized:
        """The same linear map with residuals that are handed to another function."""
        other = copy.copy(self)
        other.residuals, other._region = residuals, region
        return other

    def require_alive(self) -> None:
        """Refuse a map that was made in a loop or branch which is over."""
        if not self._region.alive:
            fail(
                "a pullback or pushforward made inside a loop or branch is used after it",
                why="its residuals have no value here",
                help="call it in the iteration or branch that makes it, or make it outside",
            )

    def _apply(self, kind: str, operands: Sequence[Any], results: Sequence[Form]) -> list[Any]:
        self.require_alive()
        types = [form.type for form in results]
        if kind not in self._declared:
            self._declared[kind] = _declare(
                self.inner.name, kind, self._forward, [self._residuals_type, *[v.type for v in operands]], types, None
            )
        return _call(self._declared[kind], [self.residuals, *operands], types)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The tangents of the float results (traced values) for IR values of the tangents of the moving leaves."""
        pushed = self._apply("lin", tangents, self.inner.tangents)
        return [form.wrap(v) for form, v in zip(self.inner.floats, pushed)]

    def pull(self, cotangents: Sequence[Any]) -> list[Any]:
        """The cotangents of the moving leaves (traced values) for IR values of the cotangents of the float results."""
        pulled = self._pulled(negated_at(cotangents, self.inner.imaginary_floats))
        return [form.wrap(v) for form, v in zip(self.inner.moving, negated_at(pulled, self.inner.imaginary_moving))]

    def pull_parts(self, cotangents: Sequence[Any]) -> list[Any]:
        """The same with respect to the parts of complex numbers, as real numbers."""
        return [form.wrap(v) for form, v in zip(self.inner.moving, self._pulled(cotangents))]

    def _pulled(self, cotangents: Sequence[Any]) -> list[Any]:
        known = self._floats[: len(cotangents)]
        for form, value, cotangent in zip(self.inner.floats, known, cotangents):
            self._require_shape(form, value, cotangent)
        beside = [self._zero(form, value) for form, value in zip(self.inner.tangents, self._floats)][len(known):]
        return self._apply("rev", [*cotangents, *beside], self.inner.moving)

    def _zero(self, form: Form, value: Any) -> Any:
        """A zero cotangent of a result."""
        if form.is_static:
            return constant_of(form, 0.0)
        shape = form.wrap(value).shape
        return tensor(0.0, form.element, shape)

    def _require_shape(self, form: Form, value: Any, cotangent: Any) -> None:
        """A cotangent has the shape of its result, also where that is known only at run time."""
        if form.is_static:
            return
        if self._region is not self._made_in:  # the residuals were handed to another function, the result was not
            form.require_static()
        for n, m in zip(form.wrap(value).shape, form.wrap(cotangent).shape):
            check_equal(m, n, message="the cotangent has an extent of {0} where the result has {1}")
