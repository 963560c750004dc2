"""The code of functions that are only linked into others, without their own machine code.

numba generates machine code for every function that it compiles, and again for each that is linked into
another. Most of ours are only called by fused kernels, so their own machine code would never run.
"""

import importlib
from typing import Any

__all__ = ["LINKED", "LinkedLibrary", "is_linked", "result_of", "set_environments"]

LINKED = "linked"
"""The cache's name for such code, next to numba's names for its own kinds."""

_codegen: Any = importlib.import_module("numba.core.codegen")
_result: Any = importlib.import_module("numba.core.compiler").CompileResult
_lookup: Any = importlib.import_module("numba.core.environment").lookup_environment
_llvm: Any = importlib.import_module("llvmlite.binding")
_UNRESOLVED: str = (
    _codegen.RuntimeLinker.PREFIX
)  # before the name of a function that calls itself through others
_ENVIRONMENT = "_ZN08NumbaEnv"


class LinkedLibrary(_codegen.JITCodeLibrary):
    """numba's library of a function and everything linked into it, which is itself only linked.

    A function that calls itself, also through others, gets machine code nevertheless: where such a call is of
    other types than the function's own, numba resolves it by address.
    """

    is_recursive = False

    def _finalize_final_module(self) -> None:
        own: Any = self
        inherited: Any = super()
        names = [one.name for one in own._final_module.global_variables]
        own.is_linked = not (own.is_recursive or any(name.startswith(_UNRESOLVED) for name in names))
        if not own.is_linked:
            inherited._finalize_final_module()
            return
        own._finalize_dynamic_globals()
        own._verify_declare_only_symbols()
        own._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return the address of a function's machine code, 0 if there is none."""
        inherited: Any = super()
        return 0 if is_linked(self) else inherited.get_pointer_to_function(name)

    def serialize_using_object_code(self) -> tuple[Any, ...]:
        """Return the content for the cache."""
        own: Any = self
        inherited: Any = super()
        if not is_linked(self):
            return inherited.serialize_using_object_code()
        return own.name, LINKED, own._get_module_for_linking().as_bitcode()


def is_linked(library: Any) -> bool:
    """Return whether a library has no machine code."""
    if not isinstance(library, LinkedLibrary):
        return False
    library._ensure_finalized()
    return library.is_linked


def result_of(context: Any, parts: tuple[Any, ...]) -> Any:
    """Return numba's compiled function from the cached content of a linked one."""
    (name, _, bitcode), fndesc, environment, signature, objectmode, lifted, annotation, reload, others = parts
    library: Any = LinkedLibrary(context.codegen(), name)
    library._final_module = library._shared_module = _llvm.parse_bitcode(bitcode)
    library._finalized = library.is_linked = True
    return _result(
        target_context=context,
        typing_context=context.typing_context,
        library=library,
        environment=environment,
        entry_point=object(),  # its callers look it up by this
        fndesc=fndesc,
        type_annotation=annotation,
        signature=signature,
        objectmode=objectmode,
        lifted=lifted,
        typing_error=None,
        call_helper=None,
        metadata=None,
        reload_init=reload,
        referenced_envs=others,
    )


def set_environments(library: Any) -> None:
    """Set the environment objects of the code linked into a library with machine code."""
    for variable in library._final_module.global_variables:
        if variable.name.startswith(_ENVIRONMENT):
            found = _lookup(variable.name)
            if found is not None:
                library.codegen.set_env(variable.name, found)
