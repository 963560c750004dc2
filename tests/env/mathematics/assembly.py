"""Prints how many multiplications are fused with additions in compiled code, for several processors.

Run as a program, because LLVM ends the process where it meets what it cannot compile. It prints two numbers
for each processor: of the functions of murk_env.mathematics and a draw, and of a sum of products compiled
with fast-math, which shows that fused ones are seen.
"""

import json
import re

import llvmlite.binding as llvm
import numba
import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.mathematics import cos, exp, expm1, expm1_float32, log, log1p, sin
from murk_env.random import normal

__all__ = ["PROCESSORS", "all_of_them"]

PROCESSORS = {
    "x86-64-v3": ("x86_64-linux-gnu", "haswell"),
    "x86-64-v4": ("x86_64-linux-gnu", "skylake-avx512"),
    "arm64": ("aarch64-linux-gnu", "neoverse-v1"),
}
FUSED = re.compile(r"\b(?:vfn?m(?:add|sub)\w*|fn?m(?:add|sub|la|ls)|fml[as])\b")
REFERENCES = re.compile(r"^define linkonce_odr void @NRT_(\w+)\(.*?^}$", flags=re.MULTILINE | re.DOTALL)


@kernel
def all_of_them(numbers: npt.NDArray[np.float64], out: npt.NDArray[np.float64]) -> None:
    """Write every function of every number into `out` (6, number)."""
    for index in range(numbers.size):
        x = numbers[index]
        out[0, index], out[1, index], out[2, index] = cos(x), exp(x), expm1(x)
        out[3, index], out[4, index], out[5, index] = log(x), log1p(x), sin(x)


def draw(rng, numbers, out):
    for index in range(numbers.size):
        out[0, index] = normal(rng) + expm1_float32(np.float32(numbers[index]))


def products(numbers, out):
    for index in range(numbers.size):
        out[0, index] += numbers[index] * numbers[index]


def fused(function, signature, **options):
    """How many fused operations every processor gets."""
    dispatcher = numba.njit(error_model="numpy", **options)(function)
    dispatcher.compile(signature)
    (code,) = dispatcher.inspect_llvm().values()
    code = re.sub(r"^target .*$", "", code, flags=re.MULTILINE)
    code = REFERENCES.sub(r"declare void @NRT_\1(ptr)", code)  # counts references, with instructions of x86
    found = {}
    for name, (triple, cpu) in PROCESSORS.items():
        machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, opt=3)
        module = llvm.parse_assembly(code)
        module.triple, module.data_layout = triple, str(machine.target_data)
        found[name] = len(FUSED.findall(machine.emit_assembly(module)))
    return found


def main():
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    arrays = "float64[::1], float64[:, ::1]"
    ours = fused(all_of_them.py_func, f"void({arrays})")  # pyright: ignore[reportFunctionMemberAccess]
    draws = fused(draw, f"void(uint32[::1], {arrays})")
    fast = fused(products, f"void({arrays})", fastmath=True)
    print(json.dumps({name: [ours[name] + draws[name], fast[name]] for name in PROCESSORS}))


if __name__ == "__main__":
    main()
