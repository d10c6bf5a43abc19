"""How a full stride moves with the unknowns of its problem and with its muscles: exact, and linear.

The derivative of `unpack.full_stride`, quantity by quantity, as sparse matrices at the solved
instants. Functions of a stride come as their derivatives by its quantities ("weights"), and leave
as derivatives by unknowns and by parameters. The second half of a mirrored stride is the first one
again: what weighs on it weighs on the first.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.gait.curve_slopes import (
    CURVES,
    OF_STRAIN,
    MuscleCurves,
    compiled_leg_slopes,
    compiled_muscle_curve_slopes,
)
from surae.gait.motion_parts import PROGRESS, leg
from surae.gait.muscle_slopes import LEAVES
from surae.gait.problem import RunningProblem
from surae.gait.solution import SIDES
from surae.runner.mirror import POSITION, Mirror, mirror_of_coordinates, mirror_of_names
from surae.transcription.layout import n_columns, n_rows
from surae.transcription.parts import Part
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]
# Derivatives of functions by quantities of a stride, by name: (function, the quantity's entries in
# order). A function reads few of them.
Weights = Mapping[str, sp.csr_matrix]

_MOTION = ("coordinates", "speeds", "accelerations")
_OF_COORDINATES = (*_MOTION, "joint_moments")
_OF_MUSCLES = ("activation", "excitation", *CURVES)
_NOT_CURVES = {"time", "duration", "speed"}  # the speed is no matter of the unknowns
_OF_GROUND = ("ground_reaction_force", "center_of_pressure")
_FORWARD = 0  # axis


class StrideSlopes:
    """Derivatives of a stride's quantities at one point of its problem.

    By unknowns, and by parameters of muscles in the columns of `muscle_slopes.MuscleSlopes`.
    """

    def __init__(
        self, problem: RunningProblem, program: TranscribedProgram, unknowns: Floats
    ) -> None:
        self._problem, self._book = problem, problem.layout
        self._points = self._book.mesh.n_points
        instants = self._book.at_instants(unknowns)
        self._duration = float(instants[self._book.values("duration")][0, 0])
        self._instants = instants
        self._by_value: dict[str, sp.csr_matrix] = {
            name: self._curve("coordinates", rate) for rate, name in enumerate(_MOTION)
        }
        for name in ("activation", "excitation"):
            self._by_value[name] = self._curve(name)
        self._by_parameter: dict[str, sp.csr_matrix] = {}
        self._add_muscles()
        self._add_ground(program)

    def by_unknowns(self, weights: Weights) -> Floats:
        """Derivatives of the functions by the scaled unknowns (function, unknown)."""
        book, count = self._book, _count(weights)
        curves = {name for name in weights if not name.startswith("runner.")}
        if missing := curves - self._by_value.keys() - _NOT_CURVES:
            raise ValueError(f"No derivatives are known of a stride's {', '.join(missing)}.")
        total = sp.csr_matrix((count, book.n_values * self._points))
        for name, matrix in self._by_value.items():
            if name in weights:
                total = total + self._folded(name, weights[name]) @ matrix
        found: Floats = sp.csr_matrix(total @ book.spread).toarray()
        place = int(book.values("duration")[0]) * self._points
        duration = sp.csr_matrix(book.spread[[place]])
        found[:, duration.indices] += np.outer(self._by_duration(weights), duration.data)
        return found

    def by_parameters(self, weights: Weights) -> Floats:
        """Derivatives by parameters of muscles, the unknowns standing still (function, column)."""
        found = np.zeros(
            (_count(weights), (len(LEAVES) + 1) * len(self._problem.runner.muscle_names))
        )
        for name, matrix in self._by_parameter.items():
            if name in weights:
                found += sp.csr_matrix(self._folded(name, weights[name]) @ matrix).toarray()
        return found

    def by_told(self, weights: Weights, told: Mapping[str, Floats], numbers: int) -> Floats:
        """Derivatives by numbers (function, number) that change what body and feet tell.

        told: by part (number, instance, ., point), see `motion_parts`; the unknowns stand still.
        """
        n, points = len(self._problem.runner.coordinate_names), self._points
        moments = np.zeros((numbers, n, points))
        ground = np.zeros((2, numbers, len(SIDES), 3, points))
        if "body" in told:
            moments += told["body"][:, 0]
        for side, which in enumerate(SIDES):
            if f"foot_{which}" in told:
                force, pressure, turning = np.split(told[f"foot_{which}"][:, 0], [3, 6], axis=1)
                ground[0, :, side], ground[1, :, side] = force, pressure
                moments[:, self._moved[side]] -= turning
        found = np.zeros((_count(weights), numbers))
        for name, change in zip((*_OF_GROUND, "joint_moments"), (*ground, moments), strict=True):
            if name in weights:
                folded = self._folded(name, weights[name])
                found += folded @ change.reshape(numbers, n_columns(folded)).T
        return found

    def by_speed(self, weights: Weights) -> Floats:
        """Derivatives by the mean speed (function,), the unknowns standing still, without what body
        and feet tell: places move on, and progress is faster."""
        time = self._phases() * self._duration * (2.0 if self._problem.task.half else 1.0)
        found = self._ahead(weights, time)
        if "speed" in weights:
            found += weights["speed"].toarray()[:, 0]
        if "speeds" in weights:
            found += weights["speeds"] @ np.tile(self._forward, len(time))
        return found

    def _ahead(self, weights: Weights, ways: Floats) -> Floats:
        """Derivatives (function,) by places being `ways` (instant,) further ahead."""
        found = np.zeros(_count(weights))
        of_feet = np.tile(np.arange(3) == _FORWARD, len(SIDES))
        for name, along in (("coordinates", self._forward), ("center_of_pressure", of_feet)):
            if name in weights:
                found += weights[name] @ np.outer(ways, along).ravel()
        return found

    @property
    def _forward(self) -> Floats:
        """1 for the coordinate of progress (coordinate,)."""
        names = self._problem.runner.coordinate_names
        return np.array([name == PROGRESS for name in names], dtype=float)

    def _phases(self) -> Floats:
        """Of all instants of the stride."""
        phases = self._book.mesh.times
        return 0.5 * np.concatenate([phases, phases + 1.0]) if self._problem.task.half else phases

    def _by_duration(self, weights: Weights) -> Floats:
        """By the solved duration: the stride's own, its instants, and progress until they come."""
        task, phases = self._problem.task, self._phases()
        found = self._ahead(weights, task.speed * phases)
        if "duration" in weights:
            found += weights["duration"].toarray()[:, 0]
        if "time" in weights:
            found += weights["time"] @ phases
        return (2.0 if task.half else 1.0) * found

    def _folded(self, name: str, weight: sp.csr_matrix) -> sp.csr_matrix:
        """(function, instant * component) as (function, component * point) at solved instants."""
        points, half = self._points, self._problem.task.half
        instants = (2 if half else 1) * points
        size = n_columns(weight) // instants
        component, signs = np.tile(np.arange(size), instants), np.ones((instants, size))
        if half:
            mirror = self._mirror(name)
            component = np.concatenate([component[: points * size], np.tile(mirror.of, points)])
            signs[points:] = mirror.signs
        point = np.repeat(np.arange(instants) % points, size)
        places = np.arange(instants * size), component * points + point
        shape = (instants * size, size * points)
        return sp.csr_matrix(weight @ sp.csr_matrix((signs.ravel(), places), shape=shape))

    def _mirror(self, name: str) -> Mirror:
        runner = self._problem.runner
        if name in _OF_COORDINATES:
            return mirror_of_coordinates(runner.skeleton)
        if name in _OF_MUSCLES:
            return mirror_of_names(runner.muscle_names)
        if name.startswith("achilles"):
            return Mirror(np.array([1, 0]), np.ones(2))
        return Mirror(np.array([3, 4, 5, 0, 1, 2]), np.tile(POSITION, 2))

    def _curve(self, variable: str, rate: int = 0) -> sp.csr_matrix:
        """A variable or its rate per second, by the values at the instants."""
        book = self._book
        places = book.values(variable, rate)
        curve = self._instants[places] / self._duration**rate
        own = np.full(curve.size, self._duration**-rate)
        matrix = self._matrix(np.arange(len(places)), places, own, len(places))
        if rate == 0:
            return matrix
        by_duration = -rate * curve / self._duration
        duration = np.repeat(book.values("duration"), len(places))
        return matrix + self._matrix(np.arange(len(places)), duration, by_duration, len(places))

    def _matrix(
        self,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        values: Floats,
        n_rows: int,
        n_columns: int | None = None,
    ) -> sp.csr_matrix:
        """Entries (entry, point) at rows and columns (entry,) of every instant.

        n_columns: how many components the columns are of; default: the values at an instant.
        """
        points, n_columns = self._points, n_columns or self._book.n_values
        point = np.arange(points)
        where = [(each[:, None] * points + point).ravel() for each in (rows, columns)]
        shape = (n_rows * points, n_columns * points)
        return sp.csr_matrix((values.ravel(), where), shape=shape)

    def _dense(self, blocks: Floats) -> sp.csr_matrix:
        """Blocks (row, column, point) as a sparse matrix."""
        rows, columns = np.nonzero(np.any(blocks != 0.0, axis=2))
        return self._matrix(rows, columns, blocks[rows, columns], *blocks.shape[:2])

    def _motion(self) -> tuple[Floats, Floats]:
        """Coordinates and speeds at the solved instants (coordinate, point)."""
        rates = [self._instants[self._book.values("coordinates", rate)] for rate in (0, 1)]
        speeds = rates[1] / self._duration
        progress = self._problem.runner.coordinate_names.index(PROGRESS)
        speeds[progress] += self._problem.task.speed
        return rates[0], speeds

    def _add_muscles(self) -> None:
        runner, book, points = self._problem.runner, self._book, self._points
        n, elastic = len(runner.muscle_names), np.array(self._problem.elastic, dtype=int)
        states = np.zeros((4, n, points))
        for which, name in enumerate(("activation", "excitation")):
            states[which] = self._instants[book.values(name)]
        local = [self._by_value[name] for name in ("activation", "excitation")]
        for rate in (0, 1):
            places = book.values("tendon_force", rate)
            states[2 + rate, elastic] = self._instants[places] / self._duration**rate
            into = self._matrix(
                elastic,
                np.arange(len(elastic)),
                np.ones((len(elastic), points)),
                n,
                max(len(elastic), 1),
            )
            local.append(into @ self._curve("tendon_force", rate) if len(elastic) else None)
        fields = compiled_muscle_curve_slopes(runner, *self._motion(), states)
        found = MuscleCurves(*(np.asarray(each) for each in fields))
        slope, turn = self._dense(found.slope), self._dense(found.turn)
        q, v, _ = (self._by_value[name] for name in _MOTION)
        local = [slope @ q, turn @ q + slope @ v, *local]
        for curve, name in enumerate(CURVES):
            pairs = zip(found.by_local[:, curve], local, strict=True)
            self._by_value[name] = sp.csr_matrix(
                sum(sp.diags(by.ravel()) @ each for by, each in pairs if each is not None)
            )
            self._by_parameter[name] = self._parameters(found.by_parameter[:, curve])
        self._add_achilles(found.strain)
        passive = [sp.diags(each.ravel()) for each in (found.stops, found.damping)]
        self._by_value["joint_moments"] = sp.csr_matrix(passive[0] @ q + passive[1] @ v)

    def _parameters(self, by: Floats) -> sp.csr_matrix:
        """Derivatives (parameter, muscle, point) of each muscle's curve by its own parameters."""
        n, points = by.shape[1:]
        columns = np.arange(len(by))[:, None] * n + np.arange(n)
        rows = np.arange(n)[:, None] * points + np.arange(points)
        where = [
            np.broadcast_to(each, by.shape).ravel() for each in (rows[None], columns[..., None])
        ]
        return sp.csr_matrix((by.ravel(), where), shape=(n * points, (len(by) + 1) * n))

    def _add_achilles(self, strain: Floats) -> None:
        runner, points = self._problem.runner, self._points
        names, sides = runner.muscle_names, range(len(SIDES))
        members = np.zeros((len(SIDES), len(names), points))
        for side in sides:
            for muscle in runner.achilles.muscles:
                members[side, names.index(f"{muscle}_{SIDES[side]}")] = 1.0
        for name, by_force in (("achilles_force", members), ("achilles_strain", strain[0])):
            through = self._dense(by_force)
            self._by_value[name] = through @ self._by_value["tendon_force"]
            self._by_parameter[name] = through @ self._by_parameter["tendon_force"]
        direct = np.zeros((len(SIDES), points, len(LEAVES) + 1, len(names)))
        for name, by in zip(OF_STRAIN, strain[1:], strict=True):
            direct[:, :, LEAVES.index(name)] = by.transpose(0, 2, 1)
        direct = sp.csr_matrix(direct.reshape(len(SIDES) * points, -1))
        self._by_parameter["achilles_strain"] = self._by_parameter["achilles_strain"] + direct

    def _add_ground(self, program: TranscribedProgram) -> None:
        """Ground reaction and center of pressure; joint moments: what the equations say of them.

        Equations of motion are inverse dynamics - passive - motors - ground, joint moments inverse
        dynamics - ground.
        """
        q, v, _ = (self._by_value[name] for name in _MOTION)
        coordinates, speeds = self._motion()
        n, points = coordinates.shape
        both = np.zeros((2, 2, len(SIDES), 3, n, points))
        self._moved: list[NDArray[np.int64]] = []
        plain = jax.tree.map(np.asarray, self._problem.runner)  # legs are cut out in NumPy
        for side, which in enumerate(SIDES):
            own, moved = leg(plain, which)
            self._moved.append(moved)
            found = np.asarray(compiled_leg_slopes(own, coordinates[moved], speeds[moved]))
            # (by, what, axis, coordinate, point)
            both[:, :, side][:, :, :, moved] = found.reshape(2, 2, 3, len(moved), points)
        for what, name in enumerate(_OF_GROUND):
            by_q, by_v = (self._dense(by.reshape(-1, n, points)) for by in both[:, what])
            self._by_value[name] = sp.csr_matrix(by_q @ q + by_v @ v)
        motors = self._book.values("motors")
        for compiled in program.parts:
            part = compiled.part
            if part.name in ("body", "foot_r", "foot_l") and isinstance(part, Part):
                kept = ~np.isin(part.inputs[0], motors)
                jacobian = compiled.first(self._instants)[0][0][:, kept]
                rows, inputs = np.meshgrid(part.rows[0], part.inputs[0][kept], indexing="ij")
                flat = jacobian.reshape(-1, points)
                more = self._matrix(rows.ravel(), inputs.ravel(), flat, n)
                self._by_value["joint_moments"] = self._by_value["joint_moments"] + more


def _count(weights: Weights) -> int:
    """Number of functions."""
    return n_rows(next(iter(weights.values())))
