"""Fused kernels do what the kernels do one after the other, with whatever arrays they are pointed at."""

from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from murk_env.errors import PipelineError
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall, chain
from murk_env.kernels.fused import Fused, address, can_fuse
from murk_env.kernels.numba_internals import address_of


class Pair(NamedTuple):
    first: int
    second: int


@kernel
def scale(start, stop, source, factor, shifts, negate, out):
    for world in range(start, stop):
        for cell in range(source.shape[1]):
            value = source[world, cell] * factor + shifts[0] * shifts[1]
            out[world, cell] = -value if negate else value


@kernel
def total(start, stop, values, sums):
    for world in range(start, stop):
        sums[world] = 0.0
        for cell in range(values.shape[1]):
            sums[world] += values[world, cell]


@kernel
def refuse(start, stop, forbidden):
    for world in range(start, stop):
        if world == forbidden:
            raise ValueError("this world is refused")


def frozen(array):
    array.flags.writeable = False
    return array


def scaling(num_worlds=5, factor=2.5):
    source = frozen(np.arange(num_worlds * 3, dtype=np.float32).reshape(num_worlds, 3))
    out, sums = np.zeros((num_worlds, 3)), np.zeros(num_worlds)
    first = KernelCall(scale, (source, np.float64(factor), (np.uint64(3), np.uint64(2)), True, out))
    return first, KernelCall(total, (out, sums))


def test_an_address_is_told_or_an_error_raised_when_there_is_no_memory():
    memory = pytest.importorskip("_testcapi")  # numpy's __array_interface__ crashes the process here
    array, told = np.zeros(3), set()
    for moment in range(1, 40):
        try:
            memory.set_nomemory(moment, moment + 1)
            told.add(address(array))
        except (MemoryError, SystemError):
            pass
        finally:
            memory.remove_mem_hooks()
    assert told == {address(array)}


@pytest.mark.parametrize("block", [1, 2, 5, 100])
def test_a_fused_call_equals_one_call_after_the_other(block):
    fused, apart = scaling(), scaling()
    Fused(fused, block)(1, 4)
    for call in apart:
        call(1, 4)
    for mine, theirs in zip(fused, apart, strict=True):
        np.testing.assert_array_equal(mine.arguments[-1], theirs.arguments[-1])
    np.testing.assert_array_equal(fused[1].arguments[1][1:4], [-48.0, -70.5, -93.0])  # -(2.5 * source + 6)
    np.testing.assert_array_equal(fused[1].arguments[1][[0, 4]], 0.0)


def test_numbers_keep_their_types_and_bits():
    @kernel
    def keep(start, stop, single, double, whole, out):
        for world in range(start, stop):
            out[world, 0] = single * np.float32(3.0) == np.float32(0.3)
            out[world, 1] = double * 3.0 == 0.30000000000000004
            out[world, 2] = whole == -(2**62)

    out = np.zeros((1, 3), np.bool_)
    Fused([KernelCall(keep, (np.float32(0.1), 0.1, -(2**62), out))], 1)(0, 1)
    assert out.tolist() == [[bool(np.float32(0.1) * np.float32(3.0) == np.float32(0.3)), True, True]]


def test_a_kernel_has_defaults_and_starred_parameters():
    @kernel
    def fill(start, stop, out, value=2.5, times=3):
        for world in range(start, stop):
            out[world] = value * times

    @kernel
    def shift(start, stop, out, *shifts):
        for world in range(start, stop):
            out[world] += shifts[0][world] - shifts[1]

    out = np.zeros(3)
    calls = [(fill, (out,)), (fill, (out[1:], 4.0)), (shift, (out, np.arange(3.0), 1))]
    Fused([KernelCall(*call) for call in calls], 3)(0, 2)
    assert out.tolist() == [7.5 + 0.0 - 1.0, 12.0 + 1.0 - 1.0, 12.0]


def test_an_argument_is_pointed_at_another_array():
    first, second = scaling()
    fused, elsewhere = Fused([first, second], 2), np.zeros((5, 3))
    for place in fused.places(first.arguments[-1]):  # it is an argument of two kernels
        fused.words[place] = address(elsewhere)
    fused(0, 5)
    assert (first.arguments[-1] == 0.0).all()
    assert elsewhere[1].tolist() == [-13.5, -16.0, -18.5]
    assert second.arguments[1][1] == -48.0


def test_a_kernel_is_bound_to_other_arrays_and_numbers():
    first, second = scaling()
    fused = Fused([first, second], 2)
    fused(0, 5)
    other = frozen(np.ones((5, 3), np.float32))
    again = KernelCall(
        scale, (other, np.float64(4.0), (np.uint64(1), np.uint64(5)), False, first.arguments[-1])
    )
    fused.rebind(0, again)
    fused(0, 5)
    assert (second.arguments[1] == 27.0).all()


@pytest.mark.parametrize(
    "changed", [np.ones((5, 4), np.float32), np.ones((5, 3)), np.ones((5, 3), np.float32)], ids=str
)
def test_a_kernel_is_not_bound_to_an_array_of_another_form(changed):
    first, second = scaling()
    fused = Fused([first, second], 2)
    with pytest.raises(PipelineError, match="the kernel 'scale' is bound again with arguments of"):
        fused.rebind(0, KernelCall(scale, (changed, *first.arguments[1:])))


def test_the_kernel_that_failed_is_known():
    first, second = scaling()
    fused = Fused([first, KernelCall(refuse, (2,)), second], 1)
    with pytest.raises(ValueError, match="this world is refused"):
        fused(0, 5)
    assert fused.stage == 1
    assert second.arguments[1].tolist() == [-25.5, -48.0, 0.0, 0.0, 0.0]  # blocks before it were done


@pytest.mark.parametrize(
    ("argument", "fits"),
    [
        (np.zeros((2, 3), np.float32), True),
        (np.zeros((2, 3), np.float32)[:, :2], False),
        (np.zeros((), np.float32), False),
        (np.zeros(2, np.complex64), False),
        ((1, 2.0, np.uint64(3)), True),
        ((1, (2, 3)), False),
        (Pair(1, 2), False),  # whose fields would lose their names
        ("text", False),
        (True, True),
    ],
    ids=str,
)
def test_what_a_table_can_hold_can_be_fused(argument, fits):
    assert can_fuse(KernelCall(total, (argument,))) is fits
    assert not can_fuse(lambda start, stop: None)


def test_equal_kernels_over_equal_types_are_compiled_once():
    first, second = Fused(scaling(), 2), Fused(scaling(7), 3)
    assert first.function is second.function


@kernel
def begin(start, stop, phases, begun):
    for world in range(start, stop):
        begun[world] += 1
        phases[world] = 0


@kernel
def count_zeros(start, stop, phases, zeros):
    for world in range(start, stop):
        zeros[world] += phases[world] == 0


@pytest.mark.few(2)
@pytest.mark.parametrize("block", [1, 2, 100])
@pytest.mark.parametrize("start", [0, 1])
def test_kernels_of_one_choice_run_for_the_worlds_that_the_first_of_them_found(block, start):
    phases = np.array([2, 1, 2, 2, 0, 2])
    begun, zeros, everywhere = np.zeros(6, np.int64), np.zeros(6, np.int64), np.zeros(6, np.int64)
    calls = [
        KernelCall(begin, (phases, begun)),  # after which the number is another
        KernelCall(count_zeros, (phases, zeros)),
        KernelCall(count_zeros, (phases, everywhere)),
    ]
    Fused(calls, block, [(phases, 2), (phases, 2), None])(start, 5)
    inside = np.arange(start, 5)
    chosen = [int(world in inside and world in (0, 2, 3)) for world in range(6)]
    assert begun.tolist() == zeros.tolist() == chosen
    assert everywhere.tolist() == [int(world in inside and world != 1) for world in range(6)]
    assert phases[5] == 2


def test_a_failure_among_chosen_worlds_is_that_kernels():
    phases = np.array([1, 2])
    calls = [KernelCall(begin, (phases, np.zeros(2))), KernelCall(refuse, (1,))]
    fused = Fused(calls, 4, [None, (np.array([0, 7]), 7)])
    with pytest.raises(ValueError, match="this world is refused"):
        fused(0, 2)
    assert fused.stage == 1


def test_chained_kernels_are_one_call():
    apart, together = scaling(), scaling()
    for call in apart:
        call(1, 4)
    both = chain(*together)
    both(1, 4)
    np.testing.assert_array_equal(together[1].arguments[-1], apart[1].arguments[-1])
    assert both.arguments == (*together[0].arguments, *together[1].arguments)
    assert chain(*scaling()).kernel is both.kernel  # so that it can be bound anew
    assert can_fuse(both)


def test_what_is_no_kernel_call_cannot_be_chained():
    with pytest.raises(
        TypeError, match="chain runs kernels bound to their arguments, each a KernelCall, not <fun"
    ):
        chain(scaling()[0], cast(Any, lambda start, stop: None))


def test_a_function_whose_entry_was_interrupted_is_entered_again():
    run: Any = Fused(scaling(), 2).function
    assert address_of(run)
    run.overloads.clear()  # as it is between the entry into numba's own table and the one into this
    assert address_of(run)
    assert len(run.overloads) == 1


def test_a_function_that_another_numba_keeps_elsewhere_has_no_address_that_is_known():
    assert address_of(SimpleNamespace(compile=lambda signature: None, overloads={})) == 0
