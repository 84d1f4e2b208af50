"""What bounds each gradient from below: an amount of work, and the rate of the machine that applies.

Amounts are estimates, good to a factor of two, for a program that does nothing twice: bytes that must pass a level of
the memory, operations of products, elementary functions, links of a chain in which each step waits for the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sizes = Mapping[str, int]

#: Unit -> (what a rate of it is called, divisor).  The names are those of `machine.rates`.
UNITS = {
    "flops": ("GFLOP/s", 1e9),
    "flops32": ("GFLOP/s", 1e9),
    "near": ("GB/s", 1e9),
    "far": ("GB/s", 1e9),
    "functions": ("functions/ns", 1e9),
    "links": ("steps/ns", 1e9),
}


@dataclass(frozen=True)
class Limit:
    """The bound of one gradient.

    Args:
        unit: what it is counted in, a key of UNITS.
        amount: how much of it, from the sizes.
        why: what the amount is made of.
    """

    unit: str
    amount: Callable[[Sizes], float]
    why: str


def limit(unit: str, why: str, amount: Callable[[Sizes], float]) -> Limit:
    return Limit(unit, amount, why)


def dense(sizes: Sizes) -> float:
    """Multiplications and additions of the perceptron: forward, weights, and inputs of all layers but the first."""
    layers = (sizes["inputs"] * sizes["first"], sizes["first"] * sizes["second"], sizes["second"] * sizes["classes"])
    return 2 * sizes["batch"] * (3 * sum(layers) - layers[0])


def block(sizes: Sizes) -> float:
    """Multiplications and additions of the transformer block, three times its forward products."""
    rows = sizes["batch"] * sizes["length"]
    weights = 4 * sizes["width"] ** 2 + 2 * sizes["width"] * sizes["hidden"]
    return 3 * 2 * rows * (weights + 2 * sizes["length"] * sizes["width"])


LIMITS: dict[str, Limit] = {
    "jacobi_1d": limit("near", "16 bytes a point and sweep, both ways",
                       lambda s: 2 * 2 * (s["steps"] - 1) * s["n"] * 16),
    "jacobi_2d": limit("near", "16 bytes a point and sweep, both ways",
                       lambda s: 2 * 2 * (s["steps"] - 1) * s["n"] ** 2 * 16),
    "heat_3d": limit("far", "16 bytes a point and sweep, both ways: the fields leave L2",
                     lambda s: 2 * 2 * (s["steps"] - 1) * s["n"] ** 3 * 16),
    "fdtd_2d": limit("near", "nine passes over fields a step",
                     lambda s: 9 * s["steps"] * s["nx"] * s["ny"] * 16),
    "seidel_2d": limit("links", "each point waits for the one on its left, both ways",
                       lambda s: 2 * s["steps"] * (s["n"] - 2) ** 2),
    "adi": limit("functions", "divisions of the two sweeps, both ways",
                 lambda s: 8 * s["steps"] * s["n"] ** 2),
    "durbin": limit("near", "two reads and a write of a growing vector, both ways",
                    lambda s: 3 * 8 * s["n"] ** 2),
    "floyd_warshall": limit("near", "16 bytes an element and node, both ways",
                            lambda s: 2 * 16 * s["n"] ** 3),
    "softdtw": limit("functions", "three exp and a log a cell, and as many weights",
                     lambda s: 8 * s["n"] ** 2),
    "lu": limit("flops", "three times the 2/3 n^3 of the factorisation", lambda s: 2 * s["n"] ** 3),
    "cholesky": limit("flops", "three times the 1/3 n^3 of the factorisation", lambda s: s["n"] ** 3),
    "trisolv": limit("far", "the triangle read twice, its cotangent written", lambda s: 16 * s["n"] ** 2),
    "syrk": limit("flops", "three triangular products", lambda s: 3 * s["n"] ** 2 * s["m"]),
    "gemm": limit("flops", "three products", lambda s: 6 * s["n"] ** 3),
    "k2mm": limit("flops", "six products", lambda s: 12 * s["n"] ** 3),
    "atax": limit("far", "three passes over the matrix", lambda s: 24 * s["n"] ** 2),
    "mvt": limit("far", "three passes over the matrix", lambda s: 24 * s["n"] ** 2),
    "gesummv": limit("far", "three passes over two matrices", lambda s: 48 * s["n"] ** 2),
    "covariance": limit("flops", "half a product forward, a product back", lambda s: 3 * s["n"] * s["m"] ** 2),
    "gmm": limit("flops", "a triangular product of every pair, and both of its adjoints",
                 lambda s: 4 * s["points"] * s["k"] * s["d"] ** 2),
    "ba": limit("functions", "sine, cosine, a root and divisions an observation", lambda s: 10 * s["observations"]),
    "lstm": limit("functions", "five functions a cell, and the chain of steps",
                  lambda s: 2 * 5 * s["layers"] * s["width"] * s["steps"]),
    "mlp": limit("flops32", "eight products", dense),
    "lenet": limit("flops32", "three times the products of two convolutions and three layers",
                   lambda s: 3 * 2 * s["batch"] * (24**2 * 150 + 8**2 * 2400 + 256 * 120 + 120 * 84 + 840)),
    "transformer": limit("flops32", "three times the forward products", block),
    "blackscholes": limit("functions", "log, root, exp, two erf and their slopes an option", lambda s: 7 * s["n"]),
    "heston": limit("far", "the normals read twice, the variance kept", lambda s: 48 * s["paths"] * s["steps"]),
    "barrier": limit("functions", "an exp a step, if no path left early", lambda s: s["paths"] * s["steps"]),
    "lv_rk4": limit("links", "about eighteen links a step, both ways", lambda s: 18 * s["steps"]),
    "nbody": limit("functions", "a root and a division a pair, both ways",
                   lambda s: 2 * (s["steps"] + 1) * s["n"] ** 2),
    "cloth": limit("functions", "a root and a division a spring, both ways", lambda s: 4 * s["steps"] * s["n"] ** 2),
    "kepler_while": limit("functions", "sine and cosine, about five times", lambda s: 10 * s["n"]),
    "small5": limit("functions", "twenty functions, and the call", lambda s: 2 * s["n"]),
}
