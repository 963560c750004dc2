"""What adapters take for an environment: a class, or an id with all that the id sets."""

import gymnasium
import pytest

from murk_env.errors import ParameterError
from murk_env.faces.lookup import env_class_of
from murk_envs import Harvest, HeatSeeker, HexPursuit, Wildfire


def test_a_class_is_taken_as_it_is():
    assert env_class_of("make", HeatSeeker) == (HeatSeeker, {})


def test_an_id_sets_parameters_and_the_time_limit():
    wanted = {"max_episode_steps": 200, "size": 8, "crew": 2}
    assert env_class_of("make", "murk_envs:murk/Wildfire-8x8-v1") == (Wildfire, wanted)


@pytest.mark.parametrize(("steps", "limit"), [(30, 30), (None, -1)])
def test_the_time_limit_is_that_of_the_id(steps, limit):
    entry = gymnasium.spec("murk/HeatSeeker-v0").entry_point
    gymnasium.register("mine/Short-v0", entry, max_episode_steps=steps, kwargs={"size": 3})
    try:
        assert env_class_of("make", "mine/Short-v0")[1] == {"max_episode_steps": limit, "size": 3}
    finally:
        del gymnasium.registry["mine/Short-v0"]


@pytest.mark.parametrize("env_id", ["murk_envs:murk/HexPursuit-v0", "murk/HexPursuit-v0"])
def test_an_id_that_gymnasium_has_no_form_for_leads_to_its_class(env_id):
    assert env_class_of("make", env_id) == (HexPursuit, {})


def test_a_class_of_the_name_of_another_id_is_not_taken():
    assert Harvest.registered_id == "murk/Harvest-v0"
    with pytest.raises(gymnasium.error.Error, match="Harvest"):
        env_class_of("make", "murk_envs:murk/Harvest-v7")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("CartPole-v1", "make takes an id of a MurkEnv; 'CartPole-v1' makes <class"),
        (dict, "make takes an id, or a subclass of MurkEnv, not <class 'dict'>"),
        (None, "make takes an id, or a subclass of MurkEnv, not None"),
    ],
)
def test_anything_else_is_refused(given, message):
    with pytest.raises(ParameterError, match=message):
        env_class_of("make", given)
