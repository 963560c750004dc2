"""Sub-steps of an environment: actions hold, `between` sees each, and a step is as whole as one tick."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box

import murk_env
from murk_env import Blueprint, Draws, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Ring1D, per_world
from murk_env.errors import BlueprintError, DefinitionError, HookError
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, kernel
from murk_env.random import uniform


@kernel
def drift(start: int, stop: int, u: Any, wind: Any, dt: float, out: Any) -> None:
    for world in range(start, stop):
        for cell in range(u.shape[1]):
            out[world, cell] = u[world, cell] + dt * wind[world]


@dataclass(frozen=True, eq=False)
class Drift(Propagator):
    """Adds the wind to `u`."""

    u: Field
    wind: Field

    def declare(self) -> Declaration:
        return Declaration(reads_previous=(self.u,), reads=(self.wind,), writes=(self.u,))

    def bind(self, frame: Frame) -> KernelCall:
        return KernelCall(
            drift, (frame.previous(self.u), frame.read(self.wind), frame.dt, frame.write(self.u))
        )


class Sailing(MurkEnv):
    """Drift with a wind that calms down within a step, and pay for every sub-step.

    Observation: float32 (5,): place of two boats, wind, cost, gust.
    Action: Box(-1, 1, (1,), float32): wind at the beginning of the step.
    Reward: minus the cost.
    Ends: terminated when a boat is more than `far` away.
    Start: at 0, with a head start that differs.
    Source: none.
    """

    class Params(murk_env.Params):
        """How many sub-steps, and where it ends."""

        substeps: int = 4
        far: float = 2.0

    u = Field()  # (num_worlds, 2)
    wind = Field(over="world")  # (num_worlds,)
    cost = Field(over="world")  # (num_worlds,) sum of |wind * u| over the sub-steps
    gust = Field(over="world")  # (num_worlds,) what was drawn in each sub-step, summed
    seen = Field(over="world", components=8)  # (num_worlds, 8) u[0] after each sub-step

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        return Blueprint(
            lattice=Ring1D(2),
            propagators=[Drift(cls.u, cls.wind)],
            observation=Observation(*map(Observe, (cls.u, cls.wind, cls.cost, cls.gust))),
            action_space=Box(-1.0, 1.0, (1,), np.float32),
            dt=2.0,
            substeps=params.substeps,
        )

    @per_world
    def start(self, rng: Draws) -> None:
        self.u[:] = 0.5 * uniform(rng)

    @per_world
    def act(self, action: Any) -> None:
        self.wind[0] = action[0]
        self.cost[0] = 0.0
        self.gust[0] = 0.0

    @per_world
    def between(self, action: Any, substep: int, rng: Draws) -> None:
        self.seen[substep] = self.u[0]
        self.cost[0] += abs(self.wind[0] * self.u[0]) + action[0] * 0.0
        self.gust[0] += uniform(rng)
        self.wind[0] *= 0.5

    @per_world
    def reward(self) -> float:
        return -self.cost[0]

    @per_world
    def terminated(self) -> bool:
        return abs(self.u[0]) > self.params.far


@pytest.mark.slow
def test_between_sees_every_substep_and_what_it_moves_is_felt_in_the_next():
    env = Sailing(substeps=4)
    env.reset(seed=0)
    with env.world.edit() as tick:
        tick.u = 0.0
    _, reward, *_ = env.step(np.ones(1, np.float32))
    places = 0.5 * np.cumsum(0.5 ** np.arange(4))  # dt / 4 = 0.5, the wind halves
    assert env.world["seen"][0, :4].tolist() == places.tolist()
    assert reward == -np.sum(0.5 ** np.arange(4) * places)
    assert env.world["wind"] == 0.5**4


class Watched(Sailing):
    """Sails, and derives twice the first boat's place; `between` sees that of the step before."""

    twice = Field(over="world", derived=True)  # (num_worlds,)

    @per_world
    def between(self, action: Any, substep: int) -> None:
        self.seen[substep] = self.twice[0] + action[0] * 0.0
        self.wind[0] *= 0.5

    @per_world
    def derive(self) -> None:
        self.twice[0] = 2.0 * self.u[0]


@pytest.mark.slow
def test_between_sees_what_was_derived_before_the_step():
    env = Watched(substeps=2)
    env.reset(seed=0)
    for _ in range(3):
        before = 2.0 * env.world["u"][0, 0]
        env.step(np.ones(1, np.float32))
        assert env.world["seen"][0, :2].tolist() == [before, before]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_threads_change_nothing(mode):
    threaded = MurkVectorEnv(Sailing, 6, autoreset_mode=mode, num_threads=3, far=1.0)
    alone = MurkVectorEnv(Sailing, 6, autoreset_mode=mode, num_threads=1, far=1.0)
    rng, ended = np.random.default_rng(1), 0
    first, second = threaded.reset(seed=4), alone.reset(seed=4)
    for _ in range(12):
        assert first[0].tobytes() == second[0].tobytes()
        actions = rng.uniform(-1.0, 1.0, (6, 1)).astype(np.float32)
        first, second = threaded.step(actions), alone.step(actions)
        assert [one.tolist() for one in first[1:4]] == [one.tolist() for one in second[1:4]]
        ended += int(first[2].sum())
        if mode == "Disabled" and first[2].any():
            first, second = (envs.reset(options={"reset_mask": first[2]}) for envs in (threaded, alone))
    assert ended > 3


@pytest.mark.slow
def test_rows_do_not_depend_on_their_number():
    many, one = MurkVectorEnv(Sailing, 5), Sailing()
    many.reset(seed=3)
    observed, _ = one.reset(seed=5)
    for _ in range(5):
        rows, rewards, *_ = many.step(np.full((5, 1), 0.3, np.float32))
        observed, reward, *_ = one.step(np.full(1, 0.3, np.float32))
        assert rows[2].tobytes() == observed.tobytes()
        assert rewards[2] == reward


@pytest.mark.slow
def test_every_substep_draws_numbers_of_its_own():
    env = Sailing(substeps=8)
    env.reset(seed=0)
    sums = {env.step(np.zeros(1, np.float32))[0][4].item() for _ in range(6)}
    env.reset(seed=0)
    again = {env.step(np.zeros(1, np.float32))[0][4].item() for _ in range(6)}
    assert len(sums) == 6
    assert sums == again
    single = Sailing(substeps=1)
    single.reset(seed=0)
    draws = [single.step(np.zeros(1, np.float32))[0][4].item() for _ in range(8)]
    env.reset(seed=0)
    assert env.step(np.zeros(1, np.float32))[0][4].item() == pytest.approx(sum(draws), abs=1e-5)


class Sinking(Sailing):
    """One whose hook fails in a sub-step."""

    @per_world
    def between(self, substep: int) -> None:
        if substep == 2 and self.u[0] > 0.9:
            raise ValueError("sunk")


@pytest.mark.slow
def test_a_failing_between_leaves_everything_as_it_was():
    env = Sinking()
    env.reset(seed=0)
    with env.world.edit() as tick:
        tick.u = 0.0
    env.step(np.full(1, 0.1, np.float32))
    before = env.save()
    with pytest.raises(HookError, match=r"Sinking\.between raised ValueError: sunk; the tick was undone"):
        env.step(np.ones(1, np.float32))
    assert env.save() == before
    env.step(np.full(1, 0.1, np.float32))


def test_hooks_that_cannot_run_between_are_refused():
    class OverArrays(Sailing):
        def between(self, tick):
            pass

    with pytest.raises(DefinitionError, match=r"between runs in every sub-step and is compiled: .*@per_"):
        OverArrays()

    class Writes(Sailing):
        @per_world
        def between(self) -> None:
            self.u[0] = 1.0

    with pytest.raises(DefinitionError, match=r"between .*writes 'u': .*written by Drift\(u\)"):
        Writes()

    class Asks(Sailing):
        @per_world
        def between(self, before) -> None:
            self.wind[0] = before.wind[0]

    with pytest.raises(DefinitionError, match="names the argument 'before', which it is not given"):
        Asks()


@pytest.mark.parametrize("wrong", [0, True, 2.5])
def test_a_blueprint_refuses_what_is_no_number_of_substeps(wrong):
    with pytest.raises(
        BlueprintError, match=rf"a Blueprint's substeps, .* must be a whole number .* not {wrong!r}"
    ):
        dataclasses.replace(Sailing.blueprint_for(Sailing.Params()), substeps=wrong)
