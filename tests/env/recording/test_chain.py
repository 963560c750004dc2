"""The hashes of rows, against their definition."""

import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from murk_env.recording.chain import Chain
from murk_env.recording.outputs import Last, Outputs
from murk_env.recording.rounds import take_in_bytes


def outputs(step, rows=3):
    """Return what a step of a few rows might return."""
    seen = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2) + step
    said = {
        "reward": np.arange(rows) * 0.5 + step,
        "terminated": np.arange(rows) == step,
        "truncated": np.arange(rows) == 1,
        "info/fuel": np.arange(rows * 3, dtype=np.float32).reshape(rows, 3) - step,
    }
    last = Last([1], [np.full(2, step, np.float32)], {"info/fuel": np.full((1, 3), step, np.float32)})
    return Outputs({"observation": (0, seen)}, said, last)


def taken_in(accumulator, *words):
    """Return an accumulator after some words: the round of XXH64, by its definition."""
    for word in words:
        accumulator = (accumulator + word * 0xC2B2AE3D27D4EB4F) % 2**64
        accumulator = (accumulator << 31 | accumulator >> 33) * 0x9E3779B185EBCA87 % 2**64
    return accumulator


def words_of(array):
    """Return the little-endian words of 8 bytes that an array's bytes are, zeros after the last."""
    data = array.tobytes()
    return [int.from_bytes(data[place : place + 8], "little") for place in range(0, len(data), 8)]


def test_a_rows_number_is_a_chain_of_hashes():
    chain = Chain(3, interval=2)
    first, second, third = (outputs(step) for step in range(3))
    chain.reset(first, [0, 1, 2])
    chain.step(second)
    chain.step(third)
    number = xxh3_64_intdigest(first.observation["observation"][1][1].tobytes(), 0)
    number = xxh3_64_intdigest(b"".join(array[1].tobytes() for array in first.said.values()), number)
    accumulator = 0
    for each in (second, third):
        assert each.last is not None
        number = xxh3_64_intdigest(each.last.observations[0].tobytes(), number)
        number = xxh3_64_intdigest(each.last.said["info/fuel"].tobytes(), number)
        said = {name: array[1] for name, array in each.said.items()}
        flags = int(said["terminated"]) + 2 * int(said["truncated"])
        seen = each.observation["observation"][1][1]
        words = [*words_of(seen), *words_of(said["reward"]), flags, *words_of(said["info/fuel"])]
        accumulator = taken_in(accumulator, *words)
    number = taken_in(number, accumulator)
    assert int(np.frombuffer(chain.end_interval(), "<u8")[1]) == number


def changed(interval, step, change, rows=3):
    """Return the rows whose numbers differ, interval by interval, when one output of 4 steps is changed."""
    found = []
    chains = Chain(rows, interval), Chain(rows, interval)
    for number in range(4):
        given, other = outputs(number, rows), outputs(number, rows)
        if number == step:
            change(other)
        for chain, each in zip(chains, (given, other), strict=True):
            chain.step(each)
        if (number + 1) % interval == 0:
            first, second = (np.frombuffer(chain.end_interval(), "<u8") for chain in chains)
            found.append(np.flatnonzero(first != second).tolist())
    return found


def set_reward(outputs):
    outputs.said["reward"][1] += 1e-9


def set_flag(outputs):
    outputs.said["truncated"][2] = True


def set_info(outputs):
    outputs.said["info/fuel"][0, 2] += 1.0


def set_final_observation(outputs):
    outputs.last.observations[0][1] = 99.0


def set_final_info(outputs):
    outputs.last.said["info/fuel"][0, 1] = 99.0


def set_observation(outputs):
    outputs.observation["observation"][1][1, 1] = 99.0


CHANGES = [(set_reward, 1), (set_flag, 2), (set_info, 0), (set_observation, 1)]
CHANGES += [(set_final_observation, 1), (set_final_info, 1)]


@pytest.mark.parametrize(("change", "row"), CHANGES)
def test_a_change_of_any_step_shows_in_its_row_from_then_on(change, row):
    assert changed(2, 1, change) == [[row], [row]]
    assert changed(2, 3, change) == [[], [row]]


def test_of_large_observations_every_row_has_its_turn_once_in_an_interval(monkeypatch):
    monkeypatch.setattr("murk_env.recording.chain._BYTES_A_STEP", 8)  # one row of three
    seen = [changed(4, step, set_observation, rows=3) == [[1]] for step in range(4)]
    assert seen == [False, True, False, False]


def test_every_observation_is_taken_in_where_every_step_ends_an_interval(monkeypatch):
    monkeypatch.setattr("murk_env.recording.chain._BYTES_A_STEP", 8)
    for step in range(4):
        assert changed(1, step, set_observation)[step] == [1]


@pytest.mark.parametrize("shape", [(1, 8), (3, 4), (4, 12), (9, 16), (9, 20), (5, 7), (6, 1)])
def test_bytes_are_taken_in_word_by_word_however_many_there_are(shape):
    given = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    accumulators = np.arange(len(given), dtype=np.uint64)
    take_in_bytes(accumulators, given)
    expected = [taken_in(row, *words_of(array)) for row, array in enumerate(given)]
    assert accumulators.tolist() == expected


def test_bytes_that_lie_anywhere_are_taken_in():
    given = np.random.default_rng(0).integers(0, 256, (4, 20), np.uint8)
    shifted = np.zeros(81, np.uint8)[1:].reshape(4, 20)
    shifted[...] = given
    one, two = np.zeros((2, 4), np.uint64)
    take_in_bytes(one, given)
    take_in_bytes(two, shifted)
    assert one.tolist() == two.tolist()
