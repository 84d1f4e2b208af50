"""scipy.special: functions of each element with the type rules of SciPy's ufuncs, and `logsumexp`, `softmax` and others
made of them.

`resolve_dtypes` of the ufunc itself says in which type SciPy computes; float32 is computed in float64 and rounded, as
there.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from wengert.dialects import diff
from wengert.dialects import elementwise as ops
from wengert.dialects import special_functions as functions
from wengert.dialects import special_orders as orders
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpf
from wengert.dialects.errors import UnsupportedError, WengertTypeError
from wengert.dialects.structural import select as select_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import is_empty
from wengert.frontend.comparison import both, compare, select
from wengert.frontend.conversions import DTYPES, Kind
from wengert.frontend.masks import Masked
from wengert.frontend.numpy_table.arguments import some_axes, static_int
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.elementwise import float_function, float_kind, math_function, strong
from wengert.frontend.numpy_table.reductions import converted, reduce_array
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.numpy_table.ufuncs import loop_types
from wengert.frontend.operands import elementwise_result, kind_of, operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array

Build = Callable[..., Any]

# ---------------------------------------------------------------- types


def _kinds(ufunc: Any, operands: list[Any]) -> tuple[list[str], Kind]:
    """The element types in which a ufunc takes its operands, and that of its result."""
    taken = loop_types(ufunc, operands, None, "same_kind")
    names = {dtype: element for element, dtype in DTYPES.items()}
    result = names.get(taken[-1])
    if result not in ("f64", "f32"):
        fail(f"{ufunc.__name__} with a result of dtype {taken[-1]} is not covered",
             help="convert the argument to float first", error=WengertTypeError)
    return [names.get(dtype, "f64") for dtype in taken[: ufunc.nin]], Kind(result, False)


def ufunc_handler(ufunc: Any, *builds: Build, whole: int = 0) -> Callable[..., Any]:
    """The handler of a ufunc of `scipy.special`: `builds` give its results.

    Args:
        whole: how many of the first operands have to be integers.
    """

    def handler(*arguments: Any) -> Any:
        operands = [operand(x) for x in arguments]
        taken, result = _kinds(ufunc, operands)
        for element in taken[:whole]:
            if element != "i64":
                fail(f"{ufunc.__name__} with a degree that is no integer is not covered",
                     why="it is no polynomial then", help="pass an int, or an array of integers",
                     error=UnsupportedError)
        element = "f32" if set(taken) == {"f32"} else "f64"
        results = [elementwise_result(operands, element, build, Kind(element, False)) for build in builds]
        results = [converted(x, result.element) for x in results]
        return results[0] if len(results) == 1 else tuple(results)

    names = ("x", "y", "z", "w")[: ufunc.nin]
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
    handler.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return handler


# ---------------------------------------------------------------- what is made of records


def _ndtr(x: Any) -> Any:
    scaled = ops.mulf(x, constant_like(-math.sqrt(0.5), x))
    return ops.mulf(constant_like(0.5, x), functions.erfc(scaled))


def _sine_of_pi(x: Any) -> Any:
    """sin(pi x), exactly 0 at integers: (-1)^n sin(pi (x - n)) with n the nearest integer."""
    n = ops.roundeven(x)
    half = ops.mulf(n, constant_like(0.5, x))
    odd = cmpf("one", half, ops.floor(half))
    sine = ops.sin(ops.mulf(constant_like(math.pi, x), ops.subf(x, n)))
    return select_values(odd, ops.negf(sine), sine)


def _rgamma(x: Any) -> Any:
    """1/Gamma(x); for x < 1/2 it is sin(pi x) Gamma(1 - x) / pi, which is smooth at the poles of Gamma."""
    one = constant_like(1.0, x)
    low = cmpf("olt", x, constant_like(0.5, x))
    reflected = functions.gamma(ops.subf(one, select_values(low, x, one)))
    left = ops.divf(ops.mulf(_sine_of_pi(x), reflected), constant_like(math.pi, x))
    return select_values(low, left, ops.divf(one, functions.gamma(select_values(low, one, x))))


def _exp10(x: Any) -> Any:
    return ops.powf(constant_like(10.0, x), x)


def _sinc(x: Any) -> Any:
    """sin(pi x) / (pi x)"""
    return orders.sine_over(ops.mulf(constant_like(math.pi, x), x))


_BUILDS: dict[str, Build] = {
    **{name: getattr(functions, name) for name in (
        "erfc", "erfinv", "erfcinv", "erfi", "erfcx", "dawsn", "ndtri", "log_ndtr", "expit", "log_expit", "logit",
        "xlogy", "xlog1py", "entr", "rel_entr", "kl_div", "psi", "gamma", "gammaln", "loggamma", "beta", "betaln",
        "binom", "poch", "gammainc", "gammaincc", "gammaincinv", "gammainccinv", "betainc", "betaincc", "betaincinv",
    )},
    **{name: getattr(orders, name) for name in (
        "jv", "yv", "iv", "kv", "ive", "kve", "j0", "j1", "y0", "y1", "i0", "i1", "k0", "k1", "i0e", "i1e", "k0e",
        "k1e", "hyp2f1", "hyp1f1", "ellipk", "ellipe", "ellipkinc", "ellipeinc", "expn", "exp1", "expi", "spence",
        "wrightomega",
    )},
    "kn": orders.kv, "yn": orders.yv, "ndtr": _ndtr, "rgamma": _rgamma, "exp10": _exp10, "exp2": ops.exp2,
    "cbrt": ops.cbrt, "expm1": ops.expm1, "log1p": ops.log1p,
}  # fmt: skip
for _name, _build in _BUILDS.items():
    enter(ufunc_handler(getattr(special, _name), _build), getattr(special, _name))
for _name in ("eval_jacobi", "eval_legendre", "eval_gegenbauer", "eval_chebyt", "eval_chebyu", "eval_laguerre",
              "eval_genlaguerre", "eval_hermite", "eval_hermitenorm"):  # fmt: skip
    enter(ufunc_handler(getattr(special, _name), getattr(orders, _name), whole=1), getattr(special, _name))
enter(ufunc_handler(special.fresnel, orders.fresnel_s, orders.fresnel_c), special.fresnel)
enter(ufunc_handler(special.sici, orders.sici_s, orders.sici_c), special.sici)
enter(float_function(_sinc, "sinc"), np.sinc)
enter(math_function(functions.erfc, "erfc"), math.erfc)
enter(math_function(functions.gamma, "gamma"), math.gamma)
enter(math_function(functions.gammaln, "lgamma"), math.lgamma)


@covers(np.i0)
def i0(x: Any) -> Any:
    x = operand(x)
    return converted(elementwise_result([x], "f64", orders.i0, Kind("f64", False)), float_kind(x, "").element)


# ---------------------------------------------------------------- zeta, factorials


@covers(special.zeta)
def zeta(x: Any, q: Any = None) -> Any:
    if q is None:
        fail("zeta with one argument is not covered", why="below 1 it is continued in another way",
             help="for x > 1 write zeta(x, 1)", error=UnsupportedError)
    operands = [operand(x), operand(q)]
    _, result = _kinds(special.binom, operands)  # a ufunc of two floats: zeta itself is a Python function
    return elementwise_result(operands, result.element, functions.zeta, result)


@covers(special.polygamma)
def polygamma(n: Any, x: Any) -> Any:
    """``(-1)^(n+1) n! zeta(n+1, x)``, always in float64."""
    order, x = static_int(n, "it is the order of a derivative"), converted(operand(x), "f64")
    if order == 0:
        return elementwise_result([x], "f64", functions.psi, Kind("f64", False))
    factor = (-1.0) ** (order + 1) * math.gamma(order + 1.0)
    return strong(binary("Mult", factor, zeta(float(order + 1), x)))


def _only_floats(exact: Any, name: str) -> None:
    if exact:
        fail(f"{name} with exact=True is not covered", why="its result is a Python integer of any size",
             help="leave exact out: the result is a float", error=UnsupportedError)


def _where_counted(N: Any, k: Any, counts: Any) -> Any:
    """Zero for negative numbers, and where more is chosen than there is."""
    inside = both(compare("LtE", k, N), both(compare("GtE", N, 0), compare("GtE", k, 0)))
    return strong(select(inside, counts, 0.0))


@covers(special.comb)
def comb(N: Any, k: Any, *, exact: Any = False, repetition: Any = False) -> Any:
    _only_floats(exact, "comb")
    if repetition:
        return comb(binary("Sub", binary("Add", N, k), 1), k)
    return _where_counted(N, k, ufunc_handler(special.binom, functions.binom)(N, k))


@covers(special.perm)
def perm(N: Any, k: Any, exact: Any = False) -> Any:
    _only_floats(exact, "perm")
    first = binary("Add", binary("Sub", N, k), 1)
    return _where_counted(N, k, ufunc_handler(special.poch, functions.poch)(first, k))


@covers(special.factorial)
def factorial(n: Any, exact: Any = False, extend: Any = "zero") -> Any:
    _only_floats(exact, "factorial")
    if extend != "zero":
        fail(f"factorial with extend={extend!r} is not covered", help="write gamma(n + 1)", error=UnsupportedError)
    n = operand(n)
    value = ufunc_handler(special.gamma, functions.gamma)(binary("Add", n, 1))
    return strong(select(compare("Lt", n, 0), 0.0, value))


# ---------------------------------------------------------------- logsumexp and its like


def _float_array(x: Any, name: str) -> Any:
    x = operand(x)
    if isinstance(x, Masked):
        fail(f"{name} of a selection by a mask is not covered", help="use np.where(mask, x, -np.inf)")
    return converted(x, float_kind(x, "").element)


def _finite_largest(a: Any, axis: Any) -> Any:
    """The largest elements, with axes of extent 1, and 0 where they are not finite; a constant for the derivative."""
    largest = reduce_array(a, "max", axis, keepdims=True)

    def build(m: Any) -> Any:
        m = diff.stop_gradient(m)
        finite = cmpf("olt", ops.absf(m), constant_like(math.inf, m))
        return select_values(finite, m, constant_like(0.0, m))

    kind = Kind(a.kind.element, False)
    return elementwise_result([largest], kind.element, build, kind)


def _exponentials(a: Any, axis: Any) -> tuple[Any, Any]:
    """The largest elements m, and exp(a - m)."""
    largest = _finite_largest(a, axis)
    kind = Kind(a.kind.element, False)
    return largest, elementwise_result([binary("Sub", a, largest)], kind.element, ops.exp, kind)


def _log(x: Any) -> Any:
    return elementwise_result([x], kind_of(x).element, ops.log, Kind(kind_of(x).element, False))


@covers(special.logsumexp)
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False) -> Any:
    """``log(sum(b exp(a)))`` with the largest element taken out."""
    if return_sign:
        fail("logsumexp with return_sign=True is not covered", why="the sign carries no derivative",
             help="leave it out, or compute np.sign(np.sum(b * np.exp(a - a.max())))", error=UnsupportedError)
    a = _float_array(a, "logsumexp")
    if b is not None:
        b = operand(b)
        a = binary("Add", a, binary("Mult", b, 0.0))  # to the shape of both
        a = select(compare("NotEq", b, 0), a, -math.inf)
        a = converted(a, float_kind(a, "").element)
    if not isinstance(a, Array):
        return strong(a) if b is None else strong(binary("Add", a, _log(binary("Mult", b, 1.0))))
    axes = some_axes(axis, a.ndim)
    if is_empty(a.shape):
        kept = tuple(1 if d in axes else n for d, n in enumerate(a.shape))
        shape = kept if keepdims else tuple(n for d, n in enumerate(a.shape) if d not in axes)
        return filled(shape, -math.inf, a.element)
    largest, parts = _exponentials(a, axis)
    if b is not None:
        parts = converted(binary("Mult", b, parts), a.element)
    total = reduce_array(parts, "sum", axis, keepdims)
    shift = largest if keepdims else reduce_array(largest, "sum", axis)
    return strong(binary("Add", _log(total), shift))


@covers(special.softmax)
def softmax(x: Any, axis: Any = None) -> Any:
    x = _float_array(x, "softmax")
    if not isinstance(x, Array):
        return strong(binary("Add", binary("Mult", x, 0.0), 1.0))
    _, parts = _exponentials(x, axis)
    return binary("Div", parts, reduce_array(parts, "sum", axis, keepdims=True))


@covers(special.log_softmax)
def log_softmax(x: Any, axis: Any = None) -> Any:
    x = _float_array(x, "log_softmax")
    if not isinstance(x, Array):
        return strong(binary("Mult", x, 0.0))
    largest, parts = _exponentials(x, axis)
    shifted = binary("Sub", x, largest)
    return binary("Sub", shifted, _log(reduce_array(parts, "sum", axis, keepdims=True)))
