"""Traced values and the trace: aliases, regions, nested functions, requests for Python numbers, positions."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.frontend.traced import same, traced_run
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.control import return_
from wengert.dialects.errors import UnsupportedError, WengertTypeError
from wengert.dialects.interpret import run
from wengert.frontend.broadcasting import larger, limits_below
from wengert.frontend.calls import call
from wengert.frontend.intervals import Form, Interval, Unknown
from wengert.frontend.trace import NeedsStatic, Region, Trace, current, tracing, user_position
from wengert.frontend.values import DATA, Box, Phi, Scalar, Traced


@pytest.fixture
def trace() -> Iterator[Trace]:
    """A trace of a function `f` of a float, an int and an array of 4 floats."""
    with make_context(), ir.Location.unknown():
        tracing_ = Trace(ir.Module.create())
        types = [tracing_.types["f64"], tracing_.types["i64"], tracing_.tensor_type((4,), "f64")]
        with tracing_, tracing_.function("f", types, private=False) as region:
            yield tracing_
            if not region.block.operations or region.block.operations[-1].operation.name != "func.return":
                return_([], region.block)


def arguments(trace: Trace) -> tuple[Scalar, Scalar, Box]:
    assert trace.top is not None
    x, n, a = trace.top.arguments
    return (
        Scalar(x, "f64", True, origins=frozenset([("arg", "x")])),
        Scalar(n, "i64", True, 0, 3, origins=frozenset([("arg", "n")])),
        Box(a, (4,), "f64"),
    )


# ---------------------------------------------------------------- scalars


def test_a_scalar_shows_what_python_would_have(trace: Trace) -> None:
    x, n, a = arguments(trace)
    assert (x.type_name, n.type_name, a[0].type_name) == ("float", "int", "float64")
    assert repr(n) == "<traced int>" and repr(a) == "<traced array float64(4,)>"
    assert (n < 2).type_name == "bool" and (a[0] < 2).type_name == "bool"
    assert not (a[0] < 2).weak and (x < 2).weak
    assert a.dtype == np.float64 and x.shape == () and a.shape == (4,)


@pytest.mark.parametrize(
    "use",
    [int, float, bool, hash, range, "abc".__getitem__, lambda v: [0][v], lambda v: {v: 1}, complex],
    ids=["int", "float", "bool", "hash", "range", "str", "list", "dict", "complex"],
)
def test_an_int_that_python_needs_asks_for_its_argument(trace: Trace, use: Any) -> None:
    _, n, _ = arguments(trace)
    with pytest.raises(NeedsStatic) as asked:
        use(n)
    assert asked.value.origins == {("arg", "n")}
    assert asked.value.position is not None and asked.value.position.file == __file__


def test_a_float_never_becomes_static(trace: Trace) -> None:
    x, _, a = arguments(trace)
    for use in (float, int, hash, lambda v: [0][v]):
        with pytest.raises(WengertTypeError, match="a Python number is needed here") as refused:
            use(x)
        assert "derivative would silently be zero" in refused.value.why
    with pytest.raises(WengertTypeError, match="contents of an array"):
        bool(a[0] > 0)


def test_origins_and_intervals_follow_arithmetic(trace: Trace) -> None:
    x, n, a = arguments(trace)
    assert (n * 2 + 1).interval == (1, 7) and (n - 5).interval == (-5, -2) and (n // 2).interval == (0, 1)
    assert (
        (n % 3).interval == (0, 2)
        and (n % 7).interval == (0, 3)
        and (-n).interval == (-3, 0)
        and (n * n).interval == (0, 9)
    )
    assert abs(n - 2).interval == (0, 2) and call(min, n, 2).interval == (0, 2) and call(max, n, 2).interval == (2, 3)
    assert (n + x).origins == {("arg", "n"), ("arg", "x")} and (a[n] + 1.0).origins == DATA
    assert ((n + 3) - (n + 1)).form.constant == 2 and not ((n + 3) - (n + 1)).form.terms
    assert (n + 1 > n) is True and (n == n) is True and (2 * n != n + n) is False


def test_bounds_of_int64_are_not_followed(trace: Trace) -> None:
    _, n, _ = arguments(trace)
    assert (n * 2**62).interval == (0, None)


@pytest.mark.parametrize(
    ("a", "b"), [((0, 3), (-2, 5)), ((None, 4), (1, 2)), ((2, None), (3, None)), ((-3, -1), (-4, 6))]
)
def test_intervals_hold_every_result(a: Any, b: Any) -> None:
    x, y = Interval(*a), Interval(*b)

    def sample(interval: Interval) -> list[int]:
        low = interval.low if interval.low is not None else (interval.high or 0) - 6
        high = interval.high if interval.high is not None else low + 6
        return list(range(low, high + 1))

    def holds(interval: Interval, value: int) -> bool:
        return (interval.low is None or interval.low <= value) and (interval.high is None or value <= interval.high)

    for i in sample(x):
        for j in sample(y):
            assert holds(x.plus(y), i + j) and holds(x.minus(y), i - j) and holds(x.times(y), i * j)
            assert holds(x.smaller(y), min(i, j)) and holds(x.larger(y), max(i, j))
            assert holds(x.union(y), i) and holds(x.union(y), j)
        assert (
            holds(x.absolute(), abs(i)) and holds(x.divided(3), i // 3) and holds(x.modulo(3), i % 3) and holds(-x, -i)
        )


def test_forms_cancel() -> None:
    i, j = Form.of(Unknown()), Form.of(Unknown())
    assert i.times(3).plus(j).plus(Form(constant=4)).minus(j.plus(i.times(2)).plus(i)) == 4
    assert i.minus(j) is None


def test_a_counter_from_below_zero_may_run_where_the_end_was_cut_off(trace: Trace) -> None:
    _, n, _ = arguments(trace)
    stop = larger(n - 2, 0)
    assert stop.form is not (n - 2).form and stop.positive_part_of is not None
    assert len(limits_below(0, stop)) == 2 and len(limits_below(-2, stop)) == 1 and len(limits_below(n - 2, stop)) == 1


def test_forms_are_negative_where_bounds_of_their_unknowns_say_so() -> None:
    n = Form.of(Unknown(0, 9))
    i = Form.of(Unknown(1, None, (n,)))
    j = Form.of(Unknown(0, None, (i, n.plus(Form(constant=-5)))))
    one = Form(constant=1)
    assert i.plus(n, -1).is_negative() and not i.plus(n, -1).plus(one).is_negative()
    assert j.plus(n, -1).plus(one).is_negative() and not j.plus(n, -1).plus(one.times(6)).is_negative()
    assert i.times(-1).is_negative() and not j.times(-1).is_negative() and j.times(-1).plus(one, -1).is_negative()
    assert j.plus(Form(constant=-4)).is_negative() and not j.plus(Form(constant=-3)).is_negative()
    assert not Form.of(Unknown()).is_negative()


# ---------------------------------------------------------------- arrays, views and phis


def test_two_names_for_one_array_and_a_copy() -> None:
    def write(a: Any) -> Any:
        b, c, d, e = a, a.copy(), copy.copy(a), copy.deepcopy([a])
        v = a[1:]
        b[0] = 1.0
        v[0] = 2.0
        return c, d, e[0], v

    x, y = np.zeros(3), np.zeros(3)
    assert same(traced_run(write, x), write(y)) and same(x, y)


@pytest.mark.parametrize("choice", [0.5, -0.5])
def test_a_phi_reads_and_writes_the_array_it_refers_to(choice: float) -> None:
    def write(c: Any, a: Any, b: Any) -> Any:
        which = Phi(c > 0, a, b[1:]) if isinstance(c, Traced) else (a if c > 0 else b[1:])
        which[1] += 10.0
        which[0:1] = which[1]
        which *= 2.0
        b[1] += 1.0
        return which, which[1], which[::-1]

    plain, traced = (np.arange(3.0), np.arange(4.0)), (np.arange(3.0), np.arange(4.0))
    expected = write(choice, *plain)
    assert same(traced_run(write, choice, *traced), expected)
    assert same(traced, plain)


def test_views_fold_into_one_window_of_the_base(trace: Trace) -> None:
    _, n, a = arguments(trace)
    v = a[1:][::-1][n:][:1]
    assert v.base is a
    before = len(a.region.block.operations)
    a[1:][::-1][0] = 1.0
    added = [op.operation.name for op in a.region.block.operations][before:]
    assert added.count("tensor.insert") == 1 and "tensor.insert_slice" not in added and "nd.reverse" not in added


def test_attributes_are_those_of_numpy(trace: Trace) -> None:
    x, _, a = arguments(trace)
    assert hasattr(a, "sum") and not hasattr(a, "foo") and not hasattr(x, "sum") and hasattr(a[0], "item")
    with pytest.raises(AttributeError, match=r"'ndarray' object has no attribute 'foo'"):
        a.foo  # noqa: B018
    with pytest.raises(AttributeError, match=r"'float' object has no attribute 'sum'"):
        x.sum  # noqa: B018
    with pytest.raises(UnsupportedError, match=r"ndarray\.tobytes is not covered"):
        a.tobytes  # noqa: B018
    with pytest.raises(WengertTypeError, match="needed as a NumPy array"):
        np.asarray(a)
    with pytest.raises(AttributeError):
        a.shape = (2, 2)


def test_functions_called_by_untraced_code_are_dispatched() -> None:
    def use(a: Any, x: float) -> Any:
        return (
            np.sin(a) + np.float64(2.0) * x + np.sum(a, axis=0) + np.ones(3) * a,
            round(x),
            divmod(x, 2),
            np.add(x, a),
        )

    a = np.array([0.5, 1.5, 2.5])
    assert same(traced_run(use, a, 1.25), use(a, 1.25))


# ---------------------------------------------------------------- regions


def test_values_of_a_closed_region_are_refused(trace: Trace) -> None:
    x, _, a = arguments(trace)
    outer = trace.region
    op = trace.emit("scf.if", [], [trace.constant(True, "i1")], regions=2)
    inner = trace.region = Region(op.regions[0].blocks.append(), outer, "if")
    y, b = x * 2.0, a * 2.0
    inner.alive, trace.region = False, outer
    op.erase()
    with pytest.raises(UnsupportedError, match="a value computed inside a loop or branch"):
        y + 1.0
    with pytest.raises(UnsupportedError, match="an array made inside a loop or branch"):
        b + 1.0
    with pytest.raises(UnsupportedError, match="an array made inside a loop or branch"):
        b[0] = 1.0


def test_writes_are_journalled_where_the_array_is_older(trace: Trace) -> None:
    _, _, a = arguments(trace)
    outer, old = trace.region, a.value
    op = trace.emit("scf.if", [], [trace.constant(True, "i1")], regions=2)
    inner = trace.region = Region(op.regions[0].blocks.append(), outer, "if")
    b = a * 2.0
    a[0] = 1.0
    b[0] = 1.0
    assert list(inner.journal.boxes) == [id(a)] and not outer.journal.boxes
    inner.journal.undo()
    assert a.value == old
    inner.alive, trace.region = False, outer
    op.erase()


def test_a_constant_is_emitted_once_a_region(trace: Trace) -> None:
    outer = trace.region
    first = trace.constant(2.0, "f64")
    op = trace.emit("scf.if", [], [trace.constant(True, "i1")], regions=2)
    inner = trace.region = Region(op.regions[0].blocks.append(), outer, "if")
    assert trace.constant(2.0, "f64") == first and trace.constant(2.0, "f32") != first
    zeros = [trace.constant(v, "f64") for v in (0.0, -0.0, float("nan"))]
    assert len(set(zeros)) == 3 and trace.constant(3.0, "f64") == trace.constant(3.0, "f64")
    with trace.function("g", []) as function:
        assert trace.constant(2.0, "f64") != first
        return_([], function.block)
    later = trace.constant(3.0, "f64")
    inner.alive, trace.region = False, outer
    assert trace.constant(3.0, "f64") != later
    op.erase()


# ---------------------------------------------------------------- nested functions


def test_an_inner_function_takes_outer_values_as_trailing_arguments() -> None:
    weights = np.array([1.0, 2.0])
    with make_context(), ir.Location.unknown():
        module = ir.Module.create()
        with Trace(module) as trace:
            f64, vector = trace.types["f64"], trace.tensor_type((2,), "f64")
            with trace.function("f", [f64, vector], private=False) as region:
                x, a = Scalar(region.arguments[0], "f64", True), Box(region.arguments[1], (2,), "f64")
                y = x * 3.0
                with trace.function("f", [f64]) as inner:
                    z = Scalar(inner.arguments[0], "f64", True)
                    b = a.copy()
                    b[0] += z * y
                    b *= weights_of(weights)
                    with trace.function("g", []) as innermost:
                        return_([(z + x).value], innermost.block)
                    result = trace.emit(
                        "func.call", [f64], innermost.captures, {"callee": ir.FlatSymbolRefAttr.get(innermost.name)}
                    ).result
                    return_([b.read(), result], inner.block)
                assert inner.name == "f_1" and len(inner.captures) == 4
                assert set(inner.captures) == {a.value, y.value, x.value, region.arguments[2]}
                callee = {"callee": ir.FlatSymbolRefAttr.get(inner.name)}
                results = trace.emit(
                    "func.call", [vector, f64], [trace.constant(0.5, "f64"), *inner.captures], callee
                ).results
                return_(list(results), region.block)
        assert module.operation.verify()
        assert [c.array for c in trace.captured] == [weights]
        got = run(module, "f", [2.0, np.array([1.0, 1.0]), weights])
    assert np.array_equal(got[0], [4.0, 2.0]) and got[1] == 2.5


def weights_of(array: np.ndarray) -> Any:
    from wengert.frontend.operands import operand

    return operand(array)


def test_an_inner_function_cannot_write_outer_arrays(trace: Trace) -> None:
    _, _, a = arguments(trace)
    with (
        pytest.raises(UnsupportedError, match="inside a function that is being differentiated") as refused,
        trace.function("g", []),
    ):
        a[0] = 1.0
    assert refused.value.position is not None and "copy" in refused.value.help
    assert len(trace.module.body.operations) == 1  # the function that failed is gone
    assert trace.region is trace.top


def test_traces_nest(trace: Trace) -> None:
    assert tracing() and current() is trace
    with Trace(ir.Module.create()) as other:
        assert current() is other
    assert current() is trace


# ---------------------------------------------------------------- positions


def test_positions_are_the_users(trace: Trace) -> None:
    x, _, _ = arguments(trace)
    here = user_position()
    y = x * 2.0
    location = y.value.owner.location
    assert here is not None and here.file == __file__
    assert location.filename == __file__ and location.start_line == here.line + 1


def helper(a: Any) -> Any:
    b = a * 2.0
    return b + np.zeros((7, 7))


def test_an_error_in_a_helper_names_the_line_of_the_helper() -> None:
    def outer(a: Any) -> Any:
        return helper(a)

    with pytest.raises(ValueError, match=r"\(3,\) \(7, 7\)") as refused:
        traced_run(outer, np.zeros(3), call=call)
    position = refused.value.position  # type: ignore[attr-defined]
    assert (position.line, position.column) == (helper.__code__.co_firstlineno + 2, 12)


# ---------------------------------------------------------------- calls


class Layer:
    """A class with state, a property and a `__call__`."""

    def __init__(self, w: Any, scale: float = 2.0) -> None:
        self.w, self.scale, self.calls = w, scale, 0

    @property
    def strength(self) -> Any:
        return np.sum(self.w) if self.scale > 1.0 else 0.0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return np.tanh(self.w * x) * self.scale

    def __len__(self) -> int:
        return 3


class Deep(Layer):
    def __init__(self, w: Any) -> None:
        super().__init__(w, 3.0)
        self.shift = 1.0

    def __call__(self, x: Any) -> Any:
        y = super().__call__(x)
        if y[0] > 0:
            y = y + self.shift
        return y


@dataclasses.dataclass
class Ball:
    position: Any
    velocity: Any
    energy: Any = 0.0
    names: list[str] = dataclasses.field(default_factory=list)
    mass: dataclasses.InitVar[float] = 2.0

    def __post_init__(self, mass: float) -> None:
        if self.velocity > 1.0:
            self.energy = 0.5 * mass * self.velocity**2
        self.names.append("ball")


def test_classes_and_dataclasses_are_traced_through() -> None:
    def use(w: Any, x: float) -> Any:
        layers = [Layer(w), Deep(w), Layer(w, scale=x)]
        y = x
        for layer in layers:
            y = layer(y)
        ball, other = Ball(x, x * 2.0), Ball(x, 0.5 * x, mass=4.0)
        return y, layers[1].strength, len(layers[0]), layers[0].calls, ball.energy, other.energy, ball.names

    w = np.array([0.5, -0.25])
    expected = use(w, 1.5)
    got = traced_run(use, w, 1.5, call=call)
    assert same(got[:-1], tuple(expected[:-1]), 1e-15) and got[-1] == ["ball"]


def test_partials_caches_and_dispatchers_are_traced_through() -> None:
    import functools

    @functools.lru_cache
    def cached(n: int) -> Any:
        return n * 2

    @functools.singledispatch
    def kind(x: Any) -> str:
        return "other"

    @kind.register
    def _(x: float) -> str:
        return "float"

    def power(x: Any, n: int, c: Any = 1.0) -> Any:
        return c if n == 0 else x * power(x, n - 1, c)

    def use(x: Any) -> Any:
        cube = functools.partial(power, n=3, c=2.0)
        return cube(x), kind(x), cached(x), [power(v, k) for k, v in {2: x}.items()]

    assert same(traced_run(use, 1.5, call=call), use(1.5))


def test_recursion_that_data_stops_is_refused_when_shapes_change() -> None:
    def halve(x: Any) -> Any:
        return x.sum() if x[0] > 0 else halve(x[::2])

    with pytest.raises(UnsupportedError, match="calls itself without an end"):
        traced_run(halve, np.ones(3), call=call)


def test_changes_of_python_objects_are_journalled(trace: Trace) -> None:
    outer = trace.region
    items, table, seen = [1], {"a": 1}, {1}
    op = trace.emit("scf.if", [], [trace.constant(True, "i1")], regions=2)
    inner = trace.region = Region(op.regions[0].blocks.append(), outer, "if")
    call(items.append, 2)
    call(table.update, {"b": 2})
    call(seen.add, 3)
    assert (items, table, seen) == ([1, 2], {"a": 1, "b": 2}, {1, 3})
    inner.journal.undo()
    assert (items, table, seen) == ([1], {"a": 1}, {1})
    inner.alive, trace.region = False, outer
    op.erase()
