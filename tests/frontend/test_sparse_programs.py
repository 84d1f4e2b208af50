"""Sparse derivatives of programs nobody wrote for them, against products with random vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests import random_python
from tests.comparison import flat, random_like
from tests.programs import PROGRAMS
from tests.test_random_programs import MOVING, arguments_for, load
from wengert.frontend.arguments import flatten


def check_products(f: Callable[..., Any], args: tuple[Any, ...], argnums: tuple[int, ...]) -> None:
    """The Jacobian times random vectors is the jvp: no entry is missed, and none is wrong."""
    found = wengert.sparse_jacobian(f, argnums)(*args)
    for seed in range(2):
        tangents = [random_like(x, seed) if k in argnums else None for k, x in enumerate(args)]
        moved, expected = flat([tangents[k] for k in argnums]), flat(wengert.jvp(f, args, tangents)[1])
        scale = abs(found) @ np.abs(moved) + 1.0
        assert (np.abs(found @ moved - expected) <= 1e-10 * scale).all()


def random_program(seed: int, folder: Path) -> None:
    program = load(seed, folder).program
    try:
        check_products(program, arguments_for(seed), MOVING)
    except Exception as failure:
        failure.add_note(f"seed {seed}:\n{random_python.source_of(seed)}")
        raise


@pytest.mark.parametrize("seed", range(1))
def test_random_programs(seed: int, tmp_path: Path) -> None:
    random_program(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_sixty_random_programs(seed: int, tmp_path: Path) -> None:
    random_program(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 230))
def test_hessians_of_random_programs(seed: int, tmp_path: Path) -> None:
    """The Hessian times random vectors is the jvp of the gradient."""
    program, args = load(seed, tmp_path).program, arguments_for(seed)

    def total(x, y, a, b, c, n):
        return program(x, y, a, b, c, n)[0]

    if np.asarray(total(*arguments_for(seed))).dtype.kind != "f":
        pytest.skip("the result is not a float")
    found = wengert.sparse_hessian(total, MOVING)(*args)
    tangents = [random_like(x, seed) if k in MOVING else None for k, x in enumerate(args)]
    expected = flat(wengert.jvp(wengert.grad(total, MOVING), args, tangents)[1])
    moved = flat([tangents[k] for k in MOVING])
    assert (np.abs(found @ moved - expected) <= 1e-9 * (abs(found) @ np.abs(moved) + 1.0)).all()


CORPUS = [p for p in PROGRAMS if p.wrt]


def corpus_program(name: str) -> None:
    program = next(p for p in CORPUS if p.name == name)
    result = program.function(*program.arguments(0))
    if any(np.asarray(leaf).dtype.kind != "f" for leaf in flatten(result)[0]):
        with pytest.raises(wengert.WengertTypeError, match="results are floats"):
            wengert.sparse_jacobian(program.function, program.wrt)(*program.arguments(0))
    else:
        check_products(program.function, program.arguments(0), program.wrt)


@pytest.mark.parametrize("name", ["lu", "swapped_buffers"])
def test_programs_of_the_corpus(name: str) -> None:
    corpus_program(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [p.name for p in CORPUS])
def test_all_programs_of_the_corpus(name: str) -> None:
    corpus_program(name)
