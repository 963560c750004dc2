"""Low-level operations for compiled code: arrays at an address, atomic words, calls through a pointer.

A call from Python into compiled code costs about 50 ns for each array it passes. Fused kernels and threads
pass one address instead, that of a table of int64 words, and find their arrays there.
"""

import ctypes
import os
from collections.abc import Callable
from functools import reduce
from typing import Any

from murk_env.kernels.numba_internals import array_of, cgutils, intrinsic, ir, numba_types, pack_array

__all__ = [
    "array_at",
    "array_from",
    "call_at",
    "callable_at",
    "fetch_add",
    "load",
    "put",
    "real_from",
    "shifted",
    "store",
    "word",
    "word_from",
    "yield_processor",
]

_WORD: Any = ir.IntType(64)
_WORDS: Any = _WORD.as_pointer()
_BYTES: Any = ir.IntType(8).as_pointer()
_int64: Any = numba_types.int64


def _element(builder: Any, table: Any, index: Any) -> Any:
    """Return the pointer to a word of a table."""
    return builder.gep(builder.inttoptr(table, _WORDS), [index])


def word_from(builder: Any, table: Any, index: Any) -> Any:
    """Return the instructions that load an int64 word of a table."""
    return builder.load(_element(builder, table, index))


def real_from(builder: Any, table: Any, index: Any) -> Any:
    """Return the instructions that load the float64 whose bits are a word of a table."""
    return builder.bitcast(word_from(builder, table, index), ir.DoubleType())


def array_from(context: Any, builder: Any, array_type: Any, table: Any, first: Any) -> Any:
    """Return the instructions for a C-contiguous array whose address and sides are words from `first` on.

    Nothing keeps its memory alive: that is up to the writer of the table.
    """
    words = [
        word_from(builder, table, builder.add(first, ir.Constant(_WORD, axis)))
        for axis in range(array_type.ndim + 1)
    ]
    element = context.get_data_type(array_type.dtype)
    item_size = ir.Constant(_WORD, context.get_abi_sizeof(element))
    strides = [item_size]
    for side in reversed(words[2:]):
        strides.insert(0, builder.mul(strides[0], side))
    parts = {
        "nitems": reduce(builder.mul, words[1:]),
        "itemsize": item_size,
        "data": builder.inttoptr(words[0], element.as_pointer()),
        "shape": pack_array(builder, words[1:]),
        "strides": pack_array(builder, strides),
    }
    model = context.data_model_manager[array_type]
    array = ir.Constant(model.get_value_type(), None)  # all zero: it owns no memory
    for name, value in parts.items():
        array = builder.insert_value(array, value, model.get_field_position(name))
    return array


@intrinsic
def word(_typing: Any, table: Any, index: Any) -> Any:
    """Return the int64 word `index` of the table at an address."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return word_from(builder, *arguments)

    return _int64(_int64, _int64), generate


@intrinsic(prefer_literal=True)
def array_at(_typing: Any, table: Any, index: Any, kind: Any, num_axes: Any, read_only: Any) -> Any:
    """Return the C-contiguous array whose address and sides are the words from `index` on.

    Its dtype `kind`, its number of axes and whether it is read-only (1 or 0) are known at compile time.
    Nothing keeps its memory alive: that is up to the writer of the table.
    """
    array_type = array_of(kind.dtype, num_axes.literal_value, "C", readonly=bool(read_only.literal_value))

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return array_from(context, builder, array_type, *arguments[:2])

    return array_type(_int64, _int64, kind, num_axes, read_only), generate


@intrinsic
def shifted(_typing: Any, array: Any, first: Any, count: Any) -> Any:
    """Return `count` rows beginning at row `first` of a C-contiguous array; `first` may be negative.

    The caller may only read rows inside the array; nothing keeps its memory alive.
    """

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        source = context.make_array(array)(context, builder, arguments[0])
        sides = cgutils.unpack_tuple(builder, source.shape, array.ndim)
        strides = cgutils.unpack_tuple(builder, source.strides, array.ndim)
        base = builder.add(builder.ptrtoint(source.data, _WORD), builder.mul(arguments[1], strides[0]))
        made = context.make_array(array)(context, builder)
        context.populate_array(
            made,
            data=builder.inttoptr(base, source.data.type),
            shape=pack_array(builder, [arguments[2], *sides[1:]]),
            strides=source.strides,
            itemsize=source.itemsize,
            meminfo=None,
        )
        return made._getvalue()

    return array(array, _int64, _int64), generate


@intrinsic
def put(_typing: Any, table: Any, index: Any, value: Any) -> Any:
    """Set a word, for this thread."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _element(builder, *arguments[:2]))
        return context.get_dummy_value()

    return numba_types.void(_int64, _int64, _int64), generate


@intrinsic
def load(_typing: Any, table: Any, index: Any) -> Any:
    """Return a word as other threads last stored it."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_element(builder, *arguments), "seq_cst", 8)

    return _int64(_int64, _int64), generate


@intrinsic
def store(_typing: Any, table: Any, index: Any, value: Any) -> Any:
    """Set a word, visible to all threads after everything this thread has written before."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[2], _element(builder, *arguments[:2]), "seq_cst", 8)
        return context.get_dummy_value()

    return numba_types.void(_int64, _int64, _int64), generate


@intrinsic
def fetch_add(_typing: Any, table: Any, index: Any, amount: Any) -> Any:
    """Add to a word atomically and return its old value."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", _element(builder, *arguments[:2]), arguments[2], "seq_cst")

    return _int64(_int64, _int64, _int64), generate


@intrinsic
def yield_processor(_typing: Any) -> Any:
    """Yield the processor to other threads; do nothing on systems without such a call."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        if os.name == "posix":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return numba_types.void(), generate


@intrinsic
def call_at(_typing: Any, function: Any, table: Any, start: Any, stop: Any) -> Any:
    """Call the compiled `function(table, start, stop)` at an address; return 0, or not 0 if it raised.

    The function must be compiled by numba for three int64 and return None; its machine code takes two
    pointers before them, for its result and for the exception, which is dropped here.
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [_BYTES.as_pointer(), _BYTES.as_pointer(), *[_WORD] * 3])
        result, raised = (cgutils.alloca_once(builder, _BYTES) for _ in range(2))
        pointer = builder.inttoptr(arguments[0], kind.as_pointer())
        status = builder.call(pointer, [result, raised, *arguments[1:]])
        return builder.sext(status, _WORD)

    return _int64(_int64, _int64, _int64, _int64), generate


_POINTER = ctypes.POINTER(ctypes.c_void_p)
_MACHINE_CODE = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER, _POINTER, *[ctypes.c_int64] * 3)


def callable_at(address: int) -> Callable[[int, int, int], bool]:
    """Return a Python function that calls machine code like `call_at`, and returns True unless it raised.

    The call releases the interpreter lock and takes none of numba's locks: an interrupt may leave those
    locked, and another thread would then wait for ever.
    """
    function = _MACHINE_CODE(address)

    def call(table: int, start: int, stop: int) -> bool:
        result, raised = ctypes.c_void_p(), ctypes.c_void_p()
        return function(ctypes.byref(result), ctypes.byref(raised), table, start, stop) == 0

    return call
