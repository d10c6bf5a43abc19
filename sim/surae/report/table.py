"""The comparison table: the baseline beside every what-if, with difference, noise and verdict.

An effect counts as found where it reaches three times the noise floor (the spread of the same
number over meshes, schemes and starts); below that the table says "not resolved".
"""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surae.loads.metric import Metric, dimension_labels
from surae.report.metric_order import TITLES, label, ordered, section_of
from surae.report.reported import ReportedStride

RESOLUTION = 3.0  # noise floors that an effect must reach to count as found
NOT_RESOLVED, RESOLVED, UNKNOWN = "not resolved", "resolved", "noise not measured"
# Units in which zero is a convention, not an absence: a change in per cent says nothing.
_NO_RATIO = ("deg", "%")
_SIDE_WORDS = {"r": "right", "l": "left"}
_NAMED = ("muscle", "coordinate")  # dims whose names carry their side
_SAME = 1e-6  # sides that agree to this share are one row


@dataclasses.dataclass(frozen=True)
class Row:
    """One number of the baseline and of every what-if; NaN where a runner does not have it."""

    section: str
    metric: str
    place: str  # side, exponent, direction or muscle within the metric; "" where there is one value
    unit: str
    baseline: float
    values: tuple[float, ...]
    noise: float | None

    @property
    def label(self) -> str:
        """The metric's name as people write it."""
        return f"{label(self.metric)}, {self.place}" if self.place else label(self.metric)

    def difference(self, case: int) -> float:
        """What-if minus baseline."""
        return self.values[case] - self.baseline

    def percent(self, case: int) -> float:
        """Difference as a share of the baseline, %; NaN where that means nothing."""
        if self.unit in _NO_RATIO or abs(self.baseline) < 1e-12:
            return math.nan
        return 100.0 * self.difference(case) / abs(self.baseline)

    def verdict(self, case: int) -> str:
        """Whether the difference stands out of the noise."""
        if math.isnan(self.difference(case)):
            return ""
        if self.noise is None:
            return UNKNOWN
        return NOT_RESOLVED if not_resolved(self.difference(case), self.noise) else RESOLVED


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Rows in reading order under the names of the baseline and the what-ifs."""

    baseline: str
    cases: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def sections(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """Rows by section, in order."""
        grouped = itertools.groupby(self.rows, key=lambda row: row.section)
        return tuple((title, tuple(rows)) for title, rows in grouped)


def not_resolved(effect: float, noise: float) -> bool:
    """Whether an effect is too small for its noise floor; no effect at all never is resolved."""
    return abs(effect) < RESOLUTION * noise or effect == 0.0


def compare(
    strides: Sequence[ReportedStride], noise: Mapping[str, ArrayLike] | None = None
) -> Comparison:
    """The table of strides[0], the baseline, against the others.

    noise: the spread of a metric in its own unit, one number or one for each of its places.
    """
    baseline = strides[0]
    labels = dimension_labels(baseline.gait.runner)
    rows = [
        row
        for name in ordered(list(baseline.metrics))
        for row in _rows(name, strides, labels, (noise or {}).get(name))
    ]
    rows.sort(key=lambda row: TITLES.index(row.section))
    return Comparison(baseline.name, tuple(s.name for s in strides[1:]), tuple(rows))


def _rows(
    name: str,
    strides: Sequence[ReportedStride],
    labels: Mapping[str, tuple],
    noise: ArrayLike | None,
) -> list[Row]:
    metric = strides[0].metrics[name]
    shape = np.shape(metric.value)
    values = np.stack([_value(s.metrics.get(name), shape) for s in strides])
    spread = None if noise is None else np.broadcast_to(np.asarray(noise, dtype=float), shape)
    places = [tuple(zip(metric.dims, at, strict=True)) for at in np.ndindex(*shape)]
    rows = []
    for place in places:
        at = tuple(i for _, i in place)
        named = {dim: labels[dim][i] for dim, i in place}
        twin = _other_side(metric.dims, at, labels)
        if twin is not None and _agree(values[(..., *at)], values[(..., *twin)]):
            if _is_left(named):
                continue
            named = _without_side(named)
        own = values[(..., *at)]
        rows.append(
            Row(
                section_of(name, named.get("exponent")),
                name,
                ", ".join(_word(dim, value) for dim, value in named.items()),
                metric.unit,
                float(own[0]),
                tuple(float(v) for v in own[1:]),
                None if spread is None else float(spread[at]),
            )
        )
    return rows


def _value(metric: Metric | None, shape: tuple[int, ...]) -> np.ndarray:
    value = np.full(shape, np.nan) if metric is None else np.asarray(metric.value, dtype=float)
    return value if value.shape == shape else np.full(shape, np.nan)


def _other_side(
    dims: tuple[str, ...], at: tuple[int, ...], labels: Mapping[str, tuple]
) -> tuple[int, ...] | None:
    """Where the same number of the other leg stands."""
    other = list(at)
    if "side" in dims:
        axis = dims.index("side")
        other[axis] = 1 - at[axis]
        return tuple(other)
    for axis, dim in enumerate(dims):
        name = str(labels[dim][at[axis]])
        twin = name[:-1] + {"r": "l", "l": "r"}.get(name[-1], "")
        if dim in _NAMED and name[-2:] in ("_r", "_l") and twin in labels[dim]:
            other[axis] = labels[dim].index(twin)
            return tuple(other)
    return None


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=_SAME, atol=1e-12, equal_nan=True))


def _is_left(named: Mapping) -> bool:
    return named.get("side") == "l" or any(str(named.get(dim, "")).endswith("_l") for dim in _NAMED)


def _without_side(named: dict) -> dict:
    kept = {dim: value for dim, value in named.items() if dim != "side"}
    return {
        dim: value[:-2] if dim in _NAMED and value[-2:] in ("_r", "_l") else value
        for dim, value in kept.items()
    }


def _word(dim: str, value: object) -> str:
    if dim == "exponent":
        return f"exponent {value}"
    text = _SIDE_WORDS.get(str(value), str(value))
    if text[-2:] in ("_r", "_l"):
        text = f"{text[:-2]} {_SIDE_WORDS[text[-1]]}"
    return text.replace("_", " ")


def number(value: float) -> str:
    """Four significant digits; a dash for what is not there."""
    return "-" if math.isnan(value) else f"{value:#.4g}".removesuffix(".")


def signed(value: float) -> str:
    """Three significant digits with sign."""
    return "-" if math.isnan(value) else f"{value:+.3g}"


def percentage(value: float) -> str:
    """A change in per cent with sign."""
    return "-" if math.isnan(value) else f"{round(value, 2) + 0.0:+.2f} %"


def cells(row: Row, case: int) -> tuple[str, ...]:
    """A row as people read it: label, unit, baseline, what-if, difference, %, noise, verdict."""
    noise = "-" if row.noise is None else f"{row.noise:.2g}"
    return (
        row.label,
        row.unit,
        number(row.baseline),
        number(row.values[case]),
        signed(row.difference(case)),
        percentage(row.percent(case)),
        noise,
        row.verdict(case),
    )


def header(comparison: Comparison, case: int) -> tuple[str, ...]:
    """The heads of the columns of `cells`."""
    pair = (comparison.baseline, comparison.cases[case])
    return ("metric", "unit", *pair, "difference", "%", "noise floor", "verdict")


def as_markdown(comparison: Comparison) -> str:
    """One Markdown table for each what-if and section; the baseline alone where there is none."""
    lines = []
    for case, name in enumerate(comparison.cases):
        lines += [f"## {comparison.baseline} and {name}", ""]
        for title, rows in comparison.sections:
            lines += [f"### {title}", "", _markdown_row(header(comparison, case))]
            lines += ["|---|---|---:|---:|---:|---:|---:|---|"]
            lines += [*(_markdown_row(cells(row, case)) for row in rows), ""]
    if not comparison.cases:
        for title, rows in comparison.sections:
            lines += [f"### {title}", "", _markdown_row(("metric", "unit", comparison.baseline))]
            lines += ["|---|---|---:|", *(_markdown_row(alone(row)) for row in rows), ""]
    return "\n".join(lines)


def alone(row: Row) -> tuple[str, ...]:
    """A row of the baseline only."""
    return (row.label, row.unit, number(row.baseline))


def _markdown_row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


def as_text(comparison: Comparison, sections: Sequence[str] | None = None) -> str:
    """The same for a terminal, in aligned columns; `sections` keeps only those titles."""
    blocks = []
    for case in range(len(comparison.cases)) or (None,):
        for title, rows in comparison.sections:
            if sections is not None and title not in sections:
                continue
            if case is None:
                head, body = ("metric", "unit", comparison.baseline), [alone(row) for row in rows]
            else:
                head, body = header(comparison, case), [cells(row, case) for row in rows]
            blocks.append("\n".join([title, *_aligned([head, *body])]))
    return "\n\n".join(blocks) + "\n"


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numeric = range(2, 7)
    return [
        "  "
        + "  ".join(
            text.rjust(width) if i in numeric else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def as_csv(comparison: Comparison) -> str:
    """One line for each metric, place and what-if, in full precision, for programs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        "section metric place unit baseline_name baseline case value difference "
        "difference_percent noise verdict".split()
    )
    for row in comparison.rows:
        head = (row.section, row.metric, row.place, row.unit, comparison.baseline, row.baseline)
        for case, name in enumerate(comparison.cases):
            noise = "" if row.noise is None else row.noise
            change = (row.difference(case), row.percent(case), noise, row.verdict(case))
            writer.writerow((*head, name, row.values[case], *change))
        if not comparison.cases:
            writer.writerow((*head, "", "", "", "", "", ""))
    return out.getvalue()
