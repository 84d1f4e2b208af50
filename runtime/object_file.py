"""The symbols an object file defines and needs, read from its symbol table.

The loader resolves every symbol itself, because ORC tells which one is missing on standard error only. Reads 64-bit
little-endian ELF (Linux) and Mach-O (macOS), which is what LLVM emits on the platforms we support; formats as in the
System V ABI, chapter 4, and in `<mach-o/loader.h>`, `<mach-o/nlist.h>`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_ELF_MAGIC = b"\x7fELF\x02\x01"
_MACHO_MAGIC = b"\xcf\xfa\xed\xfe"
_SHT_SYMTAB, _SHN_UNDEFINED = 2, 0
_ELF_LOCAL, _ELF_VISIBILITY = 0, 0x03
_LC_SYMTAB = 2
_MACHO_EXTERNAL, _MACHO_PRIVATE, _MACHO_TYPE_MASK, _MACHO_UNDEFINED = 0x01, 0x10, 0x0E, 0x00
_LINKER_DEFINED = frozenset({"_GLOBAL_OFFSET_TABLE_"})


@dataclass(frozen=True)
class Symbols:
    """Names of the global symbols of an object file, as LLVM IR spells them; hidden ones are left out."""

    defined: frozenset[str]
    undefined: frozenset[str]


def read_symbols(data: bytes) -> Symbols:
    """The global symbols of the object file `data`.

    Raises ValueError if it is neither 64-bit ELF nor Mach-O, or is cut short.
    """
    try:
        if data.startswith(_ELF_MAGIC):
            return _read_elf(data)
        if data.startswith(_MACHO_MAGIC):
            return _read_macho(data)
    except (struct.error, IndexError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(f"the object file is damaged: {error}") from error
    raise ValueError("not an object file: neither 64-bit ELF nor Mach-O")


def _name_at(table: bytes, offset: int) -> str:
    end = table.index(b"\0", offset) if b"\0" in table[offset:] else len(table)
    return table[offset:end].decode()


def _read_elf(data: bytes) -> Symbols:
    (section_offset,) = struct.unpack_from("<Q", data, 0x28)
    entry_size, count = struct.unpack_from("<HH", data, 0x3A)
    # section header: name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, section_offset + k * entry_size) for k in range(count)]
    defined: set[str] = set()
    undefined: set[str] = set()
    for section in sections:
        if section[1] != _SHT_SYMTAB:
            continue
        offset, size, link = section[4], section[5], section[6]
        names = data[sections[link][4] : sections[link][4] + sections[link][5]]
        for position in range(offset, offset + size, 24):
            name_offset, info, other, index, _, _ = struct.unpack_from("<IBBHQQ", data, position)
            if info >> 4 == _ELF_LOCAL or other & _ELF_VISIBILITY or name_offset == 0:
                continue
            (undefined if index == _SHN_UNDEFINED else defined).add(_name_at(names, name_offset))
    return Symbols(frozenset(defined), frozenset(undefined) - _LINKER_DEFINED)


def _read_macho(data: bytes) -> Symbols:
    (commands,) = struct.unpack_from("<I", data, 16)
    position = 32
    defined: set[str] = set()
    undefined: set[str] = set()
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, position)
        if command == _LC_SYMTAB:
            symbols, count, strings, string_bytes = struct.unpack_from("<IIII", data, position + 8)
            names = data[strings : strings + string_bytes]
            for entry in range(symbols, symbols + 16 * count, 16):
                name_offset, kind, _, _, _ = struct.unpack_from("<IBBHQ", data, entry)
                if not kind & _MACHO_EXTERNAL or kind & _MACHO_PRIVATE:
                    continue
                name = _name_at(names, name_offset).removeprefix("_")
                (undefined if kind & _MACHO_TYPE_MASK == _MACHO_UNDEFINED else defined).add(name)
        position += size
    return Symbols(frozenset(defined), frozenset(undefined))
