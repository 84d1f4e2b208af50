"""Statements: a construct becomes a `while` around its own body, driven by a run-time object.

    if c: A            k = __rt.if_(c, site)               site: the names it assigns, those live afterwards
    else: B            while k.next(locals()):             once (Python condition) or once a branch
                           x, y = k.vars                   and `del` of those that are unbound
                           with k:                         cleans up when the trial fails
                               if k.then: A
                               else: B
                       x, y = k.vars

    for t in it: A     k = __rt.for_(it, site);  ... with k: t = k.item; A
    while c: A         k = __rt.while_(site);    ... with k: if k.test(c, locals()): x, y = k.vars; A

Constructs stay in the user's frame: positions, tracebacks, `del`, closures and `UnboundLocalError` come for free.
The run-time object decides how often the body runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from types import CodeType
from typing import NoReturn

from wengert.dialects.errors import Position
from wengert.frontend.binding import Binding
from wengert.frontend.jumps import jumps_to_flags
from wengert.frontend.liveness import Liveness
from wengert.frontend.match_statements import match_to_if
from wengert.frontend.names import captured_names, nonlocal_names, stored_names, walk_scope, written_names
from wengert.frontend.rewrite_expressions import ExpressionRewriter, attribute, hook, load, store
from wengert.frontend.site import Site


def rewrite_body(
    arguments: ast.arguments, body: list[ast.stmt], code: CodeType
) -> tuple[list[ast.stmt], tuple[Site, ...]]:
    """The rewritten statements of a function and the sites that they refer to as `__sites[k]`.

    Raises UnsupportedError at the position of Python that is not compiled.
    """
    body = match_to_if(body, _refuser(code.co_filename))
    journalled = frozenset(nonlocal_names(body) & {*code.co_cellvars, *code.co_freevars})
    shared = (journalled | {*code.co_freevars}) - {"__class__"}
    captured = frozenset(captured_names(body))
    parameters = {a.arg for a in ast.walk(arguments) if isinstance(a, ast.arg)}
    statements, last, jumps = jumps_to_flags(body)
    tail: list[ast.stmt] = [last] if last else []
    liveness = Liveness(captured, jumps.flags)
    liveness.block([*statements, *tail], set())
    binding = Binding(frozenset(stored_names(statements)))
    binding.block([*statements, *tail], parameters)
    rewriter = StatementRewriter(code.co_filename, binding.uncertain, shared, journalled, liveness)
    rewritten = rewriter.block([*statements, *tail])
    if journalled:
        rewritten.insert(0, ast.copy_location(rewriter.cells(journalled.intersection(code.co_cellvars)), body[0]))
    return rewritten, tuple(rewriter.sites)


class StatementRewriter(ExpressionRewriter):
    """Rewrites the statements of one function; collects its sites."""

    def __init__(
        self,
        filename: str,
        uncertain: set[ast.Name],
        shared: frozenset[str],
        journalled: frozenset[str],
        liveness: Liveness,
    ) -> None:
        super().__init__(filename, uncertain, shared)
        self.journalled, self.liveness = journalled, liveness
        self.sites: list[Site] = []
        self.temporaries = 0

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return [new for statement in statements for new in self.statement(statement)]

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        visited = self.visit(s)
        new: list[ast.stmt] = visited if isinstance(visited, list) else [visited]
        if self.journalled and not isinstance(s, (ast.If, ast.For, ast.While, ast.Try)):
            saved = self.journalled.intersection(stored_names(s.items if isinstance(s, ast.With) else [s]))
            if saved:
                new.insert(0, ast.Expr(hook("save_cells", load("__cells"), _names(saved))))
        for statement in new:
            if not hasattr(statement, "lineno"):
                ast.copy_location(statement, s)
        return new

    def cells(self, own: frozenset[str]) -> ast.stmt:
        """`__cells = __rt.cells(lambda: (a, b), ("a",))`: the closure of that lambda holds the cells, `a` is new."""
        names = ast.Tuple([load(name) for name in sorted(self.journalled)], ast.Load())
        thunk = ast.Lambda(ast.arguments([], [], None, [], [], None, []), names)
        return ast.Assign([store("__cells")], hook("cells", thunk, _names(own)))

    def temporary(self) -> str:
        self.temporaries += 1
        return f"__t{self.temporaries}"

    # ---- constructs

    def site(self, s: ast.stmt, names: list[str], after: set[str], written: tuple[str, ...] = ()) -> ast.expr:
        mine = [n for n in names if n not in self.journalled]
        position = Position(self.filename, s.lineno, s.col_offset + 1)
        head, flags = self.liveness.head.get(s, set()), self.liveness.flags.get(s, ())
        self.sites.append(
            Site(position, tuple(mine), after.intersection(mine), head.intersection(mine), flags, written,  # type: ignore[arg-type]
                 any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in walk_scope(s)))
        )
        return ast.Subscript(load("__sites"), ast.Constant(len(self.sites) - 1), ast.Load())

    def start(self, s: ast.stmt, hook_name: str, *arguments: ast.expr) -> tuple[str, list[str], ast.stmt]:
        """`k = __rt.<hook>(*arguments, site)` for the site that was made last: its name, the names it assigns."""
        construct = f"__k{len(self.sites)}"
        call = ast.copy_location(hook(hook_name, *arguments), s)
        return construct, list(self.sites[-1].names), ast.Assign([store(construct)], call)

    def turns(self, construct: str, names: list[str], body: list[ast.stmt]) -> list[ast.stmt]:
        again = ast.Call(attribute(construct, "next"), [ast.Call(load("locals"), [], [])], [])
        with_ = ast.With([ast.withitem(load(construct))], body)
        loop = ast.While(again, [*self.bind(construct, names), with_], [])
        return [loop, *self.bind(construct, names)]

    def bind(self, construct: str, names: list[str]) -> list[ast.stmt]:
        """`x, y = k.vars`, then `del` of the names that are unbound."""
        if not names:
            return []
        targets = ast.Tuple([store(n) for n in names], ast.Store())
        assign: ast.stmt = ast.Assign([targets], attribute(construct, "vars"))
        return [assign, *(self.delete_unbound(n) for n in names)]

    def delete_unbound(self, name: str) -> ast.stmt:
        is_unbound = ast.Compare(load(name), [ast.Is()], [load("__U")])
        return ast.If(is_unbound, [ast.Delete([ast.Name(name, ast.Del())])], [])

    def visit_If(self, s: ast.If) -> list[ast.stmt]:
        return self.branch(s, self.test(s.test), self.liveness.after[s])

    def branch(self, s: ast.If, test: ast.expr, after: set[str]) -> list[ast.stmt]:
        site = self.site(s, stored_names(s.body + s.orelse), after)
        construct, names, start = self.start(s, "if_", test, site)
        choice = ast.If(attribute(construct, "then"), self.block(s.body) or [ast.Pass()], self.block(s.orelse))
        return [start, *self.turns(construct, names, [choice])]

    def visit_For(self, s: ast.For) -> list[ast.stmt]:
        after = self.liveness.after[s]
        site = self.site(s, stored_names([s.target, *s.body]), after, written_names(s.body))
        construct, names, start = self.start(s, "for_", self.expression(s.iter), site)
        item = ast.copy_location(ast.Assign([s.target], attribute(construct, "item")), s)
        body = self.statement(item)
        if self.liveness.flags[s]:
            guard = ast.copy_location(ast.If(ast.Constant(True), s.body, []), s)
            for new in self.branch(guard, attribute(construct, "enter"), after | self.liveness.head[s]):
                body.append(new if hasattr(new, "lineno") else ast.copy_location(new, s))
        else:
            body += self.block(s.body)
        return [start, *self.turns(construct, names, body)]

    def visit_While(self, s: ast.While) -> list[ast.stmt]:
        site = self.site(s, stored_names([s.test, *s.body]), self.liveness.after[s], written_names(s.body))
        construct, names, start = self.start(s, "while_", site)
        test = self.test(s.test)
        flags = self.liveness.flags[s]
        if flags:
            test = hook("and_test", hook("none_of", *(load(f) for f in flags)), self.later(s.test, test))
        go_on = ast.Call(attribute(construct, "test"), [test, ast.Call(load("locals"), [], [])], [])
        body = [*self.bind(construct, names), *self.block(s.body)]
        return [start, *self.turns(construct, names, [ast.If(go_on, body, [])])]

    def visit_Try(self, s: ast.Try) -> list[ast.stmt]:
        """Handlers must not catch refusals, and must not stand around run-time checks: `k` sees to both."""
        body, orelse, finalbody = self.block(s.body), self.block(s.orelse), self.block(s.finalbody)
        if not s.handlers:
            return [ast.Try(body, [], orelse, finalbody)]
        site = self.site(s, [], set())
        construct, _, start = self.start(s, "try_", site)
        handlers = [ast.ExceptHandler(attribute(construct, "refusals"), None, [ast.Raise()])]
        for handler in s.handlers:
            caught = ast.Expr(ast.Call(attribute(construct, "caught"), [], []))
            kind = self.expression(handler.type) if handler.type else None
            new = ast.ExceptHandler(kind, handler.name, [caught, *self.block(handler.body)])
            handlers.append(ast.copy_location(new, handler))
        left = ast.Expr(ast.Call(attribute(construct, "left"), [], []))
        return [start, ast.Try([*body, left], handlers, orelse, finalbody)]

    def visit_With(self, s: ast.With) -> list[ast.stmt]:
        stores: list[ast.stmt] = []
        for item in s.items:
            item.context_expr = self.expression(item.context_expr)
            if item.optional_vars is not None and not isinstance(item.optional_vars, ast.Name):
                name = self.temporary()
                stores += self.assign(item.optional_vars, load(name))
                item.optional_vars = store(name)
        for new in stores:
            ast.copy_location(new, s)
        return [ast.With(s.items, stores + self.block(s.body))]

    # ---- simple statements

    def visit_Assign(self, s: ast.Assign) -> list[ast.stmt]:
        value = self.expression(s.value)
        if len(s.targets) == 1:
            return self.assign(s.targets[0], value)
        name = self.temporary()
        return [ast.Assign([store(name)], value), *(new for t in s.targets for new in self.assign(t, load(name)))]

    def assign(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        match target:
            case ast.Name():
                return [ast.Assign([target], value)]
            case ast.Subscript():
                if not isinstance(value, (ast.Name, ast.Constant)):  # the value is evaluated before the target
                    name = self.temporary()
                    return [ast.Assign([store(name)], value), *self.assign(target, load(name))]
                owner, index = self.expression(target.value), self.index(target.slice)
                return [ast.Expr(hook("setitem", owner, index, value))]
            case ast.Attribute():
                if not isinstance(value, (ast.Name, ast.Constant)):
                    name = self.temporary()
                    return [ast.Assign([store(name)], value), *self.assign(target, load(name))]
                return [ast.Expr(hook("setattr", self.expression(target.value), ast.Constant(target.attr), value))]
            case ast.Tuple() | ast.List():
                return self.unpack(target.elts, value)
            case _:
                return self.refuse(target, f"an assignment to {ast.unparse(target)}")

    def unpack(self, elements: list[ast.expr], value: ast.expr) -> list[ast.stmt]:
        names = [self.temporary() for _ in elements]
        stars = [position for position, e in enumerate(elements) if isinstance(e, ast.Starred)]
        count = len(elements) if not stars else -1
        targets: list[ast.expr] = [store(n) for n in names]
        plain = list(elements)
        for position in stars:
            starred = elements[position]
            assert isinstance(starred, ast.Starred)
            plain[position] = starred.value
            targets[position] = ast.Starred(targets[position], ast.Store())
        out: list[ast.stmt] = [
            ast.Assign([ast.Tuple(targets, ast.Store())], hook("unpack", value, ast.Constant(count)))
        ]
        for element, name in zip(plain, names, strict=True):
            out += self.assign(element, load(name))
        return out

    def visit_AnnAssign(self, s: ast.AnnAssign) -> list[ast.stmt]:
        return self.assign(s.target, self.expression(s.value)) if s.value else [ast.Pass()]

    def visit_AugAssign(self, s: ast.AugAssign) -> list[ast.stmt]:
        """The target is evaluated once, its old value before the new operand; `put_item` stores unless in place."""
        operator, target = ast.Constant(type(s.op).__name__), s.target
        if isinstance(target, ast.Name):
            old: ast.expr = ast.copy_location(load(target.id), target)
            if target in self.uncertain or target.id in self.shared:
                old = hook("load", ast.Constant(target.id), old)
            updated = ast.copy_location(hook("inplace", operator, old, self.expression(s.value)), s)
            return [ast.Assign([store(target.id)], updated)]
        owner, old_name = self.temporary(), self.temporary()
        out: list[ast.stmt] = [ast.Assign([store(owner)], self.expression(target.value))]
        if isinstance(target, ast.Attribute):
            place: ast.expr = ast.Constant(target.attr)
            get, put = "getattr", "put_attribute"
        else:
            index = self.temporary()
            out.append(ast.Assign([store(index)], self.index(target.slice)))
            place, get, put = load(index), "getitem", "put_item"
        out.append(ast.Assign([store(old_name)], hook(get, load(owner), place)))
        updated = hook("inplace", operator, load(old_name), self.expression(s.value))
        return [*out, ast.Expr(hook(put, load(owner), place, load(old_name), updated))]

    def visit_Delete(self, s: ast.Delete) -> list[ast.stmt]:
        return [new for target in s.targets for new in self.delete(target)]

    def delete(self, target: ast.expr) -> list[ast.stmt]:
        match target:
            case ast.Subscript():
                return [ast.Expr(hook("delitem", self.expression(target.value), self.index(target.slice)))]
            case ast.Attribute():
                return [ast.Expr(hook("delattr", self.expression(target.value), ast.Constant(target.attr)))]
            case ast.Tuple() | ast.List():
                return [new for element in target.elts for new in self.delete(element)]
        return [ast.Delete([target])]

    def visit_Assert(self, s: ast.Assert) -> ast.stmt:
        message = self.later(s.msg) if s.msg else ast.Constant(None)
        return ast.Expr(ast.copy_location(hook("assert_", self.test(s.test), message), s))

    def visit_Raise(self, s: ast.Raise) -> ast.stmt:
        if s.exc is None:
            return s
        cause = self.later(s.cause) if s.cause else ast.Constant(None)
        return ast.Expr(ast.copy_location(hook("raise_", self.later(s.exc), cause), s))

    def visit_FunctionDef(self, s: ast.FunctionDef) -> ast.stmt:
        self.defaults(s.args)
        s.decorator_list = self.expressions(s.decorator_list)
        return s

    def visit_ClassDef(self, s: ast.ClassDef) -> ast.stmt:
        return s

    def visit_Global(self, s: ast.Global) -> ast.stmt:
        self.refuse(
            s,
            f"a store to the global name '{s.names[0]}'",
            why="a compiled function has no way to leave values in a module",
            help="pass the value as an argument and return the new one",
        )

    def visit_TryStar(self, s: ast.stmt) -> ast.stmt:
        self.refuse(s, "except* in compiled code", help="write it with except")

    def visit_AsyncFor(self, s: ast.stmt) -> ast.stmt:
        self.refuse(s, "asynchronous code is not compiled")

    visit_AsyncWith = visit_AsyncFunctionDef = visit_AsyncFor  # type: ignore[assignment]


def _refuser(filename: str) -> Callable[[ast.AST, str, str], NoReturn]:
    def refuse(node: ast.AST, what: str, help: str) -> NoReturn:
        ExpressionRewriter(filename, set(), frozenset()).refuse(node, what, help=help)

    return refuse


def _names(names: Iterable[str]) -> ast.expr:
    return ast.Tuple([ast.Constant(name) for name in sorted(names)], ast.Load())
