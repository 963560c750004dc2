"""The loop over worlds that fills a plan's outputs: generated from the entries, compiled once."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import LEVEL, Field
from murk_env.kernels import compile_source
from murk_env.kernels.flat_calls import call_line, names_for_calls
from murk_env.observation._kernels import clear
from murk_env.random import origins
from murk_env.random.draws import site_word

__all__ = ["Loop"]

Array = npt.NDArray[Any]

_VARIABLES = "row", "world", "agent", "viewer"  # of the generated function


class Loop:
    """Builds a function over worlds: entries add kernel calls, `compiled` compiles it.

    Everything that differs between lattices (sizes, limits, tables) is passed in arrays rather than written
    into the source, so that plans of the same entries share one compiled function.

    Args:
        agents: the agents that observe.
        row_lengths: for each output, the number of elements per viewer.
        row_per_agent: whether the viewers are the agents rather than the world.
        active: a field over agents; agents for which it is 0 get rows of zeros.

    Attributes:
        fields: the fields it reads, in the order of its arguments; a static number is an array of one.
        tables: the arrays that it takes before the fields.
    """

    def __init__(
        self, agents: range, row_lengths: Sequence[int], *, row_per_agent: bool, active: Field | None
    ) -> None:
        self.fields: list[Field] = []
        self._tables: list[Array] = []
        self._whole: list[int] = []
        self._num_sites = 0
        self._real: list[float] = []
        self._kernels: list[Callable[..., Any]] = []
        self._for_world: list[str] = []
        self._for_agent: list[str] = []
        self._lines = self._for_world
        self._row_lengths = row_lengths
        self._row_per_agent = row_per_agent
        self._num_agents = self.whole(len(agents))
        self._agent = f"{self.whole(agents.start)} + seat * {self.whole(agents.step)}"
        self._before_agent = self._lines_before_agent(active)

    @property
    def agent(self) -> str:
        """An expression for the agent whose part is being filled; 0 for a part of the world."""
        return "agent" if self._lines is self._for_agent else "0"

    def noise_site(self) -> int:
        """Return a site of random numbers that is unique within this observation."""
        self._num_sites += 1
        return site_word(origins.OBSERVE) + 2 * self._num_sites + self._row_per_agent

    def begin(self, *, per_agent: bool) -> None:
        """Set whether the following calls run for every agent or once for the world."""
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
        name = self._name(field)
        if field.mutability == "static":
            return f"flat_of({name})" if len(field.shape(1, 1)) > 1 else name
        return f"row_of({name}, {self.number(LEVEL) if field.mutability == 'level' else 'world'})"

    def number(self, field: Field) -> str:
        """Return an expression for the value of a scalar field over the world, or of this agent."""
        return f"{self.row(field)}[{'agent' if field.over == 'agents' else '0'}]"

    def part(self, output: int, begin: int, size: int, stride: int) -> str:
        """Return an expression for `size` elements of a viewer's row, from `begin + agent * stride` on."""
        at = len(self._whole)
        self._whole += [self._row_lengths[output], begin, size, stride]
        viewer = "viewer" if self._row_per_agent else "row"
        return f"part_of(out{output}, {viewer}, whole, {at}{', agent' if stride else ''})"

    def call(self, kernel: Callable[..., Any], *arguments: str) -> None:
        """Add a call of a kernel."""
        self._lines.append(self._call(kernel, *arguments))

    def _call(self, kernel: Callable[..., Any], *arguments: str) -> str:
        return call_line(f"kernel{_index(self._kernels, kernel)}", ", ".join(arguments), _VARIABLES)

    def _element(self, field: Field) -> str:
        """Return source for this agent's value of a scalar field over agents, outside a call."""
        name = self._name(field)
        if field.mutability == "level":
            return f"{name}[{self._name(LEVEL)}[world], agent]"
        return f"{name}[agent]" if field.mutability == "static" else f"{name}[world, agent]"

    def _name(self, field: Field) -> str:
        return f"field{_index(self.fields, field)}"

    @property
    def tables(self) -> tuple[Array, ...]:
        """The compiled function's arguments between the rows and the fields."""
        numbers = [np.array(self._whole, np.int64), np.array(self._real, np.float64)]
        return *numbers[: 2 if self._real else 1], *self._tables

    def compiled(self) -> Callable[..., None]:
        """Compile the function `(start, stop, worlds, *tables, *fields, *outputs)`.

        It fills the rows [start, stop) of every output, row i from the fields' row `worlds[i]`.
        """
        namespace = {f"kernel{index}": kernel for index, kernel in enumerate(self._kernels)}
        return compile_source(self._source(), "observe_worlds", namespace | names_for_calls())

    def _lines_before_agent(self, active: Field | None) -> list[str]:
        """Return the lines that find an agent's row, and fill it with zeros if the agent is inactive."""
        lines = [f"viewer = row * {self._num_agents} + seat"] if self._row_per_agent else []
        if active is not None:
            whole_rows = [self.part(index, 0, length, 0) for index, length in enumerate(self._row_lengths)]
            zeros = [f"    {self._call(clear, row)}" for row in whole_rows]
            lines += [f"if {self._element(active)} == 0:", *zeros, "    continue"]
        return lines

    def _source(self) -> str:
        fields = [f"field{index}" for index in range(len(self.fields))]
        outputs = [f"out{index}" for index in range(len(self._row_lengths))]
        numbers = ["whole", "real"] if self._real else ["whole"]
        tables = [*numbers, *(f"table{index}" for index in range(len(self._tables)))]
        arguments = ["start", "stop", "worlds", *tables, *fields, *outputs]
        lines = [f"def observe_worlds({', '.join(arguments)}):"]
        lines += ["    for row in range(start, stop):", "        world = worlds[row]"]
        lines += [f"        {line}" for line in self._for_world]
        if self._for_agent:
            lines += [f"        for seat in range({self._num_agents}):", f"            agent = {self._agent}"]
            lines += [f"            {line}" for line in [*self._before_agent, *self._for_agent]]
        return "\n".join(lines) + "\n"


def _index(known: list[Any], wanted: object) -> int:
    """Return the index of an object in a list, after appending it if it is missing."""
    for index, value in enumerate(known):
        if value is wanted:
            return index
    known.append(wanted)
    return len(known) - 1
