"""Sensors: single cells of a field, and noise from the world's own random numbers."""

from typing import Any, cast

import numpy as np
import pytest
from gymnasium.spaces import Discrete

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    Group,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    per_world,
)
from murk_env.errors import BlueprintError
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.observation import ObservationPlan
from tests.env.observation.scenes import GRID, Fields, plan_of, values

SD = 0.25
BIG = 400  # cells


def see(entry, **options):
    plan, worlds = plan_of(GRID, entry, **options), values()
    out = plan.allocate(3)
    plan.fill(worlds, out)
    return out, worlds


def test_sensors_show_their_cells_in_their_order():
    seen, worlds = see(Observe(Fields.heat, cells=[7, 0, 19, 7]))
    np.testing.assert_array_equal(seen, worlds[Fields.heat][:, [7, 0, 19, 7]])


@pytest.mark.slow
def test_sensors_show_every_component_and_their_transforms():
    seen, worlds = see(Observe(Fields.flow, cells=np.array([3, 4])).clipped(-0.5, 0.5), layout="dict")
    np.testing.assert_array_equal(seen["flow"], np.clip(worlds[Fields.flow][:, :, [3, 4]], -0.5, 0.5))


@pytest.mark.parametrize("cells", [[], [-1], [0.5], [[1, 2]], 3, "all"])
def test_what_are_no_cells_is_refused(cells):
    with pytest.raises(BlueprintError, match="shows must be a list of ranks >= 0, at least one"):
        Observe(Fields.heat, cells=cells)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: plan_of(GRID, Observe(Fields.heat, cells=[20])),
            "shows cell 20, but .* has the cells 0 to 19",
        ),
        (lambda: Observe(Fields.cell, cells=[0]), "cells are chosen of a field over cells"),
        (lambda: Observe(Fields.heat, cells=[0]).pooled("max", 2), "that is not pooled"),
        (lambda: Observe(Fields.heat, cells=[0]).window(around=Fields.cell, disk=1), r"has no window\(\)"),
        (lambda: Observe(Fields.heat).noisy(-1.0), "noisy.sd. takes a finite standard deviation >= 0"),
        (lambda: Observe(Fields.heat).noisy(np.nan), "noisy.sd. takes a finite standard deviation >= 0"),
    ],
)
def test_what_cannot_be_seen_is_refused(make, message):
    with pytest.raises(BlueprintError, match=message):
        make()


class Still(MurkEnv):
    """A world in which nothing happens, seen through two noisy sensors and by two noisy agents."""

    class Params(murk_env.Params):
        """No parameters."""

    heat = Field(initial=2.0, low=0.0, high=4.0)
    spot = Field(over="agents", dtype="int32")

    @classmethod
    def build(cls, params):
        entry = Observe(cls.heat).noisy(SD)
        return Blueprint(
            lattice=Square4(1, BIG),
            observation=Observation(entry, Observe(cls.heat, name="other").noisy(SD), dtype="float64"),
            groups=[Group("watcher", 2, Observation(entry, over="agents"), Discrete(2))],
        )

    @per_world
    def start(self, rng: Draws) -> None:
        self.spot[:] = 0

    def act(self, tick, actions):
        """Do nothing."""

    @per_world
    def reward(self) -> float:
        return 0.0

    @per_world
    def terminated(self) -> bool:
        return False


ACTIONS = np.zeros((3, 2), int)


def seen_in_5_steps(num_envs, seed=4):
    envs = MurkVectorEnv(Still, num_envs)
    first = envs.reset(seed=seed)[0]
    return np.stack([first, *(envs.step(ACTIONS[:num_envs])[0] for _ in range(5))]), envs


@pytest.mark.slow
def test_noise_is_normal_and_independent_between_places_entries_steps_and_worlds():
    seen, envs = seen_in_5_steps(3)
    drawn = (seen.reshape(6, 3, 2, BIG) - 2.0) / SD
    assert drawn.mean() == pytest.approx(0.0, abs=5.0 / np.sqrt(drawn.size))
    assert drawn.std() == pytest.approx(1.0, abs=0.02)
    rows = drawn.reshape(36, BIG)
    apart = cast(Any, np.corrcoef(rows))[~np.eye(36, dtype=bool)]
    assert np.abs(apart).max() < 5.5 / np.sqrt(BIG)
    assert envs.observation_space.contains(seen[3])


@pytest.mark.slow
def test_a_row_sees_the_same_noise_whatever_the_others_and_again():
    alone, _ = seen_in_5_steps(1)
    together, envs = seen_in_5_steps(3)
    np.testing.assert_array_equal(alone[:, 0], together[:, 0])
    np.testing.assert_array_equal(envs.observe()[0], together[-1])
    np.testing.assert_array_equal(seen_in_5_steps(3)[0], together)


@pytest.mark.slow
def test_a_restored_state_is_seen_with_the_same_noise_and_a_fresh_branch_with_another():
    _, envs = seen_in_5_steps(3)
    state = envs.save()
    expected = envs.step(ACTIONS)[0]
    envs.restore(state)
    np.testing.assert_array_equal(envs.step(ACTIONS)[0], expected)
    envs.branch([0, 0], into=[1, 2], randomness="fresh")
    found = cast(Any, envs.observe()[0])
    assert (found[1] != found[2]).all()


@pytest.mark.slow
def test_every_agent_has_noise_of_its_own():
    envs: Any = MurkAgentVectorEnv(Still, 2)
    seen = np.asarray(envs.reset(seed=4)[0])
    assert seen.dtype == np.float32
    assert (np.abs(np.corrcoef(seen)[~np.eye(4, dtype=bool)]) < 0.3).all()


def test_the_bounds_are_those_of_the_field_and_what_noise_can_add():
    entry = Observation(Observe(Still.heat).noisy(0.5))
    space: Any = ObservationPlan(entry, Square4(1, 2), frozenset([Still.heat]), 0).space
    assert (space.low.tolist(), space.high.tolist()) == ([-4.5, -4.5], [8.5, 8.5])
