"""diff-linearize: partial evaluation of a jvp into what is known early and what is linear in the tangents.

    @f.jvp(x.., dx..) -> (y.., dy..)     =>     @f.fwd(x..) -> (y..)   and   @f.lin(x.., dx..) -> (dy..)

Assumes a function written by diff-jvp (any passes that keep its signature may have run on it).  What does not depend on
dx goes into fwd, with every effect; what does goes into lin, which takes the primal arguments too.  A known value that
lin needs is recomputed, or handed over by `diff.save %v, %k..` in fwd and `diff.saved %k..` in lin, where the k are the
iterations of the enclosing loops (passes/residuals.py decides which).  Storage is left to diff-store.

Loops of lin count 0, 1, 2, ... in `index`; a `while` becomes a `for` whose trip count is a residual.  A loop of lin and
the loop of fwd it comes from have the same number in `diff.loop`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_float, is_tensor, tensor_type
from wengert.dialects.build import create, index
from wengert.dialects.control import (
    FOR,
    IF,
    WHILE,
    condition_,
    make_for,
    make_function,
    make_if,
    make_while,
    return_,
    yield_,
)
from wengert.dialects.op import encode_attributes, lookup_call, raw_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.extents import origin
from wengert.passes.lasting import Lasting
from wengert.passes.residuals import DIM, decide, extent_of
from wengert.passes.storage_facts import BY_REFERENCE, STORED, Fact
from wengert.passes.taint import defining_nodes, flow, reachable, require_linear
from wengert.passes.tree import Body, Function, Node, copy_node, function_to_read, read_function, require_new
from wengert.passes.trips import induction, iteration, trip_count


@register_pass("diff-linearize")
@dataclass(frozen=True)
class DiffLinearize(Pass):
    """Split @f.jvp into @f.fwd, which saves residuals, and @f.lin, which is linear in the tangents."""

    function: str

    def run(self, module: Any) -> None:
        func = function_to_read(module, f"{self.function}.jvp")
        names = [require_new(module, f"{self.function}.{suffix}") for suffix in ("fwd", "lin")]
        emit_linearized(module, func, *names)


def emit_linearized(module: Any, func: Any, forward_name: str, linear_name: str) -> tuple[Any, Any]:
    """Write the two functions after `func`, a jvp, and return them.

    Raises:
        DifferentiationError: an op is applied to tangents in which it is not linear.
        WengertValueError: `func` was not written by diff-jvp.
    """
    tree = read_function(func)
    primals, results = tree.attribute("diff.primals"), tree.attribute("diff.results")
    arguments, ends = [a.type for a in tree.body.arguments], [r.type for r in tree.body.ends]
    linear = make_function(module, linear_name, arguments, ends[results:], after=func, loc=func.location)
    forward = make_function(module, forward_name, arguments[:primals], ends[:results], after=func, loc=func.location)
    for new, extra in ((forward, {"diff.results": results}), (linear, {})):
        for name, value in encode_attributes({"diff.primals": primals, **extra}).items():
            new.attributes[name] = value
        new.attributes["diff.wrt"] = func.attributes["diff.wrt"]
    _Split(tree, set(tree.body.arguments[primals:])).run(forward, linear, results)
    return forward, linear


#: (node, outer scope, positions of known carries, attributes) -> the loop of fwd, begun, and its trip count in lin.
Begin = Callable[[Node, "_Scope", list[int], dict[str, Any]], tuple[Any, Value]]


@dataclass(eq=False)
class _Scope:
    """A block of the jvp that is being split, with its two halves."""

    forward: Any
    linear: Any
    loops: tuple[_Scope, ...] = ()  # the enclosing loops and the scope itself, if it is a loop's
    loop: Node | None = None
    k: Value | None = None  # iteration, in the linear half
    counter: Value | None = None  # iteration, in the forward half; made when it is first asked for
    child: Any = None  # the operation of the linear half whose regions are being written

    def counts_with(self, value: Value) -> bool:
        """Whether `value` is the induction variable of this `for`, in the jvp."""
        return self.loop is not None and self.loop.name == FOR and value == self.loop.iterated.arguments[0]

    def linear_point(self) -> Any:
        """Where the next known value of the linear half goes."""
        return ir.InsertionPoint(self.linear if self.child is None else self.child)

    def forward_counters(self) -> list[Value]:
        return [scope.forward_counter() for scope in self.loops]

    def forward_counter(self) -> Value:
        if self.counter is None:
            assert self.loop is not None
            iv = self.forward.arguments[0]
            lower, _, step = list(self.forward.owner.operands)[:3]
            with ir.InsertionPoint.at_block_begin(self.forward), self.loop.location:
                self.counter = iteration(iv, lower, step)
        return self.counter

    def after_arguments(self) -> Any:
        """Where a block argument of the forward half can be saved: at the top, below the counter."""
        counter = None if self.counter is None else defining_op(self.counter)
        if counter is not None and counter.block == self.forward:
            return ir.InsertionPoint.after(counter)
        return ir.InsertionPoint.at_block_begin(self.forward)


class _Split:
    """Writes fwd and lin together; `forward` and `linear` map values of the jvp to theirs."""

    def __init__(self, tree: Function, inputs: set[Value]) -> None:
        self.tree = tree
        self.tangents = reachable(inputs, flow(tree.body, through_inert=True).forward)
        require_linear(tree, self.tangents)
        self.touched = defining_nodes(tree.body, self.tangents)
        self.residuals = decide(tree, self.tangents)
        self.forward: dict[Value, Value] = {}
        self.linear: dict[Value, Value] = {}
        self.scopes: dict[Body, _Scope] = {}
        self.residual_ids, self.loop_ids = count(), count()
        self.facts: list[tuple[Fact, Value | None]] = []  # the value, if its extents matter
        self.awaited: dict[Value, tuple[_Scope, dict[str, Any]]] = {}  # residuals that fwd has not defined yet

    def run(self, forward: Any, linear: Any, results: int) -> None:
        body = self.tree.body
        scope = _Scope(forward.regions[0].blocks[0], linear.regions[0].blocks[0])
        known = list(scope.forward.arguments)
        self.forward.update(zip(body.arguments[:len(known)], known, strict=True))
        self.linear.update(zip(body.arguments, scope.linear.arguments, strict=True))
        with self.tree.op.location:
            self.body(body, scope)
            tangents = self.demanded(body.ends[results:])
            return_(tangents, scope.linear)
            with ir.InsertionPoint(scope.forward):
                for fact, value in self.facts:
                    fact.emit(() if value is None else self.known_extents(value))
            return_(self.knowns(body.ends[:results]), scope.forward)

    # ------------------------------------------------------------ values

    def knowns(self, values: list[Value]) -> list[Value]:
        return [self.forward[v] for v in values]

    def demanded(self, values: list[Value]) -> list[Value]:
        """The values in lin: tangents as they are, known ones recomputed or from residuals."""
        return [self.need(v) for v in values]

    def need(self, value: Value) -> Value:
        pending = [value]
        while pending:
            wanted = pending[-1]
            missing = [v for v in self.sources(wanted) if v not in self.linear] if wanted not in self.linear else []
            if missing:
                pending += missing
                continue
            pending.pop()
            if wanted not in self.linear:
                self.linear[wanted] = self.provide(wanted)
        return self.linear[value]

    def sources(self, value: Value) -> list[Value]:
        """What a known value is computed from in lin; nothing when it is a residual."""
        if (lasting := self.residuals.lasting(value)) is not None:
            return lasting.operands
        node, scope = self.tree.definition.get(value), self.scopes[self.tree.home[value]]
        if node is None:
            return list(scope.loop.bounds) if scope.loop is not None and scope.counts_with(value) else []
        if value not in self.residuals.recomputed:
            return []
        if node.name != DIM:
            return node.operands
        extent = extent_of(self.tree, node)
        if isinstance(extent, tuple):
            return node.operands if extent[1] < 0 else [extent[0]]
        return [] if isinstance(extent, int) else [extent]

    def provide(self, value: Value) -> Value:
        """Compute a known value again in lin, from what is there, or make it a residual."""
        node, scope = self.tree.definition.get(value), self.scopes[self.tree.home[value]]
        if (lasting := self.residuals.lasting(value)) is not None:
            return self.read_again(value, lasting, scope)
        if node is not None and value in self.residuals.recomputed:
            if is_float(value.type):
                self.tell(value, node.location)
            return self.recompute(node, scope, value)
        return self.induction_variable(scope) if scope.counts_with(value) else self.residual(value, scope)

    def induction_variable(self, scope: _Scope) -> Value:
        assert scope.loop is not None and scope.k is not None
        lower, _, step = (self.linear[bound] for bound in scope.loop.bounds)
        with scope.linear_point(), scope.loop.location:
            return induction(scope.k, lower, step)

    def recompute(self, node: Node, scope: _Scope, value: Value) -> Value:
        extent = extent_of(self.tree, node) if node.name == DIM else None
        if extent is None or (isinstance(extent, tuple) and extent[1] < 0):
            copy_node(node, self.linear, scope.linear_point())
            return self.linear[value]
        if not isinstance(extent, (int, tuple)):
            return self.linear[extent]
        with scope.linear_point(), node.location:
            if isinstance(extent, int):
                return index(extent)
            return lookup_call("tensor.dim", self.linear[extent[0]], index(extent[1]))

    def read_again(self, value: Value, lasting: Lasting, scope: _Scope) -> Value:
        """Read in lin what a later version of an array still has."""
        node = self.tree.definition.get(value)
        location = scope.forward.owner.location if node is None else node.location
        self.tell(value, location)
        with scope.linear_point(), location:
            return create(lasting.name, [value.type], [self.linear[v] for v in lasting.operands],
                          encode_attributes(lasting.attributes)).result

    def residual(self, value: Value, scope: _Scope) -> Value:
        """Save `value` where fwd defines it; ask for it in lin at the same place.  A bool travels as a byte.

        The counters are those of the loops in which the value varies.
        """
        node = self.tree.definition.get(value)
        location = scope.forward.owner.location if node is None else node.location
        self.tell(value, location, identity := next(self.residual_ids))
        number, byte = encode_attributes({"id": identity}), _as_byte(value.type)
        if value in self.forward:
            self.save(value, scope, number)
        else:  # an array that is read again as it is after the loop that is being written
            self.awaited[value] = scope, number
        with scope.linear_point(), location:
            counters = [loop.k for loop in scope.loops[:self.residuals.depth[value]]]
            saved = create("diff.saved", [byte or value.type], counters, number).result
            return saved if byte is None else create("arith.trunci", [value.type], [saved]).result

    def save(self, value: Value, scope: _Scope, number: dict[str, Any]) -> None:
        """Hand `value` over where fwd defines it."""
        known = self.forward[value]
        definition = defining_op(known)
        counters = [loop.forward_counter() for loop in scope.loops[:self.residuals.depth[value]]]
        point = ir.InsertionPoint.after(definition) if definition is not None else scope.after_arguments()
        location = definition.location if definition is not None else scope.forward.owner.location
        byte = _as_byte(value.type)
        with point, location:
            if byte is not None:
                known = create("arith.extui", [byte], [known]).result
            create("diff.save", [], [known, *counters], number)

    def tell(self, value: Value, location: Any, number: int | None = None) -> None:
        """Leave the decision about a value in writing."""
        if kind := self.residuals.kind(value):
            handed_over = kind == BY_REFERENCE and is_tensor(value.type)
            fact = Fact(kind, value.type, location, self.residuals.reason(value), number)
            self.facts.append((fact, value if handed_over else None))

    def known_extents(self, value: Value) -> list[Value]:
        """The dynamic extents of a value as index values of fwd; none if one can only be read off an array."""
        dynamic = [d for d in range(value.type.rank) if value.type.is_dynamic_dim(d)]
        extents = [origin(self.tree, value, d) for d in dynamic]
        return [] if any(isinstance(e, (int, tuple)) for e in extents) else self.knowns(extents)

    # ------------------------------------------------------------ operations

    def body(self, body: Body, scope: _Scope) -> None:
        self.scopes[body] = scope
        for node in body.nodes:
            self.node(node, scope)
            for result in node.results:
                if result in self.awaited:
                    self.save(result, *self.awaited.pop(result))

    def node(self, node: Node, scope: _Scope) -> None:
        if node not in self.touched:
            copy_node(node, self.forward, ir.InsertionPoint(scope.forward))
            return
        with node.location:
            if node.name == FOR:
                self.loop(node, scope, self.forward_for)
            elif node.name == WHILE:
                self.loop(node, scope, self.forward_while)
            elif node.name == IF:
                self.branches(node, scope)
            else:
                self.demanded(node.operands)
                copy_node(node, self.linear, ir.InsertionPoint(scope.linear))

    # iter_args(p.., dp..)  ->  fwd: iter_args(p..)    lin: iter_args(dp..)
    def loop(self, node: Node, outer: _Scope, begin: Begin) -> None:
        known = [i for i, carry in enumerate(node.carries) if carry not in self.tangents]
        tangent = [i for i, carry in enumerate(node.carries) if carry in self.tangents]
        link = encode_attributes({"diff.loop": next(self.loop_ids)})
        forward, trips = begin(node, outer, known, {**raw_attributes(node.op), **link})
        inits = self.demanded([node.inits[i] for i in tangent])
        with ir.InsertionPoint(outer.linear):
            linear = make_for(index(0), trips, index(1), inits, link)
        self.linear.update(zip([node.carries[i] for i in tangent], linear.carries, strict=True))
        outer.child = linear.op
        scope = _Scope(forward.regions[-1].blocks[0], linear.block, outer.loops, node, linear.iv)
        scope.loops = (*outer.loops, scope)
        counted = node.name == WHILE
        if counted:
            scope.counter = list(scope.forward.arguments)[-1]
        self.body(node.iterated, scope)
        yield_(self.demanded([node.yields[i] for i in tangent]), scope.linear)
        ends = self.knowns([node.yields[i] for i in known])
        if counted:
            with ir.InsertionPoint(scope.forward):
                ends.append(lookup_call("arith.addi", scope.counter, index(1)))
        yield_(ends, scope.forward)
        outer.child = None
        results = list(forward.results)[:len(known)]
        self.forward.update(zip([node.results[i] for i in known], results, strict=True))
        self.linear.update(zip([node.results[i] for i in tangent], linear.results, strict=True))

    def forward_for(self, node: Node, outer: _Scope, known: list[int],
                    attributes: dict[str, Any]) -> tuple[Any, Value]:
        """The loop of fwd, empty, and the trip count in lin."""
        lower, upper, step = self.knowns(list(node.bounds))
        with ir.InsertionPoint(outer.forward):
            new = make_for(lower, upper, step, self.knowns([node.inits[i] for i in known]), attributes)
        arguments = [node.iterated.arguments[0], *(node.carries[i] for i in known)]
        self.forward.update(zip(arguments, new.block.arguments, strict=True))
        lower, upper, step = self.demanded(list(node.bounds))
        with outer.linear_point():
            return new.op, trip_count(lower, upper, step)

    def forward_while(self, node: Node, outer: _Scope, known: list[int],
                      attributes: dict[str, Any]) -> tuple[Any, Value]:
        """The `while` of fwd, which counts its iterations, with an empty body, and the trip count in lin."""
        condition = node.bodies[0]
        with ir.InsertionPoint(outer.forward):
            inits = [*self.knowns([node.inits[i] for i in known]), index(0)]
            new = make_while(inits, attributes)
        self.forward.update(zip([condition.arguments[i] for i in known], new.tests[:-1], strict=True))
        point = ir.InsertionPoint(new.before)
        for test in condition.nodes:
            copy_node(test, self.forward, point)
        condition_(self.forward[condition.ends[0]], new.tests, new.before)
        self.forward.update(zip([node.carries[i] for i in known], new.carries[:-1], strict=True))
        number = encode_attributes({"id": (identity := next(self.residual_ids))})
        kind = STORED if outer.loops else BY_REFERENCE
        self.facts.append((Fact(kind, ir.IndexType.get(), node.location, "how often the loop runs", identity), None))
        with ir.InsertionPoint(outer.forward):
            create("diff.save", [], [new.results[-1], *outer.forward_counters()], number)
        with outer.linear_point():
            return new.op, create("diff.saved", [ir.IndexType.get()], [loop.k for loop in outer.loops], number).result

    def branches(self, node: Node, outer: _Scope) -> None:
        known = [i for i, result in enumerate(node.results) if result not in self.tangents]
        tangent = [i for i, result in enumerate(node.results) if result in self.tangents]
        predicate = self.need(node.operands[0])
        with ir.InsertionPoint(outer.forward):
            types = [node.results[i].type for i in known]
            forward = make_if(self.forward[node.operands[0]], types, raw_attributes(node.op))
        with ir.InsertionPoint(outer.linear):
            linear = make_if(predicate, [node.results[i].type for i in tangent])
        outer.child = linear
        regions = zip(forward.regions, linear.regions, strict=True)
        halves = [(region.blocks[0], linear_region.blocks[0]) for region, linear_region in regions]
        for body, (forward_block, linear_block) in zip(node.bodies, halves[:len(node.bodies)], strict=True):
            self.body(body, _Scope(forward_block, linear_block, outer.loops))
            yield_(self.demanded([body.ends[i] for i in tangent]), linear_block)
            yield_(self.knowns([body.ends[i] for i in known]), forward_block)
        for forward_block, linear_block in halves[len(node.bodies):]:  # there was no else
            yield_([], forward_block)
            yield_([], linear_block)
        outer.child = None
        self.forward.update(zip([node.results[i] for i in known], forward.results, strict=True))
        self.linear.update(zip([node.results[i] for i in tangent], linear.results, strict=True))


def _as_byte(type_: Any) -> Any | None:
    """The i8 type in which a bool, or an array of bools, is saved; None for other types."""
    i1, i8 = ir.IntegerType.get_signless(1), ir.IntegerType.get_signless(8)
    if isinstance(type_, ir.RankedTensorType):
        return tensor_type(type_.shape, i8) if type_.element_type == i1 else None
    return i8 if type_ == i1 else None
