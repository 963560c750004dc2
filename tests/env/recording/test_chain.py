"""The hashes of rows, against their definition."""

import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from murk_env.recording.chain import Chain
from murk_env.recording.outputs import Last, Outputs


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


def test_a_rows_number_is_a_chain_of_xxh3():
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
        number = xxh3_64_intdigest(each.observation["observation"][1][1].tobytes(), number)
        number = xxh3_64_intdigest(each.last.observations[0].tobytes(), number)
        number = xxh3_64_intdigest(each.last.said["info/fuel"].tobytes(), number)
        said = {name: array[1] for name, array in each.said.items()}
        reward = int.from_bytes(said["reward"].tobytes(), "little")
        flags = int(said["terminated"]) + 2 * int(said["truncated"])
        fuel = said["info/fuel"].tobytes()
        words = [int.from_bytes(fuel[place : place + 8], "little") for place in (0, 8)]
        accumulator = taken_in(accumulator, reward, flags, *words)
    number = xxh3_64_intdigest(accumulator.to_bytes(8, "little"), number)
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
