"""How a face was made, so that it can be rebuilt elsewhere."""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any, Literal, cast

from murk_env.author.params import parameters_of
from murk_env.engine.batch import Batch
from murk_env.errors import ParameterError
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.groups import MurkGroupsEnv
from murk_env.faces.policies import Policy
from murk_env.faces.vector import MurkVectorEnv

__all__ = ["FaceName", "Recipe", "actions_of", "batch_of", "recipe_of"]

FaceName = Literal["single", "vector", "agent_rows", "groups", "parallel"]

_CHOICES = {  # the options that change what a face returns, or how many rows it has
    "single": ("max_episode_steps",),
    "vector": ("max_episode_steps", "autoreset_mode"),
    "agent_rows": ("max_episode_steps", "autoreset_mode", "group"),
    "groups": ("max_episode_steps", "autoreset_mode"),
    "parallel": ("max_episode_steps",),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The arguments of a face, except those that do not affect its outputs, such as the number of threads.

    Attributes:
        face: the kind of face.
        env_class: the environment.
        num_worlds: number of worlds.
        options: the face's options by name.
        parameters: all of the environment's parameters by name.
    """

    face: FaceName
    env_class: type[MurkEnv]
    num_worlds: int
    options: Mapping[str, Any]
    parameters: Mapping[str, Any]

    def make(self, *, others: Mapping[str, Policy] | None = None, render_mode: str | None = None) -> Any:
        """Make the face.

        Args:
            others: for rows of agents, a policy for each of the other groups.
            render_mode: one of the class's render modes, or None.

        Raises:
            DefinitionError: the class no longer accepts these arguments.
        """
        chosen: dict[str, Any] = {**self.options, **self.parameters, "render_mode": render_mode}
        if self.face == "single":
            return self.env_class(**chosen)
        if self.face == "vector":
            return MurkVectorEnv(self.env_class, self.num_worlds, **chosen)
        if self.face == "agent_rows":
            return MurkAgentVectorEnv(self.env_class, self.num_worlds, others=others, **chosen)
        if self.face == "groups":
            return MurkGroupsEnv(self.env_class, self.num_worlds, **chosen)
        from murk_env.faces.parallel import MurkParallelEnv  # it needs PettingZoo

        return MurkParallelEnv(self.env_class, **chosen)


def recipe_of(face: Any) -> Recipe:
    """Return how a face was made.

    Raises:
        ParameterError: `face` is no face of murk_env.
    """
    name = _name_of(face)
    made: Any = face
    own = made if name == "single" else made._env
    keywords: dict[str, Any] = made._options.keywords
    if name == "agent_rows":
        keywords["group"] = made._seats.group.name
    parameters = parameters_of(own.params)
    options = {option: keywords[option] for option in _CHOICES[name]}
    return Recipe(
        name, cast("type[MurkEnv]", type(own)), batch_of(face).world.num_worlds, options, parameters
    )


def _name_of(face: Any) -> FaceName:
    if isinstance(face, MurkEnv):
        return "single"
    if isinstance(face, MurkVectorEnv):
        return "vector"
    if isinstance(face, MurkAgentVectorEnv):
        return "agent_rows"
    if isinstance(face, MurkGroupsEnv):
        return "groups"
    if _is_parallel(face):
        return "parallel"
    raise ParameterError(f"{face!r} is not an env of murk_env; pass one that its class or a face made.")


def _is_parallel(face: Any) -> bool:
    """Whether a face is PettingZoo's, whose module is loaded if such a face exists."""
    module: Any = sys.modules.get("murk_env.faces.parallel")
    return module is not None and isinstance(face, module.MurkParallelEnv)


def batch_of(face: Any) -> Batch:
    """Return the worlds of a face."""
    return face._batch


def actions_of(face: Any) -> ActionReader:
    """Return the reader of a face's actions, or an equivalent one."""
    return ActionReader(face.action_space, 1) if isinstance(face, MurkEnv) else face._assembly.actions
