"""The fingerprint of a program: a digest of everything that tracing a function could read.

Instead of recording what a trace has read, all that it can reach is taken: the code of the function (bytecode, names,
constants, positions, the lines of the source), its defaults and closure, the globals its code names, and from there on
functions, classes, instances, containers and numbers, with which of them are the same object.  The walk has an order,
so each object has a number that is the same in another process; the numbers serve to find arrays and owners of guards
again.  Of large and of float arrays only dtype, shape and layout go into the digest: their contents are read at each
call, unless the code says otherwise (kept.py).

What cannot be taken makes a program `Unfit`: objects with hidden state (iterators, files, generators of random numbers,
instances of library classes), and whatever asks the world outside: modules such as `os`, `sys`, `time` and `random`,
`open`, `input`, `eval`, `globals`, imports inside a function, and the order of sets, which changes from run to run.
"""

from __future__ import annotations

import builtins
import functools
import opcode
import struct
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np
import optree

from wengert.frontend.arguments import NAMESPACE, is_taken_apart
from wengert.frontend.code_names import all_names, class_parts, global_names, source_lines
from wengert.frontend.instances import attributes_of
from wengert.frontend.libraries import is_library
from wengert.frontend.pure_libraries import (
    DENIED,
    HIDDEN_WAYS,
    PURE,
    has_hidden_state,
    is_cython,
    is_denied,
    is_own,
    leads_to,
)
from wengert.runtime.digests import key_of

_SETS = frozenset(opcode.opmap[name] for name in ("BUILD_SET", "SET_ADD", "SET_UPDATE") if name in opcode.opmap)
_IMPORT = opcode.opmap["IMPORT_NAME"]
#: Whose contents may be part of the code (capture.LARGEST_BAKED).
LARGEST_BAKED = 64
_MOST_OBJECTS = 20_000
_OUR_ATTRIBUTES = frozenset({"__wengert_transforms__", "__wengert_in_trace__"})


class Unfit(Exception):
    """Something that no fingerprint covers; the text says what."""


class Fingerprint:
    """The walk over what some roots reach.

    objects: all objects with an identity, by their number.
    arrays: the numbers of arrays whose contents are not in the digest.
    """

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.arrays: list[int] = []
        self._numbers: dict[int, int] = {}
        self._tokens: list[bytes] = []
        self._names: set[str] = set()
        self._modules: list[ModuleType] = []
        self._looks_up = False  # whether code asks for attributes by names that it may put together

    def digest(self) -> str:
        """The digest of the walk; to be called after the last root, once."""
        self._finish_modules()
        return key_of(b"".join(self._tokens))

    def number_of(self, x: Any) -> int | None:
        """The number of an object that the walk has met."""
        return self._numbers.get(id(x))

    def class_named(self, kind: str) -> Any:
        """The class with the name ``module.qualname``, if it is the only one that the walk has met, or Python's own."""
        module, _, name = kind.rpartition(".")
        if module == "builtins":
            return getattr(builtins, name, None)
        found = [x for x in self.objects if isinstance(x, type) and f"{x.__module__}.{x.__qualname__}" == kind]
        return found[0] if len(found) == 1 else None

    def put(self, *parts: Any) -> None:
        """Text, numbers and bytes into the digest, with their lengths."""
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            self._tokens.append(b"%d:" % len(data))
            self._tokens.append(data)

    # ---------------------------------------------------------------- roots

    def argument(self, x: Any) -> None:
        """An argument of a call: numbers and arrays are run-time values, of which only the kind counts."""
        if type(x) in (bool, int, float) or isinstance(x, np.number | np.bool_):
            self.put("number", type(x).__module__, type(x).__name__)
        elif type(x) in (tuple, list):
            self.put(type(x).__name__, len(x))
            for item in x:
                self.argument(item)
        elif type(x) is dict:
            self.put("dict", len(x))
            for key, item in x.items():
                self.visit(key)
                self.argument(item)
        elif isinstance(x, np.ndarray):
            self._array(x, is_argument=True)
        elif isinstance(x, tuple) and hasattr(type(x), "_fields"):
            self.put("named tuple", len(x))
            self.visit(type(x))
            for item in x:
                self.argument(item)
        elif is_taken_apart(x):
            if self._enter(x, "argument"):
                self.visit(type(x))
                for name, value in attributes_of(x).items():
                    self.put(name)
                    self.argument(value)
        elif x is None or optree.tree_is_leaf(x, namespace=NAMESPACE):
            self.visit(x)
        else:
            raise Unfit(f"an argument is a {type(x).__qualname__}, which is taken apart in a way of its own")

    # ---------------------------------------------------------------- objects

    def _enter(self, x: Any, kind: str) -> bool:
        """Numbers an object; False, and a reference in the digest, if it has a number already."""
        known = self._numbers.get(id(x))
        if known is not None:
            self.put("same", known)
            return False
        if len(self.objects) >= _MOST_OBJECTS:
            raise Unfit("the program reaches too many objects")
        self._numbers[id(x)] = len(self.objects)
        self.objects.append(x)
        self.put(kind)
        return True

    def visit(self, x: Any) -> None:
        """An object of the program and all it reaches.

        Raises:
            Unfit: for what no fingerprint covers.
        """
        if x is None or x is Ellipsis or x is NotImplemented or type(x) in (bool, int, str, bytes):
            self.put(type(x).__name__, x if isinstance(x, bytes) else repr(x))
        elif type(x) is float:
            self.put("float", struct.pack("<d", x))
        elif type(x) is complex:
            self.put("complex", struct.pack("<dd", x.real, x.imag))
        elif type(x) in _VISITORS:
            _VISITORS[type(x)](self, x)
        elif isinstance(x, np.generic) and type(x).__module__ == "numpy" and not x.dtype.hasobject:
            self.put("generic", x.dtype.str, x.tobytes())
        elif isinstance(x, np.dtype) and not x.hasobject and x.metadata is None:
            self.put("dtype", x.str, repr(x.descr))
        elif isinstance(x, type):
            self._class(x)
        elif hasattr(type(x), "program_parts") and type(x).__module__.startswith("wengert."):
            if self._enter(x, type(x).__qualname__):
                self._tuple(x.program_parts())
        elif is_cython(x) or is_library(type(x).__module__):
            self._of_library(x)
        else:
            self._instance(x)

    def _items(self, x: Any) -> None:
        if self._enter(x, type(x).__name__):
            self.put(len(x), getattr(x, "maxlen", None))
            for item in x:
                self.visit(item)

    def _tuple(self, x: tuple[Any, ...]) -> None:
        self.put("tuple", len(x))
        for item in x:
            self.visit(item)

    def _mapping(self, x: Any) -> None:
        if self._enter(x, type(x).__name__):
            self.put(len(x))
            for key, value in x.items():
                self.visit(key)
                self.visit(value)
            self.visit(getattr(x, "default_factory", None))

    def _set(self, x: Any) -> None:
        if len(x) > 1 and not all(type(item) in (int, bool) for item in x):
            raise Unfit("the order of a set changes from run to run")
        if self._enter(x, type(x).__name__):
            self.put(len(x), *map(repr, x))

    def _array(self, x: np.ndarray[Any, Any], is_argument: bool = False) -> None:
        if type(x) is not np.ndarray or x.dtype.hasobject or x.dtype.metadata is not None:
            raise Unfit(f"an array of type {type(x).__name__} and dtype {x.dtype}")
        if not self._enter(x, "array"):
            return
        flags = x.flags
        self.put(x.dtype.str, repr(x.dtype.descr) if x.dtype.names else "", x.shape, x.strides)
        self.put(flags.c_contiguous, flags.f_contiguous, flags.aligned, flags.writeable)
        if is_argument:
            return
        if x.dtype.kind in "iub" and x.size <= LARGEST_BAKED:
            self.put(x.tobytes())
        else:
            self.arrays.append(self._numbers[id(x)])

    def _range(self, x: Any) -> None:
        self.put("range", x)

    def _slice(self, x: slice) -> None:
        self.put("slice")
        self._tuple((x.start, x.stop, x.step))

    def _cell(self, x: CellType) -> None:
        if self._enter(x, "cell"):
            try:
                value = x.cell_contents
            except ValueError:
                self.put("empty")
                return
            self.visit(value)

    def _wrapper(self, x: Any) -> None:
        """A staticmethod or classmethod."""
        self.put(type(x).__name__)
        self.visit(x.__func__)

    def _property(self, x: property) -> None:
        self.put("property")
        self._tuple((x.fget, x.fset, x.fdel))

    def _method(self, x: MethodType) -> None:
        self.put("method")
        self._tuple((x.__func__, x.__self__))

    def _partial(self, x: functools.partial[Any]) -> None:
        if self._enter(x, "partial"):
            self._tuple((x.func, x.args, x.keywords))

    def _cached(self, x: Any) -> None:
        """A function under `functools.lru_cache`: the front end calls the function itself."""
        if self._enter(x, "lru_cache"):
            self.visit(x.__wrapped__)

    def _cached_property(self, x: Any) -> None:
        if self._enter(x, "cached_property"):
            self._tuple((x.func, x.attrname))

    def _instance(self, x: Any) -> None:
        """An instance of a class of the program."""
        kind = type(x)
        if isinstance(x, tuple) and hasattr(kind, "_fields"):
            self.put("named tuple")
            self.visit(kind)
            self._tuple(tuple(x))
            return
        if has_hidden_state(kind):
            raise Unfit(f"an instance of {kind.__qualname__}, which has a base class with hidden state")
        if self._enter(x, "instance"):
            self.visit(kind)
            fields = getattr(x, "__dict__", None)
            if fields is not None:
                self._number(fields)
            for name, value in attributes_of(x).items():
                self.put(name)
                self.visit(value)

    def _number(self, owner: Any) -> None:
        """Numbers a namespace of which only the names that matter are walked."""
        if id(owner) not in self._numbers:
            self._numbers[id(owner)] = len(self.objects)
            self.objects.append(owner)

    # ---------------------------------------------------------------- functions and classes

    def _function(self, f: FunctionType) -> None:
        if f.__module__ is not None and f.__module__.partition(".")[0] == "wengert":
            self._our_function(f)
            return
        if is_library(f.__module__):
            self._of_library(f)
            return
        if not self._enter(f, "function"):
            return
        self.put(f.__module__, f.__qualname__)
        self._code(f.__code__)
        self.put(source_lines(f))
        self._tuple(f.__defaults__ or ())
        self.visit(dict(f.__kwdefaults__ or {}))
        self._tuple(f.__closure__ or ())
        self._number(f.__globals__)
        names, loaded = all_names(f.__code__), global_names(f.__code__)
        if not HIDDEN_WAYS.isdisjoint(names):
            raise Unfit(f"{f.__qualname__} uses {', '.join(sorted(HIDDEN_WAYS & names))}")
        self._names |= names
        self._looks_up = self._looks_up or "getattr" in loaded or "hasattr" in loaded
        for name in sorted(loaded):
            self._global(f, name)
        for name, value in f.__dict__.items():
            if name not in _OUR_ATTRIBUTES:
                self.put(name)
                self.visit(value)

    def _global(self, f: FunctionType, name: str) -> None:
        if name in f.__globals__:
            self.put("global", name)
            self.visit(f.__globals__[name])
        elif hasattr(builtins, name):
            if name in DENIED["builtins"]:
                raise Unfit(f"{f.__qualname__} uses {name}")
            self.put("builtin", name)
            self.visit(getattr(builtins, name))

    def _our_function(self, f: FunctionType) -> None:
        """A function of wengert, whose source is part of the key: what it was made with counts."""
        if self._enter(f, "wengert"):
            self.put(f.__module__, f.__qualname__, f.__code__.co_firstlineno)
            self._tuple(f.__closure__ or ())
            self._tuple(f.__defaults__ or ())
            self.visit(dict(f.__kwdefaults__ or {}))

    def _code(self, code: CodeType) -> None:
        operations = code.co_code[::2]
        if _IMPORT in operations:
            raise Unfit(f"{code.co_qualname} has an import in it")
        if not _SETS.isdisjoint(operations):
            raise Unfit(f"{code.co_qualname} makes a set, whose order changes from run to run")
        self.put("code", code.co_name, code.co_qualname, code.co_filename, code.co_firstlineno, code.co_flags)
        self.put(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_nlocals)
        self.put(code.co_code, code.co_linetable, code.co_exceptiontable)
        self.put(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, len(code.co_consts))
        for constant in code.co_consts:
            self.visit(constant)

    def _class(self, cls: type) -> None:
        if is_library(cls.__module__):
            self._of_library(cls)
            return
        if not self._enter(cls, "class"):
            return
        self.put(cls.__module__, cls.__qualname__)
        self.visit(type(cls))
        self._tuple(cls.__mro__[1:])
        for name, value in class_parts(cls):
            self.put(name)
            self.visit(value)

    # ---------------------------------------------------------------- libraries and modules

    def _of_library(self, x: Any) -> None:
        """A function or class of a library, by the name that leads to it."""
        home: Any
        name: Any
        if isinstance(x, np.ufunc):
            name = x.__name__
            home = next((m for m in ("numpy", "scipy.special") if leads_to(m, name, x)), None)
        else:
            home = getattr(x, "__module__", None)
            name = getattr(x, "__qualname__", None) or getattr(x, "__name__", None)
        if not isinstance(home, str) or not isinstance(name, str) or not leads_to(home, name, x):
            raise Unfit(f"an object of a library without a name: {type(x).__module__}.{type(x).__qualname__}")
        top = home.partition(".")[0]
        if top not in PURE or is_denied(home, name):
            raise Unfit(f"{home}.{name} may depend on more than its arguments")
        self.put("library", home, name)

    def _namespace(self, x: SimpleNamespace) -> None:
        if self._enter(x, "namespace"):
            self._number(x.__dict__)
            for name, value in x.__dict__.items():
                self.put(name)
                self.visit(value)

    def _descriptor(self, x: Any) -> None:
        """A method of a C class: it belongs to its class."""
        if not is_library(x.__objclass__.__module__):
            raise Unfit(f"{x.__objclass__.__qualname__}.{x.__name__} is written in C")
        self.put("descriptor", x.__name__)
        self.visit(x.__objclass__)

    def _builtin(self, x: Any) -> None:
        """A function written in C; a method of an object is that object's."""
        owner = x.__self__
        if owner is None or isinstance(owner, ModuleType):
            self._of_library(x)
        else:
            self.put("bound", x.__name__)
            self.visit(owner)

    def _module(self, module: ModuleType) -> None:
        """A module; which of its names matter is known when all code has been seen."""
        self.put("module", module.__name__)
        if is_library(module.__name__) and module.__name__.partition(".")[0] not in PURE:
            raise Unfit(f"the module {module.__name__}")
        if all(module is not known for known in self._modules):
            self._modules.append(module)
            if not is_library(module.__name__):
                self._number(vars(module))

    def _finish_modules(self) -> None:
        """The attributes of modules that any code names, until there are no new ones."""
        done: set[tuple[str, str]] = set()
        again = True
        while again:
            again = False
            for module in list(self._modules):
                for name in sorted(self._names):
                    if (module.__name__, name) not in done:
                        done.add((module.__name__, name))
                        again = self._attribute_of(module, name) or again
        if self._looks_up and any(not is_library(module.__name__) for module in self._modules):
            raise Unfit("getattr may be asked for anything in a module of the program")

    def _attribute_of(self, module: ModuleType, name: str) -> bool:
        """Walks an attribute that code may read; whether there may be new names or modules."""
        library = is_library(module.__name__)
        if library and is_denied(module.__name__, name):
            raise Unfit(f"{module.__name__}.{name} may depend on more than its arguments")
        if name not in vars(module):
            return False
        value = vars(module)[name]
        if library and isinstance(value, ModuleType):  # is it loaded yet? that is not the program's business
            new = all(value is not known for known in self._modules)
            self._modules += [value] if new and is_library(value.__name__) else []
            return new
        if library and is_own(value):
            return False
        self.put("attribute", module.__name__, name)
        self.visit(value)
        return True


_VISITORS: dict[type, Callable[[Fingerprint, Any], None]] = {
    tuple: Fingerprint._tuple,
    list: Fingerprint._items,
    deque: Fingerprint._items,
    dict: Fingerprint._mapping,
    OrderedDict: Fingerprint._mapping,
    defaultdict: Fingerprint._mapping,
    set: Fingerprint._set,
    frozenset: Fingerprint._set,
    np.ndarray: Fingerprint._array,
    range: Fingerprint._range,
    slice: Fingerprint._slice,
    CellType: Fingerprint._cell,
    CodeType: Fingerprint._code,
    FunctionType: Fingerprint._function,
    MethodType: Fingerprint._method,
    BuiltinFunctionType: Fingerprint._builtin,
    MethodDescriptorType: Fingerprint._descriptor,
    MemberDescriptorType: Fingerprint._descriptor,
    WrapperDescriptorType: Fingerprint._descriptor,
    ModuleType: Fingerprint._module,
    SimpleNamespace: Fingerprint._namespace,
    staticmethod: Fingerprint._wrapper,
    classmethod: Fingerprint._wrapper,
    property: Fingerprint._property,
    functools.partial: Fingerprint._partial,
    functools.cached_property: Fingerprint._cached_property,
    functools._lru_cache_wrapper: Fingerprint._cached,
}
