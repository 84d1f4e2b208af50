"""Whole compilations on disk: a function that was compiled by an earlier process runs without MLIR and LLVM.

What an entry is found by: the fingerprint of the function and of the arguments' kinds (fingerprint.py), the options,
and what the process runs on (runtime/surroundings.py).  Under that key stand the sets of arguments whose values some
compilation needed (`static`); under the key with one of these sets and those values stands an entry: a record of the
plan and of what else the code needs, and the code as an image (runtime/image.py).

An entry is not made where any of this cannot be told for certain: the trace changed the program's own state, the code
calls functions of this process, a plug-in has added to the compiler.  Then object code is still found by the text of
the IR (targets.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from wengert.frontend.arguments import alias_pattern, unflatten
from wengert.frontend.fingerprint import Fingerprint, Unfit
from wengert.frontend.options import CompileOptions
from wengert.frontend.outcomes import enter_prints, error_of
from wengert.frontend.plan_records import contents, read, written
from wengert.frontend.specialization import Program, Specialization, answering
from wengert.runtime import surroundings
from wengert.runtime.builtin import bind
from wengert.runtime.cache import ObjectCache
from wengert.runtime.digests import key_of
from wengert.runtime.environment import settings
from wengert.runtime.foreign import PREFIX
from wengert.runtime.image import Image, load
from wengert.runtime.symbols import symbol_address

Mismatch = Callable[..., Any] | None
_PRINTS = PREFIX + "print_"
_CLASS = "class "
_NO_PLUG_IN = frozenset({"wengert", "numpy", "scipy", "builtins", "math", "operator", "_operator", "functools"})

#: Whether compilations are kept and found; tests of the compiler switch it off.
enabled = True


class Search:
    """One compilation that is looked for, and kept when it had to be made.

    Raises:
        Unfit: for a program that has no fingerprint.
    """

    def __init__(
        self, py_func: Callable[..., Any], leaves: Sequence[Any], structure: Any, options: CompileOptions, where: str
    ) -> None:
        self.py_func, self.leaves, self.structure, self.options = py_func, leaves, structure, options
        self.cache = ObjectCache(settings().cache_dir)
        self.program, self.digest = self._fingerprint()
        self.key = key_of(self.digest, where)

    def _fingerprint(self) -> tuple[Fingerprint, str]:
        found = Fingerprint()
        try:
            found.put(repr(self.options), repr(self.structure), alias_pattern(self.leaves))
            found.put(repr(replace(settings(), cache_dir=None)))
            args, kwargs = unflatten(self.structure, self.leaves)
            found.argument(args)
            found.argument(kwargs)
            found.visit(self.py_func)
            return found, found.digest()
        except RecursionError:
            raise Unfit("the program's objects are nested too deeply") from None

    # ---------------------------------------------------------------- find

    def found(self, mismatch: Mismatch) -> Specialization | None:
        """The compilation, loaded; None if there is none."""
        try:
            bundles = (self.cache.get(self._key_with(static)) for static in self._statics())
            loaded = (self._loaded(bundle, mismatch) for bundle in bundles if bundle is not None)
            return next((found for found in loaded if found is not None), None)
        except (Unfit, KeyError, IndexError, TypeError, ValueError):
            return None  # not written by this version, or not for this process: compile

    def _statics(self) -> list[list[int]]:
        data = self.cache.get(self.key)
        found: list[list[int]] = json.loads(data) if data is not None else []
        return found

    def _key_with(self, static: Sequence[int]) -> str:
        values = [f"{k} {type(self.leaves[k]).__qualname__} {self.leaves[k]!r}" for k in static]
        return key_of(self.key, "entry", *values)

    def _loaded(self, bundle: bytes, mismatch: Mismatch) -> Specialization | None:
        record, code = _unpacked(bundle)
        for number, expected in record["contents"]:
            if key_of(contents(self.program.objects[number])) != expected:
                return None
        checks = [self._check_of(row) for row in record["checks"]]
        image = Image(
            code,
            record["executable"],
            tuple((place, target) for place, target in record["relative"]),
            tuple((place, symbol, addend) for place, symbol, addend in record["external"]),
            record["exports"],
        )
        plan = read(record["plan"], self.program)
        enter_prints(record["prints"])
        library = load(image, symbol_address)
        if library is None:
            return None
        otherwise, returned, tree = answering(plan, mismatch), len(plan.signature.returned), plan.tree
        entry = bind(
            library, plan.signature, otherwise, error_of(checks), tree=tuple(range(returned)) if tree is ... else tree
        )
        program = Program(entry, tree, tuple(record["reads"]), record["copies"], record["allocations"])
        return Specialization(plan, program, record["description"], {}, otherwise is mismatch, self.leaves)

    def _check_of(self, row: list[Any]) -> list[Any]:
        """A check as `error_of` takes it; the class of the program that it raises is entered."""
        kind = row[0]
        if kind.startswith(_CLASS):
            cls = self.program.class_named(kind.removeprefix(_CLASS))
            if cls is None:
                raise Unfit(f"{kind} is raised and not found")
            from wengert.dialects.failures import CLASSES

            CLASSES[kind] = cls
        return row

    # ---------------------------------------------------------------- keep

    def keep(self, made: Specialization) -> str:
        """Puts a compilation on disk if that is sound; else why not."""
        try:
            self._put(made)
        except Exception as error:  # Unfit, or what the program's own objects raise: the answer is there anyway
            return str(error)
        return ""

    def _put(self, made: Specialization) -> None:
        plan, program = made.plan, made.program
        if made.maps:
            raise Unfit("a linear map is returned")
        if self._fingerprint()[1] != self.digest:
            raise Unfit("tracing has changed objects of the program")
        from wengert.runtime.image_linker import link

        image = link(program.code)
        if image is None:
            raise Unfit("the code is not for this loader")
        foreign = [symbol for symbol in image.symbols if symbol.startswith(PREFIX) and not symbol.startswith(_PRINTS)]
        if foreign or plugged_in():
            raise Unfit("the code calls functions of this process, or a plug-in has added to the compiler")
        for row in program.checks:
            self._check_of(row)
        own = {id(x) for x in plan.inputs}
        unread = [k for k in self.program.arrays if id(self.program.objects[k]) not in own]
        record = {
            "plan": written(plan, self.program),
            "contents": [[k, key_of(contents(self.program.objects[k]))] for k in unread],
            "executable": image.executable,
            "relative": image.relative,
            "external": image.external,
            "exports": image.exports,
            "reads": program.reads,
            "copies": program.copies_in_loops,
            "allocations": program.allocations_in_loops,
            "checks": program.checks,
            "prints": program.prints,
            "description": made.description,
        }
        static = sorted(plan.static)
        self.cache.put(self._key_with(static), _packed(record, image.content))
        known = self._statics()
        if static not in known:
            self.cache.put(self.key, json.dumps([static, *known]).encode())


def search(
    py_func: Callable[..., Any], leaves: Sequence[Any], structure: Any, options: CompileOptions
) -> Search | None:
    """A search for the compilation of a function; None where none is kept."""
    set_ = settings()
    if not enabled or options.target != "cpu" or set_.dump_ir is not None or set_.log or plugged_in():
        return None
    where = surroundings.describe()
    try:
        return None if where is None else Search(py_func, leaves, structure, options, where)
    except Exception:  # Unfit, or what the program's own objects raise when they are looked at: they are not kept
        return None


def plugged_in() -> bool:
    """Whether anything but wengert has entered ops or functions into the compiler's tables."""
    ops, table = sys.modules.get("wengert.dialects.op"), sys.modules.get("wengert.frontend.numpy_table.registry")
    parts = [part for op in ops.records() for part in vars(op).values()] if ops else []
    parts += [entry.handler for entry in table.TABLE.values()] if table else []
    homes = {getattr(part, "__module__", None) for part in parts if callable(part)}
    return any(home and home.partition(".")[0] not in _NO_PLUG_IN for home in homes)


def _packed(record: dict[str, Any], code: bytes) -> bytes:
    text = json.dumps(record).encode()
    return len(text).to_bytes(8, "little") + text + code


def _unpacked(bundle: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(bundle[:8], "little")
    return json.loads(bundle[8 : 8 + size]), bundle[8 + size :]
