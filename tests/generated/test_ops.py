"""Every op record that has samples: its jvp rule on arrays and in the IR, and what transpose makes of it.

A new op with samples is tested here without a line added; an op that is differentiable has samples, or a program in
test_structural.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.differentiation import check_derivatives, distance, is_float, random_like
from tests.generated.test_structural import PROGRAMS
from wengert.dialects.bindings import ir, tensor_type
from wengert.dialects.context import make_context
from wengert.dialects.control import make_function, return_
from wengert.dialects.interpret import run
from wengert.dialects.op import Absent, Op, carries_tangent, lookup, records, zero_tangent
from wengert.passes.base import run_pipeline
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.transpose import DiffTranspose

#: Other attributes than those of the record's own sample.
MORE: dict[str, list[Mapping[str, Any]]] = {
    "nd.searchsorted": [{"right": True}],
    "nd.reduce": [{"kind": kind, "axes": axes} for kind in ("sum", "prod", "max", "min") for axes in ((0,), (0, 1, 2))],
    "nd.dot_general": [{"lhs_contracting": (1,), "rhs_contracting": (0,)}],
    "nd.triangular_solve": [{"lower": lower, "transposed": transposed, "unit_diagonal": unit}
                            for lower, transposed, unit in ((False, False, False), (True, True, True),
                                                            (False, True, False), (False, False, True))],
    "nd.eigvalsh": [{"lower": False}],
}


def sampled() -> list[Any]:
    """One parameter for each differentiable record, sample and set of attributes."""
    cases = []
    for record in records():
        if isinstance(record.jvp, Absent):
            continue
        for k, draw in enumerate(record.samples):
            for attributes in (record.sample_attributes, *MORE.get(record.name, [])):
                extra = "-".join(str(value) for value in attributes.values()) if record.name in MORE else ""
                cases.append(pytest.param(record, draw, attributes, id=f"{record.name}{k or ''}{extra}"))
    return cases


#: Ops that C functions compute differ in their functions only: one of each form stands for all.
OF_EACH_FORM = ("nd.erfinv", "nd.betainc", "nd.fresnel_s", "nd.zeta", "nd.expn")


def elementwise() -> list[Any]:
    return [pytest.param(r, r.samples[0], id=r.name) for r in records() if r.family == "elementwise" and r.samples
            and (r.external is None or r.name in OF_EACH_FORM)]


def subsets(record: Op, primals: Sequence[Any]) -> list[tuple[int, ...]]:
    """All float operands that have a derivative together, and each one alone (the others inactive)."""
    floats = tuple(i for i, x in enumerate(primals) if is_float(x) and i not in record.refused)
    return [floats, *((i,) for i in floats if len(floats) > 1)]


def one_op_module(record: Op, primals: Sequence[Any], attributes: Mapping[str, Any]) -> Any:
    """A module whose @f applies the op to its arguments."""
    names = {"float64": "f64", "float32": "f32", "int64": "i64", "bool": "i1"}
    module = ir.Module.create()
    elements = [ir.Type.parse(names[str(np.asarray(x).dtype)]) for x in primals]
    types = [tensor_type(np.shape(x), e) if np.ndim(x) else e for x, e in zip(primals, elements, strict=True)]
    func = make_function(module, "f", types, [])
    block = func.regions[0].blocks[0]
    with ir.InsertionPoint(block):
        y = record(*block.arguments, **attributes)
        return_([y], block)
    func.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(types, [y.type]))
    return module


def check_in_ir(record: Op, primals: Sequence[Any], attributes: Mapping[str, Any], wrt: tuple[int, ...],
                **tolerances: float) -> Any:
    """Differentiate a function of one op; check it at `primals`; return its tangent along the seeded direction."""
    with make_context(), ir.Location.unknown():
        module = one_op_module(record, primals, attributes)
        run_pipeline(module, [DiffJvp("f", wrt), DiffLinearize("f"), DiffTranspose("f")])
        check_derivatives(module, primals, wrt, **tolerances)
        rng = np.random.default_rng(1)
        return run(module, "f.jvp", [*primals, *(random_like(primals[i], rng) for i in wrt)])[-1]


@pytest.mark.parametrize("record, draw, attributes", sampled())
def test_rule_on_arrays_is_the_derivative(record: Op, draw: Any, attributes: Mapping[str, Any]) -> None:
    """The rule, run on arrays, agrees with differences of the op's meaning; inactive operands have tangent None."""
    rng = np.random.default_rng(0)
    primals = draw(rng)
    for wrt in subsets(record, primals):
        directions = [random_like(x, rng) if i in wrt else None for i, x in enumerate(primals)]
        assert not isinstance(record.jvp, Absent)
        (tangent,) = record.jvp(primals, [record.meaning(*primals, **attributes)], directions, attributes)

        def along(t: float, directions: list[Any] = directions) -> Any:
            moved = [x if v is None else x + t * v for x, v in zip(primals, directions, strict=True)]
            return np.asarray(record.meaning(*moved, **attributes))

        expected = min(((along(h) - along(-h)) / (2 * h) for h in (1e-4, 1e-5, 1e-6)),
                       key=lambda d, tangent=tangent: distance([d], [0.0 * d if tangent is None else tangent]))
        assert distance([expected], [0.0 * expected if tangent is None else tangent]) < 1e-7


@pytest.mark.parametrize("record, draw, attributes", sampled())
def test_passes(record: Op, draw: Any, attributes: Mapping[str, Any]) -> None:
    """jvp = differences, lin = jvp, and the adjoint identity, for all operands together and each one alone."""
    primals = draw(np.random.default_rng(0))
    for wrt in subsets(record, primals):
        check_in_ir(record, primals, attributes, wrt, tolerance=1e-7)


@pytest.mark.parametrize("record, draw", elementwise())
def test_scalars(record: Op, draw: Any) -> None:
    primals = [x[0, 0] for x in draw(np.random.default_rng(0))]
    for wrt in subsets(record, primals):
        check_in_ir(record, primals, {}, wrt, tolerance=1e-7)


@pytest.mark.parametrize("record, draw", elementwise())
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (1,), ()], ids=str)
def test_empty_and_size_one_arrays(record: Op, draw: Any, shape: tuple[int, ...]) -> None:
    primals = [np.resize(x, shape) for x in draw(np.random.default_rng(0))]
    if shape == ():
        primals = [x[()] for x in primals]
    for wrt in subsets(record, primals):
        check_in_ir(record, primals, {}, wrt, tolerance=1e-7)


@pytest.mark.parametrize("record, draw, attributes", sampled())
def test_float32(record: Op, draw: Any, attributes: Mapping[str, Any]) -> None:
    """Tangents and cotangents of float32 are float32, and the tangent is that of float64 rounded."""
    wide = draw(np.random.default_rng(0))
    primals = [np.asarray(x, np.float32) if is_float(x) else x for x in wide]
    (wrt, *_) = subsets(record, primals)
    tangent = check_in_ir(record, primals, attributes, wrt, tolerance=np.inf, rounding=2e-5)
    expected = check_in_ir(record, [np.asarray(x, np.float64) if is_float(x) else x for x in primals], attributes, wrt)
    assert tangent.dtype == np.float32
    np.testing.assert_allclose(tangent, expected, rtol=2e-4, atol=2e-5)


def test_every_differentiable_op_is_tested() -> None:
    """An op that can pass on a tangent has samples here or a program in test_structural.py."""
    programs = "\n".join(PROGRAMS.values())
    untested = [r.name for r in records() if not isinstance(r.jvp, Absent) and r.jvp is not zero_tangent
                and r.operands and not r.samples and r.name not in programs]
    assert untested == ["nd.empty"]  # it has no operand that could have a tangent


def test_linear_ops_have_transposes() -> None:
    for record in records():
        if record.linear or record.bilinear:
            assert not isinstance(record.transpose, Absent), record.name


def test_samples_are_where_the_op_is_smooth() -> None:
    """A sample at a kink would compare a convention with a difference quotient."""
    record = lookup("arith.maximumf")
    assert record is not None
    x, y = record.samples[0](np.random.default_rng(0))
    assert np.min(np.abs(x - y)) > 1e-3 and carries_tangent(x)
