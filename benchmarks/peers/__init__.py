"""Who is measured: wengert, NumPy itself, and the others, each behind the same five methods (`peer.Peer`)."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kernel import KERNELS, Definition
from benchmarks.peers.peer import Peer


@dataclass(frozen=True)
class Contender:
    """A column of the tables.

    Args:
        module: where its class `Measured` is.
        form: which form of the kernel it runs, and the argument of that class.
        label: for headings.
        ours: it is wengert, and runs in the environment that has it.
    """

    module: str
    form: str
    label: str
    ours: bool = False


CONTENDERS = {
    "wengert": Contender("wengert", "numpy", "wengert", ours=True),
    "wengert:loops": Contender("wengert", "loops", "wengert, loops", ours=True),
    "numpy": Contender("python", "numpy", "NumPy", ours=True),
    "numba": Contender("numba", "loops", "Numba"),
    "enzyme": Contender("enzyme", "c", "Enzyme (C)"),
    "jax": Contender("jax", "jax", "JAX"),
    "jaxalt": Contender("jax", "jax_restructured", "JAX, restructured"),
    "torch": Contender("torch", "torch", "PyTorch"),
    "torchc": Contender("torch", "torch_compiled", "torch.compile"),
}
#: Competitors: everybody but wengert, in its two forms.
RIVALS = tuple(name for name in CONTENDERS if not name.startswith("wengert"))
#: What stands in the tables if nothing else is asked for; torch.compile costs seconds a kernel and rarely wins.
USUAL = tuple(name for name in CONTENDERS if name != "torchc")

HERE = Path(__file__).parent.parent


def has(name: str, definition: Definition) -> bool:
    """Whether the kernel is written in the form this contender runs. Imports no peer."""
    form = CONTENDERS[name].form
    if form in ("numpy", "loops"):
        kernel = definition(**definition.small)
        return getattr(kernel, form) is not None
    if form == "c":
        return c_file(definition).exists()
    folder, _, variant = form.partition("_")
    function = definition.name + ("_restructured" if variant == "restructured" else "")
    return f"\ndef {function}(" in (HERE / f"{folder}_forms" / f"{definition.family}.py").read_text()


def c_file(definition: Definition) -> Path:
    return HERE / "c_forms" / f"{definition.name}.c"


def prepare(name: str, kernel: str, sizes: dict[str, int], threads: int) -> Peer:
    """The contender, ready to be called; nothing is compiled yet."""
    contender = CONTENDERS[name]
    module = importlib.import_module(f"benchmarks.peers.{contender.module}")
    return module.Measured(KERNELS[kernel], sizes, contender.form, threads)
