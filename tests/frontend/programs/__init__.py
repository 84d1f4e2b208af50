"""Small real programs, each with arguments: what the front end compiles must do what Python and NumPy do.

One family a module, one function a paragraph.  No test modules, so that pytest leaves `assert` statements as they are.
"""

from tests.frontend.programs import (  # noqa: F401  each adds its programs
    arrays,
    functions,
    jumps,
    kernels,
    objects,
    sequences,
    values,
)
from tests.frontend.programs.program import PROGRAMS, Program

__all__ = ["PROGRAMS", "Program"]
