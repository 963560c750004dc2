"""Resource against the reference's numbers and the solutions of its equations."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Line1D, Square4
from murk_env.propagators import Resource
from murk_env.world import World
from tests.env.propagators.worlds_first import put

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "resource.npz"))  # murk 0.2.0, float32
LINEAR = {"consumption": 0.3, "regrowth": 0.05, "capacity": 0.9, "dt": 1.0}
LOGISTIC = {"consumption": 0.1, "regrowth": 0.4, "capacity": 1.5, "dt": 0.5}


def grow(values, ticks=1, *, presence: Any = 0.0, dt=1.0, lattice=None, **options: Any):
    """Run Resource from values (num_cells,) and return what became of them."""
    food, present = Field(), Field()
    propagator = Resource(food, present, **options)
    world = World(lattice or Line1D(len(values)), {"food": food, "present": present}, [propagator], dt=dt)
    put(world, food, values)
    put(world, present, presence)
    world.run(ticks)
    return np.array(world[food][0])


@pytest.mark.parametrize("ticks", [1, 5])
@pytest.mark.parametrize(("growth", "options"), [("linear", LINEAR), ("logistic", LOGISTIC)])
def test_both_growths_give_the_references_numbers_to_the_bit(growth, options, ticks):
    after = grow(
        VECTORS[f"{growth}__v0"],
        ticks,
        presence=VECTORS["presence"],
        lattice=Square4(4, 5),
        growth=growth,
        **options,
    )
    assert after.tolist() == VECTORS[f"{growth}__k{ticks}"].tolist()


def test_logistic_growth_follows_the_closed_solution():
    rate, capacity, start, dt, ticks = 0.5, 2.0, 0.1, 1e-3, 4000
    after = grow([start], ticks, regrowth=rate, capacity=capacity, growth="logistic", dt=dt)
    time = dt * ticks
    exact = capacity / (1.0 + (capacity / start - 1.0) * np.exp(-rate * time))
    assert after[0] == pytest.approx(exact, rel=5e-4)


def test_linear_growth_is_a_straight_line_up_to_the_capacity():
    after = grow([0.0, 0.5], 4, regrowth=0.25, capacity=1.25, dt=0.5)
    assert after.tolist() == [0.5, 1.0]
    assert grow([0.0, 0.5], 400, regrowth=0.25, capacity=1.25, dt=0.5).tolist() == [1.25, 1.25]


def test_a_consumed_cell_never_holds_less_than_nothing():
    assert grow([0.5, 0.5], 3, presence=[0.0, -2.0], consumption=0.3, regrowth=0.0).tolist() == [0.5, 0.0]


def test_a_logistic_resource_that_is_gone_stays_gone():
    assert grow([0.0, 1.0], 50, growth="logistic", regrowth=0.5).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("dt", [0.1, 1.0, 50.0])
def test_no_step_leaves_the_range_from_nothing_to_the_capacity(dt):
    after = grow(np.linspace(0.0, 1.5, 31), 20, growth="logistic", regrowth=3.0, capacity=1.5, dt=dt)
    assert (after >= 0.0).all()
    assert (after <= 1.5).all()


def test_presence_acts_one_tick_later():
    food, present = Field(initial=1.0), Field()
    world = World(Line1D(2), {"food": food, "present": present}, [Resource(food, present, regrowth=0.0)])
    world.tick(lambda tick: tick.__setitem__(present, 1.0))
    assert world[food].tolist() == [[1.0, 1.0]]
    world.tick()
    assert world[food].tolist() == [[0.0, 0.0]]


def test_presence_may_be_static_and_of_whole_numbers():
    food, reserve = Field(initial=1.0), Field(mutability="static", dtype=np.int32)
    world = World(
        Line1D(3),
        {"food": food, "reserve": reserve},
        [Resource(food, reserve, consumption=0.25, regrowth=0.0)],
        num_worlds=2,
        static={reserve: np.array([0, 1, 7], np.int32)},
    )
    world.tick()
    assert world[food].tolist() == [[1.0, 0.75, 0.75]] * 2


def test_a_nan_stays_to_be_found():
    assert np.isnan(grow([np.nan, 1.0])).tolist() == [True, False]


@pytest.mark.parametrize("name", ["consumption", "regrowth", "capacity"])
def test_rates_are_not_negative(name):
    with pytest.raises(PropagatorConfigError, match=f"Resource needs a finite {name} from .* not -0.1"):
        Resource(Field(), Field(), **{name: cast(Any, -0.1)})


def test_a_capacity_is_more_than_nothing():
    with pytest.raises(PropagatorConfigError, match=r"finite capacity from 1.* not 0.0"):
        Resource(Field(), Field(), capacity=0.0)


def test_an_unknown_growth_is_refused():
    with pytest.raises(PropagatorConfigError, match="no growth 'logistics'; did you mean 'logistic'"):
        Resource(Field(), Field(), growth="logistics")  # pyright: ignore[reportArgumentType]


def test_guarantees_are_nothing_and_the_largest_capacity():
    food = Field()
    assert Resource(food, Field(), capacity=0.9).guarantees(food) == (0.0, 0.9)
    capacity = Parameter(1.0, low=0.5, high=2.5)
    assert Resource(food, Field(), capacity=capacity).guarantees(food) == (0.0, 2.5)
