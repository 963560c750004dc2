"""The stage that runs one propagator."""

from collections.abc import Callable
from functools import partial

from murk_arena import PingPongArena, TickGuard
from murk_env.fields import Field
from murk_env.kernels import KernelCall
from murk_env.kernels.stage import Run, Stage
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.world.frames import Array, PropagatorFrame, Routes
from murk_env.world.layout import Layout

__all__ = ["propagator_stage", "staging_of"]


def propagator_stage(
    layout: Layout,
    propagator: Propagator,
    rng: WorldRng | None,
    routes: Callable[[], Routes],
    failed: Callable[[Callable[[], Run], Exception], Exception],
    check: Callable[[], None] | None,
) -> Stage:
    """Return a propagator's stage.

    Args:
        layout: the layout of the worlds.
        propagator: the propagator.
        rng: its random numbers; None for one that sets derived fields, which may not draw.
        routes: returns its current arrays.
        failed: returns the error to raise, given a function that binds the propagator again, and the
            exception.
        check: called after it, in checked mode.
    """
    frame = PropagatorFrame(layout, propagator, rng)

    def fetch() -> Run:
        frame.fetch(routes())
        run = propagator.bind(frame)
        if isinstance(run, KernelCall):
            return frame.bound(run)

        def anew(start: int, stop: int) -> None:
            frame.restart()
            run(start, stop)

        return anew

    touched = (*propagator.reads, *propagator.reads_previous, *propagator.writes, *propagator.updates)
    fields = [field for field in (*touched, *propagator.coefficients) if isinstance(field, Field)]
    return Stage(
        propagator.name,
        fetch,
        partial(failed, fetch),
        moves=any(field.mutability == "sparse" for field in fields),
        check=check,
    )


def staging_of(layout: Layout, arena: PingPongArena, guard: TickGuard) -> Callable[[Field], Array]:
    """Return a function that fetches the staged array of a field that a propagator writes."""

    def writable(field: Field) -> Array:
        field_id = layout.ids[field]
        return guard.update(field_id) if field.mutability == "sparse" else arena.staging_view(field_id)

    return writable
