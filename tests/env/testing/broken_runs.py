"""Vector environments with one fault each, of the kind that only whole runs can show."""

from copy import deepcopy
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from tests.env.testing.plain import MAX_STEPS, Walk
from tests.env.testing.tidy import TidySyncVectorEnv

NEXT_STEP = AutoresetMode.NEXT_STEP


class Unrepeatable(TidySyncVectorEnv):
    runs = 0

    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        type(self).runs += 1
        self._fault = type(self).runs

    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        return observation, reward + self._fault, *rest


class RewardOfTheBatch(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        return observation, reward / self.num_envs, *rest


class ActionsLeak(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        # Row 0 is its neighbour's business, and rows are compared with a batch of one more.
        leak = np.where(np.arange(self.num_envs) > 0, np.roll(actions, 1), 0)
        return observation, reward + leak, *rest


class OneGenerator(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        output = super().reset(seed=seed, options=options)
        for env in self.envs[1:]:
            env.unwrapped._np_random = self.envs[0].unwrapped._np_random
        return output


class LateAutoreset(TidySyncVectorEnv):
    """Resets an ended row one step later than it should."""

    def step(self, actions: Any) -> Any:
        output = super().step(actions)
        if self.autoreset_mode is NEXT_STEP:
            ended, self._before = self._autoreset_envs, getattr(self, "_before", self._autoreset_envs & False)
            self._autoreset_envs, self._before = self._before, ended
        return output


class ReseedsAtAutoreset(TidySyncVectorEnv):
    """Begins every episode after the first from one and the same seed."""

    def step(self, actions: Any) -> Any:
        ended = self._autoreset_envs.copy() & (self.autoreset_mode is NEXT_STEP)
        output = super().step(actions)
        for row in np.flatnonzero(ended):
            env = self.envs[row].unwrapped
            env._np_random = np.random.default_rng(env.np_random_seed)
        return output


class TruncatesUnlessTerminated(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, terminated, truncated, info = super().step(actions)
        return observation, reward, terminated, truncated & ~terminated, info


class NegativeZero(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        return observation, np.where(reward == 0.0, -0.0, reward), *rest


class MaskIgnored(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if options:
            SyncVectorEnv.reset(deepcopy(self), options=dict(options))
        return super().reset(seed=seed)


class SeedsOfMaskMoved(TidySyncVectorEnv):
    """Gives the seeds to the masked rows in order, as if they were the only rows."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if options and isinstance(seed, int):
            before = np.cumsum(options["reset_mask"]) - 1
            seed = [seed + max(0, int(one)) for one in before]
        return super().reset(seed=seed, options=options)


class AutoresetStaysPending(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        pending = self._autoreset_envs.copy()
        output = super().reset(seed=seed, options=options)
        if options and self.autoreset_mode is NEXT_STEP:
            self._autoreset_envs = pending
        return output


class Endless(Walk):
    def step(self, action: Any) -> Any:
        observation, reward, _, truncated, info = super().step(action)
        return observation, reward, False, truncated, info


def make_endless() -> gymnasium.Env[Any, Any]:
    return Endless()


def make_never_terminating() -> gymnasium.Env[Any, Any]:
    return TimeLimit(Endless(), MAX_STEPS)


class EndlessVector(TidySyncVectorEnv):
    make_single = staticmethod(make_endless)


class NeverTerminating(TidySyncVectorEnv):
    make_single = staticmethod(make_never_terminating)


class Hasty(Walk):
    limit = 1.0


class NeverTruncating(TidySyncVectorEnv):
    make_single = staticmethod(Hasty)
