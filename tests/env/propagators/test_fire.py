"""Fire: a plain model of it, fronts that are known, the wind's odds, and every bit of fuel accounted for."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Line1D, Square4, Square8
from murk_env.propagators import Fire
from murk_env.random import WorldRng, key_from_seed, origins
from murk_env.world import World
from tests.env.lattice.own import Knights, ThreeWays, Triangles

CERTAIN = 1e6  # a rate that sets on fire always
LATTICES = [Line1D(9), Square4(5, 6), Square8(5, 4, "wrap"), Hex2D(5, 4), Fcc12(4, 5, 3)]


class Forest:
    """Worlds in which one cell burns."""

    def __init__(
        self,
        lattice,
        cell: Any = 0,
        *,
        fuel: Any = 1.0,
        num_worlds: int = 1,
        seed=0,
        flammability=None,
        **rates: Any,
    ):
        self.fields = {"state": Field(categories=3), "fuel": Field(low=0.0)}
        static = {}
        if flammability is not None:
            self.fields["flammability"] = Field(mutability="static")
            static = {self.fields["flammability"]: np.asarray(flammability, np.float32)}
        rates = {"ignition": CERTAIN, "consumption": 1.0, **rates}
        propagator = Fire(
            *list(self.fields.values())[:2], flammability=self.fields.get("flammability"), **rates
        )
        self.world = World(
            lattice, self.fields, [propagator], num_worlds=num_worlds, seed=seed, static=static, checked=True
        )
        with self.world.edit() as tick:
            tick.edit(self.fields["state"])[:, cell] = Fire.BURNING
            tick[self.fields["fuel"]] = np.broadcast_to(np.float32(fuel), (num_worlds, lattice.num_cells))

    @property
    def state(self):
        return self.world[self.fields["state"]]

    @property
    def fuel(self):
        return self.world[self.fields["fuel"]]


def middle(lattice):
    """The cell with the most neighbours that is nearest to the centre."""
    distances = np.linalg.norm(lattice.positions - lattice.positions.mean(axis=0), axis=1)
    return int(np.argmin(np.where(lattice.degree == lattice.max_degree, distances, np.inf)))


def wind_factors(lattice, speed, direction):
    """Factor of fire that goes in each of the lattice's directions."""
    ways = np.zeros((len(lattice.directions), 2))
    ways[:, : lattice.displacements.shape[1]] = lattice.displacements[:, :2]
    lengths = np.linalg.norm(lattice.displacements, axis=1)
    cosines = (ways @ [math.cos(direction), math.sin(direction)]) / lengths
    return np.exp(speed * (0.045 + 0.131 * (cosines - 1)))


def burn_plainly(lattice, state, fuel, draws, ignition, consumption, factors):
    """One tick of the rules as they are told: from every burning cell to each of its neighbours."""
    escape, after, left = np.ones(lattice.num_cells), state.copy(), fuel.copy()
    for cell in np.flatnonzero(state == Fire.BURNING):
        for direction, neighbour in enumerate(lattice.neighbours[cell]):
            if neighbour >= 0:
                escape[neighbour] *= math.exp(-ignition * factors[direction])
        left[cell] = max(fuel[cell] - consumption, 0.0)
        after[cell] = Fire.BURNING if left[cell] > 0 else Fire.BURNT
    after[(state == Fire.UNBURNT) & (fuel > 0) & (draws < 1 - escape)] = Fire.BURNING
    return after, left


@pytest.mark.few(1)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_it_is_the_plain_model_with_the_draws_of_its_place(lattice):
    rates = {"ignition": 0.4, "consumption": 0.25, "wind_speed": 8.0, "wind_direction": 0.7}
    forest = Forest(lattice, middle(lattice), num_worlds=1, seed=3, flammability=None, **rates)
    state, fuel = forest.state[0].copy(), forest.fuel[0].copy()
    factors = wind_factors(lattice, 8.0, 0.7)
    for step in range(1, 13):
        counters = (np.array([value], np.int32) for value in (0, step))
        rng = WorldRng(key_from_seed(3)[np.newaxis], *counters, origin=origins.FIRST_PROPAGATOR)
        draws = rng.random(lattice.num_cells, dtype=np.float32)[0]
        state, fuel = burn_plainly(lattice, state, fuel, draws, 0.4, 0.25, factors)
        forest.world.tick()
        assert forest.state[0].tolist() == state.tolist()
        assert forest.fuel[0].tolist() == fuel.tolist()
    assert (state == Fire.BURNT).sum() > 1


@pytest.mark.slow
@pytest.mark.parametrize("lattice", [*LATTICES, Hex2D(2, 3, "wrap"), Square4(3, 3, "clamp")], ids=repr)
def test_it_is_to_the_last_bit_what_the_kernel_of_terrain_makes_of_flat_land(lattice):
    rates = {"ignition": 0.3, "consumption": 0.2, "wind_speed": 8.0, "wind_direction": 0.7}
    state, fuel, kind = Field(categories=3), Field(low=0.0), Field(categories=2, mutability="static")
    worlds = []
    for terrain in ({}, {"fuel_class": kind, "class_factors": (1.0, 1.0)}):
        fields = {"state": state, "fuel": fuel} | ({"kind": kind} if terrain else {})
        propagators = [Fire(state, fuel, **rates, **terrain)]
        static = {kind: np.zeros(lattice.num_cells, np.int32)} if terrain else {}
        worlds.append(World(lattice, fields, propagators, num_worlds=40, seed=5, static=static))
        with worlds[-1].edit() as tick:
            tick.edit(state)[:, middle(lattice)] = Fire.BURNING
            tick[fuel] = np.linspace(0.0, 1.0, 40 * lattice.num_cells, dtype=np.float32).reshape(40, -1)
    for _ in range(12):
        for world in worlds:
            world.tick()
        for field in (state, fuel):
            assert worlds[0][field].tobytes() == worlds[1][field].tobytes()
    assert (worlds[0][state] == Fire.BURNT).any()


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_a_fire_without_chance_is_a_ring_that_grows_by_one_hop_a_tick(lattice):
    forest = Forest(lattice, 1)
    hops = lattice.distance(1, np.arange(lattice.num_cells))
    for ticks in range(1, hops.max() + 2):
        forest.world.tick()
        expected = np.where(hops < ticks, Fire.BURNT, np.where(hops == ticks, Fire.BURNING, Fire.UNBURNT))
        assert forest.state[0].tolist() == expected.tolist()


@pytest.mark.few(5)
@pytest.mark.parametrize("direction", [0.0, math.pi / 2, 2.0])
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_neighbours_catch_fire_with_the_odds_that_the_wind_gives_them(lattice, direction):
    cell, num_worlds = middle(lattice), 4000
    wind = {"wind_speed": 12.0, "wind_direction": direction}
    forest = Forest(lattice, cell, num_worlds=num_worlds, ignition=0.5, **wind)
    forest.world.tick()
    caught = (forest.state[:, lattice.neighbours[cell]] == Fire.BURNING).mean(axis=0)
    odds = 1 - np.exp(-0.5 * wind_factors(lattice, 12.0, direction))
    assert (np.abs(caught - odds) < 5 * np.sqrt(odds * (1 - odds) / num_worlds)).all()


@pytest.mark.parametrize(("speed", "direction"), [(0.0, 0.0), (10.0, 0.0), (10.0, math.pi)])
def test_a_front_advances_by_its_odds_in_every_tick(speed, direction):
    ticks, num_worlds = 40, 400
    wind = {"wind_speed": speed, "wind_direction": direction}
    forest = Forest(Line1D(60), num_worlds=num_worlds, ignition=0.5, consumption=0.0, **wind)
    forest.world.run(ticks)
    odds = 1 - math.exp(-0.5 * math.exp(speed * (0.045 + 0.131 * (math.cos(direction) - 1))))
    advance = (forest.state == Fire.BURNING).sum(axis=1).mean() - 1
    assert abs(advance - odds * ticks) < 5 * math.sqrt(odds * (1 - odds) * ticks / num_worlds)


def test_every_bit_of_fuel_that_goes_was_burnt_by_a_burning_cell():
    fuel = np.random.default_rng(0).integers(0, 9, 30) / 4
    forest = Forest(Square4(5, 6), 8, fuel=fuel, ignition=0.6, consumption=0.25)
    burnt = 0.0
    for _ in range(30):
        burnt += 0.25 * ((forest.state == Fire.BURNING) & (forest.fuel > 0)).sum()
        forest.world.tick()
        assert forest.fuel.sum() == fuel.sum() - burnt
    assert burnt > 5
    assert (forest.fuel[forest.state == Fire.BURNT] == 0).all()


def test_a_cell_burns_for_as_long_as_its_fuel_lasts():
    forest = Forest(Line1D(1), fuel=1.0, consumption=0.3)
    states = []
    for _ in range(5):
        forest.world.tick()
        states.append(int(forest.state[0, 0]))
    assert states == [Fire.BURNING] * 3 + [Fire.BURNT] * 2


def test_cells_without_fuel_stop_a_fire():
    forest = Forest(Square4(3, 5), 0, fuel=np.tile([1, 1, 0, 1, 1], 3))
    forest.world.run(10)
    assert forest.state[0].reshape(3, 5).tolist() == [[Fire.BURNT] * 2 + [Fire.UNBURNT] * 3] * 3


def test_a_burnt_cell_never_burns_again_even_if_it_gets_new_fuel():
    forest = Forest(Line1D(2), [0, 1], consumption=5.0)
    forest.world.tick()
    with forest.world.edit() as tick:
        tick[forest.fields["fuel"]] = 1.0
        tick[forest.fields["state"]] = [[Fire.BURNING, Fire.BURNT]]
    forest.world.tick()
    assert forest.state[0].tolist() == [Fire.BURNT] * 2


@pytest.mark.slow
def test_a_static_map_says_what_can_burn():
    forest = Forest(Square4(3, 5), 0, num_worlds=2, flammability=np.tile([1, 1, 0, 1, 1], 3))
    forest.world.run(10)
    assert forest.state[1].reshape(3, 5).tolist() == [[Fire.BURNT] * 2 + [Fire.UNBURNT] * 3] * 3


@pytest.mark.slow
def test_a_hook_can_wet_cells_in_the_tick_in_which_the_fire_would_reach_them():
    state, fuel, dryness = Field(categories=3), Field(initial=9.0), Field(initial=1.0)
    propagator = Fire(state, fuel, ignition=CERTAIN, consumption=1.0, flammability=dryness)
    world = World(Line1D(4), {"state": state, "fuel": fuel, "dryness": dryness}, [propagator])
    with world.edit() as tick:
        tick[state] = [[Fire.BURNING, 0, 0, 0]]
    world.tick()
    world.tick(lambda tick: tick.edit(dryness).__setitem__((0, 2), 0.0))
    assert world[state][0].tolist() == [Fire.BURNING, Fire.BURNING, Fire.UNBURNT, Fire.UNBURNT]


def test_the_probability_depends_on_the_time_step_as_a_rate_does():
    state, fuel = Field(categories=3), Field(initial=9.0)
    propagator = Fire(state, fuel, ignition=0.5, consumption=0.0)
    world = World(Line1D(2), {"state": state, "fuel": fuel}, [propagator], num_worlds=4000, dt=2.0, seed=0)
    with world.edit() as tick:
        tick.edit(state)[:, 0] = Fire.BURNING
    world.tick()
    odds = 1 - math.exp(-0.5 * 2.0)
    assert abs((world[state][:, 1]).mean() - odds) < 5 * math.sqrt(odds * (1 - odds) / 4000)


def test_it_bears_every_time_step():
    assert Fire(Field(), Field(), ignition=1e6, consumption=1e6).max_dt(Square4(3, 3)) == math.inf


def test_it_promises_to_keep_its_fields_within_their_bounds():
    state, fuel, owed = Field(categories=3), Field(low=0.0, high=5.0), Field(high=-1.0, initial=-2.0)
    propagator = Fire(state, fuel, ignition=1.0, consumption=1.0)
    assert propagator.guarantees(state) == (0.0, 2.0)
    assert propagator.guarantees(fuel) == (0.0, 5.0)
    assert Fire(state, owed, ignition=1.0, consumption=1.0).guarantees(owed) == (-math.inf, 0.0)


@pytest.mark.parametrize("options", [{"categories": 2}, {"dtype": np.int32, "low": 1, "initial": 1}])
def test_a_state_that_cannot_be_all_three_is_refused(options):
    state, fuel = Field(**options), Field()
    with pytest.raises(PipelineError, match="declare it with categories=3"):
        World(Line1D(3), {"state": state, "fuel": fuel}, [Fire(state, fuel, ignition=1.0, consumption=1.0)])


def test_wind_on_a_lattice_whose_directions_differ_from_cell_to_cell_is_refused():
    with pytest.raises(PipelineError, match="'west' is another way at cell 1; give each way a direction of"):
        Forest(ThreeWays(4, 6), wind_speed=1.0)


def test_fire_without_wind_burns_where_directions_differ_from_cell_to_cell():
    forest = Forest(ThreeWays(2, 3), 0)
    forest.world.run(1)
    assert forest.state.tolist() == [[2, 1, 0, 1, 0, 0]]  # cell 0 points up: neighbours east and south


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("lattice", [Knights(33, 33), Triangles(33, 33)], ids=repr)
def test_the_wind_drives_a_fire_where_it_blows_to_on_an_own_lattice(lattice, turn):
    start = lattice.num_cells // 2
    angle = turn * math.pi / 2.0
    forest = Forest(
        lattice, start, num_worlds=16, fuel=9.0, ignition=0.3, wind_speed=20.0, wind_direction=angle
    )
    forest.world.run(8)
    burnt = (forest.state != Fire.UNBURNT).sum(axis=0)
    drift = (burnt[:, np.newaxis] * (lattice.positions - lattice.positions[start])).sum(axis=0) / burnt.sum()
    assert drift @ (math.cos(angle), math.sin(angle)) > 2.0 * abs(drift @ (math.sin(angle), -math.cos(angle)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ignition", -1.0),
        ("consumption", math.nan),
        ("wind_speed", 101.0),
        ("wind_direction", math.inf),
        ("wind_direction", math.nan),
    ],
)
def test_a_coefficient_out_of_its_range_is_refused(name, value):
    rates = {"ignition": 1.0, "consumption": 1.0, name: value}
    with pytest.raises(PropagatorConfigError, match=f"Fire needs a finite {name} from"):
        Fire(Field(), Field(), **rates)


def test_a_wind_that_may_have_any_direction_needs_a_limit():
    direction = Parameter(0.0, low=-math.pi)
    with pytest.raises(PropagatorConfigError, match="Fire's wind_direction is the parameter"):
        Fire(Field(), Field(), ignition=1.0, consumption=1.0, wind_direction=direction)
