"""Every op record that has samples or integer operands, lowered: compiled code against the record's meaning.

A new op with samples is tested here without a line added.  The checks run in a process of their own
(tests/isolated.py); a check's name says what it does: ``arith.addf f32 0 (2, 3)``.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.generated.test_ops import MORE, OF_EACH_FORM
from tests.isolated import PASSED, outcomes
from tests.lowering import check_lowering
from wengert.dialects.bindings import ir, tensor_type
from wengert.dialects.context import make_context
from wengert.dialects.control import make_function, return_
from wengert.dialects.discrete import FLOAT_PREDICATES, INTEGER_PREDICATES
from wengert.dialects.op import Op, lookup, records

HERE = "tests.generated.test_lowering"
ELEMENTS = {"f64": np.float64, "f32": np.float32, "i64": np.int64, "i1": np.bool_}
SHAPES = ((2, 3), (), (0, 3), (2, 0), (1, 1), (37,))

INTEGER_OPS = ("addi", "subi", "muli", "divsi", "remsi", "floordivsi", "ceildivsi", "maxsi", "minsi", "andi", "ori",
               "xori", "shli", "shrsi")
#: Conversions of elements, by op: from -> to.
CONVERSIONS = {"arith.sitofp": ("i64", "f64"), "arith.fptosi": ("f64", "i64"), "arith.extui": ("i1", "i64"),
               "arith.trunci": ("i64", "i1"), "arith.uitofp": ("i1", "f64"), "arith.extf": ("f32", "f64"),
               "arith.truncf": ("f64", "f32"), "math.isnan": ("f64", "i1"), "math.isinf": ("f64", "i1"),
               "math.isfinite": ("f64", "i1")}
#: NumPy computes these in double where C's float functions are a little less exact.
TOLERANCE = 1e-11


def names() -> list[str]:
    found = []
    for record in records():
        for number, _ in enumerate(record.samples):
            for element in ("f64", "f32"):
                if record.family == "elementwise":
                    alike = record.external is not None and record.name not in OF_EACH_FORM
                    found += [f"{record.name} {element} {number} {shape}" for shape in SHAPES[:1 if alike else None]]
                else:
                    attributes = [record.sample_attributes, *MORE.get(record.name, [])]
                    found += [f"{record.name} {element} {number} {dict(chosen)}" for chosen in attributes]
    found += [f"arith.{name} i64 {shape}" for name in INTEGER_OPS for shape in SHAPES]
    found += [f"arith.{name} i1 {shape}" for name in ("andi", "ori", "xori") for shape in SHAPES]
    found += [f"arith.cmpi i64 {predicate}" for predicate in INTEGER_PREDICATES]
    found += [f"arith.cmpf f64 {predicate}" for predicate in FLOAT_PREDICATES]
    return found + [f"{name} convert" for name in CONVERSIONS]


def check(name: str) -> None:
    """One check by its name."""
    op, element, *rest = name.split(" ", 2)
    record = lookup(op)
    assert record is not None
    rng = np.random.default_rng(0)
    if element == "convert":
        source, target = CONVERSIONS[op]
        check_operation(record, [_values(source, (3, 4), rng)], {}, target)
    elif op in ("arith.cmpi", "arith.cmpf"):
        numbers = INTEGER_PREDICATES if op == "arith.cmpi" else FLOAT_PREDICATES
        operands = [_values(element, (5, 7), rng), _values(element, (5, 7), rng)]
        check_operation(record, operands, {"predicate": numbers[rest[0]]}, "i1")
    elif element in ("i64", "i1"):
        shape = ast.literal_eval(rest[0])
        x, y = _values(element, shape, rng), _values(element, shape, rng)
        if op in ("arith.shli", "arith.shrsi"):
            y = np.abs(y)
        elif element == "i64":
            y = np.where(y == 0, 3, y)
        check_operation(record, [x, y], {}, element)
    else:
        _check_sample(record, element, rest[0], rng)


def _check_sample(record: Op, element: str, rest: str, rng: np.random.Generator) -> None:
    number, _, detail = rest.partition(" ")
    sample = [np.asarray(x) for x in record.samples[int(number)](rng)]
    chosen = ast.literal_eval(detail)
    if record.family == "elementwise":
        sample, attributes = [np.resize(x, chosen) for x in sample], {}
    else:
        attributes = chosen
    operands = [x.astype(ELEMENTS[element]) if np.issubdtype(x.dtype, np.floating) else x for x in sample]
    check_operation(record, operands, attributes, element)


def _values(element: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    if element == "i1":
        return rng.integers(0, 2, shape).astype(bool)
    if element == "i64":
        return rng.integers(-9, 9, shape)
    values = rng.uniform(-5, 5, shape).astype(ELEMENTS[element])
    values.flat[::3] = np.round(values.flat[::3])
    if values.size > 6:
        values.flat[1], values.flat[4], values.flat[6] = np.nan, np.inf, -np.inf
    return values


def check_operation(record: Op, operands: Sequence[Any], attributes: dict[str, Any], element: str) -> None:
    """A function of one op, compiled and interpreted."""
    if record.name == "arith.fptosi":
        operands = [np.where(np.isfinite(x), x, 0.0) for x in operands]
    with make_context(), ir.Location.unknown():
        module = ir.Module.create()
        elements = [ir.Type.parse(next(k for k, v in ELEMENTS.items() if v == np.asarray(x).dtype)) for x in operands]
        types = [tensor_type(np.shape(x), e) if np.ndim(x) else e for x, e in zip(operands, elements, strict=True)]
        func = make_function(module, "f", types, [], private=False)
        block = func.regions[0].blocks[0]
        with ir.InsertionPoint(block):
            if record.family in ("elementwise", "discrete") or record.name in CONVERSIONS:
                target = ir.Type.parse(element)
                result = tensor_type(np.shape(operands[0]), target) if np.ndim(operands[0]) else target
                y = record(*block.arguments, result_types=[result], **attributes)
            else:
                y = record(*block.arguments, **attributes)
            return_([y], block)
        func.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, [y.type]))
        values = [x if np.ndim(x) else np.asarray(x)[()] for x in operands]
        check_lowering(str(module), values, tolerance=TOLERANCE)


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return outcomes(f"{HERE}:check", names())


@pytest.mark.parametrize("name", names())
def test_lowered_op(name: str, found: dict[str, str]) -> None:
    assert found[name] == PASSED, found[name]
