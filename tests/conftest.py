"""What every test shares: floating-point errors raise; `make test` does not optimise what it compiles."""

import gc
import os

import numpy as np
import pytest

from tests.tiers import leave_a_few

np.seterr(all="raise", under="ignore")


def pytest_configure(config):
    """Compile faster, which is most of what `make test` does; `make test-all` tests what users run."""
    gc.disable()  # while thousands of cases are collected: a third of the time that this takes
    if "not slow" in config.option.markexpr and os.environ.setdefault("NUMBA_OPT", "0") == "0":
        _leave_out_what_is_not_used()
        _tell_nobody_of_calls_into_llvm()
        _name_no_sizes_of_slices()


@pytest.hookimpl(tryfirst=True)  # before pytest deselects what is slow
def pytest_collection_modifyitems(items):
    """Mark as slow what `few` leaves to `make test-all`."""
    leave_a_few(items)


def pytest_collection_finish():
    """Let the garbage collector pass over what is there for good: thousands of cases, and numba's types.

    It also runs less often than every 700 objects, since compiling makes millions: a twentieth of the time.
    """
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


def _leave_out_what_is_not_used():
    """Let numba remove dead code even where it does not optimise.

    Otherwise every function holds the address of each one that it calls, and is kept out of the disk cache.
    """
    from numba import version_info
    from numba.core.codegen import CPUCodegen

    if version_info.short < (0, 62):  # whose pass managers are others; the cache then holds less
        return
    managers = CPUCodegen._module_pass_manager

    def with_passes(self, **options):
        manager, builder = managers(self, **options)
        if options.get("cost") != "cheap":
            manager.add_sroa_pass()
            manager.add_dead_code_elimination_pass()
            manager.add_global_dead_code_eliminate_pass()
        return manager, builder

    CPUCodegen._module_pass_manager = with_passes


def _tell_nobody_of_calls_into_llvm():
    """Take off numba's two events around each of LLVM's functions: a tenth of what compiling takes here."""
    import numba.core.base  # which has asked for them
    from llvmlite.binding import ffi

    assert numba.core.base
    for told in list(ffi.lib._lock._cblist):
        ffi.unregister_lock_callback(*told)


def _name_no_sizes_of_slices():
    """Let an array that does not fit into a slice be told without sizes, which take seconds to compile."""
    import numba.np.arrayobj as arrays
    from numba.extending import overload

    def refuse(source, into):
        """Raise; numba calls this in place of its own."""

    @overload(refuse)
    def _refused(source, into):
        def raising(source, into):
            raise ValueError("cannot assign an array of another size to a slice")

        return raising

    if hasattr(arrays, "raise_with_shape_context"):  # of newer numbas
        arrays.raise_with_shape_context = refuse
