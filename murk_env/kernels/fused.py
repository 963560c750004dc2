"""Fuses kernels over worlds into one compiled function, and runs it on blocks of worlds."""

from collections.abc import Sequence
from typing import Any, TypeGuard, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.compiler import compile_source
from murk_env.kernels.fused_source import BLOCK, FIRST, Step, Turn, source_of
from murk_env.kernels.native import array_at, word
from murk_env.kernels.numba_internals import address_of, is_dispatcher
from murk_env.kernels.stored_arguments import STAGE, Argument, call_with

__all__ = ["Choice", "Fused", "address", "can_fuse", "fits"]

Array = npt.NDArray[Any]
Choice = tuple[Array, int]  # an integer for each world, and the value that selects a world


class Fused:
    """Several bound kernels as one function: `fused(start, stop)` runs them all on the worlds [start, stop).

    Every block of worlds goes through all kernels before the next block begins, so that it stays in cache.
    Equal kernels with arguments of equal types share one compiled function, whatever the arrays.

    Args:
        bounds: the kernels in order, for all of which `can_fuse` is true.
        block: number of worlds in a block.
        choices: by kernel, which worlds it runs for, None for all. Consecutive kernels with the same choice
            all run for one world, then for the next: the first may change the number that selects the world.
        turns: by kernel, when it is repeated, None for once.

    Attributes:
        function: the compiled function, called with `(address, start, stop)`.
        address: the address of the table of arguments.
        words: the table. Whoever sets a word named by `places` to the address of another array of the same
            shape and type must keep that array alive.
        block: number of worlds in a block.
    """

    def __init__(
        self,
        bounds: Sequence[KernelCall],
        block: int,
        choices: Sequence[Choice | None] | None = None,
        turns: Sequence[Turn | None] | None = None,
    ) -> None:
        self.block = block
        writer = _Writer()
        calls = [list(map(writer.stored, bound.arguments)) for bound in bounds]
        chosen = [None] * len(bounds) if choices is None else choices
        tests = [writer.test(choice) for choice in chosen]
        repeated = [None] * len(bounds) if turns is None else turns
        spans = {turn.repeat: writer.span(turn.times) for turn in repeated if turn is not None}
        steps = list(map(Step, range(len(bounds)), calls, tests, repeated))
        namespace = {f"kernel{index}": bound.kernel for index, bound in enumerate(bounds)}
        self.function = compile_source(
            source_of(writer.lines, steps, spans), "fused_kernels", {**namespace, **_NAMESPACE}, entry=True
        )
        self._table = np.array([0] * BLOCK + [block, *writer.words], np.int64)
        slots = iter(writer.slots)
        self._slots = [[next(slots) for _ in bound.arguments] for bound in bounds]
        self._bounds = list(bounds)  # keeps the arrays alive: the table only holds addresses
        self._choices = chosen
        self.address = address(self._table)
        self.words = memoryview(cast(Any, self._table))
        self._machine_code: int | None = None  # found at first use

    def __call__(self, start: int, stop: int) -> None:
        """Run the worlds [start, stop)."""
        self.function(self.address, start, stop)

    @property
    def machine_code(self) -> int:
        """The address of the function's machine code, for `call_at`; 0 if unknown."""
        if self._machine_code is None:
            self._machine_code = address_of(self.function)
        return self._machine_code

    @property
    def stage(self) -> int:
        """The index of the kernel that ran last: the one that failed, if a run from world 0 failed."""
        return int(self._table[STAGE])

    def rebind(self, index: int, bound: KernelCall) -> None:
        """Bind a kernel to other arrays and numbers of the same shapes and types.

        Raises:
            PipelineError: it is another kernel, or its arguments have other shapes or types.
        """
        before = self._bounds[index]
        pairs = list(zip(before.arguments, bound.arguments, strict=False))
        same = len(before.arguments) == len(bound.arguments) and all(_same_signature(*pair) for pair in pairs)
        if bound.kernel is not before.kernel or not same:
            raise PipelineError(
                f"the kernel {bound.kernel.__name__!r} is bound again with arguments of other shapes or "
                f"types than before; what bind(frame) returns may differ in values alone from tick to tick."
            )
        for slot, (old, new) in zip(self._slots[index], pairs, strict=True):
            if old is new:
                continue  # its word may have been set to another array
            for place, item in zip(slot, new if _is_tuple(new) else (new,), strict=True):
                self._table[place] = address(item) if _is_array(item) else _word(item)
        self._bounds[index] = bound  # last: an interrupted call is repeated

    def places(self, array: Array) -> list[int]:
        """Return the words that hold the address of an array argument."""
        return [
            slot[0]
            for bound, slots in zip(self._bounds, self._slots, strict=True)
            for value, slot in zip(bound.arguments, slots, strict=True)
            if value is array
        ]


def can_fuse(run: object) -> bool:
    """Return whether a propagator or hook is a kernel bound to arguments that a table can hold."""
    return isinstance(run, KernelCall) and is_dispatcher(run.kernel) and all(map(fits, run.arguments))


def address(array: Array) -> int:
    """Return the address of an array's memory."""
    return array.ctypes.data


def _is_array(value: Any) -> TypeGuard[Array]:
    return isinstance(value, np.ndarray)


def _is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _is_real(value: Any) -> bool:
    return isinstance(value, float | np.floating)


def _same_signature(old: Any, new: Any) -> bool:
    """Return whether two arguments differ only in address or value."""
    if old is new:
        return True
    if _is_array(old) and _is_array(new):
        return new.flags.c_contiguous and _form(old) == _form(new)
    if _is_tuple(old) and _is_tuple(new):
        return [type(item) for item in old] == [type(item) for item in new]
    return type(old) is type(new)


def _form(array: Array) -> tuple[Any, ...]:
    return array.shape, array.dtype, array.flags.writeable


def _word(number: Any) -> int:
    """Return the word that represents a number: for a float its bits."""
    if _is_real(number):
        return int(np.float64(number).view(np.int64))
    return int(np.array(number).astype(np.int64))


def fits(value: Any) -> bool:
    """Return whether a table can hold an argument."""
    if _is_array(value):
        known = value.dtype.isnative and value.dtype.name in _NAMESPACE
        return known and bool(value.flags.c_contiguous) and value.ndim > 0
    if _is_tuple(value):
        plain = type(value) is tuple  # a table cannot hold the field names of a namedtuple
        return plain and all(fits(item) and not _is_array(item) and not _is_tuple(item) for item in value)
    if type(value) is int:
        return -(2**63) <= value < 2**63
    return isinstance(value, bool | int | float) or type(value).__name__ in _NAMESPACE


class _Writer:
    """Writes arguments into a table, and describes their layout.

    Attributes:
        words: the table, from the word `FIRST` on.
        lines: statements that fetch the arrays of choices.
        slots: by argument, the words that hold the array's address, the number, or a tuple's numbers.
    """

    def __init__(self) -> None:
        self.words: list[int] = []
        self.lines: list[str] = []
        self.slots: list[list[int]] = []
        self._tested: dict[int, str] = {}

    def stored(self, value: Any) -> Argument:
        """Put an argument into the table."""
        self.slots.append([])
        if _is_array(value):
            return self._array(value), value.dtype.name, value.ndim, not value.flags.writeable
        return tuple(map(self._number, value)) if _is_tuple(value) else self._number(value)

    def test(self, choice: Choice | None) -> str:
        """Return the expression that tests whether a world is chosen, empty if every world is."""
        if choice is None:
            return ""
        numbers, wanted = choice
        if id(numbers) not in self._tested:
            name = self._tested[id(numbers)] = f"numbers{len(self._tested)}"
            self.slots.append([])
            place, read_only = self._array(numbers), int(not numbers.flags.writeable)
            fetched = f"array_at(table, {place}, {numbers.dtype.name}, {numbers.ndim}, {read_only})"
            self.lines.append(f"{name} = {fetched}")
        return f"{self._tested[id(numbers)]}[world] == {wanted}"

    def span(self, count: int) -> str:
        """Return the expression for the turns of a repetition; the last turn has an odd number."""
        first = self._put(count % 2)
        return f"range(word(table, {first}), word(table, {self._put(count + count % 2)}))"

    def _number(self, value: Any) -> Argument:
        place = self._put(_word(value))
        self.slots[-1].append(place)
        return place, _kind(value)

    def _array(self, array: Array) -> int:
        place = self._put(address(array))
        for side in array.shape:
            self._put(side)
        self.slots[-1].append(place)
        return place

    def _put(self, number: int) -> int:
        self.words.append(number)
        return FIRST + len(self.words) - 1


def _kind(number: Any) -> str:
    """Return numpy's name of a number's type in compiled code."""
    if isinstance(number, bool | np.bool_):
        return "bool"
    if type(number).__module__ == "numpy":
        return type(number).__name__
    return "float64" if _is_real(number) else "int64"


_SIGNED = (np.int8, np.int16, np.int32, np.int64)
_UNSIGNED = (np.uint8, np.uint16, np.uint32, np.uint64)
_NAMESPACE: dict[str, Any] = {
    **{kind.__name__: kind for kind in (np.float32, np.float64, *_SIGNED, *_UNSIGNED)},
    "bool": np.bool_,
    "array_at": array_at,
    "call_with": call_with,
    "word": word,
}
