"""The runner: one frozen record of everything a body is, and its array functions at one instant."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae._pytree import field, pytree, static
from surae.foot.contact import Feet
from surae.muscle import path
from surae.muscle.muscles import Muscles
from surae.runner.excitation_limits import Bursts, ExcitationLimits
from surae.runner.fatigue import Fatigue
from surae.skeleton import dynamics
from surae.skeleton.passive import PassiveJoints
from surae.skeleton.tree import Skeleton


@pytree
class Actuators:
    """Torque motors on coordinates that no muscle of the model moves (trunk, arms)."""

    names: tuple[str, ...] = static()
    coordinates: tuple[int, ...] = static()
    max_torque: Array = field("actuator", "N m")


@pytree
class Achilles:
    """The Achilles tendon as users set it; `muscles`: the names (without side) that pull on it."""

    muscles: tuple[str, ...] = static()
    stiffness: Array = field("N/m")
    reference_force: Array = field("N")
    cross_section: Array = field("m^2")


@pytree
class LinesOfAction:
    """Where muscles cross joints: each pulls the bodies below a joint from point to point.

    joints: the body whose joint to its parent is crossed. Lines stand for directions only; lengths
    and moment arms are the paths' own.
    """

    muscles: tuple[int, ...] = static()
    joints: tuple[int, ...] = static()
    distal_bodies: tuple[int, ...] = static()
    proximal_bodies: tuple[int, ...] = static()
    distal: Array = field("line", "xyz", "m")
    proximal: Array = field("line", "xyz", "m")


@pytree
class Runner:
    """A musculoskeletal runner. A what-if is a function Runner -> Runner."""

    name: str = static()
    skeleton: Skeleton
    muscles: Muscles
    feet: Feet
    passive: PassiveJoints
    actuators: Actuators
    achilles: Achilles
    # What is taken from the excitations, and the healthy bursts that it is told by, where known.
    excitation_limits: ExcitationLimits
    bursts: Bursts | None
    fatigue: Fatigue
    coordinate_lower: Array = field("coordinate", "rad or m")
    coordinate_upper: Array = field("coordinate", "rad or m")
    # What scaling needs (runner.scaling): stature, and how much of each muscle is on which body.
    height: Array = field("m")
    length_shares: Array = field("muscle", "body", "xyz", "1")
    # Which coordinates the source model holds fast; they stay in every (coordinate,) array.
    locked: tuple[bool, ...] = static(())
    groups: tuple[tuple[str, tuple[str, ...]], ...] = static(())
    refused_groups: tuple[tuple[str, str], ...] = static(())
    # None where the model does not say; then it has no joint contact forces.
    lines_of_action: LinesOfAction | None = None

    @property
    def coordinate_names(self) -> tuple[str, ...]:
        """Names of the coordinates, in the order of every (coordinate,) array."""
        return self.skeleton.coordinate_names

    @property
    def muscle_names(self) -> tuple[str, ...]:
        """Names of the muscles, in the order of every (muscle,) array."""
        return self.muscles.names

    @property
    def body_mass(self) -> Array:
        """Mass of the whole body, kg."""
        return self.skeleton.total_mass

    @property
    def body_weight(self) -> Array:
        """Weight of the whole body, N."""
        return self.body_mass * jnp.linalg.norm(self.skeleton.gravity)


def inverse_dynamics(
    runner: Runner, coordinates: Array, speeds: Array, accelerations: Array
) -> Array:
    """Generalized forces (coordinate,), N m or N, for a motion without ground contact.

    coordinates, speeds, accelerations: (coordinate,) in `runner.coordinate_names` order, rad or m,
    per s and per s^2. Pure: works under jit, vmap, grad, jacfwd and jacrev; raises nothing.
    Source: Featherstone 2008, chapter 5; docs/theory, Multibody dynamics.
    """
    return dynamics.inverse_dynamics(runner.skeleton, coordinates, speeds, accelerations)


def mass_matrix(runner: Runner, coordinates: Array) -> Array:
    """Joint-space mass matrix (coordinate, coordinate), kg m^2, kg m or kg.

    coordinates: (coordinate,) in `runner.coordinate_names` order, rad or m.
    Pure: works under jit, vmap and grad; raises nothing.
    Source: Featherstone 2008, chapter 6; docs/theory, Multibody dynamics.
    """
    return dynamics.mass_matrix(runner.skeleton, coordinates)


def muscle_tendon_lengths(runner: Runner, coordinates: Array) -> Array:
    """Muscle-tendon lengths (muscle,), m, in `runner.muscle_names` order.

    coordinates: (coordinate,) in `runner.coordinate_names` order, rad or m.
    Pure: works under jit, vmap and grad; raises nothing.
    Source: polynomials of the model's `paths.csv`; docs/theory, Geometry.
    """
    return path.lengths(runner.muscles.path, coordinates)


def moment_arms(runner: Runner, coordinates: Array) -> Array:
    """Moment arms (muscle, coordinate), m: -dL/dq, positive where the muscle drives q up.

    coordinates: (coordinate,) in `runner.coordinate_names` order, rad or m.
    Pure: works under jit, vmap and grad; raises nothing.
    Source: the exact derivative of `muscle_tendon_lengths`; An et al. 1984.
    """
    return path.moment_arm_matrix(runner.muscles.path, coordinates, len(runner.coordinate_names))
