"""From compiled bytes to Python calls: LLVM IR to machine code, loading, generated entry points, the object cache.

This layer imports no other layer of wengert and no MLIR. What it is given is the text of an LLVM module that follows
the kernel ABI, and a `KernelSignature`; what it gives back is a Python callable.
"""
