"""Rules about calls that must fail without changing anything."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from murk_env.testing._rule import must_be_untouched, must_refuse, play_until_ended, vector_rule
from murk_env.testing._types import AnyVectorEnv
from murk_env.testing.bad_actions import bad_actions, with_impossible_rows
from murk_env.testing.case import Bench
from murk_env.testing.comparison import first_difference


def _seeded_pair(bench: Bench) -> tuple[AnyVectorEnv, AnyVectorEnv]:
    env, twin = bench.native(), bench.native()
    env.reset(seed=bench.case.seed)
    twin.reset(seed=bench.case.seed)
    return env, twin


@vector_rule
def bad_masks_are_refused(bench: Bench) -> None:
    """A mask that is not a bool array (num_envs,) with at least one True is refused; the error names it."""
    num_envs = bench.case.num_envs
    bad: tuple[tuple[Any, type[Exception]], ...] = (
        ([True] * num_envs, TypeError),
        (np.ones(num_envs, np.int64), TypeError),
        (np.ones(num_envs + 1, np.bool_), ValueError),
        (np.ones((num_envs, 1), np.bool_), ValueError),
        (np.zeros(num_envs, np.bool_), ValueError),
    )
    env, twin = _seeded_pair(bench)
    for mask, expected in bad:
        what = f"reset(options={{'reset_mask': {mask!r}}})"
        try:
            env.reset(options={"reset_mask": mask})
        except expected as error:
            if "reset_mask" not in str(error):
                raise bench.error(f"{what}: expected a message about reset_mask, got {error}") from error
        except Exception as error:
            raise bench.error(
                f"{what}: expected {expected.__name__}, got {type(error).__name__}: {error}"
            ) from error
        else:
            raise bench.error(f"{what}: expected {expected.__name__}, got no error")
    must_be_untouched(bench, "after refused masks", env, twin)


@vector_rule
def bad_actions_are_refused(bench: Bench) -> None:
    """Too many or too few actions, and actions outside their space, are refused without changing anything."""
    env, twin = _seeded_pair(bench)
    batch = next(bench.actions(env))
    for what, actions in bad_actions(env.single_action_space, batch):
        must_refuse(bench, f"step with {what}", lambda actions=actions: env.step(actions))
    must_be_untouched(bench, "after refused actions", env, twin)


@vector_rule
def ended_rows_need_no_action(bench: Bench) -> None:
    """In NextStep mode the action of a row that has ended is ignored, even an illegal one."""
    if bench.case.mode is not AutoresetMode.NEXT_STEP:
        return
    env, twin = bench.native(), bench.native()
    ended, twin_ended = play_until_ended(bench, env), play_until_ended(bench, twin)
    if ended is None or twin_ended is None:
        return
    actions = next(bench.actions(env))
    spoilt = with_impossible_rows(env.single_action_space, actions, ended)
    difference = first_difference(twin.step(actions), env.step(spoilt))
    if difference:
        raise bench.differs(f"step with impossible actions in ended rows {np.flatnonzero(ended)}", difference)


@vector_rule
def steps_need_a_reset(bench: Bench) -> None:
    """A step before the first reset is refused."""
    env = bench.native()
    actions = next(bench.actions(env))
    must_refuse(bench, "step before reset", lambda: env.step(actions))


@vector_rule
def closing_is_final(bench: Bench) -> None:
    """A step after `close` is refused; a second `close` has no effect."""
    env = bench.native()
    actions = next(bench.actions(env))
    env.reset(seed=bench.case.seed)
    env.close()
    must_refuse(bench, "step after close", lambda: env.step(actions))
    env.close()


@vector_rule
def disabled_mode_refuses_ended_rows(bench: Bench) -> None:
    """In Disabled mode a step with a row that has ended is refused without changing anything."""
    if bench.case.mode is not AutoresetMode.DISABLED:
        return
    env, twin = bench.native(), bench.native()
    ended, twin_ended = play_until_ended(bench, env), play_until_ended(bench, twin)
    if ended is None or twin_ended is None:
        return
    actions = next(bench.actions(env))
    must_refuse(bench, f"step while rows {np.flatnonzero(ended)} have ended", lambda: env.step(actions))
    must_be_untouched(bench, "after a refused step", env, twin, ended)
