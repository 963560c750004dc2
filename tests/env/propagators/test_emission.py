"""Emission against the reference's numbers."""

from pathlib import Path

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Line1D, Square4
from murk_env.propagators import Emission
from murk_env.world import World

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "emission.npz"))  # murk 0.2.0, float32


@pytest.mark.few(1)
@pytest.mark.parametrize("ticks", [1, 2, 5])
@pytest.mark.parametrize(("mode", "case"), [("add", "additive"), ("set", "set")])
def test_both_modes_give_the_references_numbers_to_the_bit(mode, case, ticks):
    presence, scent = Field(), Field()
    propagator = Emission(presence, scent, intensity=2.5, mode=mode)
    world = World(Square4(4, 5), {"presence": presence, "scent": scent}, [propagator])
    world.tick(
        lambda tick: tick.__setitem__(presence, VECTORS["presence"][np.newaxis])
    )  # seen from the next tick on
    world.run(ticks - 1)
    assert world[scent][0].tolist() == VECTORS[f"{case}__tick{ticks}"].tolist()


@pytest.mark.few(1)
@pytest.mark.parametrize(("mode", "expected"), [("add", [1.0, 3.5, 3.5]), ("set", [0.0, 2.5, 2.5])])
def test_presence_may_be_static_and_of_whole_numbers(mode, expected):
    sources, scent = Field(mutability="static", dtype=np.int32), Field(initial=1.0)
    world = World(
        Line1D(3),
        {"sources": sources, "scent": scent},
        [Emission(sources, scent, intensity=2.5, mode=mode)],
        num_worlds=2,
        static={sources: np.array([0, 1, -4], np.int32)},
    )
    world.tick()
    assert world[scent].tolist() == [expected] * 2


def test_an_intensity_is_not_negative():
    with pytest.raises(PropagatorConfigError, match=r"Emission needs a finite intensity from 0 .* not -1"):
        Emission(Field(), Field(), intensity=-1)


def test_an_unknown_mode_is_refused():
    with pytest.raises(PropagatorConfigError, match="no mode 'additive'; known: add, set"):
        Emission(Field(), Field(), mode="additive")  # pyright: ignore[reportArgumentType]


def test_guarantees_follow_the_mode():
    scent = Field(low=-1.0)
    assert Emission(Field(), scent, intensity=3, mode="set").guarantees(scent) == (0.0, 3.0)
    assert Emission(Field(), scent, intensity=3).guarantees(scent) == (-1.0, np.inf)
