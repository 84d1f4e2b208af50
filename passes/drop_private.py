"""`drop-private`: private functions nobody calls disappear.

Upstream's symbol-dce does the same for its own dialects; declarations of ours count as functions here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.control import functions, symbol
from wengert.passes.base import Pass, register_pass


@register_pass("drop-private")
@dataclass(frozen=True)
class DropPrivate(Pass):
    """Erase private functions that no public one reaches through calls."""

    def run(self, module: Any) -> None:
        by_name = {symbol(func): func for func in functions(module)}
        work = [func for func in by_name.values() if "sym_visibility" not in func.attributes]
        reached: set[str] = set()
        while work:
            func = work.pop()
            if symbol(func) in reached:
                continue
            reached.add(symbol(func))
            callees = [ir.FlatSymbolRefAttr(op.attributes["callee"]).value for op in walk(func, "func.call")]
            work.extend(by_name[name] for name in callees if name in by_name)
        for name, func in by_name.items():
            if name not in reached:
                func.erase()
