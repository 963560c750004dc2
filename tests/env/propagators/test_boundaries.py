"""Boundaries: exact solutions at every kind of side, at the order of the scheme, and what is refused."""

import numpy as np
import pytest

from murk_env import Fcc12, Field, Hex2D, Line1D, Parameter, Product, Ring1D, Square4, Square8, World
from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError, StabilityError
from murk_env.propagators import Advection, Diffusion, Flux, NoFlux, Periodic, Value, Wave
from tests.env.propagators.convergence import centres, order, solved

D = 0.7  # diffusivity
PI = np.pi


def double(**keywords):
    return Field(dtype="float64", **keywords)


# by what happens at x = 0 and x = 1: a solution of du/dt = D u''
HEAT = {
    "values": (
        {"west": Value(1.0), "east": Value(3.0)},
        lambda x, t: 1.0 + 2.0 * x + np.sin(PI * x) * np.exp(-D * PI**2 * t),
    ),
    "no flux": (NoFlux(), lambda x, t: 2.0 + np.cos(PI * x) * np.exp(-D * PI**2 * t)),
    "fluxes": (
        {"west": Flux(0.5), "east": Flux(-0.5)},
        lambda x, t: -0.5 / D * x + np.cos(PI * x) * np.exp(-D * PI**2 * t),
    ),
    "a value and a flux": (
        {"west": Value(1.0), "east": Flux(0.4)},
        lambda x, t: 1.0 + 0.4 / D * x + np.sin(PI * x / 2.0) * np.exp(-D * PI**2 / 4.0 * t),
    ),
    "a flux that grows": (
        {"west": NoFlux(), "east": Flux(2.0 * D)},
        lambda x, t: x**2 + 2.0 * D * t,
    ),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("sides", HEAT)
def test_diffusion_is_of_second_order_at_every_kind_of_side(sides):
    boundaries, exact = HEAT[sides]

    def error(lattice):
        u, x = double(), centres(lattice)
        law = Diffusion(u, coefficient=D, boundaries=boundaries)
        dt = 0.1 * lattice.scale[0] ** 2 / D  # errors in time fall as those in space
        world = solved(law, lattice, {"u": u}, {u: exact(x, 0.0)}, 0.05, dt)
        return np.abs(world[u][0] - exact(x, 0.05)).max()

    assert order(error) == pytest.approx(2.0, abs=0.25) or error(Line1D(16, spacing=1 / 16)) < 1e-12


def test_a_value_that_moves_in_time_is_set_by_actions():
    wave = np.sqrt(PI / D)  # decay length of what sin(2 pi t) at x = 0 makes

    def exact(x, t):
        return np.exp(-wave * x) * np.sin(2.0 * PI * t - wave * x)

    def error(lattice):
        u, west, east, x = double(), double(over="world"), double(over="world"), centres(lattice)

        def act(tick, time):
            tick[west], tick[east] = np.array([exact(0.0, time)]), np.array([exact(1.0, time)])

        law = Diffusion(u, coefficient=D, boundaries={"west": Value(west), "east": Value(east)})
        fields = {"u": u, "west": west, "east": east}
        dt = 0.2 * lattice.scale[0] ** 2 / D
        world = solved(law, lattice, fields, {u: exact(x, 0.0)}, 0.3, dt, act)
        return np.abs(world[u][0] - exact(x, 0.3)).max()

    assert order(error) == pytest.approx(2.0, abs=0.25)


@pytest.mark.slow
@pytest.mark.parametrize(
    "lattice", [Line1D(9), Line1D(9, "clamp"), Square4(3, 4), Hex2D(3, 3), Fcc12(3, 3, 3)]
)
@pytest.mark.parametrize(
    "boundaries", [None, pytest.param(NoFlux(), marks=pytest.mark.slow)], ids=["", "NoFlux"]
)
def test_what_diffuses_without_a_flux_is_conserved(lattice, boundaries):
    u = double()
    world = World(lattice, {"u": u}, [Diffusion(u, coefficient=0.05, boundaries=boundaries)])
    with world.edit() as tick:
        tick[u] = np.arange(lattice.num_cells, dtype=float)[np.newaxis]
    world.run(50)
    assert world[u].sum() == pytest.approx(np.arange(lattice.num_cells).sum(), rel=1e-13)
    assert world[u].std() < 0.9 * np.arange(lattice.num_cells).std()


def test_the_total_grows_by_what_the_fluxes_bring_on_a_grid_of_oblong_cells():
    u, inflow = double(), Parameter(0.5, low=-1.0, high=1.0, dtype="float64")
    lattice = Square4(3, 5, spacing=(0.5, 0.25))
    law = Diffusion(u, coefficient=0.01, boundaries={"north": Flux(inflow), "east": Flux(-0.125)})
    world = World(lattice, {"u": u, "inflow": inflow}, [law], dt=0.1)
    world.run(20)
    gained = 2.0 * (0.5 * 5 * 0.25 - 0.125 * 3 * 0.5)  # time * (flux * length of the side)
    assert world[u].sum() * 0.5 * 0.25 == pytest.approx(gained, rel=1e-13)


@pytest.mark.slow
def test_a_side_takes_a_value_for_each_of_its_cells():
    u, rim = double(), Field(dtype="float64", mutability="static")
    lattice = Square4(2, 3)
    law = Diffusion(u, coefficient=0.1, boundaries={"south": Value(rim)})
    world = World(lattice, {"u": u, "rim": rim}, [law], static={rim: np.arange(6.0)})
    world.run(1)
    np.testing.assert_allclose(world[u], [[0, 0, 0, 0.6, 0.8, 1.0]], rtol=1e-15)  # 2 * 0.1 * rim


# by what happens at x = 0 and x = 1: a solution of d'' in time = d'' in space
STRING = {
    "free ends": (NoFlux(), lambda x, t: np.cos(PI * x) * np.cos(PI * t)),
    "held ends": (
        {"west": Value(1.0), "east": Value(2.0)},
        lambda x, t: 1.0 + x + np.sin(PI * x) * np.cos(PI * t),
    ),
    "one of each": ({"west": Value(0.0)}, lambda x, t: np.sin(PI * x / 2.0) * np.cos(PI * t / 2.0)),
}


@pytest.mark.slow
@pytest.mark.parametrize("sides", STRING)
def test_waves_are_of_second_order_at_every_kind_of_side(sides):
    boundaries, exact = STRING[sides]

    def error(lattice):
        d, v, x = double(), double(), centres(lattice)
        dt = 0.25 * lattice.scale[0]
        speed = (exact(x, 0.0) - exact(x, dt)) / dt  # of half a tick before the start
        law = Wave(d, v, wave_speed=np.sqrt(2.0), boundaries=boundaries)
        world = solved(law, lattice, {"d": d, "v": v}, {d: exact(x, 0.0), v: speed}, 0.75, dt)
        return np.abs(world[d][0] - exact(x, 0.75)).max()

    assert order(error) == pytest.approx(2.0, abs=0.2)


@pytest.mark.slow
def test_a_flow_brings_in_what_is_given_and_leaves_at_an_open_end():
    def exact(x, t):
        return np.sin(2.0 * PI * (x - t))

    def error(lattice):
        u, wind, inlet, x = (
            double(),
            double(components=1, mutability="static"),
            double(over="world"),
            centres(lattice),
        )

        def act(tick, time):
            tick[inlet] = np.array([exact(0.0, time)])

        law = Advection(u, wind, max_speed=1.0, boundaries={"west": Value(inlet), "east": Value(0.0)})
        fields = {"u": u, "wind": wind, "inlet": inlet}
        ones = np.ones((1, lattice.num_cells))
        world = solved(
            law, lattice, fields, {u: exact(x, 0.0)}, 0.5, 0.5 * lattice.scale[0], act, {wind: ones}
        )
        return np.abs(world[u][0] - exact(x, 0.5)).mean()

    assert order(error, 64) == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
def test_nothing_leaves_through_a_closed_end_and_a_flux_is_what_comes_in():
    u, wind = double(initial=1.0), double(components=1, initial=1.0)
    lattice = Line1D(4, spacing=0.5)
    law = Advection(u, wind, max_speed=1.0, boundaries={"west": Flux(0.75), "east": NoFlux()})
    world = World(lattice, {"u": u, "wind": wind}, [law], dt=0.25)
    world.run(4)
    assert world[u].sum() * 0.5 == pytest.approx(4 * 0.5 + 0.75 * 1.0, rel=1e-14)
    assert world[u][0, -1] > 1.0


@pytest.mark.slow
def test_a_flow_that_empties_the_last_cell_through_its_side_discards_the_tick():
    u, wind = double(initial=1.0), double(components=1, initial=3.0)
    law = Advection(u, wind, max_speed=1.0, boundaries=Value(0.0))
    world = World(Line1D(1), {"u": u, "wind": wind}, [law], dt=0.5)
    with pytest.raises(PropagatorError, match="carries more out of cell 0 of world 0 in one tick"):
        world.tick()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("lattice", "boundaries"),
    [(Ring1D(8), Periodic()), (Square4(3, 8, "wrap"), {"west": Periodic(), "north": Periodic()})],
    ids=repr,
)
def test_periodic_is_what_a_lattice_that_wraps_does_by_itself(lattice, boundaries):
    found = []
    for given in (None, boundaries):
        u = Field()
        world = World(lattice, {"u": u}, [Diffusion(u, coefficient=0.1, boundaries=given)])
        with world.edit() as tick:
            tick[u] = np.arange(lattice.num_cells, dtype=float)[np.newaxis] ** 2
        world.run(3)
        found.append(world[u].tobytes())
    assert found[0] == found[1]


TRAY = Product(Square4(3, 3), Ring1D(4))


@pytest.mark.parametrize(
    ("lattice", "boundaries", "message"),
    [
        (Ring1D(8), {"west": Value(1.0)}, "'west', but that is no side of .* it wraps everywhere"),
        (Ring1D(8), NoFlux(), "it has none, as it wraps everywhere"),
        (Line1D(8), {"north": Value(1.0)}, "'north', but that is no side of .*; known: east, west"),
        (TRAY, {"1.west": Flux(1.0)}, "'1.west', but that is no side of"),
        (Line1D(8), Periodic(), r"a periodic boundary, but .* has sides: \['west', 'east'\]; make"),
        (Line1D(8), {"west": Periodic()}, "a periodic boundary, but"),
        (Square8(4, 4), Value(1.0), "hops to 'northwest' lead along no axis"),
        (Hex2D(4, 4), Flux(1.0), "lead along no axis, so that a side has no faces of its own"),
    ],
)
def test_a_boundary_that_a_lattice_cannot_have_is_refused(lattice, boundaries, message):
    u = Field()
    with pytest.raises(PipelineError, match=message):
        World(lattice, {"u": u}, [Diffusion(u, coefficient=0.01, boundaries=boundaries)])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3.0, "takes as boundaries one for all sides"),
        ({"west": 1.0}, "each by the name of a side"),
        (Value(np.nan), "needs a finite boundary"),
        ({"west": Flux(Parameter(1.0))}, "'west' is the parameter .* needs finite bounds"),
        (Value(Field(over="agents")), "set by a scalar float field over the world or over cells"),
        (Value(Field(components=2)), "set by a scalar float field over the world or over cells"),
    ],
)
def test_what_is_no_boundary_is_refused(given, message):
    with pytest.raises(PropagatorConfigError, match=message):
        Diffusion(Field(), coefficient=0.1, boundaries=given)


def test_a_wave_has_no_flux_to_be_given():
    with pytest.raises(PropagatorConfigError, match=r"boundaries of Wave must be Periodic, NoFlux, Value"):
        Wave(Field(), Field(), boundaries={"west": Flux(1.0)})


def test_a_given_value_shortens_the_stable_step():
    u, lattice = Field(), Line1D(8, spacing=0.5)
    law = Diffusion(u, coefficient=0.5, boundaries={"west": Value(0.0)})
    assert law.max_dt(lattice) == 1.0 / (0.5 * 3.0 / 0.25)  # a neighbour, and a side half as far away
    with pytest.raises(StabilityError, match="above Diffusion"):
        World(lattice, {"u": u}, [law], dt=0.17)


@pytest.mark.parametrize(
    ("boundaries", "expected"),
    [
        (Value(0.5), (0.0, 1.0)),
        (Value(-0.5), (-np.inf, 1.0)),
        ({"west": Flux(0.5)}, (0.0, 1.0)),
        ({"west": Flux(-0.5)}, (-np.inf, 1.0)),
    ],
)
def test_guarantees_know_what_sides_bring(boundaries, expected):
    u = Field(low=0.0)
    law = Diffusion(u, coefficient=0.1, clamp=(None, 1.0), boundaries=boundaries)
    assert law.guarantees(u) == expected


@pytest.mark.slow
def test_worlds_have_boundaries_of_their_own_and_sparse_ones_are_followed():
    u, rim = Field(), Parameter(0.0, low=0.0, high=9.0)
    world = World(
        Line1D(2), {"u": u, "rim": rim}, [Diffusion(u, coefficient=0.25, boundaries=Value(rim))], num_worlds=2
    )
    world.run(1)
    with world.edit() as tick:
        tick[rim] = np.array([2.0, 4.0])
    world.run(1)
    np.testing.assert_array_equal(world[u], [[1.0, 1.0], [2.0, 2.0]])
