"""3-vectors and rotations: orthogonal, composing like matrices, and free of structural zeros."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from surae.spatial import vectors as sv

AXES = {
    "x": (1.0, 0.0, 0.0),
    "y": (0.0, 1.0, 0.0),
    "minus z": (0.0, 0.0, -1.0),
    "in a plane": (0.6, 0.8, 0.0),
    "oblique": (2.0 / 7.0, -3.0 / 7.0, 6.0 / 7.0),
}
Z = AXES["minus z"]


def dense(rotation: sv.Matrix) -> NDArray[np.float64]:
    return np.array([[float(entry) for entry in row] for row in rotation])


def dense_vector(a: sv.Vector) -> NDArray[np.float64]:
    return np.array([float(component) for component in a])


def vector(values: ArrayLike) -> sv.Vector:
    return sv.vector(jnp.asarray(values))


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.7, np.pi, -4.0])
@pytest.mark.parametrize("axis", AXES.values(), ids=list(AXES))
def test_rotation_is_that_of_the_textbook(axis: tuple[float, float, float], angle: float) -> None:
    expected = Rotation.from_rotvec(angle * np.array(axis)).as_matrix()
    for given in (angle, jnp.asarray(angle)):
        found = dense(sv.rotation_about(axis, given))
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-15)
        np.testing.assert_allclose(found @ found.T, np.eye(3), rtol=0.0, atol=1e-15)
        np.testing.assert_allclose(np.linalg.det(found), 1.0, rtol=1e-15)


def test_fixed_orientations_are_body_fixed_xyz() -> None:
    angles = (0.3, -1.1, 2.0)
    expected = Rotation.from_euler("XYZ", angles).as_matrix()
    np.testing.assert_allclose(dense(sv.rotation_xyz(angles)), expected, rtol=0.0, atol=1e-15)
    assert sv.rotation_xyz((0.0, 0.0, 0.0)) == sv.IDENTITY


def test_algebra_is_that_of_matrices() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 3, 3))
    a, b = rng.standard_normal((2, 3))
    one, two = (
        (vector(m[0]), vector(m[1]), vector(m[2]))
        for m in (jnp.asarray(first), jnp.asarray(second))
    )
    close = np.testing.assert_allclose
    close(dense(sv.compose(one, two)), first @ second, rtol=1e-14)
    close(dense(sv.transpose(one)), first.T)
    close(dense_vector(sv.rotate(one, vector(a))), first @ a, rtol=1e-14)
    close(dense_vector(sv.cross(vector(a), vector(b))), np.cross(a, b), rtol=1e-14)
    close(float(sv.dot(vector(a), vector(b))), a @ b, rtol=1e-14)
    close(dense_vector(sv.subtract(sv.add(vector(a), vector(b)), vector(b))), a, rtol=1e-14)
    close(dense_vector(sv.scale(2.0, vector(a))), 2.0 * a)


def test_subtracting_from_a_structural_zero_changes_the_sign() -> None:
    a = vector([1.0, -2.0, 3.0])
    np.testing.assert_array_equal(dense_vector(sv.subtract(sv.ZERO, a)), [-1.0, 2.0, -3.0])


def test_a_rotation_in_the_plane_stays_structurally_planar() -> None:
    def structure(angles: jax.Array) -> jax.Array:
        both = sv.compose(sv.rotation_about(Z, angles[0]), sv.rotation_about(Z, angles[1]))
        flat = [entry for row in both for entry in row]
        # Entries that are Python floats cost nothing: the third row and column.
        assert [isinstance(entry, float) for entry in flat] == [
            False,
            False,
            True,
            False,
            False,
            True,
            True,
            True,
            True,
        ]
        assert (both[0][2], both[2][2]) == (0.0, 1.0)
        velocity = sv.cross((0.0, 0.0, angles[0]), sv.rotate(both, (0.3, 0.0, 0.0)))
        assert velocity[2] == 0.0 and isinstance(velocity[2], float)
        return jnp.stack([jnp.asarray(velocity[0]), jnp.asarray(velocity[1])])

    jaxpr = jax.make_jaxpr(structure)(jnp.zeros(2))
    products = [e for e in jaxpr.eqns if e.primitive.name == "mul"]
    # Two planar rotations composed (8, plus one sign each), one arm (2) and one cross product (2).
    assert len(products) <= 18
    # The general rule for R R and R a and a x b alone would take 27 + 9 + 6.


def test_batches_are_rotated_one_by_one() -> None:
    angles = jnp.linspace(-3.0, 3.0, 7)
    axis = AXES["oblique"]
    together = sv.rotate(sv.rotation_about(axis, angles), (0.1, 0.2, 0.3))
    for i, angle in enumerate(angles):
        alone = sv.rotate(sv.rotation_about(axis, angle), (0.1, 0.2, 0.3))
        np.testing.assert_allclose([c[i] for c in together], dense_vector(alone), atol=1e-16)  # pyright: ignore[reportIndexIssue]
