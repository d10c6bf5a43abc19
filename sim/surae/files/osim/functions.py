"""OpenSim functions of one coordinate as entries of [[function]]: exact, or refused.

A function is kept as the dict that model.toml gets: polynomial coefficients, lowest power first
(OpenSim writes the highest first), or the points of a cubic spline, each with a scale.
"""

from __future__ import annotations

from typing import Any

from surae._errors import UnusableInput

Function = dict[str, Any]
IDENTITY: Function = {"kind": "polynomial", "coefficients": [0.0, 1.0]}


def converted(package: Any, function: Any, where: str) -> Function:
    """What model.toml says of an OpenSim Function; `where` names it in a refusal."""
    kind = function.getConcreteClassName()
    own = getattr(package, kind).safeDownCast(function)
    if kind == "MultiplierFunction":
        return scaled(converted(package, own.getFunction(), where), own.getScale())
    if kind == "Constant":
        return polynomial([own.getValue()])
    if kind == "LinearFunction":
        return polynomial([own.getIntercept(), own.getSlope()])
    if kind == "PolynomialFunction":
        return polynomial(own.getCoefficients().to_numpy()[::-1].tolist())
    if kind in ("SimmSpline", "NaturalCubicSpline"):
        count = own.getSize()
        return {
            "kind": "cubic_spline",
            "x": [own.getX(i) for i in range(count)],
            "y": [own.getY(i) for i in range(count)],
        }
    raise UnusableInput(
        f"{where} is a {kind}; importable are Constant, LinearFunction, PolynomialFunction, "
        "SimmSpline and MultiplierFunction of these: a piecewise linear function has corners that "
        "no optimizer gets past, and a GCVSpline smooths its points. Replace it by a SimmSpline."
    )


def polynomial(coefficients: list[float]) -> Function:
    """A polynomial without zero coefficients at its end."""
    kept = list(coefficients)
    while len(kept) > 1 and kept[-1] == 0.0:
        kept.pop()
    return {"kind": "polynomial", "coefficients": kept}


def scaled(function: Function, factor: float) -> Function:
    """The function times a factor."""
    if function["kind"] == "polynomial":
        return polynomial([factor * c for c in function["coefficients"]])
    scale = factor * function.get("scale", 1.0)
    rest = {key: value for key, value in function.items() if key != "scale"}
    return rest if scale == 1.0 else {**rest, "scale": scale}


def is_constant(function: Function) -> bool:
    """Whether the function has the same value everywhere."""
    if function["kind"] == "polynomial":
        return len(function["coefficients"]) == 1
    return len(set(function["y"])) == 1


def constant_value(function: Function) -> float:
    """Value of a constant function."""
    if function["kind"] == "polynomial":
        return function["coefficients"][0]
    return function["y"][0] * function.get("scale", 1.0)


def is_linear(function: Function, slope: float) -> bool:
    """Whether the function is slope * x."""
    return function["kind"] == "polynomial" and function["coefficients"] == [0.0, slope]
