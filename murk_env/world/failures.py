"""The errors that the failure of a propagator is raised as."""

from collections.abc import Callable, Sequence

from murk_arena import PingPongArena
from murk_env.errors import PropagatorError, described
from murk_env.kernels import CompilationError, KernelCall
from murk_env.kernels.explain import explain
from murk_env.kernels.places import came_from, line_of
from murk_env.kernels.stage import Repeat, Run, Stage
from murk_env.propagators.base import Propagator
from murk_env.world.layout import Layout
from murk_env.world.staged import Staged

__all__ = ["failing_substep", "propagator_failed", "stage_failed"]


def propagator_failed(
    layout: Layout,
    arena: PingPongArena,
    propagator: Propagator,
    fetch: Callable[[], Run],
    staged: Staged,
    error: Exception,
) -> PropagatorError:
    """Return the error for a propagator that raised; with the world, if it was a kernel."""
    world = None
    if not isinstance(error, CompilationError):
        world = _failing_world(layout, arena, propagator, fetch, staged)
    return stage_failed(propagator.name, layout.num_worlds, error, world)


def _failing_world(
    layout: Layout, arena: PingPongArena, propagator: Propagator, fetch: Callable[[], Run], staged: Staged
) -> int | None:
    """Return the world in which a kernel fails, found by running it again from the values before the tick."""
    try:
        run = fetch()
    except Exception:  # the binding itself fails
        return None
    if not isinstance(run, KernelCall) or any(field.mutability == "sparse" for field in propagator.updates):
        return None
    for field in propagator.updates:
        arena.staging_view(layout.ids[field])[...] = staged.before[field]
    for world in range(layout.num_worlds):
        try:
            run(world, world + 1)
        except Exception:
            return world
    return None


def failing_substep(
    layout: Layout, arena: PingPongArena, staged: Staged, stages: Sequence[Stage | Repeat]
) -> int | None:
    """Return the world in which a sub-step fails, found by running the worlds again one by one."""
    updated = [field for propagator in layout.pipeline.propagators for field in propagator.updates]
    runs = [_runs(stage) for stage in stages]
    if None in runs or any(field.mutability == "sparse" for field in updated):
        return None
    for world in range(layout.num_worlds):
        for field in updated:
            arena.staging_view(layout.ids[field])[world] = staged.before[field][world]
        try:
            for run in runs:
                for one in run or ():
                    one(world, world + 1)
        except Exception:
            return world
    return None


def _runs(stage: Stage | Repeat) -> Sequence[KernelCall] | None:
    """Return the kernels of a stage in the order they run; None if one is no kernel or cannot be bound."""
    if isinstance(stage, Stage):
        turns, order = [[stage]], [0]
    else:
        turns = [stage.others, stage.last]
        order = [turn % 2 for turn in range(stage.count % 2, stage.count + stage.count % 2)]
    try:
        bound = [[one.bind() for one in turn] for turn in turns]
    except Exception:  # the binding itself fails
        return None
    kernels = [[one for one in turn if isinstance(one, KernelCall)] for turn in bound]
    return None if kernels != bound else [one for turn in order for one in kernels[turn]]


def stage_failed(name: str, num_worlds: int, error: Exception, world: int | None = None) -> PropagatorError:
    """Return the error for a stage that raised, with the world if known, or that cannot be compiled."""
    if isinstance(error, CompilationError):
        reason, filename, line = explain(error)
        place = f" ({line_of(filename, line)})" if filename is not None and line is not None else ""
        return PropagatorError(f"{name}{place} cannot be compiled: {reason.rstrip('.')}.")
    return PropagatorError(
        f"{name} raised {described(error)}; the tick was undone for all {num_worlds} worlds."
        f"{came_from(error, world)}"
    )
