"""What an entry accepts, and that everything else arrives at `on_mismatch`, unchanged."""

import pickle
from typing import Any

import numpy as np
import pytest

from tests.runtime.kernels import (
    ADD,
    ADD_SIGNATURE,
    ECHO,
    ECHO_SIGNATURE,
    INCREMENT,
    INCREMENT_SIGNATURE,
    SQUARE,
    SQUARE_SIGNATURE,
    Build,
    empty_kernel,
)
from wengert.runtime.signature import KernelSignature, Slot

B = np.ones(8)


class Subclass(np.ndarray[Any, Any]):
    """An array type of somebody else."""


class Float(float):
    """A float type of somebody else."""


def unaligned() -> np.ndarray[Any, Any]:
    return np.zeros(8 * 8 + 1, np.uint8)[1:].view(np.float64)


def read_only() -> np.ndarray[Any, Any]:
    array = np.arange(8.0)
    array.flags.writeable = False
    return array


def with_metadata() -> np.ndarray[Any, Any]:
    return np.arange(8.0).astype(np.dtype("f8", metadata={"unit": "m"}))


ACCEPTED_ARRAYS = {
    "fresh": np.arange(8.0),
    "read only": read_only(),
    "view": np.arange(20.0)[3:11],
    "dtype with metadata": with_metadata(),
    "pickled": pickle.loads(pickle.dumps(np.arange(8.0))),
    "dtype spelled <f8": np.arange(8, dtype="<f8"),
    "row of a matrix": np.arange(24.0).reshape(3, 8)[1],
    "foreign memory": np.frombuffer(bytes(64)),
}
REFUSED_ARRAYS = {
    "strided": np.arange(16.0)[::2],
    "reversed": np.arange(8.0)[::-1],
    "longer": np.arange(9.0),
    "two-dimensional": np.zeros((8, 1)),
    "0-d": np.array(1.0),
    "float32": np.zeros(8, np.float32),
    "int64": np.zeros(8, np.int64),
    "big-endian": np.zeros(8, ">f8"),
    "datetime64": np.zeros(8, "M8[s]"),
    "structured": np.zeros(8, [("x", "f8")]),
    "object": np.zeros(8, object),
    "string": np.zeros(8, "S8"),
    "unaligned": unaligned(),
    "subclass": np.zeros(8).view(Subclass),
    "masked": np.ma.zeros(8),
    "list": [0.0] * 8,
    "float": 1.0,
    "None": None,
    "memoryview": memoryview(np.zeros(8)),
}


@pytest.mark.parametrize("array", ACCEPTED_ARRAYS.values(), ids=ACCEPTED_ARRAYS)
def test_accepted_arrays(build: Build, array: np.ndarray[Any, Any]) -> None:
    (result,) = build(ADD, ADD_SIGNATURE)(array, B)
    np.testing.assert_array_equal(result, array + B, strict=True)


@pytest.mark.parametrize("value", REFUSED_ARRAYS.values(), ids=REFUSED_ARRAYS)
@pytest.mark.parametrize("position", [0, 1])
def test_refused_arrays(build: Build, value: Any, position: int) -> None:
    args = [B, B]
    args[position] = value
    word, got, kwargs = build(ADD, ADD_SIGNATURE)(*args)
    assert (word, kwargs) == ("mismatch", {})
    assert got[0] is args[0]
    assert got[1] is args[1]


@pytest.mark.parametrize("args", [(), (B,), (B, B, B)])
def test_another_number_of_arguments(build: Build, args: tuple[Any, ...]) -> None:
    assert build(ADD, ADD_SIGNATURE)(*args)[0] == "mismatch"


def test_keywords(build: Build) -> None:
    square = build(SQUARE, SQUARE_SIGNATURE)
    assert square(x=3.0) == ("mismatch", (), {"x": 3.0})
    assert square(3.0, y=None) == ("mismatch", (3.0,), {"y": None})
    assert square(*(3.0,)) == (9.0,)


GOOD_SCALARS = (1.5, np.float32(2.5), 3, True)
ACCEPTED_SCALARS = [
    (0, -0.0),
    (0, float("inf")),
    (0, np.float64(1e-300)),
    (1, np.float32(1e30)),
    (2, 0),
    (2, -1),
    (2, 2**63 - 1),
    (2, -(2**63)),
    (2, np.int64(-1)),
    (3, False),
    (3, np.True_),
    (3, np.False_),
]
REFUSED_SCALARS = [
    (0, 1),
    (0, True),
    (0, np.float32(1)),
    (0, np.float16(1)),
    (0, np.int64(1)),
    (0, Float(1.0)),
    (0, np.array(1.0)),
    (0, 1j),
    (0, "1.0"),
    (1, 1.0),
    (1, 1),
    (1, np.float64(1)),
    (2, 1.0),
    (2, True),
    (2, np.True_),
    (2, 2**63),
    (2, -(2**63) - 1),
    (2, 2**70),
    (2, np.int32(1)),
    (2, np.uint64(1)),
    (3, 1),
    (3, 1.0),
    (3, np.int8(1)),
    (3, None),
]


@pytest.mark.parametrize(("position", "value"), ACCEPTED_SCALARS, ids=repr)
def test_accepted_scalars(build: Build, position: int, value: Any) -> None:
    args = [*GOOD_SCALARS]
    args[position] = value
    results = build(ECHO, ECHO_SIGNATURE)(*args)
    assert results == tuple(args)
    assert np.signbit(results[0]) == np.signbit(args[0])


@pytest.mark.parametrize(("position", "value"), REFUSED_SCALARS, ids=repr)
def test_refused_scalars(build: Build, position: int, value: Any) -> None:
    args = [*GOOD_SCALARS]
    args[position] = value
    word, got, _ = build(ECHO, ECHO_SIGNATURE)(*args)
    assert word == "mismatch"
    assert got[position] is value


def test_a_nan_argument_is_passed_on(build: Build) -> None:
    assert np.isnan(build(SQUARE, SQUARE_SIGNATURE)(float("nan"))[0])


@pytest.mark.parametrize("dtype", ["f64", "f32", "i64", "i1"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 3), (0,), (4, 0), (1,) * 7])
def test_every_dtype_and_rank(build: Build, dtype: str, shape: tuple[int, ...]) -> None:
    slot = Slot(dtype, shape)
    entry = build(empty_kernel(signature := KernelSignature("nothing", (slot,), ())), signature)
    good = np.zeros(shape, {"f64": "f8", "f32": "f4", "i64": "i8", "i1": "?"}[dtype])
    assert entry(good) == ()
    assert entry(good.astype(np.int16))[0] == "mismatch"
    assert entry(good[None])[0] == "mismatch"
    for axis in range(len(shape)):
        longer = tuple(size + (k == axis) for k, size in enumerate(shape))
        assert entry(np.zeros(longer, good.dtype))[0] == "mismatch"


def test_fortran_order_is_refused_unless_it_is_also_c(build: Build) -> None:
    signature = KernelSignature("nothing", (Slot("f64", (3, 4)),), ())
    entry = build(empty_kernel(signature), signature)
    assert entry(np.zeros((3, 4))) == ()
    assert entry(np.zeros((3, 4), order="F"))[0] == "mismatch"
    assert entry(np.zeros((4, 3)).T)[0] == "mismatch"
    row = KernelSignature("nothing", (Slot("f64", (1, 4)),), ())
    assert build(empty_kernel(row), row)(np.zeros((1, 4), order="F")) == ()


def test_a_written_argument_must_be_writeable(build: Build) -> None:
    increment = build(INCREMENT, INCREMENT_SIGNATURE)
    assert increment(read_only(), B)[0] == "mismatch"
    assert increment(np.arange(8.0), read_only()) == (7.0,)


MEMORY = np.zeros(40)
OVERLAPPING = {
    "same": (MEMORY[:8], MEMORY[:8]),
    "one before": (MEMORY[8:16], MEMORY[1:9]),
    "one after": (MEMORY[:8], MEMORY[7:15]),
}
APART = {"right after": (MEMORY[:8], MEMORY[8:16]), "right before": (MEMORY[8:16], MEMORY[:8])}


@pytest.mark.parametrize("args", OVERLAPPING.values(), ids=OVERLAPPING)
def test_written_memory_must_not_overlap(build: Build, args: Any) -> None:
    assert build(INCREMENT, INCREMENT_SIGNATURE)(*args)[0] == "mismatch"
    assert len(build(ADD, ADD_SIGNATURE)(*args)) == 1  # nothing is written: overlap is welcome


@pytest.mark.parametrize("args", APART.values(), ids=APART)
def test_neighbours_do_not_overlap(build: Build, args: Any) -> None:
    assert build(INCREMENT, INCREMENT_SIGNATURE)(*args) == (0.0,)


@pytest.mark.parametrize("count", [2, 3, 4, 7, 20, 45])
def test_overlap_among_many(build: Build, count: int) -> None:
    """Half of the arguments are written; every pair is made to overlap in turn. 45 leaves: the loop over ranges."""
    slot, written = Slot("f64", (4,)), tuple(range(count // 2, count))
    signature = KernelSignature("many", (slot,) * count, (slot,) * len(written), written)
    entry = build(empty_kernel(signature), signature)
    arrays = [np.zeros(4) for _ in range(count)]
    assert entry(*arrays) == ()
    for i in range(count):
        for j in (*range(i), *range(i + 1, count)):
            args = [*arrays]
            args[i] = arrays[j]
            assert (entry(*args) != ()) == (i in written or j in written), (i, j)


def test_empty_arrays_overlap_nothing(build: Build) -> None:
    empty = Slot("f64", (0,))
    signature = KernelSignature("nothing", (empty, Slot("f64", (8,))), (empty,), (0,))
    memory = np.zeros(8)
    assert build(empty_kernel(signature), signature)(memory[4:4], memory) == ()


def test_mismatch_returns_or_raises_what_it_wants(build: Build) -> None:
    answer = object()
    assert build(SQUARE, SQUARE_SIGNATURE, lambda *args: answer)("x") is answer

    def refuse(*args: Any) -> None:
        raise TypeError(f"no kernel for {args}")

    with pytest.raises(TypeError, match="no kernel for"):
        build(SQUARE, SQUARE_SIGNATURE, refuse)("x")
