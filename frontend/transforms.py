"""The transforms users call: grad, jvp, vjp, linearize, Jacobians, Hessians.

Each is a function that runs while tracing and asks for a derivative (derivatives.py), wrapped like a compiled
function: called with arrays it compiles, called by traced code it becomes part of that trace.  That is why they
compose in any order. Transforms evaluate on the values given and never change the caller's arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend import library
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.calls import call
from wengert.frontend.derivatives import Form, Inner, Linearized, push_forward, scalar_output, trace_inner
from wengert.frontend.function import Function, in_trace
from wengert.frontend.options import CompileOptions
from wengert.frontend.trace import current, tracing
from wengert.frontend.values import Array, Box, Scalar

Argnums = int | Sequence[int]


def _once(f: Callable[..., Any], key: Any, make: Callable[[], Function]) -> Function:
    """The transform of `f`, made once: calling ``grad(f)(x)`` in a loop compiles once.

    It is kept on the function, and goes with it.
    """
    try:
        made: dict[Any, Function] = f.__dict__.setdefault("__wengert_transforms__", {})
    except AttributeError:  # a builtin
        return make()
    if key not in made:
        made[key] = make()
    return made[key]


def _wrapped(f: Callable[..., Any], run: Callable[..., Any]) -> Function:
    """A function that traces, as the object users hold; it looks like `f`."""
    options = f.options if isinstance(f, Function) else CompileOptions()
    return Function(in_trace(run), options, look=f)


def _positions(argnums: Argnums) -> tuple[int, ...]:
    return (argnums,) if isinstance(argnums, int) else tuple(argnums)


def _arranged(leaves: Sequence[Any], args: Sequence[Any], argnums: Argnums) -> Any:
    """Leaves of the moving arguments (in the order of the arguments) as trees: one for an int, a tuple for several."""
    order = sorted({number % len(args) for number in _positions(argnums)})
    it = iter(leaves)
    trees = {}
    for number in order:
        structure = flatten(args[number])[1]
        trees[number] = unflatten(structure, [next(it) for _ in range(structure.num_leaves)])
    chosen = [trees[number % len(args)] for number in _positions(argnums)]
    return chosen[0] if isinstance(argnums, int) else tuple(chosen)


# ---------------------------------------------------------------- first derivatives


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function with one float as its result.

    Args:
        f: the function; with `has_aux` it returns (value, anything else).
        argnums: the positional argument, or several, to differentiate with respect to.

    Returns:
        A function of the same arguments: a tree like the argument (a tuple of them for several `argnums`) with the
        shapes and dtypes of its leaves; with `has_aux` (gradient, aux).

    Raises:
        WengertTypeError: at the call, when the argument is not made of floats.
        DifferentiationError: when the result is not one float, or an operation has no derivative; it names the line.

    >>> import numpy as np, wengert
    >>> wengert.grad(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """

    def make() -> Function:
        def gradient(*args: Any, **kwargs: Any) -> Any:
            (_, aux), gradients = _value_and_grad(f, args, kwargs, argnums, has_aux, "grad")
            return (gradients, aux) if has_aux else gradients

        return _wrapped(f, gradient)

    return _once(f, ("grad", argnums if isinstance(argnums, int) else tuple(argnums), has_aux), make)


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Like `grad`, and returns (value, gradient), or ((value, aux), gradient) with `has_aux`.

    >>> import wengert
    >>> value, slope = wengert.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    def make() -> Function:
        def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
            (value, aux), gradients = _value_and_grad(f, args, kwargs, argnums, has_aux, "value_and_grad")
            return ((value, aux), gradients) if has_aux else (value, gradients)

        return _wrapped(f, value_and_gradient)

    return _once(f, ("value_and_grad", argnums if isinstance(argnums, int) else tuple(argnums), has_aux), make)


def _value_and_grad(
    f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Argnums, has_aux: bool, what: str
) -> tuple[tuple[Any, Any], Any]:
    inner = trace_inner(f, args, kwargs, _positions(argnums), what)
    if has_aux and not (
        isinstance(sample := unflatten(inner.structure, list(inner.outputs)), tuple) and len(sample) == 2
    ):
        raise WengertTypeError(f"{what} with has_aux=True needs a function that returns (value, aux)")
    value_form = scalar_output(inner, f, what, 1 if has_aux else None)
    linearized = Linearized(inner)
    seeds = [_constant(form, 1.0 if form is value_form and k == 0 else 0.0) for k, form in enumerate(inner.floats)]
    gradients = _arranged(linearized.pull(seeds), args, argnums)
    value, aux = linearized.result if has_aux else (linearized.result, None)
    return (value, aux), gradients


def _constant(form: Form, value: float) -> Any:
    scalar = current().constant(value, form.element)
    return scalar if form.shape is None else current().emit("nd.full", [form.type], [scalar]).result


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of `f` and its derivative along a direction (forward mode).

    Args:
        primals: the positional arguments.
        tangents: the direction, a sequence of trees like `primals`; None at arguments that do not move.

    Returns:
        (result, tangent), both with the structure of the result; the tangent has None where the result is not a float.

    >>> import math, wengert
    >>> y, dy = wengert.jvp(math.sin, (0.0,), (1.0,))
    >>> float(dy)
    1.0
    """

    def make() -> Function:
        def pushed(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
            moving = [k for k, tangent in enumerate(tangents) if tangent is not None]
            inner = trace_inner(f, primals, {}, moving, "jvp")
            return push_forward(inner, _tangents(inner, tangents))

        return _wrapped(f, pushed)

    if len(primals) != len(tangents):
        raise WengertValueError(
            f"jvp is given {len(primals)} primals and {len(tangents)} tangents",
            help="one tangent for each argument; None for an argument that does not move",
        )
    result: tuple[Any, Any] = _once(f, "jvp", make)(tuple(primals), tuple(tangents))
    return result


def _tangents(inner: Inner, tangents: Sequence[Any]) -> list[Any]:
    leaves = [leaf for tangent in tangents if tangent is not None for leaf in flatten(tangent)[0]]
    if len(leaves) != len(inner.moving):
        raise WengertValueError(f"the tangents have {len(leaves)} leaves, the primals {len(inner.moving)}")
    return [form.value(leaf, "a tangent") for form, leaf in zip(inner.moving, leaves)]


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value of `f` and its pullback (reverse mode).

    Returns:
        (result, pullback): ``pullback(ct)`` takes a tree like the result (what stands at leaves that are not floats
        is ignored) and gives a tuple with one tree an argument; it can be called again.  Arguments without float
        leaves get None.

    Outside of compiled code a call of the pullback evaluates `f` again, on copies of the primals taken now.

    >>> import numpy as np, wengert
    >>> y, pullback = wengert.vjp(lambda x: 2 * x, np.ones(2))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 20.]),)
    """
    if tracing():
        return _vjp_in_trace(f, primals)
    kept = _snapshot(primals)

    def make() -> Function:
        def pulled(primals: Sequence[Any], cotangent: Any) -> Any:
            return _vjp_in_trace(f, primals)[1](cotangent)

        return _wrapped(f, pulled)

    pull = _once(f, "vjp", make)
    return evaluate(f)(*_snapshot(primals)), lambda cotangent: pull(kept, cotangent)


def _vjp_in_trace(f: Callable[..., Any], primals: Sequence[Any]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    moving = [k for k, primal in enumerate(primals) if _has_floats(primal)]
    inner = trace_inner(f, primals, {}, moving, "vjp")
    linearized = Linearized(inner)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        moved = iter(_arranged(linearized.pull(inner.cotangents(cotangent)), primals, moving))
        return tuple(next(moved) if k in moving else None for k in range(len(primals)))

    return linearized.result, pullback


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of `f` and its derivative there, as a linear function of the tangents.

    Returns:
        (result, pushforward): ``pushforward(*tangents)`` takes one tree an argument (None where it does not move) and
        gives the tangent.

    Outside of compiled code a call of the pushforward evaluates `f` again, on copies of the primals taken now.

    >>> import wengert
    >>> y, push = wengert.linearize(lambda x: x * x, 3.0)
    >>> float(push(1.0)), float(push(2.0))
    (6.0, 12.0)
    """
    if tracing():
        moving = [k for k, primal in enumerate(primals) if _has_floats(primal)]
        inner = trace_inner(f, primals, {}, moving, "linearize")
        linearized = Linearized(inner)
        return linearized.result, lambda *tangents: linearized.push(_tangents(inner, [tangents[k] for k in moving]))
    kept = _snapshot(primals)
    moving = [k for k, primal in enumerate(primals) if _has_floats(primal)]

    def push(*tangents: Any) -> Any:
        return jvp(f, kept, [tangent if k in moving else None for k, tangent in enumerate(tangents)])[1]

    return evaluate(f)(*_snapshot(primals)), push


def evaluate(f: Callable[..., Any]) -> Function:
    """`f` compiled, without touching the caller's arrays."""
    return f if isinstance(f, Function) else _once(f, "evaluate", lambda: Function(f, CompileOptions()))


def _snapshot(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    return unflatten(structure, [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in leaves])


def _has_floats(tree: Any) -> bool:
    kinds = [
        getattr(leaf, "dtype", None) if not isinstance(leaf, float) else np.dtype(float) for leaf in flatten(tree)[0]
    ]
    return any(kind is not None and np.issubdtype(kind, np.floating) for kind in kinds)


# ---------------------------------------------------------------- Jacobians, Hessians


def jacrev(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    """The Jacobian by reverse mode, a row at a time: cheap when the result is small.

    Returns:
        A function whose result is a tree like the result of `f`, of trees like the argument, of arrays of shape
        ``out.shape + in.shape``.

    >>> import numpy as np, wengert
    >>> wengert.jacrev(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def make() -> Function:
        def jacobian(*args: Any, **kwargs: Any) -> Any:
            inner = trace_inner(f, args, kwargs, _positions(argnums), "jacrev")
            linearized = Linearized(inner)
            inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]
            outputs = _float_results(inner, linearized.result, "jacrev")

            def pull(cotangents: Sequence[Any]) -> list[Any]:
                return linearized.pull([form.value(c, "a cotangent") for form, c in zip(inner.floats, cotangents)])

            blocks = [
                _arranged(call(library.rows, pull, outputs, k, inputs), args, argnums) for k in range(len(outputs))
            ]
            return unflatten(inner.structure, blocks)

        return _wrapped(f, jacobian)

    return _once(f, ("jacrev", argnums if isinstance(argnums, int) else tuple(argnums)), make)


def jacfwd(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    """The Jacobian by forward mode, a column at a time: cheap when the argument is small.  Shapes as in `jacrev`.

    >>> import numpy as np, wengert
    >>> wengert.jacfwd(lambda t: np.array([1.0, 2.0]) * t)(0.5)
    array([1., 2.])
    """

    def make() -> Function:
        def jacobian(*args: Any, **kwargs: Any) -> Any:
            inner = trace_inner(f, args, kwargs, _positions(argnums), "jacfwd")
            linearized = Linearized(inner)
            inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]
            outputs = _float_results(inner, linearized.result, "jacfwd")

            def push(tangents: Sequence[Any]) -> list[Any]:
                return flatten(
                    linearized.push([form.value(t, "a tangent") for form, t in zip(inner.moving, tangents)])
                )[0]

            columns = [call(library.columns, push, inputs, k, outputs) for k in range(len(inputs))]
            return unflatten(
                inner.structure, [_arranged([c[k] for c in columns], args, argnums) for k in range(len(outputs))]
            )

        return _wrapped(f, jacobian)

    return _once(f, ("jacfwd", argnums if isinstance(argnums, int) else tuple(argnums)), make)


def _float_results(inner: Inner, result: Any, what: str) -> list[Any]:
    leaves = flatten(result)[0]
    if not all(isinstance(o, Form) and o.floats for o in inner.outputs):
        raise WengertTypeError(
            f"{what} needs a function whose results are floats",
            help="leave ints, bools and other objects out of the result",
        )
    return leaves


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    """The matrix of second derivatives, forward over reverse.  Shapes: those of ``jacfwd(jacrev(f))``.

    >>> import numpy as np, wengert
    >>> wengert.hessian(lambda x: x[0] * x[0] * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacfwd(jacrev(f, argnums), argnums)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian times a vector, forward over reverse: never an n x n array.

    Args:
        f: a function with one float as its result.
        primals, tangents: as in `jvp`.

    Returns:
        A tree like the only primal, or a tuple of them for several.

    >>> import numpy as np, wengert
    >>> wengert.hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    argnums: Argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def stop_gradient(x: Any) -> Any:
    """The same values with derivative zero; for any tree.

    >>> import wengert
    >>> float(wengert.grad(lambda x: x * wengert.stop_gradient(x))(3.0))
    3.0
    """
    if not tracing():
        return x
    leaves, structure = flatten(x)
    return unflatten(structure, [_stopped(leaf) for leaf in leaves])


def _stopped(leaf: Any) -> Any:
    if isinstance(leaf, Scalar):
        value = current().emit("diff.stop_gradient", [leaf.value.type], [current().use(leaf)]).result
        return Scalar(value, leaf.element, weak=leaf.weak, low=leaf.low, high=leaf.high, origins=leaf.origins)
    if isinstance(leaf, Array):
        value = leaf.read()
        return Box(current().emit("diff.stop_gradient", [value.type], [value]).result, leaf.shape, leaf.element)
    return leaf
