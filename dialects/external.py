"""Functions that compute an op on numbers: those of SciPy, by the names and types of `scipy.special.cython_special`.

A record names the function; `external-calls` writes the call, and `runtime.host` finds the address when the code is
loaded.  The functions take and return float64, read no memory but their arguments, and need no lock.  A function that
SciPy has for Python only is defined here, as text.
"""

from __future__ import annotations

from dataclasses import dataclass

#: How the symbol of a function begins; after it come the kinds of its parameters and its name.
SPECIAL_PREFIX = "wengert_special_"


@dataclass(frozen=True)
class External:
    """A function of `scipy.special.cython_special`.

    Args:
        name: without what Cython puts before the variants of one name.
        parameters: one letter each: `d` a float64, `l` an int64 (the operand is a float64 that is one).
        outputs: how many results it writes through pointers; 0 when it returns its result.
        output: the result that is meant, among these.
        text: what defines it (a func.func with this symbol), when it is not SciPy's.
    """

    name: str
    parameters: str = "d"
    outputs: int = 0
    output: int = 0
    text: str = ""

    @property
    def symbol(self) -> str:
        """``wengert_special_d_erfinv``; ``wengert_special_dpp_fresnel``, which has two results."""
        return f"{SPECIAL_PREFIX}{self.parameters}{'p' * self.outputs}_{self.name}"
