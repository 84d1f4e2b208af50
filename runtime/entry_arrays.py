"""The parts of an entry that deal with arrays: is this object the expected array, make a result, own memory
that the kernel hands over, do two overlap."""

from __future__ import annotations

from wengert.runtime.allocator import SMALLEST
from wengert.runtime.ir_text import FunctionWriter, symbol
from wengert.runtime.python_abi import (
    ALIGNED,
    ARRAY_DESCRIPTOR,
    ARRAY_DIMENSIONS,
    ARRAY_FLAGS,
    ARRAY_NDIM,
    C_CONTIGUOUS,
    DESCRIPTOR_BYTE_ORDER,
    DESCRIPTOR_TYPE_NUMBER,
    DTYPES,
    OBJECT_TYPE,
    OWNDATA,
    WRITEABLE,
)
from wengert.runtime.signature import KernelSignature, Slot

_INLINED_USES = 8  # a function used more often is called: compile time grows with the code, 3 ms an argument inlined


class ArrayFunctions:
    """Collects the functions an entry needs, one for each distinct slot and task."""

    def __init__(self, entry: str, table: str, signature: KernelSignature) -> None:
        self.entry = entry
        self.table = table
        arrays = sum(slot.is_array for slot in signature.arguments) + len(signature.returned)
        self.attribute = "alwaysinline" if arrays <= _INLINED_USES else "noinline"
        self._functions: dict[tuple[str, Slot, bool], FunctionWriter] = {}

    def texts(self) -> list[str]:
        """The functions asked for."""
        return [function.text() for function in self._functions.values()]

    def _function(self, task: str, slot: Slot, written: bool, parameters: str) -> tuple[str, FunctionWriter | None]:
        """The name, and the empty function if it is new."""
        dtype, shape = slot.dtype, "x".join("n" if size is None else str(size) for size in slot.dimensions)
        name = symbol(f"{self.entry}.{task}.{dtype}.{shape}{'.written' if written else ''}")
        key = (task, slot, written)
        if key in self._functions:
            return name, None
        result = "i1" if task == "check" else "ptr"
        header = f"define internal fastcc {result} {name}({parameters}) nounwind {self.attribute}"
        self._functions[key] = FunctionWriter(header, self.table)
        return name, self._functions[key]

    def checker(self, slot: Slot, *, written: bool) -> str:
        """`i1 (ptr)`: an exact ndarray of the slot's dtype and shape, C-contiguous, aligned, writeable if written?"""
        name, new = self._function("check", slot, written, "ptr %argument")
        if new is not None:
            _write_checker(new, slot, written)
        return name

    def maker(self, slot: Slot) -> str:
        """`ptr ()`: a new array of the slot's dtype and shape, its elements undefined; null with MemoryError set."""
        name, new = self._function("new", slot, False, "")
        if new is not None:
            _write_maker(new, slot)
        return name

    def owner(self, slot: Slot) -> str:
        """`ptr (ptr words)`: an array that owns the memory the kernel handed over; the words forget it then.

        Null with MemoryError set if there is no memory for the object.
        """
        name, new = self._function("own", slot, False, "ptr %words")
        if new is not None:
            _write_owner(new, slot)
        return name


def _write_checker(function: FunctionWriter, slot: Slot, written: bool) -> None:
    kind = function.field("ptr", "%argument", OBJECT_TYPE)
    function.check(function.equal("ptr", kind, function.fixed("np.ndarray")), otherwise="other")
    _check_dtype(function, slot.dtype)
    ndim = function.field("i32", "%argument", ARRAY_NDIM)
    function.check(function.equal("i32", ndim, len(slot.dimensions)), otherwise="other")
    mask = C_CONTIGUOUS | ALIGNED | (WRITEABLE if written else 0)
    flags = function.value(f"and i32 {function.field('i32', '%argument', ARRAY_FLAGS)}, {mask}")
    function.check(function.equal("i32", flags, mask), otherwise="other")
    if slot.dimensions:
        dimensions = function.field("ptr", "%argument", ARRAY_DIMENSIONS)
        for k, size in enumerate(slot.dimensions):
            if size is not None:
                extent = function.field("i64", dimensions, 8 * k)
                function.check(function.equal("i64", extent, size), otherwise="other")
    function.line("ret i1 true")
    function.label("other")
    function.line("ret i1 false")


def _check_dtype(function: FunctionWriter, dtype: str) -> None:
    """The singleton descriptor, or an equal one: dtypes with metadata or out of a pickle are not the singleton."""
    singleton, compare = function.fresh("dtype"), function.fresh("compare_dtype")
    descriptor = function.field("ptr", "%argument", ARRAY_DESCRIPTOR)
    function.branch(function.equal("ptr", descriptor, function.fixed(f"dtype.{dtype}")), singleton, compare)
    function.label(compare)
    number = function.field("i32", descriptor, DESCRIPTOR_TYPE_NUMBER)
    order = function.field("i8", descriptor, DESCRIPTOR_BYTE_ORDER)
    same_number = function.equal("i32", number, DTYPES[dtype].num)
    same_order = function.equal("i8", order, ord(DTYPES[dtype].byteorder))
    function.branch(function.value(f"and i1 {same_number}, {same_order}"), singleton, "other")
    function.label(singleton)


def _write_maker(function: FunctionWriter, slot: Slot) -> None:
    dimensions = function.alloca(f"[{len(slot.dimensions)} x i64]")
    for k, size in enumerate(slot.dimensions):
        function.line(f"store i64 {size}, ptr {function.offset(dimensions, 8 * k)}")
    if slot.nbytes < SMALLEST:
        function.line(f"ret ptr {_new_array(function, slot, dimensions, 'null', 0)}")
        return
    before = _set_handler(function, function.fixed("memory"))
    array = _new_array(function, slot, dimensions, "null", 0)
    function.call_void("Py_DecRef", f"ptr {_set_handler(function, before)}")
    function.call_void("Py_DecRef", f"ptr {before}")
    function.line(f"ret ptr {array}")


def _set_handler(function: FunctionWriter, handler: str) -> str:
    """Lets NumPy take the memory of new arrays from `handler`; a reference to the one before."""
    return function.call("ptr", "PyDataMem_SetHandler", f"ptr {handler}")


def _write_owner(function: FunctionWriter, slot: Slot) -> None:
    """NumPy frees the memory of an array that owns its data and has no memory handler with `free`."""
    data = function.field("ptr", "%words", 0)
    flags = C_CONTIGUOUS | ALIGNED | WRITEABLE
    array = _new_array(function, slot, function.offset("%words", 8), data, flags)
    function.check(function.value(f"icmp ne ptr {array}, null"), otherwise="exhausted")
    place = function.offset(array, ARRAY_FLAGS)
    owned = function.value(f"or i32 {function.value(f'load i32, ptr {place}')}, {OWNDATA}")
    function.line(f"store i32 {owned}, ptr {place}")
    function.line("store ptr null, ptr %words")
    function.line(f"ret ptr {array}")
    function.label("exhausted")
    function.line("ret ptr null")


def _new_array(function: FunctionWriter, slot: Slot, dimensions: str, data: str, flags: int) -> str:
    """A new array; with `data` null NumPy allocates its elements."""
    descriptor = function.fixed(f"dtype.{slot.dtype}")
    function.call_void("Py_IncRef", f"ptr {descriptor}")  # PyArray_NewFromDescr steals it
    shape = f"i32 {len(slot.dimensions)}, ptr {dimensions}, ptr null, ptr {data}, i32 {flags}, ptr null"
    kind = function.fixed("np.ndarray")
    return function.call("ptr", "PyArray_NewFromDescr", f"ptr {kind}, ptr {descriptor}, {shape}")


def overlap_function(entry: str) -> str:
    """`i1 (ptr begins, ptr ends, i64 written, i64 count)`: does one of the first `written` ranges meet a later one?

    Ranges are half open and not empty: [a, b) and [c, d) meet if a < d and c < b. Eight are compared at a time; both
    arrays have eight zeros behind the last range, which meet nothing.
    """
    return f"""
define internal fastcc i1 {symbol(f"{entry}.overlap")}(ptr %begins, ptr %ends, i64 %written, i64 %count) nounwind {{
start:
  br label %outer
outer:
  %i = phi i64 [0, %start], [%i.next, %next]
  %more.written = icmp ult i64 %i, %written
  br i1 %more.written, label %one, label %apart
one:
  %begin.at = getelementptr inbounds i64, ptr %begins, i64 %i
  %begin = load i64, ptr %begin.at
  %end.at = getelementptr inbounds i64, ptr %ends, i64 %i
  %end = load i64, ptr %end.at
  %begin.one = insertelement <8 x i64> poison, i64 %begin, i64 0
  %begin.all = shufflevector <8 x i64> %begin.one, <8 x i64> poison, <8 x i32> zeroinitializer
  %end.one = insertelement <8 x i64> poison, i64 %end, i64 0
  %end.all = shufflevector <8 x i64> %end.one, <8 x i64> poison, <8 x i32> zeroinitializer
  %i.next = add nuw nsw i64 %i, 1
  br label %inner
inner:
  %j = phi i64 [%i.next, %one], [%j.next, %compare]
  %more = icmp ult i64 %j, %count
  br i1 %more, label %compare, label %next
compare:
  %begins.at = getelementptr inbounds i64, ptr %begins, i64 %j
  %ends.at = getelementptr inbounds i64, ptr %ends, i64 %j
  %other.begins = load <8 x i64>, ptr %begins.at, align 8
  %other.ends = load <8 x i64>, ptr %ends.at, align 8
  %starts.before = icmp ult <8 x i64> %begin.all, %other.ends
  %ends.after = icmp ult <8 x i64> %other.begins, %end.all
  %meets = and <8 x i1> %starts.before, %ends.after
  %bits = bitcast <8 x i1> %meets to i8
  %apart.all = icmp eq i8 %bits, 0
  %j.next = add nuw nsw i64 %j, 8
  br i1 %apart.all, label %inner, label %overlapping
next:
  br label %outer
apart:
  ret i1 false
overlapping:
  ret i1 true
}}
"""
