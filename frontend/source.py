"""From a function object to its rewritten twin: find the source, rewrite the tree, compile it, bind the closure.

The file is parsed once and its functions indexed by first line and name; lambdas that share a line are told apart by
the columns in their code objects.  The rewritten code keeps the file name and the position of every node, and uses the
original cells, globals and defaults: nothing of the user's program runs again.

Assumes the file on disk is the one that was imported; what can be checked of that cheaply is checked.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections import defaultdict
from dataclasses import dataclass
from types import CellType, CodeType, FunctionType
from typing import Any

from wengert.dialects.errors import Position, UnsupportedError
from wengert.frontend.journal import UNBOUND
from wengert.frontend.names import copy_tree, fill_positions, mangle, stored_names
from wengert.frontend.rewrite import rewrite_body
from wengert.frontend.site import Site

FunctionNode = ast.FunctionDef | ast.Lambda
_GENERATED = "__wengert_function"
_INLINE_CODES = ("<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class SourceUnavailable(Exception):
    """There is no source to rewrite (`exec`, a built-in, an edited file); the text says why."""


@dataclass(frozen=True)
class Definition:
    """A function in a parsed file, and the class whose body it stands in (for names like `self.__x`)."""

    node: FunctionNode
    class_name: str | None


@dataclass(frozen=True)
class Rewritten:
    """Compiled code whose free variables are the original ones and `__rt`, `__sites`, `__U`."""

    code: CodeType
    sites: tuple[Site, ...]


_files: dict[str, tuple[list[str], dict[tuple[int, str], list[Definition]]]] = {}
_rewritten: dict[CodeType, Rewritten] = {}
_user_codes: set[CodeType] = set()


def rewritten_function(function: FunctionType, hooks: Any) -> FunctionType:
    """The twin of `function` that asks `hooks` wherever control flow, operators and calls happen.

    Raises SourceUnavailable when there is no source, UnsupportedError for Python that is not compiled
    (`async`, `global` stores, ...).
    """
    done = _rewritten.get(function.__code__)
    if done is None:
        done = _rewritten[function.__code__] = _rewrite(function)
        _user_codes.update(_nested_codes(done.code))
    closure = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    closure |= {"__rt": CellType(hooks), "__sites": CellType(done.sites), "__U": CellType(UNBOUND)}
    cells = tuple(closure[name] for name in done.code.co_freevars)
    twin = FunctionType(done.code, function.__globals__, function.__name__, function.__defaults__, cells)
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__qualname__ = function.__qualname__
    return twin


def is_user_code(code: CodeType) -> bool:
    """Whether frames of this code run a rewritten function, so that their positions are the user's."""
    return code in _user_codes


def find(function: FunctionType) -> Definition:
    """The definition of `function` in its file."""
    code = function.__code__
    index = _indexed_file(function)
    candidates = index.get((code.co_firstlineno, code.co_name), [])
    if code.co_name == "<lambda>":
        candidates = _same_columns(candidates, code)
    if len(candidates) != 1:
        raise SourceUnavailable(f"the source of {function.__qualname__} is not at {_place(code)}")
    definition = candidates[0]
    if not _fits(definition.node, code, definition.class_name):
        raise SourceUnavailable(f"{code.co_filename} has changed since {function.__qualname__} was defined")
    return definition


def _indexed_file(function: FunctionType) -> dict[tuple[int, str], list[Definition]]:
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    known = _files.get(code.co_filename)
    if known is not None and known[0] == lines:
        return known[1]
    if not lines:
        raise SourceUnavailable(f"there is no source file for {function.__qualname__} ({code.co_filename})")
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError as error:
        raise SourceUnavailable(f"{code.co_filename} cannot be parsed: {error}") from None
    index: dict[tuple[int, str], list[Definition]] = defaultdict(list)
    _index(tree, None, index)
    _files[code.co_filename] = (lines, index)
    return index


def _index(node: ast.AST, class_name: str | None, index: dict[tuple[int, str], list[Definition]]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            line = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            index[line, child.name].append(Definition(child, class_name))  # type: ignore[arg-type]
        elif isinstance(child, ast.Lambda):
            index[child.lineno, "<lambda>"].append(Definition(child, class_name))
        _index(child, child.name if isinstance(child, ast.ClassDef) else class_name, index)


def _same_columns(candidates: list[Definition], code: CodeType) -> list[Definition]:
    """Of the lambdas on one line, those whose body spans exactly the columns that the code object knows."""
    if len(candidates) == 1:
        return candidates
    starts = {(line, column) for line, _, column, _ in code.co_positions() if line and column is not None}
    ends = {(line, column) for _, line, _, column in code.co_positions() if line and column is not None}

    def spans(body: ast.expr) -> bool:
        return (body.lineno, body.col_offset) in starts and (body.end_lineno, body.end_col_offset) in ends

    return [d for d in candidates if isinstance(d.node, ast.Lambda) and spans(d.node.body)]


def _fits(node: FunctionNode, code: CodeType, class_name: str | None) -> bool:
    arguments = node.args
    names = [a.arg for a in arguments.posonlyargs + arguments.args + arguments.kwonlyargs]
    if tuple(mangle(n, class_name) for n in names) != code.co_varnames[: len(names)]:
        return False
    body = node.body if isinstance(node.body, list) else [node.body]
    known = {*code.co_varnames, *code.co_cellvars, *code.co_freevars, *code.co_names}
    return {mangle(n, class_name) for n in stored_names(body)} <= known


def _refuse_async(function: FunctionType, line: int) -> None:
    if function.__code__.co_flags & (inspect.CO_ASYNC_GENERATOR | inspect.CO_COROUTINE):
        raise UnsupportedError(
            f"{function.__qualname__} is an asynchronous function",
            Position(function.__code__.co_filename, line),
            why="compiled code runs from start to end and cannot be suspended",
            help="write it without async",
        )


def _rewrite(function: FunctionType) -> Rewritten:
    code = function.__code__
    definition = find(function)
    _refuse_async(function, definition.node.lineno)
    node = copy_tree(definition.node, definition.class_name)
    if isinstance(node, ast.Lambda):
        statements: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
    else:
        statements = node.body
    body, sites = rewrite_body(node.args, statements, code)
    inner = ast.FunctionDef(_GENERATED, _without_defaults(node.args), body, [], None, None)
    names = [*code.co_freevars, "__rt", "__sites", "__U"]
    factory_arguments = ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])
    result = ast.Return(ast.Name(_GENERATED, ast.Load()))
    factory = ast.FunctionDef("__wengert_factory", factory_arguments, [inner, result], [], None, None)
    for generated in (inner, factory):
        ast.copy_location(generated, node)
        generated.type_params = []  # type: ignore[attr-defined]  # a field since Python 3.12
    module = ast.Module([factory], [])
    fill_positions(module)
    compiled = compile(module, code.co_filename, "exec", dont_inherit=True)
    twin = _constant_code(_constant_code(compiled, "__wengert_factory"), _GENERATED)
    unexpected = set(twin.co_freevars) - set(names)
    if unexpected:
        raise SourceUnavailable(f"{code.co_filename} has changed since {function.__qualname__} was defined")
    return Rewritten(_named(twin, code.co_name, code.co_qualname), sites)


def _named(code: CodeType, name: str, qualname: str) -> CodeType:
    """The code under a name, and the code nested in it under names that go with it."""
    prefix = code.co_qualname
    constants = [
        _named(c, c.co_name, qualname + c.co_qualname.removeprefix(prefix)) if isinstance(c, CodeType) else c
        for c in code.co_consts
    ]
    return code.replace(co_name=name, co_qualname=qualname, co_consts=tuple(constants))


def _without_defaults(arguments: ast.arguments) -> ast.arguments:
    """The values of defaults are on the function object; here only their number matters."""
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [default and ast.Constant(None) for default in arguments.kw_defaults]
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return arguments


def _constant_code(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)


def _nested_codes(code: CodeType) -> set[CodeType]:
    """The code, its comprehensions and its thunks: all that runs as part of the rewritten function."""
    found = {code}
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_name in _INLINE_CODES:
            found |= _nested_codes(constant)
    return found


def _place(code: CodeType) -> str:
    return f"{code.co_filename}:{code.co_firstlineno}"
