"""Modern Python: annotations from the future, dataclasses, enums, protocols, comprehension and pattern matching."""
from __future__ import annotations

import enum
import functools
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import bpy


class Kind(enum.Enum):
    BOX = "cube"
    BALL = "uv_sphere"
    CONE = "cone"


class Colour(NamedTuple):
    r: float
    g: float
    b: float


@dataclass(frozen=True)
class Piece:
    kind: Kind
    place: tuple[float, float, float]
    colour: Colour = Colour(0.8, 0.8, 0.8)
    tags: list[str] = field(default_factory=list)
    made: ClassVar[int] = 0


@functools.cache
def paint(colour: Colour) -> bpy.types.Material:
    material = bpy.data.materials.new(f"Paint {colour.r:.1f}")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    return material


@contextmanager
def selected(item: bpy.types.Object) -> Iterator[bpy.types.Object]:
    item.select_set(True)
    yield item
    item.select_set(False)


def build(piece: Piece) -> bpy.types.Object:
    match piece.kind:
        case Kind.BOX:
            bpy.ops.mesh.primitive_cube_add(size=0.8, location=piece.place)
        case Kind.BALL | Kind.CONE as kind:
            getattr(bpy.ops.mesh, f"primitive_{kind.value}_add")(location=piece.place, scale=(0.5, 0.5, 0.5))
    with selected(bpy.context.object) as item:
        item.data.materials.append(paint(piece.colour))
    return item


bpy.data.objects.remove(bpy.data.objects["Cube"])
grid = itertools.product(range(-1, 2), repeat=2)
pieces = [Piece(kind, (1.3 * x, 1.3 * y, 0.5), Colour((x + 1) / 2, 0.3, (y + 1) / 2))
          for (x, y), kind in zip(grid, itertools.cycle(Kind))]
built = [build(piece) for piece in pieces]
assert len(built) == 9
