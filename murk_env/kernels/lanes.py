"""Vectors of eight numbers, such as one of each of eight worlds, for loops that LLVM does not vectorise.

An array of lanes is a flat array, eight numbers to a place. Every operation rounds each lane as the same
operation on single numbers does. For compiled code only.
"""

from typing import Any

from murk_env.kernels.numba_internals import NumbaType, intrinsic, ir, models, numba_types, register_model

__all__ = [
    "LANES",
    "added",
    "all_lanes",
    "chosen",
    "divided",
    "lanes_at",
    "lanes_from",
    "multiplied",
    "put_lanes",
    "put_lanes_from",
    "transposed",
]

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


def _loading(scale: int) -> Any:
    """Return an intrinsic's function that loads the lanes from element `scale * place` of an array."""

    def typed(_typing: Any, array: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            loaded = builder.load(_pointer(context, builder, (array, place), arguments, scale))
            loaded.align = context.get_abi_sizeof(context.get_data_type(array.dtype))
            return loaded

        return Lanes(array.dtype)(array, place), generate

    return typed


def _storing(scale: int) -> Any:
    """Return an intrinsic's function that stores lanes from element `scale * place` of an array on."""

    def typed(_typing: Any, array: Any, place: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = _pointer(context, builder, (array, place), arguments[:2], scale)
            stored = builder.store(arguments[2], pointer)
            stored.align = context.get_abi_sizeof(context.get_data_type(array.dtype))
            return context.get_dummy_value()

        return numba_types.void(array, place, value), generate

    return typed


def _pointer(context: Any, builder: Any, kinds: Any, arguments: Any, scale: int) -> Any:
    """Return the pointer to the lanes at a place of a contiguous array."""
    (array_type, place_type), (array, place) = kinds, arguments
    data = context.make_array(array_type)(context, builder, array).data
    index = context.cast(builder, place, place_type, numba_types.uint64)
    first = builder.gep(data, [builder.mul(index, ir.Constant(_WORD, scale))])
    element = context.get_data_type(array_type.dtype)
    return builder.bitcast(first, ir.VectorType(element, LANES).as_pointer())


@intrinsic
def lanes_at(typing: Any, array: Any, place: Any) -> Any:
    """Return the lanes at a place of a contiguous array; nothing checks that it is inside."""
    return _loading(LANES)(typing, array, place)


@intrinsic
def lanes_from(typing: Any, array: Any, first: Any) -> Any:
    """Return the eight elements of a contiguous array from `first` on, without a check."""
    return _loading(1)(typing, array, first)


@intrinsic
def put_lanes(typing: Any, array: Any, place: Any, value: Any) -> Any:
    """Set the lanes at a place of a contiguous array; nothing checks that it is inside."""
    return _storing(LANES)(typing, array, place, value)


@intrinsic
def put_lanes_from(typing: Any, array: Any, first: Any, value: Any) -> Any:
    """Set the eight elements from `first` on of a contiguous array; nothing checks that they are inside."""
    return _storing(1)(typing, array, first, value)


@intrinsic
def chosen(_typing: Any, marks: Any, one: Any, other: Any) -> Any:
    """Return the lanes of `one` where `marks` is not 0, and those of `other` elsewhere."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        marked = builder.fcmp_unordered("!=", arguments[0], ir.Constant(arguments[0].type, None))
        return builder.select(marked, *arguments[1:])

    return one(marks, one, other), generate


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


@intrinsic
def transposed(_typing: Any, rows: Any) -> Any:
    """Return eight lanes whose lane k holds what the k-th of the eight given lanes holds, in order."""
    kind = rows[0]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = [builder.extract_value(arguments[0], row) for row in range(LANES)]
        for half in (4, 2, 1):  # swap the blocks of `half` lanes beside the diagonal, in all pairs of rows
            low, high = _shuffles(half)
            for row in range(LANES):
                if not row & half:
                    pair = found[row], found[row + half]
                    found[row], found[row + half] = (
                        builder.shuffle_vector(*pair, way) for way in (low, high)
                    )
        return context.make_tuple(builder, signature.return_type, found)

    return numba_types.UniTuple(kind, LANES)(rows), generate


def _shuffles(half: int) -> tuple[Any, Any]:
    """Return the masks that exchange the upper blocks of one row with the lower blocks of another."""
    low = [lane if not lane & half else LANES + lane - half for lane in range(LANES)]
    high = [lane + half if not lane & half else LANES + lane for lane in range(LANES)]
    kind = ir.VectorType(ir.IntType(32), LANES)
    return ir.Constant(kind, low), ir.Constant(kind, high)
