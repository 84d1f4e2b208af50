"""Derivatives made of derivatives, in the Python that wengert compiles.

These functions run through the front end like a user's program: the loop over the basis vectors becomes a loop in the
IR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def rows(
    pullback: Callable[[list[Any]], list[Any]], outputs: Sequence[Any], position: int, inputs: Sequence[Any]
) -> list[Any]:
    """Row by row, the Jacobian of output `position` with respect to each input.

    `pullback` takes one cotangent an output and gives one an input.  Shapes: ``out.shape + in.shape``.
    """
    y = outputs[position]
    if np.ndim(y) == 0:
        return pullback([np.ones_like(v) if i == position else np.zeros_like(v) for i, v in enumerate(outputs)])
    blocks = [np.zeros((y.size, *np.shape(x)), dtype=y.dtype) for x in inputs]
    for k in range(y.size):
        basis = np.zeros(y.size, dtype=y.dtype)
        basis[k] = 1.0
        cotangents = pullback(
            [basis.reshape(y.shape) if i == position else np.zeros_like(v) for i, v in enumerate(outputs)]
        )
        for block, cotangent in zip(blocks, cotangents):
            block[k] = cotangent
    return [block.reshape((*y.shape, *np.shape(x))) for block, x in zip(blocks, inputs)]


def columns(
    pushforward: Callable[[list[Any]], list[Any]], inputs: Sequence[Any], position: int, outputs: Sequence[Any]
) -> list[Any]:
    """Column by column, the Jacobian of each output with respect to input `position`.

    `pushforward` takes one tangent an input and gives one an output.  Shapes: ``out.shape + in.shape``.
    """
    x = inputs[position]
    if np.ndim(x) == 0:
        return pushforward([np.ones_like(v) if i == position else np.zeros_like(v) for i, v in enumerate(inputs)])
    blocks = [np.zeros((x.size, *np.shape(y)), dtype=x.dtype) for y in outputs]
    for k in range(x.size):
        basis = np.zeros(x.size, dtype=x.dtype)
        basis[k] = 1.0
        tangents = pushforward(
            [basis.reshape(x.shape) if i == position else np.zeros_like(v) for i, v in enumerate(inputs)]
        )
        for block, tangent in zip(blocks, tangents):
            block[k] = tangent
    return [
        np.transpose(block.reshape((x.size, -1))).reshape((*np.shape(y), *x.shape)) for block, y in zip(blocks, outputs)
    ]


def compressed_columns(
    pushforward: Callable[[list[Any]], list[Any]], inputs: Sequence[Any], colors: Sequence[Any], outputs: Sequence[Any],
    count: int,
) -> list[Any]:
    """For each output the sums of the columns of each colour, of shape ``(count,) + out.shape``.

    `colors` has one array an input, with the colour of each element.
    """
    blocks = [np.zeros((count, *np.shape(y)), dtype=y.dtype) for y in outputs]
    for c in range(count):
        seeds = [np.where(color == c, np.ones_like(x), np.zeros_like(x)) for color, x in zip(colors, inputs)]
        for block, tangent in zip(blocks, pushforward(seeds)):
            block[c] = tangent
    return blocks


def compressed_rows(
    pullback: Callable[[list[Any]], list[Any]], inputs: Sequence[Any], colors: Sequence[Any], outputs: Sequence[Any],
    count: int,
) -> list[Any]:
    """For each input the sums of the rows of each colour, of shape ``(count,) + in.shape``."""
    return compressed_columns(pullback, outputs, colors, inputs, count)
