"""The text of functions that call Fortran: arguments by address, 32-bit integers, workspace from the heap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class FortranFunction:
    """The text of a function that calls Fortran; its arguments are i64 (addresses and extents).

    `call` takes "c" a character, "i" an integer argument, "1" the constant one, "p" an address as an integer, "@" one
    as a pointer, "o" an integer result, "w" a number for it to fill.
    """

    name: str
    element: str
    arguments: Sequence[str]
    lines: list[str] = field(default_factory=list)
    externals: dict[str, int] = field(default_factory=dict)

    def call(self, library: str, routine: str, *arguments: tuple[str, str]) -> list[str]:
        """Call the routine; the pointers that were passed."""
        external = f"wengert_{library}_{'d' if self.element == 'f64' else 's'}{routine}"
        self.externals[external] = len(arguments)
        pointers = []
        for kind, value in arguments:
            pointer = f"%p{len(self.lines)}"
            pointers.append(pointer)
            if kind == "@":
                pointers[-1] = value
                continue
            if kind == "p":
                self.lines.append(f"{pointer} = llvm.inttoptr {value} : i64 to !llvm.ptr")
                continue
            type_ = {"c": "i8", "i": "i32", "o": "i32", "1": self.element, "w": self.element}[kind]
            self.lines.append(f"{pointer} = llvm.alloca %one x {type_} : (i64) -> !llvm.ptr")
            stored = f"%v{len(self.lines)}"
            if kind in ("o", "w"):
                continue
            self.lines.append({
                "c": f"{stored} = arith.constant {ord(value[0]) if value else 0} : i8",
                "i": f"{stored} = arith.trunci {value} : i64 to i32",
                "1": f"{stored} = arith.constant 1.0 : {self.element}",
            }[kind])
            self.lines.append(f"llvm.store {stored}, {pointer} : {type_}, !llvm.ptr")
        self.lines.append(f"llvm.call @{external}({', '.join(pointers)}) : ({_pointers(len(pointers))}) -> ()")
        return pointers

    def allocate(self, count: str, width: int) -> str:
        """A pointer to memory for `count` (an i64) numbers; the caller frees it."""
        number = len(self.lines)
        self.externals["malloc"] = 0
        self.lines.append(f"""%width{number} = llvm.mlir.constant({width} : i64) : i64
  %some{number} = arith.maxsi {count}, %one : i64
  %bytes{number} = arith.muli %some{number}, %width{number} : i64
  %memory{number} = llvm.call @malloc(%bytes{number}) : (i64) -> !llvm.ptr""")
        return f"%memory{number}"

    def free(self, *memory: str) -> None:
        self.externals["free"] = 0
        self.lines += [f"llvm.call @free({pointer}) : (!llvm.ptr) -> ()" for pointer in memory]

    @property
    def width(self) -> int:
        """The width of an element in bytes."""
        return 8 if self.element == "f64" else 4

    def with_workspace(self, routine: str, before: Sequence[tuple[str, str]],
                       after: Sequence[tuple[str, str]] = ()) -> str:
        """A call of LAPACK whose arguments end with (.., work, lwork, `after`.., info): asked for the size of its
        workspace, then made.  The pointer to info."""
        place = len(before)
        asked = self.call("lapack", routine, *before, ("w", ""), ("i", "%minus_one"), *after, ("o", ""))[place]
        number = len(self.lines)
        self.lines.append(f"""%size{number} = llvm.load {asked} : !llvm.ptr -> {self.element}
  %count{number} = arith.fptosi %size{number} : {self.element} to i64
  %needed{number} = arith.addi %count{number}, %one : i64""")  # float32 may have rounded it down
        work = self.allocate(f"%needed{number}", self.width)
        info = self.call("lapack", routine, *before, ("@", work), ("i", f"%needed{number}"), *after, ("o", ""))[-1]
        self.free(work)
        return info

    def nan_where_failed(self, info: str, count: str, address: str) -> None:
        """Fill `count` numbers with nan if a routine reports failure: whoever uses them checks that."""
        number = len(self.lines)
        nan = "0x7FF8000000000000" if self.element == "f64" else "0x7FC00000"
        self.lines.append(f"""%info{number} = llvm.load {info} : !llvm.ptr -> i32
  %fine{number} = arith.constant 0 : i32
  %failed{number} = arith.cmpi ne, %info{number}, %fine{number} : i32
  %nan{number} = arith.constant {nan} : {self.element}
  %results{number} = llvm.inttoptr {address} : i64 to !llvm.ptr
  %end{number} = arith.select %failed{number}, {count}, %zero : i64
  scf.for %i = %zero to %end{number} step %one : i64 {{
    %at = llvm.getelementptr %results{number}[%i] : (!llvm.ptr, i64) -> !llvm.ptr, {self.element}
    llvm.store %nan{number}, %at : {self.element}, !llvm.ptr
  }}""")

    def text(self) -> str:
        known = {"malloc": "llvm.func @malloc(i64) -> !llvm.ptr", "free": "llvm.func @free(!llvm.ptr)"}
        declared = {name: known.get(name, f"llvm.func @{name}({_pointers(n)})") for name, n in self.externals.items()}
        declarations = "\n".join(declared.values())
        parameters = ", ".join(f"%{name}: i64" for name in self.arguments)
        body = "\n  ".join(self.lines)
        return f"""{declarations}
func.func private @{self.name}({parameters}) attributes {{llvm.linkage = #llvm.linkage<internal>}} {{
  %one = llvm.mlir.constant(1 : i64) : i64
  %zero = llvm.mlir.constant(0 : i64) : i64
  %minus_one = llvm.mlir.constant(-1 : i64) : i64
  {body}
  return
}}"""


def _pointers(count: int) -> str:
    return ", ".join(["!llvm.ptr"] * count)
