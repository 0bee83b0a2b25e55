"""What is in a scene, as values: camera, objects, lights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError

__all__ = ["Array", "SceneTruth", "Similarity", "Surface", "TruthCamera", "TruthLight", "TruthObject"]

Array: TypeAlias = npt.NDArray[np.float64]
LightType = Literal["SUN", "POINT", "SPOT", "AREA"]
FLAT = 0.02


def _fixed(values: npt.ArrayLike, shape: tuple[int, ...], what: str) -> Array:
    array = np.array(values, dtype=float)
    if array.shape != shape or not np.isfinite(array).all():
        wanted = " x ".join(map(str, shape))
        raise UsageError(f"{what} must be {wanted} finite numbers, got {np.array2string(array, threshold=16)}")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """A map of space onto itself: x -> scale * rotation @ x + shift.

    Args:
        scale: More than 0.
        rotation: (3, 3) proper rotation.
        shift: (3,) metres.
    """

    scale: float
    rotation: Array
    shift: Array

    @classmethod
    def identity(cls) -> Similarity:
        """The map that moves nothing."""
        return cls(1.0, np.eye(3), np.zeros(3))

    def of_points(self, points: npt.ArrayLike) -> Array:
        """Map points (N, 3) or (3,)."""
        result: Array = self.scale * np.asarray(points, dtype=float) @ self.rotation.T + self.shift
        return result


@dataclass(frozen=True, slots=True, eq=False)
class TruthCamera:
    """A camera that looks along its own -z axis, y up.

    Args:
        matrix: (4, 4) camera to world, metres; a rotation and a place.
        fov_deg: Field of view across the picture's longer side, 0..180 degrees; None for a parallel projection.

    Raises:
        UsageError: The matrix is no rigid motion, or the field of view is out of its range.
    """

    matrix: Array
    fov_deg: float | None

    def __post_init__(self) -> None:
        matrix = _fixed(self.matrix, (4, 4), "a camera's matrix")
        rotation = matrix[:3, :3]
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or np.linalg.det(rotation) < 0:
            raise UsageError("a camera's matrix must be a rotation and a place, without scale or mirroring")
        if self.fov_deg is not None and not 0 < self.fov_deg < 180:
            raise UsageError(f"a camera's field of view must be 0..180 degrees, got {self.fov_deg}")
        object.__setattr__(self, "matrix", matrix)

    @property
    def position(self) -> Array:
        """(3,) metres."""
        return self.matrix[:3, 3]

    @property
    def rotation(self) -> Array:
        """(3, 3) camera to world."""
        return self.matrix[:3, :3]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points on a surface, and how much of it each stands for.

    Args:
        points: (N, 3) metres, N >= 1.
        areas: (N,) square metres, more than 0.
    """

    points: Array
    areas: Array


@dataclass(frozen=True, slots=True, eq=False)
class TruthObject:
    """An object of the scene.

    Args:
        name: Its name.
        centre: (3,) middle of its bounding box, metres.
        edges: (3, 3) edges of its own, oriented bounding box as columns, metres.
        rgb: (3,) linear Rec. 709 base colour, 0..1; None where it is not known.
        shape: ``cube``, ``sphere``, ``cylinder`` or another class; None where it is not known.
        surface: Points sampled on it; None where only its box is known.
        solid: Whether it is a thing of its own. Floors, walls and domes are none: errors of objects leave them out.

    Raises:
        UsageError: A number is not finite or an array has the wrong shape.
    """

    name: str
    centre: Array
    edges: Array
    rgb: Array | None = None
    shape: str | None = None
    surface: Surface | None = None
    solid: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", _fixed(self.centre, (3,), f"the centre of {self.name!r}"))
        object.__setattr__(self, "edges", _fixed(self.edges, (3, 3), f"the box of {self.name!r}"))
        if self.rgb is not None:
            object.__setattr__(self, "rgb", _fixed(self.rgb, (3,), f"the colour of {self.name!r}"))

    @property
    def size(self) -> Array:
        """(3,) extents along its own axes, metres."""
        result: Array = np.linalg.norm(self.edges, axis=0)
        return result

    @property
    def bounds(self) -> Array:
        """(2, 3) least and greatest corner in the world, metres."""
        reach = np.abs(self.edges).sum(axis=1) / 2
        return np.stack([self.centre - reach, self.centre + reach])


@dataclass(frozen=True, slots=True, eq=False)
class TruthLight:
    """A light object.

    Args:
        name: Its name.
        type: ``SUN``, ``POINT``, ``SPOT`` or ``AREA``.
        position: (3,) metres; of no meaning for a sun.
        direction: (3,) whither it shines; made a unit vector. Of no meaning for a point.
        energy: Blender's power in watts; W/m2 for a sun.
        rgb: (3,) linear colour that the energy is multiplied by.
        cone_deg: Full opening angle of a spot.

    Raises:
        UsageError: A number is not finite, the energy is negative, or the direction is zero.
    """

    name: str
    type: LightType
    position: Array
    direction: Array
    energy: float
    rgb: Array
    cone_deg: float = 180.0

    def __post_init__(self) -> None:
        for name in ("position", "direction", "rgb"):
            object.__setattr__(self, name, _fixed(getattr(self, name), (3,), f"the {name} of the light {self.name!r}"))
        length = float(np.linalg.norm(self.direction))
        if length < 1e-9:
            raise UsageError(f"the direction of the light {self.name!r} is zero; expected whither it shines")
        object.__setattr__(self, "direction", self.direction / length)
        if not np.isfinite(self.energy) or self.energy < 0:
            raise UsageError(f"the energy of the light {self.name!r} must be at least 0, got {self.energy}")


@dataclass(frozen=True, slots=True, eq=False)
class SceneTruth:
    """A scene.

    Args:
        name: For people.
        camera: Its camera.
        objects: What is in it, floors and walls too.
        lights: Its light objects.
        world_rgb: (3,) linear radiance of a plain world; None where it is not known or not plain.
        notes: What could not be read, as sentences.
    """

    name: str
    camera: TruthCamera
    objects: tuple[TruthObject, ...]
    lights: tuple[TruthLight, ...]
    world_rgb: Array | None = None
    notes: tuple[str, ...] = ()

    @property
    def solids(self) -> tuple[TruthObject, ...]:
        """The objects that are things of their own."""
        return tuple(item for item in self.objects if item.solid)

    @property
    def bounds(self) -> Array | None:
        """(2, 3) corners of the box around the solids, metres; None without any."""
        boxes = [item.bounds for item in self.solids]
        return np.stack([np.min(boxes, axis=0)[0], np.max(boxes, axis=0)[1]]) if boxes else None

    @property
    def diagonal(self) -> float | None:
        """Length of that box's diagonal, metres: the scene's size."""
        box = self.bounds
        return None if box is None else float(np.linalg.norm(box[1] - box[0]))

    def moved(self, by: Similarity) -> SceneTruth:
        """Give the scene mapped by a similarity.

        Energies in watts grow with the square of the scale, so that the picture stays as it was.
        """
        turn, grow = by.rotation, by.scale
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = turn @ self.camera.rotation, by.of_points(self.camera.position)
        objects = tuple(
            replace(
                item,
                centre=by.of_points(item.centre),
                edges=grow * turn @ item.edges,
                surface=item.surface and Surface(by.of_points(item.surface.points), item.surface.areas * grow**2),
            )
            for item in self.objects
        )
        lights = tuple(
            replace(
                light,
                position=by.of_points(light.position),
                direction=turn @ light.direction,
                energy=light.energy * (1.0 if light.type == "SUN" else grow**2),
            )
            for light in self.lights
        )
        return replace(self, camera=replace(self.camera, matrix=matrix), objects=objects, lights=lights)


def with_solids_told(objects: Sequence[TruthObject], eye: Array) -> tuple[TruthObject, ...]:
    """Tell things from floors, walls and domes.

    No thing of its own is what is flat and more than twice as large as all that is not flat together, and what
    encloses the camera; the rule of the pool's view ``orbit``.

    Args:
        objects: Any.
        eye: (3,) the camera's place.
    """

    def spans(item: TruthObject) -> Array:
        result: Array = np.ptp(item.bounds, axis=0)
        return result

    def encloses(item: TruthObject) -> bool:
        low, high = item.bounds
        return bool((low < eye).all() and (eye < high).all())

    kept = [item for item in objects if not encloses(item)]
    bulky = [item for item in kept if spans(item).min() >= FLAT * spans(item).max()]
    reach = np.inf
    if bulky:
        boxes = [item.bounds for item in bulky]
        reach = 2 * float((np.max(boxes, axis=0)[1] - np.min(boxes, axis=0)[0]).max())
    names = {id(item) for item in kept if spans(item).max() <= reach}
    return tuple(replace(item, solid=id(item) in names) for item in objects)
