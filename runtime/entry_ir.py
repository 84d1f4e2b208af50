"""Generates the entry of a kernel as LLVM IR: the function CPython calls, which checks, allocates, calls and returns.

    ptr @entry(ptr self, ptr arguments, i64 count, ptr keyword_names)          ; METH_FASTCALL | METH_KEYWORDS

Assumes the layouts of `python_abi`, checked there. The code contains no address: functions, types and callbacks are
loaded from the global table `@entry.table`, which `entry.build_entry` fills after loading. The order of the work:

1. every argument is exactly what its `Slot` says, otherwise `on_mismatch(*args, **kwargs)` answers the call;
2. with written arguments: no written memory overlaps that of another argument, otherwise the same;
3. the containers of the result are made (`entry_containers.py`) and its arrays are allocated into them, so one
   reference owns all there is to release, but for results of unknown extents, whose memory the kernel allocates;
4. the kernel runs, without the GIL if asked;
5. if it recorded an error, everything is released and the exception `on_error(code, a, b, c)` returns is raised;
6. memory the kernel hands over becomes arrays that own it, scalar results become NumPy scalars.

What is done to arrays is a function for every distinct slot (`entry_arrays.py`), inlined when used a few times: the
code stays small with hundreds of leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from wengert.runtime.entry_arrays import ArrayFunctions, overlap_function
from wengert.runtime.entry_containers import Containers
from wengert.runtime.ir_text import FunctionWriter, symbol
from wengert.runtime.python_abi import ARRAY_DATA, ARRAY_DIMENSIONS, DTYPES, OBJECT_TYPE, SCALAR_VALUE, TABLE
from wengert.runtime.result_tree import Tree, direct_symbol, entry_symbol, keys, require, table_symbol
from wengert.runtime.signature import KernelSignature, Slot

LLVM_TYPES = {"f64": "double", "f32": "float", "i1": "i8"}
for _bits in (8, 16, 32, 64):
    LLVM_TYPES[f"i{_bits}"] = LLVM_TYPES[f"u{_bits}"] = f"i{_bits}"
PYTHON_TYPES = {"f64": "float", "i64": "int", "i1": "bool"}
SCALAR_TYPES = {name: f"np.{dtype.name}" for name, dtype in DTYPES.items()}
ERROR_WORDS = 4

_FEW_PAIRS = 8  # of arrays to compare for overlap one by one, rather than eight at a time out of memory
_MANY_LEAVES = 32  # above, LLVM compiles the entry fast rather than well (3 times less time; the kernel is apart)

_METADATA = """
!0 = !{}
!1 = !{!"branch_weights", i32 1000, i32 1}
!2 = !{!"branch_weights", i32 1, i32 1000}
"""


_PARAMETERS = "ptr %self, ptr %arguments, i64 %count, ptr %keyword_names"


def _forward(writer: FunctionWriter) -> None:
    """Returns what `on_mismatch` does."""
    forwarded = f"ptr {writer.fixed('on_mismatch')}, ptr %arguments, i64 %count, ptr %keyword_names"
    writer.line(f"ret ptr {writer.call('ptr', 'PyObject_Vectorcall', forwarded)}")


def _direct_entry(entry: str, direct: str, table: str) -> str:
    """The function that goes on to `entry` unless a trace is in progress."""
    writer = FunctionWriter(f"define ptr {symbol(direct)}({_PARAMETERS}) nounwind", table)
    writer.check(writer.equal("i64", writer.field("i64", writer.fixed("traces"), 0), 0), otherwise="traced")
    writer.line(f"ret ptr {writer.value(f'tail call ptr {symbol(entry)}({_PARAMETERS})')}")
    writer.label("traced")
    _forward(writer)
    return writer.text()


def kernel_parameters(signature: KernelSignature) -> list[str]:
    """The LLVM types of the kernel's parameters: arguments, returned results, unknown extents, the error record."""
    arguments = ["ptr" if slot.is_array else LLVM_TYPES[slot.dtype] for slot in signature.arguments]
    extents = ["i64" for slot in signature.arguments for _ in slot.unknown]
    return [*arguments, *["ptr"] * len(signature.returned), *extents, "ptr"]


def generate(signature: KernelSignature, *, release_gil: bool, tree: Tree) -> str:
    """The LLVM module that defines the entry and declares the kernel.

    The entry returns `tree` (result_tree.py); ValueError if it does not fit the signature.
    """
    require(tree, len(signature.arguments), len(signature.returned))
    return _EntryWriter(signature, release_gil, tree).module()


class _EntryWriter(FunctionWriter):
    """The entry itself; each method writes one of the steps."""

    def __init__(self, signature: KernelSignature, release_gil: bool, tree: Tree) -> None:
        self.symbol = entry_symbol(signature, tree)
        table = table_symbol(signature, tree)
        many = len(signature.arguments) + len(signature.returned) > _MANY_LEAVES
        attributes = "nounwind optnone noinline" if many else "nounwind"
        super().__init__(f"define ptr {symbol(self.symbol)}({_PARAMETERS}) {attributes}", table)
        self.format = symbol(f"{self.symbol}.format")
        self.signature = signature
        self.release_gil = release_gil
        self.tree = tree
        self.containers = Containers(self, tree)
        self.arrays = ArrayFunctions(self.symbol, table, signature)

    def module(self) -> str:
        """The text of the module."""
        operands, extents = self._arguments()
        self._overlap(operands)
        pointers = self._allocate()
        record = self._run_kernel([*operands, *(f"ptr {pointer}" for pointer in pointers), *extents])
        handed_over = [p for p, slot in zip(pointers, self.signature.returned, strict=True) if slot.unknown]
        self._raise_recorded(record, handed_over)
        self._finish(pointers, handed_over)
        self.label("mismatch")
        _forward(self)
        self.label("failed")
        self.line("ret ptr null")
        direct = _direct_entry(self.symbol, direct_symbol(self.signature, self.tree), self.table)
        globals_ = [
            f"{symbol(self.table)} = global [{len(TABLE) + len(keys(self.tree))} x ptr] zeroinitializer",
            f'{self.format} = internal constant [5 x i8] c"LLLL\\00"',
            f"declare void {symbol(self.signature.name)}({', '.join(kernel_parameters(self.signature))})",
            "declare void @free(ptr)",
        ]
        functions = [*self.arrays.texts(), overlap_function(self.symbol), self.text(), direct]
        return "\n".join([*globals_, *functions, _METADATA])

    # Arguments

    def _arguments(self) -> tuple[list[str], list[str]]:
        """Checks all arguments; the operands of the kernel call and the unknown extents, with their types."""
        self.check(self.equal("ptr", "%keyword_names", "null"), otherwise="mismatch")
        self.check(self.equal("i64", "%count", len(self.signature.arguments)), otherwise="mismatch")
        operands, extents = [], []
        for k, slot in enumerate(self.signature.arguments):
            argument = self.field("ptr", "%arguments", 8 * k)
            if slot.is_array:
                checker = self.arrays.checker(slot, written=k in self.signature.written)
                self.check(self.value(f"call fastcc i1 {checker}(ptr {argument})"), otherwise="mismatch")
                operands.append(f"ptr {self.field('ptr', argument, ARRAY_DATA)}")
                if slot.unknown:
                    shape = self.field("ptr", argument, ARRAY_DIMENSIONS)
                    extents += [f"i64 {self.field('i64', shape, 8 * d)}" for d in slot.unknown]
            else:
                operands.append(f"{LLVM_TYPES[slot.dtype]} {self._scalar(slot.dtype, argument)}")
        return operands, extents

    def _scalar(self, dtype: str, argument: str) -> str:
        """The value of an exact Python scalar or NumPy scalar of `dtype`. A bool is not an int."""
        kind = self.field("ptr", argument, OBJECT_TYPE)
        if dtype not in PYTHON_TYPES:
            self.check(self.equal("ptr", kind, self.fixed(SCALAR_TYPES[dtype])), otherwise="mismatch")
            return self.field(LLVM_TYPES[dtype], argument, SCALAR_VALUE)
        is_python = self.equal("ptr", kind, self.fixed(PYTHON_TYPES[dtype]))
        is_numpy = self.equal("ptr", kind, self.fixed(SCALAR_TYPES[dtype]))
        if dtype == "f64":  # np.float64 derives from float: one layout
            self.check(self.value(f"or i1 {is_python}, {is_numpy}"), otherwise="mismatch")
            return self.field("double", argument, SCALAR_VALUE)
        return self._integer(dtype, argument, is_python, is_numpy)

    def _integer(self, dtype: str, argument: str, is_python: str, is_numpy: str) -> str:
        from_python, from_numpy, joined = self.fresh("python"), self.fresh("numpy"), self.fresh("joined")
        not_python = self.fresh("other")
        self.branch(is_python, from_python, not_python)
        self.label(not_python)
        self.branch(is_numpy, from_numpy, "mismatch")
        self.label(from_numpy)
        numpy_value = self.field(LLVM_TYPES[dtype], argument, SCALAR_VALUE)
        self.line(f"br label %{joined}")
        self.label(from_python)
        if dtype == "i1":
            python_value, last = self._python_bool(argument), from_python
        else:
            python_value, last = self._python_int(argument)
        self.line(f"br label %{joined}")
        self.label(joined)
        return self.value(f"phi {LLVM_TYPES[dtype]} [{numpy_value}, %{from_numpy}], [{python_value}, %{last}]")

    def _python_bool(self, argument: str) -> str:
        return self.value(f"zext i1 {self.equal('ptr', argument, self.fixed('True'))} to i8")

    def _python_int(self, argument: str) -> tuple[str, str]:
        """The value of an exact int that fits 64 bits, and the label where it is known."""
        suspicious, overflow, done = self.fresh("minus_one"), self.fresh("overflow"), self.fresh("int")
        value = self.call("i64", "PyLong_AsLongLong", f"ptr {argument}")
        self.line(f"br i1 {self.equal('i64', value, -1)}, label %{suspicious}, label %{done}, !prof !2")
        self.label(suspicious)
        self.branch(self.equal("ptr", self.call("ptr", "PyErr_Occurred", ""), "null"), done, overflow)
        self.label(overflow)
        self.call_void("PyErr_Clear", "")
        self.line("br label %mismatch")
        self.label(done)
        return value, done

    def _overlap(self, operands: list[str]) -> None:
        """Continues only if no written array shares memory with another argument."""
        slots = self.signature.arguments
        written = [k for k in self.signature.written if slots[k].nbytes]
        others = [k for k, slot in enumerate(slots) if slot.is_array and slot.nbytes and k not in written]
        count = len(written) + len(others)
        pairs = sum(range(count - len(written), count))
        if not pairs:
            return
        ranges = []
        for k in written + others:
            begin = self.value(f"ptrtoint {operands[k]} to i64")
            ranges.append((begin, self.value(f"add i64 {begin}, {slots[k].nbytes}")))
        if pairs > _FEW_PAIRS:
            self._overlap_of_many(ranges, len(written))
            return
        for first, second in itertools.combinations(range(count), 2):
            if first < len(written):
                before = self.value(f"icmp ule i64 {ranges[first][1]}, {ranges[second][0]}")
                after = self.value(f"icmp ule i64 {ranges[second][1]}, {ranges[first][0]}")
                self.check(self.value(f"or i1 {before}, {after}"), otherwise="mismatch")

    def _overlap_of_many(self, ranges: list[tuple[str, str]], written: int) -> None:
        """The same in a loop over the ranges in memory, eight zeros behind them."""
        count = len(ranges)
        begins, ends = self.alloca(f"[{count + 8} x i64]"), self.alloca(f"[{count + 8} x i64]")
        for position, (begin, end) in enumerate(ranges):
            self.line(f"store i64 {begin}, ptr {self.offset(begins, 8 * position)}")
            self.line(f"store i64 {end}, ptr {self.offset(ends, 8 * position)}")
        self.line(f"store <8 x i64> zeroinitializer, ptr {self.offset(begins, 8 * count)}, align 8")
        self.line(f"store <8 x i64> zeroinitializer, ptr {self.offset(ends, 8 * count)}, align 8")
        operands = f"ptr {begins}, ptr {ends}, i64 {written}, i64 {count}"
        overlap = self.value(f"call fastcc i1 {symbol(f'{self.symbol}.overlap')}({operands})")
        self.check(self.value(f"xor i1 {overlap}, true"), otherwise="mismatch")

    # Results

    def _allocate(self) -> list[str]:
        """Makes the containers of the result and the memory of all results: the pointers to it."""
        self.containers.make(lambda: self._give_up([]))
        pointers = []
        for position, slot in enumerate(self.signature.returned):
            if not slot.dimensions:
                pointers.append(self.alloca(LLVM_TYPES[slot.dtype]))
                continue
            if slot.unknown:
                words = self.alloca(f"[{1 + len(slot.dimensions)} x i64]")
                self.line(f"store ptr null, ptr {words}")
                pointers.append(words)
                continue
            array = self.value(f"call fastcc ptr {self.arrays.maker(slot)}()")
            self._own(position, array)
            pointers.append(self.field("ptr", array, ARRAY_DATA))
        return pointers

    def _own(self, position: int, new: str, handed_over: Sequence[str] = ()) -> None:
        """Puts a new reference, null if memory is exhausted, into its places in what owns the results."""
        made, exhausted = self.fresh("made"), self.fresh("exhausted")
        self.branch(self.value(f"icmp ne ptr {new}, null"), made, exhausted)
        self.label(exhausted)
        self._give_up(handed_over)
        self.label(made)
        self.containers.put(position, new)

    def _give_up(self, handed_over: Sequence[str]) -> None:
        """Releases all there is and ends the block: an exception is set."""
        self._free(handed_over)
        self.call_void("Py_DecRef", f"ptr {self.containers.owner}")
        self.line("br label %failed")

    def _run_kernel(self, operands: list[str]) -> str:
        """Calls the kernel; the pointer to its error record."""
        record = self.alloca(f"[{ERROR_WORDS} x i64]")
        self.line(f"store [{ERROR_WORDS} x i64] zeroinitializer, ptr {record}")
        call = f"call void {symbol(self.signature.name)}({', '.join([*operands, f'ptr {record}'])})"
        if not self.release_gil:
            self.line(call)
            return record
        state = self.call("ptr", "PyEval_SaveThread", "")
        self.line(call)
        self.call_void("PyEval_RestoreThread", f"ptr {state}")
        return record

    def _free(self, handed_over: Sequence[str]) -> None:
        """Frees what the kernel handed over and no array owns yet (`free` ignores null)."""
        for words in handed_over:
            self.line(f"call void @free(ptr {self.field('ptr', words, 0)})")

    def _raise_recorded(self, record: str, handed_over: list[str]) -> None:
        """If the kernel recorded an error: releases the results and raises what `on_error` returns."""
        recorded, good, raising = self.fresh("recorded"), self.fresh("good"), self.fresh("raise")
        code = self.field("i64", record, 0)
        self.branch(self.equal("i64", code, 0), good, recorded)
        self.label(recorded)
        self._free(handed_over)
        self.call_void("Py_DecRef", f"ptr {self.containers.owner}")
        values = ", ".join([f"i64 {code}", *(f"i64 {self.field('i64', record, 8 * k)}" for k in range(1, ERROR_WORDS))])
        callback = f"ptr {self.fixed('on_error')}, ptr {self.format}, {values}"
        error = self.value(f"call ptr (ptr, ptr, ...) {self.fixed('PyObject_CallFunction')}({callback})")
        self.branch(self.value(f"icmp ne ptr {error}, null"), raising, "failed")
        self.label(raising)
        self.call_void("PyErr_SetObject", f"ptr {self.field('ptr', error, OBJECT_TYPE)}, ptr {error}")
        self.call_void("Py_DecRef", f"ptr {error}")
        self.line("br label %failed")
        self.label(good)

    def _finish(self, pointers: list[str], handed_over: list[str]) -> None:
        """Turns what the kernel handed over into arrays and scalar results into NumPy scalars, and returns."""
        for position, (slot, pointer) in enumerate(zip(self.signature.returned, pointers, strict=True)):
            if slot.dimensions and not slot.unknown:
                continue
            if slot.unknown:
                made = self.value(f"call fastcc ptr {self.arrays.owner(slot)}(ptr {pointer})")
            else:
                made = self._numpy_scalar(slot, pointer)
            self._own(position, made, handed_over)
        self.line(f"ret ptr {self.containers.owner}")

    def _numpy_scalar(self, slot: Slot, pointer: str) -> str:
        descriptor = self.fixed(f"dtype.{slot.dtype}")
        return self.call("ptr", "PyArray_Scalar", f"ptr {pointer}, ptr {descriptor}, ptr null")
