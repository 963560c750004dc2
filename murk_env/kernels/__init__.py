"""Compiled code over worlds: compiler, disk cache, fused programs, threads. It does not know fields."""

from murk_env.kernels.call import KernelCall, chain
from murk_env.kernels.compiler import (
    COMPILES,
    CompilationError,
    compile_function,
    compile_source,
    inlined,
    kernel,
)

__all__ = [
    "COMPILES",
    "CompilationError",
    "KernelCall",
    "chain",
    "compile_function",
    "compile_source",
    "inlined",
    "kernel",
]
