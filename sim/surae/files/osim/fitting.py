"""Muscle-tendon lengths as polynomials: as few terms as reach the aim, shared within a span.

Least squares on lengths and moment arms (minus the slopes) together, each counted in units of its
aim. All muscles that span the same coordinates share one set of monomials that holds every divisor
of its members: the solver computes such a set once for all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.osim.ranges import RUNNING, WEIGHTS
from surae.files.osim.sampling import MISMATCH_M, Samples

Numbers = NDArray[np.float64]
Exponents = tuple[tuple[int, ...], ...]
# Root mean square errors: what the number of terms is chosen for, what a good path keeps, and
# beyond what a path is refused; lengths and moment arms, m.
AIM = (0.5e-3, 1.0e-3)
GOOD = (1.0e-3, 2.0e-3)
REFUSED = (3.0e-3, 5.0e-3)
# Highest total degree by the number of spanned coordinates: at most about 210 terms to choose from.
MAX_DEGREE = {1: 9, 2: 8, 3: 7, 4: 6, 5: 5}
_FEWEST_DEGREE = 3
# Square sum of the errors of length and all moment arms, in units of the aims, that is low enough,
# by the number of spanned coordinates: few coordinates have few terms, and get a better fit.
_ENOUGH = {1: 0.1, 2: 0.5, 3: 0.6, 4: 1.2, 5: 2.0}
# A muscle that misses the aim with all terms may lose this share of its best fit to fewer terms.
_LOSS = 1.5
_HELD_OUT = 5  # every fifth sample tests the fit


@dataclass(frozen=True)
class PathErrors:
    """Errors over the range of running, at samples that the fit has not seen, m."""

    length_rms: float
    length_max: float
    arm_rms: float  # of the worst coordinate
    arm_max: float
    contradictions: float  # share of the running poses where OpenSim contradicts itself


@dataclass(frozen=True)
class FittedPath:
    """One muscle's polynomial."""

    muscle: str
    coordinates: tuple[str, ...]
    exponents: Exponents
    coefficients: Numbers
    errors: PathErrors


@dataclass(frozen=True)
class _Rows:
    """The monomials of one span and their slopes at all poses."""

    value: Numbers  # (pose, term)
    slopes: tuple[Numbers, ...]  # for each spanned coordinate (pose, term)


def fitted_paths(
    samples: Samples, progress: Callable[[str, float], None] | None = None
) -> list[FittedPath]:
    """A polynomial for every muscle, in the samples' order; a path beyond the limit is refused."""
    paths: dict[str, FittedPath] = {}
    spans = list(dict.fromkeys(samples.spans))
    for number, span in enumerate(spans):
        members = [i for i, other in enumerate(samples.spans) if other == span]
        if progress is not None:
            progress("fitting muscle paths", number / len(spans))
        for path in _fit_span(samples, span, members):
            paths[path.muscle] = path
    fitted = [paths[name] for name in samples.muscles]
    _refuse_bad(fitted)
    return fitted


def all_exponents(span: int, degree: int) -> Exponents:
    """Powers of all monomials up to a total degree, by rising degree."""
    powers = itertools.product(range(degree + 1), repeat=span)
    return tuple(sorted((p for p in powers if sum(p) <= degree), key=lambda p: (sum(p), p)))


def monomials(angles: Numbers, exponents: Exponents) -> tuple[Numbers, tuple[Numbers, ...]]:
    """Values (pose, term), and for each coordinate the slopes (pose, term)."""
    powers = np.array(exponents).reshape(len(exponents), -1)
    table = angles[:, None, :] ** np.arange(powers.max(initial=0) + 1)[None, :, None]

    def product(lowered: int | None) -> Numbers:
        result = np.ones((len(angles), len(exponents)))
        for k in range(powers.shape[1]):
            power = powers[:, k] - (k == lowered)
            result = result * table[:, np.maximum(power, 0), k]
        return result if lowered is None else result * powers[:, lowered]

    return product(None), tuple(product(k) for k in range(powers.shape[1]))


def _fit_span(samples: Samples, span: tuple[int, ...], members: list[int]) -> list[FittedPath]:
    names = tuple(samples.poses.coordinates[k] for k in span)
    if not span:
        raise UnusableInput(f"{samples.muscles[members[0]]} spans no coordinate; it moves nothing.")
    if len(span) not in MAX_DEGREE:
        raise UnusableInput(
            f"{samples.muscles[members[0]]} spans {len(span)} coordinates ({', '.join(names)}); at "
            f"most {max(MAX_DEGREE)} can be fitted."
        )
    exponents = all_exponents(len(span), MAX_DEGREE[len(span)])
    rows = _Rows(*monomials(samples.poses.values[:, list(span)], exponents))
    held_out = np.arange(len(samples.poses.values)) % _HELD_OUT == _HELD_OUT - 1
    systems = _systems(samples, rows, span, members, ~held_out)
    terms = _chosen_terms(exponents, systems)
    kept = tuple(exponents[t] for t in terms)
    return [
        FittedPath(
            muscle=samples.muscles[i],
            coordinates=names,
            exponents=kept,
            coefficients=coefficients,
            errors=_errors(samples, rows, span, i, terms, coefficients, held_out),
        )
        for system in systems
        for i, coefficients in zip(system.muscles, system.solve(terms).T, strict=True)
    ]


@dataclass(frozen=True)
class _System:
    """Least squares of muscles with one matrix, as a triangle: minimise |triangle c - target|^2."""

    muscles: tuple[int, ...]
    triangle: Numbers  # (term, term)
    targets: Numbers  # (term, muscle)
    floors: Numbers  # (muscle,) square sums that no coefficients reach below
    scale: Numbers  # (term,) of the columns

    def losses(self, terms: Sequence[int]) -> Numbers:
        """Mean square errors (muscle,), in units of the aim, with only these terms."""
        orthogonal = np.linalg.qr(self.triangle[:, list(terms)])[0]
        left = self.targets - orthogonal @ (orthogonal.T @ self.targets)
        return np.sum(left**2, axis=0) + self.floors

    def costs(self, terms: Sequence[int]) -> Numbers:
        """By how much each muscle's loss grows without one of the terms (muscle, term)."""
        orthogonal, triangle = np.linalg.qr(self.triangle[:, list(terms)])
        inverse = np.linalg.inv(triangle)
        solution = inverse @ (orthogonal.T @ self.targets)
        return (solution**2 / np.sum(inverse**2, axis=1)[:, None]).T

    def solve(self, terms: Sequence[int]) -> Numbers:
        """Coefficients (term, muscle) of these terms."""
        chosen = list(terms)
        solution = np.linalg.lstsq(self.triangle[:, chosen], self.targets, rcond=1e-13)[0]
        return solution / self.scale[chosen, None]


def _systems(
    samples: Samples,
    rows: _Rows,
    span: tuple[int, ...],
    members: list[int],
    used: NDArray[np.bool_],
) -> list[_System]:
    """Rows in units of the aims, over the number of poses: a square sum of 1 meets the aim.

    Where length and moment arm contradict each other the moment arm is kept: forces act by it.
    """
    weight = np.array(WEIGHTS)[samples.poses.kind][used]
    weight = weight / np.sqrt(np.sum(weight**2))
    trusted = samples.mismatch[used] <= MISMATCH_M
    alike: dict[bytes, list[int]] = {}
    for i in members:
        alike.setdefault(trusted[:, i].tobytes(), []).append(i)
    slopes = np.vstack([-slope[used] * (weight / AIM[1])[:, None] for slope in rows.slopes])
    arms = samples.moment_arms[used][:, :, list(span)] * (weight / AIM[1])[:, None, None]
    systems = []
    for group in alike.values():
        sure = weight * trusted[:, group[0]] / AIM[0]
        matrix = np.vstack([rows.value[used] * sure[:, None], slopes])
        lengths = samples.lengths[used][:, group] * sure[:, None]
        right = np.vstack([lengths, *(arms[:, group, k] for k in range(len(span)))])
        scale = np.linalg.norm(matrix, axis=0)
        reduced = np.asarray(np.linalg.qr(np.hstack([matrix / scale, right]), mode="r"))
        n = matrix.shape[1]
        floors = np.sum(reduced[n:, n:] ** 2, axis=0)
        systems.append(_System(tuple(group), reduced[:n, :n], reduced[:n, n:], floors, scale))
    return systems


def _chosen_terms(exponents: Exponents, systems: Sequence[_System]) -> list[int]:
    """The lowest degree at which all reach their goal, and of its terms as few as keep it."""
    everything = range(len(exponents))
    best = np.concatenate([system.losses(everything) for system in systems])
    goals = np.maximum(_ENOUGH[len(exponents[0])], _LOSS * best)
    degree = np.array([sum(e) for e in exponents])
    terms = list(everything)
    for highest in range(_FEWEST_DEGREE, degree.max() + 1):
        candidates = np.flatnonzero(degree <= highest).tolist()
        if np.all(np.concatenate([s.losses(candidates) for s in systems]) <= goals):
            # One degree more to choose from: a few terms of it replace many of this one.
            terms = np.flatnonzero(degree <= highest + 1).tolist()
            break
    return _without_needless(exponents, systems, goals, terms)


def _without_needless(
    exponents: Exponents, systems: Sequence[_System], goals: Numbers, terms: list[int]
) -> list[int]:
    """Terms left out one by one, those first that matter least, while every goal is kept.

    Only terms that divide no other one that is kept may go.
    """
    losses = np.concatenate([system.losses(terms) for system in systems])
    while True:
        kept = {exponents[t] for t in terms}
        outer = [p for p, t in enumerate(terms) if not _divides_another(exponents[t], kept)]
        costs = np.vstack([system.costs(terms) for system in systems])[:, outer]
        after = losses[:, None] + costs
        worst = np.max(after / goals[:, None], axis=0)
        position = int(np.argmin(worst))
        if worst[position] > 1.0 or len(terms) <= 2:
            return terms
        losses = after[:, position]
        del terms[outer[position]]


def _divides_another(term: tuple[int, ...], kept: set[tuple[int, ...]]) -> bool:
    return any((*term[:k], power + 1, *term[k + 1 :]) in kept for k, power in enumerate(term))


def _errors(
    samples: Samples,
    rows: _Rows,
    span: tuple[int, ...],
    muscle: int,
    terms: list[int],
    coefficients: Numbers,
    held_out: NDArray[np.bool_],
) -> PathErrors:
    running = samples.poses.kind == RUNNING
    agree = samples.mismatch[:, muscle] <= MISMATCH_M
    seen = held_out & running & agree
    if not seen.any():
        seen = held_out & running
    length = rows.value[seen][:, terms] @ coefficients - samples.lengths[seen, muscle]
    arms = np.array(
        [
            -slope[seen][:, terms] @ coefficients - samples.moment_arms[seen, muscle, k]
            for k, slope in zip(span, rows.slopes, strict=True)
        ]
    )
    return PathErrors(
        length_rms=float(np.sqrt(np.mean(length**2))),
        length_max=float(np.max(np.abs(length))),
        arm_rms=float(np.max(np.sqrt(np.mean(arms**2, axis=1)))),
        arm_max=float(np.max(np.abs(arms))),
        contradictions=float(np.mean(~agree[running])),
    )


def _refuse_bad(paths: Sequence[FittedPath]) -> None:
    for path in paths:
        errors = path.errors
        if errors.length_rms > REFUSED[0] or errors.arm_rms > REFUSED[1]:
            raise UnusableInput(
                f"The path of {path.muscle} cannot be fitted: RMS errors of "
                f"{errors.length_rms * 1e3:.1f} mm in length and {errors.arm_rms * 1e3:.1f} mm in "
                f"moment arm over the range of running; allowed are {REFUSED[0] * 1e3:g} and "
                f"{REFUSED[1] * 1e3:g} mm. Smooth its path points or wrapping in the model."
            )
