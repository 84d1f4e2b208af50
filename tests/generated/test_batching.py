"""Every op record: batched is a Python loop over the examples, on arrays and in the IR.

For all choices of operands that differ between the examples, and 0, 1 and 3 examples.  A new op with samples, or a
program in test_structural.py, is tested here without a line added.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.generated.test_ops import MORE, one_op_module
from tests.generated.test_structural import PROGRAMS, draw
from wengert.dialects.batching import Batch, Ragged, apply
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.control import find_function, function_types
from wengert.dialects.discrete import FLOAT_PREDICATES, INTEGER_PREDICATES
from wengert.dialects.effects import CheckFailed
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.interpret import run
from wengert.dialects.op import Op, lookup, records
from wengert.passes.base import run_pipeline
from wengert.passes.batch_function import DiffBatch
from wengert.passes.expand import DiffExpand

COUNTS = (3, 1, 0)
INTEGERS = ("addi", "subi", "muli", "divsi", "remsi", "floordivsi", "ceildivsi", "maxsi", "minsi", "andi", "xori")


def subsets(count: int) -> Iterator[tuple[bool, ...]]:
    """Which operands are batched: at least one."""
    return (flags for flags in itertools.product((True, False), repeat=count) if any(flags))


def cases() -> list[Any]:
    """One parameter for each record, sample and set of attributes."""
    found = []
    for record in records():
        for k, sample in enumerate(record.samples):
            for attributes in (record.sample_attributes, *MORE.get(record.name, [])):
                extra = "-".join(map(str, attributes.values()))
                found.append(pytest.param(record, sample, attributes, id=f"{record.name}{k or ''}{extra}"))
    for name in INTEGERS:
        found.append(pytest.param(lookup(f"arith.{name}"), integers, {}, id=f"arith.{name}"))
    for name, sample, number in (("arith.cmpi", integers, INTEGER_PREDICATES["slt"]),
                                 ("arith.cmpf", floats, FLOAT_PREDICATES["olt"])):
        found.append(pytest.param(lookup(name), sample, {"predicate": number}, id=name))
    return found


def integers(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.integers(-9, 9, (2, 3)), rng.integers(1, 9, (2, 3))


def floats(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(-1, 1, (2, 3)), rng.uniform(-1, 1, (2, 3))


def stacked(draws: Sequence[Sequence[Any]], flags: Sequence[bool], count: int) -> list[Any]:
    """The operands of the first `count` draws: those that are batched, of all; the others, of the first."""
    return [np.stack([d[i] for d in draws])[:count] if flag else draws[0][i] for i, flag in enumerate(flags)]


def of_example(operands: Sequence[Any], flags: Sequence[bool], b: int) -> list[Any]:
    return [x[b] if flag else x for x, flag in zip(operands, flags, strict=True)]


@pytest.mark.parametrize("record, sample, attributes", cases())
def test_rule_on_arrays_is_a_loop(record: Op, sample: Any, attributes: Mapping[str, Any]) -> None:
    rng = np.random.default_rng(0)
    draws = [sample(rng) for _ in range(max(COUNTS))]
    like = results_of(record, draws[0], attributes)
    for count, flags in itertools.product(COUNTS, subsets(len(draws[0]))):
        operands = stacked(draws, flags, count)
        batch = Batch(record, tuple(operands), flags, count, tuple(like), attributes)
        compare(record.batch(batch), [results_of(record, of_example(operands, flags, b), attributes)
                                      for b in range(count)], like)


def results_of(record: Op, operands: Sequence[Any], attributes: Mapping[str, Any]) -> list[Any]:
    return apply(record, operands, [np.asarray(operands[0])] if record.typed else [], attributes)


def compare(found: Sequence[Any], examples: Sequence[Sequence[Any]], like: Sequence[Any]) -> None:
    """The batched results against those of each example."""
    for k, one in enumerate(like):
        expected = [example[k] for example in examples]
        wanted = np.stack(expected) if expected else np.empty((0, *np.shape(one)))
        np.testing.assert_allclose(found[k], wanted, rtol=1e-12, atol=1e-13)
        assert np.shape(found[k]) == wanted.shape


@pytest.mark.parametrize("record, sample, attributes", cases())
def test_rule_in_the_ir_is_a_loop(record: Op, sample: Any, attributes: Mapping[str, Any]) -> None:
    rng = np.random.default_rng(0)
    draws = [sample(rng) for _ in range(3)]
    for flags in subsets(len(draws[0])):
        operands = stacked(draws, flags, 3)
        with make_context(), ir.Location.unknown():
            module = one_op_module(record, draws[0], attributes)
            run_pipeline(module, [DiffBatch("f", 3, positions(flags))])
            found = run(module, "f.batched", operands)
            examples = [run(module, "f", of_example(operands, flags, b)) for b in range(3)]
        compare(found, examples, examples[0])


def positions(flags: Sequence[bool]) -> tuple[int, ...]:
    return tuple(i for i, flag in enumerate(flags) if flag)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    """Small programs of ops that move data; an index that differs between examples may make shapes that differ."""
    text = PROGRAMS[name]
    types = re.findall(r"%\w+: (tensor<[^>]*>|\w+)", text[:text.index("->")])
    rng = np.random.default_rng(0)
    draws = [[k if type_ == "index" else draw(type_, rng) for type_ in types] for k in (2, 1, 2)]
    for count, flags in itertools.product((3, 1), subsets(len(types))):
        operands = stacked(draws, flags, count)
        with make_context(), ir.Location.unknown():
            module = ir.Module.parse(f"func.func @f{text}")
            examples = [run(module, "f", of_example(operands, flags, b)) for b in range(count)]
            try:
                run_pipeline(module, [DiffBatch("f", count, positions(flags))])
            except UnsupportedError:
                assert any(type_ == "index" and flag for type_, flag in zip(types, flags, strict=True))
                assert "?" in text[text.index("->"):text.index("{")]
                continue
            found = run(module, "f.batched", operands)
        for k, result in enumerate(found):
            expected = [example[k] for example in examples]
            if np.shape(result) == np.shape(expected[0]):  # the same for all examples
                expected = expected[0]
            np.testing.assert_allclose(result, expected, rtol=1e-12)


CHECK = """func.func @f(%i: i64, %n: i64) -> i64 {
  %ok = arith.cmpi slt, %i, %n : i64
  "nd.check"(%ok, %i, %n) {kind = "IndexError", message = "{0} of {1}"} : (i1, i64, i64) -> ()
  return %i : i64 }"""


def test_the_first_example_that_fails_a_check_is_reported() -> None:
    check = lookup("nd.check")
    assert check is not None
    attributes = {"kind": "IndexError", "message": "{0} of {1}"}
    numbers = np.array([1, 7, 9])
    with pytest.raises(CheckFailed) as failed:
        check.batch(Batch(check, (numbers < 4, numbers, np.int64(4)), (True, True, False), 3, (), attributes))
    assert list(failed.value.values) == [7, 4]
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(CHECK)
        run_pipeline(module, [DiffBatch("f", 3, (0,))])
        np.testing.assert_array_equal(run(module, "f.batched", [numbers, 10])[0], numbers)
        with pytest.raises(IndexError, match="7 of 4"):
            run(module, "f.batched", [numbers, 4])


@pytest.mark.parametrize("name", ["nd.empty", "nd.iota"])
def test_arrays_of_different_extents_are_ragged(name: str) -> None:
    record = lookup(name)
    assert record is not None
    with pytest.raises(Ragged):
        record.batch(Batch(record, (np.array([1, 2]),), (True,), 2, (np.empty(1),), {}))


def test_every_record_is_tested() -> None:
    """A record has samples, or is one of those above, or is in a program of test_structural.py."""
    programs = "\n".join(PROGRAMS.values())
    tested = {case.values[0].name for case in cases()}
    untested = [r for r in records() if r.name not in tested and r.name not in programs]
    elementwise = lookup("arith.addf")
    assert elementwise is not None
    others = {r.name for r in untested if r.batch is not elementwise.batch}
    assert others == {"nd.add_windows", "nd.check", "nd.empty", "nd.iota", "diff.save", "diff.saved", "diff.decided"}


def of_all(type_: str) -> str:
    """The type of a number of values that is known at run time."""
    return f"tensor<?x{type_.removeprefix('tensor<').removesuffix('>')}>"


@pytest.mark.parametrize("name", PROGRAMS)
def test_number_of_examples_known_at_run_time(name: str) -> None:
    """Declared with `?` examples, of all floats; 3 of them and 1."""
    text = PROGRAMS[name]
    signature, results = text[:text.index("->")], text[text.index("->") + 2:text.index("{")]
    types = re.findall(r"%\w+: (tensor<[^>]*>|\w+)", signature)
    result_types = re.findall(r"tensor<[^>]*>|\w+", results)
    batched = tuple(i for i, type_ in enumerate(types) if type_ != "index")
    flags = [i in batched for i in range(len(types))]
    rng = np.random.default_rng(0)
    draws = [[draw(type_, rng) for type_ in types] for _ in range(3)]
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(f"func.func @f{text}")
        run_pipeline(module, [DiffBatch("f", 3, batched)])
        types_of_all = function_types(find_function(module, "f.batched"))[1]
        declared = [of_all(one) if str(all_) != one else one
                    for one, all_ in zip(result_types, types_of_all, strict=True)]
        arguments = ", ".join(of_all(t) if flag else t for t, flag in zip(types, flags, strict=True))
        wrt = ", ".join(map(str, batched))
        module = ir.Module.parse(f"""func.func @f{text}
            func.func private @all({arguments}) -> ({", ".join(declared)})
                attributes {{diff.batched = @f, diff.wrt = array<i64: {wrt}>}}""")
        run_pipeline(module, [DiffExpand()])
        for count in (3, 1):
            operands = stacked(draws, flags, count)
            found = run(module, "all", operands)
            examples = [run(module, "f", of_example(operands, flags, b)) for b in range(count)]
            for k, result in enumerate(found):
                expected = [example[k] for example in examples]
                np.testing.assert_allclose(result, expected if declared[k] != result_types[k] else expected[0],
                                           rtol=1e-12)
