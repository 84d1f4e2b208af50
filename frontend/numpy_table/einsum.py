"""numpy.einsum: subscripts are read into labels, repeated ones become diagonals, and pairs of factors are contracted.

A term is a list of labels, one a dimension; a label is a letter, or ("...", k) for a dimension that an ellipsis stands
for, counted from its right end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.conversions import element_of
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.products import contracted
from wengert.frontend.numpy_table.reductions import reduce_truth, sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import reshape, transpose
from wengert.frontend.operands import converted, kind_of, operand, strong
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box
from wengert.frontend.views import with_new_axes

Label = Any
Term = tuple[Label, ...]
#: Letters for labels, as many as einsum has.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Factor(NamedTuple):
    """An array or a number, and the label of each of its dimensions."""

    term: Term
    value: Any


@covers(np.einsum)
def einsum(*operands: Any, dtype: Any = None, order: Any = "K", casting: Any = "safe", optimize: Any = False) -> Any:
    """Sums of products by labels: as a string, or as lists of integers beside the operands."""
    texts, output, values = _read(operands)
    factors = [Factor(_labels(text, _rank(x), k), x) for k, (text, x) in enumerate(zip(texts, values))]
    if dtype is not None:
        factors = [Factor(term, converted(x, element_of(dtype))) for term, x in factors]
    result = _result_labels(output, factors)
    factors = _without_unit_extents([_diagonal(factor) for factor in factors], result)
    for first, second in _order(factors, result):
        rest = [f for k, f in enumerate(factors) if k not in (first, second)]
        needed = {*result, *(label for f in rest for label in f.term)}
        factors = [*rest, _contracted_pair(factors[first], factors[second], needed)]
    return strong(_ordered(_summed(factors[0], set(result)), result))


def _refuse(what: str, why: str = "") -> NoReturn:
    fail(what, why=why, error=WengertValueError)


def _rank(x: Any) -> int:
    return x.ndim if isinstance(x, Array) else 0


# ---------------------------------------------------------------- reading the subscripts


def _read(operands: Sequence[Any]) -> tuple[list[str], str | None, list[Any]]:
    """The text of each operand's subscripts, that of the output (None: not given), and the operands."""
    if not operands:
        _refuse("must specify the einstein sum subscripts string and at least one operand, or at least one operand and "
                "its corresponding subscripts list")
    if not isinstance(operands[0], str):
        return _read_lists(operands)
    subscripts, *values = operands
    text = subscripts.replace(" ", "")
    for character in text.replace("...", "").replace("->", ""):
        if character not in LETTERS and character != ",":
            _refuse(f"invalid subscript '{character}' in einstein sum subscripts string, subscripts must be letters")
    left, arrow, output = text.partition("->")
    texts = left.split(",")
    if len(texts) != len(values):
        relation = "more operands provided to einstein sum function than specified in the subscripts string" \
            if len(values) > len(texts) else \
            "fewer operands provided to einstein sum function than specified in the subscripts string"
        _refuse(relation, why=f"{subscripts!r} is for {len(texts)} operand(s), and there are {len(values)}")
    return texts, output if arrow else None, [operand(x) for x in values]


def _read_lists(operands: Sequence[Any]) -> tuple[list[str], str | None, list[Any]]:
    """``einsum(a, [0, 1], b, [1, 2], [0, 2])``"""
    pairs, output = list(operands), None
    if len(pairs) % 2:
        output = _spelled(pairs.pop())
    return [_spelled(x) for x in pairs[1::2]], output, [operand(x) for x in pairs[::2]]


def _spelled(labels: Any) -> str:
    return "".join("..." if x is Ellipsis else LETTERS[x] for x in labels)


def _labels(text: str, rank: int, position: int) -> Term:
    """The label of each dimension of an operand."""
    before, dots, after = text.partition("...")
    covered = rank - len(before) - len(after)
    if covered < 0:
        _refuse(f"einstein sum subscripts string contains too many subscripts for operand {position}",
                why=f"{text!r} does not fit an array of {rank} dimensions")
    if covered and not dots:
        _refuse("operand has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided to "
                "broadcast the extra dimensions.", why=f"{text!r} does not fit an array of {rank} dimensions")
    return (*before, *(("...", k) for k in range(covered, 0, -1)), *after)


def _result_labels(output: str | None, factors: Sequence[Factor]) -> Term:
    counts = Counter(label for f in factors for label in f.term)
    dots = tuple(sorted((label for label in counts if label[0] == "..."), reverse=True))
    if output is None:  # those that occur once, in the order of the alphabet
        return (*dots, *sorted(label for label, n in counts.items() if n == 1 and label[0] != "..."))
    before, ellipsis, after = output.partition("...")
    for label in before + after:
        if label not in counts:
            _refuse(f"einstein sum subscripts string included output subscript '{label}' "
                    "which never appeared in an input")
        if (before + after).count(label) > 1:
            _refuse(f"einstein sum subscripts string includes output subscript '{label}' multiple times")
    if dots and not ellipsis:
        _refuse("output has fewer dimensions than the ellipsis of the operands stands for",
                why="einsum does not sum over the dimensions of '...'")
    return (*before, *(dots if ellipsis else ()), *after)


# ---------------------------------------------------------------- operands on their own


def _diagonal(factor: Factor) -> Factor:
    """A label that occurs twice in a term stands for a diagonal: every (n + 1)th element of n * n."""
    term, x = factor
    for label in [c for c, n in Counter(term).items() if n > 1]:
        while term.count(label) > 1:
            i = term.index(label)
            j = term.index(label, i + 1)
            n = x.shape[i]
            if not all(isinstance(m, int) for m in x.shape):
                fail("numpy.einsum with a repeated index of an array of run-time size is not covered")
            if n != x.shape[j]:
                _refuse(f"dimensions in operand for collapsing index '{label}' don't match ({n} != {x.shape[j]})")
            rest = [d for d in range(x.ndim) if d not in (i, j)]
            kept = tuple(x.shape[d] for d in rest)
            flat = reshape(transpose(x, (*rest, i, j)), (*kept, n * n))
            x = getitem(flat, (..., slice(None, None, n + 1)))
            term = (*(term[d] for d in rest), label)
    return Factor(term, x)


def _without_unit_extents(factors: Sequence[Factor], result: Term) -> list[Factor]:
    """Dimensions of extent 1 are broadcast against others of the same label: they are left out."""
    extents: dict[Label, list[Any]] = {}
    for f in factors:
        for label, n in zip(f.term, _shape(f)):
            extents.setdefault(label, []).append(n)
    stretched = {label for label, several in extents.items() if not all(_is_one(n) for n in several)}
    for label, several in extents.items():
        known = {n for n in several if isinstance(n, int) and n != 1}
        if len(known) > 1:
            _refuse(f"operands could not be broadcast together: the subscript {_shown(label)} has extents "
                    f"{' and '.join(str(n) for n in sorted(known))}")
    slim = []
    for f in factors:
        dropped = [d for d, (label, n) in enumerate(zip(f.term, _shape(f))) if _is_one(n) and label in stretched]
        index = tuple(0 if d in dropped else slice(None) for d in range(len(f.term)))
        value = getitem(f.value, index) if dropped else f.value
        slim.append(Factor(tuple(label for d, label in enumerate(f.term) if d not in dropped), value))
    return slim


def _is_one(n: Any) -> bool:
    return isinstance(n, int) and n == 1


def _shape(f: Factor) -> tuple[Any, ...]:
    return tuple(f.value.shape) if isinstance(f.value, Array) else ()


def _shown(label: Label) -> str:
    return "'...'" if isinstance(label, tuple) else repr(label)


# ---------------------------------------------------------------- pairs


def _order(factors: Sequence[Factor], result: Term) -> list[tuple[int, int]]:
    """Which two factors to contract, one pair after another; what is made comes last.  NumPy's greedy order where there
    is a choice and all extents are known."""
    count = len(factors)
    shapes = [_shape(f) for f in factors]
    if count <= 2 or not all(isinstance(n, int) for shape in shapes for n in shape):
        return [(0, 1)] if count == 2 else [(0, 1), *((0, count - k - 1) for k in range(1, count - 1))][:count - 1]
    numbers = {label: k for k, label in enumerate(dict.fromkeys(label for f in factors for label in f.term))}
    arguments: list[Any] = []
    for f, shape in zip(factors, shapes):
        arguments += [np.broadcast_to(0.0, shape), [numbers[label] for label in f.term]]
    path, _ = np.einsum_path(*arguments, [numbers[label] for label in result], optimize="greedy")
    pairs: list[tuple[int, int]] = []
    for step in path[1:]:
        together = sorted(step)
        left = count - len(pairs)
        pairs.append((together[0], together[1]))
        for k, _ in enumerate(together[2:]):  # more than two at once: one after another, with what was made
            pairs.append((together[2 + k] - 2 - k, left - 2 - k))
    return pairs


def _contracted_pair(a: Factor, b: Factor, needed: set[Label]) -> Factor:
    a, b = _summed(a, needed.union(b.term)), _summed(b, needed.union(a.term))
    (s, x), (t, y) = a, b
    over = [c for c in s if c in t and c not in needed]
    batch = [c for c in s if c in t and c in needed]
    if not over or not isinstance(x, Array) or not isinstance(y, Array):
        return _product(a, b)
    pairs = (
        ([s.index(c) for c in over], [t.index(c) for c in over]),
        ([s.index(c) for c in batch], [t.index(c) for c in batch]),
    )
    return Factor((*batch, *(c for c in s if c not in t), *(c for c in t if c not in s)), contracted(x, y, *pairs))


def _product(a: Factor, b: Factor) -> Factor:
    """Without sums: element by element along common labels."""
    labels = (*a.term, *(c for c in b.term if c not in a.term))
    return Factor(labels, binary("Mult", *(_spread(f, labels) for f in (a, b))))


def _spread(f: Factor, labels: Term) -> Any:
    """The value with one dimension a label, of extent 1 where it has none."""
    if not isinstance(f.value, Array):
        return f.value
    ordered = _ordered(f, tuple(c for c in labels if c in f.term))
    missing = [d for d, c in enumerate(labels) if c not in f.term]
    return with_new_axes(ordered, missing) if missing else ordered


def _summed(f: Factor, needed: set[Label]) -> Factor:
    """Sums over the labels nothing else needs."""
    axes = tuple(d for d, c in enumerate(f.term) if c not in needed)
    if not axes:
        return f
    kind = kind_of(f.value)
    if kind.element == "i1":
        total = reduce_truth("any", f.value, axes)
    else:
        total = sum_(f.value, axis=axes, dtype=np.dtype(_dtype(kind.element)))
    return Factor(tuple(c for c in f.term if c in needed), total)


def _dtype(element: str) -> Any:
    from wengert.frontend.conversions import DTYPES

    return DTYPES[element]


def _ordered(f: Factor, output: Term) -> Any:
    if not isinstance(f.value, Array):
        return f.value
    moved = transpose(f.value, tuple(f.term.index(c) for c in output))
    return Box(moved.read(), moved.shape, moved.element)
