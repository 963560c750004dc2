"""The base of every environment: authors subclass MurkEnv and fill in hooks."""

from typing import TYPE_CHECKING, Any, cast

import gymnasium
import numpy as np
from gymnasium.utils import seeding

from murk_arena import StaticArena
from murk_env.author.environment import Environment
from murk_env.author.params import parameters_of
from murk_env.engine.batch import Batch
from murk_env.errors import DefinitionError
from murk_env.faces.assembly import assemble
from murk_env.faces.env_attributes import FACE_ATTRIBUTES, ClassMetadata, OfRunningEnvs, refuse_attribute
from murk_env.faces.infos import info_of_one
from murk_env.faces.one_world import OneWorld
from murk_env.faces.options import FaceOptions, MaskedOut, OutOfBounds
from murk_env.faces.rebuilding import rebuilt
from murk_env.faces.reset_options import BEGINNINGS, read_beginning
from murk_env.faces.seeding import Draws, read_options
from murk_env.faces.worlds import EnvWorlds
from murk_env.random import checked_seed, key_from_seed
from murk_env.world.claim import claims

__all__ = ["MurkEnv"]


class MurkEnv(OneWorld, Environment, gymnasium.Env[Any, Any]):
    """A Gymnasium env over one world, and the class that authors subclass.

    A subclass declares `Params`, its fields as class attributes, the classmethod `build`, the hooks
    `start`, `act`, `reward` and `terminated` and, optionally, `info` and the classmethod `picture`. A hook is
    written for one world and marked with `per_world`, or works on arrays of all worlds:

    - `start(self, tick, worlds)` begins an episode in some worlds, whose fields hold their initial values;
      `tick` has one row for each of `worlds`;
    - `act(self, tick, actions)` applies the actions, `(num_worlds, ...)`, before the propagators run;
    - `derive(self, tick)`, optional, sets the fields declared `derived=True`, after the propagators and at
      every reset;
    - `reward(self, before, after)` returns `(num_worlds,)` real numbers; `before` holds the values at the
      start of the step, `after` those that it will publish;
    - `terminated(self, after)` returns `(num_worlds,)` bool;
    - `info(self, after)` returns a dict of arrays `(num_worlds, ...)`, with the same keys every time.

    The optional hook `between` is for one world only and runs after the propagators in every sub-step. In
    array hooks `self` has only `params` and `lattice`; in per_world hooks `self` is one world. No hook may
    call `super()`.

    Args:
        render_mode: one of `metadata["render_modes"]`, or None.
        max_episode_steps: steps after which an episode is truncated; by default the class's own limit, -1
            for none. `gymnasium.make` makes the env without a limit and wraps it with TimeLimit.
        action_out_of_bounds: what happens to a number beyond the bounds of a Box of actions: `raise` refuses
            it, `clip` sets it to the bound. NaN is always refused, and a number beyond the bound by at most 4
            units in the last place is always set to it.
        action_masked_out: what happens to an action that the action mask forbids: `raise` refuses it,
            `replace` takes the first allowed one.
        copy: whether every observation is a new array; with False two buffers alternate, each valid until
            the step after next.
        checked: check at every tick that full writes are complete, all numbers finite, and indices of
            compiled hooks within their arrays.
        static_arena: the static fields of another env of this class and parameters; by default they
            are shared automatically.
        parameters: the fields of `Params`.

    Raises:
        ParameterError: a parameter is unknown, or has a value that `Params` refuses.
        DefinitionError: the declarations of the class contradict each other.
    """

    metadata: dict[str, Any] = cast(Any, ClassMetadata())

    if not TYPE_CHECKING:
        _batch = _claim = _screen = _np_random = OfRunningEnvs()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__init__", "reset", "step"):
            if name in vars(cls):  # other faces would not call it
                raise DefinitionError(
                    f"{cls.__name__} must not define {name}, which MurkEnv implements for every face; put "
                    f"parameters into Params, constants on the class, state into fields, and behaviour into "
                    f"hooks."
                )

    def __init__(
        self,
        *,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        action_out_of_bounds: OutOfBounds = "raise",
        action_masked_out: MaskedOut = "raise",
        copy: bool = True,
        checked: bool = False,
        static_arena: StaticArena | None = None,
        **parameters: Any,
    ) -> None:
        options = FaceOptions.read(type(self).__name__, type(self), locals())
        made = assemble(type(self), options, parameters)
        self.__dict__["params"] = made.author.params
        self.lattice, self.render_mode = made.author.lattice, render_mode
        self._options, self._batch, self._screen = options, made.batch, made.screen
        self._claim, read = made.batch.claim, made.actions.read_one
        self._read = read if made.masked is None else made.masked.after(read, made.batch, skips=False)
        self.observation_space = made.batch.observed[0].plan.space
        self.action_space = made.actions.space
        self._np_random = self._np_random_seed = None
        self._built = True

    @property
    def world(self) -> EnvWorlds:
        """The world of the env: `env.world[field]` reads it, `env.world.edit()` changes it."""
        return EnvWorlds(type(self).__name__, self._batch)

    # --- Gymnasium ----------------------------------------------------------------------------

    @claims
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new episode.

        Args:
            seed: any non-negative integer seeds the world; None continues its random numbers, or takes a
                seed from `np_random` at the first reset.
            options: `fields` maps fields, or their names, to initial values, set after `start`: a number, or
                an array with a leading axis of length 1. `state` is a State of one world, whose fields the
                episode begins with; the step counter begins at 0 and random numbers are not taken from it.
                `level` is a level's number, where there are levels.

        Returns:
            The observation and the info.

        Raises:
            SeedError, SeedTypeError, OptionError, ConcurrentUseError: before anything changes; for invalid
                `fields` or `state` also UnknownFieldError, DefinitionError, StateMismatchError, RowsError.
            HookError: a hook failed; nothing has changed.
        """
        batch, kept, worlds = self._batch, self.__dict__, np.zeros(1, np.intp)
        batch.check_open()
        known = read_options(options, BEGINNINGS)
        begins = read_beginning(type(self).__name__, batch, known, worlds)
        if seed is not None:
            seed = checked_seed(seed)
            generator, noted = seeding.np_random(seed)
            made = batch.reset(worlds, {0: key_from_seed(seed)}, self._begun, begins)
            kept["_np_random"], kept["_np_random_seed"] = generator, noted  # plain stores, which cannot fail
            return made
        draws = Draws([] if batch.started else [super().np_random])
        try:
            keys = dict(enumerate(map(key_from_seed, draws.seeds())))
            return batch.reset(worlds, keys, self._begun, begins)
        except BaseException:
            draws.take_back()
            raise

    def _begun(self) -> tuple[Any, dict[str, Any]]:
        batch = self._batch
        return batch.observed[0].row(0), info_of_one(batch.info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the world once.

        Stepping past the end of an episode is allowed, as in most Gymnasium envs.

        Returns:
            Observation, reward, terminated, truncated, info.

        Raises:
            ActionError, ResetNeededError, ClosedError, ConcurrentUseError: before anything changes.
            HookError, PropagatorError: the step failed; the world is as it was before it.
        """
        return self._batch.step(self._read, action, _stepped)

    @claims
    def observe(self) -> tuple[Any, dict[str, Any]]:
        """Return the observation and the info of the world as it is now, after `restore` or `world.edit`.

        Raises:
            ResetNeededError, ClosedError: there is nothing to observe.
            ConcurrentUseError: another thread is using the env.
        """
        self._batch.look()
        return self._begun()

    @property
    @claims
    def np_random(self) -> np.random.Generator:
        """The numpy generator that seeds an unseeded first reset; hooks draw from `tick.rng` instead."""
        return super().np_random

    @np_random.setter
    @claims
    def np_random(self, value: np.random.Generator) -> None:
        gymnasium.Env.np_random.__set__(self, value)

    @property
    @claims
    def np_random_seed(self) -> int:
        """The seed of `np_random`, -1 where it is not known."""
        return super().np_random_seed

    # --- state --------------------------------------------------------------------------------

    def set_wrapper_attr(self, name: str, value: Any, *, force: bool = True) -> bool:
        """Set an attribute; wrappers and AsyncVectorEnv call this.

        Raises:
            FieldAccessError, FrozenAttributeError: the name is a field or a parameter. A wrapper would
                otherwise keep the value itself, where nothing reads it.
        """
        if name in type(self).fields or name in parameters_of(self.params):
            setattr(self, name, value)
        return super().set_wrapper_attr(name, value, force=force)

    if not TYPE_CHECKING:  # or a type checker would let any name be assigned, such as a misspelt `tick.heta`

        def __setattr__(self, name: str, value: object) -> None:
            if self.__dict__.get("_built", False):
                refuse_attribute(self, name, value)
            super().__setattr__(name, value)

    @claims
    def __reduce__(self) -> tuple[Any, ...]:
        face = {name: self.__dict__[name] for name in FACE_ATTRIBUTES if name in self.__dict__}
        for derived in ("action_space", "observation_space"):
            face.pop(derived, None)
        face["action_space"] = self.action_space  # it carries the state of its own sampling
        keywords = {**self._options.keywords, **parameters_of(self.params)}
        return rebuilt, (type(self), MurkEnv, keywords, self._batch.snapshot(), face, self._batch.closed)


def _stepped(batch: Batch) -> tuple[Any, float, bool, bool, dict[str, Any]]:
    """Return the outputs of a step of one world."""
    seen, reward = batch.observed[0].row(0), batch.rewards.item(0)
    info = info_of_one(batch.info) if batch.info else {}
    if batch.pending is None:  # nothing has ended
        return seen, reward, False, False, info
    return seen, reward, batch.terminated.item(0), batch.truncated.item(0), info
