"""Vectors of eight numbers, one of each of eight worlds, for loops that LLVM does not vectorise.

An array of lanes is a flat array, eight numbers to a place. Every operation rounds each lane as the same
operation on single numbers does. For compiled code only.
"""

from typing import Any

from murk_env.kernels.numba_internals import NumbaType, intrinsic, ir, models, numba_types, register_model

__all__ = ["LANES", "added", "all_lanes", "divided", "lanes_at", "multiplied", "put_lanes"]

LANES = 8

_WORD: Any = ir.IntType(64)
_Type: Any = NumbaType
_Model: Any = models.PrimitiveModel


class Lanes(_Type):
    """numba's type of eight numbers side by side."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        _Type.__init__(self, name=f"lanes({dtype})")


@register_model(Lanes)
class _LanesModel(_Model):
    def __init__(self, manager: Any, kind: Any) -> None:
        lanes = ir.VectorType(manager[kind.dtype].get_value_type(), LANES)
        _Model.__init__(self, manager, kind, lanes)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, place_type: Any, place: Any) -> Any:
    """Return the pointer to the lanes at a place of a contiguous array."""
    data = context.make_array(array_type)(context, builder, array).data
    index = context.cast(builder, place, place_type, numba_types.uint64)
    first = builder.gep(data, [builder.mul(index, ir.Constant(_WORD, LANES))])
    element = context.get_data_type(array_type.dtype)
    return builder.bitcast(first, ir.VectorType(element, LANES).as_pointer())


@intrinsic
def lanes_at(_typing: Any, array: Any, place: Any) -> Any:
    """Return the lanes at a place of a contiguous array; nothing checks that it is inside."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        loaded = builder.load(_pointer(context, builder, array, arguments[0], place, arguments[1]))
        loaded.align = context.get_abi_sizeof(context.get_data_type(array.dtype))
        return loaded

    return Lanes(array.dtype)(array, place), generate


@intrinsic
def put_lanes(_typing: Any, array: Any, place: Any, value: Any) -> Any:
    """Set the lanes at a place of a contiguous array; nothing checks that it is inside."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        stored = builder.store(
            arguments[2], _pointer(context, builder, array, arguments[0], place, arguments[1])
        )
        stored.align = context.get_abi_sizeof(context.get_data_type(array.dtype))
        return context.get_dummy_value()

    return numba_types.void(array, place, value), generate


@intrinsic
def all_lanes(_typing: Any, number: Any) -> Any:
    """Return lanes that all hold one number."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        lanes = ir.Constant(ir.VectorType(context.get_value_type(number), LANES), ir.Undefined)
        for lane in range(LANES):
            lanes = builder.insert_element(lanes, arguments[0], ir.Constant(ir.IntType(32), lane))
        return lanes

    return Lanes(number)(number), generate


@intrinsic
def added(_typing: Any, one: Any, other: Any) -> Any:
    """Return the sums of two lanes."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments)

    return one(one, other), generate


@intrinsic
def multiplied(_typing: Any, one: Any, other: Any) -> Any:
    """Return the products of two lanes."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return one(one, other), generate


@intrinsic
def divided(_typing: Any, one: Any, other: Any) -> Any:
    """Return the quotients of two lanes."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fdiv(*arguments)

    return one(one, other), generate
