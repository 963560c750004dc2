"""Fire on terrain: the published factors of slope and vegetation, and what is refused."""

from typing import Any

import numpy as np
import pytest

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Hex2D, Line1D, Square8
from murk_env.propagators import Fire
from murk_env.propagators._terrain import climbs
from murk_env.world import World

# exp(0.078 * degrees) of Alexandridis et al. 2008, to 4 digits
PUBLISHED = {-40: 0.0442, -30: 0.0963, -20: 0.2101, -10: 0.4584, 0: 1.0, 10: 2.1815, 20: 4.7588, 30: 10.3812}
NUM_WORLDS = 20_000


def caught(lattice, heights=None, classes=None, num_worlds=NUM_WORLDS, **options: Any):
    """Return the share of worlds in which each cell burns a tick after cell 0 does."""
    fields = {"state": Field(categories=3), "fuel": Field(low=0.0, initial=1.0)}
    static = {}
    if heights is not None:
        options["elevation"] = fields["elevation"] = Field(mutability="static")
        static[fields["elevation"]] = heights
    if classes is not None:
        options["fuel_class"] = fields["kind"] = Field(mutability="static", categories=3)
        static[fields["kind"]] = np.asarray(classes, np.int32)
    law = Fire(fields["state"], fields["fuel"], consumption=0.1, **options)
    world = World(lattice, fields, [law], num_worlds=num_worlds, static=static, seed=3)
    with world.edit() as tick:
        states = np.zeros((1, lattice.num_cells), np.int32)
        states[0, 0] = Fire.BURNING
        tick[fields["state"]] = states
    world.run(1)
    return (world[fields["state"]] == Fire.BURNING).mean(axis=0)


@pytest.mark.few(1)
@pytest.mark.parametrize("degrees", PUBLISHED)
def test_a_slope_multiplies_the_rate_by_the_published_factor(degrees):
    height = 30.0 * np.tan(np.radians(degrees))
    found = caught(Line1D(2, spacing=30.0), [0.0, height], ignition=0.1)[1]
    expected = 1.0 - np.exp(-0.1 * PUBLISHED[degrees])
    assert found == pytest.approx(expected, abs=5.0 * np.sqrt(expected * (1 - expected) / NUM_WORLDS))


def test_ways_are_as_steep_as_they_are_long():
    lattice = Square8(2, 2, spacing=10.0)
    heights = np.array([0.0, 10.0, 0.0, 10.0])
    angles = climbs(lattice, heights)
    east, northeast = (lattice.directions.index(name) for name in ("east", "northeast"))
    assert angles[0, east] == pytest.approx(-45.0)  # fire that comes to cell 0 from the higher cell 1
    assert angles[2, northeast] == pytest.approx(-np.degrees(np.arctan(1.0 / np.sqrt(2.0))), abs=1e-5)
    assert angles[1, lattice.directions.index("west")] == pytest.approx(45.0)
    assert angles[0, lattice.directions.index("north")] == 0.0  # nobody there


@pytest.mark.slow
def test_kinds_of_fuel_multiply_the_rate():
    found = caught(Line1D(2), None, [0, 2], ignition=0.2, class_factors=(0.0, 1.0, 1.82))[1]
    assert found == pytest.approx(1.0 - np.exp(-0.2 * 1.82), abs=0.02)
    assert caught(Line1D(2), None, [1, 0], ignition=9.0, class_factors=(0.0, 1.0, 1.0))[1] == 0.0


@pytest.mark.slow
def test_flat_land_of_one_kind_burns_as_without_a_map():
    lattice, flat = Hex2D(5, 4), np.full(20, 7.0)
    options = {"ignition": 0.6, "wind_speed": 5.0, "num_worlds": 50}
    plain = caught(lattice, **options)
    mapped = caught(lattice, flat, np.ones(20), class_factors=(0.0, 1.0, 2.0), **options)
    np.testing.assert_array_equal(mapped, plain)


@pytest.mark.slow
def test_fire_runs_uphill():
    lattice = Line1D(3, spacing=10.0)
    fields = {"state": Field(categories=3), "fuel": Field(initial=9.0), "hill": Field(mutability="static")}
    law = Fire(fields["state"], fields["fuel"], ignition=0.1, consumption=0.1, elevation=fields["hill"])
    static = {fields["hill"]: [0.0, 5.0, 10.0]}
    world = World(lattice, fields, [law], num_worlds=4000, static=static)
    with world.edit() as tick:
        tick[fields["state"]] = np.array([[0, Fire.BURNING, 0]])
    world.run(1)
    down, _, up = (world[fields["state"]] == Fire.BURNING).mean(axis=0)
    degrees = np.degrees(np.arctan(0.5))
    assert up == pytest.approx(1.0 - np.exp(-0.1 * np.exp(0.078 * degrees)), abs=0.03)
    assert down == pytest.approx(1.0 - np.exp(-0.1 * np.exp(-0.078 * degrees)), abs=0.01)


@pytest.mark.slow
def test_worlds_have_slopes_of_their_own():
    state, fuel, hill = Field(categories=3), Field(initial=1.0), Field(mutability="static")
    slope = Parameter(0.0, low=0.0, high=0.1)
    law = Fire(state, fuel, ignition=0.1, consumption=0.1, elevation=hill, slope=slope)
    fields = {"state": state, "fuel": fuel, "hill": hill, "slope": slope}
    world = World(Line1D(2), fields, [law], num_worlds=2 * NUM_WORLDS, static={hill: [0.0, 1.0]})
    with world.edit() as tick:
        tick[state] = np.array([[Fire.BURNING, 0]])
        tick[slope] = np.repeat([0.0, 0.05], NUM_WORLDS)
    world.run(1)
    flat, steep = (world[state][:, 1] == Fire.BURNING).reshape(2, -1).mean(axis=1)
    assert flat == pytest.approx(1.0 - np.exp(-0.1), abs=0.011)
    assert steep == pytest.approx(1.0 - np.exp(-0.1 * np.exp(0.05 * 45.0)), abs=0.018)


@pytest.mark.slow
def test_factors_known_beforehand_are_to_the_last_bit_those_of_every_worlds_own_slope():
    lattice, heights = Square8(6, 5, spacing=10.0), np.random.default_rng(0).uniform(0.0, 20.0, 30)
    state, fuel, hill = Field(categories=3), Field(), Field(mutability="static")
    worlds = []
    for slope in (0.078, Parameter(0.078, low=0.0, high=0.1, dtype="float64")):
        law = Fire(state, fuel, ignition=0.2, consumption=0.2, wind_speed=5.0, elevation=hill, slope=slope)
        fields = {"state": state, "fuel": fuel, "hill": hill}
        if isinstance(slope, Parameter):
            fields["slope"] = slope
        worlds.append(World(lattice, fields, [law], num_worlds=40, seed=5, static={hill: heights}))
        with worlds[-1].edit() as tick:
            tick.edit(state)[:, 14] = Fire.BURNING
            tick[fuel] = np.linspace(0.0, 1.0, 1200, dtype=np.float32).reshape(40, -1)
    for _ in range(9):
        for world in worlds:
            world.tick()
        for field in (state, fuel):
            assert worlds[0][field].tobytes() == worlds[1][field].tobytes()
    assert (worlds[0][state] == Fire.BURNT).any()


STATE, FUEL = Field(categories=3), Field()


@pytest.mark.parametrize(
    "options",
    [
        {"fuel_class": Field(categories=2), "class_factors": (1.0,)},
        {"fuel_class": Field(categories=2), "class_factors": (1.0, -1.0)},
        {"fuel_class": Field(categories=2), "class_factors": (1.0, np.nan)},
        {"fuel_class": Field(dtype="int32"), "class_factors": (1.0, 1.0)},
        {"class_factors": (1.0,)},
        {"fuel_class": Field(categories=1), "class_factors": 1.0},
    ],
    ids=range(6),
)
def test_classes_without_a_factor_each_are_refused(options):
    with pytest.raises(
        PropagatorConfigError, match="a fuel_class with categories and one finite factor >= 0"
    ):
        Fire(STATE, FUEL, ignition=1.0, consumption=1.0, **options)


def test_a_slope_that_is_no_factor_is_refused():
    with pytest.raises(PropagatorConfigError, match=r"needs a finite slope from 0 to 0\.5"):
        Fire(STATE, FUEL, ignition=1.0, consumption=1.0, slope=0.6)


def test_land_that_moves_is_refused():
    state, fuel, hill = Field(categories=3), Field(), Field()
    law = Fire(state, fuel, ignition=1.0, consumption=1.0, elevation=hill)
    with pytest.raises(PipelineError, match="needs 'hill' as a field that is static or of a level: how"):
        World(Line1D(3), {"state": state, "fuel": fuel, "hill": hill}, [law])
