"""One periodic stride to follow: Fourier series of the coordinates and the ground reaction.

A curve is q(p) = offset + sum_h cosine_h cos(2 pi h p) + sine_h sin(2 pi h p), with the phase p = 0
at right foot contact and 1 at the next one. For pelvis_tx the curve is the deviation from uniform
progress, speed * time. Coordinates and signs are OpenSim's (LaiUhlrich2022).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, replace, static

# Coordinates of the midline that change sign when the runner is seen in a mirror (z -> -z).
LATERAL_COORDINATES = (
    "pelvis_list",
    "pelvis_rotation",
    "pelvis_tz",
    "lumbar_bending",
    "lumbar_rotation",
)
PROGRESS_COORDINATE = "pelvis_tx"
HEIGHT_COORDINATE = "pelvis_ty"

# The apex before contact is looked for in the last third of the stride, where a runner's flight
# from left toe-off to right contact lies at every speed (duty factor below 0.5).
_APEX_WINDOW = (-0.35, 0.0)
_APEX_SAMPLES = 141
_APEX_NEWTON_STEPS = 4


@pytree
class ReferenceStride:
    """One full periodic stride; phase 0 is right foot contact. SI units, radians."""

    offset: Array = field("coordinate", "rad or m")
    cosine: Array = field("coordinate", "harmonic", "rad or m")
    sine: Array = field("coordinate", "harmonic", "rad or m")
    speed: Array = field("m/s")
    stride_time: Array = field("s")
    coordinate_names: tuple[str, ...] = static()
    measured: tuple[bool, ...] = static()  # False: zeros that stand for "no data"
    source: str = static("")
    # Force on the runner by the ground, x forward, y up, z right; None where it was not measured.
    grf_offset: Array | None = field("side", "axis", "body weight", default=None)
    grf_cosine: Array | None = field("side", "axis", "harmonic", "body weight", default=None)
    grf_sine: Array | None = field("side", "axis", "harmonic", "body weight", default=None)
    body_mass_kg: Array | None = field("kg", default=None)  # None for a group of runners


@pytree
class Motion:
    """Coordinates and their time derivatives, pelvis_tx moving forward in the ground frame."""

    coordinates: Array = field("instant", "coordinate", "rad or m")
    speeds: Array = field("instant", "coordinate", "rad/s or m/s")
    accelerations: Array = field("instant", "coordinate", "rad/s^2 or m/s^2")


def evaluate(reference: ReferenceStride, phase: Array) -> tuple[Array, Array, Array]:
    """Values and first and second derivative with respect to phase, each (..., coordinate)."""
    return _series(reference.offset, reference.cosine, reference.sine, phase)


def motion(reference: ReferenceStride, phase: Array) -> Motion:
    """Coordinates, speeds and accelerations in time, with pelvis_tx = speed * t + deviation."""
    values, first, second = evaluate(reference, phase)
    moves = jnp.asarray([n == PROGRESS_COORDINATE for n in reference.coordinate_names], float)
    stride_length = reference.speed * reference.stride_time
    along = jnp.einsum("...,c->...c", jnp.asarray(phase, float), moves)
    return Motion(
        coordinates=values + stride_length * along,
        speeds=(first + stride_length * jnp.broadcast_to(moves, first.shape))
        / reference.stride_time,
        accelerations=second / reference.stride_time**2,
    )


def ground_reaction(reference: ReferenceStride, phase: Array) -> Array:
    """Ground reaction on the right and the left foot in body weights, (..., side, axis)."""
    if reference.grf_offset is None or reference.grf_cosine is None or reference.grf_sine is None:
        raise ValueError(
            f"This reference stride ({reference.source or 'no source given'}) has no ground "
            "reaction; give the ground reaction file when it is read."
        )
    value, _, _ = _series(reference.grf_offset, reference.grf_cosine, reference.grf_sine, phase)
    return value


def has_ground_reaction(reference: ReferenceStride) -> bool:
    """Whether `ground_reaction` can be asked for."""
    return reference.grf_offset is not None


def unnamed(reference: ReferenceStride) -> ReferenceStride:
    """The stride without its source, a static text: one compiled function serves all speeds."""
    return replace(reference, source="")


def shift_phase(reference: ReferenceStride, phase_shift: float | Array) -> ReferenceStride:
    """The same stride with its clock set forward: new(p) = old(p + phase_shift), exactly."""
    cosine, sine = _rotate(reference.cosine, reference.sine, phase_shift)
    shifted = replace(reference, cosine=cosine, sine=sine)
    if reference.grf_cosine is None or reference.grf_sine is None:
        return shifted
    grf_cosine, grf_sine = _rotate(reference.grf_cosine, reference.grf_sine, phase_shift)
    return replace(shifted, grf_cosine=grf_cosine, grf_sine=grf_sine)


def mirror(reference: ReferenceStride) -> ReferenceStride:
    """The stride of the runner in the mirror, half a stride later: its phase 0 is again right.

    A runner with symmetric sides is its own mirror image.
    """
    order, signs = _mirror_rule(reference.coordinate_names)
    late = shift_phase(reference, 0.5)
    rows, sign = np.asarray(order), jnp.asarray(signs, float)
    mirrored = replace(
        late,
        offset=late.offset[rows] * sign,
        cosine=late.cosine[rows] * sign[:, None],
        sine=late.sine[rows] * sign[:, None],
        measured=tuple(reference.measured[i] for i in order),
    )
    if late.grf_offset is None or late.grf_cosine is None or late.grf_sine is None:
        return mirrored
    axis_sign = jnp.asarray([1.0, 1.0, -1.0])
    return replace(
        mirrored,
        grf_offset=late.grf_offset[::-1] * axis_sign[None, :],
        grf_cosine=late.grf_cosine[::-1] * axis_sign[None, :, None],
        grf_sine=late.grf_sine[::-1] * axis_sign[None, :, None],
    )


def symmetrize(reference: ReferenceStride) -> ReferenceStride:
    """Mean of the stride and its mirror image: right(p) and mirrored left(p + 1/2)."""
    mirrored = mirror(reference)
    both = tuple(a and b for a, b in zip(reference.measured, mirrored.measured, strict=True))
    aligned = replace(mirrored, measured=both)
    return jax.tree.map(lambda a, b: 0.5 * (a + b), replace(reference, measured=both), aligned)


def apex_phase(reference: ReferenceStride) -> Array:
    """Phase, 0..1, of the flight apex before right contact: the highest pelvis_ty before p = 1."""
    names = reference.coordinate_names
    if HEIGHT_COORDINATE not in names or not reference.measured[names.index(HEIGHT_COORDINATE)]:
        raise ValueError(
            f"The flight apex needs a measured {HEIGHT_COORDINATE}; this reference has "
            f"{[n for n, m in zip(names, reference.measured, strict=True) if m]}."
        )
    height = names.index(HEIGHT_COORDINATE)

    def curve(phase: Array) -> tuple[Array, Array, Array]:
        value, first, second = evaluate(reference, phase)
        return value[..., height], first[..., height], second[..., height]

    samples = jnp.linspace(*_APEX_WINDOW, _APEX_SAMPLES)
    phase = samples[jnp.argmax(curve(samples)[0])]
    for _ in range(_APEX_NEWTON_STEPS):
        _, first, second = curve(phase)
        phase = phase - first / second
    return phase % 1.0


def select(reference: ReferenceStride, coordinate_names: tuple[str, ...]) -> ReferenceStride:
    """The stride in the order of `coordinate_names`; unknown coordinates are unmeasured zeros."""
    known = {name: i for i, name in enumerate(reference.coordinate_names)}
    zero_row = len(known)
    order = np.asarray([known.get(name, zero_row) for name in coordinate_names], dtype=int)
    measured = tuple(name in known and reference.measured[known[name]] for name in coordinate_names)

    def pick(array: Array) -> Array:
        given = np.asarray(array)
        return jnp.asarray(np.concatenate([given, np.zeros_like(given[:1])])[order])

    return replace(
        reference,
        coordinate_names=tuple(coordinate_names),
        measured=measured,
        offset=pick(reference.offset),
        cosine=pick(reference.cosine),
        sine=pick(reference.sine),
    )


def _series(offset: Array, cosine: Array, sine: Array, phase: Array) -> tuple[Array, Array, Array]:
    """A Fourier series and two derivatives with respect to phase: (..., *offset.shape)."""
    omega = 2.0 * jnp.pi * jnp.arange(1, cosine.shape[-1] + 1, dtype=float)
    angle = jnp.einsum("...,h->...h", jnp.asarray(phase, float), omega)
    c, s = jnp.cos(angle), jnp.sin(angle)
    lead, tail = angle.shape[:-1], offset.shape

    def dot(of_cos: Array, of_sin: Array) -> Array:
        flat = (-1, omega.shape[0])
        total = c @ of_cos.reshape(flat).T + s @ of_sin.reshape(flat).T
        return total.reshape(lead + tail)

    w = jnp.broadcast_to(omega, cosine.shape)
    value = jnp.broadcast_to(offset, lead + tail) + dot(cosine, sine)
    return value, dot(w * sine, -w * cosine), dot(-w * w * cosine, -w * w * sine)


def _rotate(cosine: Array, sine: Array, shift: float | Array) -> tuple[Array, Array]:
    """Coefficients of f(p + shift): each harmonic's (cosine, sine) turned by 2 pi h shift."""
    angle = 2.0 * jnp.pi * shift * jnp.arange(1, cosine.shape[-1] + 1, dtype=float)
    c = jnp.broadcast_to(jnp.cos(angle), cosine.shape)
    s = jnp.broadcast_to(jnp.sin(angle), cosine.shape)
    return c * cosine + s * sine, c * sine - s * cosine


def _mirror_rule(names: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Which coordinate each one becomes in the mirror, and with which sign."""
    index = {name: i for i, name in enumerate(names)}
    partners = [_partner(name) for name in names]
    alone = [n for n, p in zip(names, partners, strict=True) if p not in index]
    if alone:
        raise ValueError(
            f"Coordinates {alone} have no partner on the other side; a stride can be mirrored "
            "only when both sides are there: select both, or leave both out."
        )
    signs = tuple(-1.0 if name in LATERAL_COORDINATES else 1.0 for name in names)
    return tuple(index[p] for p in partners), signs


def _partner(name: str) -> str:
    swap = {"_r": "_l", "_l": "_r"}
    return name[:-2] + swap[name[-2:]] if name[-2:] in swap else name
