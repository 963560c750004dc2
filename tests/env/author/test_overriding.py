"""A hook calls the one that it overrides: by `super()` over arrays, by the class in compiled code."""

from typing import Any

import numpy as np
import pytest

from murk_env import MurkEnv, MurkVectorEnv, per_world
from murk_env.errors import DefinitionError, HookError
from murk_envs import HeatSeeker
from tests.env.worlds import Walker
from tests.tiers import representatives


class Again(HeatSeeker):
    """HeatSeeker, all of whose hooks call those of its base."""

    @per_world
    def start(self, rng):
        HeatSeeker.start(self, rng)

    @per_world
    def act(self, action):
        HeatSeeker.act(self, action)

    @per_world
    def reward(self):
        return HeatSeeker.reward(self)

    @per_world
    def terminated(self):
        return HeatSeeker.terminated(self)


@pytest.mark.slow
@pytest.mark.parametrize("checked", representatives([False, True], [False]))
def test_compiled_hooks_that_call_their_bases_are_their_bases(checked):
    one, two = (MurkVectorEnv(cls, 3, size=4, checked=checked) for cls in (Again, HeatSeeker))
    assert one.reset(seed=1)[0].tobytes() == two.reset(seed=1)[0].tobytes()
    for step in range(30):
        actions = np.arange(step, step + 3) % 5
        outputs = zip(one.step(actions)[:4], two.step(actions)[:4], strict=True)
        assert all(ours.tobytes() == theirs.tobytes() for ours, theirs in outputs)


def generous(bonus: float) -> type[MurkEnv]:
    class Base(HeatSeeker):
        @per_world
        def reward(self):
            return bonus

    class More(Base):
        @per_world
        def reward(self):
            return Base.reward(self) + 0.5

    return More


@pytest.mark.slow
def test_another_base_is_not_taken_for_it():
    for bonus in (1.0, 2.0):
        env = generous(bonus)()
        env.reset(seed=0)
        assert env.step(0)[1] == bonus + 0.5


class Helped(HeatSeeker):
    """Has a method for one world."""

    def bonus(self) -> float:
        return 1.0


def through_a_helper():
    class Super(Helped):
        def bonus(self) -> float:
            return super().bonus() + 1.0

        @per_world
        def reward(self):
            return self.bonus()

    return Super


def in_a_hook():
    class Super(HeatSeeker):
        @per_world
        def reward(self):
            if self.elapsed_steps > 3:
                return super().reward()
            return 1.0

    return Super


def with_arguments():
    class Super(HeatSeeker):
        @per_world
        def reward(self, before):
            return super(Super, before).reward()  # type: ignore[misc]

    return Super


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (
            in_a_hook,
            r"return super\(\)\.reward\(\)\): .* call HeatSeeker.reward\(self, \.\.\.\) by its class",
        ),
        (
            with_arguments,
            r"super\(Super, before\)\.reward\(\).*\): .* call HeatSeeker.reward\(self, \.\.\.\)",
        ),
        (through_a_helper, r"super\(\)\.bonus\(\) \+ 1\.0\): .* call Helped.bonus\(self, \.\.\.\) by its"),
    ],
)
def test_super_in_compiled_code_is_refused_with_what_to_write(make, advice):
    with pytest.raises(DefinitionError, match=rf"Super.reward \(.*{advice}"):
        make()()


def test_an_array_hook_calls_the_array_hook_that_it_overrides():
    class Twice(Walker):
        def reward(self, before, after):
            return 2.0 * super().reward(before, after)

    def rewards(cls: type[MurkEnv]) -> Any:
        envs: Any = MurkVectorEnv(cls, 2, size=4)
        envs.reset(seed=0)
        return envs.step([1, 2])[1]

    assert rewards(Twice).tolist() == (2.0 * rewards(Walker)).tolist()


def test_an_array_hook_over_a_compiled_one_is_refused_with_what_to_write():
    class Super(HeatSeeker):
        def reward(self, before, after):
            return super().reward(before, after)

    class Named(HeatSeeker):
        def reward(self, before, after):
            return HeatSeeker.reward(self, before, after)

    with pytest.raises(
        DefinitionError, match=r"it is compiled \(@per_world\), .* write both over arrays, or"
    ):
        Super()
    env = Named()
    env.reset(seed=0)
    with pytest.raises(HookError, match=r"HeatSeeker.reward is compiled .* both over arrays, or both with"):
        env.step(0)
