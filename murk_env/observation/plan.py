"""Observation plans: the space of an observation and what fills it, built once."""

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError, DefinitionError, did_you_mean
from murk_env.lattice import Lattice
from murk_env.observation.entry import Entry, Fitted, Scene
from murk_env.observation.layout import Layout, Place, output_boxes, place_parts
from murk_env.observation.loop import Loop, flat_rows
from murk_env.values import Values

__all__ = ["Observation", "ObservationPlan"]

Over = Literal["world", "agents"]
Array = npt.NDArray[Any]
Output = Array | dict[str, Array]

_FLOAT32 = np.dtype(np.float32)


class Observation:
    """What is seen of a world: entries in order, laid out one way.

    Args:
        entries: parts such as `Observe(heat)`, `Mask(agent)` and `Window(heat, around=agent, disk=2)`.
        layout: `flat`, one float32 vector, the entries one after another; `image`, the entries as
            channels of `(channels, *sides)`, for pictures of equal sides; `dict`, one array for each part of
            an entry under its name.
        over: `world`, one observation of each world, in which what is seen by agents stands agent after
            agent; `agents`, one of each agent, `(num_worlds, num_agents, ...)`, in which every agent sees
            its own, and all of what is not seen by agents.

    Raises:
        BlueprintError: for an unknown layout or span, or no entry at all.
    """

    def __init__(self, *entries: Entry, layout: Layout = "flat", over: Over = "world") -> None:
        for what, value, known in (("layout", layout, get_args(Layout)), ("over", over, get_args(Over))):
            if value not in known:
                raise BlueprintError(
                    f"an observation's {what} cannot be {value!r}; {did_you_mean(value, known)}"
                )
        if not entries:
            raise BlueprintError("an observation needs at least one entry, such as Observe(self.heat).")
        for entry in entries:
            if not isinstance(entry, Entry):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BlueprintError(
                    f"an observation is made of entries such as Observe(self.heat), not of {entry!r}."
                )
        self.entries = entries
        self.layout: Layout = layout
        self.over: Over = over


class ObservationPlan:
    """The space of one viewer's observation, and how it is filled for many.

    A viewer is a world or, with `over="agents"`, each agent of it.

    Args:
        observation: the entries and their layout.
        lattice: the lattice of the worlds.
        known: the fields of the worlds.
        num_agents: number of agents of each world.

    Attributes:
        space: one viewer's observation space, with the tightest bounds that the fields declare.

    Raises:
        BlueprintError: an entry shows an unknown field or cannot be seen in these worlds, or the entries do
            not fit into the layout.
    """

    space: spaces.Space[Any]

    def __init__(
        self, observation: Observation, lattice: Lattice, known: frozenset[Any], num_agents: int
    ) -> None:
        scene = Scene(lattice, num_agents, row_per_agent=observation.over == "agents")
        _check_fields(observation, known, scene)
        fitted = [entry.fit(scene) for entry in observation.entries]
        places = place_parts(fitted, scene, observation.layout)
        self._layout = observation.layout
        self._keys = [place.part.key for place in places] if self._layout == "dict" else []
        boxes = output_boxes(places, observation.layout)
        self.space = (
            spaces.Dict(dict(zip(self._keys, boxes, strict=True))) if self._layout == "dict" else boxes[0]
        )
        viewers = (num_agents,) if scene.row_per_agent else ()
        self._shapes = [(*viewers, *box.shape) for box in boxes]
        self._prepare(_loop(fitted, places, scene, [len(box.shape) == 1 for box in boxes]))

    def _prepare(self, loop: Loop) -> None:
        """Compile the loop and keep what it is called with."""
        self._run = loop.compiled()
        self._tables = loop.tables
        self._fields = loop.fields
        self._scalars = any(field.over == "world" and field.mutability == "static" for field in loop.fields)
        counted = [index for index, field in enumerate(loop.fields) if field.mutability != "static"]
        self._counted = counted[0] if counted else None  # whose worlds axis says how many worlds there are
        self._worlds = np.arange(0)
        self._batch = [(0, *shape) for shape in self._shapes]

    def allocate(self, num_worlds: int) -> Output:
        """Return uninitialised output for a number of worlds."""
        arrays = [np.empty((num_worlds, *shape), np.float32) for shape in self._shapes]
        return dict(zip(self._keys, arrays, strict=True)) if self._layout == "dict" else arrays[0]

    def fill(self, values: Values, out: Output) -> None:
        """Write the observation of every world into `out`, all of it.

        Raises:
            DefinitionError: `out` is not as `allocate` gives it for these worlds; nothing was written then.
        """
        arrays = [out[key] for key in self._keys] if isinstance(out, dict) else [out]
        fields = self._arrays(values)
        num_worlds = len(arrays[0]) if self._counted is None else len(fields[self._counted])
        if len(self._worlds) != num_worlds:
            self._batch = [(num_worlds, *shape) for shape in self._shapes]
            self._worlds = np.arange(num_worlds)  # last: an interrupt before it leaves this to be done again
        for array, shape in zip(arrays, self._batch, strict=True):
            if array.shape != shape or array.dtype != _FLOAT32 or not array.flags.c_contiguous:
                raise DefinitionError(
                    f"an observation of these worlds is filled into contiguous float32 of the shape "
                    f"{shape}, not {array.dtype} {array.shape} of strides {array.strides}; use what "
                    f"allocate() returns."
                )
        self._run(self._worlds, *self._tables, *fields, *arrays)

    def fill_rows(self, values: Values, worlds: Array) -> Output:
        """Return the observation of some worlds only, one row each."""
        out = self.allocate(len(worlds))
        arrays = out.values() if isinstance(out, dict) else (out,)
        self._run(worlds, *self._tables, *self._arrays(values), *arrays)
        return out

    def _arrays(self, values: Values) -> list[Array]:
        arrays = [values[field] for field in self._fields]
        return flat_rows(arrays) if self._scalars else arrays


def row_of(output: Output, row: int) -> Output:
    """Return one world's observation as its own arrays."""
    if isinstance(output, dict):
        return {key: array[row] for key, array in output.items()}
    return output[row]


def _loop(fitted: list[Fitted], places: list[Place], scene: Scene, flat_outputs: list[bool]) -> Loop:
    loop = Loop(scene.num_agents, flat_outputs, row_per_agent=scene.row_per_agent)
    remaining = iter(places)
    for entry in fitted:
        loop.begin(per_agent=entry.per_agent)
        parts = [
            loop.part(place.output, place.begin, place.part.size, place.stride)
            for place in (next(remaining) for _ in entry.parts)
        ]
        entry.write(loop, tuple(parts))
    return loop


def _check_fields(observation: Observation, known: frozenset[Any], scene: Scene) -> None:
    for field in [field for entry in observation.entries for field in entry.fields]:
        if field not in known:
            raise BlueprintError(f"the observation shows {field!r}, which is no field of this environment.")
        if field.over == "agents" and not scene.num_agents:
            raise BlueprintError(f"the observation shows {field!r}, but num_agents is 0 in the Blueprint.")
    if scene.row_per_agent and not scene.num_agents:
        raise BlueprintError("an observation over agents needs agents, but num_agents is 0 in the Blueprint.")
