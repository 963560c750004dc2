"""Sub-steps of a world: the bytes of as many ticks of a share of dt, and nothing left where one fails."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from murk_env import Diffusion, Field, Ring1D, World
from murk_env.errors import MemorySizeError, PipelineError, PropagatorError, StabilityError
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, fill_normal, kernel
from murk_env.world import memory
from tests.tiers import representatives

CELLS = 6


@kernel
def relax(start: int, stop: int, u: Any, source: Any, times: Any, ticks: Any, dt: float, out: Any) -> None:
    for world in range(start, stop):
        for cell in range(u.shape[1]):
            pull = source[world, cell] - u[world, cell] + times[world] * ticks[world]
            out[world, cell] = u[world, cell] + dt * pull


@dataclass(frozen=True, eq=False)
class Relax(Propagator):
    """Pulls `u` to `source` as it was, harder as time goes on."""

    u: Field
    source: Field

    def declare(self) -> Declaration:
        return Declaration(reads_previous=(self.u, self.source), writes=(self.u,))

    def bind(self, frame: Frame) -> KernelCall:
        read = frame.previous(self.u), frame.previous(self.source)
        return KernelCall(relax, (*read, frame.time, frame.elapsed_steps, frame.dt, frame.write(self.u)))


@kernel
def add_noise(
    start: int, stop: int, u: Any, keys: Any, episodes: Any, steps: Any, site: int, sums: Any
) -> None:
    noise = np.empty((stop, sums.shape[1]), np.float32)
    fill_normal(start, stop, keys, episodes, steps, site, noise)
    for world in range(start, stop):
        for cell in range(sums.shape[1]):
            sums[world, cell] += u[world, cell] + noise[world, cell]


@dataclass(frozen=True, eq=False)
class Sum(Propagator):
    """Adds `u` of this tick and noise to `total`, where it lies."""

    u: Field
    total: Field

    def declare(self) -> Declaration:
        return Declaration(reads=(self.u,), updates=(self.total,))

    def bind(self, frame: Frame) -> KernelCall:
        return KernelCall(add_noise, (frame.read(self.u), *frame.rng.counters, frame.update(self.total)))


@dataclass(frozen=True, eq=False)
class Lag(Propagator):
    """Keeps what `total` was, with noise; in numpy."""

    total: Field
    lag: Field

    def declare(self) -> Declaration:
        return Declaration(reads_previous=(self.total,), writes=(self.lag,))

    def step(self, frame: Frame) -> None:
        noise = frame.rng.normal(shape=CELLS)
        frame.write(self.lag)[...] = frame.previous(self.total) + noise * frame.dt


def lively(*, in_numpy: bool, mutability: Any, **keywords: Any) -> World:
    """Return worlds whose propagators read and write in every way."""
    u = Field(low=-3.0, high=3.0, at_bounds="wrap")
    source = Field(low=-1.0, high=1.0, at_bounds="reflect", mutability=mutability)
    total, lag = Field(low=-50.0, high=50.0), Field()
    propagators = [Relax(u, source), Sum(u, total)] + ([Lag(total, lag)] if in_numpy else [])
    fields = {"u": u, "source": source, "total": total, "lag": lag}
    return World(Ring1D(CELLS), fields, propagators, seed=3, **keywords)


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 7),
    num_worlds=st.integers(1, 3),
    in_numpy=st.booleans(),
    mutability=st.sampled_from(["per_tick", "sparse"]),
    push=st.floats(-4.0, 4.0),
)
@pytest.mark.parametrize("checked", representatives([False, True], [False]))
def test_substeps_are_ticks_of_a_share_of_dt_after_the_first_of_which_nobody_acts(
    count, num_worlds, in_numpy, checked, mutability, push
):
    def act(tick):
        tick.source = np.float32(push) * np.arange(1, CELLS + 1)[np.newaxis] / CELLS

    kinds: Any = {"in_numpy": in_numpy, "mutability": mutability, "num_worlds": num_worlds}
    steps = lively(**kinds, dt=0.7, substeps=count, checked=checked)
    ticks = lively(**kinds, dt=0.7 / count)
    for _ in range(3):
        steps.tick(act)
        ticks.tick(act)
        ticks.run(count - 1)
        for name in ("u", "source", "total", "lag"):
            assert steps[name].tobytes() == ticks[name].tobytes(), name


def test_derived_fields_follow_once_after_the_last_substep():
    u, seen = Field(), Field(derived=True)
    runs = []

    class Sees(Propagator):
        def declare(self):
            return Declaration(reads=(u,), writes=(seen,))

        def step(self, frame):
            runs.append(frame.dt)
            frame.write(seen)[...] = frame.read(u)

    world = World(Ring1D(CELLS), {"u": u, "seen": seen}, [Relax(u, u)], derived=[Sees()], dt=2.0, substeps=4)
    runs.clear()
    world.tick()
    assert runs == [2.0]
    assert world[seen].tobytes() == world[u].tobytes()


class Fails(Propagator):
    """Counts sub-steps in `u`; where world 1 has counted to `when`, something goes wrong."""

    def __init__(self, u: Field, when: int, how: str = "raises", *, compiled: bool = False) -> None:
        self.reads_previous = self.writes = (u,)
        self.when, self.how, self.compiled = when, how, compiled

    def bind(self, frame):
        before, out = frame.previous(self.writes[0]), frame.write(self.writes[0])
        if self.compiled:
            return KernelCall(refuse_in_world_1, (before, self.when, out))

        def run(_start, _stop):
            kept = out[1, 3]
            out[:] = before + 1.0
            if before[1, 0] == self.when:
                if self.how == "raises":
                    raise ValueError("no further")
                out[1, 3] = kept if self.how == "unset" else np.inf

        return run


@kernel
def refuse_in_world_1(start: int, stop: int, before: Any, when: int, out: Any) -> None:
    for world in range(start, stop):
        if world == 1 and before[world, 0] == when:
            raise ValueError("no further")
        for cell in range(before.shape[1]):
            out[world, cell] = before[world, cell] + 1.0


def counting(when: int, how: str = "raises", *, compiled: bool = False, **keywords: Any) -> World:
    """Return worlds in whose second step, of five sub-steps each, something goes wrong."""
    u, total = Field(), Field(initial=2.0)
    fails = Fails(u, when + 5, how, compiled=compiled)
    fields = {"u": u, "total": total, "other": Field()}
    return World(Ring1D(CELLS), fields, [fails, Add(u, total)], num_worlds=3, substeps=5, **keywords)


@kernel
def add(start: int, stop: int, u: Any, total: Any) -> None:
    for world in range(start, stop):
        for cell in range(u.shape[1]):
            total[world, cell] += u[world, cell]


@dataclass(frozen=True, eq=False)
class Add(Propagator):
    """Adds `u` to `total`."""

    u: Field
    total: Field

    def declare(self) -> Declaration:
        return Declaration(reads=(self.u,), updates=(self.total,))

    def bind(self, frame: Frame) -> KernelCall:
        return KernelCall(add, (frame.read(self.u), frame.update(self.total)))


@pytest.mark.few(2)
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("when", [0, 1, 4])
def test_a_failure_in_any_substep_leaves_everything_as_it_was_and_says_which(when, compiled):
    world = counting(when, compiled=compiled)
    world.tick()
    held, before = world["u"], world.save()
    where = " In world 1" if compiled else ""
    message = rf"Fails\(u\) in sub-step {when + 1} of 5 raised ValueError: no further; .*{where}"
    with pytest.raises(PropagatorError, match=message):
        world.tick(lambda tick: setattr(tick, "other", 1.0))
    assert world.save() == before
    assert held.tolist() == [[5.0] * CELLS] * 3
    assert world["total"].tolist() == [[2.0 + 15.0] * CELLS] * 3


@pytest.mark.parametrize(("how", "message"), [("unset", "left a part of its write unset"), ("inf", "finite")])
@pytest.mark.parametrize("when", [0, 3, 4])
def test_checked_mode_proves_every_substep(when, how, message):
    world = counting(when, how, checked=True)
    world.tick()
    before = world.save()
    with pytest.raises(PropagatorError, match=message):
        world.tick()
    assert world.save() == before


@pytest.mark.slow
def test_substeps_travel_with_the_worlds():
    world = lively(in_numpy=True, mutability="sparse", substeps=3, num_worlds=2)
    world.tick()
    copied = pickle.loads(pickle.dumps(world))
    world.tick()
    copied.tick()
    assert copied["lag"].tobytes() == world["lag"].tobytes()


@pytest.mark.parametrize("wrong", [0, -1, True, np.True_, 2.0, "2", None])
def test_what_is_no_number_of_substeps_is_refused(wrong):
    with pytest.raises(
        PipelineError, match=rf"substeps, .*must be a whole number of at least 1, not {wrong!r}"
    ):
        World(Ring1D(CELLS), {"u": Field()}, substeps=wrong)


def test_an_unstable_substep_is_refused_with_the_number_that_would_do():
    u = Field()
    made = [Diffusion(u, coefficient=1.0)]  # stable up to 0.5 on a ring
    message = r"dt=3 in 5 sub-steps of 0.6 is above .* limit of 0.5 .* use substeps=6, or dt <= 2.5, .*0.833"
    with pytest.raises(StabilityError, match=message):
        World(Ring1D(CELLS), {"u": u}, made, dt=3.0, substeps=5)
    World(Ring1D(CELLS), {"u": u}, made, dt=3.0, substeps=6)


@given(dt=st.floats(1e-6, 1e3), limit=st.floats(1e-3, 1e3))
@example(dt=28.880000000000003, limit=1.52)  # a little above 19 times the limit, and their quotient is 19
def test_the_number_that_is_proposed_does_and_one_less_does_not(dt, limit):
    class Limited(Propagator):
        def max_dt(self, lattice):
            return limit

    if dt <= limit:
        return
    with pytest.raises(StabilityError) as caught:
        World(Ring1D(3), {"u": Field()}, [Limited()], dt=dt)
    enough = int(str(caught.value).partition("substeps=")[2].partition(",")[0])
    assert dt / enough <= limit < dt / (enough - 1)


@pytest.mark.slow
def test_substeps_whose_scratch_does_not_fit_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 100_000_000)
    u = Field()
    made = Ring1D(10**6), {"u": u}, [Diffusion(u, coefficient=0.1)]
    with pytest.raises(MemorySizeError, match=r"fields 80.0 MB, sub-steps 40.0 MB"):
        World(*made, num_worlds=10, substeps=2)
