"""From what the front end writes to one function without derivatives to be taken: the first part of the pipeline."""

from __future__ import annotations

from wengert.passes.base import Pass
from wengert.passes.expand import DiffExpand
from wengert.passes.inline import Inline
from wengert.passes.promote import Promote
from wengert.passes.simplify import Simplify

#: What is traced has been tidied and its hot elements are in scalars, so that less is saved for reverse sweeps.
BEFORE: tuple[Pass, ...] = (Simplify(), Promote())
#: Derivatives are defined; calls are gone, with the functions only they used; what meets across them is merged.
RESOLVE: tuple[Pass, ...] = (DiffExpand(), Inline(), Simplify(), Promote(), Simplify())


def differentiation() -> tuple[Pass, ...]:
    """The passes from the traced module to one public function of plain operations."""
    return (*BEFORE, *RESOLVE)
