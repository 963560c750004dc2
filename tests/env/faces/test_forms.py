"""Forms by their names: what the strings of registries lead to."""

import importlib
import pickle
from typing import Any

import numpy as np
import pytest

from murk_env import MurkParallelEnv, MurkVectorEnv
from murk_env.faces import forms
from murk_env.faces.entry_points import entry_point
from murk_env.faces.forms import FORMS, form_of_class
from murk_env.faces.recipe import recipe_of
from tests.env.agent_worlds import Crew
from tests.env.worlds import Walker


class Brief(Walker):
    """Its episodes are short."""

    max_episode_steps = 3


MADE = {"vector": MurkVectorEnv, "parallel": MurkParallelEnv}


def resolved(text: str) -> Any:
    """Return what Gymnasium and PettingZoo make of an entry point."""
    module, _, name = text.partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("form", ["vector", "parallel"])
def test_a_string_leads_to_the_form_that_it_names(form):
    assert entry_point(form, Crew) == f"murk_env.faces.forms:{form}.tests.env.agent_worlds.Crew"
    made = resolved(entry_point(form, Crew))()
    assert type(made) is MADE[form]
    assert made.world[Crew.boat].shape == (1,)


def test_an_aec_string_leads_to_an_env_whose_agents_act_in_turn():
    env = resolved(entry_point("aec", Crew))(max_cycles=3)
    env.reset(seed=0)
    assert env.agent_selection == "rower_0"
    env.step(1)
    assert env.agent_selection == "rower_1"


def test_the_single_form_leaves_the_time_limit_to_gymnasium_make():
    made = resolved(entry_point("single", Brief))
    assert made.metadata == Brief.metadata
    assert recipe_of(Brief()).options["max_episode_steps"] == 3
    assert recipe_of(made()).options["max_episode_steps"] == -1


@pytest.mark.parametrize("form", FORMS)
def test_a_class_that_cannot_be_imported_is_kept_by_its_entry_point(form):
    class Local(Crew):
        pass

    assert entry_point(form, Local).env_class is Local
    assert callable(entry_point(form, Local))


@pytest.mark.parametrize("name", ["vector", "vectors.tests.env.worlds.Walker", "Walker", "tests.env.worlds"])
def test_a_string_that_names_no_form_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'murk_env.faces.forms' has no attribute '{name}'"):
        getattr(forms, name)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_classes_that_can_be_imported_can_be_pickled(form):
    for made in (form_of_class(form, Crew), getattr(forms, f"{form}.tests.env.agent_worlds.Crew")):
        assert pickle.loads(pickle.dumps(made)) == form_of_class(form, Crew)


def test_a_class_that_is_not_bound_to_its_own_name_is_missed_by_that_name():
    with pytest.raises(AttributeError, match=r"tests.env.worlds has no Strider: .* must be bound to it"):
        getattr(forms, "vector.tests.env.worlds.Strider")


def test_keywords_go_to_the_face_and_the_parameters():
    envs = form_of_class("vector", Walker)(2, size=3, autoreset_mode="SameStep")
    envs.reset(seed=0)
    assert (envs.num_envs, envs.get_attr("params")[0].size) == (2, 3)
    twin = pickle.loads(pickle.dumps(envs))
    assert np.array_equal(twin.step([0, 0])[0], envs.step([0, 0])[0])
