"""Sums of products of labelled tensors, as nd ops: the einsum of passes that raise loops."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce as reduce_pairs
from typing import Any

from wengert.dialects.build import create, full_like
from wengert.dialects.multilinear import dot_general
from wengert.dialects.reduction import reduce
from wengert.dialects.structural import transpose


class NoProductError(Exception):
    """Something is no sum of products, or there is a simpler way to compute it."""


@dataclass(frozen=True)
class Factor:
    """A scalar, or a tensor of which each dimension has a label."""

    value: Any
    labels: tuple[int, ...]


def contracted(factors: Sequence[Factor], out: tuple[int, ...]) -> Any:
    """The sum, over the labels that are not in `out`, of the product of the factors; its dimensions are `out`.

    Raises:
        NoProductError: of more than two tensors with different labels.
    """
    scalars = [factor.value for factor in factors if not factor.labels]
    tensors: list[Factor] = []
    for factor in (f for f in factors if f.labels):
        same = next((i for i, other in enumerate(tensors) if set(other.labels) == set(factor.labels)), None)
        if same is None:
            tensors.append(factor)
        else:
            tensors[same] = Factor(_times(tensors[same].value, _ordered(factor, tensors[same].labels)),
                                   tensors[same].labels)
    if len(tensors) not in (1, 2):
        raise NoProductError
    needed = [{*out, *(label for g in tensors if g is not f for label in g.labels)} for f in tensors]
    tensors = [_summed(f, labels) for f, labels in zip(tensors, needed)]
    scalars += [f.value for f in tensors if not f.labels]
    tensors = [f for f in tensors if f.labels]
    result = _ordered(tensors[0] if len(tensors) == 1 else _product(tensors[0], tensors[1], out), out)
    if not scalars:
        return result
    return _times(full_like(reduce_pairs(_times, scalars), result), result)


def _times(x: Any, y: Any) -> Any:
    return create("arith.mulf", [x.type], [x, y]).result


def _summed(factor: Factor, needed: Collection[int]) -> Factor:
    """Summed over the labels that nobody else needs."""
    axes = tuple(d for d, label in enumerate(factor.labels) if label not in needed)
    if not axes:
        return factor
    return Factor(reduce(factor.value, "sum", axes), tuple(x for x in factor.labels if x in needed))


def _product(a: Factor, b: Factor, out: Collection[int]) -> Factor:
    common = [label for label in a.labels if label in b.labels]
    summed, batch = ([x for x in common if (x in out) == kept] for kept in (False, True))
    contracting, along = (([a.labels.index(x) for x in labels], [b.labels.index(x) for x in labels])
                          for labels in (summed, batch))
    value = dot_general(a.value, b.value, contracting, along)
    free = (x for f in (a, b) for x in f.labels if x not in common)
    return Factor(value, (*batch, *free))


def _ordered(factor: Factor, labels: tuple[int, ...]) -> Any:
    if factor.labels == labels:
        return factor.value
    return transpose(factor.value, tuple(factor.labels.index(label) for label in labels))
