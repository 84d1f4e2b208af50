"""Object code linked into an image (image.py), once, by the process that compiled it.

Assumes position-independent x86-64 ELF as LLVM emits it (System V ABI, AMD64 supplement, chapter 4: relocations);
`link` gives None for anything else, which is then loaded by `jit.load`. Unwinding tables are left out: nothing unwinds
through kernels, and Python's exceptions are return values.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from wengert.runtime.image import PAGE, Image

_ELF_HEAD = b"\x7fELF\x02\x01"
_RELOCATABLE, _X86_64 = 1, 62
_PROGBITS, _SYMTAB, _RELA, _NOBITS, _UNWIND = 1, 2, 4, 8, 0x70000001
_WRITE, _ALLOC, _EXECUTE, _THREAD_LOCAL = 1, 2, 4, 0x400
_UNDEFINED, _FIRST_RESERVED = 0, 0xFF00
_R_64, _R_PC32, _R_PLT32, _R_PC64 = 1, 2, 4, 24
_R_GOT = frozenset({9, 41, 42})  # GOTPCREL, GOTPCRELX, REX_GOTPCRELX
_STUB = b"\xff\x25"  # jmp *displacement(%rip)
_STUB_BYTES = 8


class _Unsupported(Exception):
    """Object code of another kind than this linker takes."""


@dataclass(frozen=True)
class _Section:
    name: str
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int


@dataclass(frozen=True)
class _Symbol:
    name: str
    section: int
    value: int
    is_global: bool


def link(code: bytes) -> Image | None:
    """The image of an object file; None where it has to be loaded by LLVM."""
    try:
        return _Linker(code).image()
    except (_Unsupported, struct.error, IndexError, UnicodeDecodeError):
        return None


class _Linker:
    """Lays out one object file: code and constants, stubs and the table of addresses, then what is written."""

    def __init__(self, code: bytes) -> None:
        if not code.startswith(_ELF_HEAD) or struct.unpack_from("<HH", code, 16) != (_RELOCATABLE, _X86_64):
            raise _Unsupported
        self.code = code
        self.sections = self._read_sections()
        self.symbols = self._read_symbols()
        self.content = bytearray()
        self.places: dict[int, int] = {}
        self.table: dict[tuple[str, int], int] = {}
        self.relative: list[tuple[int, int]] = []
        self.external: list[tuple[int, str, int]] = []

    def _read_sections(self) -> list[_Section]:
        (start,) = struct.unpack_from("<Q", self.code, 0x28)
        size, count, names = struct.unpack_from("<HHH", self.code, 0x3A)
        rows = [struct.unpack_from("<IIQQQQIIQQ", self.code, start + k * size) for k in range(count)]
        return [
            _Section(self._text(rows[names][4] + r[0]), r[1], r[2], r[4], r[5], r[6], r[7], max(1, r[8])) for r in rows
        ]

    def _text(self, offset: int) -> str:
        return self.code[offset : self.code.index(b"\0", offset)].decode()

    def _read_symbols(self) -> list[_Symbol]:
        table = next((s for s in self.sections if s.kind == _SYMTAB), None)
        if table is None:
            raise _Unsupported
        names, found = self.sections[table.link].offset, []
        for place in range(table.offset, table.offset + table.size, 24):
            name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.code, place)
            found.append(_Symbol(self._text(names + name), section, value, info >> 4 != 0))
        return found

    def image(self) -> Image:
        kept = [k for k, s in enumerate(self.sections) if s.flags & _ALLOC and not s.name.startswith(".eh_frame")]
        if any(
            self.sections[k].kind not in (_PROGBITS, _NOBITS) or self.sections[k].flags & _THREAD_LOCAL for k in kept
        ):
            raise _Unsupported
        for k in (k for k in kept if not self.sections[k].flags & _WRITE):
            self._lay_out(k)
        relocations = [row for k in kept for row in self._relocations(k)]
        self._make_table(relocations)
        self._align(PAGE)
        executable = len(self.content)
        for k in (k for k in kept if self.sections[k].flags & _WRITE):
            self._lay_out(k)
        self._align(PAGE)
        for row in relocations:
            self._apply(*row)
        for (name, target), place in self.table.items():
            if name:
                self.external.append((place, name, 0))
            else:
                self.relative.append((place, self._address(self.symbols[target])))
        exports = {
            s.name: self._address(s) for s in self.symbols if s.is_global and s.name and s.section in self.places
        }
        return Image(bytes(self.content), executable, tuple(self.relative), tuple(self.external), exports)

    def _align(self, alignment: int) -> None:
        self.content.extend(bytes(-len(self.content) % alignment))

    def _lay_out(self, k: int) -> None:
        section = self.sections[k]
        self._align(min(section.alignment, PAGE))
        self.places[k] = len(self.content)
        stored = self.code[section.offset : section.offset + section.size]
        self.content.extend(bytes(section.size) if section.kind == _NOBITS else stored)

    def _relocations(self, k: int) -> list[tuple[int, int, int, int, int]]:
        """(section, offset in it, kind, symbol, addend) of each relocation of a section."""
        rows = []
        for section in self.sections:
            if section.kind == _RELA and section.info == k:
                for place in range(section.offset, section.offset + section.size, 24):
                    offset, info, addend = struct.unpack_from("<QQq", self.code, place)
                    rows.append((k, offset, info & 0xFFFFFFFF, info >> 32, addend))
        return rows

    def _make_table(self, relocations: list[tuple[int, int, int, int, int]]) -> None:
        """A word for each address that code reads, and a stub for each function of the process that it calls."""
        self._align(64)
        self.stubs: dict[str, int] = {}
        for _, _, kind, number, _ in relocations:
            symbol = self.symbols[number]
            outside = symbol.section == _UNDEFINED
            if kind in _R_GOT or (kind == _R_PLT32 and outside):
                key = (symbol.name, 0) if outside else ("", number)
                if key not in self.table:
                    self.table[key] = len(self.content)
                    self.content.extend(bytes(8))
        for _, _, kind, number, _ in relocations:
            symbol = self.symbols[number]
            if kind == _R_PLT32 and symbol.section == _UNDEFINED and symbol.name not in self.stubs:
                place = self.stubs[symbol.name] = len(self.content)
                displacement = self.table[symbol.name, 0] - (place + len(_STUB) + 4)
                self.content.extend((_STUB + struct.pack("<i", displacement)).ljust(_STUB_BYTES, b"\xcc"))

    def _address(self, symbol: _Symbol) -> int:
        if symbol.section not in self.places:
            raise _Unsupported
        return self.places[symbol.section] + symbol.value

    def _apply(self, k: int, offset: int, kind: int, number: int, addend: int) -> None:
        symbol, place = self.symbols[number], self.places[k] + offset
        outside = symbol.section == _UNDEFINED
        if symbol.section >= _FIRST_RESERVED:
            raise _Unsupported
        if kind == _R_64 and outside:
            self.external.append((place, symbol.name, addend))
        elif kind == _R_64:
            self.relative.append((place, self._address(symbol) + addend))
        elif kind in _R_GOT:
            target = self.table[(symbol.name, 0) if outside else ("", number)]
            struct.pack_into("<i", self.content, place, target + addend - place)
        elif kind == _R_PLT32 and outside:
            struct.pack_into("<i", self.content, place, self.stubs[symbol.name] + addend - place)
        elif kind in (_R_PC32, _R_PLT32) and not outside:
            struct.pack_into("<i", self.content, place, self._address(symbol) + addend - place)
        elif kind == _R_PC64 and not outside:
            struct.pack_into("<q", self.content, place, self._address(symbol) + addend - place)
        else:
            raise _Unsupported
