"""What the contracts are run on: every registered environment, and the classes that only tests have.

With the parameters of `tests.small` and a time limit of a few steps some episodes terminate and some are
truncated; the rule `episodes_end_apart` proves it.
"""

from dataclasses import dataclass
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.vector import AutoresetMode

import murk_envs
from murk_env.faces.forms import form_of_class
from tests.conformance.small_worlds import Count, Drift
from tests.env.worlds import TEST_ENVIRONMENTS
from tests.small import small_keywords

__all__ = ["CHECKED", "IN_ONE_MODE", "REGISTERED", "REPRESENTATIVES", "SUBJECTS", "Subject", "murk_envs"]

TIME_LIMIT = 7


@dataclass(frozen=True)
class Subject:
    """An environment under its id in Gymnasium's registry."""

    id: str

    def __str__(self) -> str:
        return self.id

    @property
    def spec(self) -> EnvSpec:
        return gymnasium.registry[self.id]

    @property
    def env_class(self) -> Any:
        entry_point: Any = self.spec.entry_point
        made = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        return getattr(made, "env_class", made)

    @property
    def small(self) -> dict[str, Any]:
        """Keywords under which episodes are short."""
        limit = TIME_LIMIT if self.id.startswith("murk/") else self.spec.max_episode_steps
        return {"max_episode_steps": limit} | small_keywords(self.env_class)

    def single(self, **keywords: Any) -> gymnasium.Env[Any, Any]:
        """The environment as `gymnasium.make` gives it, small."""
        return gymnasium.make(self.id, **(self.small | keywords))

    def native(self, num_envs: int, mode: Any = "NextStep", **keywords: Any) -> Any:
        """Its vector form, small."""
        keywords = self.small | {"autoreset_mode": mode} | keywords
        return gymnasium.make_vec(self.id, num_envs, "vector_entry_point", **keywords)

    def sync(self, num_envs: int, mode: Any = "NextStep", **keywords: Any) -> Any:
        """Gymnasium's vector environment of the single form, small."""
        vector_kwargs = {"autoreset_mode": mode}
        return gymnasium.make_vec(
            self.id, num_envs, "sync", vector_kwargs=vector_kwargs, **(self.small | keywords)
        )


def _register(env_class: Any, time_limit: int) -> Subject:
    """Give a class that only tests have an id of its own, under `test/`."""
    env_id, vector_form = f"test/{env_class.__name__}-v0", form_of_class("vector", env_class)
    gymnasium.register(env_id, env_class, max_episode_steps=time_limit, vector_entry_point=vector_form)
    return Subject(env_id)


_IDS = [env_id for env_id in sorted(gymnasium.registry) if env_id.startswith("murk/")]
REGISTERED = [Subject(env_id) for env_id in _IDS if env_id not in murk_envs.SIZES]
# Hooks over arrays and for one world, actions and observations of every kind.
_CHOSEN = (
    "murk/HeatControl-v1",
    "murk/HeatSeeker-v0",
    "test/Count-v0",
    "test/Drift-v0",
    "test/Mixed-v0",
)
REPRESENTATIVES = [*map(Subject, _CHOSEN)]
IN_ONE_MODE = {  # of the representatives; the others have hooks of one kind, and run in every mode
    "murk/HeatControl-v1": AutoresetMode.NEXT_STEP,
    "murk/HeatSeeker-v0": AutoresetMode.SAME_STEP,
    "test/Count-v0": AutoresetMode.DISABLED,
}
CHECKED = [Subject("test/Mixed-v0")]
SUBJECTS = REGISTERED + [_register(*one) for one in [(Count, 5), (Drift, 6), *TEST_ENVIRONMENTS]]
