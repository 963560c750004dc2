"""Vector environments with one fault each, of the kind that one call or two can show."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from tests.env.testing.tidy import TidySyncVectorEnv


class ModeAsText(TidySyncVectorEnv):
    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        self.metadata["autoreset_mode"] = mode.value


class ModeInMetadataOnly(TidySyncVectorEnv):
    def __getattribute__(self, name: str) -> Any:
        if name == "autoreset_mode" and "_started" in self.__dict__:
            raise AttributeError(name)
        return super().__getattribute__(name)


class SharedMetadata(TidySyncVectorEnv):
    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        type(self).metadata = self.metadata


class UnbatchedSpace(TidySyncVectorEnv):
    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        self.observation_space = self.single_observation_space


class FloatRewards(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        return observation, reward.astype(np.float32), *rest


class DoubleObservations(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, *rest = super().step(actions)
        return observation.astype(np.float64), *rest


class HalfObservations(TidySyncVectorEnv):
    """A Box takes them, but its dtype is another."""

    def step(self, actions: Any) -> Any:
        observation, *rest = super().step(actions)
        return observation.astype(np.float16), *rest


class OutsideSpace(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, *rest = super().step(actions)
        return observation + np.float32(100.0), *rest


class ListOfInfos(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        return *rest, [info]


class ListForTuple(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        return list(super().step(actions))


class MissingMask(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        del info["_distance"]
        return *rest, info


class KeyAtStepsOnly(TidySyncVectorEnv):
    def reset(self, **keywords: Any) -> Any:
        observation, info = super().reset(**keywords)
        del info["distance"], info["_distance"]
        return observation, info


class ScalarInfo(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        return *rest, info | {"distance": 0.0}


class NoFinalObservation(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        info.pop("final_obs", None)
        return *rest, info


class BatchedFinalObservation(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, *rest, info = super().step(actions)
        if "final_obs" in info:
            info["final_obs"] = [observation] * self.num_envs
        return observation, *rest, info


class StaleBuffer(TidySyncVectorEnv):
    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        self.copy = False


class ConstantShared(TidySyncVectorEnv):
    def __init__(self, num_envs: int, mode: AutoresetMode) -> None:
        super().__init__(num_envs, mode)
        self._every_row = np.ones(num_envs, np.bool_)

    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        return *rest, info | {"_distance": self._every_row}


class ReadOnly(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, reward, *rest = super().step(actions)
        reward.flags.writeable = False
        return observation, reward, *rest


class StateHandedOut(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        observation, *rest = super().step(actions)
        for env, row in zip(self.envs, observation, strict=True):
            walk: Any = env.unwrapped
            walk._state = row
        return observation, *rest


class MaskTakenOut(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        output = super().reset(seed=seed, options=options)
        (options or {}).pop("reset_mask", None)
        return output


class SameSeedInEveryRow(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return super().reset(seed=[seed] * self.num_envs if isinstance(seed, int) else seed, options=options)


class PythonSeedsOnly(TidySyncVectorEnv):
    def _plain_seeds(self, seed: Any) -> Any:
        return [] if isinstance(seed, np.integer) else super()._plain_seeds(seed)


class NoneIsRefused(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if isinstance(seed, list) and seed[-1] is None:
            raise TypeError("None is no seed")
        return super().reset(seed=seed, options=options)


class NoneShiftsSeeds(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        shifts = isinstance(seed, list) and None in seed
        return super().reset(seed=[None, *seed[:-1]] if shifts else seed, options=options)


class SeedsForgotten(TidySyncVectorEnv):
    @property
    def np_random_seed(self) -> Any:
        return super().np_random_seed[0]


class SeedsForgottenWhenUnseeded(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        self._seeded = seed is not None
        return super().reset(seed=seed, options=options)

    @property
    def np_random_seed(self) -> Any:
        return super().np_random_seed if self._seeded else (None,) * self.num_envs


class NegativeSeeds(TidySyncVectorEnv):
    def _plain_seeds(self, seed: Any) -> Any:
        return super()._plain_seeds(abs(seed) if isinstance(seed, int) else seed)


class SeedsHalfTaken(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if isinstance(seed, float):
            super().reset()
        return super().reset(seed=seed, options=options)


class AnyMask(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        masked = options and isinstance(options.get("reset_mask"), list)
        return super().reset(
            seed=seed, options={"reset_mask": np.asarray(options["reset_mask"])} if masked else options
        )


class MaskRefusedTooLate(TidySyncVectorEnv):
    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if options and not np.any(options["reset_mask"]):
            super().reset()
        return super().reset(seed=seed, options=options)


class ActionsClipped(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        whole = isinstance(actions, np.ndarray) and actions.dtype == np.int64
        return super().step(np.clip(actions, 0, 2) if whole else actions)


class ActionsRefusedTooLate(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        if not self.action_space.contains(actions):
            super().step(np.zeros(self.num_envs, np.int64))
        return super().step(actions)


class EndedRowsMustAct(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        if np.any(self._autoreset_envs) and not self.action_space.contains(actions):
            raise ValueError("expected an action for every row")
        return super().step(actions)


class StepsAtOnce(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        if not self._started:
            self.reset()
        return super().step(actions)


class StepsWhenClosed(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        self.closed = False
        return super().step(actions)


class ClosesOnce(TidySyncVectorEnv):
    def close(self, **_: Any) -> None:
        if self.closed:
            raise RuntimeError("closed twice")
        super().close()


class StepsEndedRows(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        if self.autoreset_mode is AutoresetMode.DISABLED:
            self._autoreset_envs[:] = False
        return super().step(actions)


class EndedRowsRefusedTooLate(TidySyncVectorEnv):
    def step(self, actions: Any) -> Any:
        if self.autoreset_mode is AutoresetMode.DISABLED and self._autoreset_envs.any():
            self.envs[int(np.argmin(self._autoreset_envs))].step(1)
        return super().step(actions)
