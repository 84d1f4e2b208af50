"""Dependency masks of every op record and of random programs, against Jacobians, by the interpreter of the IR.

A mask never misses an input that a tangent reaches.  For the ops that are linear in what they move, and elementwise
ones, it has no other either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.differentiation import is_float, point
from tests.generated.test_ops import one_op_module, sampled, subsets
from tests.generated.test_structural import PROGRAMS, draw
from tests.random_programs import FLOATS, random_program
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.dialects.op import Op
from wengert.passes.base import run_pipeline
from wengert.passes.dependencies import DiffDependencies
from wengert.passes.jvp import DiffJvp
from wengert.passes.simplify import Simplify

#: Where masks are wider than the Jacobian: a solve fills whole columns, and what a floating comparison chooses counts.
WIDER = ("solve", "determinant", "select", "LU decomposition", "QR decomposition", "singular vectors", "eigenvectors")


def flat(values: Sequence[Any]) -> np.ndarray:
    return np.concatenate([np.ravel(v) for v in values]) if values else np.zeros(0)


def split(vector: np.ndarray, like: Sequence[Any]) -> list[Any]:
    parts = np.split(vector, np.cumsum([np.size(x) for x in like])[:-1])
    return [part.reshape(np.shape(x)).astype(vector.dtype)[()] for part, x in zip(parts, like, strict=True)]


def patterns(module: Any, arguments: Sequence[Any], wrt: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(what the masks of @f say, where the Jacobian is not zero): bool, (results, inputs)."""
    run_pipeline(module, [DiffJvp("f", tuple(wrt)), DiffDependencies("f", tuple(wrt)), Simplify("f.dependencies")])
    moving = [arguments[i] for i in wrt]
    size = sum(map(np.size, moving))
    said, jacobian = [], []
    for k in range(size):
        masks = split(np.where(np.arange(size) == k, 1 << k % 64, 0), moving)
        said.append(flat(run(module, "f.dependencies", [*arguments, *masks])) == np.int64(np.uint64(1 << k % 64)))
        unit = split(np.where(np.arange(size) == k, 1.0, 0.0), moving)
        directions = [v.astype(np.asarray(x).dtype) for v, x in zip(unit, moving, strict=True)]
        outputs = run(module, "f.jvp", [*arguments, *directions])
        count = sum(map(is_float, run(module, "f", arguments)))
        jacobian.append(flat(outputs[len(outputs) - count:]) != 0)
    return np.array(said).T, np.array(jacobian).T


@pytest.mark.parametrize("record, draw, attributes", sampled())
def test_ops(record: Op, draw: Any, attributes: Mapping[str, Any]) -> None:
    primals = draw(np.random.default_rng(0))
    for wrt in subsets(record, primals):
        with make_context(), ir.Location.unknown():
            said, jacobian = patterns(one_op_module(record, primals, attributes), primals, wrt)
        assert not (jacobian & ~said).any()
        if record.family in ("structural", "multilinear") or attributes.get("kind") in ("sum", "prod"):
            np.testing.assert_array_equal(said, jacobian)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    text, rng = PROGRAMS[name], np.random.default_rng(0)
    types = re.findall(r"%\w+: (tensor<[^>]*>|\w+)", text[:text.index("->")])
    arguments = [draw(type_, rng) for type_ in types]
    wrt = [i for i, type_ in enumerate(types) if type_ != "index"]
    with make_context(), ir.Location.unknown():
        said, jacobian = patterns(ir.Module.parse(f"func.func @f{text}"), arguments, wrt)
    assert not (jacobian & ~said).any()
    if not any(word in name for word in WIDER):
        np.testing.assert_array_equal(said, jacobian)


def check_random_program(seed: int) -> None:
    """Masks of a program, and of its jvp as functions of its tangents, against tangents of subsets of the inputs."""
    arguments, rng = point(seed), np.random.default_rng(seed)
    moving = [arguments[i] for i in FLOATS]
    size = sum(map(np.size, moving))
    assert size <= 64
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(random_program(seed))
        run_pipeline(module, [DiffJvp("f", FLOATS)])
        tangents = tuple(range(len(arguments), len(arguments) + len(FLOATS)))
        run_pipeline(module, [DiffDependencies("f", FLOATS), DiffDependencies("f.jvp", tangents)])
        every = split(np.left_shift(1, np.arange(size)), moving)
        count = sum(map(is_float, run(module, "f", arguments)))
        directly = flat(run(module, "f.dependencies", [*arguments, *every]))
        zeros = split(np.zeros(size), moving)
        of_tangents = flat(run(module, "f.jvp.dependencies", [*arguments, *zeros, *every])[-count:])
        for _ in range(6):
            chosen = rng.random(size) < 0.3
            outputs = run(module, "f.jvp", [*arguments, *split(np.where(chosen, rng.normal(size=size), 0.0), moving)])
            moved = flat(outputs[len(outputs) - count:]) != 0
            for masks in (directly, of_tangents):
                reached = (masks & np.int64(np.bitwise_or.reduce(np.left_shift(1, np.flatnonzero(chosen))))) != 0
                assert not (moved & ~reached).any(), random_program(seed)
    assert not (of_tangents & ~directly).any()  # the jvp knows of derivatives that vanish


@pytest.mark.parametrize("seed", range(25))
def test_random_programs(seed: int) -> None:
    check_random_program(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(25, 400))
def test_many_random_programs(seed: int) -> None:
    check_random_program(seed)
