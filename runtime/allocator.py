"""Memory of compiled code: `malloc` and `free` that keep large blocks from one call for the next.

The C library gives large blocks back to the system, and every page of a new one costs a fault, which takes longer than
to fill it: of a gradient that is bound by memory, half the time. Here a freed block of at least `SMALLEST` bytes waits
in one of `PLACES`, `KEPT` bytes in all, for an allocation that needs at least four fifths of it. Threads take and leave
blocks by atomic exchange: nobody waits. When there is no room, the block goes back to the C library, and every
sixteenth time one that waits does too, so that blocks of sizes nobody asks for any more leave.

Blocks are the C library's own: what code hands over may be freed by anyone. Large ones start at a cache line, and the
system is asked to use huge pages for the largest, as NumPy does for its arrays.  Arrays that calls return take part
through a handler of NumPy's (NEP 49), since the results of the last call are usually dropped after the next.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any, NamedTuple

from wengert.runtime import surroundings
from wengert.runtime.cache import ObjectCache
from wengert.runtime.digests import key_of
from wengert.runtime.environment import settings
from wengert.runtime.image import Loaded
from wengert.runtime.image import load as load_image

SMALLEST = 1 << 18
KEPT = 96 << 20
PLACES = 64

_LINE, _HUGE, _PAGE, _MADV_HUGEPAGE = 64, 1 << 22, 4096, 14
#: The names under which compiled code asks for memory.
ALLOCATION = ("malloc", "aligned_alloc", "free")
_NEEDED = ("aligned_alloc", "calloc", "free", "madvise", "malloc", "malloc_usable_size", "realloc")

_CODE = f"""
declare ptr @malloc(i64)
declare ptr @aligned_alloc(i64, i64)
declare void @free(ptr)
declare i64 @malloc_usable_size(ptr)
declare i32 @madvise(ptr, i64, i32)

declare ptr @calloc(i64, i64)
declare ptr @realloc(ptr, i64)

@places = internal global [{PLACES} x ptr] zeroinitializer
@kept = internal global i64 0
@refused = internal global i64 0
@next = internal global i64 0

; a block leaves
define internal void @discard(ptr %block) nounwind noinline {{
  %none = icmp eq ptr %block, null
  br i1 %none, label %done, label %free
free:
  %size = call i64 @malloc_usable_size(ptr %block)
  %before = atomicrmw sub ptr @kept, i64 %size monotonic
  call void @free(ptr %block)
  br label %done
done:
  ret void
}}

define ptr @wengert.allocate(i64 %size) nounwind {{
  %large = icmp uge i64 %size, {SMALLEST}
  br i1 %large, label %search, label %small
small:
  %plain = call ptr @malloc(i64 %size)
  ret ptr %plain
search:
  %i = phi i64 [0, %0], [%i.next, %on]
  %place = getelementptr ptr, ptr @places, i64 %i
  %seen = load atomic ptr, ptr %place monotonic, align 8
  %empty = icmp eq ptr %seen, null
  br i1 %empty, label %on, label %take
take:
  %block = atomicrmw xchg ptr %place, ptr null acq_rel
  %gone = icmp eq ptr %block, null
  br i1 %gone, label %on, label %measure
measure:
  %found = call i64 @malloc_usable_size(ptr %block)
  %rest = sub i64 %found, %size
  %quarter = lshr i64 %size, 2
  %fits = icmp ule i64 %rest, %quarter
  br i1 %fits, label %taken, label %put
taken:
  %before = atomicrmw sub ptr @kept, i64 %found monotonic
  ret ptr %block
put:
  %other = atomicrmw xchg ptr %place, ptr %block acq_rel
  call void @discard(ptr %other)
  br label %on
on:
  %i.next = add i64 %i, 1
  %more = icmp ult i64 %i.next, {PLACES}
  br i1 %more, label %search, label %new
new:
  %up = add i64 %size, {_LINE - 1}
  %whole = and i64 %up, {-_LINE}
  %made = call ptr @aligned_alloc(i64 {_LINE}, i64 %whole)
  %failed = icmp eq ptr %made, null
  %modest = icmp ult i64 %whole, {_HUGE}
  %ready = or i1 %failed, %modest
  br i1 %ready, label %done, label %advise
advise:
  %address = ptrtoint ptr %made to i64
  %address.up = add i64 %address, {_PAGE - 1}
  %first = and i64 %address.up, {-_PAGE}
  %skipped = sub i64 %first, %address
  %length = sub i64 %whole, %skipped
  %start = inttoptr i64 %first to ptr
  %ignored = call i32 @madvise(ptr %start, i64 %length, i32 {_MADV_HUGEPAGE})
  br label %done
done:
  ret ptr %made
}}

define ptr @wengert.allocate.aligned(i64 %alignment, i64 %size) nounwind {{
  %large = icmp uge i64 %size, {SMALLEST}
  %line = icmp ule i64 %alignment, {_LINE}
  %kept = and i1 %large, %line
  br i1 %kept, label %ours, label %plain
ours:
  %block = call ptr @wengert.allocate(i64 %size)
  ret ptr %block
plain:
  %made = call ptr @aligned_alloc(i64 %alignment, i64 %size)
  ret ptr %made
}}

define void @wengert.release(ptr %block) nounwind {{
  %none = icmp eq ptr %block, null
  br i1 %none, label %done, label %measure
done:
  ret void
measure:
  %size = call i64 @malloc_usable_size(ptr %block)
  %large = icmp uge i64 %size, {SMALLEST}
  %address = ptrtoint ptr %block to i64
  %off = and i64 %address, {_LINE - 1}
  %aligned = icmp eq i64 %off, 0
  %wanted = and i1 %large, %aligned
  br i1 %wanted, label %admit, label %free
free:
  call void @free(ptr %block)
  ret void
admit:
  %before = atomicrmw add ptr @kept, i64 %size monotonic
  %sum = add i64 %before, %size
  %room = icmp ule i64 %sum, {KEPT}
  br i1 %room, label %search, label %refuse
search:
  %i = phi i64 [0, %admit], [%i.next, %on]
  %place = getelementptr ptr, ptr @places, i64 %i
  %seen = load atomic ptr, ptr %place monotonic, align 8
  %empty = icmp eq ptr %seen, null
  br i1 %empty, label %leave, label %on
leave:
  %pair = cmpxchg ptr %place, ptr null, ptr %block acq_rel monotonic
  %left = extractvalue {{ ptr, i1 }} %pair, 1
  br i1 %left, label %done, label %on
on:
  %i.next = add i64 %i, 1
  %more = icmp ult i64 %i.next, {PLACES}
  br i1 %more, label %search, label %refuse
refuse:
  call void @discard(ptr %block)
  %count = atomicrmw add ptr @refused, i64 1 monotonic
  %turn = and i64 %count, 15
  %evict = icmp eq i64 %turn, 15
  br i1 %evict, label %old, label %done
old:
  %number = atomicrmw add ptr @next, i64 1 monotonic
  %k = urem i64 %number, {PLACES}
  %victim = getelementptr ptr, ptr @places, i64 %k
  %waiting = atomicrmw xchg ptr %victim, ptr null acq_rel
  call void @discard(ptr %waiting)
  ret void
}}

define ptr @numpy.malloc(ptr %context, i64 %size) nounwind {{
  %block = call ptr @wengert.allocate(i64 %size)
  ret ptr %block
}}

define ptr @numpy.calloc(ptr %context, i64 %count, i64 %size) nounwind {{
  %block = call ptr @calloc(i64 %count, i64 %size)
  ret ptr %block
}}

define ptr @numpy.realloc(ptr %context, ptr %block, i64 %size) nounwind {{
  %moved = call ptr @realloc(ptr %block, i64 %size)
  ret ptr %moved
}}

define void @numpy.free(ptr %context, ptr %block, i64 %size) nounwind {{
  call void @wengert.release(ptr %block)
  ret void
}}
"""


class _Handler(ctypes.Structure):
    """`PyDataMem_Handler` of NumPy: a name, the version of the structure, and a `PyDataMemAllocator`."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", ctypes.c_void_p),
        ("functions", ctypes.c_void_p * 4),  # malloc, calloc, realloc, free
    )


def _loaded(known: dict[str, int]) -> Loaded:
    """The code; from the disk without LLVM, if another process has put it there."""
    where = surroundings.describe()
    cache, key = ObjectCache(settings().cache_dir), key_of(_CODE, where or "")
    code = cache.get(key) if where is not None else None
    if code is not None:
        from wengert.runtime.image_linker import link

        image = link(code)
        library = None if image is None else load_image(image, known.get)
        if library is not None:
            return library
    from wengert.runtime import jit

    code = jit.emit_object(jit.optimize(_CODE, level=1), level=1)
    if where is not None:
        cache.put(key, code)
    return jit.load(code, symbols=known)


class Allocator(NamedTuple):
    """`symbols`: what `malloc` and `free` are for compiled code; `handler`: a capsule, the same for NumPy."""

    symbols: dict[str, int]
    handler: Any


@functools.cache
def allocator() -> Allocator | None:
    """None where the C library cannot tell the size of a block."""
    c = ctypes.CDLL(None)
    if not all(hasattr(c, name) for name in _NEEDED):
        return None
    known = {name: ctypes.cast(getattr(c, name), ctypes.c_void_p).value or 0 for name in _NEEDED}
    library = _loaded(known)
    functions = [library.address(f"numpy.{name}") for name in ("malloc", "calloc", "realloc", "free")]
    handler = _Handler(b"wengert", 1, None, (ctypes.c_void_p * 4)(*functions))
    new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
        ("PyCapsule_New", ctypes.pythonapi)
    )
    _forever.extend([library, handler])
    capsule = new_capsule(ctypes.addressof(handler), _NAME, None)
    names = ("wengert.allocate", "wengert.allocate.aligned", "wengert.release")
    symbols = {name: library.address(own) for name, own in zip(ALLOCATION, names, strict=True)}
    return Allocator(symbols, capsule)


_NAME = b"mem_handler"  # what NumPy expects; a capsule keeps the pointer
#: Blocks, and arrays that are to be freed, outlive every function.
_forever: list[object] = []
