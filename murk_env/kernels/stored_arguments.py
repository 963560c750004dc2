"""Calls of compiled functions with arguments from a table, without a line of Python for each argument.

Fetching arguments by statements would take most of a fused function's compile time: numba processes every
line and every variable a dozen times. Here the instructions are emitted directly.
"""

import ast
from typing import Any

from murk_env.kernels.native import array_from, real_from, word_from
from murk_env.kernels.numba_internals import array_of, cgutils, fold_arguments, intrinsic, ir, numba_types

__all__ = ["STAGE", "Argument", "call_with"]

STAGE = 0
"""The word of a table that holds the number of the running kernel, for the block of the first world."""

Argument = tuple[Any, ...]
"""The layout of an argument in a table: `(word, kind)` is a number, and a tuple of those a tuple of numbers;
`(word, kind, axes, read_only)` is an array, its address and then its sides. Kinds are numpy's names.
"""

_WORD: Any = ir.IntType(64)


@intrinsic(prefer_literal=True)
def call_with(
    typing: Any, table: Any, start: Any, first: Any, last: Any, kernel: Any, number: Any, stored: Any
) -> Any:
    """Call `kernel(first, last, *arguments)` with the arguments of the table at an address.

    The table is the first parameter of the function that calls this.
    `stored` is the text of a tuple of `Argument`. Where `start` is 0, `STAGE` becomes the kernel's number.
    """
    arguments = ast.literal_eval(stored.literal_value)
    whole = numba_types.int64
    called = kernel.get_call_type(typing, (whole, whole, *map(_type, arguments)), {})

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        address, begin, *span = given[:4]
        with builder.if_then(builder.icmp_signed("==", begin, ir.Constant(_WORD, 0))):
            pointer = builder.inttoptr(address, _WORD.as_pointer())
            builder.store(
                ir.Constant(_WORD, number.literal_value), builder.gep(pointer, [ir.Constant(_WORD, STAGE)])
            )
        with builder.goto_entry_block():  # fetched once, not in every iteration of a loop
            table = context.call_conv.get_arguments(builder.function)[0]
            fetched = [_value(context, builder, table, one) for one in arguments]
        values = [*span, *fetched]
        context.get_function(kernel, called)(builder, _folded(context, builder, called, values))
        return context.get_dummy_value()

    return numba_types.void(table, whole, whole, whole, kernel, number, stored), generate


def _type(argument: Argument) -> Any:
    """Return numba's type of an argument."""
    if not argument or isinstance(argument[0], tuple):
        return numba_types.BaseTuple.from_types(tuple(map(_type, argument)))
    kind = getattr(numba_types, "boolean" if argument[1] == "bool" else argument[1])
    if len(argument) == 2:
        return kind
    return array_of(kind, argument[2], "C", readonly=argument[3])


def _value(context: Any, builder: Any, table: Any, argument: Argument) -> Any:
    """Return the instructions that fetch an argument."""
    kind = _type(argument)
    if not argument or isinstance(argument[0], tuple):
        return context.make_tuple(builder, kind, [_value(context, builder, table, one) for one in argument])
    place = ir.Constant(_WORD, argument[0])
    if len(argument) == 4:
        return array_from(context, builder, kind, table, place)
    if kind == numba_types.boolean:
        return builder.icmp_signed("!=", word_from(builder, table, place), ir.Constant(_WORD, 0))
    if isinstance(kind, numba_types.Float):
        return context.cast(builder, real_from(builder, table, place), numba_types.float64, kind)
    return context.cast(builder, word_from(builder, table, place), numba_types.int64, kind)


def _folded(context: Any, builder: Any, called: Any, values: list[Any]) -> Any:
    """Return a compiled function's arguments, with defaults, and a tuple for a starred parameter."""

    def given(_index: int, _parameter: Any, value: Any) -> Any:
        return value

    def default(index: int, _parameter: Any, value: Any) -> Any:
        return context.get_constant_generic(builder, called.args[index], value)

    def starred(_index: int, _parameter: Any, items: Any) -> Any:
        return cgutils.make_anonymous_struct(builder, items)

    return fold_arguments(called.pysig, values, {}, given, default, starred)
