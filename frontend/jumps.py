"""`break`, `continue`, `return` and `raise` become assignments to flags, so that every block has one way in and out.

    for i in range(n):                    __break_1 = False
        if a[i] == v: break        ->     for i in range(n):            # stops on __break_1
        s += a[i]                             if a[i] == v: __break_1 = True
    else: s = 0.0                             else: s += a[i]
                                          if __rt.none_of(__break_1): s = 0.0

Statements after a construct that may jump go under `if __rt.none_of(flags)`.  A flag is an ordinary variable: a Python
bool under Python conditions, so that loops over lists really stop, and under a traced condition the predicate itself.
A function whose only `return` is its last statement is left as it is.

Leaves: a tree without `break`, `continue`, `for/while ... else`; for every loop, the flags that stop it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from wengert.frontend.names import walk_scope

RETURNED = "__returned"
RESULT = "__result"


@dataclass
class Jumps:
    """The flags that stop each loop, filled while blocks are rewritten."""

    flags: dict[ast.stmt, tuple[str, ...]] = field(default_factory=dict)
    loops: int = 0

    def block(self, statements: list[ast.stmt], loop: int = 0) -> tuple[list[ast.stmt], set[str]]:
        """The statements without jumps, and the flags they may set; `loop` numbers the innermost loop around."""
        out: list[ast.stmt] = []
        for position, statement in enumerate(statements):
            rest = statements[position + 1 :]
            if isinstance(statement, ast.If) and rest:
                rest = _move_rest_into_branch(statement, rest)
            leaves = _always_jumps(statement)
            replaced, set_here = self.statement(statement, loop)
            out += replaced
            if leaves:
                return out, set_here
            if set_here and rest:
                guarded, set_later = self.block(rest, loop)
                return [*out, _guard(set_here, guarded, rest[0])], set_here | set_later
            if set_here:
                return out, set_here
        return out, set()

    def statement(self, s: ast.stmt, loop: int) -> tuple[list[ast.stmt], set[str]]:
        match s:
            case ast.Return():
                value = s.value or ast.Constant(None)
                store = ast.copy_location(ast.Assign([ast.Name(RESULT, ast.Store())], value), s)
                return [store, _set_flag(RETURNED, True, s)], {RETURNED}
            case ast.Raise():
                return [s, _set_flag(RETURNED, True, s)], {RETURNED}
            case ast.Break():
                return [_set_flag(_break(loop), True, s)], {_break(loop)}
            case ast.Continue():
                return [_set_flag(_continue(loop), True, s)], {_continue(loop)}
            case ast.If():
                s.body, in_body = self.block(s.body, loop)
                s.orelse, in_orelse = self.block(s.orelse, loop)
                return [s], in_body | in_orelse
            case ast.For() | ast.While():
                return self.loop(s, loop)
            case ast.With():
                s.body, flags = self.block(s.body, loop)
                return [s], flags
            case ast.Try():
                return [s], self.parts_of_try(s, loop)
        return [s], set()

    def loop(self, s: ast.For | ast.While, outer: int) -> tuple[list[ast.stmt], set[str]]:
        if isinstance(s, ast.While) and any(isinstance(n, ast.NamedExpr) for n in walk_scope(s.test)):
            _test_inside(s)
        self.loops += 1
        number = self.loops
        s.body, flags = self.block(s.body, number)
        if _continue(number) in flags:
            s.body.insert(0, _set_flag(_continue(number), False, s))
        stops = flags - {_continue(number)}
        self.flags[s] = tuple(sorted(stops))
        out: list[ast.stmt] = [_set_flag(_break(number), False, s)] if _break(number) in stops else []
        out.append(s)
        orelse, s.orelse = s.orelse, []
        escapes = stops - {_break(number)}
        if not orelse:
            return out, escapes
        guarded, set_later = self.block(orelse, outer)
        if stops:
            return [*out, _guard(stops, guarded, s)], escapes | set_later
        return [*out, *guarded], escapes | set_later

    def parts_of_try(self, s: ast.Try, loop: int) -> set[str]:
        s.body, flags = self.block(s.body, loop)
        if s.orelse:
            body, more = self.block(s.orelse, loop)
            s.orelse = [_guard(flags, body, s.orelse[0])] if flags else body
            flags |= more
        for handler in s.handlers:
            handler.body, more = self.block(handler.body, loop)
            flags |= more
        if s.finalbody:
            s.finalbody, more = self.block(s.finalbody, loop)
            flags |= more
        return flags


def jumps_to_flags(body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.Return | None, Jumps]:
    """Rewrites a function body.  Gives the statements, the `return` to put after them, and the flags of each loop.

    That is `return __rt.returned(__result)` when the body had returns other than its last statement.
    """
    jumps = Jumps()
    returns = [n for n in walk_scope(body) if isinstance(n, (ast.Return, ast.Raise))]
    last = body[-1]
    if not returns or (returns == [last] and isinstance(last, ast.Return)):
        statements, _ = jumps.block(body[:-1] if returns else body)
        return statements, last if isinstance(last, ast.Return) else None, jumps
    if not _always_jumps(last):
        body = [*body, ast.copy_location(ast.Return(ast.Constant(None)), last)]
    statements, _ = jumps.block(body)
    start = _set_flag(RETURNED, False, body[0])
    hook = ast.Attribute(ast.Name("__rt", ast.Load()), "returned", ast.Load())
    value = ast.copy_location(ast.Call(hook, [ast.Name(RESULT, ast.Load())], []), last)
    return [start, *statements], ast.copy_location(ast.Return(value), last), jumps


def _move_rest_into_branch(s: ast.If, rest: list[ast.stmt]) -> list[ast.stmt]:
    """`if c: return a` with statements behind it is an `if` with an `else`: no flag has to be tested."""
    leaves, stays = _always_jumps_block(s.body), _always_jumps_block(s.orelse)
    if leaves and not stays:
        s.orelse = s.orelse + rest
        return []
    if stays and not leaves:
        s.body = s.body + rest
        return []
    return rest


def _always_jumps(s: ast.stmt) -> bool:
    if isinstance(s, ast.If):
        return _always_jumps_block(s.body) and _always_jumps_block(s.orelse)
    if isinstance(s, ast.While) and isinstance(s.test, ast.Constant) and s.test.value:
        return not any(isinstance(n, ast.Break) for n in walk_scope(s.body))
    return isinstance(s, (ast.Return, ast.Raise, ast.Break, ast.Continue))


def _always_jumps_block(block: list[ast.stmt]) -> bool:
    return bool(block) and _always_jumps(block[-1])


def _test_inside(s: ast.While) -> None:
    """`while (y := f()) > 0: B` is `while True: (if (y := f()) > 0: B else: break)`: y must reach B."""
    branch = ast.copy_location(ast.If(s.test, s.body, [ast.copy_location(ast.Break(), s)]), s)
    s.test = ast.copy_location(ast.Constant(True), s.test)
    s.body = [branch]


def _guard(flags: set[str], block: list[ast.stmt], like: ast.stmt) -> ast.If:
    hook = ast.Attribute(ast.Name("__rt", ast.Load()), "none_of", ast.Load())
    test = ast.Call(hook, [ast.Name(f, ast.Load()) for f in sorted(flags)], [])
    return ast.copy_location(ast.If(ast.copy_location(test, like), block, []), like)


def _set_flag(name: str, value: bool, like: ast.stmt) -> ast.Assign:
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(value)), like)


def _break(loop: int) -> str:
    return f"__break_{loop}"


def _continue(loop: int) -> str:
    return f"__continue_{loop}"
