"""Slots and signatures: what they say and what they refuse."""

from typing import Any

import pytest

from wengert.runtime.signature import KernelSignature, Slot

VECTOR = Slot("f64", (8,))


def test_a_slot_tells_its_size() -> None:
    assert (Slot("f64").elements, Slot("f64").is_array) == (1, False)
    assert (Slot("f32", ()).elements, Slot("f32", ()).is_array) == (1, True)
    assert (Slot("i64", (3, 4)).elements, Slot("i64", (3, 4)).nbytes) == (12, 96)
    assert Slot("i1", (3, 0)).nbytes == 0


def test_results_that_go_into_arguments_are_not_returned() -> None:
    signature = KernelSignature("f", (Slot("f64"), VECTOR), (Slot("i1"), VECTOR), (None, 1))
    assert signature.written == (1,)
    assert signature.returned == (Slot("i1"),)
    assert signature.elements == 1 + 8 + 1


@pytest.mark.parametrize(("dtype", "shape", "text"), [("f16", (1,), "'f16' is none of"), ("f64", (2, -1), "negative")])
def test_slots_are_checked(dtype: str, shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Slot(dtype, shape)


@pytest.mark.parametrize("name", ["", 'a"b', "a\\b", "a\0b"])
def test_names_are_checked(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a kernel"):
        KernelSignature(name, (), ())


@pytest.mark.parametrize(
    ("arguments", "results", "into", "text"),
    [
        ((VECTOR,), (VECTOR,), (0, None), "1 results but 2 entries"),
        ((VECTOR,), (VECTOR,), (1,), "argument 1 of 1"),
        ((Slot("f64"),), (Slot("f64"),), (0,), "cannot be written into argument 0"),
        ((Slot("f32", (8,)),), (VECTOR,), (0,), "cannot be written into argument 0"),
        ((Slot("f64", (4,)),), (VECTOR,), (0,), "cannot be written into argument 0"),
        ((VECTOR,), (VECTOR, VECTOR), (0, 0), "two results"),
    ],
)
def test_into_is_checked(arguments: Any, results: Any, into: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        KernelSignature("f", arguments, results, into)
