"""Coefficients that vary in space, and cells that have a size: solutions of their own, and stability."""

from typing import Any

import numpy as np
import pytest

from murk_env import Field, Fire, GrayScott, Hex2D, Line1D, LotkaVolterra, Parameter, Ring1D, Square4, World
from murk_env.errors import PipelineError, PropagatorConfigError, StabilityError
from murk_env.propagators import SIR, Advection, Diffusion, Gradient, Resource, Value, Wave
from tests.env.propagators.convergence import centres, order, solved

PI = np.pi


def double(**keywords):
    return Field(dtype="float64", **keywords)


def conductivity(highest, mutability: Any = "static"):
    return Field(dtype="float64", mutability=mutability, low=0.0, high=highest)


@pytest.mark.slow
def test_a_smooth_conductivity_is_of_second_order():
    def exact(x, t):  # steady, of du/dt = (k u')' with k = 1 + x
        return np.log1p(x) + 0.0 * t

    def error(lattice):
        u, k, x = double(), conductivity(2.0), centres(lattice)
        law = Diffusion(u, coefficient=k, boundaries={"west": Value(0.0), "east": Value(np.log(2.0))})
        dt = 0.9 * law.max_dt(lattice)
        start = {u: exact(x, 0.0)}
        world = solved(law, lattice, {"u": u, "k": k}, start, 2000 * dt, dt, static={k: 1.0 + x})
        return np.abs(world[u][0] - exact(x, 1.0)).max()

    assert order(error, 8) == pytest.approx(2.0, abs=0.2)


@pytest.mark.slow
def test_layers_of_different_kinds_conduct_as_resistances_in_a_row():
    u, k, lattice = double(), conductivity(4.0), Line1D(8, spacing=0.5)
    layers = np.repeat([4.0, 0.5], 4)  # each 2 long, so resistances 0.5 and 4
    law = Diffusion(u, coefficient=k, boundaries={"west": Value(9.0), "east": Value(0.0)})
    dt = 0.9 * law.max_dt(lattice)
    world = solved(law, lattice, {"u": u, "k": k}, {}, 3000 * dt, dt, static={k: layers})
    drop = np.concatenate([np.full(4, 0.5 / 4.0), np.full(4, 0.5 / 0.5)])  # of each cell, per unit of flux
    expected = 9.0 - 2.0 * (np.cumsum(drop) - drop / 2.0)  # flux 9 / 4.5 = 2
    np.testing.assert_allclose(world[u][0], expected, rtol=1e-9)


@pytest.mark.slow
def test_a_conductivity_of_0_insulates_and_everything_is_conserved():
    u, k = double(), conductivity(1.0, "per_tick")
    world = World(Line1D(6), {"u": u, "k": k}, [Diffusion(u, coefficient=k)], dt=0.4)
    with world.edit() as tick:
        tick[u] = np.array([[1.0, 3.0, 0.0, 0.0, 8.0, 2.0]])
        tick[k] = np.array([[1.0, 1.0, 1.0, 0.0, 1.0, 0.5]])
    world.run(200)
    np.testing.assert_allclose(world[u][0], [4 / 3] * 3 + [0.0] + [5.0] * 2, atol=1e-9)


@pytest.mark.slow
def test_a_conductivity_of_one_value_everywhere_gives_what_the_number_gives():
    found = []
    for coefficient in (conductivity(0.25), 0.25):
        u = double()
        fields = {"u": u} | ({"k": coefficient} if isinstance(coefficient, Field) else {})
        static = {coefficient: np.full((4, 5), 0.25)} if isinstance(coefficient, Field) else {}
        law = Diffusion(u, coefficient=coefficient, decay=0.1, sources={7: 3.0}, clamp=(None, 2.5))
        world = World(Square4(4, 5), fields, [law], dt=0.5, static=static)
        world.run(7)
        found.append(world[u])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-14)


def test_the_bounds_of_the_field_say_what_is_stable():
    u, k = Field(), Field(low=0.0, high=2.0)
    assert Diffusion(u, coefficient=k).max_dt(Line1D(4)) == 0.25
    with pytest.raises(StabilityError, match="above Diffusion"):
        World(Line1D(4), {"u": u, "k": k}, [Diffusion(u, coefficient=k)], dt=0.3)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (Field(), r"is the field .* with bounds \[-inf, inf\]; it needs finite bounds"),
        (Field(low=-1.0, high=1.0), r"with bounds \[-1, 1\]; it needs finite bounds within \[0, inf\]"),
        (Field(over="world", low=0.0, high=1.0), "varies as a scalar float field over cells"),
        (Field(components=2, low=0.0, high=1.0), "varies as a scalar float field over cells"),
        (Field(dtype="int32", low=0, high=1), "varies as a scalar float field over cells"),
    ],
)
def test_a_field_that_is_no_coefficient_is_refused(field, message):
    with pytest.raises(PropagatorConfigError, match=message):
        Diffusion(Field(), coefficient=field)


def burning(speed, direction):
    state, fuel = Field(categories=3), Field(initial=1.0, low=0.0)
    winds = {"wind_speed": speed, "wind_direction": direction}
    return [state, fuel], Fire(state, fuel, ignition=0.2, consumption=0.1, **winds), Fire.BURNING


def ailing(infection, recovery):
    susceptible, infected, recovered = Field(initial=0.9), Field(), Field()
    law = SIR(susceptible, infected, recovered, infection=infection, recovery=recovery, mixing=0.5)
    return [infected, susceptible, recovered], law, 0.1


@pytest.mark.slow
@pytest.mark.parametrize("make", [burning, ailing])
def test_a_coefficient_over_the_world_gives_what_parameters_of_the_same_values_give(make):
    lattice, found = Hex2D(4, 5), []
    bounds: Any = {"low": 0.0, "high": 1.0, "dtype": "float32"}
    for kind in (lambda: Parameter(0.0, **bounds), lambda: Field(over="world", **bounds)):
        rates = kind(), kind()
        (seeded, other, *more), law, value = make(*rates)
        fields = {f"field{index}": field for index, field in enumerate((seeded, other, *more, *rates))}
        world = World(lattice, fields, [law], num_worlds=3, seed=1, dt=0.7)
        for turn in range(3):
            with world.edit() as tick:
                if turn == 0:
                    tick.edit(seeded)[:, 7] = value
                for place, rate in enumerate(rates):
                    tick[rate] = np.array([0.1, 0.6, 0.3], np.float32) + np.float32(0.1 * (turn + place))
            world.run(4)
        found.append([world[field].tobytes() for field in (seeded, other, *more)])
        assert len({row.tobytes() for row in world[other]}) == 3
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "wind",
    [
        Field(low=0.0, high=1.0),
        Field(over="world", mutability="static", low=0.0, high=1.0),
        Field(over="world", mutability="level", low=0.0, high=1.0),
        Field(over="world", components=2, low=0.0, high=1.0),
    ],
    ids=repr,
)
def test_what_is_no_wind_of_every_world_is_refused(wind):
    with pytest.raises(
        PropagatorConfigError, match=r"wind_speed varies as a .* over the world that is per_tick or"
    ):
        burning(wind, 0.0)


@pytest.mark.slow
def test_a_flow_that_speeds_up_carries_what_it_should():
    def error(lattice):  # du/dt = -((1 + x) u)': u = f(log(1 + x) - t) / (1 + x)
        def exact(x, t):
            return (2.0 + np.sin(3.0 * (np.log1p(x) - t))) / (1.0 + x)

        u, wind, inlet, x = (
            double(),
            double(components=1, mutability="static"),
            double(over="world"),
            centres(lattice),
        )

        def act(tick, time):
            tick[inlet] = np.array([exact(0.0, time)])

        law = Advection(u, wind, max_speed=2.0, boundaries={"west": Value(inlet), "east": Value(0.0)})
        fields = {"u": u, "wind": wind, "inlet": inlet}
        start, static = {u: exact(x, 0.0)}, {wind: (1.0 + x)[np.newaxis]}
        world = solved(law, lattice, fields, start, 0.5, 0.25 * lattice.scale[0], act, static)
        return np.abs(world[u][0] - exact(x, 0.5)).mean()

    assert order(error, 64) == pytest.approx(1.0, abs=0.1)


def test_diffusion_is_in_physical_units():
    spacing, diffusivity, u = 30.0, 12.0, double()
    lattice = Ring1D(64, spacing=spacing)
    x, length = lattice.positions[:, 0], 64 * spacing
    world = solved(
        Diffusion(u, coefficient=diffusivity),
        lattice,
        {"u": u},
        {u: np.cos(2 * PI * x / length)},
        4000.0,
        10.0,
    )
    expected = np.cos(2 * PI * x / length) * np.exp(-diffusivity * (2 * PI / length) ** 2 * 4000.0)
    np.testing.assert_allclose(world[u][0], expected, atol=1e-3)


def gray_scott(u, v, share):
    return GrayScott(u, v, feed=0.1, kill=0.2, diffusion_u=0.01 * share, diffusion_v=0.0)


def lotka_volterra(u, v, share):
    rates = {"growth": 0.1, "predation": 0.1, "reproduction": 0.1, "mortality": 0.1}
    return LotkaVolterra(u, v, **rates, prey_diffusion=0.01 * share)


def diffusion(u, v, share):
    return Diffusion(u, coefficient=0.01 * share, output=v)


def wave(u, v, share):
    return Wave(u, v, wave_speed=0.125 * np.sqrt(share))


@pytest.mark.few(3)
@pytest.mark.parametrize("make", [diffusion, wave, gray_scott, lotka_volterra])
@pytest.mark.parametrize(
    "lattices", [(Ring1D(6, spacing=0.5), Ring1D(6)), (Hex2D(4, 3, spacing=0.5), Hex2D(4, 3))]
)
def test_half_the_spacing_is_the_same_as_four_times_the_coefficient(make, lattices):
    found = []
    for lattice, share in zip(lattices, (1.0, 4.0), strict=True):
        u, v = Field(initial=0.3), Field(initial=0.2)
        law = make(u, v, share)
        world = World(lattice, {"u": u, "v": v}, [law])
        with world.edit() as tick:
            tick[u] = np.linspace(0.0, 1.0, lattice.num_cells)[np.newaxis]
        world.run(5)
        found.append((world[u].tobytes(), world[v].tobytes(), law.max_dt(lattice)))
    assert found[0] == found[1]


@pytest.mark.slow
def test_oblong_cells_diffuse_as_far_along_both_axes():
    u, lattice = double(), Square4(24, 12, "wrap", spacing=(0.5, 1.0))  # a torus of 12 by 12
    x, y = lattice.positions.T
    start = np.cos(2 * PI * x / 12) + np.cos(2 * PI * y / 12)
    world = solved(Diffusion(u, coefficient=0.3), lattice, {"u": u}, {u: start}, 2.0, 0.05)
    decay = np.exp(-0.3 * (2 * PI / 12) ** 2 * 2.0)
    np.testing.assert_allclose(world[u][0], decay * start, atol=6e-3)


def test_flows_and_slopes_are_in_the_unit_of_positions():
    lattice = Square4(5, 6, spacing=(2.0, 4.0))
    hill, slope = Field(mutability="static"), Field(components=2)
    values = lattice.positions @ [0.5, -3.0]
    world = World(lattice, {"hill": hill, "slope": slope}, [Gradient(hill, slope)], static={hill: values})
    world.run(1)
    np.testing.assert_allclose(world[slope][0], np.broadcast_to([[0.5], [-3.0]], (2, 30)), rtol=1e-6)
    u, wind = Field(), Field(components=1, initial=8.0)
    ring = Ring1D(5, spacing=4.0)
    world = World(ring, {"u": u, "wind": wind}, [Advection(u, wind, max_speed=8.0)], dt=0.5)
    with world.edit() as tick:
        tick[u] = np.eye(1, 5)
    world.run(3)  # 8 * 0.5 is a cell a tick
    assert world[u].tolist() == [[0.0, 0.0, 0.0, 1.0, 0.0]]
    assert Advection(u, wind, max_speed=8.0).max_dt(ring) == 0.5


@pytest.mark.parametrize("make", [gray_scott, lotka_volterra])
def test_what_spreads_alike_in_all_directions_refuses_oblong_cells(make):
    u, v = Field(), Field()
    with pytest.raises(PipelineError, match="not as far apart along all axes; give the lattice one spacing"):
        World(Square4(3, 3, spacing=(1.0, 2.0)), {"u": u, "v": v}, [make(u, v, 1.0)], dt=0.01)


@pytest.mark.slow
def test_a_resource_grows_to_the_capacity_of_its_place():
    v, there = double(initial=1.0), Field(mutability="static")
    regrowth, capacity = (
        conductivity(1.0),
        Field(dtype="float64", mutability="static", initial=1.0, low=1.0, high=9.0),
    )
    law = Resource(v, there, consumption=0.5, regrowth=regrowth, capacity=capacity, growth="logistic")
    rates, most, present = np.array([0.1, 0.2, 0.9]), np.array([2.0, 5.0, 9.0]), np.array([0.0, 1.0, 0.0])
    static = {there: present, regrowth: rates, capacity: most}
    fields = {"v": v, "there": there, "regrowth": regrowth, "capacity": capacity}
    world = World(Line1D(3), fields, [law], dt=0.5, static=static)
    expected = np.ones(3)
    for _ in range(20):
        world.run(1)
        left = expected - 0.5 * 0.5 * present
        expected = np.clip(left + rates * left * (1.0 - left / most) * 0.5, 0.0, most)
        np.testing.assert_allclose(world[v][0], expected, rtol=1e-14)


@pytest.mark.slow
def test_each_cell_has_an_epidemic_of_its_own_size():
    s, i, r = Field(low=0.0), Field(low=0.0), Field(low=0.0)
    infection = Field(mutability="static", low=0.0, high=2.0)
    recovery = Field(mutability="static", low=0.0, high=0.5)
    law = SIR(s, i, r, infection=infection, recovery=recovery, mixing=0.0)
    spread, healed = np.array([0.5, 1.0, 1.5, 2.0]), np.array([0.25, 0.5, 0.5, 0.4])
    fields = {"s": s, "i": i, "r": r, "infection": infection, "recovery": recovery}
    world = World(Line1D(4), fields, [law], static={infection: spread, recovery: healed})
    with world.edit() as tick:
        tick[s], tick[i] = 0.99, 0.01
    world.run(400)
    ended = world[s][0].astype(float)
    np.testing.assert_allclose(np.log(0.99 / ended), spread / healed * world[r][0], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("law", ["SIR", "Resource"])
def test_a_rate_of_one_value_everywhere_gives_what_the_number_gives(law):
    found = []
    for varies in (False, True):
        a, b, c = Field(initial=0.6), Field(initial=0.3), Field(initial=0.1)
        fields, rate = {"a": a, "b": b, "c": c}, 0.25
        if varies:
            rate = fields["rate"] = Field(mutability="static", initial=0.25, low=0.25, high=0.25)
        made: Any = (
            SIR(a, b, c, infection=0.5, recovery=rate, mixing=0.5)
            if law == "SIR"
            else Resource(a, b, consumption=0.5, regrowth=rate)
        )
        static = {fields["rate"]: np.full(6, 0.25)} if varies else {}
        world = World(Ring1D(6), fields, [made], static=static)
        with world.edit() as tick:
            tick[b] = np.linspace(0.0, 0.3, 6)[np.newaxis]
        world.run(5)
        found.append([world[field].tobytes() for field in (a, b, c)])
    assert found[0] == found[1]


@pytest.mark.slow
def test_sub_steps_see_the_same_sides_and_coefficients_as_ticks():
    found = []
    for substeps in (1, 4):
        u, k, rim = double(), conductivity(1.0), double(over="world")
        law = Diffusion(u, coefficient=k, boundaries={"west": Value(rim), "east": Value(1.0)})
        world = World(
            Line1D(5),
            {"u": u, "k": k, "rim": rim},
            [law],
            num_worlds=3,
            dt=0.25 * substeps,
            substeps=substeps,
            static={k: np.linspace(0.2, 1.0, 5)},
        )
        with world.edit() as tick:
            tick[rim] = np.array([1.0, 2.0, 3.0])
        world.run(8 // substeps)
        found.append(world[u].tobytes())
    assert found[0] == found[1]
