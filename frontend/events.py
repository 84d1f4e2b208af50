"""Differential equations up to an event: the time at which it happens is an implicit function of everything else.

    g(x(t), t) = 0        dt = -(g_x dx) / (g_x f + g_t)

The steps before the event are an ordinary program, whose number is locally constant; the length of the last step is
what makes g zero (implicit.py), so the derivative is exactly that of what is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend import integrators, solvers
from wengert.frontend.arithmetic import binary
from wengert.frontend.calls import call
from wengert.frontend.function import Function, in_trace
from wengert.frontend.implicit import with_rule
from wengert.frontend.linear_solves import require
from wengert.frontend.operands import is_number, operand, type_text
from wengert.frontend.options import CompileOptions
from wengert.frontend.positions import definition_of
from wengert.frontend.states import Layout
from wengert.frontend.transforms import _once
from wengert.frontend.values import Array, Scalar


def _number(event: Callable[..., Any], value: Any) -> Any:
    x = operand(value) if isinstance(value, Array) else value
    if isinstance(x, Scalar) or is_number(x):
        return x
    name = getattr(event, "__name__", "the event function")
    raise WengertTypeError(f"{name} gives {type_text(x)}", definition_of(event),
                           why="an event is where one number crosses zero",
                           help="return one number: for several events the one that comes first, such as their minimum")


def ode_event(f: Callable[..., Any], event: Callable[..., Any], x0: Any, t0: Any, *args: Any, step: float,
              direction: int = 0, max_steps: int = 100_000) -> Any:
    """Solve ``dx/dt = f(x, t, *args)`` from x0 at t0 until ``event(x, t, *args)`` becomes zero: (t, x) there.

    Runge-Kutta steps of order 4 and of length `step`; the last one is as long as it takes, to the last bit.  The
    derivatives of t and x, in x0, t0 and args, are those of what is computed.

    Args:
        f: the rate of change, a tree like x.
        event: a number that crosses zero; where it is zero at the start, this is no event.
        x0: a number, an array, or any structure of them.
        step: the length of a step; an event that comes and goes within one step is not seen.
        direction: 1 for events where `event` rises, -1 where it falls, 0 for both.
        max_steps: after so many, not to have met an event is an error.

    Raises:
        WengertRuntimeError: at run time, when there is no event.
        WengertLinAlgError: at run time, when the derivative of `event` along the solution is zero: the event time has
            no derivative.

    >>> import wengert
    >>> def fall(height, gravity):
    ...     rate = lambda x, t, g: (x[1], -g)
    ...     t, x = wengert.ode_event(rate, lambda x, t, g: x[0], (height, 0.0), 0.0, gravity, step=0.1, direction=-1)
    ...     return t
    >>> float(round(fall(5.0, 10.0), 12))
    1.0
    >>> float(round(wengert.grad(fall)(5.0, 10.0), 12))
    0.1
    """
    if direction not in (-1, 0, 1):
        raise WengertValueError(f"direction={direction!r} is none of -1, 0, 1",
                                help="1: the event function rises through zero, -1: it falls, 0: both")
    if not step > 0:
        raise WengertValueError(f"step={step!r} is not positive", help="the steps go forward in time")

    def make() -> Function:
        def run(x0: Any, t0: Any, *args: Any) -> Any:
            layout = Layout.of(x0, "x0")

            def rate(args: Any) -> Callable[[Any, Any], Any]:
                return lambda v, t: layout.vector(call(f, layout.tree(v), t, *args), f)

            def gauge(args: Any) -> Callable[[Any, Any], Any]:
                return lambda v, t: _number(event, call(event, layout.tree(v), t, *args))

            def after(h: Any, v: Any, t: Any, args: Any) -> Any:
                """The event function after a step of length h."""
                return gauge(args)(call(integrators.runge_kutta, rate(args), v, t, h), binary("Add", t, h))

            def last_step(v: Any, t: Any, args: Any) -> Any:
                return call(solvers.bisect, lambda h: after(h, v, t, args), 0.0, step)

            start = layout.vector(x0), binary("Add", t0, 0.0)
            v, t, found = call(integrators.step_before, rate(args), gauge(args), *start, step, direction, max_steps)
            require(found, f"ode_event: there is no event within {max_steps} steps\n"
                    "the event function does not cross zero, or does so twice within a step\n"
                    "allow more steps, shorten them, or look at the direction")
            h = with_rule(last_step, after, 0, "dense")(v, t, args)
            v = call(integrators.runge_kutta, rate(args), v, t, h)
            return binary("Add", t, h), layout.tree(v)

        return Function(in_trace(run), CompileOptions(), look=f)

    return _once(f, ("ode_event", event, step, direction, max_steps), make)(x0, t0, *args)
