"""Observation plans: the space of an observation and the loop that fills it, built once."""

import math
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError, did_you_mean
from murk_env.fields import Field
from murk_env.fields.values import Values
from murk_env.kernels.call import KernelCall
from murk_env.lattice import Lattice
from murk_env.observation._arrays import Arrays, chosen_worlds
from murk_env.observation._checks import check_whole
from murk_env.observation.entry import Entry, Fitted, Scene
from murk_env.observation.layout import Layout, Place, in_output_order, output_boxes, place_parts
from murk_env.observation.loop import Loop
from murk_env.observation.output import Output
from murk_env.observation.rings_together import rings_together
from murk_env.observation.windows_together import windows_together

__all__ = ["Observation", "ObservationPlan"]

Over = Literal["world", "agents"]
DType = Literal["float32", "float64"]


class Observation:
    """An observation: entries in order, and a layout.

    Args:
        entries: parts such as `Observe(heat)`, `Mask(agent)` and `Window(heat, around=agent, disk=2)`.
        layout: `flat`, one vector, the entries one after another; `image`, the entries stacked as
            `(channels, *sides)`, for entries of equal sides; `dict`, one array per part, under its name, in
            the order of the space, which is alphabetical.
        over: `world`, one observation per world, in which values over agents are listed agent by agent;
            `agents`, one per agent, `(num_worlds, num_agents, ...)`, in which values over agents are the
            agent's own and everything else is repeated.
        dtype: `float32`, or `float64` to show float64 fields at full precision.

    Raises:
        BlueprintError: an unknown layout, `over` or dtype, or no entry.
    """

    def __init__(
        self,
        *entries: Entry,
        layout: Layout = "flat",
        over: Over = "world",
        dtype: DType = "float32",
    ) -> None:
        chosen = (("layout", layout, Layout), ("over", over, Over), ("dtype", dtype, DType))
        for what, value, known in ((what, value, get_args(kind)) for what, value, kind in chosen):
            if not isinstance(value, str) or value not in known:  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BlueprintError(
                    f"an observation's {what} cannot be {value!r}; {did_you_mean(value, known)}"
                )
        if not entries:
            raise BlueprintError("an observation needs at least one entry, such as Observe(cls.heat).")
        for entry in entries:
            if not isinstance(entry, Entry):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BlueprintError(
                    f"an observation must be made of entries such as Observe(cls.heat), not of {entry!r}."
                )
        self.entries = entries
        self.layout: Layout = layout
        self.over: Over = over
        self.dtype = np.dtype(dtype)


class ObservationPlan:
    """The space of one viewer's observation, and the loop that fills it for all viewers.

    A viewer is a world or, with `over="agents"`, each of its agents, or each agent of a group.

    Args:
        observation: the entries and their layout.
        lattice: the lattice of the worlds.
        known: the fields of the worlds.
        num_agents: number of agents of each world.
        agents: the agents that have an observation, all by default; only with `over="agents"`.
        active: a scalar int32 field over agents; an agent for which it is 0 has an observation of zeros,
            which the space then includes. Only with `over="agents"`.
        num_levels: number of levels of the worlds, 0 for worlds without levels.

    Attributes:
        space: one viewer's observation space, with the tightest bounds that the fields declare.

    Raises:
        BlueprintError: an entry shows an unknown field or cannot be observed in these worlds, the entries do
            not fit into the layout, or `agents` or `active` is invalid.
    """

    space: spaces.Space[Any]

    def __init__(
        self,
        observation: Observation,
        lattice: Lattice,
        known: frozenset[Any],
        num_agents: int,
        *,
        agents: range | None = None,
        active: Field | None = None,
        num_levels: int = 0,
    ) -> None:
        _check_kinds(observation, lattice)
        check_whole("num_agents of an ObservationPlan", num_agents, 0)
        scene = Scene(lattice, num_agents, observation.over == "agents", observation.dtype, num_levels)
        _check_fields(observation, known, scene)
        _check_viewers(scene, agents, active, known)
        entries = windows_together(rings_together(observation.entries))
        fitted = [entry.fit(scene) for entry in entries]
        places = place_parts(fitted, scene, observation.layout)
        if active is not None:
            places = [place.with_zero() for place in places]
        keys = None
        if observation.layout == "dict":
            keys = [place.part.key for place in in_output_order(places)]
        boxes = output_boxes(places, observation.layout, observation.dtype)
        self.space = boxes[0] if keys is None else spaces.Dict(dict(zip(keys, boxes, strict=True)))
        seats = range(num_agents) if agents is None else agents
        viewers = (len(seats),) if scene.row_per_agent else ()
        lengths = [math.prod(box.shape) for box in boxes]
        loop = Loop(seats, lengths, row_per_agent=scene.row_per_agent, active=active)
        _write(loop, fitted, places)
        self._run = loop.compiled()
        shapes = [(*viewers, *box.shape) for box in boxes]
        sizes = lattice.num_cells, num_agents
        self._arrays = Arrays(self._run, loop.fields, sizes, loop.tables, keys, shapes, scene.dtype)

    def allocate(self, num_worlds: int) -> Output:
        """Return uninitialised output for a number of worlds."""
        return self._arrays.allocate(num_worlds)

    def fill(self, values: Values, out: Output) -> None:
        """Write the observation of every world into `out`, every element.

        Raises:
            DefinitionError: the values do not belong to such worlds, or `out` does not match what `allocate`
                returns for them; nothing has been written then.
        """
        sources, outputs = self._arrays.of_all(values, out)
        sources.fill(*outputs)

    def bound(self, values: Values, out: Output) -> KernelCall:
        """Return `fill` as a loop over worlds that can be run in parts.

        It fills the rows [start, stop) of `out` from the worlds [start, stop) of the arrays that `values`
        currently holds.

        Raises:
            DefinitionError: as for `fill`.
        """
        sources, outputs = self._arrays.of_all(values, out)
        return KernelCall(self._run, (sources.worlds, *sources.arguments, *outputs))

    def fill_rows(self, values: Values, worlds: npt.ArrayLike) -> Output:
        """Return the observation of some worlds only, one row each.

        Raises:
            DefinitionError: the values do not belong to such worlds, or an index is out of range.
        """
        sources = self._arrays.sources(values)
        chosen = chosen_worlds(worlds, sources.num_worlds)
        out = self.allocate(len(chosen))
        arrays = out.values() if isinstance(out, dict) else (out,)
        self._run(0, len(chosen), chosen, *sources.arguments, *arrays)
        return out


def _write(loop: Loop, fitted: list[Fitted], places: list[Place]) -> None:
    """Add the calls that fill all parts to a loop."""
    remaining = iter(places)
    for entry in fitted:
        loop.begin(per_agent=entry.per_agent)
        parts = [
            loop.part(place.output, place.begin, place.part.size, place.stride)
            for place in (next(remaining) for _ in entry.parts)
        ]
        entry.write(loop, tuple(parts))


def _check_kinds(observation: Any, lattice: Any) -> None:
    for value, kind in ((observation, Observation), (lattice, Lattice)):
        if not isinstance(value, kind):
            raise BlueprintError(
                f"an ObservationPlan takes an Observation and a Lattice, but {value!r} is not of "
                f"type {kind.__name__}."
            )


def _check_fields(observation: Observation, known: frozenset[Any], scene: Scene) -> None:
    for field in [field for entry in observation.entries for field in entry.fields]:
        if field not in known:
            raise BlueprintError(
                f"the observation shows {field!r}, which is not a field of this environment."
            )
        if field.over == "agents" and not scene.num_agents:
            raise BlueprintError(f"the observation shows {field!r}, but num_agents is 0 in the Blueprint.")
    if scene.row_per_agent and not scene.num_agents:
        raise BlueprintError("an observation over agents needs agents, but num_agents is 0 in the Blueprint.")


def _check_viewers(scene: Scene, agents: Any, active: Any, known: frozenset[Any]) -> None:
    if not scene.row_per_agent and (agents is not None or active is not None):
        raise BlueprintError(
            f"agents and active select rows of agents, so they must be None with over='world', not "
            f"{agents!r} and {active!r}; leave them out, or observe over='agents'."
        )
    if agents is not None and not _is_group(agents, scene.num_agents):
        raise BlueprintError(
            f"agents must be a range that is not empty and lies within range(0, {scene.num_agents}), not "
            f"{agents!r}."
        )
    if active is not None and not _says_who(active, known):
        raise BlueprintError(
            f"active must be a scalar int32 field over agents of this environment, not {active!r}."
        )


def _is_group(agents: Any, num_agents: int) -> bool:
    return isinstance(agents, range) and len(agents) > 0 and min(agents) >= 0 and max(agents) < num_agents


def _says_who(field: Any, known: frozenset[Any]) -> bool:
    fits = isinstance(field, Field) and field in known and field.over == "agents"
    return fits and field.components is None and field.dtype == np.int32
