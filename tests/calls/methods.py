"""Random calls of the methods of arrays, and casts between all element types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.calls import products, reductions, selecting, shapes, ufuncs
from tests.calls.registry import CALLS, NUMBERS, PROGRAMS, Call, Strategy, arrays, calls, one_array


def method(name: str) -> Callable[..., Any]:
    def program(array: Any, *arguments: Any, **options: Any) -> Any:
        return getattr(array, name)(*arguments, **options)

    return program


def as_methods(names: str, strategy: Strategy | None = None) -> None:
    """The methods are called like the functions of the same name, or as the strategy says."""
    for name in names.split():
        PROGRAMS[f"method.{name}"] = method(name)
        calls(f"method.{name}", CALLS[name] if strategy is None else strategy)


assert products and reductions and selecting and shapes and ufuncs, "the methods are called like these functions"
as_methods("sum prod max min any all mean std var argmax argmin cumsum cumprod round clip conjugate ravel copy squeeze "
           "reshape swapaxes repeat take trace diagonal dot searchsorted nonzero")
as_methods("flatten tolist", one_array())
as_methods("fill", st.builds(lambda view, value: Call((view, value)), arrays(least=1), st.sampled_from((0, 1, 2))))


@st.composite
def cast(draw: Any) -> Call:
    """To every element type; negative floats cast to unsigned integers are undefined."""
    target = draw(st.sampled_from(NUMBERS))
    return Call((draw(arrays(low=0.0 if target.startswith("u") else -3.0)), target))


as_methods("astype", cast())


@st.composite
def transposed(draw: Any) -> Call:
    view = draw(arrays())
    n = len(view.of(view.whole).shape)
    axes = draw(st.permutations(range(n)))
    return Call((view, *draw(st.sampled_from(((), axes, (tuple(axes),))))))


as_methods("transpose", transposed())
