"""Fields: what a declaration says, and every declaration that is refused."""

import math

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv
from murk_env.errors import DefinitionError, FieldAccessError, FieldError
from murk_env.fields import fields_of
from tests.env.worlds import Mixed, Walker


class Base:
    heat = Field(unit="K", low=0.0)
    agent = Field(over="world", dtype=np.int32, initial=3)


class Derived(Base):
    wind = Field(components=2)
    heat = Field(unit="C")


def test_a_field_is_named_for_its_class_attribute():
    assert (Base.heat.name, Base.agent.name) == ("heat", "agent")


def test_what_is_not_said_is_a_float32_for_every_cell_that_is_zero_and_unbounded():
    field = Field()
    assert (field.over, field.components, field.dtype, field.mutability) == (
        "cells",
        None,
        np.float32,
        "per_tick",
    )
    assert (field.initial, field.bounds) == (0.0, (-math.inf, math.inf))


@pytest.mark.parametrize(
    ("over", "components", "shape"),
    [
        ("cells", None, (12,)),
        ("cells", 2, (2, 12)),
        ("agents", None, (5,)),
        ("agents", 3, (3, 5)),
        ("world", None, ()),
        ("world", 2, (2,)),
    ],
)
def test_one_worlds_shape_is_components_then_span(over, components, shape):
    assert Field(over=over, components=components).shape(num_cells=12, num_agents=5) == shape


def test_the_initial_value_has_the_fields_own_dtype():
    assert type(Base.agent.initial) is np.int32
    assert type(Base.heat.initial) is np.float32


def test_a_categorical_field_holds_the_whole_numbers_below_its_number_of_classes():
    kind = Field(categories=3, initial=2)
    assert (kind.dtype, kind.bounds, kind.categories) == (np.int32, (0, 2), 3)


def test_fields_come_in_order_of_declaration_bases_first():
    assert list(fields_of(Derived)) == ["heat", "agent", "wind"]


def test_a_field_declared_again_takes_the_place_of_the_bases():
    assert fields_of(Derived)["heat"] is Derived.heat
    assert fields_of(Base)["heat"] is Base.heat


def test_two_fields_are_the_same_only_when_they_are_one_object():
    assert Base.heat != Derived.heat
    assert len({Base.heat, Base.heat, Derived.heat}) == 2


def test_a_fields_text_names_it_with_its_span_and_dtype():
    assert repr(Base.agent) == "Field(agent, over='world', dtype=int32, per_tick)"


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ({"over": "cell"}, "over cannot be 'cell'; did you mean 'cells'?"),
        ({"over": None}, "over cannot be None; known: agents, cells, world"),
        ({"mutability": "statics"}, "mutability cannot be 'statics'; did you mean 'static'?"),
        ({"at_bounds": "warp"}, "at_bounds cannot be 'warp'; did you mean 'wrap'?"),
        ({"dtype": np.int64}, "dtype must be float32, int32 or float64, not .*int64"),
        ({"dtype": "nonsense"}, "dtype must be float32, int32 or float64, not .?nonsense"),
        ({"components": 0}, "at least 1.*, not 0"),
        ({"components": 1.5}, "component.*1.5"),
        ({"low": 2.0, "high": 1.0}, "low <= high, not low=2.0, high=1.0"),
        ({"low": math.nan}, "low <= high, not low=nan"),
        ({"high": math.nan}, "low <= high, not low=None, high=nan"),
        ({"low": 1.0}, r"initial value 0.0 lies outside its bounds \[1.0, inf\]"),
        ({"high": -1.0}, r"initial value 0.0 lies outside its bounds \[-inf, -1.0\]"),
        ({"initial": math.nan}, "initial value nan lies outside"),
        ({"low": 1.0, "mutability": "static", "initial": 0.5}, "initial value 0.5 lies outside"),
        (
            {"initial": np.ones(3)},
            r"must be a number, or a field that is static or of a level, not array\(.*\); give an array",
        ),
        ({"initial": "1"}, "must be a number, or a field that is static or of a level, not '1'"),
        ({"at_bounds": "wrap", "low": 0.0}, "at_bounds='wrap' needs both limits and low < high, not low=0.0"),
        ({"at_bounds": "reflect", "high": 1.0}, "at_bounds='reflect' needs both limits"),
        ({"at_bounds": "wrap", "low": 0.0, "high": 0.0}, "needs both limits and low < high"),
        ({"at_bounds": "wrap", "low": 0.0, "high": math.inf}, "needs both limits and low < high"),
        ({"dtype": np.int32, "initial": 0.5}, "initial.*0.5"),
        ({"dtype": np.int32, "initial": 1e10}, "initial.*10000000000"),
        ({"dtype": np.int32, "low": -0.2, "high": 0.7}, "bounds are integers, not low=-0.2, high=0.7"),
        ({"categories": 0}, "at least 1 class and no bounds of its own, not categories=0"),
        ({"categories": 2.5}, "at least 1 class .* not categories=2.5"),
        ({"categories": 3, "high": 2}, "no bounds of its own, not categories=3, low=None, high=2"),
        ({"categories": 3, "initial": 3}, r"initial value 3 lies outside its bounds \[0, 2\]"),
    ],
    ids=str,
)
def test_a_declaration_that_cannot_be_is_refused(declaration, message):
    with pytest.raises(FieldError, match=message):
        Field(**declaration)


@pytest.mark.parametrize(
    ("source", "declaration"),
    [
        ({"mutability": "per_tick"}, {}),
        ({"mutability": "sparse"}, {}),
        ({"over": "world"}, {}),
        ({}, {"over": "agents"}),
        ({}, {"components": 2}),
        ({"components": 3}, {"components": 2}),
        ({}, {"dtype": np.int32}),
        ({}, {"categories": 3}),
    ],
    ids=str,
)
def test_a_field_cannot_begin_with_one_that_is_not_static_and_of_its_own_shape_and_dtype(source, declaration):
    first = Field(**{"mutability": "static", **source})
    with pytest.raises(
        FieldError,
        match="static or of a level of the same span, components and dtype, not Field",
    ):
        Field(initial=first, **declaration)


def test_a_field_may_begin_with_a_static_one_of_its_own_shape_and_dtype():
    first = Field(components=2, mutability="static")
    assert Field(components=2, initial=first).initial is first


def test_a_named_field_cannot_be_changed():
    with pytest.raises(FieldError, match="field 'heat' is fixed once it has a name; high cannot be set to 2"):
        Base.heat.high = 2.0
    assert Base.heat.high is None


def test_one_field_object_cannot_have_two_names():
    class Twice:
        first = Field()
        second = first

    with pytest.raises(
        FieldError, match=r"Twice.second is the same Field object as 'first'; declare a field for each"
    ):
        fields_of(Twice)


# --- on the class, and on the env -----------------------------------------------------------------


def test_an_env_has_no_array_under_a_fields_name_and_says_where_it_is():
    env = Walker()
    env.reset(seed=1)
    with pytest.raises(
        FieldAccessError,
        match=r"Walker.fuse is an array of each world, .*: read env.world\[Walker.fuse\]; in an array hook "
        r"write tick.fuse, before.fuse or after.fuse; only in a hook that is per_world it is self.fuse",
    ):
        env.fuse  # noqa: B018
    assert not hasattr(env, "fuse")
    assert env.world[Walker.fuse].shape == (1,)


def test_self_in_an_array_hook_has_no_array_under_a_fields_name():
    class Mistaken(Walker):
        def terminated(self, after):
            return self.fuse <= 0

    with pytest.raises(
        DefinitionError, match=r"return self.fuse <= 0\): self.fuse: Mistaken.fuse is .* after.fuse"
    ):
        Mistaken()


@pytest.mark.parametrize("value", [3, Field()], ids=["number", "field"])
def test_a_field_cannot_be_set_on_an_env(value):
    env = Walker()
    with pytest.raises(FieldAccessError, match=r"Walker.fuse is a field, not an attribute of the env"):
        env.fuse = value
    assert Walker.fuse is Walker.fields["fuse"]


def test_the_class_and_what_is_no_owner_of_fields_give_the_field_itself():
    assert Walker.fuse is vars(Walker)["fuse"]
    assert Base().heat is Base.heat


def test_the_worlds_of_an_env_take_a_field_or_its_name():
    envs = MurkVectorEnv(Mixed, 3)
    envs.reset(seed=1)
    assert envs.world[Mixed.flow].shape == (3, 2)
    assert envs.world["flow"].tobytes() == envs.world[Mixed.flow].tobytes()
    assert envs.world[Mixed.prizes].shape == (6,)


def test_a_unit_is_a_text():
    with pytest.raises(FieldError, match="unit must be a text such as 'K', not 3"):
        Field(unit=3)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("mutability", ["static", "level"])
def test_bounds_may_leave_out_a_default_that_is_not_used(mutability):
    assert Field(mutability=mutability, low=0.5).bounds == (0.5, math.inf)
