"""Pipeline strings: mlir-opt's syntax, with our passes and upstream's side by side.

    builtin.module(simplify, func.func(cse, canonicalize{max-iterations=3}), diff-jvp{function=f wrt=0,2})

The outer `builtin.module( )` may be left out.  Every name in the string becomes one pass, so that dumps and timings see
each of them; a name we did not register belongs to upstream and keeps its text.  The modules that register passes must
have been imported (`load_passes`).
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass

from wengert.dialects.bindings import ir
from wengert.dialects.errors import Position, WengertValueError
from wengert.passes.base import Pass, Upstream, near_matches, pass_class, registered_passes

SOURCE = "<pass pipeline>"

#: Upstream passes worth proposing to someone who mistypes a name; upstream's registry cannot be listed from Python.
UPSTREAM_PASSES = (
    "arith-expand", "arith-unsigned-when-equivalent", "buffer-deallocation-pipeline", "buffer-hoisting",
    "buffer-loop-hoisting", "canonicalize", "convert-arith-to-llvm", "convert-cf-to-llvm",
    "convert-elementwise-to-linalg", "convert-func-to-llvm", "convert-index-to-llvm", "convert-linalg-to-loops",
    "convert-linalg-to-parallel-loops", "convert-math-to-libm", "convert-math-to-llvm", "convert-nvvm-to-llvm",
    "convert-scf-to-cf", "convert-to-llvm", "convert-vector-to-llvm", "control-flow-sink", "cse",
    "eliminate-empty-tensors", "expand-strided-metadata", "finalize-memref-to-llvm", "gpu-kernel-outlining",
    "gpu-map-parallel-loops", "inline", "linalg-fuse-elementwise-ops", "loop-invariant-code-motion",
    "loop-invariant-subset-hoisting", "lower-affine", "math-uplift-to-fma", "mem2reg", "one-shot-bufferize",
    "reconcile-unrealized-casts", "remove-dead-values", "sccp", "scf-for-loop-canonicalization", "sroa", "symbol-dce",
)

_OPTION = re.compile(r"""\s*(?P<name>[A-Za-z][\w.-]*)(?:=(?P<value>"[^"]*"|'[^']*'|\{[^{}]*\}|[^\s{}"']*))?(?=\s|$)""")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True)
class _Entry:
    """`name`, `name{options}` or, when `children` is not None, `name(children)`."""

    name: str
    position: Position
    options: str = ""
    children: tuple[_Entry, ...] | None = None


def load_passes() -> None:
    """Import every module of `wengert.passes`, so that all passes are registered."""
    package = importlib.import_module("wengert.passes")
    for module in pkgutil.iter_modules(package.__path__, "wengert.passes."):
        importlib.import_module(module.name)


def parse_pipeline(text: str) -> tuple[Pass, ...]:
    """The passes of a pipeline string, in the order in which they run.

    Raises:
        WengertValueError: bad syntax, an unknown pass, a bad option, or one of our passes inside an anchor such as
            `func.func( )`; with the place in the string.
    """
    linecache.cache[SOURCE] = (len(text), None, text.splitlines(keepends=True), SOURCE)
    entries = _Parser(text).whole()
    if len(entries) == 1 and entries[0].children is not None and entries[0].name in ("builtin.module", "any"):
        entries = entries[0].children
    with ir.Context():  # upstream resolves its names against a context
        return tuple(pass_ for entry in entries for pass_ in _passes(entry, ()))


def parse_options(text: str, position: Position | None = None) -> dict[str, str | None]:
    """The options in `a=1 b=x,y c={x,y} d="two words" e` by name; a bare name has the value None.

    Raises:
        WengertValueError: text that is not a list of options, or an option given twice.
    """
    options: dict[str, str | None] = {}
    text = text.rstrip()
    at = 0
    while at < len(text):
        match = _OPTION.match(text, at)
        if match is None:
            raise WengertValueError(f"cannot read the options '{text[at:].strip()}'", position,
                                    help='options are written as name=value name=1,2 name="two words"')
        name, value = match["name"], match["value"]
        if name in options:
            raise WengertValueError(f"option '{name}' is given twice", position)
        options[name] = value[1:-1] if value and value[0] in "\"'{" else value
        at = match.end()
    return options


def pass_from_text(name: str, options: str, position: Position | None = None) -> Pass:
    """Our pass or upstream's called `name`, with options as they stand between the braces.

    Raises:
        WengertValueError: neither of us knows the pass, or not these options.
    """
    cls = pass_class(name)
    try:
        if cls is not None:
            return cls.from_options(parse_options(options, position))
        upstream = Upstream(f"{name}{{{options}}}" if options else name)
        upstream.manager()
        return upstream
    except WengertValueError as error:
        if "does not refer to a registered pass" in error.what:
            known = (*registered_passes(), *UPSTREAM_PASSES)
            raise WengertValueError(
                f"unknown pass '{name}'", position, why="neither wengert nor upstream MLIR has a pass of this name",
                help=near_matches(name, known) or "wengert-opt --list-passes lists them",
            ) from None
        error.position = error.position or position
        raise


def _passes(entry: _Entry, anchors: tuple[str, ...]) -> Iterator[Pass]:
    """The passes below `entry`, which stands inside `anchors` (outermost first)."""
    if entry.children is not None:
        for child in entry.children:
            yield from _passes(child, (*anchors, entry.name))
        return
    pass_ = pass_from_text(entry.name, entry.options, entry.position)
    if not anchors:
        yield pass_
    elif isinstance(pass_, Upstream):
        yield Upstream("".join(f"{anchor}(" for anchor in anchors) + pass_.text + ")" * len(anchors))
    else:
        raise WengertValueError(
            f"pass '{entry.name}' cannot stand inside {anchors[-1]}( )", entry.position,
            why="our passes work on the whole module", help=f"write it beside: {anchors[0]}(...),{entry.name}",
        )


class _Parser:
    """Recursive descent over one pipeline string."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def whole(self) -> tuple[_Entry, ...]:
        entries = self.entries(end="")
        if self.at < len(self.text):
            raise self.error("a ',' or the end of the pipeline")
        return entries

    def entries(self, end: str) -> tuple[_Entry, ...]:
        """Comma-separated entries up to `end`, which is not consumed."""
        if self.peek() == end:
            return ()
        found = [self.entry()]
        while self.peek() == ",":
            self.at += 1
            found.append(self.entry())
        return tuple(found)

    def entry(self) -> _Entry:
        self.peek()
        position = self.position(self.at)
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise self.error("the name of a pass")
        self.at = match.end()
        following = self.peek()
        if following == "(":
            self.at += 1
            children = self.entries(end=")")
            if self.peek() != ")":
                raise self.error("a ',' or ')'")
            self.at += 1
            return _Entry(match[0], position, children=children)
        return _Entry(match[0], position, self.options() if following == "{" else "")

    def options(self) -> str:
        """The text between a brace and the one that closes it."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            depth += {"{": 1, "}": -1}.get(self.text[self.at], 0)
            self.at += 1
            if depth == 0:
                return self.text[start + 1 : self.at - 1]
        raise WengertValueError("bad pipeline: this '{' is never closed", self.position(start))

    def peek(self) -> str:
        """The next character that is not white space, or '' at the end."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def position(self, at: int) -> Position:
        before = self.text[:at]
        return Position(SOURCE, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)

    def error(self, expected: str) -> WengertValueError:
        found = f"'{self.text[self.at]}'" if self.at < len(self.text) else "the end"
        return WengertValueError(f"bad pipeline: expected {expected}, found {found}", self.position(self.at))
