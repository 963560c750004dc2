"""The report as text: a table of ratios, and a second one of costs."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from benchmarks.report import Figure, Point, Report, Skipped
from benchmarks.timing import Sample

_SCALES = {"s": ((1.0, "s"), (1e-3, "ms")), "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))}
_HEADINGS = ("what", "ours", "beside", "ratio (min .. max)", "to reach")


def ratios(report: Report, titles: Mapping[int, str]) -> str:
    """Return the first table: for every row its title, its command and one line per figure."""
    cells = [_HEADINGS, *map(_cells, report.figures)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_padded(_HEADINGS, widths)]
    entries = sorted([*report.figures, *report.skipped], key=lambda entry: entry.row)
    for row, found in groupby(entries, key=lambda entry: entry.row):
        lines.append(f"\n{row}. {titles[row]}  [python -m benchmarks --row {row}]")
        for entry in found:
            lines.append(_skipped(entry) if isinstance(entry, Skipped) else _padded(_cells(entry), widths))
    return "\n".join(lines)


def costs(points: Sequence[Point]) -> str:
    """Return the second table: the cost of a world step by the varied quantity."""
    lines: list[str] = []
    for varied, found in groupby(points, key=lambda point: point.varied):
        lines.append(f"\nper world step, by {varied}")
        lines += [f"{point.value:>10,}  {_amount(point.cost, 'ns')}" for point in found]
    return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, ...]:
    """Return a figure as the cells of a line, under the headings."""
    return (
        f"  {figure.name}",
        _amount(figure.ours, figure.unit),
        f"{figure.beside}: {_amount(figure.other, figure.unit)}",
        _range(figure.ratio),
        _target(figure),
    )


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _skipped(skipped: Skipped) -> str:
    return f"  {skipped.name}: skipped. {skipped.why}"


def _target(figure: Figure) -> str:
    met = figure.target.met(figure.ratio.median)
    if met is None:
        return "(cost)" if figure.target.kind == "at most" else "(speed)"
    return f"{figure.target.kind} {figure.target.bound:g}: {'yes' if met else 'no'}"


def _amount(sample: Sample, unit: str) -> str:
    """Format a median with its unit and the distance of its quartiles in per cent."""
    middle = sample.median
    scale, name = next((pair for pair in _SCALES.get(unit, ()) if abs(middle) >= pair[0]), (1.0, unit))
    low, high = sample.quartiles
    spread = f" ({(high - low) / abs(middle):.0%})" if len(sample.values) > 1 and middle else ""
    return f"{_number(middle / scale)} {name}{spread}"


def _range(sample: Sample) -> str:
    spread = f" ({_number(min(sample.values))} .. {_number(max(sample.values))})"
    return _number(sample.median) + (spread if len(sample.values) > 1 else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
