"""Copy: what a field was one tick ago, of every kind of field."""

import numpy as np
import pytest

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Line1D
from murk_env.propagators import Copy
from murk_env.world import World


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dtype": np.int32},
        {"over": "agents"},
        {"over": "world", "dtype": np.int32},
        {"components": 2},
        {"over": "agents", "components": 3, "mutability": "sparse"},
    ],
)
def test_two_in_a_row_remember_two_ticks(options):
    now, last, before_last = Field(**options), Field(**options), Field(**options)
    fields = {"now": now, "last": last, "before_last": before_last}
    propagators = [Copy(now, output=last), Copy(last, output=before_last)]
    world = World(Line1D(3), fields, propagators, num_worlds=2, num_agents=4)
    shape = world[now].shape
    history = [np.arange(np.prod(shape)).reshape(shape).astype(now.dtype) + 100 * tick for tick in range(4)]
    for values in history:
        world.tick(lambda tick, values=values: tick.__setitem__(now, values))
    assert np.array_equal(world[last], history[2])
    assert np.array_equal(world[before_last], history[1])


def test_a_copy_onto_itself_keeps_it():
    kept = Field()
    world = World(Line1D(3), {"kept": kept}, [Copy(kept)])
    with world.edit() as tick:
        tick[kept] = np.array([[1.0, -2.0, 3.0]])
    world.run(3)
    assert world[kept].tolist() == [[1.0, -2.0, 3.0]]


@pytest.mark.parametrize("options", [{"over": "agents"}, {"dtype": np.int32}, {"components": 2}])
def test_fields_of_different_kinds_are_refused(options):
    now, last = Field(), Field(**options)
    with pytest.raises(PipelineError, match=r"Copy\(last\) copies Field\(now.*does not fit into Field\(last"):
        World(Line1D(3), {"now": now, "last": last}, [Copy(now, output=last)], num_agents=1)


def test_a_static_field_is_not_copied():
    chart, last = Field(mutability="static"), Field()
    with pytest.raises(
        PipelineError, match=r"Copy\(last\) copies 'chart', which is static and never changes"
    ):
        World(
            Line1D(3), {"chart": chart, "last": last}, [Copy(chart, output=last)], static={chart: np.ones(3)}
        )


def test_guarantees_are_the_bounds_of_what_is_copied():
    now, last = Field(low=-1.0, high=2.0), Field()
    assert Copy(now, output=last).guarantees(last) == (-1.0, 2.0)
