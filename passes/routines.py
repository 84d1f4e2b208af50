"""Calls of LAPACK while arrays are still tensors.

A call is a `linalg.generic` marked `nd.lapack` with the routine's name, so that bufferization knows what it reads and
overwrites; its indexing maps say which loop each dimension stands for.  `lapack_calls` turns it into the call once
memory is known.  What its body computes is never run: it only uses every operand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import constant, create
from wengert.passes.elements import generic

MARK = "nd.lapack"


def routine(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """The marked generic on (tensor, loops) pairs; the new versions of the outputs."""
    read, written = ([(tensor, tuple(loops)) for tensor, loops in pairs] for pairs in (inputs, outputs))
    loops = 1 + max(d for _, at in (*read, *written) for d in at)
    parallel = set(written[0][1])

    def body(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        value = create("arith.negf", [outs[0].type], [outs[0]]).result
        for x in ins:
            x = x if x.type == value.type else create("arith.sitofp", [value.type], [x]).result
            value = create("arith.addf", [value.type], [value, x]).result
        return [value, *(constant(0, x.type) for x in outs[1:])]

    reductions = [d for d in range(loops) if d not in parallel]
    return generic(read, written, loops, body, reductions, {MARK: ir.StringAttr.get(name)})
