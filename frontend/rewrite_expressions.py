"""Expressions: operators, comparisons, subscripts, attributes, calls and displays ask `__rt`.

    x[i] + y       __rt.binary("Add", __rt.getitem(x, i), y)
    a < b < c      __rt.chain(a, "Lt", lambda: b, "Lt", lambda: c)
    p and q        __rt.and_(p, lambda: q)           in a test: __rt.and_test(p, lambda: q)
    u if c else v  __rt.ifexp(c, lambda: u, lambda: v)
    f(x)           __rt.call(f, x)
    [x, y]         __rt.new([x, y])                  so that growing it is known not to touch older lists
    [u for t in v] __rt.listcomp(v, lambda __item: [u for t in (__item,)][0])
    f"{x!r:3}, "   __rt.fstring((x, "r", "3"), ", ")

Constants, names and the bodies of lambdas and nested functions stay (a nested function is rewritten when it
is called).  Every new node has the position of the one it replaces.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import NoReturn

from wengert.dialects.errors import Position, UnsupportedError
from wengert.frontend.names import walk_scope

#: The argument of the functions that a comprehension is made of.
ITEM = "__item"


def load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def attribute(owner: str, name: str) -> ast.Attribute:
    return ast.Attribute(load(owner), name, ast.Load())


def hook(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(attribute("__rt", name), list(arguments), [])


class ExpressionRewriter(ast.NodeTransformer):
    """Rewrites expressions of one function.

    Args:
        filename: of the user's source, for refusals.
        uncertain: reads that may find their name unbound.
        shared: names shared with other functions; every read of one is uncertain.
    """

    def __init__(self, filename: str, uncertain: set[ast.Name], shared: frozenset[str]) -> None:
        self.filename, self.uncertain, self.shared = filename, uncertain, shared

    def refuse(self, node: ast.AST, what: str, why: str = "", help: str = "") -> NoReturn:
        position = Position(self.filename, getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1)
        raise UnsupportedError(what, position, why, help)

    def expression(self, node: ast.expr) -> ast.expr:
        result: ast.expr = self.visit(node)
        return result

    def expressions(self, nodes: Sequence[ast.expr]) -> list[ast.expr]:
        return [self.expression(node) for node in nodes]

    def test(self, node: ast.expr) -> ast.expr:
        """An expression of which only the truth is used."""
        if isinstance(node, ast.BoolOp):
            name = "and_test" if isinstance(node.op, ast.And) else "or_test"
            return self.short_circuit(name, node, [self.test(value) for value in node.values])
        return self.expression(node)

    def index(self, node: ast.expr) -> ast.expr:
        """A subscript as a value: slices become `slice` objects."""
        if isinstance(node, ast.Slice):
            parts = [self.expression(p) if p else ast.Constant(None) for p in (node.lower, node.upper, node.step)]
            return ast.copy_location(hook("slice", *parts), node)
        if isinstance(node, ast.Tuple):
            return ast.copy_location(ast.Tuple([self.index(e) for e in node.elts], ast.Load()), node)
        return self.expression(node)

    def later(self, node: ast.expr, rewritten: ast.expr | None = None) -> ast.Lambda:
        """`lambda: node`, for an operand that may not be evaluated."""
        for inner in walk_scope(node):
            if isinstance(inner, ast.NamedExpr):
                self.refuse(
                    inner,
                    "an assignment expression inside an operand that may not be evaluated",
                    why="whether the name is bound would depend on a run-time value",
                    help=f"assign '{inner.target.id}' in a statement of its own before",
                )
        body = rewritten if rewritten is not None else self.expression(node)
        return ast.copy_location(ast.Lambda(ast.arguments([], [], None, [], [], None, []), body), node)

    def short_circuit(self, name: str, node: ast.BoolOp, values: list[ast.expr]) -> ast.expr:
        result = values[-1]
        for position in reversed(range(len(values) - 1)):
            second = self.later(node.values[position + 1], result)
            result = ast.copy_location(hook(name, values[position], second), node)
        return result

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and (node in self.uncertain or node.id in self.shared):
            return ast.copy_location(hook("load", ast.Constant(node.id), node), node)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        name = "and_" if isinstance(node.op, ast.And) else "or_"
        return self.short_circuit(name, node, self.expressions(node.values))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        call = hook("ifexp", self.test(node.test), self.later(node.body), self.later(node.orelse))
        return ast.copy_location(call, node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            return ast.copy_location(hook("not_", self.test(node.operand)), node)
        if isinstance(node.operand, ast.Constant):
            return node
        operator = ast.Constant(type(node.op).__name__)
        return ast.copy_location(hook("unary", operator, self.expression(node.operand)), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        operator = ast.Constant(type(node.op).__name__)
        call = hook("binary", operator, self.expression(node.left), self.expression(node.right))
        return ast.copy_location(call, node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        operators = [ast.Constant(type(op).__name__) for op in node.ops]
        left = self.expression(node.left)
        if len(operators) == 1:
            call = hook("compare", operators[0], left, self.expression(node.comparators[0]))
        else:
            operands = [self.later(c) for c in node.comparators]
            call = hook("chain", left, *(part for pair in zip(operators, operands, strict=True) for part in pair))
        return ast.copy_location(call, node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return ast.copy_location(hook("getitem", self.expression(node.value), self.index(node.slice)), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.copy_location(hook("getattr", self.expression(node.value), ast.Constant(node.attr)), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if _is_hook(node):  # a guard made by jumps.py
            return node
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            return node
        if isinstance(node.func, ast.Name) and node.func.id in ("locals", "eval", "exec"):
            self.refuse(node, f"{node.func.id}() in compiled code", why="it looks at names from outside of the code")
        if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not _is_lazy(node.func):
            node.args[0] = _nested(node, node.args[0])
            node.args[0] = self.mapped(node.args[0]) or self.expression(node.args[0])
            arguments = [self.expression(node.func), node.args[0]]
        else:
            arguments = [self.expression(node.func), *self.expressions(node.args)]
        keywords = [ast.keyword(k.arg, self.expression(k.value) if k.arg else self.walked(k.value))
                    for k in node.keywords]
        return ast.copy_location(ast.Call(attribute("__rt", "call"), arguments, keywords), node)

    def display(self, node: ast.expr) -> ast.expr:
        self.generic_visit(node)
        return ast.copy_location(hook("new", node), node)

    def visit_List(self, node: ast.List) -> ast.expr:
        return self.display(node) if isinstance(node.ctx, ast.Load) else node

    visit_Dict = visit_Set = visit_DictComp = visit_SetComp = display

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self.mapped(node) or self.display(node)

    def mapped(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr | None:
        """`[elt for t in it if test]` as `__rt.listcomp(it, item -> elt, item -> test)`; None for other forms."""
        generator, *more = node.generators
        names_bound = any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node))
        if more or generator.is_async or names_bound:
            return None
        tests = [ast.BoolOp(ast.And(), generator.ifs) if len(generator.ifs) > 1 else x for x in generator.ifs[:1]]
        functions = [self.of_item(generator.target, body, node) for body in (node.elt, *tests)]
        return ast.copy_location(hook("listcomp", self.expression(generator.iter), *functions), node)

    def of_item(self, target: ast.expr, body: ast.expr, node: ast.expr) -> ast.Lambda:
        """`lambda item: [body for target in (item,)][0]`"""
        one = ast.comprehension(copy.deepcopy(target), ast.Tuple([load(ITEM)], ast.Load()), [], 0)
        bound = ast.ListComp(self.expression(body), [one])
        made = ast.Lambda(
            ast.arguments([], [ast.arg(ITEM)], None, [], [], None, []),
            ast.Subscript(bound, ast.Constant(0), ast.Load()),
        )
        return ast.fix_missing_locations(ast.copy_location(made, node))

    def walked(self, node: ast.expr) -> ast.expr:
        return ast.copy_location(hook("walked", self.expression(node)), node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.target = self.expression(node.target)
        node.iter = self.walked(node.iter)
        node.ifs = self.expressions(node.ifs)
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            node.value = self.walked(node.value)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                conversion = ast.Constant(chr(part.conversion) if part.conversion > 0 else "")
                specification = self.expression(part.format_spec) if part.format_spec else ast.Constant("")
                parts.append(ast.Tuple([self.expression(part.value), conversion, specification], ast.Load()))
            else:
                parts.append(part)
        return ast.copy_location(hook("fstring", *parts), node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.defaults(node.args)
        return node

    def defaults(self, arguments: ast.arguments) -> None:
        """Defaults are evaluated where the function is defined."""
        arguments.defaults = self.expressions(arguments.defaults)
        arguments.kw_defaults = [default and self.expression(default) for default in arguments.kw_defaults]

    def never(self, node: ast.expr) -> NoReturn:
        self.refuse(
            node,
            "code that is suspended (`await`) is not compiled",
            help="write it without async",
        )

    visit_Await = never


def _is_hook(node: ast.Call) -> bool:
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "__rt"


#: Built-in functions that ask a generator for one item after the other.
_LAZY = frozenset({"next", "iter", "enumerate", "zip", "map", "filter"})


def _is_lazy(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in _LAZY


def _nested(call: ast.Call, node: ast.GeneratorExp) -> ast.GeneratorExp:
    """`sum(e for x in s for y in t if c)` as `sum(sum((e if c else 0) for y in t) for x in s)`; so for any and all."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name not in ("sum", "any", "all") or len(node.generators) == 1:
        return node
    if any(isinstance(inner, (ast.NamedExpr, ast.Await)) for inner in ast.walk(node)):
        return node
    element, walked = node.elt, node
    for generator in reversed(node.generators):
        for condition in reversed(generator.ifs):
            neutral: ast.expr
            if name == "sum":
                element = ast.IfExp(condition, element, ast.Constant(0))
            elif name == "any":
                element = ast.BoolOp(ast.And(), [condition, element])
            else:
                neutral = ast.UnaryOp(ast.Not(), condition)
                element = ast.BoolOp(ast.Or(), [ast.copy_location(neutral, condition), element])
            element = ast.copy_location(element, condition)
        plain = ast.comprehension(generator.target, generator.iter, [], 0)
        walked = ast.copy_location(ast.GeneratorExp(element, [plain]), node)
        element = ast.copy_location(ast.Call(call.func, [walked], []), call)
    return walked
