"""wengert: a differentiable compiler for Python and NumPy.

The public names load on first use, so that `import wengert` costs nothing and works
even where the compiler cannot (`wengert doctor` says why).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wengert.dialects.errors import DifferentiationError as DifferentiationError
    from wengert.dialects.errors import GradientError as GradientError
    from wengert.dialects.errors import KinkError as KinkError
    from wengert.dialects.errors import UnsupportedError as UnsupportedError
    from wengert.dialects.errors import WengertError as WengertError
    from wengert.dialects.errors import WengertFloatingPointError as WengertFloatingPointError
    from wengert.dialects.errors import WengertIndexError as WengertIndexError
    from wengert.dialects.errors import WengertLinAlgError as WengertLinAlgError
    from wengert.dialects.errors import WengertNameError as WengertNameError
    from wengert.dialects.errors import WengertRecursionError as WengertRecursionError
    from wengert.dialects.errors import WengertRuntimeError as WengertRuntimeError
    from wengert.dialects.errors import WengertTypeError as WengertTypeError
    from wengert.dialects.errors import WengertValueError as WengertValueError
    from wengert.frontend.api import compile as compile
    from wengert.frontend.batching import vmap as vmap
    from wengert.frontend.checking import check_grads as check_grads
    from wengert.frontend.checkpointing import checkpoint as checkpoint
    from wengert.frontend.custom_rules import custom_jvp as custom_jvp
    from wengert.frontend.custom_rules import custom_vjp as custom_vjp
    from wengert.frontend.events import ode_event as ode_event
    from wengert.frontend.explain import Explanation as Explanation
    from wengert.frontend.explain import explain as explain
    from wengert.frontend.foreign import extern as extern
    from wengert.frontend.function import Function as Function
    from wengert.frontend.implicit import fixed_point as fixed_point
    from wengert.frontend.implicit import implicit as implicit
    from wengert.frontend.implicit import newton as newton
    from wengert.frontend.jacobians import hessian as hessian
    from wengert.frontend.jacobians import hvp as hvp
    from wengert.frontend.jacobians import jacfwd as jacfwd
    from wengert.frontend.jacobians import jacobian as jacobian
    from wengert.frontend.jacobians import jacrev as jacrev
    from wengert.frontend.linear_solves import linear_solve as linear_solve
    from wengert.frontend.sparse import SparseDerivative as SparseDerivative
    from wengert.frontend.sparse import sparse_hessian as sparse_hessian
    from wengert.frontend.sparse import sparse_jacobian as sparse_jacobian
    from wengert.frontend.taylor import taylor as taylor
    from wengert.frontend.transforms import grad as grad
    from wengert.frontend.transforms import jvp as jvp
    from wengert.frontend.transforms import linear_transpose as linear_transpose
    from wengert.frontend.transforms import linearize as linearize
    from wengert.frontend.transforms import stop_gradient as stop_gradient
    from wengert.frontend.transforms import value_and_grad as value_and_grad
    from wengert.frontend.transforms import vjp as vjp

#: module -> the public names that live there.
_NAMES = {
    "wengert.dialects.errors": [
        "DifferentiationError", "GradientError", "KinkError", "UnsupportedError", "WengertError",
        "WengertFloatingPointError", "WengertIndexError", "WengertLinAlgError", "WengertNameError",
        "WengertRecursionError", "WengertRuntimeError", "WengertTypeError", "WengertValueError",
    ],
    "wengert.frontend.api": ["compile"],
    "wengert.frontend.batching": ["vmap"],
    "wengert.frontend.checking": ["check_grads"],
    "wengert.frontend.checkpointing": ["checkpoint"],
    "wengert.frontend.custom_rules": ["custom_jvp", "custom_vjp"],
    "wengert.frontend.events": ["ode_event"],
    "wengert.frontend.foreign": ["extern"],
    "wengert.frontend.explain": ["Explanation", "explain"],
    "wengert.frontend.function": ["Function"],
    "wengert.frontend.implicit": ["fixed_point", "implicit", "newton"],
    "wengert.frontend.jacobians": ["hessian", "hvp", "jacfwd", "jacobian", "jacrev"],
    "wengert.frontend.linear_solves": ["linear_solve"],
    "wengert.frontend.sparse": ["SparseDerivative", "sparse_hessian", "sparse_jacobian"],
    "wengert.frontend.taylor": ["taylor"],
    "wengert.frontend.transforms": [
        "grad", "jvp", "linear_transpose", "linearize", "stop_gradient", "value_and_grad", "vjp",
    ],
}
#: Modules of names of their own.
_MODULES = ("estimators",)
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 (the names of the table)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"wengert.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'wengert' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
