"""The object users hold: a Python function that is traced, compiled and kept once per kind of arguments."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import MethodType
from typing import TYPE_CHECKING, Any

from wengert.dialects.errors import WengertError
from wengert.frontend import kept
from wengert.frontend.active import current, tracing
from wengert.frontend.arguments import alias_pattern, classify, flatten
from wengert.frontend.options import CompileOptions
from wengert.frontend.specialization import Specialization
from wengert.runtime.builtin import direct_entry
from wengert.runtime.environment import settings

if TYPE_CHECKING:
    from wengert.frontend.memory_report import MemoryReport
    from wengert.frontend.stages import Stages


#: How many kinds of arguments are tried one after the other before the kind of a call is looked up.
MOST_RECENT = 8


@dataclass
class Stats:
    """How often and why something was compiled.

    compilations: number of compilations so far.
    reasons: one line a compilation.
    loaded: how many of them came from the disk cache, made by an earlier process.
    copies_in_loops: whole-array copies and allocations inside loops of the newest compilation (0 for in-place code).
    """

    compilations: int = 0
    reasons: list[str] = field(default_factory=list)
    loaded: int = 0
    copies_in_loops: int = 0
    allocations_in_loops: int = 0


class Function:
    """A compiled function.

    Calling it compiles at the first call with a new kind of arguments: their structure, dtypes and shapes, and the
    values of what is not an array or a number.  One compilation serves every trip count and every value.

    Attributes:
        py_func: the Python function.
    """

    def __init__(
        self, py_func: Callable[..., Any], options: CompileOptions, look: Callable[..., Any] | None = None
    ) -> None:
        functools.update_wrapper(self, look or py_func, updated=())
        self.py_func = py_func
        self.options = options
        self._stats = Stats()
        self._lock = threading.RLock()
        self._found: dict[Any, Specialization] = {}
        self._static: dict[Any, frozenset[int]] = {}
        self._recent: dict[Any, tuple[Specialization, ...]] = {}
        self._direct: list[Callable[..., Any]] = []

    def __repr__(self) -> str:
        return f"<wengert function {getattr(self.py_func, '__qualname__', self.py_func)!s}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing():
            from wengert.frontend.calls import call

            with current().called(self.options):
                return call(self.py_func, *args, **kwargs)
        try:
            leaves, structure = flatten((args, kwargs))
            for specialization in self._recent.get(structure, ()):
                result = specialization.attempt(leaves, (args, kwargs))
                if result is not NotImplemented:
                    return result
            return self._dispatch(*args, **kwargs)
        except WengertError as error:
            from wengert.frontend.tracebacks import without_compiler

            raise without_compiler(error) from error.__cause__

    def program_parts(self) -> tuple[Any, ...]:
        """What the function means inside of another: its fingerprint is theirs (fingerprint.py)."""
        return self.py_func, repr(self.options)

    def stats(self) -> Stats:
        """How often and why this function was compiled."""
        return self._stats

    def lower(self, *args: Any, **kwargs: Any) -> Stages:
        """The stages of compilation for these arguments; nothing is executed.

        >>> import numpy as np, wengert
        >>> f = wengert.compile(lambda x: np.sum(x * x))
        >>> "arith.mulf" in f.lower(np.ones(3)).as_text("nd")
        True
        """
        from wengert.frontend import specialize

        leaves, structure = flatten((args, kwargs))
        static = self._static.get(self._kind(leaves, structure), frozenset())
        return specialize.stages(self.py_func, leaves, structure, static, self.options)

    def memory_report(self, *args: Any, **kwargs: Any) -> MemoryReport:
        """The memory a call with these arguments takes, predicted, and what its derivatives store, with reasons.

        Nothing is executed but what counts iterations, where they decide how much is stored.

        >>> import numpy as np, wengert
        >>> report = wengert.grad(lambda x: np.sum(np.exp(x))).memory_report(np.ones(1000))
        >>> report.peak_bytes, [(row.bytes, row.kind) for row in report.rows]
        (8000, [(8000, 'by reference')])
        """
        from wengert.frontend import specialize

        leaves, structure = flatten((args, kwargs))
        static = self._static.get(self._kind(leaves, structure), frozenset())
        return specialize.report(self.py_func, leaves, structure, static, self.options)

    # ------------------------------------------------------------ dispatch
    #
    # 1. Generated entries, newest first, take the place of `__call__`; what fits none of them comes to it.
    # 2. Calls that need more than an entry checks (trees, captured values, constants) try what answered such a tree.
    # 3. The kind of the arguments is looked up; they are converted, and a function is compiled if there is none.

    @staticmethod
    def _kind(leaves: list[Any], structure: Any) -> Any:
        return structure, tuple(classify(leaf) for leaf in leaves), alias_pattern(leaves)

    def _dispatch(self, *args: Any, **kwargs: Any) -> Any:
        if settings().disable_jit:
            if not needs_trace(self.py_func):
                return self.py_func(*args, **kwargs)
            from wengert.frontend.specialize import interpret

            return interpret(self.py_func, args, kwargs, self.options)
        leaves, structure = flatten((args, kwargs))
        return self.specialization(leaves, structure)(leaves, (args, kwargs))

    def _enter(self, specialization: Specialization, structure: Any) -> None:
        """Let the next calls find it."""
        entry = direct_entry(specialization.program.entry) if specialization.direct else None
        if not specialization.direct:
            valid = [s for s in self._recent.get(structure, ()) if s in self._found.values()]
            self._recent[structure] = (specialization, *valid)[:MOST_RECENT]
        if entry is None:
            return
        self._direct = [entry, *self._direct] if len(self._direct) < MOST_RECENT else [entry]
        if type(self) is Function:
            self.__class__ = type("Function", (Function,), {"__module__": __name__, "__doc__": __doc__})
        type(self).__call__ = entry  # type: ignore[method-assign]  # a builtin: calls have no frame of Python's

    def specialization(self, leaves: list[Any], structure: Any) -> Specialization:
        """What runs for the leaves of a call, compiled if there is none."""
        kind = self._kind(leaves, structure)
        specialization = self._lookup(kind, leaves)
        if specialization is None or not specialization.holds(leaves):
            with self._lock:
                specialization = self._lookup(kind, leaves)
                if specialization is None or not specialization.holds(leaves):
                    specialization = self._compile(kind, leaves, structure, replaced=specialization is not None)
        return specialization

    def _lookup(self, kind: Any, leaves: list[Any]) -> Specialization | None:
        static = self._static.get(kind)
        return None if static is None else self._found.get((kind, _values(leaves, static)))

    def _compile(self, kind: Any, leaves: list[Any], structure: Any, replaced: bool) -> Specialization:
        static = self._static.get(kind, frozenset())
        specialization = self._made(leaves, structure, static)
        if specialization.static != static:
            # More arguments turned out to be static: what was found under fewer static values stays valid for no key.
            self._found = {key: s for key, s in self._found.items() if key[0] != kind}
        self._static[kind] = specialization.static
        self._found[kind, _values(leaves, specialization.static)] = specialization
        self._enter(specialization, structure)
        self._stats.reasons.append(self._reason(specialization, replaced))
        self._stats.compilations += 1
        self._stats.copies_in_loops = specialization.program.copies_in_loops
        self._stats.allocations_in_loops = specialization.program.allocations_in_loops
        return specialization

    def _made(self, leaves: list[Any], structure: Any, static: frozenset[int]) -> Specialization:
        """Loaded from the disk cache, or compiled and put there."""
        mismatch = self._otherwise(structure)
        search = kept.search(self.py_func, leaves, structure, self.options)
        found = search.found(mismatch) if search is not None else None
        if found is not None:
            self._stats.loaded += 1
            return found
        from wengert.frontend.specialize import specialize

        made = specialize(self.py_func, leaves, structure, static, self.options, mismatch)
        if search is not None:
            search.keep(made)
        return made

    def _reason(self, specialization: Specialization, replaced: bool) -> str:
        why = (
            "a captured value was rebound"
            if replaced
            else "first call"
            if not self._stats.compilations
            else "new kind of arguments"
        )
        return f"{why}: {specialization.description}"

    def _otherwise(self, structure: Any) -> Callable[..., Any] | None:
        """What answers calls that do not fit the next entry; None if it is not called with the leaves in `structure`.
        """
        if structure != _flat(structure.num_leaves):
            return None
        return self._direct[0] if 0 < len(self._direct) < MOST_RECENT else MethodType(Function.__call__, self)


@functools.cache
def _flat(count: int) -> Any:
    """The structure of a call with so many arguments, each a leaf."""
    return flatten(((0,) * count, {}))[1]


def in_trace(run: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that only makes sense while tracing: a transform."""
    run.__dict__["__wengert_in_trace__"] = True
    return run


def needs_trace(py_func: Callable[..., Any]) -> bool:
    return "__wengert_in_trace__" in getattr(py_func, "__dict__", {})


def _values(leaves: list[Any], static: frozenset[int]) -> tuple[Any, ...]:
    return tuple((i, type(leaves[i]), leaves[i]) for i in sorted(static))
