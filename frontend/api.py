"""`wengert.compile`: from a Python function to a compiled one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from wengert.frontend.function import Function
from wengert.frontend.options import CompileOptions


@overload
def compile(
    f: Callable[..., Any],
    *,
    target: str = ...,
    precise: bool = ...,
    checkpoint: str | None = ...,
    slots: int | None = ...,
    memory: int | str | None = ...,
    nan: str | None = ...,
    kinks: str | None = ...,
    check: bool = ...,
    threads: int = ...,
) -> Function: ...


@overload
def compile(
    f: None = None,
    *,
    target: str = ...,
    precise: bool = ...,
    checkpoint: str | None = ...,
    slots: int | None = ...,
    memory: int | str | None = ...,
    nan: str | None = ...,
    kinks: str | None = ...,
    check: bool = ...,
    threads: int = ...,
) -> Callable[[Callable[..., Any]], Function]: ...


def compile(
    f: Callable[..., Any] | None = None,
    *,
    target: str = "cpu",
    precise: bool = False,
    checkpoint: str | None = None,
    slots: int | None = None,
    memory: int | str | None = None,
    nan: str | None = None,
    kinks: str | None = None,
    check: bool = False,
    threads: int = 1,
) -> Any:
    """Compile a function of NumPy arrays and numbers to native code; a decorator, with or without options.

    The function is ordinary Python: loops, ``while``, branches, ``break``, in-place writes, views, closures,
    dataclasses.  What it writes into an argument the caller sees, as with NumPy.  Arguments are arrays of float64,
    float32, int64 or bool, numbers, and tuples, lists, dicts and dataclasses of them; anything else is a constant of
    the compilation.

    Args:
        target: "cpu", or "cuda" for PTX (``f.lower(*args).as_text("ptx")``).
        precise: elementary functions to 2 ulp (the scalar C library) rather than to 4 ulp (the vector library, 4 to
            27 times as fast), and sums of loops in the order of the loop.
        checkpoint: "binomial": gradients of this function store a few states of each loop and compute the others
            again, at the fewest steps (docs/checkpointing.md).
        slots: how many states of a loop may be stored.
        memory: instead of `slots`, how many bytes the gradient may take: an int, or a text such as "64MB".
        nan: "trap": an error with the line, the operation and its operands where a NaN is made, in the function and in
            its derivatives; "trap-inf": also where an infinity is (docs/explain.md).
        kinks: "error": an error where a derivative of this function is taken at a kink (docs/kinks.md).
        check: compare custom rules with the derivatives of the functions they belong to, whenever one is called.
        threads: how many run the loops whose iterations are independent, where their work is worth it; results do not
            depend on when they run (docs/threads.md). Products are BLAS's, which has its own (OPENBLAS_NUM_THREADS).

    Returns:
        A `Function`: call it like `f`; ``.lower(*args)``, ``.stats()``, ``.py_func``.

    Raises:
        WengertError: at the first call with a kind of arguments, for Python or NumPy that is not covered: with file,
            line, caret, the
            reason and what to write instead.

    >>> import numpy as np, wengert
    >>> @wengert.compile
    ... def smooth(a, steps):
    ...     for _ in range(steps):
    ...         a[1:-1] = 0.5 * (a[:-2] + a[2:])
    ...     return a.sum()
    >>> float(smooth(np.array([0.0, 4.0, 0.0, 0.0]), 2))
    1.0
    """
    options = CompileOptions(target, precise, checkpoint, slots, memory, nan, kinks, check, threads)
    if f is None:
        return lambda function: Function(_python_of(function), options)
    return Function(_python_of(f), options)


def _python_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return f.py_func if isinstance(f, Function) else f
