"""The threads that compiled code runs loops on: a pool of one process, in LLVM IR that is compiled when first needed.

    void wengert_fork(void (*body)(void *argument, i64 chunk), void *argument, i64 chunks, i64 threads)

runs the chunks, each once, on the caller's thread and on the workers, of which there are at least `threads` - 1 then,
and returns when all are done. What a chunk is does not depend on who runs it or when, so results do not either.

One loop runs at a time. A call while another one runs (from another thread of Python, or from inside a chunk) runs its
chunks itself, in order; so does one for which no thread can be made. `next` holds the number of the loop in its upper
bits and the next free chunk below, so that a worker that wakes up late takes nothing of a loop it does not know. A
worker looks for work a while, giving way to others, before it sleeps. Workers take no signals. A child of fork() has
none of them: it is recognised by its process number and makes its own.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

FORK = "wengert_fork"
_SET_MASK = 3 if sys.platform == "darwin" else 2  # SIG_SETMASK

_TEXT = f"""
@mutex = internal global [128 x i8] zeroinitializer, align 64
@wake = internal global [128 x i8] zeroinitializer, align 64
@busy = internal global i64 0, align 64
@next = internal global i64 0, align 64
@finished = internal global i64 0, align 64
@generation = internal global i64 0, align 64
@process = internal global i64 0
@workers = internal global i64 0
@body = internal global ptr null
@argument = internal global ptr null
@chunks = internal global i64 0

declare i32 @getpid()
declare i32 @sched_yield()
declare i32 @sigfillset(ptr)
declare i32 @pthread_sigmask(i32, ptr, ptr)
declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(i64)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_broadcast(ptr)

; Take chunks of loop `mine` as long as there are any.
define internal void @work(ptr %body, ptr %argument, i64 %chunks, i64 %mine) {{
entry:
  br label %look
look:
  %seen = load atomic i64, ptr @next acquire, align 8
  %loop = ashr i64 %seen, 16
  %chunk = and i64 %seen, 65535
  %same = icmp eq i64 %loop, %mine
  %left = icmp slt i64 %chunk, %chunks
  %go = and i1 %same, %left
  br i1 %go, label %take, label %done
take:
  %more = add i64 %seen, 1
  %swapped = cmpxchg ptr @next, i64 %seen, i64 %more acq_rel acquire, align 8
  %taken = extractvalue {{ i64, i1 }} %swapped, 1
  br i1 %taken, label %run, label %look
run:
  call void %body(ptr %argument, i64 %chunk)
  %count = atomicrmw add ptr @finished, i64 1 acq_rel, align 8
  br label %look
done:
  ret void
}}

; A thread: waits for a loop it has not seen, works on it, and again.
define internal ptr @worker(ptr %start) {{
entry:
  %first = ptrtoint ptr %start to i64
  br label %idle
idle:
  %known = phi i64 [ %first, %entry ], [ %mine, %found ]
  br label %spin
spin:
  %turn = phi i64 [ 0, %idle ], [ %turned, %again ]
  %newest = load atomic i64, ptr @generation acquire, align 8
  %nothing = icmp eq i64 %newest, %known
  %patient = icmp slt i64 %turn, 2000
  %stay = and i1 %nothing, %patient
  br i1 %stay, label %pass, label %lock
pass:
  %turned = add i64 %turn, 1
  %low = and i64 %turned, 63
  %yield = icmp eq i64 %low, 0
  br i1 %yield, label %give, label %again
give:
  %given = call i32 @sched_yield()
  br label %again
again:
  br label %spin
lock:
  %locked = call i32 @pthread_mutex_lock(ptr @mutex)
  br label %check
check:
  %mine = load atomic i64, ptr @generation acquire, align 8
  %old = icmp eq i64 %mine, %known
  br i1 %old, label %sleep, label %found
sleep:
  %slept = call i32 @pthread_cond_wait(ptr @wake, ptr @mutex)
  br label %check
found:
  %body = load ptr, ptr @body
  %argument = load ptr, ptr @argument
  %chunks = load i64, ptr @chunks
  %unlocked = call i32 @pthread_mutex_unlock(ptr @mutex)
  call void @work(ptr %body, ptr %argument, i64 %chunks, i64 %mine)
  br label %idle
}}

define void @{FORK}(ptr %body, ptr %argument, i64 %chunks, i64 %threads) {{
entry:
  %all = alloca [256 x i8], align 16
  %before = alloca [256 x i8], align 16
  %thread = alloca i64
  %was = atomicrmw xchg ptr @busy, i64 1 acq_rel, align 8
  %free = icmp eq i64 %was, 0
  br i1 %free, label %begin, label %alone
alone:
  %k = phi i64 [ 0, %entry ], [ %k1, %one ]
  %some = icmp slt i64 %k, %chunks
  br i1 %some, label %one, label %end
one:
  call void %body(ptr %argument, i64 %k)
  %k1 = add i64 %k, 1
  br label %alone
begin:
  %pid = call i32 @getpid()
  %now = sext i32 %pid to i64
  %owner = load i64, ptr @process
  %ours = icmp eq i64 %owner, %now
  br i1 %ours, label %enough, label %fresh
fresh:
  store i64 %now, ptr @process
  store i64 0, ptr @workers
  %m = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %c = call i32 @pthread_cond_init(ptr @wake, ptr null)
  br label %enough
enough:
  %wanted = sub i64 %threads, 1
  %there = load i64, ptr @workers
  %few = icmp slt i64 %there, %wanted
  br i1 %few, label %mask, label %publish
mask:
  %f = call i32 @sigfillset(ptr %all)
  %s = call i32 @pthread_sigmask(i32 {_SET_MASK}, ptr %all, ptr %before)
  br label %create
create:
  %number = load i64, ptr @workers
  %lacking = icmp slt i64 %number, %wanted
  br i1 %lacking, label %start, label %unmask
start:
  %last = load i64, ptr @generation
  %known = inttoptr i64 %last to ptr
  %failed = call i32 @pthread_create(ptr %thread, ptr null, ptr @worker, ptr %known)
  %started = icmp eq i32 %failed, 0
  br i1 %started, label %detach, label %unmask
detach:
  %id = load i64, ptr %thread
  %d = call i32 @pthread_detach(i64 %id)
  %increased = add i64 %number, 1
  store i64 %increased, ptr @workers
  br label %create
unmask:
  %u = call i32 @pthread_sigmask(i32 {_SET_MASK}, ptr %before, ptr null)
  br label %publish
publish:
  %locked = call i32 @pthread_mutex_lock(ptr @mutex)
  store ptr %body, ptr @body
  store ptr %argument, ptr @argument
  store i64 %chunks, ptr @chunks
  store atomic i64 0, ptr @finished release, align 8
  %previous = load i64, ptr @generation
  %mine = add i64 %previous, 1
  %tagged = shl i64 %mine, 16
  store atomic i64 %tagged, ptr @next release, align 8
  store atomic i64 %mine, ptr @generation release, align 8
  %woken = call i32 @pthread_cond_broadcast(ptr @wake)
  %unlocked = call i32 @pthread_mutex_unlock(ptr @mutex)
  call void @work(ptr %body, ptr %argument, i64 %chunks, i64 %mine)
  br label %wait
wait:
  %turn = phi i64 [ 1, %publish ], [ %turned, %again ]
  %ready = load atomic i64, ptr @finished acquire, align 8
  %over = icmp eq i64 %ready, %chunks
  br i1 %over, label %leave, label %pass
pass:
  %turned = add i64 %turn, 1
  %low = and i64 %turned, 63
  %yield = icmp eq i64 %low, 0
  br i1 %yield, label %give, label %again
give:
  %given = call i32 @sched_yield()
  br label %again
again:
  br label %wait
leave:
  store atomic i64 0, ptr @busy release, align 8
  br label %end
end:
  ret void
}}
"""


@functools.cache
def fork_address() -> int:
    """The address of `wengert_fork`; compiled and kept for the life of the process at the first question."""
    from wengert.runtime import jit

    _kept.append(jit.load(jit.emit_object(jit.optimize(_TEXT, level=1))))
    return int(_kept[0].address(FORK))


_kept: list[Any] = []  # workers are in it
