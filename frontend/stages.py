"""The stages of a compilation as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from wengert.dialects.errors import WengertValueError


class Stages:
    """What `f.lower(*args)` returns: the program at each stage, in order.

    Stages of the CPU target: nd, jvp, linear, transposed (these three where something is differentiated), linalg,
    memref, llvm, llvmir, asm; of the CUDA target: nd, transposed, linalg, gpu, nvvm, ptx.
    """

    def __init__(self, texts: Mapping[str, str | Callable[[], str]]) -> None:
        self._texts = dict(texts)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stages, in order."""
        return tuple(self._texts)

    def as_text(self, name: str) -> str:
        """The program at a stage.

        Raises:
            WengertValueError: no such stage; the message lists those there are.
        """
        if name not in self._texts:
            raise WengertValueError(f"there is no stage {name!r} here", help="stages: " + ", ".join(self.names))
        text = self._texts[name]
        if not isinstance(text, str):
            text = self._texts[name] = text()
        return text

    def show(self, path: str | Path | None = None) -> None:
        """Print all stages, or write one numbered file a stage into the folder `path`."""
        for number, name in enumerate(self.names):
            if path is None:
                print(f"// ---- {name}\n{self.as_text(name)}")
            else:
                folder = Path(path)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{number}_{name}.{_SUFFIXES.get(name, 'mlir')}").write_text(
                    self.as_text(name), encoding="utf-8"
                )


_SUFFIXES = {"llvmir": "ll", "asm": "s", "ptx": "ptx"}
