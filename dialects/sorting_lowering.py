"""Loops of nd.argsort: a stable merge sort of integer keys, bottom up.

Elements become integer keys of the same order, once: the bits of a float, with those of negative ones flipped, -0.0
made 0.0 and every nan the largest key.  Runs of w elements are merged to 2w in scratch memory and from there to 4w in
place, until one run is left; so the two halves of memory never change roles, and every step of a merge is free of
branches.  O(n log n) whatever the order of the elements, three scratch arrays of n for all rows together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.lowerings import Tensors

Body = Callable[[Any, list[Any]], list[Any]]
SLT, OEQ = 2, 1  # upstream's numbers of predicates


def lower_argsort(tensors: Tensors, op: Any) -> Any:
    array, values = tensors.array(op.operands[0]), tensors.value(op.operands[0])
    i64 = ir.IntegerType.get_signless(64)
    *lead, n = [index(x) if isinstance(x, int) else x for x in array.shape]
    key_type = _key_type(array.element)
    length = (array.shape[-1],)
    scratch = [tensors.empty(key_type, length), tensors.empty(key_type, length), tensors.empty(i64, length)]
    result = tensors.empty(i64, array.shape)

    def rows(place: list[Any], carried: list[Any]) -> list[Any]:
        if len(place) < len(lead):
            return loop(index(0), lead[len(place)], carried, lambda i, inner: rows([*place, i], inner))
        return _Row(tensors, place, n, key_type).sorted(values, array.element, carried)

    return tensors.version(rows([], [result, *scratch])[0], result)


def _key_type(element: Any) -> Any:
    return ir.IntegerType.get_signless(element.width) if isinstance(element, ir.FloatType) else element


def loop(lower: Any, upper: Any, carried: Sequence[Any], body: Body, step: Any = None) -> list[Any]:
    """``for i in range(lower, upper, step): carried = body(i, carried)``"""
    made = make_for(lower, upper, index(1) if step is None else step, carried)
    with ir.InsertionPoint(made.block):
        yield_(body(made.iv, made.carries), made.block)
    return made.results


def arith(name: str, x: Any, y: Any) -> Any:
    return create(f"arith.{name}", [x.type], [x, y]).result


def compared(name: str, predicate: int, x: Any, y: Any) -> Any:
    """arith.cmpi or arith.cmpf with upstream's number of a predicate."""
    number = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), predicate)
    return create(f"arith.{name}", [ir.IntegerType.get_signless(1)], [x, y], {"predicate": number}).result


def below(x: Any, y: Any) -> Any:
    """x < y of integers"""
    return compared("cmpi", SLT, x, y)


def negated(flag: Any) -> Any:
    return arith("xori", flag, constant(1, flag.type))


def chosen(flag: Any, x: Any, y: Any) -> Any:
    return create("arith.select", [x.type], [flag, x, y]).result


def as_index(flag: Any) -> Any:
    """1 where a bool is true, else 0."""
    return create("arith.index_castui", [ir.IndexType.get()], [flag]).result


class _Row:
    """One row: `place` are its leading indices in the result; carried are [result, keys, other keys, other numbers]."""

    def __init__(self, tensors: Tensors, place: list[Any], n: Any, key_type: Any) -> None:
        self.tensors, self.place, self.n, self.key_type = tensors, place, n, key_type
        self.i64 = ir.IntegerType.get_signless(64)

    def sorted(self, values: Any, element: Any, carried: list[Any]) -> list[Any]:
        def enter(i: Any, inner: list[Any]) -> list[Any]:
            result, keys, *others = inner
            key = self.key(self.tensors.load(values, [*self.place, i], element))
            number = create("arith.index_cast", [self.i64], [i]).result
            return [self.tensors.store(number, result, [*self.place, i]), self.tensors.store(key, keys, [i]), *others]

        def two_levels(level: Any, inner: list[Any]) -> list[Any]:
            result, keys, other_keys, others = inner
            width = arith("shli", index(1), arith("muli", level, index(2)))
            other_keys, others = self.merged(width, (keys, result, self.place), (other_keys, others, []))
            twice = arith("shli", width, index(1))
            keys, result = self.merged(twice, (other_keys, others, []), (keys, result, self.place))
            return [result, keys, other_keys, others]

        return loop(index(0), self.levels(), loop(index(0), self.n, carried, enter), two_levels)

    def levels(self) -> Any:
        """The smallest L with 4^L >= n: how many of 1, 4, 16, .. are below n."""
        def count(level: Any, inner: list[Any]) -> list[Any]:
            smaller = below(arith("shli", index(1), arith("muli", level, index(2))), self.n)
            return [arith("addi", inner[0], as_index(smaller))]

        return loop(index(0), index(31), [index(0)], count)[0]

    def merged(self, width: Any, source: tuple[Any, Any, list[Any]],
               target: tuple[Any, Any, list[Any]]) -> tuple[Any, Any]:
        """The sorted runs of `width` elements in `source`, (keys, numbers, their place), merged in pairs."""
        last = arith("subi", self.n, index(1))
        twice = arith("shli", width, index(1))

        def pair(low: Any, carried: list[Any]) -> list[Any]:
            middle = arith("minsi", arith("addi", low, width), self.n)
            high = arith("minsi", arith("addi", low, twice), self.n)

            def step(k: Any, inner: list[Any]) -> list[Any]:
                i, j, keys, numbers = inner
                # j may have come to the end of the row: the key read there is not used
                at_i, at_j = arith("minsi", i, last), arith("minsi", j, last)
                left, right = (self.tensors.load(source[0], [at], self.key_type) for at in (at_i, at_j))
                smaller = below(right, left)
                right_next = arith("andi", below(j, high),
                                        arith("ori", smaller, negated(below(i, middle))))
                key = chosen(right_next, right, left)
                place = chosen(right_next, at_j, at_i)
                number = self.tensors.load(source[1], [*source[2], place], self.i64)
                one = as_index(right_next)
                return [arith("addi", i, arith("subi", index(1), one)), arith("addi", j, one),
                        self.tensors.store(key, keys, [k]), self.tensors.store(number, numbers, [*target[2], k])]

            return loop(low, high, [low, middle, *carried], step)[2:]

        keys, numbers = loop(index(0), self.n, list(target[:2]), pair, twice)
        return keys, numbers

    def key(self, x: Any) -> Any:
        """An integer of the order that a sort gives to x."""
        if not isinstance(x.type, ir.FloatType):
            return x
        number, width = self.key_type, self.key_type.width
        bits = create("arith.bitcast", [number], [arith("addf", x, constant(0.0, x.type))]).result
        sign = arith("shrsi", bits, constant(width - 1, number))
        ordered = arith("xori", bits, arith("shrui", sign, constant(1, number)))
        return chosen(compared("cmpf", OEQ, x, x), ordered, constant(2 ** (width - 1) - 1, number))
