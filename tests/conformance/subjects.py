"""What the contracts are run on: every registered environment, and the classes that only tests have.

Every environment class says under which parameters its episodes are short (`small`). Together with a time
limit of a few steps some of them terminate and some are truncated; the rule `episodes_end_apart` proves it.
"""

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator

import murk_envs
from murk_env import vector_form
from tests.conformance.small_worlds import Count, Drift

__all__ = ["REGISTERED", "SUBJECTS", "Subject", "murk_envs"]

TIME_LIMIT = 7
SHARED_WORLDS = "tests.env.worlds"


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
        return load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point

    @property
    def small(self) -> dict[str, Any]:
        """Keywords under which episodes are short."""
        limit = TIME_LIMIT if self.id.startswith("murk/") else self.spec.max_episode_steps
        return {"max_episode_steps": limit} | dict(self.env_class.small)

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
    env_id, form = f"test/{env_class.__name__}-v0", vector_form(env_class)
    # The name under which pickle looks for it; environment modules assign it themselves.
    setattr(sys.modules[env_class.__module__], form.__name__, form)
    gymnasium.register(env_id, env_class, max_episode_steps=time_limit, vector_entry_point=form)
    return Subject(env_id)


def _test_environments() -> list[tuple[Any, int]]:
    """Pairs of a class and a time limit: our own two, and those of the tests of the core."""
    environments = [(Count, 5), (Drift, 6)]
    if importlib.util.find_spec(SHARED_WORLDS):
        environments += importlib.import_module(SHARED_WORLDS).TEST_ENVIRONMENTS
    return environments


REGISTERED = [Subject(env_id) for env_id in sorted(gymnasium.registry) if env_id.startswith("murk/")]
SUBJECTS = REGISTERED + [_register(*environment) for environment in _test_environments()]
