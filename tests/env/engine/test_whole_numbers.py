"""Whole numbers that an int32 field cannot hold: refused in checked mode, or always."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from numba import njit
from numpy import int32

import murk_env
from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4, World, per_world
from murk_env.errors import HookError
from tests.env.engine.states import state_of

GRID = Square4(1, 4)
LARGEST = 2**31 - 1


def put(array, value):
    array[0] = value


@njit
def put_compiled(array, value=2**33):
    array[0] = value


def converted(value):
    return int32(value)


class Full(MurkEnv):
    """Sets whole numbers in ways that `Params` counts; the last ones are in order."""

    class Params(murk_env.Params):
        """Which way."""

        way: int = 0

    count = Field(over="world", dtype="int32", initial=LARGEST)  # (num_worlds,)
    hits = Field(dtype="int32", initial=7)  # (num_worlds, num_cells)
    heat = Field(initial=0.5)  # (num_worlds, num_cells)

    @classmethod
    def build(cls, params: Params) -> Blueprint:
        return Blueprint(lattice=GRID, observation=Observation(Observe(cls.heat)), action_space=Discrete(2))

    @per_world
    def start(self):
        pass

    @per_world
    def act(self, action: int):
        if self.params.way == 0:
            self.count[0] += 1
        elif self.params.way == 1:
            self.hits[2] = self.heat[0] + 2.0
        elif self.params.way == 2:
            put(self.count, -(2**31) - 1)
        elif self.params.way == 3:
            put_compiled(self.hits)
        elif self.params.way == 4:
            self.hits[0] = self.heat[0] / (self.heat[0] - 0.5)
        elif self.params.way == 5:
            self.hits[0] = np.uint32(2**31)
        elif self.params.way == 6:
            self.hits[0] = np.int32(self.count[0] + 1)
        elif self.params.way == 7:
            self.hits[0] = converted(self.heat[0] * 2**32)
        else:
            self.count[0] -= 2**31
            self.hits[3] = 2.0 * self.heat[0] + int32(-1.5 * self.heat[0]) + np.int8(0)

    @per_world
    def reward(self) -> float:
        return 0.0

    @per_world
    def terminated(self) -> bool:
        return False


class Whole(Full):
    """The same with many numbers at a time."""

    @per_world
    def act(self, action: int):  # noqa: C901
        if self.params.way == 0:
            hits = self.hits
            hits += 2**31 - 3
        elif self.params.way == 1:
            self.hits[...] *= 2**29
        elif self.params.way == 2:
            self.hits[1:3] = 2**40
        elif self.params.way == 3:
            self.hits[:] = self.heat
        elif self.params.way == 4:
            self.hits[:] += 2**31 - 3
        elif self.params.way == 5:
            np.multiply(self.hits, 2**29, self.hits)
        elif self.params.way == 6:
            self.hits.fill(2**40)
        elif self.params.way == 7:
            self.hits.flat[1] = 2**40
        elif self.params.way == 8:
            self.hits[:] = self.hits * self.hits[0] * np.int32(2**27)
        elif self.params.way == 9:
            hits = self.hits
            hits |= 2**40
        elif self.params.way == 10:
            self.hits[:] = (self.heat * 2**32).astype(np.int32)
        elif self.params.way == 11:
            self.hits[:] = self.hits.astype(np.int8) + (self.hits * 2**30).astype(np.int32)
        else:
            self.hits[:] = (self.hits.astype(np.int16) + self.heat).astype(np.int32)
            np.add(self.hits, 0, self.hits)
            self.hits[:] = self.hits * self.hits // self.hits
            self.hits[2:] += 2
            self.hits[:2] = 4.0 * self.heat[:2]


BEYOND = "OverflowError: self.{} holds int32, from -2147483648 to 2147483647, not {}; .* In world 0, at .*: "
BROKEN = "ValueError: self.{} holds whole numbers, int32, not {}; .* In world 0, at .*: "
CONVERTED = "OverflowError: np.int32 holds .*, from -2147483648 to 2147483647, not {}; .* In world 0, at .*: "
REFUSED = [
    BEYOND.format("count", 2**31) + "self.count.0. [+]= 1",
    BROKEN.format("hits", 2.5) + "self.hits.2. = self.heat",
    BEYOND.format("count", -(2**31) - 1) + "array.0. = value",
    BEYOND.format("hits", 2**33) + "array.0. = value",
    BEYOND.format("hits", "inf") + "self.hits.0. = ",
    BEYOND.format("hits", 2**31) + "self.hits.0. = np.uint32",
    CONVERTED.format(f"{2**31}(.0)?") + "self.hits.0. = np.int32.self.count",  # a float before numpy 2
    CONVERTED.format(float(2**31)) + "return int32.value",
]
REFUSED_AS_WHOLES = [
    BEYOND.format("hits", 2**31 + 4) + "hits [+]= ",
    BEYOND.format("hits", 7 * 2**29) + "self.hits.[.]+. [*]= ",
    BEYOND.format("hits", 2**40) + "self.hits.1:3. = ",
    BROKEN.format("hits", 0.5) + "self.hits.:. = ",
    BEYOND.format("hits", 2**31 + 4) + "self.hits.:. [+]= ",
    BEYOND.format("hits", 7 * 2**29) + "np.multiply.self.hits",
    BEYOND.format("hits", 2**40) + "self.hits.fill",
    BEYOND.format("hits", 2**40) + "self.hits.flat.1. = ",
    BEYOND.format("hits", 49 * 2**27) + "self.hits.:. = self.hits [*] self.hits",
    BEYOND.format("hits", 2**40 + 7) + "hits [|]= ",
    *["OverflowError: np.int32 cannot hold what it is given; the tick was undone"] * 2,
]


def refuse(env_class: Any, way: int, message: str) -> None:
    envs = MurkVectorEnv(env_class, 2, way=way, checked=True)
    envs.reset(seed=1)
    before = state_of(envs)
    with pytest.raises(HookError, match=f"{env_class.__name__}.act raised {message}"):
        envs.step([0, 0])
    assert state_of(envs) == before


@pytest.mark.few(3)
@pytest.mark.parametrize("way", range(len(REFUSED)))
def test_checked_mode_refuses_a_number_that_does_not_fit_where_it_is_stored(way):
    refuse(Full, way, REFUSED[way])


@pytest.mark.slow
@pytest.mark.parametrize("way", range(len(REFUSED_AS_WHOLES)))
def test_checked_mode_refuses_arrays_that_do_not_fit_where_they_are_stored(way):
    refuse(Whole, way, REFUSED_AS_WHOLES[way])


def stepped(env_class: Any) -> Any:
    """Return envs after a step in which everything fits; their worlds end with them."""
    envs = MurkVectorEnv(env_class, 2, way=99, checked=True)
    envs.reset(seed=1)
    envs.step([0, 0])
    return envs


@pytest.mark.parametrize(
    ("reward", "value"),
    [
        (lambda self: np.zeros(3).sum() + (self.heat * 2.0).sum(), 4.0),
        (lambda self: (self.heat > 0.0).sum() + self.heat.copy()[0], 4.5),
        (lambda self: [float(k) for k in range(3)][2], 2.0),
        (lambda self: (lambda x: x + 1.0)(self.heat[0]), 1.5),
        (lambda self: {1: 2.0}.get(1, 0.0), 2.0),
    ],
    ids=["method", "comparison", "comprehension", "nested", "dict"],
)
def test_checked_mode_compiles_calls_of_what_is_computed(reward, value):
    env = type("Computing", (Full,), {"reward": per_world(reward)})(way=8, checked=True)
    env.reset(seed=1)
    assert env.step(0)[1] == value


def test_checked_mode_lets_pass_what_fits():
    envs = stepped(Full)
    world = envs.world
    assert world[Full.fields["count"]].tolist() == [-1, -1]
    assert world[Full.fields["hits"]][0].tolist() == [7, 7, 7, 1]


@pytest.mark.slow
def test_checked_mode_lets_pass_arrays_that_fit():
    envs = stepped(Whole)
    assert envs.world[Full.fields["hits"]][0].tolist() == [2, 2, 9, 9]


# --- array hooks ----------------------------------------------------------------------------------


def ground(checked: bool) -> tuple[World, Field]:
    hits = Field(dtype="int32", initial=7)
    return World(GRID, {"hits": hits}, num_worlds=2, checked=checked), hits


def adds(hits: Any) -> None:
    hits += LARGEST


def adds_out(hits: Any) -> None:
    np.multiply(hits, 2**30, out=hits)


def adds_at(hits: Any) -> None:
    np.add.at(hits, (0, [1, 1]), 2**30)


def adds_to_a_part(hits: Any) -> None:
    hits[1:, 2] -= 2**31 - 1
    hits[1:, 2] -= 9


def sets(hits: Any) -> None:
    hits[0, 1] = np.int64(2**31)


def sets_a_fraction(hits: Any) -> None:
    hits[:, 1] = 2.5


def copies(hits: Any) -> None:
    np.copyto(hits, np.full((2, 4), 2**31), casting="same_kind")


def fills(hits: Any) -> None:
    hits.fill(np.int64(2**31))


def divides(hits: Any) -> None:
    hits[...] = -(2**31)
    hits //= -1


def puts(hits: Any) -> None:
    hits.put([0], [2**31])


def sets_flat(hits: Any) -> None:
    hits.flat = np.full(8, 2**31)


def sets_one_flat(hits: Any) -> None:
    hits.flat[1:2] = np.full(1, 2**31)


def sets_the_real_part(hits: Any) -> None:
    hits.real = np.full((2, 4), 2**31)


def fills_the_diagonal(hits: Any) -> None:
    np.fill_diagonal(hits, np.int64(2**31))


def joins_out(hits: Any) -> None:
    np.concatenate([np.full((1, 4), 2**31), hits[:1]], out=hits, casting="same_kind")


def multiplies_matrices_out(hits: Any) -> None:
    np.dot(hits[:, :2], np.full((2, 4), 2**30, np.int32), out=hits)


CHANGES = [adds, adds_out, adds_at, adds_to_a_part, sets, sets_a_fraction, copies, fills, divides, puts]
CHANGES += [sets_flat, sets_one_flat, sets_the_real_part, fills_the_diagonal, joins_out]
CHANGES += [multiplies_matrices_out]


@pytest.mark.parametrize("change", CHANGES)
def test_checked_mode_refuses_what_is_edited_and_does_not_fit(change):
    world, hits = ground(checked=True)
    with pytest.raises(HookError, match=r"act raised \w+Error: tick.hits holds .*int32.* At .*py:"):
        world.tick(lambda tick: change(tick.edit(hits)))
    assert (world[hits] == 7).all()


def test_checked_mode_refuses_a_result_that_would_wrap():
    world, _ = ground(checked=True)
    message = f"OverflowError: multiply of tick.hits gives {7 * 2**30}, beyond int32; .*astype.np.int64"
    with pytest.raises(HookError, match=message):
        world.tick(lambda tick: setattr(tick, "hits", tick.hits * 2 * 2**29))


@pytest.mark.parametrize(
    "compute",
    [
        lambda hits: hits @ hits.T,
        lambda hits: hits[0] @ hits[0],
        lambda hits: hits.dot(hits.T),
        lambda hits: np.inner(hits, hits),
        lambda hits: np.einsum("ij,ij->i", hits, hits),
        lambda hits: np.convolve(hits[0], hits[0]),
        lambda hits: np.multiply.outer(hits[0], hits[0]),
    ],
)
def test_checked_mode_refuses_whatever_computes_with_32_bits_and_wraps(compute):
    world, hits = ground(checked=True)
    with world.edit() as tick:
        tick[hits] = np.full((2, 4), 2**17, np.int32)
    with pytest.raises(HookError, match=r"\w+ of tick.hits gives -?\d+, beyond int32"):
        world.tick(lambda tick: compute(tick.hits))


def test_checked_mode_computes_as_numpy_does_otherwise():
    (checked, hits), (plain, same) = ground(checked=True), ground(checked=False)

    def act(tick: Any, field: Field) -> None:
        edited = tick.edit(field)
        edited[1] -= np.arange(4)
        edited[0] //= 2
        edited[:, 3] = 4.0
        np.add.at(edited, (0, [1, 1]), 2)
        np.maximum(edited, 5, out=edited, where=edited % 2 == 0)
        tick.hits = np.where(tick.hits > 6, (tick.hits * 2 - 1) ^ 3, tick.hits)
        assert (tick.hits * np.float32(0.5)).dtype == np.float64
        assert (tick.hits + 1).dtype == np.int32
        assert tick.hits.take([1, 0], axis=1).tolist() == np.asarray(tick.hits)[:, :2][:, ::-1].tolist()
        assert [*tick.hits.flat] == np.asarray(tick.hits).ravel().tolist()
        assert tick.hits.dot(np.ones(4, np.int32)).tolist() == np.asarray(tick.hits).sum(axis=1).tolist()

    checked.tick(lambda tick: act(tick, hits))
    plain.tick(lambda tick: act(tick, same))
    assert (checked[hits] == plain[same]).all()
    assert len(np.unique(plain[same])) > 3


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.uint32(2**31), "holds int32, the values go from 2147483648 to"),
        (np.int64(-(2**31) - 1), "holds int32, the values go from -2147483649"),
        (2.0, "holds int32, the values are float64"),
    ],
)
def test_what_is_assigned_must_fit_in_any_mode(checked, values, message):
    world, _ = ground(checked)
    with pytest.raises(HookError, match=message):
        world.tick(lambda tick: setattr(tick, "hits", values))
