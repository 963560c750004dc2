"""The whole state of an env lies in its arena: pickled or copied at any moment, it goes on likewise."""

import copy
import pickle

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ClosedError, ResetNeededError
from tests.env.worlds import TEST_ENVIRONMENTS, Drifter, Mixed, Walker
from tests.tiers import representatives

WAYS = [
    pytest.param(copy.deepcopy, id="deepcopy"),
    pytest.param(lambda env: pickle.loads(pickle.dumps(env)), id="pickle"),
]
CLASSES = [pytest.param(env_class, id=env_class.__name__) for env_class, _ in TEST_ENVIRONMENTS]


def flat(outputs):
    """Return the bytes of nested outputs."""
    if isinstance(outputs, dict):
        return [(key, flat(value)) for key, value in outputs.items()]
    if isinstance(outputs, tuple):
        return [flat(part) for part in outputs]
    array = np.asarray(outputs)
    return [flat(part) for part in outputs if part is not None] if array.dtype == object else array.tobytes()


def go_on(env, num_steps, seed=3):
    env.action_space.seed(seed)
    outputs = []
    for _ in range(num_steps):
        outputs.append(env.step(env.action_space.sample()))
        if not hasattr(env, "num_envs") and (outputs[-1][2] or outputs[-1][3]):
            outputs.append(env.reset())
    return flat(tuple(outputs))


@pytest.mark.few(5)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("env_class", CLASSES)
def test_a_copy_in_the_middle_of_an_episode_goes_on_likewise(env_class, way):
    env = env_class(max_episode_steps=6, **env_class.small)
    env.reset(seed=5)
    go_on(env, 4)
    twin = way(env)
    assert go_on(twin, 20) == go_on(env, 20)


@pytest.mark.few(1)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize(
    "env_class", representatives([env_class for env_class, _ in TEST_ENVIRONMENTS], [Walker, Mixed])
)
def test_a_copy_of_a_batch_goes_on_likewise_at_any_moment(env_class, mode, way):
    envs = MurkVectorEnv(env_class, 3, autoreset_mode=mode, max_episode_steps=5, **env_class.small)
    envs.reset(seed=5)
    for _ in range(6):  # some of these moments lie between an end and a new beginning
        go_on(envs, 1, seed=4)
        twin = way(envs)
        assert twin.autoreset_mode is envs.autoreset_mode
        assert go_on(twin, 8) == go_on(way(envs), 8)
    assert go_on(way(envs), 12) == go_on(envs, 12)


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_does_not_move_with_the_original(way):
    env = Walker()
    env.reset(seed=1)
    twin = way(env)
    go_on(env, 5)
    fresh = Walker()
    fresh.reset(seed=1)
    assert go_on(twin, 5) == go_on(fresh, 5)


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_before_the_first_reset_needs_one_too(way):
    for env in (Walker(), MurkVectorEnv(Walker, 2)):
        twin = way(env)
        with pytest.raises(ResetNeededError, match="call reset"):
            twin.step(env.action_space.sample())
        assert twin.reset(seed=4)[0].tobytes() == env.reset(seed=4)[0].tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_of_a_closed_env_is_closed(way):
    for env in (Walker(), MurkVectorEnv(Walker, 2)):
        env.close()
        with pytest.raises(ClosedError, match="is closed"):
            way(env).reset()


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_copy_keeps_what_the_env_was_made_with(way):
    env = way(Mixed(share=0.125, weight=3.0, max_episode_steps=2, checked=True))
    assert env.params == Mixed.Params(share=0.125, weight=3.0)
    env.reset(seed=1)
    assert [env.step([0, 0])[3] for _ in range(2)] == [False, True]


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_draws_on_from_the_same_generators(way):
    env, envs = Drifter(), MurkVectorEnv(Drifter, 2)
    env.reset(seed=3)
    envs.reset(seed=[3, 8])
    env.np_random.random()
    envs.np_random[0].random()
    twin, twins = way(env), way(envs)
    assert twin.np_random.random() == env.np_random.random()
    assert [one.random() for one in twins.np_random] == [one.random() for one in envs.np_random]
    assert twins.np_random_seed == (3, 8)


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_samples_on_from_the_same_actions(way):
    env = Walker()
    env.action_space.seed(3)
    env.action_space.sample()
    twin = way(env)
    assert [twin.action_space.sample() for _ in range(20)] == [env.action_space.sample() for _ in range(20)]


def test_a_deep_copy_shares_the_static_fields():
    env = Mixed()
    twin = copy.deepcopy(env)
    assert np.shares_memory(twin.world.view(Mixed.prizes), env.world.view(Mixed.prizes))
