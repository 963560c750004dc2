"""Every rule for a vector environment, and the function that runs them all."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from gymnasium.vector import AutoresetMode

from murk_env.testing import _form_rules as form
from murk_env.testing import _oracle_rules as oracle
from murk_env.testing import _output_rules as output
from murk_env.testing import _refusal_rules as refusal
from murk_env.testing import _seed_rules as seeds
from murk_env.testing._rule import Rule
from murk_env.testing._types import AnyEnv, AnyVectorEnv, Ending
from murk_env.testing.case import VectorCase

__all__ = ["VECTOR_RULES", "check_vector_env"]

# Narrow rules come first, so that the first broken rule is the most specific.
_RULES = (
    form.autoreset_mode_is_stated,
    form.spaces_are_batched,
    form.outputs_have_their_types,
    form.infos_keep_their_form,
    form.final_data_come_with_endings,
    oracle.runs_repeat,
    output.outputs_stay_as_returned,
    output.outputs_share_no_memory,
    output.outputs_may_be_overwritten,
    output.options_stay_the_callers,
    seeds.seeds_are_one_per_row,
    seeds.seeds_may_be_none,
    seeds.seeds_are_remembered,
    seeds.bad_seeds_are_refused,
    refusal.bad_masks_are_refused,
    refusal.bad_actions_are_refused,
    refusal.steps_need_a_reset,
    refusal.closing_is_final,
    refusal.disabled_mode_refuses_ended_rows,
    oracle.rows_do_not_depend_on_num_envs,
    oracle.rows_do_not_depend_on_each_other,
    oracle.episodes_end_apart,
    oracle.steps_equal_sync,
    oracle.resets_equal_sync,
    refusal.ended_rows_need_no_action,
)

VECTOR_RULES: Mapping[str, Rule] = MappingProxyType({rule.__name__: rule for rule in _RULES})
"""Each rule by its name, in the order of `check_vector_env`; call one on a `VectorCase` to run it alone."""


def check_vector_env(
    make_native: Callable[[int, AutoresetMode], AnyVectorEnv],
    make_single: Callable[[], AnyEnv],
    *,
    modes: Iterable[AutoresetMode | str] = ("NextStep", "SameStep", "Disabled"),
    num_envs: Iterable[int] = (1, 3, 17),
    steps: int = 200,
    seed: int = 0,
    expect: Iterable[Ending] = ("terminated", "truncated"),
) -> None:
    """Run every rule of `VECTOR_RULES` on a vector environment; stop at the first broken one.

    The main rules compare it with `gymnasium.vector.SyncVectorEnv` over single envs of the same environment:
    with the same seeds, actions and resets, every output must be equal byte for byte. The other rules check
    what that comparison cannot: bad input, shared memory, metadata, independence of rows.

    Choose parameters that make episodes short: each row must finish several episodes, some by termination and
    some by truncation (if only one is possible, set `expect`), and not all rows at the same time. A run
    without such episodes is no evidence, and fails. In a task with a fixed horizon, whose rows always end
    together, every other row is reset by a mask after the first step.

    Args:
        make_native: Makes the vector environment from `(num_envs, autoreset_mode)`; make a `MurkVectorEnv`
            with `checked=True`, to find indices outside an array as well.
        make_single: Makes its single env as `gymnasium.make` does, with its time limit.
        modes: Autoreset modes to check.
        num_envs: Numbers of rows to check.
        steps: Steps of each run.
        seed: Seed of the environments and the actions.
        expect: The ways in which an episode can end; empty for an environment whose episodes never end.

    Raises:
        VectorEnvError: A rule is broken; the message says which, where, and both values.

    Example:
        >>> import gymnasium
        >>> from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
        >>> check_vector_env(
        ...     lambda num_envs, mode: CartPoleVectorEnv(num_envs),
        ...     lambda: gymnasium.make("CartPole-v1"),
        ...     modes=["NextStep"],
        ...     num_envs=[3],
        ... )
        Traceback (most recent call last):
        murk_env.testing.errors.VectorEnvError: vector environment breaks rule 'autoreset_mode_is_stated' ...
    """
    counts = tuple(num_envs)
    for mode in modes:
        for count in counts:
            case = VectorCase(
                make_native,
                make_single,
                AutoresetMode(mode),
                count,
                steps=steps,
                seed=seed,
                expect=tuple(expect),
            )
            for rule in VECTOR_RULES.values():
                rule(case)
