"""Complex numbers of the front end: pairs of real values.

values.py what a complex value is; arithmetic.py operators; functions.py formulas; parts.py and registry.py how
functions of the table take complex operands; elementwise.py, creation.py, products.py those functions; memory.py the
boundary; trees.py leaves of trees, and the convention of cotangents.
"""
