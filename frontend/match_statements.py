"""`match` as `if`, `elif` and `else`, before anything else looks at the tree.

    match s:                        __match_1 = s
        case 0 | 1: A        ->     if __match_1 == 0 or __match_1 == 1: A
        case (x, y) if x > 0: B     elif isinstance(__match_1, ..) and len(__match_1) == 2 and __match_1[0] > 0:
        case _: C                       x = __match_1[0]; y = __match_1[1]; B
                                    else: C

Names of a pattern stand for the part of the subject in the guard, and are bound where the case is taken.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NoReturn

from wengert.frontend.names import COMPREHENSIONS, SCOPES

Refuse = Callable[[ast.AST, str, str], NoReturn]


def match_to_if(body: list[ast.stmt], refuse: Refuse) -> list[ast.stmt]:
    """The statements without `match`; those of nested functions stay."""
    rewriter = _Rewriter(refuse)
    return [new for statement in body for new in rewriter.statements(statement)]


class _Rewriter(ast.NodeTransformer):
    def __init__(self, refuse: Refuse) -> None:
        self.refuse, self.count = refuse, 0

    def statements(self, s: ast.stmt) -> list[ast.stmt]:
        new = self.visit(s)
        return new if isinstance(new, list) else [new]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        return node if isinstance(node, (*SCOPES, *COMPREHENSIONS)) else super().generic_visit(node)

    def visit_Match(self, s: ast.Match) -> list[ast.stmt]:
        self.count += 1
        name = f"__match_{self.count}"
        subject = ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], s.subject), s)
        chain: list[ast.stmt] = []
        for case in reversed(s.cases):
            binds: dict[str, ast.expr] = {}
            condition = self.condition(case.pattern, ast.Name(name, ast.Load()), binds)
            if case.guard is not None:
                guard = _Substituted(binds).visit(case.guard)
                condition = guard if condition is None else ast.BoolOp(ast.And(), [condition, guard])
            body: list[ast.stmt] = [ast.Assign([ast.Name(n, ast.Store())], value) for n, value in binds.items()]
            body += [new for inner in case.body for new in self.statements(inner)]
            for made in body:
                _place(made, case.pattern)
            if condition is None:
                chain = body
                continue
            test = _place(condition, case.guard or case.pattern)
            chain = [ast.copy_location(ast.If(test, body, chain), case.pattern)]
        return [subject, *chain]

    def condition(self, pattern: ast.pattern, subject: ast.expr, binds: dict[str, ast.expr]) -> ast.expr | None:
        """What has to hold (None: nothing), and in `binds` the parts that names stand for."""
        match pattern:
            case ast.MatchValue():
                return ast.Compare(subject, [ast.Eq()], [pattern.value])
            case ast.MatchSingleton():
                return ast.Compare(subject, [ast.Is()], [ast.Constant(pattern.value)])
            case ast.MatchOr():
                inside: list[dict[str, ast.expr]] = [{} for _ in pattern.patterns]
                tests = [self.condition(p, subject, found) for p, found in zip(pattern.patterns, inside)]
                if any(inside):
                    self.refuse(pattern, "names in alternatives of a pattern", "write a case for each alternative")
                return None if None in tests else ast.BoolOp(ast.Or(), [t for t in tests if t is not None])
            case ast.MatchAs():
                test = None if pattern.pattern is None else self.condition(pattern.pattern, subject, binds)
                if pattern.name is not None:
                    binds[pattern.name] = subject
                return test
            case ast.MatchSequence():
                return self.sequence(pattern, subject, binds)
            case ast.MatchClass():
                return self.of_class(pattern, subject, binds)
        return self.refuse(pattern, "a mapping pattern in compiled code", "test for the keys with `in`")

    def sequence(self, pattern: ast.MatchSequence, subject: ast.expr, binds: dict[str, ast.expr]) -> ast.expr:
        stars = [k for k, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)]
        count = len(pattern.patterns)
        kinds = ast.Tuple([ast.Name("list", ast.Load()), ast.Name("tuple", ast.Load())], ast.Load())
        length = _call("len", subject)
        relation: ast.cmpop = ast.GtE() if stars else ast.Eq()
        tests: list[ast.expr] = [_call("isinstance", subject, kinds),
                                 ast.Compare(length, [relation], [ast.Constant(count - len(stars))])]
        for k, inner in enumerate(pattern.patterns):
            if isinstance(inner, ast.MatchStar):
                if inner.name is not None:
                    end = k + 1 - count
                    part = ast.Slice(ast.Constant(k), ast.Constant(end) if end else None)
                    binds[inner.name] = _call("list", ast.Subscript(subject, part, ast.Load()))
                continue
            place = ast.Constant(k if not stars or k < stars[0] else k - count)
            test = self.condition(inner, ast.Subscript(subject, place, ast.Load()), binds)
            tests += [test] if test is not None else []
        return ast.BoolOp(ast.And(), tests)

    def of_class(self, pattern: ast.MatchClass, subject: ast.expr, binds: dict[str, ast.expr]) -> ast.expr:
        tests: list[ast.expr] = [_call("isinstance", subject, pattern.cls)]
        parts: list[tuple[ast.pattern, ast.expr]] = []
        for k, inner in enumerate(pattern.patterns):
            if isinstance(pattern.cls, ast.Name) and pattern.cls.id in ("int", "float", "str", "bool", "list", "tuple"):
                parts.append((inner, subject))
            else:
                names = ast.Attribute(pattern.cls, "__match_args__", ast.Load())
                name = ast.Subscript(names, ast.Constant(k), ast.Load())
                parts.append((inner, _call("getattr", subject, name)))
        for attribute, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns):
            parts.append((inner, ast.Attribute(subject, attribute, ast.Load())))
        for inner, part in parts:
            test = self.condition(inner, part, binds)
            tests += [test] if test is not None else []
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)


class _Substituted(ast.NodeTransformer):
    def __init__(self, parts: dict[str, ast.expr]) -> None:
        self.parts = parts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.parts.get(node.id, node)


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _place(node: Any, like: ast.AST) -> Any:
    """Gives the nodes without a position that of another."""
    for inner in ast.walk(node):
        if "lineno" in inner._attributes and not hasattr(inner, "lineno"):
            ast.copy_location(inner, like)
    return node
