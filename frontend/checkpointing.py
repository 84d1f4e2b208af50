"""Checkpointing as users ask for it: `wengert.checkpoint`, and the options of `compile` about loops.

Leaves attributes on the traced functions; passes/checkpoint.py acts on them when a derivative is taken in reverse mode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.diff import RECOMPUTED
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.calls import call
from wengert.frontend.forms import Form, form_of
from wengert.frontend.list_results import flatten_result
from wengert.frontend.operands import is_number, operand
from wengert.frontend.trace import current
from wengert.frontend.transforms import _once, _wrapped
from wengert.frontend.values import Array, Box

if TYPE_CHECKING:
    from wengert.frontend.function import Function

def checkpoint(f: Callable[..., Any]) -> Function:
    """The same function, of which the reverse sweep keeps the arguments instead of what it computes inside.

    In reverse mode `f` is evaluated a second time, right before it is reversed: memory for one more evaluation.  It can
    be a decorator; it can be nested, and called in loops.

    Args:
        f: any function; what it writes into its array arguments the caller sees.

    >>> import numpy as np, wengert
    >>> @wengert.checkpoint
    ... def layer(x):
    ...     return np.tanh(np.sin(x) * x)
    >>> g = wengert.grad(lambda x: np.sum(layer(layer(x))))
    >>> bool(np.all(np.isfinite(g(np.ones(3)))))
    True
    """
    def make() -> Function:
        def checkpointed(*args: Any, **kwargs: Any) -> Any:
            return _in_trace(f, args, kwargs)

        return _wrapped(f, checkpointed)

    return _once(f, "checkpoint", make)


def _in_trace(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A call of `f` as a function of its own, which carries `diff.recomputed`."""
    trace = current()
    leaves, structure = flatten((args, kwargs))
    leaves = [operand(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
    name = getattr(f, "__name__", "f")
    with trace.function(name if name.isidentifier() else "f", []) as region:
        own = [Box(leaf.read(), leaf.shape, leaf.element) if isinstance(leaf, Array) else leaf for leaf in leaves]
        before = [box.value if isinstance(box, Box) else None for box in own]
        inner_args, inner_kwargs = unflatten(structure, own)
        results, result_structure = flatten_result(call(f, *inner_args, **inner_kwargs))
        _refuse_stores(region)
        same = {id(box): i for i, box in enumerate(own) if isinstance(box, Box)}
        outputs: list[Any] = []
        returned = []
        for leaf in results:
            form = None if id(leaf) in same or is_number(leaf) else form_of(leaf)
            outputs.append(form if form is not None else leaf)
            if form is not None:
                returned.append(form.value(leaf, "a result"))
        written = [i for i, box in enumerate(own) if isinstance(box, Box) and box.value != before[i]]
        returned += [own[i].read() for i in written]
        trace.emit("func.return", [], returned)
    region.func.attributes[RECOMPUTED] = ir.UnitAttr.get()
    callee = {"callee": ir.FlatSymbolRefAttr.get(region.name)}
    values = iter(trace.emit("func.call", [v.type for v in returned], region.captures, callee).results)
    wrapped = [o.wrap(next(values)) if isinstance(o, Form) else leaves[same[id(o)]] if id(o) in same else o
               for o in outputs]
    for i in written:
        leaves[i].write(next(values))
    return unflatten(result_structure, wrapped)


def _refuse_stores(region: Any) -> None:
    """A checkpointed function runs twice: what it stores into objects would happen twice, or with dead values."""
    slot = next((slot for slot, _ in region.journal.changed_slots()), None)
    if slot is None:
        return
    position = region.journal.places.get(slot.identity())
    region.journal.undo()
    raise UnsupportedError(
        f"{slot.label()} is changed by a checkpointed function", position,
        why="the function is evaluated again in the reverse sweep, and the change is none of its results",
        help="return the new values")
