"""The parts of a problem whose motion is held: what it needs, and who gives it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree
from surae.gait import equations as eq
from surae.gait.held import Floats, Legs, needed_moments, on_mesh
from surae.gait.muscle_parts import activation_part, muscle_parts
from surae.gait.task import RunningTask
from surae.runner.runner import Runner
from surae.transcription.layout import Layout
from surae.transcription.parts import Part, SparsePart


def balance(parameters: eq.ReserveParameters, at_point: Array, inputs: Array) -> eq.Result:
    """Row: needed moment (at_point) minus the reserve; cost: weight * reserve^2."""
    row, cost = eq.reserve(parameters, None, inputs)
    return at_point + row, cost


@pytree
class Motor:
    """One motor."""

    max_torque: Array = field("actuator", "N m")
    weight: Array = field("actuator", "1")


def motor(parameters: Motor, at_point: None, inputs: Array) -> tuple[Array, Array]:
    """Row: minus the motor's moment; cost: weight * control^2."""
    row = -parameters.max_torque * inputs[0]
    return row[None], parameters.weight * inputs[0] * inputs[0]


def held_parts(
    runner: Runner,
    task: RunningTask,
    book: Layout,
    elastic: tuple[int, ...],
    legs: Legs,
    scale: Floats,
) -> tuple[Part | SparsePart, ...]:
    """All parts, in a fixed order for a given model and kind of cost.

    legs: what stands on the ground; scale: the moments of reserves of 1.
    """
    assert task.held is not None
    held = on_mesh(task.held, book.mesh, task.half)
    needed = needed_moments(runner, legs, held, task.speed)
    parts: list[Part | SparsePart] = [_reserve_part(task, book, needed, scale)]
    parts += [activation_part(runner, task.costs, book)]
    parts += muscle_parts(runner, task.costs, book, elastic, held)
    if runner.actuators.names:
        parts.append(_motor_part(runner, task, book))
    return tuple(parts)


def _reserve_part(task: RunningTask, book: Layout, needed: Floats, scale: Floats) -> Part:
    """One balance for each coordinate: the needed moment minus a reserve."""
    weight = np.full(len(scale), task.reserves or 0.0)
    parameters = eq.ReserveParameters(scale=jnp.asarray(scale), weight=jnp.asarray(weight))
    rows = np.arange(len(scale))[:, None]
    return Part("balance", balance, book.values("reserves")[:, None], rows, parameters, needed)


def _motor_part(runner: Runner, task: RunningTask, book: Layout) -> Part:
    controls, actuators = book.values("motors"), runner.actuators
    weights = jnp.asarray(np.full(len(controls), task.costs.motor))
    parameters = Motor(max_torque=jnp.asarray(actuators.max_torque), weight=weights)
    rows = np.array(actuators.coordinates)[:, None]
    return Part("motors", motor, controls[:, None], rows, parameters)
