"""Small functions of nd ops that the GPU can run, each with arguments to run it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """A function @f as text, and its arguments."""

    name: str
    text: str
    arguments: Callable[[np.random.Generator], tuple[Any, ...]]

    def __str__(self) -> str:
        return self.name


PROGRAMS: list[Program] = []


def program(name: str, arguments: Callable[[np.random.Generator], tuple[Any, ...]], text: str) -> None:
    PROGRAMS.append(Program(name, f"func.func @f{text}", arguments))


def normal(*shapes: tuple[int, ...], dtype: type = np.float64) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


#: f(x) = sum(exp(-x^2) * tanh(x) + x)
FUSED = """(%x: tensor<{n}xf64>) -> f64 {{
  %xx = arith.mulf %x, %x : tensor<{n}xf64>
  %m = arith.negf %xx : tensor<{n}xf64>
  %e = math.exp %m : tensor<{n}xf64>
  %t = math.tanh %x : tensor<{n}xf64>
  %p = arith.mulf %e, %t : tensor<{n}xf64>
  %y = arith.addf %p, %x : tensor<{n}xf64>
  %s = "nd.reduce"(%y) {{kind = "sum", axes = array<i64: 0>}} : (tensor<{n}xf64>) -> f64
  return %s : f64
}}"""
# Reductions: one thread, one block, several blocks; a multiple of the block size and none.
for n in (1, 5, 32, 33, 256, 1000, 2048, 2049, 5000):
    program(f"fused_sum_{n}", normal((n,)), FUSED.format(n=n))


def reduction(name: str, kind: str, shape: tuple[int, ...], axes: tuple[int, ...], element: str = "f64",
              arguments: Callable[[np.random.Generator], tuple[Any, ...]] | None = None) -> None:
    kept = [n for d, n in enumerate(shape) if d not in axes]
    whole = f"tensor<{'x'.join(map(str, shape))}x{element}>"
    result = f"tensor<{'x'.join(map(str, kept))}x{element}>" if kept else element
    axes_text = ", ".join(map(str, axes))
    program(name, arguments or normal(shape), f"""(%x: {whole}) -> {result} {{
  %y = "nd.reduce"(%x) {{kind = "{kind}", axes = array<i64: {axes_text}>}} : ({whole}) -> {result}
  return %y : {result}
}}""")


def with_nan(rng: np.random.Generator) -> tuple[Any, ...]:
    x = rng.standard_normal((3, 100))
    x[1, 70] = np.nan
    return (x,)


def integers(*shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: (rng.integers(-5, 5, shape),)


def bools(chance: float, *shape: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: (rng.random(shape) < chance,)


reduction("sum_rows", "sum", (7, 300), (1,))
reduction("sum_long_rows", "sum", (3, 5000), (1,))
reduction("sum_columns", "sum", (300, 7), (0,))
reduction("sum_middle", "sum", (4, 100, 5), (1,))
reduction("sum_outer_and_inner", "sum", (40, 3, 50), (0, 2))
reduction("sum_short_rows", "sum", (100, 3), (1,))
reduction("sum_of_nothing", "sum", (3, 0), (1,))
reduction("max_rows_with_nan", "max", (3, 100), (1,), arguments=with_nan)
reduction("min_of_nans", "min", (40,), (0,), arguments=lambda rng: (np.full(40, np.nan),))
reduction("min_all", "min", (50, 60), (0, 1))
# Where the neutral element would show if it were not neutral.
reduction("min_of_positives", "min", (3, 100), (1,), arguments=lambda rng: (1 + rng.random((3, 100)),))
reduction("max_of_negatives", "max", (3, 5000), (1,), arguments=lambda rng: (-1 - rng.random((3, 5000)),))
reduction("min_of_large_integers", "min", (100,), (0,), "i64", lambda rng: (rng.integers(2**40, 2**50, 100),))
reduction("max_of_negative_integers", "max", (100,), (0,), "i64", lambda rng: (rng.integers(-2**50, -2**40, 100),))
reduction("all_true", "all", (100,), (0,), "i1", lambda rng: (np.ones(100, bool),))
reduction("product", "prod", (3, 40), (1,))
reduction("sum_of_integers", "sum", (3000,), (0,), "i64", integers(3000))
reduction("max_of_integers", "max", (6, 70), (1,), "i64", integers(6, 70))
reduction("min_of_integers", "min", (6, 70), (0, 1), "i64", integers(6, 70))
reduction("product_of_integers", "prod", (40,), (0,), "i64", lambda rng: (rng.choice([1, -1, 2], 40),))
reduction("any", "any", (5, 200), (1,), "i1", bools(0.005, 5, 200))
reduction("all", "all", (5, 200), (1,), "i1", bools(0.995, 5, 200))
reduction("any_large", "any", (5000,), (0,), "i1", bools(0.0001, 5000))

program("two_reductions_share_an_array", normal((50, 90)), """(%x: tensor<50x90xf64>) -> (f64, tensor<90xf64>) {
  %e = math.exp %x : tensor<50x90xf64>
  %s = "nd.reduce"(%e) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<50x90xf64>) -> f64
  %c = "nd.reduce"(%e) {kind = "max", axes = array<i64: 0>} : (tensor<50x90xf64>) -> tensor<90xf64>
  return %s, %c : f64, tensor<90xf64>
}""")
# softmax rows: reductions, broadcasts, and a scalar computed from reductions that two kernels read.
program("softmax_with_temperature", lambda rng: (rng.standard_normal((20, 70)), 1.7), """
  (%x: tensor<20x70xf64>, %temperature: f64) -> (tensor<20x70xf64>, f64) {
  %n = arith.constant 1400.0 : f64
  %total = "nd.reduce"(%x) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<20x70xf64>) -> f64
  %mean = arith.divf %total, %n : f64
  %shift = arith.mulf %mean, %temperature : f64
  %shifts = "nd.full"(%shift) : (f64) -> tensor<20x70xf64>
  %z = arith.subf %x, %shifts : tensor<20x70xf64>
  %m = "nd.reduce"(%z) {kind = "max", axes = array<i64: 1>} : (tensor<20x70xf64>) -> tensor<20xf64>
  %ms = "nd.broadcast"(%m) {dimensions = array<i64: 0>} : (tensor<20xf64>) -> tensor<20x70xf64>
  %d = arith.subf %z, %ms : tensor<20x70xf64>
  %e = math.exp %d : tensor<20x70xf64>
  %s = "nd.reduce"(%e) {kind = "sum", axes = array<i64: 1>} : (tensor<20x70xf64>) -> tensor<20xf64>
  %ss = "nd.broadcast"(%s) {dimensions = array<i64: 0>} : (tensor<20xf64>) -> tensor<20x70xf64>
  %y = arith.divf %e, %ss : tensor<20x70xf64>
  return %y, %shift : tensor<20x70xf64>, f64
}""")
program("outer_sum_by_broadcast", normal((40, 1), (30,)), """
  (%a: tensor<40x1xf64>, %b: tensor<30xf64>) -> tensor<40x30xf64> {
  %x = "nd.broadcast"(%a) {dimensions = array<i64: 0, 1>} : (tensor<40x1xf64>) -> tensor<40x30xf64>
  %y = "nd.broadcast"(%b) {dimensions = array<i64: 1>} : (tensor<30xf64>) -> tensor<40x30xf64>
  %z = arith.addf %x, %y : tensor<40x30xf64>
  return %z : tensor<40x30xf64>
}""")
program("transpose_reverse_reshape", normal((4, 5, 6)), """
  (%x: tensor<4x5x6xf64>) -> (tensor<6x4x5xf64>, tensor<20x6xf64>, tensor<4x1x5x6xf64>) {
  %t = "nd.transpose"(%x) {permutation = array<i64: 2, 0, 1>} : (tensor<4x5x6xf64>) -> tensor<6x4x5xf64>
  %r = "nd.reverse"(%x) {dimensions = array<i64: 0, 2>} : (tensor<4x5x6xf64>) -> tensor<4x5x6xf64>
  %a = "nd.reshape"(%r) : (tensor<4x5x6xf64>) -> tensor<20x6xf64>
  %b = "nd.reshape"(%x) : (tensor<4x5x6xf64>) -> tensor<4x1x5x6xf64>
  return %t, %a, %b : tensor<6x4x5xf64>, tensor<20x6xf64>, tensor<4x1x5x6xf64>
}""")
program("slices_with_constant_bounds", normal((10, 12)), """
  (%x: tensor<10x12xf64>) -> (tensor<4x3xf64>, f64, tensor<12xf64>) {
  %a = tensor.extract_slice %x[1, 2] [4, 3] [2, 3] : tensor<10x12xf64> to tensor<4x3xf64>
  %e = math.exp %a : tensor<4x3xf64>
  %b = tensor.extract_slice %e[1, 0] [2, 3] [1, 1] : tensor<4x3xf64> to tensor<2x3xf64>
  %s = "nd.reduce"(%b) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<2x3xf64>) -> f64
  %row = tensor.extract_slice %x[3, 0] [1, 12] [1, 1] : tensor<10x12xf64> to tensor<12xf64>
  return %e, %s, %row : tensor<4x3xf64>, f64, tensor<12xf64>
}""")
program("elements_at_run_time", lambda rng: (rng.standard_normal(9), 4), """
  (%x: tensor<9xf64>, %i: i64) -> (f64, tensor<9xf64>) {
  %k = arith.index_cast %i : i64 to index
  %v = tensor.extract %x[%k] : tensor<9xf64>
  %vs = "nd.full"(%v) : (f64) -> tensor<9xf64>
  %y = arith.mulf %x, %vs : tensor<9xf64>
  return %v, %y : f64, tensor<9xf64>
}""")
program("masks", lambda rng: (rng.standard_normal(300), rng.random(300) < 0.5, True), """
  (%x: tensor<300xf64>, %m: tensor<300xi1>, %b: i1) -> (tensor<300xf64>, tensor<300xi1>, i1) {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<300xf64>
  %p = arith.cmpf ogt, %x, %zeros : tensor<300xf64>
  %bs = "nd.full"(%b) : (i1) -> tensor<300xi1>
  %q = arith.andi %p, %m : tensor<300xi1>
  %r = arith.xori %q, %bs : tensor<300xi1>
  %y = arith.select %r, %x, %zeros : tensor<300xi1>, tensor<300xf64>
  %any = "nd.reduce"(%r) {kind = "any", axes = array<i64: 0>} : (tensor<300xi1>) -> i1
  return %y, %r, %any : tensor<300xf64>, tensor<300xi1>, i1
}""")
program("integers_and_counters", lambda rng: (rng.integers(-9, 9, (6, 7)),), """
  (%k: tensor<6x7xi64>) -> (tensor<6x7xi64>, tensor<6x7xf64>) {
  %i = "nd.iota"() {dimension = 1 : i64} : () -> tensor<6x7xi64>
  %s = arith.muli %k, %i : tensor<6x7xi64>
  %f = arith.sitofp %s : tensor<6x7xi64> to tensor<6x7xf64>
  %y = math.exp2 %f : tensor<6x7xf64>
  return %s, %y : tensor<6x7xi64>, tensor<6x7xf64>
}""")
program("matrix_product", normal((17, 40), (40, 9)), """
  (%a: tensor<17x40xf64>, %b: tensor<40x9xf64>) -> tensor<17x9xf64> {
  %y = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 0>}
     : (tensor<17x40xf64>, tensor<40x9xf64>) -> tensor<17x9xf64>
  return %y : tensor<17x9xf64>
}""")
program("matrix_product_with_a_transpose", normal((40, 17), (9, 40)), """
  (%a: tensor<40x17xf64>, %b: tensor<9x40xf64>) -> tensor<17x9xf64> {
  %e = math.exp %b : tensor<9x40xf64>
  %y = "nd.dot_general"(%a, %e) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 1>}
     : (tensor<40x17xf64>, tensor<9x40xf64>) -> tensor<17x9xf64>
  return %y : tensor<17x9xf64>
}""")
program("inner_and_outer_product", normal((3000,), (3000,), (8,)), """
  (%a: tensor<3000xf64>, %b: tensor<3000xf64>, %c: tensor<8xf64>) -> (f64, tensor<8x8xf64>) {
  %y = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 0>}
     : (tensor<3000xf64>, tensor<3000xf64>) -> f64
  %z = "nd.dot_general"(%c, %c) {lhs_contracting = array<i64>, rhs_contracting = array<i64>}
     : (tensor<8xf64>, tensor<8xf64>) -> tensor<8x8xf64>
  return %y, %z : f64, tensor<8x8xf64>
}""")
program("single_precision", lambda rng: (rng.random(700).astype(np.float32), np.float32(2.5)), """
  (%x: tensor<700xf32>, %c: f32) -> (tensor<700xf32>, f32) {
  %cs = "nd.full"(%c) : (f32) -> tensor<700xf32>
  %q = arith.divf %x, %cs : tensor<700xf32>
  %r = math.sqrt %q : tensor<700xf32>
  %s = "nd.reduce"(%r) {kind = "sum", axes = array<i64: 0>} : (tensor<700xf32>) -> f32
  return %r, %s : tensor<700xf32>, f32
}""")
program("arguments_and_equal_results", normal((30,)), """
  (%x: tensor<30xf64>) -> (tensor<30xf64>, tensor<30xf64>, tensor<30xf64>, tensor<3x10xf64>) {
  %y = math.sin %x : tensor<30xf64>
  %z = "nd.reshape"(%y) : (tensor<30xf64>) -> tensor<3x10xf64>
  return %x, %y, %y, %z : tensor<30xf64>, tensor<30xf64>, tensor<30xf64>, tensor<3x10xf64>
}""")
program("scalars_only", lambda rng: (2.0, 3), """(%x: f64, %k: i64) -> (f64, i64, i1) {
  %f = arith.sitofp %k : i64 to f64
  %y = math.atan2 %x, %f : f64
  %kk = arith.muli %k, %k : i64
  %b = arith.cmpf olt, %x, %f : f64
  return %y, %kk, %b : f64, i64, i1
}""")
program("constants_and_fills", normal((3,)), """(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<2x3xf64>, tensor<3xi64>) {
  %c = arith.constant dense<[1.5, -2.0, 4.0]> : tensor<3xf64>
  %y = arith.mulf %x, %c : tensor<3xf64>
  %two = arith.constant 2.0 : f64
  %z = "nd.full"(%two) : (f64) -> tensor<2x3xf64>
  %k = arith.constant dense<[7, 8, 9]> : tensor<3xi64>
  return %y, %z, %k : tensor<3xf64>, tensor<2x3xf64>, tensor<3xi64>
}""")
program("empty_arrays", normal((0, 4)), """(%x: tensor<0x4xf64>) -> (tensor<0x4xf64>, tensor<4xf64>) {
  %y = math.exp %x : tensor<0x4xf64>
  %s = "nd.reduce"(%y) {kind = "sum", axes = array<i64: 0>} : (tensor<0x4xf64>) -> tensor<4xf64>
  return %y, %s : tensor<0x4xf64>, tensor<4xf64>
}""")
program("accumulation", normal((40,), (40,)), """(%x: tensor<40xf64>, %d: tensor<40xf64>) -> tensor<40xf64> {
  %y = math.sin %x : tensor<40xf64>
  %z = arith.addf %y, %d {nd.accumulate} : tensor<40xf64>
  %w = arith.addf %z, %x {nd.accumulate} : tensor<40xf64>
  return %w : tensor<40xf64>
}""")
program("writes_of_parts", normal((6, 5), (3,)), """
  (%x: tensor<6x5xf64>, %r: tensor<3xf64>) -> (tensor<6x5xf64>, tensor<6x5xf64>, f64, tensor<6x5xf64>) {
  %y = math.exp %x : tensor<6x5xf64>
  %a = tensor.insert_slice %r into %y[2, 1] [1, 3] [1, 1] : tensor<3xf64> into tensor<6x5xf64>
  %i = arith.constant 5 : index
  %j = arith.constant 4 : index
  %v = arith.constant 7.0 : f64
  %b = tensor.insert %v into %a[%i, %j] : tensor<6x5xf64>
  %c = tensor.insert_slice %r into %b[0, 3] [3, 1] [2, 1] : tensor<3xf64> into tensor<6x5xf64>
  %s = "nd.reduce"(%c) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<6x5xf64>) -> f64
  %d = tensor.insert_slice %r into %c[1, 0] [1, 3] [1, 2] : tensor<3xf64> into tensor<6x5xf64>
  %e = tensor.insert_slice %r into %x[4, 0] [1, 3] [1, 1] : tensor<3xf64> into tensor<6x5xf64>
  return %c, %d, %s, %e : tensor<6x5xf64>, tensor<6x5xf64>, f64, tensor<6x5xf64>
}""")
program("stacking", normal((4,), (4,)), """(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<3x4xf64> {
  %e = "nd.empty"() : () -> tensor<3x4xf64>
  %z = arith.addf %x, %y : tensor<4xf64>
  %a = tensor.insert_slice %x into %e[0, 0] [1, 4] [1, 1] : tensor<4xf64> into tensor<3x4xf64>
  %b = tensor.insert_slice %y into %a[1, 0] [1, 4] [1, 1] : tensor<4xf64> into tensor<3x4xf64>
  %c = tensor.insert_slice %z into %b[2, 0] [1, 4] [1, 1] : tensor<4xf64> into tensor<3x4xf64>
  return %c : tensor<3x4xf64>
}""")
