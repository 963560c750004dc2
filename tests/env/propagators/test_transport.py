"""Transport: exact at a Courant number of 1, of first order below, and fed back from its outlet."""

import math

import numpy as np
import pytest

from murk_env import Field, Line1D, Ring1D, Transport, World
from murk_env.errors import PipelineError, PropagatorConfigError


def test_at_a_courant_number_of_1_values_move_by_a_cell():
    load, inflow = Field(), Field(over="world", initial=5.0)
    world = World(Line1D(4, spacing=0.5), {"load": load, "inflow": inflow}, [Transport(load, inflow)], dt=0.5)
    with world.edit() as tick:
        tick.load = np.arange(4.0)[np.newaxis]
    world.tick()
    assert world[load].tolist() == [[1.0, 2.0, 3.0, 5.0]]
    world.tick()
    assert world[load].tolist() == [[2.0, 3.0, 5.0, 5.0]]


def error_on(cells):
    """How far from the solution a fed-back pulse is, at a Courant number of 1/2, in float64.

    u = exp(-x) * cos(t) solves u_t = 2 * u_x + back(x) * u(0, t) for back = (2 - tan(t)) * exp(-x); it is a
    field that the test sets anew before every tick.
    """
    load, back = Field(dtype="float64"), Field(dtype="float64")
    inflow = Field(over="world", dtype="float64")
    line = Line1D(cells, spacing=1.0 / (cells - 1))
    world = World(
        line,
        {"load": load, "inflow": inflow, "back": back},
        [Transport(load, inflow, back, speed=2.0)],
        dt=0.25 / (cells - 1),
    )
    x, ticks = line.positions[:, 0], 2 * (cells - 1)
    with world.edit() as tick:
        tick.load, tick.back = np.exp(-x)[np.newaxis], 2.0 * np.exp(-x)[np.newaxis]
    for number in range(1, ticks + 1):
        time = number * world.layout.dt

        def act(tick, time=time):
            tick.inflow = math.exp(-1.0) * math.cos(time)
            tick.back = (2.0 - math.tan(time)) * np.exp(-x)[np.newaxis]

        world.tick(act)
    return np.abs(world[load][0] - np.exp(-x) * math.cos(ticks * world.layout.dt)).max()


@pytest.mark.slow
def test_it_converges_to_a_manufactured_solution_with_order_1():
    errors = [error_on(cells) for cells in (41, 81, 161)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.abs(orders - 1.0).max() < 0.1


def test_what_is_no_line_with_an_inflow_is_refused():
    load, inflow = Field(), Field(over="world")
    for lattice in (Ring1D(4), Line1D(1)):
        with pytest.raises(PipelineError, match="an outlet at the other: it runs on a Line1D of two cells"):
            World(lattice, {"load": load, "inflow": inflow}, [Transport(load, inflow)])
    with pytest.raises(PropagatorConfigError, match="finite speed from 0"):
        Transport(load, inflow, speed=-1.0)
    wide = Field()
    with pytest.raises(PipelineError, match=r"needs 'inflow' as a scalar .* over world"):
        World(Line1D(4), {"load": load, "inflow": wide}, [Transport(load, wide)])
