"""Windows of several fields around the same cell, copied in one pass over the places that they share."""

import itertools
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from murk_env.kernels import COMPILES, compile_source
from murk_env.kernels.lanes import all_lanes, chosen, lanes_from, put_lanes_from
from murk_env.observation._window_kernels import NO_CELL
from murk_env.observation.entry import Entry, Fitted, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.together import Together
from murk_env.observation.window import Window

__all__ = ["WindowsTogether", "windows_together"]


def windows_together(entries: Sequence[Entry]) -> list[Entry]:
    """Return the same entries, with Windows in a row that share their places made one entry."""
    found: list[Entry] = []
    for shared, alike in itertools.groupby(entries, _places_of):
        run = list(alike)
        windows = [one for one in run if isinstance(one, Window)]
        found += [WindowsTogether(windows)] if shared is not None and len(run) > 1 else run
    return found


class WindowsTogether(Together[Window]):
    """Windows that are copied place by place together: the same bytes as apart, in two fifths of the time."""

    def fit(self, scene: Scene) -> Fitted:
        """Return the parts of all windows; see `Entry.fit`."""
        fitted = [one.fit(scene) for one in self._entries]
        paddings = [one.padding_within(own.parts[0]) for one, own in zip(self._entries, fitted, strict=True)]
        region = self._entries[0].region(scene.lattice)
        alike = all(one.field.dtype == scene.dtype for one in self._entries)
        in_pieces = COMPILES and alike and region.pieces.pay

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            names = iter(parts)
            own_parts = [tuple(itertools.islice(names, len(own.parts))) for own in fitted]
            copied = zip(self._entries, paddings, own_parts, strict=True)
            one_by_one = [(loop.row(one.field), loop.real(padding), own[0]) for one, padding, own in copied]
            where = loop.number(self._entries[0].around), loop.table(region.kinds)
            copy, tables = _copy_windows(len(self._entries)), (loop.table(region.displacements),)
            if in_pieces:
                pieces = region.pieces
                copy, places = _copy_pieces(len(self._entries)), loop.table(pieces.places)
                more = loop.table(pieces.starts), loop.table(pieces.serve), loop.table(pieces.shown)
                tables = *tables, places, loop.whole(pieces.rest), *more
            loop.call(copy, *where, *tables, *itertools.chain(*one_by_one))
            for one, padding, own in zip(self._entries, paddings, own_parts, strict=True):
                one.write_rest(loop, own, region, padding, scene.dtype)

        return Fitted(
            tuple(part for own in fitted for part in own.parts), per_agent=fitted[0].per_agent, write=write
        )


def _places_of(entry: Entry) -> object:
    """Return what Windows that can be copied together have in common, None for any other entry."""
    if type(entry) is not Window or entry.pool or entry.one_hot or entry.num_channels > 1:
        return None
    return entry.around, entry.disk, None if entry.rectangle is None else tuple(entry.rectangle)


@cache
def _copy_windows(number: int) -> Callable[..., None]:
    """Return what does as `_window_kernels.window` for components of several fields of one channel."""
    each = range(number)
    copied = ", ".join(f"row{i}, padding{i}, out{i}" for i in each)
    lines = [
        f"def copy_windows(cell, kinds, displacements, {copied}):",
        *_centre(each),
        "    for place in range(apart.size):",
        *_copy_of_a_place(each),
    ]
    return compile_source("\n".join(lines) + "\n", "copy_windows", {"np": np, "NO_CELL": NO_CELL})


@cache
def _copy_pieces(number: int) -> Callable[..., None]:
    """Return a kernel equivalent to that of `_copy_windows` that copies eight places at a time where it can.

    All fields and outputs must be of one dtype.
    """
    each = range(number)
    copied = ", ".join(f"row{i}, padding{i}, out{i}" for i in each)
    lines = [
        f"def copy_pieces(cell, kinds, displacements, places, rest, starts, serve, marks, {copied}):",
        *_centre(each),
        "    begin, shown = starts[kinds[here]], marks[kinds[here]]",
        "    first = 0",
        "    if inside and serve[here]:",
        "        first = rest",
        *(f"        blanks{i} = all_lanes(blank{i})" for i in each),
        "        for piece in range(places.size):",
        "            place = places[np.uint64(piece)]",
        "            at, shows = here + begin[np.uint64(piece)], lanes_from(shown, place)",
        *(
            f"            put_lanes_from(out{i}, place, chosen(shows, lanes_from(row{i}, at), blanks{i}))"
            for i in each
        ),
        "    for place in range(first, apart.size):",
        *_copy_of_a_place(each),
    ]
    lanes = all_lanes, chosen, lanes_from, put_lanes_from
    names = {"np": np, "NO_CELL": NO_CELL, **{one.__name__: one for one in lanes}}
    return compile_source("\n".join(lines) + "\n", "copy_pieces", names, inlined=True)


def _centre(each: range) -> list[str]:
    """Return the lines that find the kind of the cell in the centre."""
    return [
        "    inside = 0 <= cell < kinds.size",
        "    here = np.int64(cell if inside else 0)",
        "    apart = displacements[kinds[here]]",
        *(f"    blank{i} = out{i}.dtype.type(padding{i})" for i in each),
    ]


def _copy_of_a_place(each: range) -> list[str]:
    """Return the lines that copy one place of every window."""
    return [
        "        index = np.uint64(place)",
        "        shows = inside & (apart[index] != NO_CELL)",
        "        at = np.uint64(here + (apart[index] if shows else 0))",
        *(f"        out{i}[index] = row{i}[at] if shows else blank{i}" for i in each),
    ]
