"""The hashes of rows, against their definition."""

import numpy as np
import pytest
from xxhash import xxh3_64_intdigest

from murk_env.recording.chain import Chain
from murk_env.recording.outputs import Outputs


def outputs(step, rows=3):
    """Return what a step of a few rows might return."""
    seen = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2) + step
    said = {"reward": np.arange(rows) * 0.5 + step, "terminated": np.arange(rows) == step}
    return Outputs({"observation": (0, seen)}, said)


def test_a_rows_number_is_a_chain_of_xxh3(monkeypatch):
    chain = Chain(3, interval=2)
    first, second, third = (outputs(step) for step in range(3))
    chain.reset(first, [0, 1, 2])
    chain.step(second)
    chain.step(third)
    number = xxh3_64_intdigest(first.observation["observation"][1][1].tobytes(), 0)
    number = xxh3_64_intdigest(b"".join(array[1].tobytes() for array in first.said.values()), number)
    for each in (second, third):
        number = xxh3_64_intdigest(each.observation["observation"][1][1].tobytes(), number)
    said = [array[1].tobytes() for name in second.said for array in (second.said[name], third.said[name])]
    number = xxh3_64_intdigest(b"".join(said), number)
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
    outputs.said["terminated"][2] = True


def set_observation(outputs):
    outputs.observation["observation"][1][1, 1] = -0.0 if False else 99.0


@pytest.mark.parametrize(("change", "row"), [(set_reward, 1), (set_flag, 2), (set_observation, 1)])
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
