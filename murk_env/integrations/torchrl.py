"""TorchRL: masks of actions as entries of its envs.

    from torchrl.envs import ActionMask, GymWrapper, TransformedEnv
    from murk_env.integrations.torchrl import with_action_mask

    env = GymWrapper(MurkVectorEnv(Board, 64, autoreset_mode="Disabled"))
    env = TransformedEnv(with_action_mask(env), ActionMask())

In same-step mode TorchRL tries random actions when it wraps an env, without the mask: there the env needs
`action_masked_out="replace"`. All else TorchRL does by itself, with its GymEnv, GymWrapper and
PettingZooWrapper.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false, reportUntypedBaseClass=false

from typing import Any

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.errors import MissingLibraryError, ParameterError

try:
    import torch
    from torchrl.data import Binary
    from torchrl.envs.gym_like import default_info_dict_reader
except ImportError as error:
    raise MissingLibraryError(
        "murk_env.integrations.torchrl needs TorchRL; install it: pip install torchrl."
    ) from error

__all__ = ["with_action_mask"]


def with_action_mask(env: Any) -> Any:
    """Let a GymWrapper, or GymEnv, read `action_mask` from the infos, and return it.

    The entry has one bool for each option; `torchrl.envs.ActionMask` draws random actions by it, and a
    `MaskedCategorical` or `MaskedOneHotCategorical` those of a policy.

    Args:
        env: a GymWrapper over an env of murk_env with one Discrete action.

    Raises:
        ParameterError: the env has no mask of a Discrete.
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
    """Reads the mask as bools, as TorchRL has masks."""

    def __call__(self, info_dict: Any, tensordict: Any) -> Any:
        return tensordict.set(ACTION_MASK, torch.as_tensor(info_dict[ACTION_MASK]).bool())
