"""Which reads of a name may find it unbound: structured, forward, on the tree without jumps.

A name that one path binds and another does not becomes, under a traced condition, a value with a condition attached.
Only reads listed here can meet such a value; the rewriter sends them through `__rt.load`, which emits the check.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from wengert.frontend.names import COMPREHENSIONS, SCOPES, stored_names


@dataclass
class Binding:
    """Reads that are not dominated by an assignment.

    Attributes:
        local: the names assigned in this function; all others are never uncertain.
        uncertain: the `Name` nodes of such reads.
    """

    local: frozenset[str]
    uncertain: set[ast.Name] = field(default_factory=set)

    def block(self, statements: list[ast.stmt], bound: set[str]) -> set[str]:
        """Names certainly bound after the statements, given those bound before."""
        for s in statements:
            bound = self.statement(s, bound)
        return bound

    def statement(self, s: ast.stmt, bound: set[str]) -> set[str]:
        match s:
            case ast.If():
                bound = self.read(s.test, bound)
                return self.block(s.body, bound) & self.block(s.orelse, bound)
            case ast.For():
                bound = self.read(s.iter, bound)
                self.block(s.body, bound | set(stored_names([s.target])))
                return bound
            case ast.While():
                self.block(s.body, self.read(s.test, bound))
                return bound
            case ast.With():
                for item in s.items:
                    bound = self.read(item.context_expr, bound)
                targets = [item.optional_vars for item in s.items if item.optional_vars]
                return self.block(s.body, bound | set(stored_names(targets)))
            case ast.Try():
                ends = [self.block(s.orelse, self.block(s.body, bound))]
                for handler in s.handlers:
                    if handler.type:
                        self.read(handler.type, bound)
                    ends.append(self.block(handler.body, bound | ({handler.name} if handler.name else set())))
                return set.intersection(*ends) | self.block(s.finalbody, bound)
            case ast.Delete():
                bound = self.read(s, bound)
                return bound - set(stored_names([s]))
            case ast.AugAssign(target=ast.Name() as target):
                bound = self.read(s.value, bound)
                self.name(target, bound)
                return bound | {target.id}
        return self.read(s, bound) | set(stored_names([s]))

    def read(self, node: ast.AST, bound: set[str]) -> set[str]:
        """Looks at every read below `node`; gives the names bound after it (`:=` binds)."""
        if isinstance(node, SCOPES):
            headers = [] if isinstance(node, ast.ClassDef) else [*node.args.defaults, *node.args.kw_defaults]
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            for header in [*decorators, *headers]:
                if header is not None:
                    self.read(header, bound)
            return bound
        before = bound
        if isinstance(node, COMPREHENSIONS):
            bound = bound | set(stored_names(generator.target for generator in node.generators))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self.name(node, bound)
        for child in ast.iter_child_nodes(node):
            after = self.read(child, bound)
            if not isinstance(node, (ast.BoolOp, ast.IfExp, *COMPREHENSIONS)):
                bound = after
        if isinstance(node, ast.NamedExpr):
            return bound | {node.target.id}
        return before if isinstance(node, COMPREHENSIONS) else bound

    def name(self, node: ast.Name, bound: set[str]) -> None:
        if node.id in self.local and node.id not in bound:
            self.uncertain.add(node)
