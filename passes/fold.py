"""Trivial folds, all exact: integer and index arithmetic, casts, selections, neutral elements, extents, known elements.

Floats are folded only where IEEE arithmetic gives the same bits: ``x*1``, ``x-0``, ``x+(-0)``, ``-(-x)`` and the four
operations on constants; ``x+0`` is not exact (x = -0) and stays.  Each rule looks at one operation and returns the
value that replaces its result, or None; what becomes unused is left to dead code elimination.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC, defining_op, ir, is_tensor, terminator, walk
from wengert.dialects.build import constant, create
from wengert.dialects.control import IF, body_operations
from wengert.dialects.op import DTYPES, decode_attributes, dtype_name, lookup
from wengert.passes.purity import constant_integer

Rule = Callable[[Any], Any]
RULES: dict[str, list[Rule]] = {}


def fold(func: Any) -> bool:
    """Apply the rules to every operation of a function, in program order; whether anything was replaced."""
    changed = False
    for op in walk(func)[1:]:
        if len(op.results) != 1:
            continue
        with op.location, ir.InsertionPoint(op):
            replacement = _first(op)
        if replacement is not None and replacement.type == op.results[0].type:
            op.results[0].replace_all_uses_with(replacement)
            changed = True
    for op in reversed(walk(func, IF)):
        changed |= _fold_if(op)
    return changed


def _first(op: Any) -> Any:
    if not any(True for _ in op.results[0].uses):
        return None
    for rule in (evaluate, *RULES.get(op.name, ())):
        replacement = rule(op)
        if replacement is not None:
            return replacement
    return None


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Decorator: a fold of the operations called `names`."""
    def enter(function: Rule) -> Rule:
        for name in names:
            RULES.setdefault(name, []).append(function)
        return function
    return enter


# ---------------------------------------------------------------- constants

_EXACT_ON_FLOATS = frozenset({"arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.negf"})
_IGNORED = ("fastmath", "overflowFlags", "nuw", "nsw")


def scalar_constant(value: Any) -> Any:
    """The NumPy value of a scalar `arith.constant`, else None."""
    op = defining_op(value)
    return None if op is None else _number(op)


def splat(value: Any) -> Any:
    """The number a scalar constant is, or all elements of a filled tensor are; else None."""
    op = defining_op(value)
    if op is None:
        return None
    return scalar_constant(op.operands[0]) if op.name == "nd.full" else _number(op)


def _number(op: Any) -> Any:
    if op.name != "arith.constant" or is_tensor(type_ := op.results[0].type):
        return None
    return DTYPES[dtype_name(type_)](op.attributes["value"].value)


def evaluate(op: Any) -> Any:
    """A scalar op of constants."""
    record = lookup(op.name)
    if record is None or record.effect or (record.family != "discrete" and op.name not in _EXACT_ON_FLOATS):
        return None
    operands = []
    for value in op.operands:
        operands.append(scalar_constant(value))
        if operands[-1] is None:
            return None
    if not operands or is_tensor(op.results[0].type):
        return None
    if ("div" in op.name or "rem" in op.name) and op.name not in _EXACT_ON_FLOATS and operands[1] in (0, -1):
        return None
    attributes = {k: v for k, v in decode_attributes(op).items() if "." not in k and k not in _IGNORED}
    type_ = op.results[0].type
    if record.typed:
        attributes["out"] = [((), DTYPES[dtype_name(type_)])]
    with np.errstate(all="ignore"):
        number = record.meaning(*operands, **attributes)
    if np.isnan(number):  # which nan is the machine's choice
        return None
    return constant(number.item() if isinstance(number, np.generic) else number, type_)


# ---------------------------------------------------------------- integers and indices


def _is(value: Any, number: int) -> bool:
    return constant_integer(value) == number


def _operands_of(value: Any, name: str) -> list[Any] | None:
    op = defining_op(value)
    return list(op.operands) if op is not None and op.name == name else None


def _offset(value: Any) -> tuple[Any, int]:
    """(base, c) with value = base + c."""
    op = defining_op(value)
    if op is not None and op.name in ("arith.addi", "arith.subi"):
        a, b = op.operands
        if (c := constant_integer(b)) is not None:
            return a, c if op.name == "arith.addi" else -c
        if op.name == "arith.addi" and (c := constant_integer(a)) is not None:
            return b, c
    return value, 0


@rule("arith.addi", "arith.subi")
def _collect_offsets(op: Any) -> Any:
    """(x + c1) + c2 = x + (c1 + c2)."""
    base, c = _offset(op.results[0])
    if base == op.results[0]:
        return None
    if c == 0:
        return base
    inner, c_inner = _offset(base)
    if inner == base:
        return None
    if c + c_inner == 0:
        return inner
    return create("arith.addi", [base.type], [inner, constant(c + c_inner, base.type)]).result


@rule("arith.addi")
def _fold_add(op: Any) -> Any:
    """(a - b) + b = a, a * -1 + a = 0: the last index of an array that is read backwards."""
    for x, y in (list(op.operands), list(op.operands)[::-1]):
        product = _operands_of(x, "arith.muli")
        if product is not None and not is_tensor(y.type) and product[0] == y and _is(product[1], -1):
            return constant(0, y.type)
        if (difference := _operands_of(x, "arith.subi")) is not None and difference[1] == y:
            return difference[0]
    return None


@rule("arith.subi")
def _fold_subtract(op: Any) -> Any:
    """a - a = 0, (a + b) - b = a, a - (a - b) = b."""
    x, y = op.operands
    if x == y and not is_tensor(x.type):
        return constant(0, x.type)
    if (sum_ := _operands_of(x, "arith.addi")) is not None:
        if sum_[1] == y:
            return sum_[0]
        if sum_[0] == y:
            return sum_[1]
    if (difference := _operands_of(y, "arith.subi")) is not None and difference[0] == x:
        return difference[1]
    return None


@rule("arith.muli")
def _fold_multiply(op: Any) -> Any:
    for x, y in (list(op.operands), list(op.operands)[::-1]):
        if _is(y, 1):
            return x
        if _is(y, 0):
            return y
    return None


@rule("arith.divsi", "arith.divui", "arith.floordivsi", "arith.ceildivsi", "arith.ceildivui")
def _divide_by_one(op: Any) -> Any:
    return op.operands[0] if _is(op.operands[1], 1) else None


@rule("arith.remsi", "arith.remui")
def _remainder_of_one(op: Any) -> Any:
    return constant(0, op.results[0].type) if _is(op.operands[1], 1) else None


@rule("arith.maxsi", "arith.minsi")
def _fold_extremum(op: Any) -> Any:
    """max(x, x) = x, max(max(x, a), b) = max(x, max(a, b)) of constants; likewise min."""
    x, y = op.operands
    if x == y:
        return x
    outer, inner = constant_integer(y), _operands_of(x, op.name)
    if outer is None or inner is None or (c := constant_integer(inner[1])) is None:
        return None
    chosen = max(c, outer) if op.name == "arith.maxsi" else min(c, outer)
    return x if chosen == c else create(op.name, [x.type], [inner[0], constant(chosen, x.type)]).result


@rule("arith.andi", "arith.ori")
def _fold_logic(op: Any) -> Any:
    """For all bits set (true) and none (false)."""
    neutral, absorbing = (-1, 0) if op.name == "arith.andi" else (0, -1)
    for x, y in (list(op.operands), list(op.operands)[::-1]):
        if x == y:
            return x
        if (bits := constant_integer(y)) is not None:
            bits = -bits if y.type == ir.IntegerType.get_signless(1) and bits == 1 else bits
            if bits == neutral:
                return x
            if bits == absorbing:
                return y
    return None


@rule("arith.xori")
def _fold_xor(op: Any) -> Any:
    """x ^ 0 = x, (x ^ c) ^ c = x."""
    x, y = op.operands
    if _is(y, 0):
        return x
    inner = _operands_of(x, "arith.xori")
    return inner[0] if inner is not None and inner[1] == y else None


@rule("arith.cmpi")
def _compare_with_itself(op: Any) -> Any:
    x, y = op.operands
    if x != y or is_tensor(x.type):
        return None
    reflexive = ir.IntegerAttr(op.attributes["predicate"]).value in (0, 3, 5, 7, 9)
    return constant(reflexive, op.results[0].type)


_INVERSES = {"arith.index_cast": ("arith.index_cast",), "arith.trunci": ("arith.extui", "arith.extsi"),
             "arith.truncf": ("arith.extf",)}
_WIDTHS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "index": 64}


@rule("arith.index_cast", "arith.trunci", "arith.truncf")
def _fold_round_trip(op: Any) -> Any:
    """A conversion undone by this one: through a type that is at least as wide."""
    inner = defining_op(op.operands[0])
    if inner is None or inner.name not in _INVERSES[op.name]:
        return None
    source, through = inner.operands[0], op.operands[0]
    widths = [_WIDTHS.get(dtype_name(v.type), 0) for v in (source, through)]
    return source if source.type == op.results[0].type and widths[0] <= widths[1] else None


# ---------------------------------------------------------------- floats: only what is exact


def _negative_zero(number: Any) -> bool:
    return bool(number == 0 and np.signbit(number))


@rule("arith.mulf", "arith.divf")
def _times_one(op: Any) -> Any:
    x, y = op.operands
    if splat(y) == 1.0:
        return x
    return y if op.name == "arith.mulf" and splat(x) == 1.0 else None


@rule("arith.addf", "arith.subf")
def _plus_nothing(op: Any) -> Any:
    """x - 0 and x + (-0): the zero whose sign cannot show; any zero where signs of zeros do not count (nsz)."""
    x, y = op.operands
    right = splat(y)
    if op.name == "arith.addf" and "nsz" in str(op.attributes.get("fastmath", "")):
        if right is not None and right == 0:
            return x
        if (left := splat(x)) is not None and left == 0:
            return y
    if op.name == "arith.subf":
        return x if right is not None and right == 0 and not _negative_zero(right) else None
    if right is not None and _negative_zero(right):
        return x
    left = splat(x)
    return y if left is not None and _negative_zero(left) else None


@rule("arith.negf")
def _negate_twice(op: Any) -> Any:
    inner = _operands_of(op.operands[0], "arith.negf")
    return inner[0] if inner is not None else None


@rule("arith.mulf", "arith.divf")
def _move_sign_out(op: Any) -> Any:
    """(-a) * b = -(a * b), likewise a quotient: the sign goes where an addition takes it up."""
    for position, x in enumerate(op.operands):
        inner = _operands_of(x, "arith.negf")
        if inner is not None and _uses(x) == 1:
            operands = [inner[0] if i == position else v for i, v in enumerate(op.operands)]
            product = create(op.name, [op.results[0].type], operands).result
            return create("arith.negf", [product.type], [product]).result
    return None


@rule("arith.addf", "arith.subf")
def _take_up_sign(op: Any) -> Any:
    """x + (-y) = x - y,  (-x) + y = y - x,  x - (-y) = x + y."""
    if "nd.accumulate" in op.attributes:
        return None
    x, y = op.operands
    if (negated := _operands_of(y, "arith.negf")) is not None:
        other = "arith.subf" if op.name == "arith.addf" else "arith.addf"
        return create(other, [x.type], [x, negated[0]]).result
    if op.name == "arith.addf" and (negated := _operands_of(x, "arith.negf")) is not None:
        return create("arith.subf", [x.type], [y, negated[0]]).result
    return None


def _uses(value: Any) -> int:
    return sum(1 for _ in value.uses)


@rule("arith.select")
def _fold_select(op: Any) -> Any:
    condition, x, y = op.operands
    if x == y:
        return x
    chosen = constant_integer(condition)
    if chosen is not None:
        return x if chosen else y
    i1 = ir.IntegerType.get_signless(1)
    return condition if x.type == i1 and constant_integer(x) not in (None, 0) and _is(y, 0) else None


def _fold_if(op: Any) -> bool:
    """A branch that is always taken takes the place of its `if`."""
    condition = constant_integer(op.operands[0])
    if condition is None:
        return False
    region = op.regions[0 if condition else 1]
    values: list[Any] = []
    if len(region.blocks):
        block = region.blocks[0]
        for inner in body_operations(block):
            inner.move_before(op)
        values = list(terminator(block).operands)
    for result, value in zip(op.results, values):
        result.replace_all_uses_with(value)
    op.erase()
    return True


# ---------------------------------------------------------------- tensors


@rule("tensor.dim")
def _fold_dim(op: Any) -> Any:
    array, d = op.operands[0], constant_integer(op.operands[1])
    if d is None or not 0 <= d < array.type.rank:
        return None
    if not array.type.is_dynamic_dim(d):
        return constant(array.type.shape[d], op.results[0].type)
    source = defining_op(array)
    record = lookup(source.name) if source is not None else None
    if source is None or record is None:
        return None
    if record.destination is not None:
        return create("tensor.dim", [op.results[0].type], [source.operands[record.destination], op.operands[1]]).result
    if source.name in ("nd.full", "nd.empty", "nd.iota"):
        before = sum(array.type.is_dynamic_dim(i) for i in range(d))
        return source.operands[before + (source.name == "nd.full")]
    if record.family == "elementwise":
        return create("tensor.dim", [op.results[0].type], [source.operands[0], op.operands[1]]).result
    return None


@rule("tensor.extract")
def _element_of_filled(op: Any) -> Any:
    filled = _operands_of(op.operands[0], "nd.full")
    return filled[0] if filled is not None else None


@rule("nd.broadcast", "nd.reshape", "nd.transpose", "nd.reverse", "tensor.extract_slice")
def _identity(op: Any) -> Any:
    """The op moves nothing: the same static shape, in the same order."""
    x, type_ = op.operands[0], op.results[0].type
    if x.type != type_ or not type_.has_static_shape:
        return None
    attributes = decode_attributes(op)
    order = attributes.get("permutation", attributes.get("dimensions", ()))
    if op.name == "nd.reverse":
        return x if not order else None
    if op.name == "tensor.extract_slice":
        plain = (*attributes["static_offsets"], *attributes["static_strides"]) == (0,) * type_.rank + (1,) * type_.rank
        return x if plain and DYNAMIC not in attributes["static_sizes"] else None
    return x if tuple(order) in ((), tuple(range(type_.rank))) else None


@rule("nd.broadcast", "nd.reshape")
def _of_equal_elements(op: Any) -> Any:
    """An array whose elements are equal, or unwritten, is made with its new shape."""
    source, sizes = defining_op(op.operands[0]), list(op.operands)[1:]
    if source is None or source.name not in ("nd.full", "nd.empty"):
        return None
    value = [source.operands[0]] if source.name == "nd.full" else []
    return create(source.name, [op.results[0].type], [*value, *sizes]).result
