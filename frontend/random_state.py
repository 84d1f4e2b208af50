"""NumPy's generators at the boundary of compiled code: their state is memory that compiled code reads and writes.

A generator that is an argument, or that code reaches from outside, goes into a trace as `random_generator.Generator`,
whose arrays are views of the state of the caller's bit generator.  Hence its numbers go on as in NumPy, by the rules
for arrays that are changed.  The address of the state is documented (`bit_generator.ctypes.state_address`), its layout
is not: each view is compared with `bit_generator.state` before it is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import optree

from wengert.dialects.errors import UnsupportedError
from wengert.frontend import random_generator, random_streams
from wengert.frontend.arguments import NAMESPACE
from wengert.frontend.capture import captured
from wengert.frontend.random_refusals import method_not_covered
from wengert.frontend.trace import FunctionRegion, Region, current, fail
from wengert.frontend.values import Box

#: The arrays of a bit generator: type of an element, count, where the pointer to them stands (None: they stand at the
#: offset itself), and the offset.
_PCG64 = ((ctypes.c_uint64, 4, 0, 0), (ctypes.c_uint32, 2, None, 8))
_PHILOX = ((ctypes.c_uint64, 4, 0, 0), (ctypes.c_uint64, 2, 8, 0), (ctypes.c_uint64, 4, None, 24),
           (ctypes.c_int32, 1, None, 16), (ctypes.c_uint32, 2, None, 56))
_LAYOUTS: dict[type, Any] = {np.random.PCG64: _PCG64, np.random.Philox: _PHILOX}
_STREAMS: dict[type, Any] = {np.random.PCG64: random_streams.PCG64, np.random.Philox: random_streams.Philox}
_MASK = (1 << 64) - 1


def state_arrays(state: Any) -> list[np.ndarray]:
    """The arrays of a stream from `bit_generator.state`."""
    half = np.array([state["has_uint32"], state["uinteger"]], dtype=np.uint32)
    inner = state["state"]
    if state["bit_generator"] == "PCG64":
        numbers = [inner["state"] & _MASK, inner["state"] >> 64, inner["inc"] & _MASK, inner["inc"] >> 64]
        return [np.array(numbers, dtype=np.uint64), half]
    place = np.array([state["buffer_pos"]], dtype=np.int32)
    return [inner["counter"].copy(), inner["key"].copy(), state["buffer"].copy(), place, half]


def memory_of(generator: Any) -> list[np.ndarray]:
    """Views of the state of a generator, which keep it alive.

    Raises:
        UnsupportedError: it is not PCG64 or Philox, or its memory is not laid out as expected.
    """
    bits = generator.bit_generator
    layout = _LAYOUTS.get(type(bits))
    if layout is None:
        raise UnsupportedError(
            f"a generator of type {type(bits).__name__} is not covered", why="PCG64 and Philox are",
            help="make it with np.random.default_rng(seed)",
        )
    base, views = bits.ctypes.state_address, []
    for element, count, pointer, offset in layout:
        address = base + offset if pointer is None else ctypes.c_void_p.from_address(base + pointer).value
        memory = (element * count).from_address(address)
        memory.generator = generator
        views.append(np.frombuffer(memory, dtype=np.dtype(element)))
    expected = state_arrays(bits.state)
    if not all(np.array_equal(view, array) for view, array in zip(views, expected, strict=True)):
        raise UnsupportedError("the state of this generator is laid out in an unknown way",
                               help="report the version of NumPy; draw outside and pass the numbers")
    return views


def is_state(leaf: Any) -> bool:
    """Whether an array is memory of a generator."""
    return isinstance(leaf, np.ndarray) and getattr(leaf.base, "generator", None) is not None


def generator_with(arrays: Sequence[np.ndarray]) -> Any:
    """The generator whose memory the arrays are, or a new one in their state."""
    owner = getattr(arrays[0].base, "generator", None)
    if owner is not None:
        return owner
    kind = np.random.PCG64 if len(arrays) == len(_PCG64) else np.random.Philox
    made = np.random.Generator(kind(0))
    for view, array in zip(memory_of(made), arrays, strict=True):
        view[...] = array
    return made


# ---------------------------------------------------------------- as a container of arrays


def parts_of(generator: random_generator.Generator) -> list[Any]:
    """The arrays of its state."""
    return list(vars(generator.bits).values())


def _build(kind: Any, children: Iterable[Any]) -> Any:
    arrays = list(children)
    if all(isinstance(x, np.ndarray) for x in arrays):
        return generator_with(arrays)
    return random_generator.Generator(_STREAMS[kind](*arrays))


def _kind_of(generator: random_generator.Generator) -> type:
    return next(kind for kind, stream in _STREAMS.items() if type(generator.bits) is stream)


_generators: list[tuple[Any, Any]] = [
    (np.random.Generator, lambda g: (memory_of(g), type(g.bit_generator), None)),
    (random_generator.Generator, lambda g: (parts_of(g), _kind_of(g), None)),
]
for _type, _flatten in _generators:
    optree.register_pytree_node(_type, _flatten, _build, namespace=NAMESPACE)


# ---------------------------------------------------------------- in a trace


def stand_in(generator: Any) -> random_generator.Generator:
    """What stands for a generator of the program: its memory is read and written at each call."""
    try:
        memory = memory_of(generator)
    except UnsupportedError as error:
        fail(error.what, error.why, error.help, error=UnsupportedError)
    region = current().region
    while region.parent is not None:
        region = region.parent
    assert isinstance(region, FunctionRegion)
    return _in_function(region, memory, _STREAMS[type(generator.bit_generator)])


def _in_function(region: FunctionRegion, memory: Sequence[np.ndarray], stream: Any) -> random_generator.Generator:
    """In one that is differentiated it is a copy of what it is outside, which goes on from there."""
    if region.outer is None:
        known = {array.__array_interface__["data"][0]: array for array, _ in current().boxes.values()
                 if isinstance(array, np.ndarray)}
        views = [known.get(view.__array_interface__["data"][0], view) for view in memory]
        return random_generator.Generator(stream(*map(captured, views)))
    address = memory[0].__array_interface__["data"][0]
    if address not in region.generators:
        around: Region = region.outer
        while around.parent is not None:
            around = around.parent
        assert isinstance(around, FunctionRegion)
        outside = _in_function(around, memory, stream)
        if not region.goes_on:
            return outside
        arrays = parts_of(outside)
        copies = [Box(array.value, array.shape, array.element, region) for array in arrays]
        region.continued += zip(arrays, copies, strict=True)
        region.generators[address] = random_generator.Generator(stream(*copies))
    found: random_generator.Generator = region.generators[address]
    return found


def method_of_generator(generator: Any, name: str) -> Any:
    """A method of a generator of the program, of what stands for it."""
    if not hasattr(random_generator.Generator, name):
        method_not_covered(name)
    return getattr(stand_in(generator), name)
