"""Control flow at the corners: what is bound, who shares memory, how often a body runs.

Each case is a function and several tuples of arguments.  No test modules, so that pytest leaves `assert` statements as
they are.
"""

from tests.frontend.control_flow_cases import (  # noqa: F401  each adds its cases
    arrays_and_branches,
    arrays_and_loops,
    carried_numbers,
    objects,
    run_time_errors,
    turns,
    unbound_names,
)
from tests.frontend.control_flow_cases.case import CASES

__all__ = ["CASES"]
