"""custom_jvp and custom_vjp: Python functions that bring their own derivatives.

Called by code that is being differentiated, such a function becomes one of the module, beside its rules
(rule_traces.py) and with attributes that name them (dialects/diff.py); passes/expand.py does the rest.  Everywhere else
a call is a call of the function as it is.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any, overload

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.calls import call
from wengert.frontend.function import Function, Stats
from wengert.frontend.options import CompileOptions
from wengert.frontend.positions import definition_of, fail
from wengert.frontend.rule_forms import Rules
from wengert.frontend.rule_traces import call_with_rules
from wengert.frontend.stages import Stages
from wengert.frontend.trace import FunctionRegion, Region, current, tracing


class CustomRules:
    """A function with its own derivative rules; call it like the function.

    Attributes:
        py_func: the Python function.
    """

    def __init__(self, py_func: Callable[..., Any], wanted: str, check: bool | None) -> None:
        functools.update_wrapper(self, py_func, updated=())
        self.py_func, self._wanted, self._check = py_func, wanted, check
        self.__name__: str = getattr(py_func, "__name__", "f")
        self._jvp: Callable[..., Any] | None = None
        self._vjp: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self._compiled = Function(self._run, CompileOptions(), look=py_func)

    def __repr__(self) -> str:
        return f"<{self._wanted} {getattr(self.py_func, '__qualname__', self.py_func)!s}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._in_trace(*args, **kwargs) if tracing() else self._compiled(*args, **kwargs)

    def program_parts(self) -> tuple[Any, ...]:
        """The function and its rules, for fingerprints (fingerprint.py)."""
        return self.py_func, self._wanted, self._check, self._jvp, self._vjp

    def lower(self, *args: Any, **kwargs: Any) -> Stages:
        """The stages of compilation for these arguments, as those of a compiled function."""
        return self._compiled.lower(*args, **kwargs)

    def stats(self) -> Stats:
        """How often and why the function was compiled for calls from plain Python."""
        return self._compiled.stats()

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """What is compiled; plain Python where nothing is."""
        return self._in_trace(*args, **kwargs) if tracing() else self.py_func(*args, **kwargs)

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the forward rule; a decorator.

        Args:
            rule: ``rule(primals, tangents) -> (out, tangent)``.  `primals` is the tuple of the positional arguments,
                `tangents` one like it, with None at what is no float; `tangent` is a tree like the result `out`, with
                None (zero) where it likes.  It is linear in the tangents.

        Returns:
            `rule`.
        """
        self._jvp = rule
        return rule

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the reverse rule.

        Args:
            fwd: ``fwd(*args) -> (out, residuals)``, with residuals of any structure.
            bwd: ``bwd(residuals, ct) -> tuple`` with one cotangent an argument, each a tree like the argument or None
                (zero); `ct` is a tree like the result, with None at what is no float.
        """
        self._vjp = fwd, bwd

    def _in_trace(self, *args: Any, **kwargs: Any) -> Any:
        if self._jvp is None and self._vjp is None:
            method = "defjvp" if self._wanted == "custom_jvp" else "defvjp"
            fail(f"{self.__name__} is a {self._wanted} function without a rule",
                 why="its derivative would be the one of its own body",
                 help=f"set it with {self.__name__}.{method}(...)", error=WengertTypeError)
        check = current().options.check if self._check is None else self._check
        if not check and not _in_transform():
            return call(self.py_func, *args, **kwargs)
        return call_with_rules(self, self._rules(check), self._positional(args, kwargs))

    def _rules(self, check: bool) -> Rules:
        return Rules(self.py_func, self._jvp, self._vjp, check)

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments by position, as rules take them; defaults are filled in."""
        try:
            signature = inspect.signature(self.py_func)
        except (TypeError, ValueError):  # a builtin
            signature = None
        if signature is None:
            bound_args, bound_kwargs = args, kwargs
        else:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                fail(f"{self.__name__}: {error}", error=WengertTypeError)
            bound.apply_defaults()
            bound_args, bound_kwargs = bound.args, bound.kwargs
        if bound_kwargs:
            raise WengertTypeError(
                f"{self.__name__} has arguments that can only be given by name: {', '.join(bound_kwargs)}",
                definition_of(self.py_func), why="its rules take their arguments by position",
                help="let them be given by position")
        return bound_args


def _in_transform() -> bool:
    """Whether the code that is traced belongs to a function that a transform works on."""
    region: Region | None = current().region
    while region is not None and not isinstance(region, FunctionRegion):
        region = region.parent
    return region is not current().top


@overload
def custom_jvp(f: Callable[..., Any], *, check: bool | None = ...) -> CustomRules: ...


@overload
def custom_jvp(f: None = None, *, check: bool | None = ...) -> Callable[[Callable[..., Any]], CustomRules]: ...


def custom_jvp(f: Callable[..., Any] | None = None, *, check: bool | None = None) -> Any:
    """A function whose derivative is a rule you write: its tangent from the tangents of its arguments.

    The rule is given with ``f.defjvp``: ``(primals, tangents) -> (out, tangent)``.  It serves every mode: reverse mode
    transposes it, and second derivatives differentiate it.  With ``f.defvjp`` the function has a reverse rule too.

    Args:
        f: the function; its arguments and results are arrays, numbers, any structures of them and Python objects.
        check: compare the rule with the derivative of the function's own body at every call; None (the default) leaves
            it to the option `check` of `compile`.

    Returns:
        A `CustomRules`: call it like `f`, in compiled code and outside; ``.defjvp``, ``.defvjp``, ``.py_func``.

    Raises:
        DifferentiationError: when a derivative would depend on a value that `f` takes from outside of its arguments.
        WengertTypeError, WengertValueError: when the rule's results do not fit the function's; it names the rule.
        GradientError: with `check`, when the rule is wrong.

    >>> import numpy as np, wengert
    >>> @wengert.custom_jvp
    ... def softplus(x):
    ...     return np.log(1 + np.exp(x))
    >>> @softplus.defjvp
    ... def softplus_jvp(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return softplus(x), dx / (1 + np.exp(-x))  # not inf / inf for large x
    >>> float(wengert.grad(softplus)(1000.0))
    1.0
    """
    if f is None:
        return lambda function: custom_jvp(function, check=check)
    return f if isinstance(f, CustomRules) else CustomRules(f, "custom_jvp", check)


@overload
def custom_vjp(f: Callable[..., Any], *, check: bool | None = ...) -> CustomRules: ...


@overload
def custom_vjp(f: None = None, *, check: bool | None = ...) -> Callable[[Callable[..., Any]], CustomRules]: ...


def custom_vjp(f: Callable[..., Any] | None = None, *, check: bool | None = None) -> Any:
    """A function whose derivative is a rule you write: the cotangents of its arguments from those of its result.

    The rule is given with ``f.defvjp(fwd, bwd)``: ``fwd(*args) -> (out, residuals)`` and ``bwd(residuals, ct)``, a
    tuple of one cotangent an argument (None is zero).  Forward mode transposes bwd, which has to be linear in ct for
    that; reverse mode takes it as it is.  Second derivatives differentiate fwd and bwd.  Arguments, results and errors
    are those of `custom_jvp`.

    >>> import numpy as np, wengert
    >>> @wengert.custom_vjp
    ... def clip_gradient(x, limit):
    ...     return x
    >>> clip_gradient.defvjp(lambda x, limit: (x, limit),
    ...                      lambda limit, ct: (np.clip(ct, -limit, limit), None))
    >>> float(wengert.grad(lambda x: clip_gradient(x, 1.0) ** 2)(5.0))
    1.0
    """
    if f is None:
        return lambda function: custom_vjp(function, check=check)
    return f if isinstance(f, CustomRules) else CustomRules(f, "custom_vjp", check)
