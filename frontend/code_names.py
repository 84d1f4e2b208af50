"""What the code of the user's functions and classes says on its own: the names it uses, its source, its parts."""

from __future__ import annotations

import dataclasses
import linecache
import opcode
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

_EXTENDED, _GLOBAL = opcode.EXTENDED_ARG, opcode.opmap["LOAD_GLOBAL"]
_BY_NAME = frozenset(opcode.opmap[name] for name in ("LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if name in opcode.opmap)
#: What a class has by itself, or that says nothing about what its instances do.
_OF_CLASSES = frozenset(
    {
        "__doc__", "__module__", "__dict__", "__weakref__", "__annotations__", "__annotate__", "__annotate_func__",
        "__annotations_cache__", "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl",
        "__dataclass_params__", "__parameters__", "__orig_bases__", "__qualname__",
    }
)


#: What `collections.namedtuple` writes; fields and defaults stand in `_fields` and `_field_defaults`.
_OF_NAMED_TUPLES = frozenset({"__new__", "__repr__", "__getnewargs__", "_make", "_replace", "__replace__", "_asdict"})


def global_names(code: CodeType) -> set[str]:
    """The global and builtin names that a code object, and those nested in it, load."""
    found, operations, extended = set(), code.co_code, 0
    for place in range(0, len(operations), 2):
        operation, argument = operations[place], operations[place + 1] | extended << 8
        extended = argument if operation == _EXTENDED else 0
        if operation == _GLOBAL:
            found.add(code.co_names[argument >> 1])  # the lowest bit is the interpreter's
        elif operation in _BY_NAME:
            found.add(code.co_names[argument])
    return found.union(*(global_names(nested) for nested in _nested(code)))


def all_names(code: CodeType) -> set[str]:
    """Those, the names of attributes, and strings that could be names: `getattr(module, "rate")`."""
    found = {*code.co_names, *(c for c in code.co_consts if isinstance(c, str) and c.isidentifier())}
    return found.union(*(all_names(nested) for nested in _nested(code)))


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def source_lines(function: FunctionType) -> str:
    """The lines that the source of the function may stand in: its block, or the whole file of a lambda.

    The block goes on behind the last position in the code as far as lines are indented: a file that was edited after
    it was imported, and is traced as it is now, may have statements there.
    """
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if code.co_name == "<lambda>":
        return "".join(lines)
    first, last = code.co_firstlineno - 1, _last_line(code)
    margin = _indentation(lines[first]) if first < len(lines) else 0
    while last < len(lines) and (not lines[last].strip() or _indentation(lines[last]) > margin):
        last += 1
    return "".join(lines[first:last])


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _last_line(code: CodeType) -> int:
    ends = [end for _, end, _, _ in code.co_positions() if end is not None]
    return max([code.co_firstlineno, *ends, *map(_last_line, _nested(code))])


def class_parts(cls: type) -> Iterator[tuple[str, Any]]:
    """What a class of the program defines, in its order: names with functions, properties, constants, fields."""
    is_named_tuple = issubclass(cls, tuple) and "_fields" in vars(cls)
    for name, value in vars(cls).items():
        if is_named_tuple and (name in _OF_NAMED_TUPLES or type(value).__name__ == "_tuplegetter"):
            yield f"field {name}", None
        elif name == "__repr__" and _file_of(value) == dataclasses.__file__:
            yield "generated __repr__", None  # it guards against recursion with the number of the thread
        elif name == "__dataclass_fields__":
            for field in value.values():
                kind = getattr(getattr(field, "_field_type", None), "name", "")
                yield f"field {field.name} {field.init} {field.kw_only} {kind}", _default(field)
        elif name not in _OF_CLASSES and type(value).__name__ not in ("getset_descriptor", "member_descriptor"):
            yield name, value
        elif name not in _OF_CLASSES:
            yield f"slot {name}", None


def _file_of(value: Any) -> str:
    code = getattr(value, "__code__", None)
    return code.co_filename if isinstance(code, CodeType) else ""


def _default(field: dataclasses.Field[Any]) -> tuple[Any, ...]:
    """(whether there is a default, the default, the factory)."""
    absent = dataclasses.MISSING
    has_default, has_factory = field.default is not absent, field.default_factory is not absent
    default = field.default if has_default else None
    return has_default, default, field.default_factory if has_factory else None
