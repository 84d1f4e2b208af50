"""The simplest `__rt`: everything is Python.  A rewritten function run with it must do what the original does."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Iterator
from typing import Any

from wengert.frontend.journal import UNBOUND
from wengert.frontend.site import Site

BINARY = {
    "Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv, "Pow": operator.pow,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "MatMult": operator.matmul, "BitAnd": operator.and_,
    "BitOr": operator.or_, "BitXor": operator.xor, "LShift": operator.lshift, "RShift": operator.rshift,
}  # fmt: skip
INPLACE = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv, "Pow": operator.ipow,
    "FloorDiv": operator.ifloordiv, "Mod": operator.imod, "MatMult": operator.imatmul, "BitAnd": operator.iand,
    "BitOr": operator.ior, "BitXor": operator.ixor, "LShift": operator.ilshift, "RShift": operator.irshift,
}  # fmt: skip
COMPARE = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt,
    "GtE": operator.ge, "Is": operator.is_, "IsNot": operator.is_not, "In": lambda a, b: a in b,
    "NotIn": lambda a, b: a not in b,
}  # fmt: skip
UNARY = {"USub": operator.neg, "UAdd": operator.pos, "Invert": operator.invert}


class PlainConstruct:
    """Any construct: names keep the values they have in the frame, except those that are dead, which are unbound."""

    def __init__(self, site: Site) -> None:
        self.site, self.vars = site, ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> bool:
        return False

    def keep(self, names: dict[str, Any], live: frozenset[str] | None = None) -> None:
        kept = names if live is None else {n: v for n, v in names.items() if n in live}
        self.vars = tuple(kept.get(n, UNBOUND) for n in self.site.names)


class PlainIf(PlainConstruct):
    def __init__(self, condition: object, site: Site) -> None:
        super().__init__(site)
        self.then, self.turns = bool(condition), 0

    def next(self, names: dict[str, Any]) -> bool:
        self.turns += 1
        self.keep(names, self.site.after if self.turns == 2 else None)
        return self.turns == 1


class PlainFor(PlainConstruct):
    enter = True

    def __init__(self, iterable: Any, site: Site) -> None:
        super().__init__(site)
        self.iterator: Iterator[Any] = iter(iterable)

    def next(self, names: dict[str, Any]) -> bool:
        if not any(names[f] for f in self.site.flags):
            for item in self.iterator:
                self.item = item
                self.keep(names, self.site.head | self.site.after)
                return True
        self.keep(names, self.site.after)
        return False


class PlainWhile(PlainConstruct):
    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.go_on = True

    def next(self, names: dict[str, Any]) -> bool:
        self.keep(names, self.site.head | self.site.after if self.go_on else self.site.after)
        return self.go_on

    def test(self, condition: object, names: dict[str, Any]) -> bool:
        self.go_on = bool(condition)
        self.keep(names)
        return self.go_on


class PlainTry:
    refusals = ()

    def __init__(self, site: Site) -> None:
        self.site = site

    def caught(self) -> None:
        pass

    def left(self) -> None:
        pass


class PlainHooks:
    """Answers every question of rewritten code with Python's own operation."""

    if_, for_, while_, try_ = PlainIf, PlainFor, PlainWhile, PlainTry
    slice, getattr, setattr, delattr = builtins.slice, builtins.getattr, builtins.setattr, builtins.delattr
    getitem, setitem, delitem = operator.getitem, operator.setitem, operator.delitem

    def binary(self, op: str, a: Any, b: Any) -> Any:
        return BINARY[op](a, b)

    def inplace(self, op: str, a: Any, b: Any) -> Any:
        return INPLACE[op](a, b)

    def compare(self, op: str, a: Any, b: Any) -> Any:
        return COMPARE[op](a, b)

    def unary(self, op: str, a: Any) -> Any:
        return UNARY[op](a)

    def chain(self, a: Any, op: str, later: Callable[[], Any], *rest: Any) -> Any:
        b = later()
        result = self.compare(op, a, b)
        return result and self.chain(b, *rest) if rest else result

    def and_(self, a: Any, later: Callable[[], Any]) -> Any:
        return a and later()

    def or_(self, a: Any, later: Callable[[], Any]) -> Any:
        return a or later()

    and_test, or_test = and_, or_

    def not_(self, a: Any) -> bool:
        return not a

    def none_of(self, *flags: bool) -> bool:
        return not any(flags)

    def ifexp(self, c: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
        return a() if c else b()

    def new(self, made: Any) -> Any:
        return made

    def fstring(self, *parts: Any) -> str:
        convert = {"": lambda x: x, "s": str, "r": repr, "a": ascii}
        return "".join(p if isinstance(p, str) else format(convert[p[1]](p[0]), p[2]) for p in parts)

    def listcomp(self, items: Any, element: Callable[[Any], Any], test: Callable[[Any], Any] | None = None) -> Any:
        return [element(item) for item in items if test is None or test(item)]

    def load(self, name: str, value: Any) -> Any:
        return value

    def returned(self, value: Any) -> Any:
        return value

    def walked(self, items: Any) -> Any:
        return items

    def unpack(self, value: Any, count: int) -> Any:
        return value

    def put_item(self, owner: Any, index: Any, old: Any, new: Any) -> None:
        owner[index] = new

    def put_attribute(self, owner: Any, name: str, old: Any, new: Any) -> None:
        builtins.setattr(owner, name, new)

    def cells(self, thunk: Callable[[], Any], own: tuple[str, ...]) -> dict[str, Any]:
        return dict(zip(thunk.__code__.co_freevars, thunk.__closure__ or (), strict=True))

    def save_cells(self, cells: dict[str, Any], names: tuple[str, ...]) -> None:
        assert set(names) <= set(cells)

    def raise_(self, error: Callable[[], Any], cause: Callable[[], Any] | None) -> None:
        if cause is not None:
            raise error() from cause()
        raise error()

    def assert_(self, ok: Any, message: Callable[[], Any] | None) -> None:
        if not ok:
            raise AssertionError(*([message()] if message else []))

    def call(self, function: Any, *arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)
