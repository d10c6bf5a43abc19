"""3-vectors and rotation matrices as tuples of components, for kinematics unrolled over a tree.

A component is an array (any shape, batch included) or a Python float. Python 0.0 and 1.0 are
structure: products with them vanish while tracing, so that a planar tree written in this general
3-D algebra costs what a planar tree costs, and batches stay contiguous.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

Component = Array | float
Vector = tuple[Component, Component, Component]
Matrix = tuple[Vector, Vector, Vector]

ZERO: Vector = (0.0, 0.0, 0.0)
IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def _is(value: Component, number: float) -> bool:
    return isinstance(value, float) and value == number


def times(a: Component, b: Component) -> Component:
    """a * b, where a structural 0 or 1 leaves no operation behind."""
    if _is(a, 0.0) or _is(b, 0.0):
        return 0.0
    if _is(a, 1.0):
        return b
    if _is(b, 1.0):
        return a
    return a * b


def plus(a: Component, b: Component) -> Component:
    """a + b, where a structural 0 leaves no operation behind."""
    if _is(a, 0.0):
        return b
    if _is(b, 0.0):
        return a
    return a + b


def minus(a: Component, b: Component) -> Component:
    """a - b, where a structural 0 leaves no operation behind."""
    if _is(b, 0.0):
        return a
    if _is(a, 0.0):
        return -b
    return a - b


def vector(components: Array | Sequence[Component]) -> Vector:
    """The three components of an array (3,) or sequence."""
    return (components[0], components[1], components[2])


def add(a: Vector, b: Vector) -> Vector:
    """a + b."""
    return (plus(a[0], b[0]), plus(a[1], b[1]), plus(a[2], b[2]))


def subtract(a: Vector, b: Vector) -> Vector:
    """a - b."""
    return (minus(a[0], b[0]), minus(a[1], b[1]), minus(a[2], b[2]))


def scale(s: Component, a: Vector) -> Vector:
    """s a."""
    return (times(s, a[0]), times(s, a[1]), times(s, a[2]))


def dot(a: Vector, b: Vector) -> Component:
    """Inner product of a and b."""
    return plus(plus(times(a[0], b[0]), times(a[1], b[1])), times(a[2], b[2]))


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product a x b."""
    return (
        minus(times(a[1], b[2]), times(a[2], b[1])),
        minus(times(a[2], b[0]), times(a[0], b[2])),
        minus(times(a[0], b[1]), times(a[1], b[0])),
    )


def rotate(rotation: Matrix, a: Vector) -> Vector:
    """R a."""
    return (dot(rotation[0], a), dot(rotation[1], a), dot(rotation[2], a))


def transpose(rotation: Matrix) -> Matrix:
    """R^T, the inverse of a rotation."""
    r = rotation
    return ((r[0][0], r[1][0], r[2][0]), (r[0][1], r[1][1], r[2][1]), (r[0][2], r[1][2], r[2][2]))


def compose(first: Matrix, second: Matrix) -> Matrix:
    """R1 R2."""
    columns = transpose(second)
    row0, row1, row2 = (tuple(dot(row, column) for column in columns) for row in first)
    return (vector(row0), vector(row1), vector(row2))


def rotation_about(axis: tuple[float, float, float], angle: Component) -> Matrix:
    """Rotation by `angle` about a fixed unit axis (Rodrigues)."""
    sine: Component
    cosine: Component
    if isinstance(angle, float):
        sine, cosine = math.sin(angle), math.cos(angle)
    else:
        sine, cosine = jnp.sin(angle), jnp.cos(angle)
    versine = minus(1.0, cosine)

    def entry(row: int, column: int) -> Component:
        outer = times(axis[row] * axis[column], versine)
        if row == column:
            # cos + a^2 (1 - cos): exactly 1 along a coordinate axis, so keep it structural.
            return 1.0 if abs(axis[row]) == 1.0 else plus(cosine, outer)
        third = 3 - row - column
        parity = 1.0 if (column - row) % 3 == 2 else -1.0
        return plus(outer, times(parity * axis[third], sine))

    return (
        (entry(0, 0), entry(0, 1), entry(0, 2)),
        (entry(1, 0), entry(1, 1), entry(1, 2)),
        (entry(2, 0), entry(2, 1), entry(2, 2)),
    )


def rotation_xyz(angles: tuple[float, float, float]) -> Matrix:
    """Fixed rotation by body-fixed x, then y, then z angles (rad), OpenSim's `orientation`."""
    about_x = rotation_about((1.0, 0.0, 0.0), float(angles[0])) if angles[0] else IDENTITY
    about_y = rotation_about((0.0, 1.0, 0.0), float(angles[1])) if angles[1] else IDENTITY
    about_z = rotation_about((0.0, 0.0, 1.0), float(angles[2])) if angles[2] else IDENTITY
    return compose(compose(about_x, about_y), about_z)
