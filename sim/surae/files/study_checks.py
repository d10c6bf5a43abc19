"""What the axes of a study may not be together: the same, too many, or beyond what a runner has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from surae._errors import UnusableInput
from surae.files.toml_reader import TomlTable
from surae.runner.joint_parameters import joint_names
from surae.runner.runner import Runner
from surae.runner.weakness import group_names, muscles_of, without_side
from surae.study.case import Change, changed
from surae.study.design import AXIS_KEYS, HEALTHY, Axis, Sampling, Scenario

MOST_CASES = 1_000_000
_TRIED_TOGETHER = 256  # combinations of what is set
Changes = tuple[Change, ...]


def refuse_twice(
    table: TomlTable,
    axis: Axis,
    earlier: Sequence[Axis],
    runner: Runner,
    told: Iterable[tuple[str, Changes]],
) -> None:
    """Two axes of one name or on one thing, or an axis on what is set elsewhere (`told`)."""
    key = next(key for key, kind in AXIS_KEYS.items() if kind == axis.kind)
    others = [(f"axis {a.name}", a.kind, of) for a in earlier for of in a.of]
    others += [(place, c.kind, c.of) for place, changes in told for c in changes if c.kind == "set"]
    for of in axis.of:
        for place, kind, other in others:
            if kind == axis.kind and _same(kind, of, other, runner):
                table.refuse(key, f"{of} is changed by {place}, too; vary or set it in one place")
    if axis.name in [other.name for other in earlier]:
        table.refuse("name", f"name {axis.name!r} is taken by an earlier axis; give another")


def _same(kind: str, first: str, second: str, runner: Runner) -> bool:
    if first == second:
        return True
    if kind == "task":
        return {first, second} == {"cadence_Hz", "stride_time_s"}
    (group, _, parameter), (other, _, same) = first.partition("."), second.partition(".")
    stems = {without_side(group), without_side(other)}
    if kind == "set" and parameter == same and stems <= set(joint_names(runner)):
        return len(stems) == 1 and bool(stems & {group, other})
    of_muscles = stems <= set(group_names(runner))
    if kind != "set" or parameter != same or not of_muscles:
        return False
    return bool(set(muscles_of(runner, group)) & set(muscles_of(runner, other)))


def refuse_sizes(
    tables: Sequence[TomlTable],
    axes: Sequence[Axis],
    scenarios: tuple[Scenario, ...],
    sampling: Sampling,
) -> None:
    """Lists of unequal length or with equal rows in a zip, and too many cases."""
    cells = sampling.count or 1
    if sampling.kind == "grid":
        for axis in axes:
            cells *= len(axis.values)
    elif sampling.kind == "zip":
        cells = len(axes[0].values)
        for table, axis in zip(tables, axes, strict=True):
            if len(axis.values) != cells:
                key = "values" if "values" in table.values else "count"
                table.refuse(
                    key,
                    f"zip takes lists of one length; {axes[0].name} has {cells} values and "
                    f"{axis.name} {len(axis.values)}",
                )
        rows: dict[tuple[float, ...], int] = {}
        for number, row in enumerate(_rows(axes), start=1):
            if rows.setdefault(row, number) != number:
                tables[-1].refuse("", f"rows {rows[row]} and {number} of the zip are the same case")
    cases = (1 + len(scenarios)) * cells
    if cases > MOST_CASES:
        tables[-1].refuse("", f"{cases} cases; allowed are {MOST_CASES}: take fewer values")


def _rows(axes: Sequence[Axis]) -> Iterator[tuple[float, ...]]:
    return zip(*(axis.values for axis in axes), strict=True)


def try_together(
    table: TomlTable,
    axes: Sequence[Axis],
    scenarios: tuple[Scenario, ...],
    sampling: Sampling,
    runner: Runner,
) -> None:
    """One by one they are allowed; what is set together must be, too."""
    of_sets = [axis for axis in axes if axis.kind == "set"]
    sets = {tuple(c for c in s.changes if c.kind == "set"): s.name for s in reversed(scenarios)}
    sets |= {(): HEALTHY}
    if len(of_sets) + len(sets) < 3:  # nothing meets anything
        return
    if sampling.kind == "zip":
        rows = list(_rows(of_sets))
    else:
        rows = list(itertools.product(*(axis.ends for axis in of_sets)))
    step = 1 + len(rows) * len(sets) // _TRIED_TOGETHER
    for (changes, name), row in itertools.product(sets.items(), rows[::step]):
        along = [axis.changes(value) for axis, value in zip(of_sets, row, strict=True)]
        try:
            changed(runner, (*changes, *itertools.chain(*along)))
        except UnusableInput as error:
            where = [f"{a.name} {v:g}" for a, v in zip(of_sets, row, strict=True)]
            together = " and ".join([*([f"scenario {name}"] if changes else []), *where])
            table.refuse("", f"{together} do not go together: {str(error).rstrip('.')}")
