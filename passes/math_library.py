"""Vector math: elementary functions of whole vectors, from glibc's libmvec.

LLVM replaces a call of `exp` in a loop by one of `_ZGVdN4v_exp` when the declaration of `exp` lists it as a vector
variant.  Errors are below 4 ulp where libm's are below 1; `precise` switches this pass off.  Assumes the LLVM dialect,
after math ops have become calls of libm, and x86-64; the variants must be ones the CPU can run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.passes.base import Pass, register_pass

UNARY = ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "asin", "acos", "atan", "asinh", "acosh", "atanh",
         "cbrt", "erf", "erfc", "exp2", "exp10", "expm1", "log10", "log1p", "log2")
BINARY = ("pow", "atan2", "hypot")
ARGUMENTS = {**dict.fromkeys(UNARY, 1), **dict.fromkeys(BINARY, 2)}
#: Doubles in a vector of each instruction set (the letter in the variant's name): AVX-512, AVX2, SSE.
DOUBLES = {"e": 8, "d": 4, "b": 2}
#: A function of numbers alone: it reads and writes no memory, not even errno.
NO_MEMORY = ("#llvm.memory_effects<other = none, argMem = none, inaccessibleMem = none, errnoMem = none,"
             " targetMem0 = none, targetMem1 = none>")


@dataclass(frozen=True)
class _Variant:
    """A vector function of libmvec."""

    function: str
    isa: str
    arguments: int
    single: bool

    @property
    def lanes(self) -> int:
        return DOUBLES[self.isa] * (2 if self.single else 1)

    @property
    def symbol(self) -> str:
        return f"_ZGV{self.isa}N{self.lanes}{'v' * self.arguments}_{self.function}"

    @property
    def mapping(self) -> str:
        """The entry in the attribute `vector-function-abi-variant`."""
        return f"_ZGV_LLVM_N{self.lanes}{'v' * self.arguments}_{self.function}({self.symbol})"

    @property
    def declaration(self) -> str:
        vector = f"vector<{self.lanes}x{'f32' if self.single else 'f64'}>"
        return f"llvm.func @{self.symbol}({', '.join([vector] * self.arguments)}) -> {vector}"


@register_pass("math-library")
@dataclass(frozen=True)
class MathLibrary(Pass):
    """Tell LLVM the vector variants of the libm functions a program calls.

    Args:
        isas: which variants the CPU can run: letters of "edb".
    """

    isas: tuple[str, ...] = ()

    def run(self, module: Any) -> None:
        variants: list[_Variant] = []
        for op in module.body.operations:
            if op.operation.name == "llvm.func" and not len(op.operation.regions[0].blocks):
                variants += self._annotate(op.operation)
        if variants:
            _keep(module, variants)

    def _annotate(self, declaration: Any) -> list[_Variant]:
        """Give the declaration of a libm function its variants."""
        name = ir.StringAttr(declaration.attributes["sym_name"]).value
        single = name.endswith("f") and name[:-1] in ARGUMENTS
        arguments = ARGUMENTS.get(name[:-1] if single else name)
        if arguments is None:
            return []
        variants = [_Variant(name, isa, arguments, single) for isa in self.isas if isa in DOUBLES]
        declaration.attributes["memory_effects"] = ir.Attribute.parse(NO_MEMORY)
        flags = [ir.StringAttr.get(flag) for flag in ("nounwind", "willreturn", "nofree")]
        if variants:
            listed = ",".join(v.mapping for v in variants)
            pair = [ir.StringAttr.get("vector-function-abi-variant"), ir.StringAttr.get(listed)]
            flags.append(ir.ArrayAttr.get(pair))
        declaration.attributes["passthrough"] = ir.ArrayAttr.get(flags)
        return variants


def _keep(module: Any, variants: list[_Variant]) -> None:
    """Declare the variants and keep them until the vectoriser has run, although nobody calls them before."""
    array = f"!llvm.array<{len(variants)} x ptr>"
    lines = [f"%v0 = llvm.mlir.undef : {array}"]
    for n, variant in enumerate(variants):
        lines.append(f"%a{n} = llvm.mlir.addressof @{variant.symbol} : !llvm.ptr")
        lines.append(f"%v{n + 1} = llvm.insertvalue %a{n}, %v{n}[{n}] : {array}")
    lines.append(f"llvm.return %v{len(variants)} : {array}")
    body = "\n  ".join(lines)
    declarations = "\n".join(v.declaration for v in variants)
    text = f"""{declarations}
llvm.mlir.global appending @llvm.compiler.used() {{section = "llvm.metadata"}} : {array} {{
  {body}
}}"""
    source = ir.Module.parse(text)
    for op in list(source.body.operations):
        op.operation.detach_from_parent()
        module.body.append(op)
