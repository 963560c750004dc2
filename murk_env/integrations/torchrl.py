"""TorchRL: all groups of agents of many worlds as one env, and action masks as entries of its envs.

    from torchrl.collectors import Collector
    from murk_env import MurkGroupsEnv
    from murk_env.integrations.torchrl import GroupsWrapper
    from murk_envs import HexPursuit

    env = GroupsWrapper(MurkGroupsEnv(HexPursuit, 64, autoreset_mode="Disabled"))
    print(env.group_map)  # {"predator": ["predator_0", ...], "prey": [...]}
    collector = Collector(env, None, frames_per_batch=4096, total_frames=100_000)

An env without groups needs no adapter, just `GymWrapper(MurkVectorEnv(HeatSeeker, 64,
autoreset_mode="SameStep"))`, with `with_action_mask` around it if actions are masked.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false, reportUntypedBaseClass=false

from typing import Any, cast

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.errors import MissingLibraryError, ParameterError
from murk_env.faces.groups import MurkGroupsEnv

try:
    import torch
    from tensordict import TensorDict
    from torchrl.data import Binary, Bounded, Categorical, Composite, MultiCategorical, Unbounded
    from torchrl.envs import EnvBase
    from torchrl.envs.gym_like import default_info_dict_reader
except ImportError as error:
    raise MissingLibraryError(
        "murk_env.integrations.torchrl needs TorchRL; install it: pip install torchrl."
    ) from error

__all__ = ["GroupsWrapper", "with_action_mask"]

_FLAGS = ("done", "terminated", "truncated")


class GroupsWrapper(EnvBase):
    """All groups of agents of many worlds as one env of TorchRL, stepped in one compiled call.

    Entries are those of TorchRL's PettingZooWrapper, with the worlds axis first: by group `observation`,
    `action`, `reward`, `done`, `terminated`, `truncated`, (num_worlds, size, ...), `mask`, which agents act
    next, and `action_mask` if there is one; and for the worlds `done`, `terminated` and `truncated`,
    (num_worlds, 1). A world is done when all its agents are, and TorchRL resets it. Agents that are done
    before their world stay done, with rewards and observations of zero; exclude them from a loss by `mask`.

    Args:
        env: the groups, with `autoreset_mode="Disabled"`.
        return_state: whether there is an entry `state` for a central critic, (num_worlds, numbers).

    Attributes:
        group_map: by group, the names of its agents.

    Raises:
        ParameterError: `env` is no MurkGroupsEnv, its autoreset mode is another, or TorchRL has no spec for a
            space.
    """

    def __init__(self, env: MurkGroupsEnv, *, return_state: bool = False) -> None:
        if not isinstance(env, MurkGroupsEnv):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ParameterError(
                f"GroupsWrapper takes a MurkGroupsEnv, not {env!r}; TorchRL's own GymWrapper and "
                f"PettingZooWrapper take the other forms."
            )
        if env.autoreset_mode is not AutoresetMode.DISABLED:
            raise ParameterError(
                f"TorchRL resets worlds of groups by itself: make the MurkGroupsEnv with "
                f"autoreset_mode='Disabled', not {env.autoreset_mode.value!r}."
            )
        super().__init__(batch_size=torch.Size([env.num_envs]), allow_done_after_reset=True)
        self.group_map = {name: list(agents) for name, agents in env.agents.items()}
        self._env, self._returns_state, self._seeded = env, return_state, cast("int | None", None)
        self._ends: dict[str, dict[str, Any]] = {}
        self._set_specs()

    def _set_specs(self) -> None:
        env, worlds = self._env, self._env.num_envs
        observed, done, acted, paid = ({} for _ in range(4))
        for name, agents in self.group_map.items():
            lead, space = torch.Size([worlds, len(agents)]), env.action_spaces[name]
            masked = name in env.masked_groups
            _check_action_space(name, space, masked=masked)
            seen = {"observation": _spec(env.observation_spaces[name], lead)}
            seen["mask"] = Binary(shape=lead, dtype=torch.bool)
            if masked:
                seen[ACTION_MASK] = Binary(
                    shape=torch.Size([*lead, int(cast(Any, space).n)]), dtype=torch.bool
                )
            observed[name] = Composite(seen, shape=lead)
            acted[name] = Composite({"action": _spec(space, lead)}, shape=lead)
            paid[name] = Composite({"reward": Unbounded(shape=torch.Size([*lead, 1]))}, shape=lead)
            done[name] = _flags_spec(lead)
        if self._returns_state:
            observed["state"] = _spec(env.state_space, (worlds,))
        self.observation_spec = Composite(observed, shape=(worlds,))
        self.action_spec = Composite(acted, shape=(worlds,))
        self.reward_spec = Composite(paid, shape=(worlds,))
        self.done_spec = Composite({**done, **dict(_flags_spec((worlds,)).items())}, shape=(worlds,))

    def _set_seed(self, seed: int | None) -> None:
        self._seeded = seed

    def _reset(self, tensordict: Any = None, **kwargs: Any) -> Any:
        wanted = None if tensordict is None else tensordict.get("_reset", None)
        if wanted is None or not self._ends:
            seed, self._seeded = self._seeded, None
            observations, infos = self._env.reset(seed=seed)
            self._ends = {
                name: {flag: np.zeros((self._env.num_envs, len(agents)), np.bool_) for flag in _FLAGS}
                for name, agents in self.group_map.items()
            }
        else:
            mask = wanted.reshape(self._env.num_envs).numpy()
            observations, infos = self._env.reset(options={"reset_mask": mask})
            _, infos = self._env.observe()  # the infos of all worlds
            for flags in self._ends.values():
                for ended in flags.values():
                    ended[mask] = False
        return self._told(observations, infos)

    def _step(self, tensordict: Any) -> Any:
        spec = self.full_action_spec
        actions = {
            name: spec[name, "action"].to_numpy(tensordict.get((name, "action"))) for name in self.group_map
        }
        observations, rewards, terminated, truncated, infos = self._env.step(actions)
        for name, flags in self._ends.items():
            flags["terminated"] = flags["terminated"] | terminated[name]
            flags["truncated"] = flags["truncated"] | truncated[name]
            flags["done"] = flags["terminated"] | flags["truncated"]
        made = self._told(observations, infos)
        for name, earned in rewards.items():
            made.set((name, "reward"), torch.as_tensor(earned, dtype=torch.float32).unsqueeze(-1))
        return made

    def _told(self, observations: dict[str, Any], infos: dict[str, Any]) -> Any:
        """Return the entries of a step or a reset, without rewards."""
        worlds = self._env.num_envs
        shown: dict[Any, Any] = {}
        for name, agents in self.group_map.items():
            lead, flags = torch.Size([worlds, len(agents)]), self._ends[name]
            part: dict[str, Any] = {
                "observation": _tensors(observations[name], lead),
                "mask": torch.from_numpy(infos["active"][name]),
                **{flag: torch.from_numpy(ended.copy()).unsqueeze(-1) for flag, ended in flags.items()},
            }
            if name in self._env.masked_groups:
                part[ACTION_MASK] = self._mask(name, infos)
            shown[name] = TensorDict(part, batch_size=lead)
        done, cut = (
            np.concatenate([flags[which] for flags in self._ends.values()], axis=1)
            for which in ("done", "truncated")
        )
        all_done = done.all(axis=1, keepdims=True)
        all_cut = all_done & cut.any(axis=1, keepdims=True)
        for which, value in zip(_FLAGS, (all_done, all_done & ~all_cut, all_cut), strict=True):
            shown[which] = torch.from_numpy(value)
        if self._returns_state:
            shown["state"] = torch.from_numpy(self._env.state())
        return TensorDict(shown, batch_size=self.batch_size)

    def _mask(self, name: str, infos: dict[str, Any]) -> Any:
        """Return a group's action masks, and restrict random actions to them."""
        mask = torch.from_numpy(infos[ACTION_MASK][name]).bool()
        mask[~mask.any(dim=-1)] = True  # agents that have left: their actions are ignored
        spec: Any = self.full_action_spec
        spec[name, "action"].update_mask(mask.clone())
        return mask

    def close(self, *, raise_if_closed: bool = True) -> None:
        """Close the groups."""
        if not self.is_closed:
            self._env.close()
        super().close(raise_if_closed=raise_if_closed)


def with_action_mask(env: Any) -> Any:
    """Let a GymWrapper, or GymEnv, read `action_mask` from the infos; return the same env.

    The entry has one bool for each option; `torchrl.envs.ActionMask` draws random actions by it, and a
    `MaskedCategorical` or `MaskedOneHotCategorical` those of a policy. In same-step mode TorchRL takes random
    actions, without the mask, when it wraps an env: then the env needs `action_masked_out="replace"`.

    Args:
        env: a GymWrapper over an env of murk_env with one Discrete action.

    Raises:
        ParameterError: the env has no action mask of a Discrete.
    """
    space: Any = getattr(env, "single_action_space", env.action_space)
    native: Any = env.unwrapped
    options = getattr(space, "n", None)
    if options is None or not getattr(native, "masks_actions", False):
        raise ParameterError(
            f"with_action_mask takes a GymWrapper over an env with a Discrete action and an action_mask, not "
            f"over {native!r}."
        )
    shape = torch.Size([*env.batch_size, int(options)])
    env.set_info_dict_reader(
        _MaskReader([ACTION_MASK], spec={ACTION_MASK: Binary(shape=shape, dtype=torch.bool)})
    )
    return env


class _MaskReader(default_info_dict_reader):
    """Reads the mask as bools, TorchRL's dtype of masks."""

    def __call__(self, info_dict: Any, tensordict: Any) -> Any:
        return tensordict.set(ACTION_MASK, torch.as_tensor(info_dict[ACTION_MASK]).bool())


def _check_action_space(name: str, space: Any, *, masked: bool) -> None:
    """Raise ParameterError for actions of a group that TorchRL cannot represent."""
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete) and np.any(space.start):
        raise ParameterError(
            f"TorchRL counts actions from 0, but those of {name!r}, {space}, begin elsewhere; let their "
            f"start be 0."
        )
    if masked and not isinstance(space, spaces.Discrete):
        raise ParameterError(
            f"GroupsWrapper takes masks of Discrete actions, but those of {name!r} are {space}; make the env "
            f"without an action_mask, or these actions Discrete."
        )


def _spec(space: Any, lead: tuple[int, ...]) -> Any:
    """Return the spec of a space with leading axes."""
    if isinstance(space, spaces.Dict):
        return Composite({key: _spec(part, lead) for key, part in space.items()}, shape=lead)
    if isinstance(space, spaces.Discrete):
        return Categorical(int(space.n), shape=torch.Size(lead))
    shape = torch.Size([*lead, *cast("tuple[int, ...]", space.shape)])
    if isinstance(space, spaces.MultiDiscrete):
        return MultiCategorical(space.nvec.tolist(), shape=shape)
    if isinstance(space, spaces.MultiBinary):
        return Binary(shape=shape, dtype=torch.int8)
    if isinstance(space, spaces.Box):
        dtype, low, high = (torch.as_tensor(value) for value in (space.low, space.low, space.high))
        if not (torch.isfinite(low).all() and torch.isfinite(high).all()):
            return Unbounded(shape=shape, dtype=dtype.dtype)
        return Bounded(low.expand(shape), high.expand(shape), shape=shape, dtype=dtype.dtype)
    raise ParameterError(
        f"a space of GroupsWrapper must be Discrete, MultiDiscrete, MultiBinary, Box or a Dict of these, not "
        f"{space}."
    )


def _flags_spec(lead: tuple[int, ...]) -> Any:
    flag = Categorical(2, shape=torch.Size([*lead, 1]), dtype=torch.bool)
    return Composite({name: flag.clone() for name in _FLAGS}, shape=lead)


def _tensors(value: Any, lead: Any) -> Any:
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        return TensorDict({key: torch.from_numpy(part) for key, part in parts.items()}, batch_size=lead)
    return torch.from_numpy(value)
