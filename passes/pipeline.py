"""The compiler's table of contents: every pass between a traced module and LLVM IR, and why it stands where it does.

The input is a module with one public function (the program) and private ones it calls; declared derivatives are among
them.  Stages, in this order, each a list of passes:

    nd          arrays, calls and declared derivatives; made smaller before anything is differentiated
    jvp, linear functions diff-expand writes on the way (in the texts only, where something is differentiated)
    transposed  derivatives are written, residuals have storage, calls are gone: one function of arrays
    linalg      loops over elements, with a destination for every array; the calling convention of kernels
    memref      memory instead of arrays
    llvm        the LLVM dialect
    llvmir      LLVM IR text
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.control import entry, functions
from wengert.passes.accumulators import Accumulators
from wengert.passes.base import Observer, Pass, Upstream, run_pipeline
from wengert.passes.blas_calls import BlasCalls
from wengert.passes.budgets import MeetBudget, NoteResults
from wengert.passes.bufferize import Bufferize
from wengert.passes.buffers import PlaceBuffers
from wengert.passes.contract import Contract
from wengert.passes.drop_private import DropPrivate
from wengert.passes.empty_arrays import EmptyArrays
from wengert.passes.entry_abi import EntryAbi
from wengert.passes.expand import DiffExpand, expand
from wengert.passes.expand_scalars import ExpandScalars
from wengert.passes.external_calls import ExternalCalls
from wengert.passes.finish_llvm import FinishLlvm
from wengert.passes.foreign_calls import ForeignCalls
from wengert.passes.fork_calls import ForkCalls
from wengert.passes.fuse_sweeps import FuseSweeps
from wengert.passes.half_powers import HalfPowers
from wengert.passes.hoist_products import HoistProducts
from wengert.passes.inductions import Inductions
from wengert.passes.inline import Inline
from wengert.passes.lapack_calls import LapackCalls
from wengert.passes.loop_dps import LoopDps
from wengert.passes.loop_sums import LoopSums
from wengert.passes.lower_checks import Check, LowerChecks, checks_of
from wengert.passes.lower_prints import LowerPrints, Print, prints_of
from wengert.passes.lower_tensors import LowerTensors
from wengert.passes.math_library import MathLibrary
from wengert.passes.out_forward import OutForward
from wengert.passes.parallel_loops import ParallelLoops
from wengert.passes.promote import Promote
from wengert.passes.raise_nests import RaiseNests
from wengert.passes.raise_windows import RaiseWindows
from wengert.passes.reassociate import Reassociate
from wengert.passes.recursion import LoopRecursion
from wengert.passes.reuse_memory import ReuseMemory
from wengert.passes.simplify import Simplify
from wengert.passes.slice_dest import SliceDest
from wengert.passes.statistics import Buffers, buffers_of, loops
from wengert.passes.storage_facts import DropDecisions
from wengert.passes.strided_copies import StridedCopies
from wengert.passes.strips import Strips
from wengert.passes.to_llvm import llvm_ir_text
from wengert.passes.trap_nan import TrapNan
from wengert.passes.unroll_swaps import UnrollSwaps
from wengert.passes.window_rows import WindowRows


@dataclass(frozen=True)
class LoweringOptions:
    """What the lowering depends on besides the program.

    Args:
        precise: elementary functions from libm (below 1 ulp) rather than libmvec (below 4 ulp), and additions in loops
            in the order of the program.
        vector_isas: the variants of libmvec this machine can run, letters of "edb"; empty without libmvec.
        vector_width: bits of the vectors LLVM should prefer; 0 leaves it to LLVM.
        noalias: array arguments do not overlap in memory.
        threads: how many run independent loops that are worth it.
        least_work: what a loop must take to be worth it (independent_loops.work).
    """

    precise: bool = False
    vector_isas: tuple[str, ...] = ()
    vector_width: int = 0
    noalias: bool = True
    threads: int = 1
    least_work: int = 200_000


@dataclass(frozen=True)
class LoweredModule:
    """LLVM IR of a program, and what is known about it.

    Args:
        llvm_ir: text; defines the public function with the calling convention of `entry_abi`.
        checks: (kind, message, file, line, column) of each run-time check; the error record numbers them from 1.
        prints: what it writes, and the symbols it calls for that.
        buffers: copies and allocations left after bufferization.
        has_loops: whether the program loops at all (if not, it runs in nanoseconds).
        reads: positions of the arguments the results depend on.
        stages: the text of the module after each stage, if they were asked for.
    """

    llvm_ir: str
    checks: tuple[Check, ...] = ()
    prints: tuple[Print, ...] = ()
    buffers: Buffers = field(default_factory=Buffers)
    has_loops: bool = False
    reads: tuple[int, ...] = ()
    stages: dict[str, str] = field(default_factory=dict)


def stages(options: LoweringOptions) -> dict[str, tuple[Pass, ...]]:
    """The passes of each stage."""
    return {"nd": _nd(options), "transposed": DIFFERENTIATION, "linalg": _linalg(options), "memref": MEMREF,
            "llvm": _llvm(options)}


def _nd(options: LoweringOptions) -> tuple[Pass, ...]:
    """Dead code and repetitions would be differentiated, and their residuals stored."""
    return (
        LoopRecursion(),  # before all others: nothing below knows calls that cannot be inlined
        Simplify(),       # moves what does not change out of loops: what is left in them is what a counter picks
        Inductions(),     # positions that a program counts itself would be stored, and bound nothing
        *(() if options.precise else (LoopSums(),)),  # contractions are differentiated as contractions
        HoistProducts(),  # what loops over vectors compute is often one matrix product
    )


ND = _nd(LoweringOptions())


DIFFERENTIATION: tuple[Pass, ...] = (
    DiffExpand(),   # defines what is declared, innermost derivative first; inlines and simplifies on the way
    Inline(),       # what is left of calls: nothing below crosses a function boundary
    DropPrivate(),  # nobody calls them any more
    Simplify(),     # removes what a derivative does not need of its primal
    Promote(),      # array elements that a loop keeps updating become scalars: also what LLVM vectorises
    Simplify(),
    FuseSweeps(),   # after it: tapes that remain are written once in an iteration; what both sweeps compute is merged
    TrapNan(),      # last: it sees what derivatives compute, and only what is left of it
)


def _linalg(options: LoweringOptions) -> tuple[Pass, ...]:
    return (
        DropDecisions(),                        # read by then, if anyone asked for a report
        NoteResults(),                          # of budgets: results are still results here
        LowerChecks(),                          # before the rest: it adds the argument that is to be the last
        # While sums of loops are still elements of tensors and numbers they carry.
        *(() if options.precise else (Accumulators(), Reassociate())),
        LowerPrints(),                          # nothing is written after a check has failed
        RaiseNests(),                           # loops that accumulate elements do what the next pass looks for
        RaiseWindows(),                         # before lower-tensors: windows are computed where they are added
        LowerTensors(),                         # elementwise and nd ops become fused loops with destinations
        EntryAbi(aliased=not options.noalias),  # now that types are final (bools are bytes)
        Upstream("cse"),                        # merges what lowering repeats; no allocation is merged, each is its own
        UnrollSwaps(),                          # leaves loops whose arrays stay in their places
        LoopDps(),                              # no canonicalize before it (it reorders what a while carries) or after
        SliceDest(),                            # makes those insertions, and the user's, free
        ReuseMemory(),                          # after it: what is inserted somewhere needs no memory
        OutForward(),                           # last: what was inserted nowhere goes to the caller's memory
    )


MEMREF: tuple[Pass, ...] = (
    Bufferize(),
    WindowRows(),                               # before anything looks at what stands for its loops
    Upstream("canonicalize,cse,canonicalize"),  # the second round removes copies of memory onto itself
    EmptyArrays(),                              # before anything makes new users of memory without elements
    StridedCopies(),                            # what is left of copies must not become calls into a runtime library
    PlaceBuffers(),                             # out of loops, freed after use
    MeetBudget(),                               # now that all allocations are known: how many states of loops fit
    BlasCalls(),                                # after it: an address hides from it that memory is still in use
    LapackCalls(),                              # for the same reason
    ForeignCalls(),                             # and again
)


def _llvm(options: LoweringOptions) -> tuple[Pass, ...]:
    libmvec = () if options.precise or not options.vector_isas else (MathLibrary(options.vector_isas),)
    return (
        Upstream("convert-linalg-to-loops"),
        Upstream("canonicalize,cse,loop-invariant-code-motion"),  # what is constant in inner loops leaves them
        ParallelLoops(options.threads, options.least_work),       # scalar loops, before anything hides what they do
        Strips(sums=not options.precise),                         # of loops on memory that nothing hides any more
        *(() if options.precise else (HalfPowers(), Contract())),  # scalars, at last
        ExpandScalars(),                                          # what no conversion below knows
        ExternalCalls(),                                          # after it: what is written out may use these
        Upstream("convert-math-to-funcs"),                        # integer powers become functions that loop
        Upstream("convert-scf-to-cf,expand-strided-metadata,lower-affine"),
        # libm before LLVM's intrinsics: its calls are what the vector library replaces.
        Upstream("convert-math-to-libm,convert-math-to-llvm,convert-arith-to-llvm,convert-index-to-llvm"),
        Upstream("finalize-memref-to-llvm{use-aligned-alloc=1},convert-func-to-llvm{use-bare-ptr-memref-call-conv=1}"),
        Upstream("convert-cf-to-llvm,convert-ub-to-llvm,reconcile-unrealized-casts,canonicalize,cse"),
        ForkCalls(),                                              # where functions are addresses
        *libmvec,                                                 # on the declarations convert-math-to-libm has made
        FinishLlvm(options.vector_width),
    )


def _texts(functions: Sequence[Any]) -> str:
    return "".join(f"{function}\n" for function in functions)


def _arguments_read(module: Any) -> tuple[int, ...]:
    """The arguments that are used at all by the only function of a simplified module."""
    arguments = entry(functions(module)[0]).arguments
    return tuple(k for k, argument in enumerate(arguments) if any(True for _ in argument.uses))


def compile_to_llvmir(module: Any, *, options: LoweringOptions | None = None, record: bool = False,
                      observer: Observer | None = None) -> LoweredModule:
    """Lower a module with one public function to LLVM IR.

    Args:
        module: rewritten in place, through all stages.
        record: keep the text of each stage.
        observer: called with (label of the pass, module) after each pass.

    Raises:
        WengertError: the program cannot be compiled; the error has the user's position.
    """
    texts: dict[str, str] = {}
    buffers, has_loops, reads = Buffers(), False, tuple[int, ...]()
    with module.context:
        for stage, passes in stages(options or LoweringOptions()).items():
            if record and stage == "transposed":
                expand(module, lambda step, written: texts.update({step: texts.get(step, "") + _texts(written)}))
            run_pipeline(module, passes, observer)
            if stage == "transposed":
                reads = _arguments_read(module)
            if stage == "memref":
                buffers, has_loops = buffers_of(module), loops(module)
            if record:
                texts[stage] = module.operation.get_asm()
        checks, prints = checks_of(module), prints_of(module)
        text = llvm_ir_text(module)
    if record:
        texts["llvmir"] = text
    return LoweredModule(text, checks, prints, buffers, has_loops, reads, texts)
