"""Noise: its distributions, and that it depends on nothing but where it is drawn."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Square4
from murk_env.propagators import Copy, Noise
from murk_env.random import WorldRng, key_from_seed, origins
from murk_env.world import World

KINDS = ("gaussian", "uniform", "salt_and_pepper")
LATTICE = Square4(100, 100)


def disturbed(kind: Any = "gaussian", ticks=1, *, scale=0.5, seed=0, num_worlds=1, initial=0.0, place=0):
    """Return the field (num_worlds, num_cells) after some ticks, `place` propagators before the noise."""
    signal = Field(initial=initial)
    others = [Field() for _ in range(place)]
    fields = {"signal": signal, **{f"other{i}": other for i, other in enumerate(others)}}
    propagators = [*(Copy(other) for other in others), Noise(signal, kind=kind, scale=scale)]
    world = World(LATTICE, fields, propagators, num_worlds=num_worlds, seed=seed)
    world.run(ticks)
    return np.array(world[signal], np.float64)


def draws(seed, step, origin=origins.FIRST_PROPAGATOR):
    """Return the generator of one world's draws in one step of its first episode."""
    keys = key_from_seed(seed)[np.newaxis]
    return WorldRng(keys, np.zeros(1, np.int32), np.array([step], np.int32), origin=origin)


def test_gaussian_noise_has_its_mean_deviation_and_tails():
    noise = disturbed("gaussian", scale=0.5, initial=2.0)[0] - 2.0
    assert noise.mean() == pytest.approx(0.0, abs=4 * 0.5 / 100)
    assert noise.std() == pytest.approx(0.5, rel=4 / math.sqrt(2 * noise.size))
    share = math.erf(1 / math.sqrt(2))  # of a normal distribution within one deviation
    assert (abs(noise) < 0.5).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.slow
def test_uniform_noise_fills_its_range_evenly():
    noise = disturbed("uniform", scale=0.5, initial=2.0)[0] - 2.0
    counts, _ = np.histogram(noise, bins=10, range=(-0.5, 0.5))
    assert counts.sum() == noise.size
    assert abs(counts - 1000).max() < 4 * math.sqrt(900)


@pytest.mark.slow
def test_salt_and_pepper_fall_half_and_half_with_their_probability():
    values = disturbed("salt_and_pepper", scale=0.2, initial=0.25)[0]
    shares = [(values == value).mean() for value in (0.0, 1.0, 0.25)]
    np.testing.assert_allclose(shares, [0.1, 0.1, 0.8], atol=4 * math.sqrt(0.16 / 10_000))


@pytest.mark.slow
@pytest.mark.parametrize(("probability", "left"), [(0.0, 1.0), (1.0, 0.0)])
def test_salt_and_pepper_spare_all_or_none(probability, left):
    values = disturbed("salt_and_pepper", scale=probability, initial=0.25)
    assert (values == 0.25).mean() == left


def test_the_numbers_are_the_first_draws_of_its_place_in_the_pipeline():
    seed = 7
    third = draws(seed, step=1, origin=origins.FIRST_PROPAGATOR + 2)
    gauss = third.normal(shape=LATTICE.num_cells)[0].astype(np.float32)
    assert np.array_equal(disturbed("gaussian", seed=seed, place=2)[0], np.float32(0.5) * gauss)
    flat = draws(seed, step=1).random(LATTICE.num_cells, dtype=np.float32)[0]
    expected = np.float32(0.5) * (np.float32(2.0) * flat - np.float32(1.0))
    assert np.array_equal(disturbed("uniform", seed=seed)[0], expected)


def test_ticks_add_up_with_numbers_of_their_own():
    steps = [draws(0, step=step).normal(shape=LATTICE.num_cells)[0].astype(np.float32) for step in (1, 2)]
    expected = np.float32(0.5) * steps[0] + np.float32(0.5) * steps[1]
    assert np.array_equal(disturbed("gaussian", 2)[0], expected)


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", KINDS)
def test_worlds_propagators_and_seeds_draw_different_numbers(kind):
    one, neighbour = disturbed(kind, num_worlds=2, initial=0.25)
    for other in (
        neighbour,
        *(disturbed(kind, initial=0.25, **change)[0] for change in ({"seed": 5}, {"place": 1})),
    ):
        assert (one != other).mean() > 0.5  # salt and pepper differ in 5 of 8 cells


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_does_not_depend_on_the_size_of_the_batch(kind):
    batch = disturbed(kind, 3, num_worlds=3, seed=4)
    for row in range(3):
        assert np.array_equal(disturbed(kind, 3, seed=4 + row)[0], batch[row])


def test_a_probability_is_at_most_one():
    with pytest.raises(PropagatorConfigError, match=r"Noise needs a finite scale from 0 to 1, .* not 1.5"):
        Noise(Field(), kind="salt_and_pepper", scale=1.5)
    assert Noise(Field(), kind="uniform", scale=1.5).scale == 1.5


def test_a_scale_is_not_negative():
    with pytest.raises(PropagatorConfigError, match=r"Noise needs a finite scale from 0 to inf.* not -0.5"):
        Noise(Field(), scale=-0.5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(PropagatorConfigError, match="no kind 'Gaussian'; did you mean 'gaussian'"):
        Noise(Field(), kind="Gaussian")  # pyright: ignore[reportArgumentType]


def test_guarantees_know_salt_and_pepper():
    signal = Field(low=0.2, high=3.0, initial=1.0)
    assert Noise(signal, kind="salt_and_pepper").guarantees(signal) == (0.0, 3.0)
    assert Noise(signal).guarantees(signal) == (-math.inf, math.inf)
