"""Parameters: what is taken for each kind, what is refused, and how the refusals read."""

import dataclasses
import re
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, assert_type

import numpy as np
import pytest
from gymnasium.spaces import Discrete

import murk_env
from murk_env import Blueprint, Field, MurkEnv, Observation, Observe, Range, Square4
from murk_env.author.params import knobs_of, make_params
from murk_env.errors import DefinitionError, ParameterError


class Pond(MurkEnv):
    """Has a parameter of every kind; its hooks do nothing."""

    class Params(murk_env.Params):
        """One of each kind."""

        size: Annotated[int, Range(2, 9), "cells along a side"] = 4
        depth: Annotated[float, Range(0.5, 2.0), "depth of the water in m"] = 1.0
        frozen: bool = False
        name: str = "pond"
        layout: Annotated[Literal["flat", "image"], "layout of the observation"] = "flat"
        order: Literal[1, 2] = 1
        marks: Any = None

        def check(self) -> None:
            """Let no pond be deeper than it is wide."""
            self.require(
                self.depth * 2 <= self.size,
                f"size must be at least twice the depth, not size={self.size} with depth={self.depth}.",
            )

        @property
        def area(self) -> int:
            """Cells of the pond."""
            return self.size**2

    water = Field()

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        return Blueprint(
            lattice=Square4(params.size, params.size),
            observation=Observation(Observe(cls.water)),
            action_space=Discrete(2),
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        pass

    def reward(self, before, after):
        return np.zeros(len(after.water))

    def terminated(self, after):
        return np.zeros(len(after.water), bool)


# --- what is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"size": 7}, 7),
        ({"size": np.int16(7)}, 7),
        ({"size": 2}, 2),
        ({"size": 9}, 9),
        ({"depth": 1.5}, 1.5),
        ({"depth": 2}, 2.0),
        ({"depth": np.float32(0.5)}, 0.5),
        ({"depth": np.int64(1)}, 1.0),
        ({"depth": Fraction(3, 4)}, 0.75),
        ({"frozen": True}, True),
        ({"frozen": np.bool_(True)}, True),
        ({"name": "lake"}, "lake"),
        ({"layout": "image"}, "image"),
        ({"order": 2}, 2),
        ({"marks": (1, 2)}, (1, 2)),
    ],
    ids=str,
)
def test_a_value_becomes_one_of_the_kind_that_was_declared(given, kept):
    (name,) = given
    value = getattr(Pond(**given).params, name)
    assert (value, type(value)) == (kept, type(kept))


def test_what_is_not_given_has_its_default():
    assert dataclasses.asdict(Pond().params) == {
        "size": 4,
        "depth": 1.0,
        "frozen": False,
        "name": "pond",
        "layout": "flat",
        "order": 1,
        "marks": None,
    }


def test_equal_parameters_are_equal_and_can_be_keys():
    assert Pond.Params(depth=1, size=5) == Pond.Params(size=5)
    assert len({Pond.Params(depth=1), Pond.Params(), Pond.Params(size=5)}) == 2


def test_parameters_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'size'"):
        Pond().params.size = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_a_class_without_parameters_takes_none():
    class Bare(Pond):
        class Params(murk_env.Params):  # pyright: ignore[reportIncompatibleVariableOverride]
            """None."""

    with pytest.raises(ParameterError, match=r"^Bare got an unexpected keyword argument 'size': it has no"):
        Bare(size=3)


def test_a_subclass_of_parameters_has_those_of_its_base_first():
    class Deep(Pond.Params):
        """Further ones."""

        bottom: float = 3.0

    assert list(knobs_of(Deep)) == [*knobs_of(Pond.Params), "bottom"]
    assert Deep(bottom=4, size=9).bottom == 4.0


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 1}, "Pond's size must be from 2 to 9, not 1."),
        ({"size": 10}, "Pond's size must be from 2 to 9, not 10."),
        ({"size": 4.0}, "Pond's size must be an integer, not 4.0 of type float."),
        ({"size": True}, "Pond's size must be an integer, not True of type bool."),
        ({"size": np.bool_(True)}, "Pond's size must be an integer, not np.True_ of type bool."),
        ({"size": "4"}, "Pond's size must be an integer, not '4' of type str."),
        ({"size": None}, "Pond's size must be an integer, not None of type NoneType."),
        ({"depth": 0.25}, "Pond's depth must be from 0.5 to 2, not 0.25."),
        ({"depth": float("inf")}, "Pond's depth must be from 0.5 to 2, not inf."),
        ({"depth": float("nan")}, "Pond's depth must be a number, not nan of type float."),
        ({"depth": "1.0"}, "Pond's depth must be a number, not '1.0' of type str."),
        ({"depth": False}, "Pond's depth must be a number, not False of type bool."),
        ({"depth": 10**400}, f"Pond's depth must be a number, not 1{'0' * 400} of type int."),
        ({"depth": 1j}, "Pond's depth must be a number, not 1j of type complex."),
        ({"frozen": 1}, "Pond's frozen must be True or False, not 1 of type int."),
        ({"frozen": "no"}, "Pond's frozen must be True or False, not 'no' of type str."),
        ({"name": 3}, "Pond's name must be a text, not 3 of type int."),
        ({"layout": "flta"}, "Pond's layout must be one of 'flat', 'image', not 'flta'."),
        ({"order": 3}, "Pond's order must be one of 1, 2, not 3."),
        ({"order": True}, "Pond's order must be one of 1, 2, not True."),
        ({"order": 1.0}, "Pond's order must be one of 1, 2, not 1.0."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_of_another_kind_or_outside_its_range_is_refused(given, message):
    if np.__version__ < "2":
        message = message.replace("np.True_ of type bool", "True of type bool_")
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        Pond(**given)


def test_an_unknown_parameter_is_refused_with_a_proposal():
    with pytest.raises(
        ParameterError,
        match=r"^Pond got an unexpected keyword argument 'sise': it has no parameter 'sise'; did you mean "
        r"'size'\?$",
    ):
        Pond(sise=3)


def test_a_check_across_parameters_names_the_environment_and_both_values():
    with pytest.raises(
        ParameterError, match=r"^Pond: size must be at least twice the depth, not size=3 with depth=2.0\.$"
    ):
        Pond(size=3, depth=2)


def test_a_check_that_returns_what_it_found_is_refused():
    class Says(Pond.Params):
        """Says whether it is large."""

        def check(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Return whether it is large."""
            return self.size > 5

    with pytest.raises(
        DefinitionError, match=r"check must return None, not False; .*self.require\(condition"
    ):
        Says(size=3)


def test_checks_run_for_parameters_made_by_hand():
    with pytest.raises(ParameterError, match="Pond's size must be from 2 to 9, not 1"):
        Pond.Params(size=1)
    with pytest.raises(ParameterError, match="Pond: size must be at least twice the depth"):
        dataclasses.replace(Pond.Params(), size=2, depth=2.0)


def test_parameters_are_given_by_name():
    with pytest.raises(TypeError, match="positional argument"):
        Pond.Params(3)  # pyright: ignore[reportCallIssue]


def test_a_check_that_fails_by_itself_is_told_with_what_was_given():
    class Divides(Pond.Params):
        """Divides by a parameter."""

        parts: int = 1

        def check(self) -> None:
            """Divide."""
            if not self.parts:
                raise ValueError("no parts")

    with pytest.raises(ParameterError, match=r"^Lake\(parts=0, name='x'\): no parts$") as caught:
        make_params("Lake", Divides, {"parts": 0, "name": "x"})
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_parameter_without_a_default_has_to_be_given():
    class Needs(murk_env.Params):
        """Some without a default."""

        size: int
        depth: float
        name: str = "x"

    with pytest.raises(ParameterError, match=r"^Lake needs a value for \['depth'\], which have no default"):
        make_params("Lake", Needs, {"size": 3})
    assert make_params("Lake", Needs, {"size": 3, "depth": 2}).depth == 2.0


# --- what cannot be declared ----------------------------------------------------------------------


RESERVED = [
    "action_out_of_bounds",
    "num_envs",
    "vectorization_mode",
    "vector_kwargs",
    "wrappers",
    "autoreset_mode",
    "copy",
    "num_threads",
    "checked",
    "render_mode",
    "max_episode_steps",
    "static_arena",
    "disable_env_checker",
]


@pytest.mark.parametrize("name", RESERVED)
def test_a_name_that_gymnasium_or_the_faces_use_is_refused(name):
    with pytest.raises(
        DefinitionError,
        match=rf"Params.{name} cannot be a parameter: Gymnasium or the faces use that name; call it",
    ):
        type("Params", (murk_env.Params,), {"__annotations__": {name: int}, name: 3})


def test_parameters_of_an_environment_derive_from_murk_envs():
    with pytest.raises(
        DefinitionError, match=r"Wrong.Params must be a subclass of murk_env.Params: class Params\(murk_env.P"
    ):
        type("Wrong", (Pond,), {"Params": dict})


def test_an_annotation_that_names_what_is_not_there_is_refused():
    params = type("Params", (murk_env.Params,), {"__annotations__": {"size": "Unheard"}, "size": 3})
    with pytest.raises(DefinitionError, match="Params: name 'Unheard' is not defined; import what its annot"):
        params()


@pytest.mark.parametrize(
    ("kind", "called"),
    [(str, "str"), (bool, "bool"), (Literal[1, 2], r"typing.Literal\[1, 2\]"), (int | None, r"int \| None")],
    ids=str,
)
def test_only_numbers_have_a_range(kind, called):
    params = type("Params", (murk_env.Params,), {"__annotations__": {"size": Annotated[kind, Range(2, 9)]}})
    with pytest.raises(
        DefinitionError, match=rf"parameter size has a Range, from 2 to 9, .* it is declared as {called}\.$"
    ):
        make_params("Lake", params, {"size": 3})


@pytest.mark.parametrize("value", [4, "flat", (1, 2), None], ids=repr)
def test_a_value_without_a_type_is_refused(value):
    with pytest.raises(
        DefinitionError,
        match=rf"^Params: size = {re.escape(repr(value))} needs a type .* a constant is called SIZE",
    ):
        type("Params", (murk_env.Params,), {"size": value})


def test_a_default_that_may_change_is_refused():
    with pytest.raises(
        DefinitionError, match=r"mutable default .* field sizes is not allowed; a parameter is a"
    ):

        class Params(murk_env.Params):
            sizes: list[int] = []  # noqa: RUF012


def test_another_default_without_a_type_is_refused():
    with pytest.raises(DefinitionError, match=r"size = 5 needs a type to be a parameter, size: int = 5"):
        type("Params", (Pond.Params,), {"size": 5})


def test_constants_methods_and_classes_are_no_parameters():
    class Params(Pond.Params):
        LIMIT = 3
        limit: ClassVar[int] = 4
        _hidden = 5

        class Inner:
            pass

        @staticmethod
        def twice(value):
            return 2 * value

        def wide(self):
            return self.twice(self.size) + self.LIMIT + self.limit

    assert list(knobs_of(Params)) == list(knobs_of(Pond.Params))
    assert Params(size=5).wide() == 17


class Deeper(Pond):
    """A subclass with one more parameter; a type checker knows both kinds without a further declaration."""

    class Params(Pond.Params):
        springs: int = 1


def test_self_params_is_of_the_classes_own_kind():
    pond, deeper = Pond(), Deeper(springs=2)
    assert type(assert_type(pond.params, Pond.Params)) is Pond.Params
    assert type(assert_type(deeper.params, Deeper.Params)) is Deeper.Params
    assert (deeper.params.springs, deeper.params.size) == (2, 4)


@pytest.mark.parametrize(("low", "high"), [(5, 2), ("a", 2), (0.0, float("nan"))])
def test_a_range_that_holds_no_number_is_refused(low, high):
    with pytest.raises(DefinitionError, match="a Range has a low number and a high one, not"):
        Range(low, high)


# --- what documentation and messages are made of --------------------------------------------------


def test_a_declaration_holds_kind_range_meaning_and_default():
    size = knobs_of(Pond.Params)["size"]
    assert (size.name, size.kind, size.range, size.doc, size.default) == (
        "size",
        int,
        Range(2, 9),
        "cells along a side",
        4,
    )
    assert knobs_of(Pond.Params)["layout"].choices == ("flat", "image")
    assert (knobs_of(Pond.Params)["name"].range, knobs_of(Pond.Params)["name"].doc) == (None, "")


@pytest.mark.parametrize(
    ("limits", "text"),
    [((2, 9), "from 2 to 9"), ((0.5, 1e9), "from 0.5 to 1e+09"), ((-1.0, 2**15), "from -1 to 32768")],
)
def test_a_range_reads_as_its_limits(limits, text):
    assert str(Range(*limits)) == text
