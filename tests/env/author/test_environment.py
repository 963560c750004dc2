"""What a class of environments declares, and what its envs do not have."""

import pytest

from murk_env import Blueprint
from murk_env.errors import DefinitionError, FieldAccessError
from tests.env.worlds import Walker


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("elapsed_steps", "any hook"),
        ("moves", r"a hook that is per_world \(elsewhere: env.lattice.moves\)"),
        ("neighbours", r"a hook that is per_world \(elsewhere: env.lattice.neighbours\)"),
        ("active", "any hook, where agents are rewarded apart"),
        ("rng", r"array hooks, as tick.rng \(a hook that is per_world names it as an argument\)"),
        ("edit", r"array hooks, as tick.edit\(field\)"),
        ("at", r"array hooks, as tick.at\(field, cells\)"),
        ("worlds", "the array hook start, as tick.worlds"),
    ],
)
def test_what_only_hooks_have_is_no_attribute_of_an_env_which_says_where_it_is(name, place):
    env = Walker()
    with pytest.raises(
        FieldAccessError, match=rf"^Walker.{name} is no attribute of the env; .* in {place}\.$"
    ):
        getattr(env, name)
    assert not hasattr(env, name)


@pytest.mark.parametrize("name", ["build", "picture"])
def test_what_describes_all_envs_of_a_class_has_to_be_a_classmethod(name):
    def plain(self, params) -> Blueprint:
        return Walker.build(params)

    with pytest.raises(
        DefinitionError,
        match=rf"Wrong.{name} is called on the class: write @classmethod above def {name}\(cls, params\)",
    ):
        type("Wrong", (Walker,), {name: plain})
