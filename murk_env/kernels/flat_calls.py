"""Calls of kernels with flat parts of C-contiguous arrays, computed from their addresses.

To numba `array.reshape(-1)[first : first + size]` is a function that tries to reshape, a slice that may be
negative or too long, and reference counting; and it processes every operation of a function a dozen times.
A call here is one operation, whatever its arguments, and emits its instructions directly.

Nothing keeps the memory of a part alive and no index is checked: both are up to the caller.
"""

import ast
from collections.abc import Sequence
from functools import cache, lru_cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels.numba_internals import (
    COMPILES,
    array_of,
    cgutils,
    intrinsic,
    ir,
    numba_types,
)
from murk_env.kernels.structures import Builder, Structure

__all__ = ["call_line", "flat_of", "names_for_calls", "part_of", "row_of"]

Array = npt.NDArray[Any]
Typed = tuple[Any, Any]  # numba's type, and the value

_WORD: Any = ir.IntType(64)
_int64: Any = numba_types.int64


def flat_of(array: Array) -> Array:
    """Return all elements of an array, as one axis."""
    return array.reshape(-1)


def row_of(array: Array, row: int) -> Array:
    """Return the elements of an array at an index of its first axis, as one axis."""
    return array[row : row + 1].reshape(-1)


def part_of(array: Array, row: int, numbers: npt.NDArray[np.int64], at: int, times: int = 0) -> Array:
    """Return a part of a row of an array, as one axis.

    Args:
        array: the array, taken as flat rows.
        row: the index of the row.
        numbers: from index `at` on: the length of a row, the part's first element, its size, and a stride.
        at: index of the first of those numbers.
        times: number of strides by which the part's beginning is moved.
    """
    length, begin, size, stride = numbers[at : at + 4].tolist()
    first = row * length + begin + times * stride
    return array.reshape(-1)[first : first + size]


def call_line(kernel: str, arguments: str, variables: Sequence[str]) -> str:
    """Return the line of source that calls a kernel, for a function that has `names_for_calls()`.

    Args:
        kernel: the name of the kernel.
        arguments: Python source of its arguments: parameters of the enclosing function, its variables that
            hold integers, integers, elements of arrays of one axis such as `numbers[3]`, and calls of
            `flat_of`, `row_of` and `part_of`. The arrays are C-contiguous.
        variables: the names of all variables that the arguments may name.
    """
    if not COMPILES:
        return f"{kernel}({arguments})"
    named = [name for name in _parsed(arguments)[1] if name in variables]
    return f"call_with_parts({', '.join([kernel, repr(arguments), *named])})"


def names_for_calls() -> dict[str, Any]:
    """Return the namespace that lines of `call_line` need, apart from variables and kernels."""
    if COMPILES:
        return {"call_with_parts": _call_with_parts}
    return {"flat_of": flat_of, "row_of": row_of, "part_of": part_of}


@cache
def _parsed(arguments: str) -> tuple[list[ast.expr], list[str]]:
    """Return the parsed arguments, and the names of the parameters and variables in them."""
    call: Any = ast.parse(f"call({arguments})", mode="eval").body
    names = [node.id for one in call.args for node in ast.walk(one) if isinstance(node, ast.Name)]
    return call.args, [name for name in dict.fromkeys(names) if name not in _PARTS]


@intrinsic(prefer_literal=True)
def _call_with_parts(_typing: Any, kernel: Any, arguments: Any, *variables: Any) -> Any:
    """Call a kernel with arguments given as text, and the variables that occur in them.

    Parameters are read directly from the calling function, since numba would copy an array for each use.
    """

    def generate(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        builder = Builder.like(builder)
        nodes, names = _parsed(arguments.literal_value)
        known = dict(_parameters(context, builder.function))
        others = [name for name in names if name not in known]
        values = cgutils.unpack_tuple(builder, given[-1], len(variables))
        known |= zip(others, zip(variables, values, strict=True), strict=True)
        handed = [_value(context, builder, node, known) for node in nodes]
        called = kernel.get_call_type(context.typing_context, tuple(kind for kind, _ in handed), {})
        context.get_function(kernel, called)(builder, [value for _, value in handed])
        return context.get_dummy_value()

    together = numba_types.BaseTuple.from_types(variables)  # as numba passes starred arguments
    return numba_types.void(kernel, arguments, together), generate


@lru_cache(maxsize=1)  # for all calls in a function
def _parameters(context: Any, function: Any) -> dict[str, Typed]:
    """Return the parameters of the function that is being compiled, by name."""
    names, kinds = context.fndesc.args, context.fndesc.argtypes
    flat = context.call_conv.get_arguments(function)
    values = context.get_arg_packer(kinds).from_arguments(Builder(), flat)
    return dict(zip(names, zip(kinds, values, strict=True), strict=True))


def _value(context: Any, builder: Any, node: Any, known: dict[str, Typed]) -> Typed:
    """Return numba's type of an argument, and the instructions for it."""
    match node:
        case ast.Name():
            return known[node.id]
        case ast.Constant():
            return _int64, ir.Constant(_WORD, node.value)
        case ast.Subscript():
            array, index = (_value(context, builder, one, known) for one in (node.value, node.slice))
            return _element(context, builder, array, index)
        case _:
            array, *numbers = (_value(context, builder, one, known) for one in node.args)
            return _part(context, builder, array, *_PARTS[node.func.id](context, builder, array, *numbers))


def _of(context: Any, builder: Any, array: Typed, name: str) -> Any:
    """Return a field of numba's array structure by name, such as its data, shape or strides."""
    kind, value = array
    return builder.extract_value(value, context.data_model_manager[kind].get_field_position(name))


def _part(context: Any, builder: Any, array: Typed, first: Any, size: Any) -> Typed:
    """Return `size` elements of an array from element `first` on, as one axis."""
    kind = array_of(array[0].dtype, 1, "C", readonly=not array[0].mutable)
    item_size = ir.Constant(_WORD, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    nothing = cgutils.get_null_value(context.get_value_type(numba_types.voidptr))
    fields = {
        "meminfo": nothing,
        "parent": nothing,
        "nitems": size,
        "itemsize": item_size,
        "data": builder.gep(_of(context, builder, array, "data"), [first]),
        "shape": Structure({0: size}),
        "strides": Structure({0: item_size}),
    }
    position = context.data_model_manager[kind].get_field_position
    part = Structure({position(name): value for name, value in fields.items()})
    return kind, part


def _element(context: Any, builder: Any, array: Typed, index: Typed) -> Typed:
    kind = array[0].dtype
    pointer = builder.gep(_of(context, builder, array, "data"), [_whole(context, builder, index)])
    return kind, context.unpack_value(builder, kind, pointer)


def _whole(context: Any, builder: Any, number: Typed) -> Any:
    """Return an integer as 64 bits."""
    return context.cast(builder, number[1], number[0], _int64)


def _find_all(context: Any, builder: Any, array: Typed) -> tuple[Any, Any]:
    return ir.Constant(_WORD, 0), _of(context, builder, array, "nitems")


def _find_row(context: Any, builder: Any, array: Typed, row: Typed) -> tuple[Any, Any]:
    sides = cgutils.unpack_tuple(builder, _of(context, builder, array, "shape"), array[0].ndim)[1:]
    size = reduce(builder.mul, sides) if sides else ir.Constant(_WORD, 1)
    return builder.mul(_whole(context, builder, row), size), size


def _find_part(
    context: Any, builder: Any, _array: Typed, row: Typed, numbers: Typed, at: Typed, *times: Typed
) -> tuple[Any, Any]:
    length, begin, size, *later = (
        _element(context, builder, numbers, (_int64, ir.Constant(_WORD, at[1].constant + number)))[1]
        for number in range(4 if times else 3)
    )
    first = builder.add(builder.mul(_whole(context, builder, row), length), begin)
    for one, by in zip(times, later, strict=True):
        first = builder.add(first, builder.mul(_whole(context, builder, one), by))
    return first, size


_PARTS = {"flat_of": _find_all, "row_of": _find_row, "part_of": _find_part}
