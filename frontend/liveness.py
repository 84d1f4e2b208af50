"""Which names a construct must hand on: structured, backward, on the tree without jumps.

Without it every temporary of a loop body would be carried from turn to turn, and taped by the reverse sweep.  Names
that nested scopes mention are always live.  Inside `try` nothing is killed: any statement may be left halfway.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from wengert.frontend.jumps import RESULT
from wengert.frontend.names import loaded_names, stored_names


@dataclass
class Liveness:
    """Live names of every `if`, `for` and `while`.

    Attributes:
        always: names that count as live everywhere.
        flags: the jump flags that stop each loop.
        after: construct -> names that may be read after it.
        head: loop -> names whose value at the start of a turn may be read in that turn or survive it.
    """

    always: frozenset[str]
    flags: Mapping[ast.stmt, tuple[str, ...]]
    after: dict[ast.stmt, set[str]] = field(default_factory=dict)
    head: dict[ast.stmt, set[str]] = field(default_factory=dict)

    def block(self, statements: list[ast.stmt], live: set[str]) -> set[str]:
        """Names live before the statements, given those live after them."""
        for statement in reversed(statements):
            live = self.statement(statement, live)
        return live

    def statement(self, s: ast.stmt, live: set[str]) -> set[str]:
        match s:
            case ast.If():
                self.after[s] = live | self.always
                return self.block(s.body, live) | self.block(s.orelse, live) | loaded_names(s.test)
            case ast.For() | ast.While():
                return self.loop(s, live)
            case ast.Assign() | ast.AnnAssign():
                return (live - _plainly_assigned(s)) | loaded_names(s)
            case ast.AugAssign():
                target = {s.target.id} if isinstance(s.target, ast.Name) else set()
                return live | loaded_names(s) | target
            case ast.With():
                return self.block(s.body, live) | loaded_names([item.context_expr for item in s.items])
            case ast.Try():
                reached = live | loaded_names(s) | set(stored_names([s]))
                for part in (s.body, s.orelse, s.finalbody, *(h.body for h in s.handlers)):
                    self.block(part, reached)
                return reached
            case ast.FunctionDef() | ast.ClassDef():
                return (live - {s.name}) | loaded_names(s)
        return live | loaded_names(s)

    def loop(self, s: ast.For | ast.While, live: set[str]) -> set[str]:
        tested = set(self.flags[s]) | (loaded_names(s.test) if isinstance(s, ast.While) else set())
        bound = set(stored_names([s.target])) if isinstance(s, ast.For) else set()
        header = loaded_names([s.iter, s.target]) if isinstance(s, ast.For) else set()
        head: set[str] = set()
        while True:
            turn = tested | (self.block(s.body, live | head | tested) - bound)
            if turn <= head:
                break
            head |= turn
        self.head[s] = (head | self.always) - {RESULT}  # once it is set, no turn follows
        self.after[s] = live | self.always
        return head | live | header


def _plainly_assigned(s: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = s.targets if isinstance(s, ast.Assign) else [s.target] if s.value else []
    names: set[str] = set()
    for target in targets:
        elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        names |= {e.id for e in elements if isinstance(e, ast.Name)}
    return names
