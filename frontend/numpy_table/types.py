"""What NumPy says of types: constants of the compilation, also where the values are known only at run time."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Scalar


def as_type(x: Any) -> Any:
    """What NumPy looks at of an argument: the dtype of an array, a number of the type of a number."""
    return x.example if isinstance(x, Scalar) else x.dtype if isinstance(x, Array) else x


@covers(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    return np.result_type(*[as_type(x) for x in arrays_and_dtypes])


@covers(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    given = from_.dtype if isinstance(from_, Scalar) else as_type(from_)
    return bool(np.can_cast(given, to, casting))


def view(*_: Any, **__: Any) -> Any:
    return fail(
        "the method ndarray.view is not covered",
        why="it reads the bytes of an array as numbers of another type",
        help="x.astype(dtype) converts the numbers; a slice such as x[:] is a view of the same type",
    )


covers(methods=("view",))(view)
