"""Derivatives of every load metric by the stride's curves, its duration and speed, and the runner.

Metrics come in families that read a few quantities each (`READS`, beside the code that reads them);
each is differentiated by these alone, in reverse, and whatever its family does not read is left out
of the result: its derivative is zero. Contact and toe-off stand between: metrics are differentiated
by these (`events`), and these, once, by the force and the duration that tell them.

Instants are those of the solution, so that what follows is the chain rule at each instant. Phases
of the mesh stay as they are: a longer stride is the same curves stretched. Times of the instants
have no derivative of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import quantity, replace, with_quantities
from surae._traced import Traced
from surae.gait.solution import GaitSolution
from surae.loads.all_metrics import FAMILIES, Family
from surae.loads.stride import Stride, bare, ready

# By metric and quantity; its axes are the metric's, then the quantity's. Names of quantities are
# those of the stride's fields, with dots below: `tendon_force`, `runner.muscles.tendon_stiffness`.
Gradients = dict[str, dict[str, Any]]

EVENTS = ("contact", "stance_time")
EVENTS_READ = ("ground_reaction_force", "duration")


def metric_gradients(gait: GaitSolution) -> tuple[dict[str, Array], Gradients]:
    """Values of all metrics and their derivatives by the quantities that they read.

    Each family is a compiled function of its own: together they would take minutes to compile.
    """
    gait = bare(gait)
    return _joined([compiled(gait) for compiled in _compiled])


def values_and_gradients(gait: GaitSolution) -> tuple[dict[str, Array], Gradients]:
    """The same, pure JAX."""
    return _joined([_family_at(family, gait) for family in FAMILIES])


Found = tuple[dict[str, Array], Gradients]
Slope = Callable[[dict[str, Any]], dict[str, Array]]


def _family_at(family: Family, gait: GaitSolution) -> Found:
    own, by = _of_family(family, ready(gait))
    return own, {name: _through(_of_events(gait), found) for name, found in by.items()}


def _joined(families: list[Found]) -> Found:
    values, gradients = {}, {}
    for own, by in families:
        values |= own
        gradients |= by
    return values, gradients


def _of_events(gait: GaitSolution) -> dict[str, dict[str, Array]]:
    """Derivatives of contact and stance time; all else in a ready stride is as given."""

    def events(changed: dict[str, Array]) -> dict[str, Array]:
        found = ready(with_quantities(gait, changed)).events
        # Where a foot never lands no metric depends on when.
        times = {name: quantity(found, name) for name in EVENTS}
        return {name: jnp.where(jnp.isnan(time), 0.0, time) for name, time in times.items()}

    return jax.jacrev(events)({name: quantity(gait, name) for name in EVENTS_READ})


def _of_family(family: Family, stride: Stride) -> tuple[dict[str, Array], Gradients]:
    """By quantities of the stride and by its events."""
    given = {n: quantity(stride.given, n) for n in family.reads if n != "events"}
    own: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
    if "events" in family.reads:
        own |= {name: quantity(stride.events, name) for name in EVENTS}

    def values(changed: dict[str, Any]) -> dict[str, Array]:
        events = {name: value for name, value in changed.items() if name in EVENTS}
        curves = {name: value for name, value in changed.items() if name not in EVENTS}
        return family.values(
            replace(
                stride,
                given=with_quantities(stride.given, curves),
                events=replace(stride.events, **events),
            )
        )

    if not jax.eval_shape(values, own):  # none that the model can have
        return {}, {}
    found, slope = jax.linearize(values, own)
    groups = [list(found)] if family.shared else [[name] for name in found]
    by: Gradients = {}
    for names in groups:
        by |= _pulled_back(slope, {name: jnp.shape(found[name]) for name in names}, own)
    return found, by


def _pulled_back(
    slope: Slope, shapes: dict[str, tuple[int, ...]], own: dict[str, Any]
) -> Gradients:
    """Derivatives of some metrics, of these shapes: what others read costs nothing here."""

    def stacked(change: dict[str, Any]) -> Array:
        found = slope(change)
        return jnp.concatenate([jnp.ravel(found[name]) for name in shapes])

    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()])
    (by,) = jax.vmap(jax.linear_transpose(stacked, own))(jnp.eye(ends[-1]))
    return {
        metric: {
            name: rates[end - np.prod(shape, dtype=int) : end].reshape(*shape, *rates.shape[1:])
            for name, rates in by.items()
        }
        for (metric, shape), end in zip(shapes.items(), ends, strict=True)
    }


def _through(of_events: dict[str, dict[str, Array]], by: dict[str, Any]) -> dict[str, Any]:
    """The chain rule: what depends on contact and toe-off depends on the force that tells them."""
    found = {name: value for name, value in by.items() if name not in EVENTS}
    for event in EVENTS:
        if event in by:
            for name, rate in of_events[event].items():
                part = jnp.tensordot(by[event], rate, axes=1)
                found[name] = found[name] + part if name in found else part
    return found


def _traced(family: Family) -> Traced:
    def at(gait: GaitSolution) -> Found:
        return _family_at(family, gait)

    return Traced(at, [family.values], "gradients")


_compiled = [_traced(family) for family in FAMILIES]
