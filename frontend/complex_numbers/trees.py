"""Complex leaves in trees of arguments, results, tangents and cotangents.

In a tree a Complex is a node whose leaves are its parts, so whatever maps leaves (derivatives, batching, rules) works
on real numbers.  A cotangent is a complex number whose product with a tangent has the change as its *real part*,
``Re(ct dz) = ct.re dx - ct.im dy``: with respect to the parts it is (ct.re, -ct.im).  The gradient of a real function
is ``df/dx - i df/dy``, and a pullback multiplies by the complex derivative where there is one.  So the imaginary parts
of cotangents change their sign on the way in and on the way out, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.frontend.arguments import flatten, flatten_whole, unflatten
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, is_complex, of_number, paired
from wengert.frontend.trace import current, tracing


def opened(tree: Any) -> Any:
    """The tree with its complex arrays and numbers of NumPy and Python as pairs."""
    leaves, structure = flatten_whole(tree, (Complex,))
    if not any(is_complex(leaf) and not isinstance(leaf, Complex) for leaf in leaves):
        return tree
    return unflatten(structure, [_pair(leaf) if is_complex(leaf) else leaf for leaf in leaves])


def _pair(x: Any) -> Complex:
    if isinstance(x, np.ndarray) and not tracing():
        return ComplexArray(x.real, x.imag)  # type: ignore[arg-type]  # outside of a trace: the parts are NumPy's
    from wengert.frontend.complex_numbers.arithmetic import complex_operand

    found: Complex = complex_operand(x) if isinstance(x, (Complex, np.ndarray)) else of_number(x)
    return found


def imaginary_leaves(structure: Any) -> frozenset[int]:
    """The positions of the leaves that are imaginary parts."""
    numbered = unflatten(structure, list(range(structure.num_leaves)))
    wholes = flatten_whole(numbered, (Complex,))[0]
    return frozenset(x.im for x in wholes if isinstance(x, Complex))


def negated_at(values: Sequence[Any], places: frozenset[int]) -> list[Any]:
    """IR values with the opposite sign at some places."""
    return [_negated(value) if k in places else value for k, value in enumerate(values)]


def conjugated(values: Sequence[Any], structure: Any, places: Sequence[int]) -> list[Any]:
    """IR values of leaves of a structure, those at `places`, with the opposite sign of imaginary parts."""
    imaginary = imaginary_leaves(structure)
    return negated_at(values, frozenset(k for k, place in enumerate(places) if place in imaginary))


def _negated(value: Any) -> Any:
    return current().emit("arith.negf", [value.type], [value]).result


def joined(structure: Any, leaves: Sequence[Any]) -> Any:
    """The tree of a structure whose leaves are trees themselves: parts that are trees make a tree of complex values."""
    numbered = unflatten(structure, list(range(structure.num_leaves)))
    wholes, outer = flatten_whole(numbered, (Complex,))
    return unflatten(outer, [_joined(leaves[x.re], leaves[x.im]) if isinstance(x, Complex) else leaves[x]
                             for x in wholes])


def with_wholes(structure: Any, trees: Sequence[Any]) -> Any:
    """The tree of a structure with another tree for each of its complex values."""
    numbered = unflatten(structure, list(range(structure.num_leaves)))
    return unflatten(flatten_whole(numbered, (Complex,))[1], trees)


def _joined(re: Any, im: Any) -> Any:
    (x, structure), (y, _) = flatten(re), flatten(im)
    return unflatten(structure, [paired(a, b) for a, b in zip(x, y, strict=True)])
