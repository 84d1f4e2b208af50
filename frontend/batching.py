"""vmap: a function of one example becomes a function of many, in one program.

The function is traced on its own, for one example, and its batched form is declared beside it and called
(`diff.batched`); passes/batch_function.py writes it.  Inside the compiler the examples are along axis 0: other axes are
moved there and back here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from wengert.dialects.errors import UnsupportedError, WengertTypeError, WengertValueError
from wengert.frontend.arguments import NAMESPACE, flatten, leaf_paths, unflatten
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.derivatives import Inner, _call, _copied, _declare, _options_of
from wengert.frontend.forms import Form, form_of
from wengert.frontend.function import Function
from wengert.frontend.list_results import flatten_result
from wengert.frontend.numpy_table.shaping import moveaxis
from wengert.frontend.operands import operand
from wengert.frontend.positions import definition_of
from wengert.frontend.trace import current
from wengert.frontend.transforms import _once, _wrapped
from wengert.frontend.values import Array, Box, Scalar, shape_text

Axis = int | None


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Function:
    """`f` for many examples at once: a batched program, not a loop.

    Args:
        f: a function of one example.
        in_axes: the axis of each positional argument along which its examples lie; None for an argument that is the
            same for all.  An int for all arguments, or a tuple with an entry an argument, which may be a tree that
            begins like the argument (``{"w": None, "x": 0}``).  Keyword arguments are mapped along axis 0.
        out_axes: where the examples lie in the results, in the same way; None for a result that does not depend on
            the mapped arguments.

    Returns:
        A function of the same arguments, each with one axis more where it is mapped.  Data-dependent branches and
        loops may go another way for each example.  The caller's arrays are never changed.

    Raises:
        WengertValueError: at the call, when numbers of examples differ, or an axis is out of range.
        WengertTypeError: when a mapped argument, or a result, is not an array or a number.

    >>> import numpy as np, wengert
    >>> points = np.array([[3.0, 4.0], [0.0, 1.0]])
    >>> wengert.vmap(lambda p: np.sqrt(p @ p))(points)
    array([5., 1.])
    >>> wengert.vmap(wengert.grad(lambda p: np.sqrt(p @ p)))(points)
    array([[0.6, 0.8],
           [0. , 1. ]])
    """

    def make() -> Function:
        def batched(*args: Any, **kwargs: Any) -> Any:
            return _batched(f, args, kwargs, in_axes, out_axes)

        return _wrapped(f, batched)

    return _once(f, ("vmap", _key(in_axes), _key(out_axes)), make)


def _key(axes: Any) -> Any:
    leaves, structure = flatten(axes)
    return structure, tuple(leaves)


@dataclass(frozen=True)
class _Leaf:
    """A leaf of the arguments: its name for messages, and the axis its examples lie along."""

    name: str
    value: Any
    axis: Axis


def _batched(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], in_axes: Any, out_axes: Any) -> Any:
    args, kwargs = opened(tuple(args)), opened(dict(kwargs))
    moving: dict[int, Form] = {}
    inputs: list[Any] = []
    count: tuple[int, str] | None = None
    for position, leaf in enumerate(_leaves(f, args, kwargs, in_axes)):
        if leaf.axis is None:
            continue
        array, form, size = _mapped(f, leaf)
        if count is not None and count[0] != size:
            raise WengertValueError(f"{leaf.name} has {size} examples, {count[1]} has {count[0]}", definition_of(f),
                                    why="vmap maps all arguments together, example by example",
                                    help="in_axes= says along which axis the examples of an argument lie")
        count = count or (size, leaf.name)
        moving[position] = form
        inputs.append(array.read())
    if count is None:
        raise WengertValueError("vmap has no argument to map over", definition_of(f),
                                help="give at least one argument an axis in in_axes=")
    inner = _trace_example(f, args, kwargs, moving, inputs)
    axes = list(_spread(out_axes, unflatten(inner.structure, list(range(len(inner.outputs)))), "the result", f,
                        "out_axes"))
    for form in inner.outputs:
        if not isinstance(form, Form):
            raise WengertTypeError(f"a result of the mapped function is {form!r}", definition_of(f),
                                   why="the results of all examples are put together in arrays",
                                   help="return arrays and numbers, or trees of them")
    return unflatten(inner.structure, list(_results(f, inner, count[0], axes)))


def _results(f: Callable[..., Any], inner: Inner, count: int, axes: Sequence[Axis]) -> Iterator[Any]:
    """Call the batched function; its results with their examples where they belong."""
    trace = current()
    shapes = [(count, *(form.shape or ())) for form in inner.outputs]
    for shape, axis in zip(shapes, axes, strict=True):
        if axis is not None and not -len(shape) <= axis < len(shape):
            raise WengertValueError(f"out_axes= puts the examples along axis {axis} of a result of shape "
                                    f"{shape_text(shape)}", definition_of(f))
    types = [form.type if axis is None else trace.tensor_type(shape, form.element)
             for form, shape, axis in zip(inner.outputs, shapes, axes, strict=True)]
    symbol = _declare(inner.name, "batched", inner.name, [v.type for v in inner.operands], types, inner.wrt)
    values = _call(symbol, inner.operands, types)
    for form, shape, axis, value in zip(inner.outputs, shapes, axes, values, strict=True):
        if axis is None:
            yield form.wrap(value)
        else:
            result = Box(value, shape, form.element)
            yield result if axis == 0 else moveaxis(result, 0, axis)


def _trace_example(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], moving: Mapping[int, Form],
                   inputs: Sequence[Any]) -> Inner:
    """Trace `f` as a function of one example.

    Args:
        moving: the forms of mapped leaves for one example, by their positions in (args, kwargs); the other leaves
            become captured values.
        inputs: the IR values of the mapped leaves, for all examples.
    """
    trace = current()
    leaves, structure = flatten((tuple(args), dict(kwargs)))
    name = getattr(f, "__name__", "f")
    with trace.function(name if name.isidentifier() else "f", [form.type for form in moving.values()]) as region:
        fresh = {i: form.wrap(v) for (i, form), v in zip(moving.items(), region.arguments, strict=True)}
        inner_args, inner_kwargs = unflatten(structure, [fresh.get(i, _copied(leaf)) for i, leaf in enumerate(leaves)])
        results, result_structure = flatten_result(call(f, *inner_args, **inner_kwargs))
        outputs = tuple(leaf if (form := _result_form(f, leaf)) is None else form for leaf in results)
        returned = [form.value(leaf, "a result") for form, leaf in zip(outputs, results, strict=True)
                    if isinstance(form, Form)]
        trace.emit("func.return", [], returned)
    for option, attribute in _options_of(f).attributes().items():
        region.func.attributes[option] = attribute
    return Inner(region.name, tuple(moving.values()), tuple(inputs), tuple(region.captures), outputs, result_structure,
                 None, None, (), ())


def _result_form(f: Callable[..., Any], leaf: Any) -> Form | None:
    if isinstance(leaf, Array) and any(isinstance(n, Scalar) and "data" in n.origins for n in leaf.shape):
        raise UnsupportedError(f"a result of the mapped function, {leaf!r}, has another shape for each example",
                               definition_of(f), why="the results of all examples are put together in one array",
                               help="return arrays of one shape: fill up what is missing")
    return form_of(leaf)


# ---------------------------------------------------------------- arguments


def _leaves(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], in_axes: Any) -> Iterator[_Leaf]:
    """All leaves of the arguments, in order."""
    if isinstance(in_axes, (tuple, list)):
        if len(in_axes) != len(args):
            raise WengertValueError(f"in_axes= has {len(in_axes)} entries, and the call has {len(args)} positional "
                                    "arguments", definition_of(f), help="one entry an argument, or an int for all")
        entries = list(in_axes)
    else:
        entries = [in_axes] * len(args)
    named = [(f"argument {k}", argument, axes) for k, (argument, axes) in enumerate(zip(args, entries, strict=True))]
    named += [(f"argument '{name}'", argument, 0) for name, argument in kwargs.items()]
    for name, argument, axes in named:
        leaves, paths = flatten(argument)[0], leaf_paths(argument)
        for leaf, path, axis in zip(leaves, paths, _spread(axes, argument, name, f, "in_axes"), strict=True):
            yield _Leaf(name + path, leaf, axis)


def _spread(axes: Any, tree: Any, name: str, f: Callable[..., Any], option: str) -> Iterator[Axis]:
    """The axis of each leaf of `tree`: `axes` is a tree that begins like it."""
    if axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        yield from [axes] * len(flatten(tree)[0])
        return
    if optree.tree_is_leaf(axes, namespace=NAMESPACE):
        raise WengertTypeError(f"{option}= has {axes!r} for {name}", definition_of(f),
                               help="an axis is an int, or None for what is not mapped")
    if type(axes) is not type(tree) or _entries(axes) != _entries(tree):
        raise WengertValueError(f"{option}= has {axes!r} for {name}, which is of another structure", definition_of(f),
                                help="use a tree that begins like it, with an int or None at each end")
    for part, child, entry in zip(_children(axes), _children(tree), _entries(tree), strict=True):
        yield from _spread(part, child, f"{name}[{entry!r}]", f, option)


def _children(tree: Any) -> list[Any]:
    flatten(tree)  # enters its classes
    return list(optree.tree_flatten_one_level(tree, namespace=NAMESPACE)[0])


def _entries(tree: Any) -> list[Any]:
    flatten(tree)
    if optree.tree_is_leaf(tree, namespace=NAMESPACE):
        return []
    return list(optree.tree_flatten_one_level(tree, namespace=NAMESPACE)[2])


def _mapped(f: Callable[..., Any], leaf: _Leaf) -> tuple[Array, Form, int]:
    """A mapped leaf with its examples along axis 0, the form of one of them, and their number."""
    x = operand(leaf.value) if isinstance(leaf.value, np.ndarray) else leaf.value
    form = form_of(x) if isinstance(x, Array) else None
    if form is None or form.shape is None or not form.shape:
        kind = "a number" if form is not None or form_of(x) is not None else f"a {type(x).__name__}"
        raise WengertTypeError(f"{leaf.name} is {kind}, which has no examples along axis {leaf.axis}",
                               definition_of(f), help="in_axes= takes None for what is the same for all examples")
    assert leaf.axis is not None
    if not -len(form.shape) <= leaf.axis < len(form.shape):
        raise WengertValueError(f"{leaf.name} has no axis {leaf.axis}: its shape is {shape_text(form.shape)}",
                                definition_of(f), help="in_axes= counts the axes of the argument from 0")
    axis = leaf.axis % len(form.shape)
    example = tuple(n for d, n in enumerate(form.shape) if d != axis)
    first = x if axis == 0 else moveaxis(x, axis, 0)
    return first, Form(form.element, False, example or None), form.shape[axis]
