"""What an entry returns, and what it raises when the kernel records an error."""

from typing import Any

import numpy as np
import pytest

from tests.runtime.kernels import (
    ADD,
    ADD_SIGNATURE,
    ECHO,
    ECHO_SIGNATURE,
    FAIL,
    FAIL_SIGNATURE,
    INCREMENT,
    INCREMENT_SIGNATURE,
    ROWS,
    ROWS_SIGNATURE,
    SQUARE,
    SQUARE_SIGNATURE,
    VECTOR,
    Build,
    empty_kernel,
    error,
    mismatch,
)
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.jit import load
from wengert.runtime.python_abi import DTYPES
from wengert.runtime.result_tree import put_together
from wengert.runtime.signature import KernelSignature, Slot


def test_scalars_are_numpy_scalars(build: Build) -> None:
    results = build(ECHO, ECHO_SIGNATURE)(1.5, np.float32(2.5), -7, True)
    assert results == (1.5, 2.5, -7, True)
    assert [type(result) for result in results] == [np.float64, np.float32, np.int64, np.bool_]


def test_a_tuple_unless_asked_otherwise(build: Build) -> None:
    assert build(SQUARE, SQUARE_SIGNATURE)(3.0) == (9.0,)
    scalar = build(SQUARE, SQUARE_SIGNATURE, tree=0)(3.0)
    assert type(scalar) is np.float64
    assert scalar == 9.0
    array = build(ADD, ADD_SIGNATURE, tree=0)(np.arange(8.0), np.ones(8))
    assert type(array) is np.ndarray
    np.testing.assert_array_equal(array, np.arange(8.0) + 1)


def test_a_tree_has_all_results(build: Build) -> None:
    with pytest.raises(ValueError, match="does not arrange 4 returned results"):
        build(ECHO, ECHO_SIGNATURE, tree=0)
    nothing = KernelSignature("nothing", (), ())
    with pytest.raises(ValueError, match="does not arrange 0 returned results"):
        build(empty_kernel(nothing), nothing, tree=0)


@pytest.mark.parametrize("dtype", ["f64", "f32", "i64", "i1"])
@pytest.mark.parametrize("shape", [(3,), (2, 3, 1), (0,), (2, 0)])
def test_new_arrays(build: Build, dtype: str, shape: tuple[int, ...]) -> None:
    signature = KernelSignature("nothing", (), (Slot(dtype, shape), Slot("f64", (2,)), Slot(dtype, shape)))
    first, _, last = build(empty_kernel(signature), signature)()
    expected = {"f64": "f8", "f32": "f4", "i64": "i8", "i1": "?"}[dtype]
    assert (first.dtype, first.shape) == (np.dtype(expected), shape)
    assert first.flags.c_contiguous
    assert first.flags.owndata
    assert first.flags.writeable
    assert first is not last


def test_a_0d_result_is_a_scalar(build: Build) -> None:
    signature = KernelSignature("square", (Slot("f64"),), (Slot("f64", ()),))
    assert type(build(SQUARE, signature)(2.0)[0]) is np.float64


def test_a_0d_array_argument_is_a_pointer(build: Build) -> None:
    code = """
    define void @load(ptr %x, ptr %y, ptr %err) {
      %v = load double, ptr %x
      store double %v, ptr %y
      ret void
    }"""
    assert build(code, KernelSignature("load", (Slot("f64", ()),), (Slot("f64"),)))(np.array(4.5)) == (4.5,)


def test_results_written_into_arguments(build: Build) -> None:
    a, b = np.arange(8.0), np.full(8, 10.0)
    assert build(INCREMENT, INCREMENT_SIGNATURE)(a, b) == (7.0,)
    np.testing.assert_array_equal(a, np.arange(8.0) + 10)


def test_results_are_new_each_time(build: Build) -> None:
    add = build(ADD, ADD_SIGNATURE)
    (first,), (second,) = add(np.zeros(8), np.zeros(8)), add(np.ones(8), np.ones(8))
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, np.zeros(8))


def test_a_recorded_error_is_raised(build: Build) -> None:
    fail = build(FAIL, FAIL_SIGNATURE)
    array, scalar = fail(0)
    assert (array.tolist(), scalar) == ([1.0] * 8, 2.0)
    with pytest.raises(IndexError) as caught:
        fail(5)
    assert caught.value.args == (5, 7, -9, 0)


@pytest.mark.parametrize("release_gil", [False, True])
@pytest.mark.parametrize("tree", [(0,), 0, [{"a": -2, "b": 0}], {"b": (0, 0), "a": [None, ()]}])
def test_errors_in_every_form_of_entry(release_gil: bool, tree: Any) -> None:
    signature = KernelSignature("fail", (Slot("i64"), Slot("f64", (8,))), (Slot("f64", (8,)), Slot("f64")), (1, None))
    code = FAIL
    entry = build_entry(code, signature, mismatch, error, release_gil=release_gil, tree=tree)
    with pytest.raises(IndexError) as caught:
        entry(3, np.zeros(8))
    assert caught.value.args == (3, 7, -9, 0)
    array = np.zeros(8)
    assert repr(entry(0, array)) == repr(put_together(tree, [np.float64(2.0)], (0, array)))


def test_on_error_that_raises_itself_or_returns_nonsense() -> None:
    def raising(code: int, a: int, b: int, c: int) -> BaseException:
        raise KeyError(code)

    with pytest.raises(KeyError):
        build_entry(FAIL, FAIL_SIGNATURE, mismatch, raising)(1)

    def nonsense(*record: int) -> Any:
        return "not an exception"

    with pytest.raises(SystemError):
        build_entry(FAIL, FAIL_SIGNATURE, mismatch, nonsense)(1)


def test_no_frame_of_ours_in_the_traceback() -> None:
    with pytest.raises(IndexError) as caught:
        build_entry(FAIL, FAIL_SIGNATURE, mismatch, error)(1)
    assert [frame.name for frame in caught.traceback] == ["test_no_frame_of_ours_in_the_traceback"]


def test_memory_that_cannot_be_had_is_a_memory_error() -> None:
    huge = Slot("f64", (2**45,))
    signature = KernelSignature("nothing", (), (Slot("f64", (4,)), huge))
    with pytest.raises(MemoryError):
        build_entry(empty_kernel(signature), signature, mismatch, error)()
    alone = KernelSignature("nothing", (), (huge,))
    with pytest.raises(MemoryError):
        build_entry(empty_kernel(alone), alone, mismatch, error, tree=0)()


@pytest.mark.parametrize("count", [1, 9, 40])
def test_many_leaves(build: Build, count: int) -> None:
    """result k = argument k, for as many as LLVM compiles in each of its ways."""
    slots = tuple(Slot("i64", (2,)) if k % 2 else Slot("f64") for k in range(count))
    parameters = [f"ptr %a{k}" if k % 2 else f"double %a{k}" for k in range(count)] + [
        f"ptr %r{k}" for k in range(count)
    ]
    body = "".join(
        f"%v{k} = load <2 x i64>, ptr %a{k}, align 8\nstore <2 x i64> %v{k}, ptr %r{k}, align 8\n"
        if k % 2
        else f"store double %a{k}, ptr %r{k}\n"
        for k in range(count)
    )
    code = f"define void @copy({', '.join(parameters)}, ptr %err) {{\n{body}ret void\n}}"
    args = [np.array([k, -k]) if k % 2 else float(k) for k in range(count)]
    results = build(code, KernelSignature("copy", slots, slots))(*args)
    for arg, result in zip(args, results, strict=True):
        np.testing.assert_array_equal(arg, result)


@pytest.mark.parametrize("name", ["f.jvp", "<lambda>", "λ", "with space", "0", "%x@y"])
def test_names_of_python(build: Build, name: str) -> None:
    signature = KernelSignature(name, (VECTOR, Slot("f64")), (VECTOR, VECTOR), (0, None))
    code = f'define void @"{name}"(ptr %a, double %x, ptr %b, ptr %err) {{\n store double %x, ptr %b\n ret void\n}}'
    entry = build(code, signature)
    assert entry(np.zeros(8), 2.5)[0][0] == 2.5
    assert entry.__name__ == name


def test_object_code_from_elsewhere() -> None:
    code = compile_kernel(SQUARE, SQUARE_SIGNATURE)
    assert build_entry(load(code), SQUARE_SIGNATURE, mismatch, error)(3.0) == (9.0,)


def test_a_library_has_one_entry() -> None:
    library = load(compile_kernel(SQUARE, SQUARE_SIGNATURE))
    entry = build_entry(library, SQUARE_SIGNATURE, mismatch, error)
    with pytest.raises(ValueError, match="has an entry already"):
        build_entry(library, SQUARE_SIGNATURE, mismatch, error)
    with pytest.raises(KeyError, match=r"square\.entry\."):
        build_entry(library, SQUARE_SIGNATURE, mismatch, error, tree=0)
    assert entry(3.0) == (9.0,)


def test_kernel_and_signature_must_agree() -> None:
    wrong = KernelSignature("square", (Slot("f64"), Slot("f64")), (Slot("f64"),))
    with pytest.raises(ValueError, match=r"kernel square has the type .*, its signature needs"):
        build_entry(SQUARE, wrong, mismatch, error)
    absent = KernelSignature("cube", (Slot("f64"),), (Slot("f64"),))
    with pytest.raises(ValueError, match="no kernel cube"):
        build_entry(SQUARE, absent, mismatch, error)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_extents_known_only_at_run_time(build: Build, count: int) -> None:
    a = np.arange(15.0).reshape(5, 3)
    rows, others = build(ROWS, ROWS_SIGNATURE)(a, count)
    np.testing.assert_array_equal(rows, a[:count])
    assert (others.shape, others.dtype) == ((count,), np.dtype(np.int8))
    assert rows.flags.c_contiguous and rows.flags.writeable and rows.flags.owndata and rows.base is None
    rows[...] = 1.0
    rows.resize((count, 3))


def test_arguments_of_unknown_extents_are_checked_otherwise(build: Build) -> None:
    entry = build(ROWS, ROWS_SIGNATURE)
    assert entry(np.ones((7, 3)), 100)[0].shape == (7, 3)
    for other in (np.ones((5, 2)), np.ones(3), np.ones((3, 5)).T, np.ones((5, 3), np.float32), np.ones((1, 5, 3))):
        assert entry(other, 1)[0] == "mismatch"


def test_errors_free_what_was_handed_over(build: Build) -> None:
    with pytest.raises(IndexError):
        build(ROWS, ROWS_SIGNATURE)(np.ones((5, 3)), -2)


def test_bytes_are_scalars_too(build: Build) -> None:
    signature = KernelSignature("byte", (Slot("i8"),), (Slot("i8"),))
    entry = build("define void @byte(i8 %x, ptr %y, ptr %err) {\n store i8 %x, ptr %y\n ret void\n}", signature)
    (result,) = entry(np.int8(-3))
    assert type(result) is np.int8 and result == -3
    assert entry(3)[0] == "mismatch"


def test_nothing_is_written_in_place_beside_unknown_extents() -> None:
    with pytest.raises(ValueError, match="unknown extents"):
        KernelSignature("f", (Slot("f64", (None,)), VECTOR), (VECTOR,), (1,))


@pytest.mark.parametrize("dtype", ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"])
def test_integers_of_all_widths_pass_with_their_sign(build: Build, dtype: str) -> None:
    """A number, an array and an array of run-time extent go through; other types of numbers do not."""
    element, bits = DTYPES[dtype], 8 * DTYPES[dtype].itemsize
    code = f"""
define void @pass(i{bits} %a, ptr %v, ptr %ra, ptr %rv, ptr %err) {{
  store i{bits} %a, ptr %ra
  %first = load i{bits}, ptr %v
  store i{bits} %first, ptr %rv
  ret void
}}
"""
    slots = (Slot(dtype), Slot(dtype, (1,)))
    entry = build(code, KernelSignature("pass", slots, slots))
    for value in (np.iinfo(element).min, np.iinfo(element).max, 7):
        number, array = entry(element.type(value), np.array([value], element))
        assert type(number) is element.type and number == value
        assert array.dtype == element and array[0] == value
    others = [other for name, other in DTYPES.items() if name != dtype]
    for other in others:
        assert entry(other.type(1), np.array([1], element))[0] == "mismatch"
        assert entry(element.type(1), np.array([1], other))[0] == "mismatch"
