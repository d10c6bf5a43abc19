"""An .osim file opened with OpenSim: the model, a state to pose it in, and its coordinates.

Coordinates that follow another one through a CoordinateCouplerConstraint are put on it whenever a
pose is set, so that every pose is one that the model can take.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.files.osim.content import model_content
from surae.files.osim.wheel import opensim, quiet


@dataclass(frozen=True)
class Coupler:
    """A coordinate that is a function of another one."""

    coordinate: str
    independent: str
    function: Any  # an OpenSim Function
    scale: float

    def value(self, package: Any, x: float) -> float:
        """Value of the coordinate where the independent one is x."""
        return self.scale * self.function.calcValue(package.Vector(1, x))

    def slope(self, package: Any, x: float) -> float:
        """Derivative of the coordinate by the independent one."""
        order = package.StdVectorInt()
        order.append(0)
        return self.scale * self.function.calcDerivative(order, package.Vector(1, x))


@dataclass(frozen=True)
class Source:
    """An opened model."""

    package: Any
    model: Any
    state: Any
    path: Path
    sha256: str
    locked: frozenset[str]
    couplers: tuple[Coupler, ...]
    components: tuple[Any, ...]  # all of the model's, each as its own class

    @property
    def name(self) -> str:
        """Name of the model, of its file where it has none."""
        return self.model.getName() or self.path.stem

    @property
    def coordinates(self) -> list[Any]:
        """All coordinates, coupled ones too, in the order of the model's CoordinateSet."""
        return list(self.model.getCoordinateSet())

    @property
    def coupled(self) -> frozenset[str]:
        """Names of the coordinates that follow another one."""
        return frozenset(coupler.coordinate for coupler in self.couplers)

    def of_class(self, *names: str) -> list[Any]:
        """The components of these classes, in the model's order."""
        return [c for c in self.components if c.getConcreteClassName() in names]

    def muscle(self, name: str) -> Any:
        """A muscle by name, also where it does not stand in the model's ForceSet."""
        return next(c for c in self.components if c.getName() == name and is_muscle(c))

    def pose(self, values: Mapping[str, float]) -> None:
        """Set coordinates (rad or m); those that follow them go along."""
        for name, value in values.items():
            self._coordinate(name).setValue(self.state, float(value), False)
        for coupler in self.couplers:
            if coupler.independent in values:
                follower = coupler.value(self.package, float(values[coupler.independent]))
                self._coordinate(coupler.coordinate).setValue(self.state, follower, False)
        self.model.realizePosition(self.state)

    def move(self, name: str, speed: float) -> None:
        """Give one coordinate a speed in the present pose; those that follow it go along."""
        coordinate = self._coordinate(name)
        coordinate.setSpeedValue(self.state, speed)
        for coupler in self.couplers:
            if coupler.independent == name:
                slope = coupler.slope(self.package, coordinate.getValue(self.state))
                self._coordinate(coupler.coordinate).setSpeedValue(self.state, slope * speed)
        self.model.realizeVelocity(self.state)

    def _coordinate(self, name: str) -> Any:
        return self.model.getCoordinateSet().get(name)


def is_muscle(component: Any) -> bool:
    """Whether a component is a muscle of any class."""
    return hasattr(component, "getPennationAngleAtOptimalFiberLength")


def open_source(path: Path) -> Source:
    """Open an .osim file, or say in one line why it cannot be."""
    content = model_content(path)
    package = opensim()
    try:
        with quiet():
            model = package.Model(str(path.resolve()))
            coordinates = list(model.updCoordinateSet())
            locked = frozenset(c.getName() for c in coordinates if c.get_locked())
            for coordinate in coordinates:
                coordinate.set_locked(False)
                coordinate.set_clamped(False)
            state = model.initSystem()
            components = tuple(as_itself(package, c) for c in model.getComponentsList())
    except RuntimeError as error:
        raise UnusableInput(f"{path}: OpenSim cannot open it: {_first_line(error)}.") from None
    return Source(
        package=package,
        model=model,
        state=state,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        locked=locked,
        couplers=tuple(_couplers(path, package, model)),
        components=components,
    )


def as_itself(package: Any, component: Any) -> Any:
    """The component as the class it is, where the package knows that class."""
    kind = getattr(package, component.getConcreteClassName(), None)
    return (kind.safeDownCast(component) if kind is not None else None) or component


def _couplers(path: Path, package: Any, model: Any) -> Iterable[Coupler]:
    for constraint in model.getConstraintSet():
        if not constraint.get_isEnforced():
            continue
        coupler = package.CoordinateCouplerConstraint.safeDownCast(constraint)
        if coupler is None:
            raise UnusableInput(
                f"{path}: constraint {constraint.getName()!r} is a "
                f"{constraint.getConcreteClassName()}; only CoordinateCouplerConstraint can be "
                "imported: take it out, or set isEnforced to false."
            )
        independent = coupler.getIndependentCoordinateNames()
        if independent.getSize() != 1:
            raise UnusableInput(
                f"{path}: constraint {constraint.getName()!r} couples a coordinate to "
                f"{independent.getSize()} others; only one can be imported."
            )
        yield Coupler(
            coordinate=coupler.getDependentCoordinateName(),
            independent=independent.get(0),
            function=coupler.getFunction().clone(),
            scale=float(coupler.getPropertyByName("scale_factor").toString()),
        )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")
