"""The single form passes Gymnasium's checker, repeats itself, and refuses what is no action."""

import copy
import pickle
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from murk_env.testing import first_difference
from murk_env.testing.bad_actions import bad_actions
from tests.tiers import representatives


def through_pickle(env):
    return pickle.loads(pickle.dumps(env))


def rollout(env, num_steps, seed=11):
    """Outputs of a seeded run through as many episodes as it takes, and how many those were."""
    outputs, num_ended = [env.reset(seed=seed)], 0
    env.action_space.seed(seed)
    for _ in range(num_steps):
        outputs.append(env.step(env.action_space.sample()))
        if outputs[-1][2] or outputs[-1][3]:
            outputs.append(env.reset())
            num_ended += 1
    return outputs, num_ended


def complaints(env):
    """What Gymnasium's checker warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env.unwrapped)
    return [str(one.message) for one in caught]


UNBOUNDED = (  # equations blow up, as their originals
    "murk/Burgers-v0",
    "murk/KuramotoSivashinsky-v0",
    "murk/ReactionDiffusion-v0",
    "murk/Transport-v0",
)


def test_gymnasiums_checker_has_no_complaint_about_a_registered_environment(registered):
    found = complaints(registered.single())
    assert len(found) == (2 if registered.id in UNBOUNDED else 0)
    assert all("infinity" in what for what in found)


@pytest.mark.few(2)
def test_gymnasiums_checker_complains_of_unbounded_fields_at_most(subject):
    assert [what for what in complaints(subject.single()) if "infinity" not in what] == []


@pytest.mark.few(2)
def test_make_reset_two_steps_and_render_warn_of_nothing(subject):
    for render_mode in (None, *subject.env_class.metadata["render_modes"]):
        env = subject.single(render_mode=render_mode)
        env.reset(seed=0)
        for _ in range(2):
            env.step(env.action_space.sample())
        if render_mode is not None:
            env.render()
        env.close()


@pytest.mark.few(3)
@pytest.mark.parametrize(("num_steps", "least_ended"), representatives([(50, 3), (1000, 100)], [(50, 3)]))
def test_a_rollout_repeats_to_the_byte(subject, num_steps, least_ended):
    first, num_ended = rollout(subject.single(), num_steps)
    second, _ = rollout(subject.single(), num_steps)
    assert num_ended >= least_ended
    assert first_difference(first, second) is None


@pytest.mark.few(3)
def test_runs_with_other_seeds_differ(subject):
    runs = [rollout(subject.single(), 30, seed)[0] for seed in (0, 1)]
    assert first_difference(*runs) is not None


@pytest.mark.few(3)
def test_a_step_returns_pythons_own_scalars(subject):
    env = subject.single()
    env.reset(seed=0)
    for _ in range(5):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert (type(reward), type(terminated), type(truncated), type(info)) == (float, bool, bool, dict)
        if terminated or truncated:
            env.reset()


@pytest.mark.few(4)
@pytest.mark.parametrize("clone", [copy.deepcopy, through_pickle])
def test_a_clone_made_in_an_episode_goes_on_as_its_original_does(subject, clone):
    env = subject.single()
    env.reset(seed=4)
    env.action_space.seed(4)
    env.step(env.action_space.sample())
    twin = clone(env)
    for _ in range(40):
        action = env.action_space.sample()
        assert first_difference(action, twin.action_space.sample()) is None
        output = env.step(action)
        assert first_difference(output, twin.step(action)) is None
        if output[2] or output[3]:
            assert first_difference(env.reset(), twin.reset()) is None
    assert first_difference(env.np_random.bit_generator.state, twin.np_random.bit_generator.state) is None


@pytest.mark.few(3)
@pytest.mark.parametrize("clone", [copy.deepcopy, through_pickle])
def test_a_clone_of_a_vector_env_goes_on_as_its_original_does(subject, mode, clone):
    env = subject.native(3, mode)
    env.reset(seed=4)
    env.action_space.seed(4)
    ended = np.zeros(3, bool)
    while not ended.any():
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        ended = terminated | truncated
    twin = clone(env)
    for _ in range(20):
        if mode.value == "Disabled" and ended.any():
            masked = [one.reset(options={"reset_mask": ended}) for one in (env, twin)]
            assert first_difference(*masked) is None
        actions = env.action_space.sample()
        assert first_difference(actions, twin.action_space.sample()) is None
        output = env.step(actions)
        assert first_difference(output, twin.step(actions)) is None
        ended = output[2] | output[3]
    assert env.np_random_seed == twin.np_random_seed


def test_a_clone_and_its_original_do_not_disturb_each_other(subject):
    env, untouched = subject.single(), subject.single()
    env.reset(seed=4)
    untouched.reset(seed=4)
    twin = copy.deepcopy(env)
    for _ in range(3):
        twin.step(twin.action_space.sample())
    action = env.action_space.sample()
    assert first_difference(untouched.step(action), env.step(action)) is None


def test_a_bad_action_is_refused_and_changes_nothing(subject):
    env, twin = subject.single().unwrapped, subject.single().unwrapped
    env.reset(seed=2)
    twin.reset(seed=2)
    batch = np.asarray(env.action_space.sample())[None]
    spoilt = [
        action[0] for what, action in bad_actions(env.action_space, batch) if "row of actions" not in what
    ]
    assert len(spoilt) >= 3
    for action in [*spoilt, None, "left", np.zeros((2, 2, 2))]:
        with pytest.raises((ValueError, TypeError), match=r"action"):
            env.step(action)
    assert first_difference(twin.step(batch[0]), env.step(batch[0])) is None


def test_a_step_before_reset_or_after_close_is_refused(subject):
    env = subject.single().unwrapped
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"reset\(\) before step"):
        env.step(env.action_space.sample())
    env.close()
    env.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError, match="is closed"):
        env.reset()


@pytest.mark.few(6)
@pytest.mark.parametrize("seed", [-1, 0.5, "one", [1]])
def test_a_bad_seed_is_refused_and_changes_nothing(subject, seed):
    env, twin = subject.single().unwrapped, subject.single().unwrapped
    env.reset(seed=2)
    twin.reset(seed=2)
    with pytest.raises(gymnasium.error.Error, match="seed"):
        env.reset(seed=seed)
    assert first_difference(twin.reset(), env.reset()) is None


def test_any_integral_seed_is_accepted(subject):
    env = subject.single().unwrapped
    assert first_difference(env.reset(seed=7), env.reset(seed=np.uint8(7))) is None


def test_an_unknown_option_is_refused(subject):
    env = subject.single().unwrapped
    with pytest.raises(ValueError, match="reset has no option 'start'"):
        env.reset(options={"start": 1})


def test_terminal_states_may_be_stepped(subject):
    env = subject.single(max_episode_steps=-1).unwrapped
    env.action_space.seed(1)
    env.reset(seed=1)
    num_terminated = 0
    for _ in range(300):
        observation, reward, terminated, _, _ = env.step(env.action_space.sample())
        num_terminated += terminated
        assert observation in env.observation_space
        assert np.isfinite(reward)
    assert num_terminated > 0
