"""From a study to its cases: which there are, on which grid they lie, from which each starts.

Cases are numbers; a case itself is built when it is asked for, so that a hundred thousand of them
are a few arrays. Every case has a healthy partner: same task and parameters, no weakness.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surae.study.case import Case, cost_weights
from surae.study.design import (
    HEALTHY,
    RANDOM,
    WEAKNESSES,
    Scenario,
    Study,
    ordered,
    study_toml,
    with_task,
)
from surae.study.positions import positions_of
from surae.study.sampling import sampled
from surae.study.tree import Floats, Ints, Tree, tree_of

SCENARIO, SAMPLE = "scenario", "sample"
LONGEST_NAME = 100
_HASHED = 12  # characters of a hash at the end of a name that was too long
_OFF = -1


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """The cases of a study by number; number 0 is its base, the healthy runner of its task.

    baselines: (n,) the healthy partner, a partner's own number, -1 where none is among the cases.
    place: (n,) flat index into the grid of `dims`, -1 for a case off it. source: (n,) the place
    that a case was made for, -1 for the base off the grid. stripped: (n,) no weakness of that
    place. values: axis values (axis, cell), all scenarios alike.
    """

    study: Study
    tree: Tree
    baselines: Ints
    place: Ints
    source: Ints
    stripped: NDArray[np.bool_]
    dims: tuple[str, ...]
    labels: dict[str, tuple[Any, ...]]
    values: Floats

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.tree.n

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.name

    @property
    def question(self) -> str:
        """The study's question."""
        return self.study.question

    @property
    def base(self) -> Case:
        """The healthy case of the study's task."""
        return self.study.base

    @property
    def seed(self) -> int | None:
        """Seed of the sampled points; None where nothing is left to chance."""
        sampling = self.study.sampling
        return sampling.seed if sampling.kind in RANDOM else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Places along each dim."""
        return tuple(len(self.labels[dim]) for dim in self.dims)

    @property
    def along(self) -> dict[str, Floats]:
        """Values of the axes that are no dims themselves, along the dim `sample`."""
        if SAMPLE not in self.dims:
            return {}
        return {axis.name: row for axis, row in zip(self.study.axes, self.values, strict=True)}

    @property
    def units(self) -> dict[str, str]:
        """Unit of each axis."""
        return {axis.name: axis.unit for axis in self.study.axes}

    def case(self, number: int) -> Case:
        """The case of a number, settled."""
        source, stripped = int(self.source[number]), bool(self.stripped[number])
        base = self.study.base
        if source == _OFF:
            return base
        scenario, cell = divmod(source, self.values.shape[1])
        values = self.values[:, cell].tolist()
        of_scenario = self._scenarios[scenario].changes
        changes, costs = list(of_scenario), {}
        for axis, value in zip(self.study.axes, values, strict=True):
            if axis.kind == "cost":
                costs[axis.of[0]] = value
            elif axis.kind == "task":
                base = with_task(base, axis.of[0], value)
            else:
                # No weakness is no change, but where it would make two cases one and the same.
                told = {(c.kind, c.of) for c in of_scenario}
                changes += [
                    change
                    for change in axis.changes(value)
                    if WEAKNESSES.get(axis.kind) != value or (change.kind, change.of) in told
                ]
        if stripped:
            changes = [change for change in changes if change.kind not in WEAKNESSES]
        if costs:
            given = {**dataclasses.asdict(base.costs), **costs}
            base = dataclasses.replace(base, costs=cost_weights(base.mode, given))
        return dataclasses.replace(base, changes=ordered((*base.changes, *changes)))

    def name_of(self, number: int) -> str:
        """A name for people and files: unique, of letters, digits and `_ . + - = @ ,`."""
        if number == 0:
            return HEALTHY
        source, stripped = int(self.source[number]), bool(self.stripped[number])
        number_of_scenario, cell = divmod(source, self.values.shape[1])
        scenario = self._scenarios[number_of_scenario]
        own_partner = self.baselines[number] == number
        where = self._where(cell, own_partner)
        if stripped and any(change.kind == "set" for change in scenario.changes):
            where.insert(0, f"{SCENARIO}={scenario.name}")
        first = HEALTHY if stripped else scenario.name
        if number_of_scenario == 0 and not (stripped or own_partner):
            first = ""  # the weakness of an axis
        name = "@".join(part for part in (first, ",".join(where)) if part)
        if len(name) <= LONGEST_NAME:
            return name
        ending = hashlib.sha256(name.encode()).hexdigest()[:_HASHED]
        return f"{name[: LONGEST_NAME - _HASHED - 1]}+{ending}"

    def toml(self) -> str:
        """The study's canonical text."""
        return study_toml(self.study)

    def _where(self, cell: int, own_partner: bool) -> list[str]:
        """`axis=value` of a cell, or its sample; a healthy case is told by its task alone."""
        axes = self.study.axes
        if SAMPLE in self.dims:
            return [f"{SAMPLE}={cell}"]
        index = np.unravel_index(cell, tuple(len(axis.values) for axis in axes)) if axes else ()
        return [
            f"{axis.name}={self._texts[axis.name][i]}"
            for axis, i in zip(axes, index, strict=True)
            if not (own_partner and axis.kind in WEAKNESSES)
        ]

    @functools.cached_property
    def _scenarios(self) -> tuple[Scenario, ...]:
        return _scenarios(self.study)

    @functools.cached_property
    def _texts(self) -> dict[str, list[str]]:
        """Short texts of the values of each axis, as many digits as tell them apart."""
        return {axis.name: _short_texts(axis.values) for axis in self.study.axes}


def plan_of(study: Study) -> Plan:
    """All cases of a study, each with its place, its partner and its parent."""
    values, dims, labels = _grid(study)
    scenarios = _scenarios(study)
    positions = positions_of(study, scenarios, values)
    rows = _rows(positions.task, _healthy(study, values), study.sampling.paired)
    steps = positions.steps[rows.source]  # the base's row is the last one
    steps[np.flatnonzero(rows.stripped)[:, None], list(positions.weakness)] = 0.0
    after = _after(scenarios, values.shape[1], rows)
    tree, order = tree_of(steps, positions.weakness, after, rows.source)
    number = np.empty(len(order), int)
    number[order] = np.arange(len(order))
    partner = rows.partner[order]
    off = rows.stripped | (rows.source == _OFF)
    return Plan(
        study=study,
        tree=tree,
        baselines=np.where(partner < 0, -1, number[partner]),
        place=np.where(off, _OFF, rows.source)[order],
        source=rows.source[order],
        stripped=rows.stripped[order],
        dims=dims,
        labels=labels,
        values=values,
    )


@dataclasses.dataclass(frozen=True)
class _Rows:
    """Cases before they are numbered, the base first: see `Plan`; partner: (n,) row or -1."""

    source: Ints
    stripped: NDArray[np.bool_]
    partner: Ints


def _rows(task: Ints, healthy: NDArray[np.bool_], paired: bool) -> _Rows:
    """Places, and the healthy partners that are not among them; task: (place + 1,), base last."""
    places, base = np.arange(len(healthy)), task[-1]
    groups = task.max() + 1
    first = np.full(groups, -1)  # place of the first case of a task, and of the first healthy one
    first_healthy = np.full(groups, -1)
    first[task[:-1][::-1]] = places[::-1]
    first_healthy[task[:-1][healthy][::-1]] = places[healthy][::-1]
    root = first_healthy[base]
    alone = np.flatnonzero(first_healthy < 0)
    extras = first[alone[alone != base]] if paired else np.array([], int)
    source = np.concatenate([[root], places[places != root], extras])
    stripped = np.arange(len(source)) >= len(source) - len(extras)
    partner_of_group = np.full(groups, -1)
    is_partner = stripped | np.isin(source, first_healthy[first_healthy >= 0])
    partner_of_group[task[source[is_partner]]] = np.flatnonzero(is_partner)
    partner_of_group[base] = 0
    return _Rows(source, stripped, partner_of_group[task[source]])


def _healthy(study: Study, values: Floats) -> NDArray[np.bool_]:
    """Which places (place,) have no weakness."""
    weak = [i for i, axis in enumerate(study.axes) if axis.kind in WEAKNESSES]
    neutral = np.array([WEAKNESSES[study.axes[i].kind] for i in weak]).reshape(-1, 1)
    cells = (values[weak] == neutral).all(axis=0)
    unharmed = [all(c.kind == "set" for c in s.changes) for s in _scenarios(study)]
    return np.logical_and.outer(unharmed, cells).ravel()


def _after(scenarios: tuple[Scenario, ...], cells: int, rows: _Rows) -> Ints:
    """Rows (n,) to start from where a scenario says so, at the same place of the axes; else -1."""
    number = {scenario.name: i for i, scenario in enumerate(scenarios)}
    after = np.array([-1 if s.after is None else number[s.after] for s in scenarios])
    scenario, cell = np.divmod(rows.source, cells)
    told = (rows.source >= 0) & ~rows.stripped & (after[scenario] >= 0)
    row = np.full(len(scenarios) * cells, -1)
    on_grid = ~rows.stripped & (rows.source >= 0)
    row[rows.source[on_grid]] = np.flatnonzero(on_grid)
    return np.where(told, row[after[scenario] * cells + cell], -1)


def _grid(study: Study) -> tuple[Floats, tuple[str, ...], dict[str, tuple[Any, ...]]]:
    """Axis values (axis, cell), the dims, and the values along each."""
    axes, sampling = study.axes, study.sampling
    labels: dict[str, tuple[Any, ...]] = {}
    if study.scenarios:
        labels[SCENARIO] = tuple(scenario.name for scenario in _scenarios(study))
    if not axes:
        values = np.zeros((0, 1))
    elif sampling.kind == "grid":
        labels |= {axis.name: axis.values for axis in axes}
        crossed = np.meshgrid(*(axis.values for axis in axes), indexing="ij")
        values = np.stack([each.ravel() for each in crossed])
    else:
        if sampling.kind == "zip":
            values = np.array([axis.values for axis in axes])
        else:
            assert sampling.count is not None
            ranges = [(*axis.ends, axis.spacing) for axis in axes]
            values = sampled(sampling.kind, sampling.count, sampling.seed, ranges).T
        labels[SAMPLE] = tuple(range(values.shape[1]))
    return values, tuple(labels), labels


def _scenarios(study: Study) -> tuple[Scenario, ...]:
    """The study's scenarios, the healthy one first."""
    return (Scenario(HEALTHY, ()), *study.scenarios)


def _short_texts(values: tuple[float, ...]) -> list[str]:
    """Texts of different numbers that differ, too."""
    for digits in (4, 6, 9, 12):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(values):
            return texts
    return [repr(value) for value in values]
