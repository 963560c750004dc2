"""The loop over worlds that fills a plan's outputs: put together from the entries, compiled once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import LEVEL, Field
from murk_env.kernels import compile_source
from murk_env.random import origins
from murk_env.random.draws import site_word

__all__ = ["Loop"]

Array = npt.NDArray[Any]


class Loop:
    """A function over worlds in the making: entries add calls of kernels, `compiled` makes it.

    What differs between two lattices (sizes, limits, tables) is passed in arrays and does not stand in the
    source, so that plans of the same entries share one compiled function.

    Args:
        agents: the agents that see.
        flat_outputs: for each output, whether a viewer's row of it has one axis.
        row_per_agent: whether each of the agents is a viewer, not the world.
        active: a field over agents that is 0 for those who see nothing, whose rows are zeros then.

    Attributes:
        fields: the fields it reads, in the order it takes them; a static number is an array of one.
        tables: the arrays that it takes before the fields.
    """

    def __init__(
        self, agents: range, flat_outputs: Sequence[bool], *, row_per_agent: bool, active: Field | None
    ) -> None:
        self.fields: list[Field] = []
        self._rows: dict[Field, tuple[str, str]] = {}  # this world's values: a name, and what it stands for
        self._tables: list[Array] = []
        self._whole: list[int] = []
        self._num_sites = 0
        self._real: list[float] = []
        self._kernels: list[Callable[..., Any]] = []
        self._for_world: list[str] = []
        self._for_agent: list[str] = []
        self._lines = self._for_world
        self._flat_outputs = flat_outputs
        self._row_per_agent = row_per_agent
        self._num_agents = self.whole(len(agents))
        self._agent = f"{self.whole(agents.start)} + seat * {self.whole(agents.step)}"
        self._active = None if active is None else f"{self.row(active)}[agent]"

    @property
    def agent(self) -> str:
        """An expression for the agent whose part is being filled; 0 where it is the world's."""
        return "agent" if self._lines is self._for_agent else "0"

    def noise_site(self) -> int:
        """Return a site of random numbers that nothing else in this observation draws from."""
        self._num_sites += 1
        return site_word(origins.OBSERVE) + 2 * self._num_sites + self._row_per_agent

    def begin(self, *, per_agent: bool) -> None:
        """Say whether what is added next runs for every agent or once for the world."""
        self._lines = self._for_agent if per_agent or self._row_per_agent else self._for_world

    def whole(self, number: int) -> str:
        """Return an expression for an integer."""
        self._whole.append(number)
        return f"whole[{len(self._whole) - 1}]"

    def real(self, number: float) -> str:
        """Return an expression for a float."""
        self._real.append(number)
        return f"real[{len(self._real) - 1}]"

    def table(self, table: Array) -> str:
        """Return an expression for a whole array."""
        index = _index(self._tables, table)
        return f"table{index}"

    def row(self, field: Field) -> str:
        """Return an expression for this world's values of a field, flat."""
        if field not in self._rows:
            values = self._row(field)
            self._rows[field] = f"row{len(self._rows)}", values  # made once for all agents of a world
        return self._rows[field][0]

    def _row(self, field: Field) -> str:
        name = f"field{_index(self.fields, field)}"
        num_axes = len(field.shape(1, 1))
        if field.mutability == "static":
            return f"{name}[0]" if num_axes > 1 else name
        if field.mutability == "level":
            level = self.number(LEVEL)
            return f"{name}[{level}]" if num_axes else f"{name}[{level} : {level} + 1]"
        return f"{name}[world]" if num_axes else f"{name}[world : world + 1]"

    def number(self, field: Field) -> str:
        """Return an expression for the value of a scalar field over the world, or of this agent."""
        return f"{self.row(field)}[{'agent' if field.over == 'agents' else '0'}]"

    def part(self, output: int, begin: int, size: int, stride: int) -> str:
        """Return a name for `size` elements of a viewer's row of an output, from `begin + agent * stride`."""
        name = f"part{len(self._whole)}"
        at = self.whole(begin)
        if stride:
            at = f"{at} + agent * {self.whole(stride)}"
        self._lines.append(f"begin = {at}")
        self._lines.append(f"{name} = out{output}[viewer, begin : begin + {self.whole(size)}]")
        return name

    def call(self, kernel: Callable[..., Any], *arguments: str) -> None:
        """Add a call of a kernel."""
        index = _index(self._kernels, kernel)
        self._lines.append(f"kernel{index}({', '.join(arguments)})")

    @property
    def tables(self) -> tuple[Array, ...]:
        """What the compiled function takes between the rows and the fields."""
        numbers = [np.array(self._whole, np.int64), np.array(self._real, np.float64)]
        return *numbers[: 2 if self._real else 1], *self._tables

    def compiled(self) -> Callable[..., None]:
        """Compile the function `(start, stop, worlds, *tables, *fields, *outputs)`.

        It fills the rows [start, stop) of every output, row i from the fields' row `worlds[i]`.
        """
        namespace = {f"kernel{index}": kernel for index, kernel in enumerate(self._kernels)}
        return compile_source(self._source(), "observe_worlds", namespace)

    def _source(self) -> str:
        fields = [f"field{index}" for index in range(len(self.fields))]
        outputs = [f"out{index}" for index in range(len(self._flat_outputs))]
        numbers = ["whole", "real"] if self._real else ["whole"]
        tables = [*numbers, *(f"table{index}" for index in range(len(self._tables)))]
        arguments = ["start", "stop", "worlds", *tables, *fields, *outputs]
        lines = [f"def observe_worlds({', '.join(arguments)}):"]
        lines += [f"    {line}" for line in self._flattening(fields, outputs)]
        lines += ["    for row in range(start, stop):", "        world = worlds[row]"]
        lines += [f"        {name} = {values}" for name, values in self._rows.values()]
        lines += [f"        {line}" for line in ["viewer = row", *self._for_world]]
        if self._for_agent:
            lines += [f"        for seat in range({self._num_agents}):", f"            agent = {self._agent}"]
            lines += [f"            {line}" for line in self._seat(outputs)]
        return "\n".join(lines) + "\n"

    def _seat(self, outputs: Sequence[str]) -> list[str]:
        """Return the lines for one of the agents."""
        viewer = f"row * {self._num_agents} + seat" if self._row_per_agent else "row"
        zeros = [f"    {name}[viewer, :] = 0.0" for name in outputs]
        absent = [f"if {self._active} == 0:", *zeros, "    continue"] if self._active else []
        return [f"viewer = {viewer}", *absent, *self._for_agent]

    def _flattening(self, fields: Sequence[str], outputs: Sequence[str]) -> list[str]:
        """Return the lines that make rows of arrays of more axes; each costs compile time, so only those."""
        lines: list[str] = []
        for name, field in zip(fields, self.fields, strict=True):
            if len(field.shape(1, 1)) > 1:
                rows = "1" if field.mutability == "static" else f"len({name})"
                lines.append(f"{name} = {name}.reshape(({rows}, -1))")
        for name, flat in zip(outputs, self._flat_outputs, strict=True):
            viewers = f"len({name}) * {self._num_agents}" if self._row_per_agent else f"len({name})"
            if self._row_per_agent or not flat:
                lines.append(f"{name} = {name}.reshape(({viewers}, -1))")
        return lines


def _index(known: list[Any], wanted: object) -> int:
    """Return where an object stands in a list, after adding it if it is not there."""
    for index, value in enumerate(known):
        if value is wanted:
            return index
    known.append(wanted)
    return len(known) - 1
