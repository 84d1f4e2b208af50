"""np.random in compiled code: generators that are made there, and the methods of those that come from outside."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import UnsupportedError
from wengert.dialects.special_functions import rejection
from wengert.frontend import random_generator, random_streams
from wengert.frontend.capture import captured
from wengert.frontend.conversions import Kind
from wengert.frontend.numpy_table.creation import copied
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import elementwise_result
from wengert.frontend.random_refusals import without_derivative
from wengert.frontend.random_state import stand_in, state_arrays
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Scalar, Traced

_BITS = (random_streams.PCG64, random_streams.Philox)


def _refuse_entropy() -> None:
    fail(
        "a generator without a seed is made in compiled code",
        why="its numbers would be the same at every call",
        help="give a seed, or make the generator outside and pass it as an argument",
        error=UnsupportedError,
    )


def _from_constant(bit_generator: Any) -> Any:
    """The stream in the state of a bit generator that is known while compiling: a new one at each call."""
    kind = random_streams.PCG64 if isinstance(bit_generator, np.random.PCG64) else random_streams.Philox
    return kind(*[copied(captured(part)) for part in state_arrays(bit_generator.state)])


def _refuse_traced_parts(seed: Any) -> None:
    if isinstance(seed, Array) or (isinstance(seed, (list, tuple)) and any(isinstance(x, Traced) for x in seed)):
        fail("a seed of several numbers known at run time only is not covered",
             help="combine them to one integer, or make the generator outside", error=UnsupportedError)


@covers(np.random.PCG64, python=False)
def pcg64(seed: Any = None) -> Any:
    if seed is None:
        _refuse_entropy()
    _refuse_traced_parts(seed)
    if isinstance(seed, Scalar):
        return traced(random_streams.seeded_pcg64, converted(seed, "u64"))
    return _from_constant(np.random.PCG64(seed))


@covers(np.random.Philox, python=False)
def philox(seed: Any = None, counter: Any = None, key: Any = None) -> Any:
    if seed is None and key is None:
        _refuse_entropy()
    if isinstance(counter, (Scalar, Array)) or isinstance(key, Array):
        fail("Philox with a key or a counter that is an array known at run time only is not covered",
             help="give the counter as a constant, and the key as an integer", error=UnsupportedError)
    if not isinstance(seed, Scalar) and not isinstance(key, Scalar):
        return _from_constant(np.random.Philox(seed, counter=counter, key=key))
    _refuse_traced_parts(seed)
    words = state_arrays(np.random.Philox(0, counter=counter).state)[0]
    make = random_streams.seeded_philox if key is None else random_streams.keyed_philox
    return traced(make, converted(seed if key is None else key, "u64"), copied(captured(words)))


@covers(without_derivative)
def parameter(x: Any) -> Any:
    return elementwise_result([converted(x, "f64")], "f64", rejection, Kind("f64", False))


@covers(np.random.Generator, python=False)
def generator(bit_generator: Any) -> Any:
    if isinstance(bit_generator, _BITS):
        return random_generator.Generator(bit_generator)
    return stand_in(np.random.Generator(bit_generator))


@covers(np.random.default_rng, python=False)
def default_rng(seed: Any = None) -> Any:
    if isinstance(seed, random_generator.Generator):
        return seed
    if isinstance(seed, np.random.Generator):
        return stand_in(seed)
    return generator(seed if isinstance(seed, _BITS) else pcg64(seed))
