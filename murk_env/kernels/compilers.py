"""numba's compiler, with this package's changes.

It rejects more, starts from a plan's rewritten function, and generates machine code only where it is called.
"""

import importlib
import types
import warnings
from typing import Any

from murk_env.kernels.borrowing import only_borrows
from murk_env.kernels.bytecode import reading_with_care
from murk_env.kernels.linked_code import LinkedLibrary, is_linked, set_environments
from murk_env.kernels.numba_internals import CompilationError, TypingError, numba_ir, numba_types, plan_of
from murk_env.kernels.unset import find_unset
from murk_env.kernels.with_statements import NO_WITH, line_of_with

__all__ = ["CarefulCompiler", "PlannedCompiler"]

_compiler: Any = importlib.import_module("numba.core.compiler")
_machinery: Any = importlib.import_module("numba.core.compiler_machinery")
_passes: Any = importlib.import_module("numba.core.typed_passes")
_IRProcessing: Any = importlib.import_module("numba.core.untyped_passes").IRProcessing
_UNSAFE: type[Warning] = importlib.import_module("numba.core.errors").NumbaTypeSafetyWarning


@_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(_passes.NativeLowering):
    """numba's lowering pass; functions that are only linked into others get no machine code."""

    _name = "murk_env_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower a function; one without an entry for Python is only linked into others."""
        flags, inherited = state.flags, super()
        if flags.no_compile:
            return inherited.run_pass(state)
        if not flags.no_cpython_wrapper:
            done = inherited.run_pass(state)
            set_environments(state.library)
            return done
        context = state.targetctx
        flags.no_compile = True
        try:
            if not (only_borrows(state) and self._lower_uncounted(state)):
                state.library = _library(state, context)
                inherited.run_pass(state)
        finally:
            flags.no_compile = False
        made = state.cr
        if is_linked(state.library):
            entry: Any = object()  # its callers look it up by this
        else:
            entry = context.get_executable(state.library, made.fndesc, made.env)
        context.insert_user_function(entry, made.fndesc, [state.library])
        state.cr = made._replace(cfunc=entry)
        return True

    def _lower_uncounted(self, state: Any) -> bool:
        """Lower a function without counting references; return whether numba can."""
        counting, inherited = state.targetctx, super()
        state.targetctx = counting.subtarget(enable_nrt=False)
        state.targetctx.__dict__.pop("nrt", None)  # whatever would count nevertheless is refused
        state.library = _library(state, counting)
        try:
            inherited.run_pass(state)
        except CompilationError:
            return False  # then the usual way tells what is wrong, if anything is
        finally:
            state.targetctx = counting
        return True


def _library(state: Any, context: Any) -> LinkedLibrary:
    """Return the library of a function that is only linked into others, if it does not call itself."""
    library: Any = LinkedLibrary(context.codegen(), state.func_id.func_qualname)
    library.is_recursive = any(isinstance(kind, numba_types.RecursiveCall) for kind in state.typemap.values())
    return library


@_machinery.register_pass(mutates_CFG=False, analysis_only=True)
class _RefuseUnset(_machinery.AnalysisPass):
    """Rejects a function that may read a variable before setting it."""

    _name = "murk_env_refuse_unset"

    def __init__(self) -> None:
        _machinery.AnalysisPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Check a function in its intermediate form, without changing it."""
        unset = find_unset(state.func_ir)
        if unset is not None:
            raise TypingError(unset.reason, loc=unset.loc)
        return False


def _pipeline(state: Any) -> Any:
    """Return numba's passes, with our lowering pass and the check for unset variables."""
    manager = _compiler.DefaultPassBuilder.define_nopython_pipeline(state)
    manager.add_pass_after(_RefuseUnset, _IRProcessing)
    manager.passes[:] = [
        (_Lowering if one is _passes.NativeLowering else one, said) for one, said in manager.passes
    ]
    manager.finalize()
    return manager


class CarefulCompiler(_compiler.Compiler):
    """numba's compiler, which rejects what numba only warns of: a dict that rounds or wraps its values."""

    def define_pipelines(self) -> list[Any]:
        """Return numba's passes, with our changes."""
        state: Any = self.state  # pyright: ignore[reportUnknownMemberType]
        return [_pipeline(state)]

    def compile_extra(self, func: types.FunctionType) -> Any:
        """Compile a function; unexpected errors of numba become errors that it expects."""
        inherited: Any = super()
        code = func.__code__
        place = numba_ir.Loc(code.co_filename, code.co_firstlineno)
        if (line := line_of_with(code)) is not None:
            raise TypingError(NO_WITH, loc=numba_ir.Loc(code.co_filename, line))
        with reading_with_care(), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                made = inherited.compile_extra(func)
            except CompilationError:
                raise
            except Exception as error:
                raise TypingError(f"{type(error).__name__}: {error}", loc=place) from error
        for one in said:
            if issubclass(one.category, _UNSAFE):
                raise TypingError(str(one.message), loc=place)
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        return made


class PlannedCompiler(CarefulCompiler):
    """The compiler, started from the intermediate form that a function's plan returns."""

    def define_pipelines(self) -> list[Any]:
        """Return numba's passes without those that read the bytecode, which the plan has already run."""
        state: Any = self.state  # pyright: ignore[reportUnknownMemberType]
        state.func_ir = plan_of(state.func_id.func).intermediate(state.func_id.func, state.args)
        state.func_ir.func_id = state.func_id
        state.nargs = state.func_ir.arg_count
        return super().define_pipelines()
