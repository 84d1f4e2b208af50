"""Which loops may run their iterations in any order, or at once.

The iterations of ``for i`` are independent if nothing one writes is read or written by another. Memory is known by its
root, an argument or an allocation, and two roots do not overlap; accesses go through views of constant strides. A root
that the loop writes must have a dimension at which every access to it, of whatever view, stands at the same multiple of
i plus the same value that no iteration changes: then iterations meet different elements. What a loop carries must be
sums that may be added up in any order (reassociate).

Assumes scalar loops over memory, after linalg has become loops. Answers are proofs: no is always safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, block_of, defining_op, ir, walk
from wengert.dialects.control import FOR, WHILE, For, entry
from wengert.passes.affine import Form, form_of
from wengert.passes.purity import constant_integer
from wengert.passes.reassociate import accumulation

SUBVIEW, CAST = "memref.subview", "memref.cast"
ALLOCATIONS = frozenset({"memref.alloc", "memref.alloca"})
_SCALAR = ("arith.", "math.")
_HARMLESS = frozenset({"memref.load", "memref.store", SUBVIEW, CAST, "memref.dim", "scf.for", "scf.if", "scf.while",
                       "scf.condition", "scf.yield"})


@dataclass(frozen=True)
class Access:
    """One load or store: its root, and where it stands in each dimension of it; None where that is not known."""

    root: Any
    place: tuple[Form, ...] | None
    writes: bool


def accesses(loop: Any) -> list[Access] | None:
    """Every access to memory inside a loop; None if it does anything else that other iterations could notice."""
    found = []
    for op in walk(loop):
        if op == loop or op.name.startswith(_SCALAR):
            continue
        if op.name not in _HARMLESS:
            return None
        if op.name in ("memref.load", "memref.store"):
            writes = op.name == "memref.store"
            memref, *indices = list(op.operands)[1 if writes else 0 :]
            access = _access(memref, [form_of(index) for index in indices], writes)
            if access is None:
                return None
            found.append(access)
    return found


def _access(memref: Any, place: list[Form] | None, writes: bool) -> Access | None:
    """The access in terms of the root; None if it is not known what the root is."""
    while (op := defining_op(memref)) is not None and op.name not in ALLOCATIONS:
        if op.name == SUBVIEW:
            place = None if place is None else _in_source(op, place)
        elif op.name != CAST:
            return None
        memref = op.operands[0]
    if op is None and not is_own_argument(memref):
        return None
    return Access(memref, None if place is None else tuple(place), writes)


def is_own_argument(value: Any) -> bool:
    """Whether a value is an argument of a function whose memory no other argument shares."""
    block = block_of(value)
    func = block.owner.operation
    if func.name != "func.func" or "arg_attrs" not in func.attributes:
        return False
    attributes = ir.DictAttr(ir.ArrayAttr(func.attributes["arg_attrs"])[ir.BlockArgument(value).arg_number])
    return "llvm.noalias" in attributes


def _in_source(view: Any, place: list[Form]) -> list[Form] | None:
    """Where an element of a subview stands in what is viewed."""
    operands = list(view.operands)[1:]
    values = {name: list(ir.DenseI64ArrayAttr(view.attributes[f"static_{name}"]))
              for name in ("offsets", "sizes", "strides")}
    forms: dict[str, list[Form]] = {}
    for name, static in values.items():
        forms[name] = [Form(number) if number != DYNAMIC else form_of(operands.pop(0)) for number in static]
    if any(form.coefficients for form in forms["strides"]):
        return None
    kept = list(range(len(values["sizes"])))
    dropped = len(kept) - len(place)
    units = [k for k in kept if values["sizes"][k] == 1]
    if dropped and len(units) != dropped:
        return None  # which of the dimensions of extent 1 are gone is not written down
    if dropped:
        kept = [k for k in kept if k not in units]
    source = list(forms["offsets"])
    for k, form in zip(kept, place, strict=True):
        source[k] = source[k].plus(form, forms["strides"][k].constant)
    return source


def sums(loop: Any) -> bool:
    """Whether all that a loop carries are floats it only adds to, in any order."""
    view = For(loop)
    for position, carry in enumerate(view.carries):
        additions = accumulation(carry, entry(loop), position) if isinstance(carry.type, ir.FloatType) else None
        if not additions or not all(_any_order(addition) for addition in additions):
            return False
    return True


def _any_order(addition: Any) -> bool:
    return "fastmath" in addition.attributes and "reassoc" in str(addition.attributes["fastmath"])


def independent(loop: Any) -> bool:
    """Whether the iterations of a loop may run at once."""
    found = accesses(loop)
    if found is None or not sums(loop):
        return False
    iv = For(loop).iv
    for root in {access.root for access in found if access.writes}:
        known = [access.place for access in found if access.root == root]
        places = [place for place in known if place is not None]
        if len(places) < len(known):
            return False
        if not any(_separates([place[d] for place in places], iv, loop) for d in range(len(places[0]))):
            return False
    return True


def _separates(forms: list[Form], iv: Any, loop: Any) -> bool:
    """Whether all accesses stand, in one dimension, at the same multiple of iv plus what the loop leaves alone."""
    first = forms[0]
    if not first.coefficients.get(iv) or any(form != first for form in forms):
        return False
    return all(_is_outside(atom, loop) for atom in first.without(iv).coefficients)


def _is_outside(value: Any, loop: Any) -> bool:
    op = block_of(value).owner.operation if defining_op(value) is None else defining_op(value)
    while op is not None:
        if op == loop:
            return False
        op = op.parent.operation if op.parent is not None else None
    return True


def trip_count(loop: Any) -> int | None:
    """How often a loop of step 1 with known bounds runs."""
    lower, upper, step = map(constant_integer, For(loop).bounds)
    return upper - lower if lower is not None and upper is not None and step == 1 else None


#: What scalar operations take, in additions: a division keeps its unit busy, functions are some thirty operations.
_COSTS = {"arith.divf": 4, "math.sqrt": 4}
_FUNCTION, _UNKNOWN_TRIPS = 30, 16


def work(loop: Any) -> int:
    """An estimate of what a loop takes, in additions of numbers."""
    trips = trip_count(loop)
    return (_UNKNOWN_TRIPS if trips is None else trips) * _work_of(entry(loop))


def _work_of(block: Any) -> int:
    total = 0
    for op in block.operations:
        op = op.operation
        if op.name == FOR:
            total += work(op)
        elif op.name == WHILE:
            total += _UNKNOWN_TRIPS * sum(_work_of(region.blocks[0]) for region in op.regions)
        elif len(op.regions):
            total += max(_work_of(region.blocks[0]) for region in op.regions if len(region.blocks))
        else:
            total += _COSTS.get(op.name, _FUNCTION if op.name.startswith("math.") else 1)
    return total
