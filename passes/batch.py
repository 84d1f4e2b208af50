"""Batching: a function of one example becomes a function of many; control flow.

    @f(x.., w..) -> (y..)     =>     @f.batched(xs.., w..) -> (ys..)

`xs` have the examples along axis 0, and so have the results that differ between examples; what does not depend on `xs`
is computed once.  Assumes that calls of functions without rules are inlined and that residuals have storage.

Straight code follows the batching rules of the op records (passes/batch_operations.py).  Control flow whose way is the
same for all examples stays.  Where the examples part, all ways are run under masks (passes/active_examples.py):

    if      both branches, each if an example takes it; results by select
    for     as often as the longest loop; the values of examples that are through are frozen
    while   until no example goes on; likewise

Arrays that a branch or loop only writes to are written in place under the mask, not copied and selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.batching import Ragged, batched_like, for_all
from wengert.dialects.bindings import DYNAMIC, Value, ir, is_tensor
from wengert.dialects.build import cast_index, constant, create, index
from wengert.dialects.control import (
    FOR,
    IF,
    WHILE,
    condition_,
    make_for,
    make_function,
    make_if,
    make_while,
    refresh_type,
    return_,
    yield_,
)
from wengert.dialects.discrete import cmpi
from wengert.dialects.op import lookup_call, raw_attributes
from wengert.passes.active_examples import Mask, any_of, both, choose, masked, neither
from wengert.passes.batch_operations import BatchedOperations, Calls
from wengert.passes.purity import CALL, speculatable
from wengert.passes.tree import Body, Node, copy_node, read_function
from wengert.passes.varying import differs


def emit_batched(module: Any, func: Any, batched: Sequence[int], count: int, name: str,
                 calls: Calls | None = None) -> Any:
    """Write the function `name` after `func`, which it applies to `count` examples, and return it.

    Args:
        batched: positions of the arguments that have the examples along axis 0.
        count: the number of examples, or DYNAMIC.
        calls: what calls of functions with rules become; without it, and for functions that cannot be looked into,
            they are loops over the examples.

    Raises:
        Ragged: an array of one example has another shape than that of another (passes/batch_function.py
            then runs the function in a loop).
        DifferentiationError: an operation has no record.
    """
    tree = read_function(func)
    arguments = tree.body.arguments
    with func.location:
        types = [batched_examples(a.type, count) if i in batched else a.type for i, a in enumerate(arguments)]
    new = make_function(module, name, types, [], after=func, loc=func.location)
    block = new.regions[0].blocks[0]
    try:
        with func.location, ir.InsertionPoint(block):
            size = index_size(block.arguments[batched[0]]) if count == DYNAMIC else count
            writer = _Batched(tree, [arguments[i] for i in batched], size, calls)
            for argument, value in zip(arguments, block.arguments, strict=True):
                writer.bind(argument, value)
            writer.body(tree.body, block)
            results = [writer.new[end] for end in tree.body.ends]
            return_(results, block)
            refresh_type(new)
    except BaseException:
        new.erase()
        raise
    return new


def index_size(array: Value) -> Value:
    """The number of examples of a batched array."""
    return create("tensor.dim", [ir.IndexType.get()], [array, index(0)]).result


def batched_examples(type_: Any, count: int) -> Any:
    """The type of `count` values of a type; DYNAMIC for a number that is known at run time."""
    shape = type_.shape if is_tensor(type_) else ()
    element = type_.element_type if is_tensor(type_) else type_
    return ir.RankedTensorType.get([count, *shape], element)


class _Batched(BatchedOperations):
    """Writes the new function at the current insertion point."""

    def body(self, body: Body, block: Any) -> None:
        with ir.InsertionPoint(block):
            self.nodes(body)

    def nodes(self, body: Body) -> None:
        for node in body.nodes:
            if node not in self.touched:
                copy_node(node, self.new, ir.InsertionPoint.current)
                continue
            with node.location:
                if node.name == FOR:
                    (self.masked_for if differs(node, self.varying) else self.for_)(node)
                elif node.name == WHILE:
                    (self.masked_while if differs(node, self.varying) else self.while_)(node)
                elif node.name == IF:
                    (self.masked_if if differs(node, self.varying) else self.if_)(node)
                elif node.name == CALL:
                    self.call(node)
                else:
                    self.operation(node)

    # ------------------------------------------------------------ one way for all examples

    def carried(self, node: Node) -> tuple[list[Value], list[bool]]:
        """What a loop starts with, and which of it is raw."""
        inits, raw = [], []
        for init, carry in zip(node.inits, node.carries, strict=True):
            inits.append(self.handed(init) if carry in self.varying else self.new[init])
            raw.append(self.unsafe(init) and is_tensor(carry.type))
        return inits, raw

    def next(self, node: Node, raw: Sequence[bool]) -> list[Value]:
        """What an iteration hands on."""
        return [self.new[end] if carry not in self.varying
                else self.handed(end) if is_raw or not self.unsafe(end) else self.operand(end)
                for carry, end, is_raw in zip(node.carries, node.yields, raw, strict=True)]

    def bind_all(self, old: Sequence[Value], new: Sequence[Value], raw: Sequence[bool]) -> None:
        for value, written, is_raw in zip(old, new, raw, strict=True):
            self.bind(value, written, is_raw)

    def for_(self, node: Node) -> None:
        inits, raw = self.carried(node)
        lower, upper, step = (self.new[bound] for bound in node.bounds)
        loop = make_for(lower, upper, step, inits, raw_attributes(node.op))
        self.bind(node.iterated.arguments[0], loop.iv)
        self.bind_all(node.carries, loop.carries, raw)
        self.body(node.iterated, loop.block)
        with ir.InsertionPoint(loop.block):
            yield_(self.next(node, raw), loop.block)
        self.bind_all(node.results, loop.results, raw)

    def while_(self, node: Node) -> None:
        inits, raw = self.carried(node)
        loop = make_while(inits, raw_attributes(node.op))
        self.bind_all(node.bodies[0].arguments, loop.tests, raw)
        self.body(node.bodies[0], loop.before)
        condition_(self.new[node.bodies[0].ends[0]], loop.tests, loop.before)
        self.bind_all(node.carries, loop.carries, raw)
        self.body(node.iterated, loop.block)
        with ir.InsertionPoint(loop.block):
            yield_(self.next(node, raw), loop.block)
        self.bind_all(node.results, loop.results, raw)

    def if_(self, node: Node) -> None:
        types = [batched_like(r.type, self.size) if r in self.varying else r.type for r in node.results]
        branch = make_if(self.new[node.operands[0]], types, raw_attributes(node.op))
        raw = [False] * len(types)
        blocks = [region.blocks[0] for region in branch.regions]
        for body, block in zip(node.bodies, blocks[:len(node.bodies)], strict=True):
            self.body(body, block)
            raw = [r or self.unsafe(end) for r, end in zip(raw, body.ends, strict=True)]
            with ir.InsertionPoint(block):
                yield_([self.handed(end) if result in self.varying else self.new[end]
                        for end, result in zip(body.ends, node.results, strict=True)], block)
        for block in blocks[len(node.bodies):]:  # there was no else
            yield_([], block)
        self.bind_all(node.results, list(branch.results), raw)

    # ------------------------------------------------------------ the examples part

    def masked_if(self, node: Node) -> None:
        outer, predicate = self.mask, self.operand(node.operands[0])
        written = self.only_written(node)
        arrays = {root: self.new[root] for root in written.values()}
        ways: list[list[Value]] = []
        for body, active in zip(node.bodies, (predicate, neither(predicate)), strict=False):
            before = {root: self.new[root] for root in arrays}
            self.new.update(arrays)  # the second branch goes on with the arrays the first has written
            ways.append(self.branch(node, body, active))
            self.new.update(before)
            arrays.update({root: ways[-1][i] for i, root in written.items()})
        self.mask = outer
        for i, result in enumerate(node.results):
            if i in written:
                self.bind(result, ways[-1][i], raw=True)
            elif result in self.varying:
                raw = [end in self.raw or (self.versions.outside(end, node) and self.unsafe(end))
                       for end in (body.ends[i] for body in node.bodies)]
                self.bind(result, choose(predicate, ways[0][i], ways[1][i]), any(raw))
            else:
                self.bind(result, self.new[node.bodies[0].ends[i]])

    def only_written(self, node: Node) -> dict[int, Value]:
        """Results that are a newer version, or the same one, of an array from outside of both branches: the array."""
        if len(node.bodies) < 2:
            return {}
        found: dict[int, Value] = {}
        for i, (x, y) in enumerate(zip(*(body.ends for body in node.bodies), strict=True)):
            root = self.versions.entering(x, node)
            if (root == self.versions.entering(y, node) and x != y and root in self.varying and is_tensor(root.type)
                    and self.versions.outside(root, node)):
                found[i] = root
        roots = list(found.values())
        return {i: root for i, root in found.items() if roots.count(root) == 1}

    def branch(self, node: Node, body: Body, active: Value) -> list[Value]:
        """One branch, for the examples that are active; what it ends with, as arrays of all examples."""
        outer = self.mask
        inner = [i for i, end in enumerate(body.ends) if not self.versions.outside(end, node)]
        if _harmless(body):
            self.mask = Mask(active, self.size, None)
            self.nodes(body)
            own = {i: self.owned(body.ends[i]) for i in inner}
            self.mask = outer
            return [own[i] if i in own else self.handed(end) for i, end in enumerate(body.ends)]
        active = both(active, None if outer is None else outer.active)
        types = [batched_like(body.ends[i].type, self.size) for i in inner]
        guard = make_if(any_of(active), types)
        run, skip = (region.blocks[0] for region in guard.regions)
        with ir.InsertionPoint(run):
            self.mask = masked(active, self.size)
            self.nodes(body)
            yield_([self.owned(body.ends[i]) for i in inner], run)
        self.mask = outer
        with ir.InsertionPoint(skip):
            yield_([self.untouched(body.ends[i], type_, node) for i, type_ in zip(inner, types, strict=True)], skip)
        results = dict(zip(inner, guard.results, strict=True))
        return [results[i] if i in results else self.handed(end) for i, end in enumerate(body.ends)]

    def owned(self, old: Value) -> Value:
        """A value computed under the mask, for all examples."""
        return self.new[old] if old in self.varying else for_all(self.new[old], self.size)

    def untouched(self, old: Value, type_: Any, node: Node) -> Value:
        """What stands for a result of a branch that no example takes."""
        older = self.versions.entering(old, node)
        if older in self.varying and self.versions.outside(older, node):
            return self.new[older]
        if DYNAMIC in list(type_.shape)[1:]:
            raise Ragged
        zero = constant(0, type_.element_type)
        return create("nd.full", [type_], [zero, *([self.size] if isinstance(self.size, Value) else [])]).result

    def masked_for(self, node: Node) -> None:
        """``for j in range(max over examples of trips): the body where j < trips``, with i = lower + j*step."""
        i64 = ir.IntegerType.get_signless(64)
        lower, upper, step = (self.operand(bound) for bound in node.bounds)
        trips = self.arithmetic("arith.ceildivsi", self.arithmetic("arith.subi", upper, lower), step)
        if trips.type.element_type != i64:
            trips = create("arith.index_cast", [batched_like(i64, self.size)], [trips]).result
        longest = cast_index(lookup_call("nd.reduce", trips, kind="max", axes=(0,)))
        inits, raw = self.carried(node)
        loop = make_for(index(0), longest, index(1), inits, raw_attributes(node.op))
        with ir.InsertionPoint(loop.block):
            j = create("arith.index_cast", [i64], [loop.iv]).result
            going = cmpi("slt", for_all(j, self.size), trips)
            iv, type_ = node.iterated.arguments[0], node.iterated.arguments[0].type
            count = loop.iv if type_ == loop.iv.type else create("arith.index_cast", [type_], [loop.iv]).result
            self.bind(iv, self.arithmetic("arith.addi", lower, self.arithmetic("arith.muli", count, step)))
            self.bind_all(node.carries, loop.carries, raw)
            yield_(self.masked_iteration(node, going, loop.carries, raw), loop.block)
        self.bind_all(node.results, loop.results, raw)

    def masked_while(self, node: Node) -> None:
        """``while any(going): the body where going``; `going` is carried: the condition for the values so far."""
        inits, raw = self.carried(node)
        loop = make_while([*inits, self.condition(node, inits, raw)], raw_attributes(node.op))
        with ir.InsertionPoint(loop.before):
            condition_(any_of(loop.tests[-1]), loop.tests, loop.before)
        *carries, going = loop.carries
        with ir.InsertionPoint(loop.block):
            self.bind_all(node.carries, carries, raw)
            ends = self.masked_iteration(node, going, carries, raw)
            yield_([*ends, self.condition(node, ends, raw)], loop.block)
        self.bind_all(node.results, loop.results[:-1], raw)

    def condition(self, node: Node, values: Sequence[Value], raw: Sequence[bool]) -> Value:
        """Whether each example goes on with these carried values."""
        test = node.bodies[0]
        self.bind_all(test.arguments, values, raw)
        self.nodes(test)
        return self.handed(test.ends[0])

    def masked_iteration(self, node: Node, going: Value, carries: Sequence[Value], raw: Sequence[bool]) -> list[Value]:
        """The body for the examples that are going; the others keep what they carry."""
        outer = self.mask
        if _harmless(node.iterated):
            self.mask = Mask(going, self.size, None)
        else:
            self.mask = masked(both(going, None if outer is None else outer.active), self.size)
        self.nodes(node.iterated)
        ends: list[Value] = []
        for carry, end, new, is_raw in zip(node.carries, node.yields, carries, raw, strict=True):
            if carry not in self.varying or end == carry:
                ends.append(new)
            elif self.versions.entering(end, node) == carry:
                ends.append(self.new[end])  # its elements were written under the mask
            else:
                keep = outer is None or is_raw or end not in self.varying
                ends.append(choose(going, self.handed(end) if keep else self.operand(end), new))
        self.mask = outer
        return ends


def _harmless(body: Body) -> bool:
    """Whether inactive examples may run the body with zeros: it cannot fail, and from finite numbers it computes finite
    ones, with finite derivatives (sums, products, comparisons)."""
    return all(not node.bodies and speculatable(node.op) and _polynomial(node) for node in body.nodes)


def _polynomial(node: Node) -> bool:
    record = node.record
    if record is None or record.destination is not None:
        return False
    return record.family in ("discrete", "constant") or all(
        i in record.linear or i in record.bilinear or i == record.choice for i in range(len(node.operands)))
