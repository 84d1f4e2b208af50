"""Generates the entry of a kernel as LLVM IR: the function CPython calls, which checks, allocates, calls and returns.

    ptr @entry(ptr self, ptr arguments, i64 count, ptr keyword_names)          ; METH_FASTCALL | METH_KEYWORDS

Assumes the layouts of `python_abi`, checked there. The code contains no address: functions, types and callbacks are
loaded from the global table `@entry.table`, which `entry.build_entry` fills after loading. The order of the work:

1. every argument is exactly what its `Slot` says, otherwise `on_mismatch(*args, **kwargs)` answers the call;
2. with written arguments: no written memory overlaps that of another argument, otherwise the same;
3. the tuple of results is made and its arrays are allocated into it, so one reference owns all there is to release;
4. the kernel runs, without the GIL if asked;
5. if it recorded an error, everything is released and the exception `on_error(code, a, b)` returns is raised;
6. scalar results become NumPy scalars.
"""

from __future__ import annotations

from wengert.runtime.python_abi import (
    ALIGNED,
    ARRAY_DATA,
    ARRAY_DESCRIPTOR,
    ARRAY_DIMENSIONS,
    ARRAY_FLAGS,
    ARRAY_NDIM,
    C_CONTIGUOUS,
    DESCRIPTOR_BYTE_ORDER,
    DESCRIPTOR_TYPE_NUMBER,
    DTYPES,
    OBJECT_TYPE,
    SCALAR_VALUE,
    TABLE,
    WRITEABLE,
)
from wengert.runtime.signature import KernelSignature, Slot

LLVM_TYPES = {"f64": "double", "f32": "float", "i64": "i64", "i1": "i8"}
PYTHON_TYPES = {"f64": "float", "i64": "int", "i1": "bool"}
SCALAR_TYPES = {"f64": "np.float64", "f32": "np.float32", "i64": "np.int64", "i1": "np.bool"}
ERROR_WORDS = 4

_METADATA = """
!0 = !{}
!1 = !{!"branch_weights", i32 1000, i32 1}
!2 = !{!"branch_weights", i32 1, i32 1000}
"""

_OVERLAP = """
define internal i1 @{entry}.overlap(ptr %ranges, i64 %written, i64 %count) {{
start:
  br label %outer
outer:
  %i = phi i64 [0, %start], [%i.next, %outer.next]
  %outer.more = icmp ult i64 %i, %written
  br i1 %outer.more, label %load, label %apart
load:
  %a = getelementptr inbounds [2 x ptr], ptr %ranges, i64 %i
  %a.begin = load ptr, ptr %a
  %a.end.at = getelementptr inbounds ptr, ptr %a, i64 1
  %a.end = load ptr, ptr %a.end.at
  %i.next = add nuw nsw i64 %i, 1
  br label %inner
inner:
  %j = phi i64 [%i.next, %load], [%j.next, %compare]
  %inner.more = icmp ult i64 %j, %count
  br i1 %inner.more, label %compare, label %outer.next
compare:
  %b = getelementptr inbounds [2 x ptr], ptr %ranges, i64 %j
  %b.begin = load ptr, ptr %b
  %b.end.at = getelementptr inbounds ptr, ptr %b, i64 1
  %b.end = load ptr, ptr %b.end.at
  %before = icmp ult ptr %a.begin, %b.end
  %after = icmp ult ptr %b.begin, %a.end
  %meet = and i1 %before, %after
  %j.next = add nuw nsw i64 %j, 1
  br i1 %meet, label %overlapping, label %inner
outer.next:
  br label %outer
apart:
  ret i1 false
overlapping:
  ret i1 true
}}
"""


def entry_symbol(signature: KernelSignature, single: bool) -> str:
    """The symbol of the entry of the kernel; it tells the two ways to return apart."""
    return f"{signature.name}.entry.single" if single else f"{signature.name}.entry"


def table_symbol(signature: KernelSignature, single: bool) -> str:
    """The symbol of the address table of the entry."""
    return f"{entry_symbol(signature, single)}.table"


def generate(signature: KernelSignature, *, release_gil: bool, single: bool) -> str:
    """The LLVM module that defines the entry and declares the kernel.

    With `single` the one returned result is returned itself, not in a tuple; ValueError if there is not exactly one.
    """
    if single and len(signature.returned) != 1:
        raise ValueError(f"kernel {signature.name}: single=True with {len(signature.returned)} returned results")
    return _EntryWriter(signature, release_gil, single).module()


def _kernel_type(signature: KernelSignature) -> str:
    arguments = ["ptr" if slot.is_array else LLVM_TYPES[slot.dtype] for slot in signature.arguments]
    return ", ".join([*arguments, *["ptr"] * len(signature.returned), "ptr"])


class _EntryWriter:
    """Writes the function block by block. `_value` names a result, `_check` continues only when its condition holds."""

    def __init__(self, signature: KernelSignature, release_gil: bool, single: bool) -> None:
        self.signature = signature
        self.release_gil = release_gil
        self.single = single
        self.entry = entry_symbol(signature, single)
        self.allocas: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    # Text

    def _fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def _line(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def _label(self, name: str) -> None:
        self.lines.append(f"{name}:")

    def _value(self, text: str) -> str:
        name = self._fresh("%v")
        self._line(f"{name} = {text}")
        return name

    def _alloca(self, kind: str) -> str:
        name = self._fresh("%slot")
        self.allocas.append(f"  {name} = alloca {kind}, align 16")
        return name

    def _field(self, kind: str, base: str, offset: int) -> str:
        return self._value(f"load {kind}, ptr {self._value(f'getelementptr inbounds i8, ptr {base}, i64 {offset}')}")

    def _fixed(self, name: str) -> str:
        """The entry of the address table called `name`."""
        table = f"[{len(TABLE)} x ptr], ptr @{self.entry}.table, i64 0, i64 {TABLE[name]}"
        return self._value(f"load ptr, ptr {self._value(f'getelementptr inbounds {table}')}, !invariant.load !0")

    def _call(self, result: str, function: str, arguments: str) -> str:
        """Calls a function of the table that returns something."""
        return self._value(f"call {result} {self._fixed(function)}({arguments})")

    def _call_void(self, function: str, arguments: str) -> None:
        self._line(f"call void {self._fixed(function)}({arguments})")

    def _branch(self, condition: str, likely: str, unlikely: str) -> None:
        self._line(f"br i1 {condition}, label %{likely}, label %{unlikely}, !prof !1")

    def _check(self, condition: str, otherwise: str = "mismatch") -> None:
        following = self._fresh("ok")
        self._branch(condition, following, otherwise)
        self._label(following)

    def _equal(self, kind: str, left: str, right: str | int) -> str:
        return self._value(f"icmp eq {kind} {left}, {right}")

    # Arguments

    def _arguments(self) -> list[str]:
        """Checks all arguments; the operands of the kernel call, typed."""
        self._check(self._equal("ptr", "%keyword_names", "null"))
        self._check(self._equal("i64", "%count", len(self.signature.arguments)))
        operands = []
        for k, slot in enumerate(self.signature.arguments):
            argument = self._field("ptr", "%arguments", 8 * k)
            kind = self._field("ptr", argument, OBJECT_TYPE)
            if slot.is_array:
                operands.append(f"ptr {self._array(slot, argument, kind, k in self.signature.written)}")
            else:
                operands.append(f"{LLVM_TYPES[slot.dtype]} {self._scalar(slot.dtype, argument, kind)}")
        return operands

    def _scalar(self, dtype: str, argument: str, kind: str) -> str:
        """The value of an exact Python scalar or NumPy scalar of `dtype`. A bool is not an int."""
        if dtype == "f32":
            self._check(self._equal("ptr", kind, self._fixed("np.float32")))
            return self._field("float", argument, SCALAR_VALUE)
        is_python = self._equal("ptr", kind, self._fixed(PYTHON_TYPES[dtype]))
        is_numpy = self._equal("ptr", kind, self._fixed(SCALAR_TYPES[dtype]))
        if dtype == "f64":  # np.float64 derives from float: one layout
            self._check(self._value(f"or i1 {is_python}, {is_numpy}"))
            return self._field("double", argument, SCALAR_VALUE)
        return self._integer(dtype, argument, is_python, is_numpy)

    def _integer(self, dtype: str, argument: str, is_python: str, is_numpy: str) -> str:
        from_python, from_numpy, joined = self._fresh("python"), self._fresh("numpy"), self._fresh("joined")
        not_python = self._fresh("other")
        self._branch(is_python, from_python, not_python)
        self._label(not_python)
        self._branch(is_numpy, from_numpy, "mismatch")
        self._label(from_numpy)
        numpy_value = self._field(LLVM_TYPES[dtype], argument, SCALAR_VALUE)
        self._line(f"br label %{joined}")
        self._label(from_python)
        if dtype == "i1":
            python_value = self._value(f"zext i1 {self._equal('ptr', argument, self._fixed('True'))} to i8")
            last = from_python
        else:
            python_value, last = self._python_int(argument)
        self._line(f"br label %{joined}")
        self._label(joined)
        return self._value(f"phi {LLVM_TYPES[dtype]} [{numpy_value}, %{from_numpy}], [{python_value}, %{last}]")

    def _python_int(self, argument: str) -> tuple[str, str]:
        """The value of an exact int that fits 64 bits, and the label where it is known."""
        suspicious, overflow, done = self._fresh("minus_one"), self._fresh("overflow"), self._fresh("int")
        value = self._call("i64", "PyLong_AsLongLong", f"ptr {argument}")
        self._line(f"br i1 {self._equal('i64', value, -1)}, label %{suspicious}, label %{done}, !prof !2")
        self._label(suspicious)
        self._branch(self._equal("ptr", self._call("ptr", "PyErr_Occurred", ""), "null"), done, overflow)
        self._label(overflow)
        self._call_void("PyErr_Clear", "")
        self._line("br label %mismatch")
        self._label(done)
        return value, done

    def _array(self, slot: Slot, argument: str, kind: str, written: bool) -> str:
        """The data of an exact ndarray of the slot's dtype and shape, C-contiguous and aligned."""
        self._check(self._equal("ptr", kind, self._fixed("np.ndarray")))
        self._dtype(slot.dtype, argument)
        self._check(self._equal("i32", self._field("i32", argument, ARRAY_NDIM), len(slot.dimensions)))
        mask = C_CONTIGUOUS | ALIGNED | (WRITEABLE if written else 0)
        flags = self._value(f"and i32 {self._field('i32', argument, ARRAY_FLAGS)}, {mask}")
        self._check(self._equal("i32", flags, mask))
        if slot.dimensions:
            dimensions = self._field("ptr", argument, ARRAY_DIMENSIONS)
            for k, size in enumerate(slot.dimensions):
                self._check(self._equal("i64", self._field("i64", dimensions, 8 * k), size))
        return self._field("ptr", argument, ARRAY_DATA)

    def _dtype(self, dtype: str, argument: str) -> None:
        """The singleton descriptor, or an equal one: dtypes with metadata or out of a pickle are not the singleton."""
        singleton, equal_or_not = self._fresh("dtype"), self._fresh("compare_dtype")
        descriptor = self._field("ptr", argument, ARRAY_DESCRIPTOR)
        self._branch(self._equal("ptr", descriptor, self._fixed(f"dtype.{dtype}")), singleton, equal_or_not)
        self._label(equal_or_not)
        number = self._field("i32", descriptor, DESCRIPTOR_TYPE_NUMBER)
        order = self._field("i8", descriptor, DESCRIPTOR_BYTE_ORDER)
        same_number = self._equal("i32", number, DTYPES[dtype].num)
        same_order = self._equal("i8", order, ord(DTYPES[dtype].byteorder))
        self._branch(self._value(f"and i1 {same_number}, {same_order}"), singleton, "mismatch")
        self._label(singleton)

    def _overlap(self, operands: list[str]) -> None:
        """Continues only if no written array shares memory with another argument."""
        written = [k for k in self.signature.written if self.signature.arguments[k].nbytes]
        others = [
            k for k, slot in enumerate(self.signature.arguments) if slot.is_array and slot.nbytes and k not in written
        ]
        count = len(written) + len(others)
        if not written or count == 1:
            return
        ranges = self._alloca(f"[{2 * count} x ptr]")
        for position, k in enumerate(written + others):
            begin = operands[k].removeprefix("ptr ")
            end = self._value(f"getelementptr i8, ptr {begin}, i64 {self.signature.arguments[k].nbytes}")
            for offset, bound in ((0, begin), (8, end)):
                at = self._value(f"getelementptr inbounds i8, ptr {ranges}, i64 {16 * position + offset}")
                self._line(f"store ptr {bound}, ptr {at}")
        overlap = self._value(f"call i1 @{self.entry}.overlap(ptr {ranges}, i64 {len(written)}, i64 {count})")
        self._check(self._value(f"xor i1 {overlap}, true"))

    # Results

    def _allocate(self) -> tuple[str, list[str]]:
        """Makes the object that is returned and the memory of all results: its owner, and the pointers."""
        returned = self.signature.returned
        owner = "null"
        if not self.single:
            owner = self._call("ptr", "PyTuple_New", f"i64 {len(returned)}")
            self._check(self._value(f"icmp ne ptr {owner}, null"), otherwise="failed")
        pointers = []
        for position, slot in enumerate(returned):
            if not slot.dimensions:
                pointers.append(self._alloca(LLVM_TYPES[slot.dtype]))
                continue
            array = self._new_array(slot)
            allocated, exhausted = self._fresh("allocated"), self._fresh("exhausted")
            self._branch(self._value(f"icmp ne ptr {array}, null"), allocated, exhausted)
            self._label(exhausted)
            self._call_void("Py_DecRef", f"ptr {owner}")
            self._line("br label %failed")
            self._label(allocated)
            pointers.append(self._field("ptr", array, ARRAY_DATA))
            if self.single:
                owner = array
            else:
                self._call("i32", "PyTuple_SetItem", f"ptr {owner}, i64 {position}, ptr {array}")
        return owner, pointers

    def _new_array(self, slot: Slot) -> str:
        dimensions = self._alloca(f"[{len(slot.dimensions)} x i64]")
        for k, size in enumerate(slot.dimensions):
            at = self._value(f"getelementptr inbounds i64, ptr {dimensions}, i64 {k}")
            self._line(f"store i64 {size}, ptr {at}")
        descriptor = self._fixed(f"dtype.{slot.dtype}")
        self._call_void("Py_IncRef", f"ptr {descriptor}")  # PyArray_NewFromDescr steals it
        shape = f"i32 {len(slot.dimensions)}, ptr {dimensions}, ptr null, ptr null, i32 0, ptr null"
        kind = self._fixed("np.ndarray")
        return self._call("ptr", "PyArray_NewFromDescr", f"ptr {kind}, ptr {descriptor}, {shape}")

    def _run_kernel(self, operands: list[str]) -> str:
        """Calls the kernel; the pointer to its error record."""
        record = self._alloca(f"[{ERROR_WORDS} x i64]")
        self._line(f"store [{ERROR_WORDS} x i64] zeroinitializer, ptr {record}")
        call = f"call void @{self.signature.name}({', '.join([*operands, f'ptr {record}'])})"
        if not self.release_gil:
            self._line(call)
            return record
        state = self._call("ptr", "PyEval_SaveThread", "")
        self._line(call)
        self._call_void("PyEval_RestoreThread", f"ptr {state}")
        return record

    def _raise_recorded(self, record: str, owner: str) -> None:
        """If the kernel recorded an error: releases the results and raises what `on_error` returns."""
        failed, good, raising = self._fresh("recorded"), self._fresh("good"), self._fresh("raise")
        code = self._field("i64", record, 0)
        self._branch(self._equal("i64", code, 0), good, failed)
        self._label(failed)
        self._call_void("Py_DecRef", f"ptr {owner}")
        values = f"i64 {code}, i64 {self._field('i64', record, 8)}, i64 {self._field('i64', record, 16)}"
        callback = f"ptr {self._fixed('on_error')}, ptr @{self.entry}.format, {values}"
        function = self._fixed("PyObject_CallFunction")
        error = self._value(f"call ptr (ptr, ptr, ...) {function}({callback})")
        self._branch(self._value(f"icmp ne ptr {error}, null"), raising, "failed")
        self._label(raising)
        self._call_void("PyErr_SetObject", f"ptr {self._field('ptr', error, OBJECT_TYPE)}, ptr {error}")
        self._call_void("Py_DecRef", f"ptr {error}")
        self._line("br label %failed")
        self._label(good)

    def _finish(self, owner: str, pointers: list[str]) -> None:
        """Turns scalar results into NumPy scalars and returns."""
        for position, (slot, pointer) in enumerate(zip(self.signature.returned, pointers, strict=True)):
            if slot.dimensions:
                continue
            descriptor = self._fixed(f"dtype.{slot.dtype}")
            scalar = self._call("ptr", "PyArray_Scalar", f"ptr {pointer}, ptr {descriptor}, ptr null")
            if self.single:
                owner = scalar
                continue
            made, exhausted = self._fresh("made"), self._fresh("exhausted")
            self._branch(self._value(f"icmp ne ptr {scalar}, null"), made, exhausted)
            self._label(exhausted)
            self._call_void("Py_DecRef", f"ptr {owner}")
            self._line("br label %failed")
            self._label(made)
            self._call("i32", "PyTuple_SetItem", f"ptr {owner}, i64 {position}, ptr {scalar}")
        self._line(f"ret ptr {owner}")

    # The module

    def module(self) -> str:
        """The text of the module."""
        operands = self._arguments()
        self._overlap(operands)
        owner, pointers = self._allocate()
        record = self._run_kernel([*operands, *(f"ptr {pointer}" for pointer in pointers)])
        self._raise_recorded(record, owner)
        self._finish(owner, pointers)
        self._label("mismatch")
        forwarded = f"ptr {self._fixed('on_mismatch')}, ptr %arguments, i64 %count, ptr %keyword_names"
        self._line(f"ret ptr {self._call('ptr', 'PyObject_Vectorcall', forwarded)}")
        self._label("failed")
        self._line("ret ptr null")
        head = [
            f"@{self.entry}.table = global [{len(TABLE)} x ptr] zeroinitializer",
            f'@{self.entry}.format = internal constant [4 x i8] c"LLL\\00"',
            f"declare void @{self.signature.name}({_kernel_type(self.signature)})",
            _OVERLAP.format(entry=self.entry) if self.signature.written else "",
            f"define ptr @{self.entry}(ptr %self, ptr %arguments, i64 %count, ptr %keyword_names) nounwind {{",
            "start:",
        ]
        return "\n".join([*head, *self.allocas, *self.lines, "}", _METADATA])
