"""Propagators on float64 fields: the scheme of their docstring in double precision, or a clear refusal."""

import numpy as np
import pytest

from murk_env import Field, Parameter, Ring1D, Square4, World
from murk_env.errors import PipelineError
from murk_env.propagators import (
    SIR,
    Advection,
    Copy,
    Diffusion,
    Emission,
    Flow,
    Gradient,
    GrayScott,
    Noise,
    Resource,
    Wave,
)

THIRD = 1.0 / 3.0  # as a float32 it is another number
DT = 0.1
START = np.array([0.1, 0.7, 0.2, 0.9, 0.4])  # (5,), none of which a float32 holds
CLOSE = 1e-15  # relative: roundings of float64, a billionth of those of float32


def double(**keywords):
    return Field(dtype="float64", **keywords)


def ticked(propagator, lattice=None, ticks=1, **fields):
    """Return the fields after some ticks from START, as float64."""
    world = World(lattice or Ring1D(5), fields, [propagator], dt=DT, seed=7)
    with world.edit() as tick:
        for field in fields.values():
            if not isinstance(field, Parameter):
                tick[field] = np.broadcast_to(START, (1, *field.shape(5, 0)))
    world.run(ticks)
    return {name: world[field][0] for name, field in fields.items()}


def around(u):
    return np.roll(u, 1) + np.roll(u, -1)


def test_diffusion_with_decay_sources_and_a_parameter():
    u, rate = double(), Parameter(THIRD, low=0.0, high=1.0, dtype="float64")
    found = ticked(Diffusion(u, coefficient=rate, decay=0.3, sources={2: THIRD}), u=u, rate=rate)["u"]
    alpha = 2.0 * THIRD * DT
    expected = ((1.0 - alpha) * START + alpha * around(START) / 2.0) * np.exp(-0.3 * DT)
    expected[2] = THIRD
    np.testing.assert_allclose(found, expected, rtol=CLOSE)


@pytest.mark.slow
def test_wave():
    d, v = double(), double()
    found = ticked(Wave(d, v, wave_speed=THIRD, damping=0.2), d=d, v=v)
    speed = START + (THIRD**2 * (around(START) / 2.0 - START) - 0.2 * START) * DT
    np.testing.assert_allclose(found["v"], speed, rtol=CLOSE)
    np.testing.assert_allclose(found["d"], START + speed * DT, rtol=CLOSE)


@pytest.mark.slow
def test_advection():
    u, wind = double(), double(components=1)
    found = ticked(Advection(u, wind, max_speed=1.0), u=u, wind=wind)["u"]
    faces = (START + np.roll(START, -1)) / 2.0 * DT  # to the east of each cell
    expected = START - faces * START + np.roll(faces * START, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.slow
def test_gray_scott():
    u, v = double(), double()
    rates = {"feed": 0.03, "kill": 0.06, "diffusion_u": 0.2, "diffusion_v": THIRD}
    found = ticked(GrayScott(u, v, **rates), u=u, v=v)
    reaction, spread = START**3, around(START) - 2.0 * START
    expected = START + DT * (0.2 * spread - reaction + 0.03 * (1.0 - START))
    np.testing.assert_allclose(found["u"], expected, rtol=1e-14)
    expected = START + DT * (THIRD * spread + reaction - 0.09 * START)
    np.testing.assert_allclose(found["v"], expected, rtol=1e-14)


@pytest.mark.slow
def test_gradient_and_flow():
    u, slope, stream = double(), double(components=1), double(components=1)
    expected = (np.roll(START, -1) - np.roll(START, 1)) / 2.0
    found = ticked(Gradient(u, slope), u=u, slope=slope)["slope"][0]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    found = ticked(Flow(u, stream), u=u, stream=stream)["stream"][0]
    np.testing.assert_allclose(found, -expected, rtol=1e-14)


@pytest.mark.slow
def test_resource_emission_and_copy():
    u, there, copied = double(), Field(), double()
    found = ticked(Resource(u, there, consumption=0.2, regrowth=THIRD, capacity=2.0), u=u, there=there)["u"]
    left = START - 0.2 * DT
    np.testing.assert_allclose(found, left + THIRD * DT, rtol=CLOSE)
    found = ticked(Emission(there, u, intensity=THIRD), there=there, u=u)["u"]
    np.testing.assert_allclose(found, START + THIRD, rtol=CLOSE)
    assert ticked(Copy(u, copied), u=u, copied=copied)["copied"].tolist() == START.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gaussian", "uniform", "salt_and_pepper"])
def test_noise_has_the_same_moments_and_more_digits(kind):
    u = double(initial=0.5)
    world = World(Square4(200, 200), {"u": u}, [Noise(u, kind=kind, scale=0.25)], seed=3)
    world.run(1)
    drawn = world[u][0]
    variance = {"gaussian": 0.25**2, "uniform": 0.25**2 / 3.0, "salt_and_pepper": 0.25 * 0.5**2}[kind]
    assert drawn.mean() == pytest.approx(0.5, abs=5.0 * np.sqrt(variance / drawn.size))
    assert drawn.var() == pytest.approx(variance, rel=0.05)
    if kind != "salt_and_pepper":
        assert (drawn != drawn.astype(np.float32)).mean() > 0.99


@pytest.mark.parametrize(
    "make",
    [
        lambda u, v: Wave(u, v, wave_speed=0.1),
        lambda u, v: GrayScott(u, v, feed=0.1, kill=0.1),
        lambda u, v: Diffusion(u, coefficient=0.1, output=v),
    ],
)
def test_fields_of_two_dtypes_are_refused(make):
    u, v = double(), Field()
    with pytest.raises(
        PipelineError, match="computes in one dtype, but has 'u' in float64 and 'v' in float32"
    ):
        World(Ring1D(5), {"u": u, "v": v}, [make(u, v)], dt=DT)


def test_a_propagator_of_float32_refuses_a_double():
    s, i, r = double(), double(), double()
    with pytest.raises(PipelineError, match=r"needs 's' as a scalar float32 field .* but it is float64"):
        World(Ring1D(5), {"s": s, "i": i, "r": r}, [SIR(s, i, r, infection=0.1, recovery=0.1, mixing=0.0)])
