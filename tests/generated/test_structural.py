"""Ops that move data, as small programs: elements, windows, shapes; static and dynamic extents.

Each program is a function @f of arguments that `ARGUMENTS` draws by type; all float arguments are differentiated.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tests.differentiation import check_derivatives, differentiated
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context

PROGRAMS = {
    "extract": """(%a: tensor<3x4xf64>, %i: index) -> f64 {
        %k = arith.constant 2 : index
        %y = tensor.extract %a[%k, %i] : tensor<3x4xf64>
        return %y : f64 }""",
    "insert": """(%x: f64, %a: tensor<?xf64>, %i: index) -> tensor<?xf64> {
        %y = tensor.insert %x into %a[%i] : tensor<?xf64>
        return %y : tensor<?xf64> }""",
    "insert into a constant": """(%x: f64, %i: index) -> tensor<4xf64> {
        %one = arith.constant 1.0 : f64
        %a = "nd.full"(%one) : (f64) -> tensor<4xf64>
        %y = tensor.insert %x into %a[%i] : tensor<4xf64>
        return %y : tensor<4xf64> }""",
    "insert of a constant": """(%a: tensor<4xf64>, %i: index) -> tensor<4xf64> {
        %one = arith.constant 1.0 : f64
        %y = tensor.insert %one into %a[%i] : tensor<4xf64>
        return %y : tensor<4xf64> }""",
    "extract_slice": """(%a: tensor<6x4xf64>) -> tensor<2x3xf64> {
        %y = tensor.extract_slice %a[1, 0] [2, 3] [2, 1] : tensor<6x4xf64> to tensor<2x3xf64>
        return %y : tensor<2x3xf64> }""",
    "extract_slice of lower rank": """(%a: tensor<3x4xf64>, %i: index) -> tensor<4xf64> {
        %y = tensor.extract_slice %a[%i, 0] [1, 4] [1, 1] : tensor<3x4xf64> to tensor<4xf64>
        return %y : tensor<4xf64> }""",
    "extract_slice of dynamic extent": """(%a: tensor<?x4xf64>, %i: index) -> tensor<?x2xf64> {
        %c1 = arith.constant 1 : index
        %y = tensor.extract_slice %a[%c1, %i] [%i, 2] [1, 1] : tensor<?x4xf64> to tensor<?x2xf64>
        return %y : tensor<?x2xf64> }""",
    "insert_slice": """(%a: tensor<6x4xf64>, %b: tensor<2x3xf64>) -> tensor<6x4xf64> {
        %y = tensor.insert_slice %b into %a[1, 0] [2, 3] [2, 1] : tensor<2x3xf64> into tensor<6x4xf64>
        return %y : tensor<6x4xf64> }""",
    "insert_slice of lower rank": """(%a: tensor<3x4xf64>, %b: tensor<3xf64>, %i: index) -> tensor<3x4xf64> {
        %y = tensor.insert_slice %b into %a[0, %i] [3, 1] [1, 1] : tensor<3xf64> into tensor<3x4xf64>
        return %y : tensor<3x4xf64> }""",
    "insert_slice of dynamic extent": """(%a: tensor<?xf64>, %b: tensor<?xf64>, %i: index) -> tensor<?xf64> {
        %c1 = arith.constant 1 : index
        %w = tensor.extract_slice %b[1] [%i] [1] : tensor<?xf64> to tensor<?xf64>
        %y = tensor.insert_slice %w into %a[%c1] [%i] [1] : tensor<?xf64> into tensor<?xf64>
        return %y : tensor<?xf64> }""",
    "overlapping windows": """(%a: tensor<6xf64>) -> tensor<6xf64> {
        %w = tensor.extract_slice %a[0] [4] [1] : tensor<6xf64> to tensor<4xf64>
        %s = math.sin %w : tensor<4xf64>
        %b = tensor.insert_slice %s into %a[1] [4] [1] : tensor<4xf64> into tensor<6xf64>
        %v = tensor.extract_slice %b[2] [4] [1] : tensor<6xf64> to tensor<4xf64>
        %p = arith.mulf %v, %w : tensor<4xf64>
        %y = tensor.insert_slice %p into %b[0] [4] [1] : tensor<4xf64> into tensor<6xf64>
        return %y : tensor<6xf64> }""",
    "elements of a window of unknown shape": """(%a: tensor<?x4xf64>, %i: index) -> f64 {
        %c0 = arith.constant 0 : index
        %w = tensor.extract_slice %a[0, 1] [%i, 2] [1, 1] : tensor<?x4xf64> to tensor<?x2xf64>
        %t = "nd.transpose"(%w) {permutation = array<i64: 1, 0>} : (tensor<?x2xf64>) -> tensor<2x?xf64>
        %s = math.sin %t : tensor<2x?xf64>
        %y = tensor.extract %s[%c0, %c0] : tensor<2x?xf64>
        return %y : f64 }""",
    "element of a sum of unknown shape": """(%a: tensor<?x4xf64>) -> f64 {
        %c0 = arith.constant 0 : index
        %s = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 1>} : (tensor<?x4xf64>) -> tensor<?xf64>
        %y = tensor.extract %s[%c0] : tensor<?xf64>
        return %y : f64 }""",
    "element of a product of unknown shape": """(%a: tensor<?x4xf64>) -> f64 {
        %c0 = arith.constant 0 : index
        %s = "nd.dot_general"(%a, %a) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 1>}
            : (tensor<?x4xf64>, tensor<?x4xf64>) -> tensor<?x?xf64>
        %y = tensor.extract %s[%c0, %c0] : tensor<?x?xf64>
        return %y : f64 }""",
    "solve": """(%a: tensor<4x4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
        %lu, %p = "nd.lu"(%a) : (tensor<4x4xf64>) -> (tensor<4x4xf64>, tensor<4xi64>)
        %x = "nd.lu_solve"(%lu, %p, %b) {transposed = false}
            : (tensor<4x4xf64>, tensor<4xi64>, tensor<4xf64>) -> tensor<4xf64>
        return %x : tensor<4xf64> }""",
    "logarithm of a determinant": """(%a: tensor<4x4xf64>) -> f64 {
        %lu, %p = "nd.lu"(%a) : (tensor<4x4xf64>) -> (tensor<4x4xf64>, tensor<4xi64>)
        %s, %l = "nd.slogdet"(%lu, %p) : (tensor<4x4xf64>, tensor<4xi64>) -> (f64, f64)
        %y = arith.mulf %s, %l : f64
        return %y : f64 }""",
    "logarithms of determinants": """(%a: tensor<2x3x3xf64>) -> tensor<2xf64> {
        %lu, %p = "nd.lu"(%a) : (tensor<2x3x3xf64>) -> (tensor<2x3x3xf64>, tensor<2x3xi64>)
        %s, %l = "nd.slogdet"(%lu, %p) : (tensor<2x3x3xf64>, tensor<2x3xi64>) -> (tensor<2xf64>, tensor<2xf64>)
        %y = arith.mulf %s, %l : tensor<2xf64>
        return %y : tensor<2xf64> }""",
    "two solves with one factorisation": """(%a: tensor<2x3x3xf64>, %b: tensor<2x3x2xf64>) -> tensor<2x3x2xf64> {
        %lu, %p = "nd.lu"(%a) : (tensor<2x3x3xf64>) -> (tensor<2x3x3xf64>, tensor<2x3xi64>)
        %x = "nd.lu_solve"(%lu, %p, %b) {transposed = true}
            : (tensor<2x3x3xf64>, tensor<2x3xi64>, tensor<2x3x2xf64>) -> tensor<2x3x2xf64>
        %s = math.sin %x : tensor<2x3x2xf64>
        %y = "nd.lu_solve"(%lu, %p, %s) {transposed = false}
            : (tensor<2x3x3xf64>, tensor<2x3xi64>, tensor<2x3x2xf64>) -> tensor<2x3x2xf64>
        return %y : tensor<2x3x2xf64> }""",
    "solve of run-time size": """(%a: tensor<?x?xf64>, %b: tensor<?x4xf64>, %i: index) -> tensor<?x4xf64> {
        %u = tensor.extract_slice %a[0, 0] [%i, %i] [1, 1] : tensor<?x?xf64> to tensor<?x?xf64>
        %v = tensor.extract_slice %b[0, 0] [%i, 4] [1, 1] : tensor<?x4xf64> to tensor<?x4xf64>
        %lu, %p = "nd.lu"(%u) : (tensor<?x?xf64>) -> (tensor<?x?xf64>, tensor<?xi64>)
        %x = "nd.lu_solve"(%lu, %p, %v) {transposed = false}
            : (tensor<?x?xf64>, tensor<?xi64>, tensor<?x4xf64>) -> tensor<?x4xf64>
        %c0 = arith.constant 0 : index
        %e = tensor.extract %x[%c0, %c0] : tensor<?x4xf64>
        %y = tensor.insert %e into %x[%c0, %c0] : tensor<?x4xf64>
        return %y : tensor<?x4xf64> }""",
    "elements a mask selects": """(%a: tensor<4xf64>, %b: tensor<4xf64>) -> f64 {
        %c = arith.cmpf olt, %a, %b : tensor<4xf64>
        %i = arith.extui %c : tensor<4xi1> to tensor<4xi64>
        %n = "nd.reduce"(%i) {kind = "sum", axes = array<i64: 0>} : (tensor<4xi64>) -> i64
        %m = arith.index_cast %n : i64 to index
        %p = "nd.positions"(%c, %m) : (tensor<4xi1>, index) -> tensor<?xi64>
        %x = "nd.gather"(%a, %p) {axis = 0 : i64} : (tensor<4xf64>, tensor<?xi64>) -> tensor<?xf64>
        %s = math.sin %x : tensor<?xf64>
        %z = arith.mulf %s, %x : tensor<?xf64>
        %y = "nd.reduce"(%z) {kind = "sum", axes = array<i64: 0>} : (tensor<?xf64>) -> f64
        return %y : f64 }""",
    "LU decompositions": """(%a: tensor<2x3x3xf64>) -> tensor<2x3x3xf64> {
        %lu, %p = "nd.lu"(%a) : (tensor<2x3x3xf64>) -> (tensor<2x3x3xf64>, tensor<2x3xi64>)
        %y = "nd.lu_triangles"(%lu, %p) : (tensor<2x3x3xf64>, tensor<2x3xi64>) -> tensor<2x3x3xf64>
        return %y : tensor<2x3x3xf64> }""",
    "QR decomposition": """(%a: tensor<4x3xf64>) -> (tensor<4x3xf64>, tensor<3x3xf64>) {
        %q, %r = "nd.qr"(%a) {complete = false} : (tensor<4x3xf64>) -> (tensor<4x3xf64>, tensor<3x3xf64>)
        return %q, %r : tensor<4x3xf64>, tensor<3x3xf64> }""",
    "QR decompositions": """(%a: tensor<2x3x3xf64>) -> tensor<2x3x3xf64> {
        %q, %r = "nd.qr"(%a) {complete = false} : (tensor<2x3x3xf64>) -> (tensor<2x3x3xf64>, tensor<2x3x3xf64>)
        %y = arith.mulf %q, %r : tensor<2x3x3xf64>
        return %y : tensor<2x3x3xf64> }""",
    "singular vectors of a tall matrix": """(%a: tensor<4x3xf64>)
            -> (tensor<4x3xf64>, tensor<3xf64>, tensor<3x3xf64>) {
        %u, %s, %v = "nd.svd"(%a) {complete = false}
            : (tensor<4x3xf64>) -> (tensor<4x3xf64>, tensor<3xf64>, tensor<3x3xf64>)
        return %u, %s, %v : tensor<4x3xf64>, tensor<3xf64>, tensor<3x3xf64> }""",
    "singular vectors of wide matrices": """(%a: tensor<2x2x3xf64>)
            -> (tensor<2x2x2xf64>, tensor<2x2xf64>, tensor<2x2x3xf64>) {
        %u, %s, %v = "nd.svd"(%a) {complete = false}
            : (tensor<2x2x3xf64>) -> (tensor<2x2x2xf64>, tensor<2x2xf64>, tensor<2x2x3xf64>)
        return %u, %s, %v : tensor<2x2x2xf64>, tensor<2x2xf64>, tensor<2x2x3xf64> }""",
    "eigenvectors": """(%a: tensor<4x4xf64>) -> (tensor<4xf64>, tensor<4x4xf64>) {
        %w, %v = "nd.eigh"(%a) {lower = false} : (tensor<4x4xf64>) -> (tensor<4xf64>, tensor<4x4xf64>)
        return %w, %v : tensor<4xf64>, tensor<4x4xf64> }""",
    "eigenvectors of run-time size": """(%a: tensor<2x?x?xf64>, %i: index) -> tensor<2x?x?xf64> {
        %u = tensor.extract_slice %a[0, 0, 0] [2, %i, %i] [1, 1, 1] : tensor<2x?x?xf64> to tensor<2x?x?xf64>
        %w, %v = "nd.eigh"(%u) {lower = true} : (tensor<2x?x?xf64>) -> (tensor<2x?xf64>, tensor<2x?x?xf64>)
        return %v : tensor<2x?x?xf64> }""",
    "a guarded value": """(%a: tensor<3xf64>, %x: f64) -> tensor<3xf64> {
        %zero = arith.constant 0.0 : f64
        %ok = arith.cmpf une, %x, %zero : f64
        %s = arith.mulf %x, %x : f64
        %y = "nd.guarded"(%s, %ok) {kind = "GradientError", message = "zero"} : (f64, i1) -> f64
        %f = "nd.full"(%y) : (f64) -> tensor<3xf64>
        %z = arith.mulf %f, %a : tensor<3xf64>
        return %z : tensor<3xf64> }""",
    "select": """(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
        %c = arith.cmpf olt, %a, %b : tensor<4xf64>
        %y = arith.select %c, %a, %b : tensor<4xi1>, tensor<4xf64>
        return %y : tensor<4xf64> }""",
    "select between arrays": """(%x: f64, %y: f64, %a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
        %c = arith.cmpf olt, %x, %y : f64
        %z = arith.select %c, %a, %b : tensor<4xf64>
        return %z : tensor<4xf64> }""",
    "full": """(%x: f64) -> tensor<2x3xf64> {
        %y = "nd.full"(%x) : (f64) -> tensor<2x3xf64>
        return %y : tensor<2x3xf64> }""",
    "full of dynamic extent": """(%x: f64, %i: index) -> tensor<?x3xf64> {
        %y = "nd.full"(%x, %i) : (f64, index) -> tensor<?x3xf64>
        return %y : tensor<?x3xf64> }""",
    "broadcast": """(%a: tensor<3x1xf64>) -> tensor<2x3x4xf64> {
        %y = "nd.broadcast"(%a) {dimensions = array<i64: 1, 2>} : (tensor<3x1xf64>) -> tensor<2x3x4xf64>
        return %y : tensor<2x3x4xf64> }""",
    "broadcast of one element": """(%a: tensor<1x1xf64>) -> tensor<2x3xf64> {
        %y = "nd.broadcast"(%a) {dimensions = array<i64: 0, 1>} : (tensor<1x1xf64>) -> tensor<2x3xf64>
        return %y : tensor<2x3xf64> }""",
    "broadcast of dynamic extent": """(%a: tensor<?x4xf64>, %i: index) -> tensor<?x?x4xf64> {
        %c0 = arith.constant 0 : index
        %n = tensor.dim %a, %c0 : tensor<?x4xf64>
        %y = "nd.broadcast"(%a, %i, %n) {dimensions = array<i64: 1, 2>}
            : (tensor<?x4xf64>, index, index) -> tensor<?x?x4xf64>
        return %y : tensor<?x?x4xf64> }""",
    "broadcast of a dynamic extent that is one": """(%a: tensor<1x4xf64>, %i: index) -> tensor<?x4xf64> {
        %y = "nd.broadcast"(%a, %i) {dimensions = array<i64: 0, 1>} : (tensor<1x4xf64>, index) -> tensor<?x4xf64>
        return %y : tensor<?x4xf64> }""",
    "reshape": """(%a: tensor<6x4xf64>) -> tensor<3x8xf64> {
        %y = "nd.reshape"(%a) : (tensor<6x4xf64>) -> tensor<3x8xf64>
        return %y : tensor<3x8xf64> }""",
    "reshape of dynamic extent": """(%a: tensor<?x4xf64>) -> tensor<4x?xf64> {
        %c0 = arith.constant 0 : index
        %n = tensor.dim %a, %c0 : tensor<?x4xf64>
        %y = "nd.reshape"(%a, %n) : (tensor<?x4xf64>, index) -> tensor<4x?xf64>
        return %y : tensor<4x?xf64> }""",
    "transpose": """(%a: tensor<2x3x1xf64>) -> tensor<3x1x2xf64> {
        %y = "nd.transpose"(%a) {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x1xf64>) -> tensor<3x1x2xf64>
        return %y : tensor<3x1x2xf64> }""",
    "reverse": """(%a: tensor<2x3xf64>) -> tensor<2x3xf64> {
        %y = "nd.reverse"(%a) {dimensions = array<i64: 1>} : (tensor<2x3xf64>) -> tensor<2x3xf64>
        return %y : tensor<2x3xf64> }""",
    "conversions": """(%a: tensor<4xf64>, %x: f64) -> (tensor<4xf64>, f64) {
        %f = arith.truncf %a : tensor<4xf64> to tensor<4xf32>
        %s = arith.mulf %f, %f : tensor<4xf32>
        %y = arith.extf %s : tensor<4xf32> to tensor<4xf64>
        %g = arith.truncf %x : f64 to f32
        %z = arith.extf %g : f32 to f64
        return %y, %z : tensor<4xf64>, f64 }""",
    "dead, inactive and integer values": """(%a: tensor<4xf64>, %x: f64, %i: index) -> (f64, index, f64) {
        %c = arith.constant 2.0 : f64
        %dead = math.sin %x : f64
        %known = arith.mulf %c, %c : f64
        %y = arith.mulf %x, %known : f64
        return %known, %i, %y : f64, index, f64 }""",
}


def draw(type_: str, rng: np.random.Generator) -> Any:
    """A random argument; dynamic extents are 5, indices 2."""
    if type_ == "index":
        return 2
    shape = [5 if n == "?" else int(n) for n in re.findall(r"(\?|\d+)x", type_)]
    return rng.normal(size=shape) if shape else rng.normal()


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    text = PROGRAMS[name]
    rng = np.random.default_rng(0)
    types = re.findall(r"%\w+: (tensor<[^>]*>|\w+)", text[:text.index("->")])
    arguments = [draw(type_, rng) for type_ in types]
    wrt = tuple(i for i, type_ in enumerate(types) if type_ != "index")
    single = "f32" in text
    with make_context(), ir.Location.unknown():
        module = differentiated(f"func.func @f{text}", wrt=wrt)
        tolerance, rounding = (1e-2, 1e-5) if single else (1e-7, 1e-12)
        check_derivatives(module, arguments, wrt, tolerance=tolerance, rounding=rounding)
