"""A parent program looked at beside the target: what each of its things shows, and what it should show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.camera import GivenCamera
from seig_search.program import Program
from seig_search.proposal import Context

from .colour import Array, lab, linear
from .fitting import Stand
from .guess import Guess
from .masks import Mask, Region
from .reading import Picture, Sight, told_apart
from .scene import Scene
from .solids import Solid, world_points

__all__ = ["Look", "hull_mask"]


def hull_mask(solid: Solid, camera: GivenCamera, width: int, height: int) -> Mask:
    """Draw a solid's outline, filled, as if nothing were before it.

    Returns:
        (height, width); empty where the solid is behind the camera.
    """
    from scipy.spatial import ConvexHull, QhullError
    from skimage.draw import polygon2mask

    seen = camera.project(world_points(solid), width, height)
    nothing = np.zeros((height, width), dtype=bool)
    if np.any(seen[:, 2] < 1e-4) or not np.isfinite(seen).all():
        return nothing
    try:
        corners = seen[ConvexHull(seen[:, :2]).vertices, :2]
    except QhullError:
        return nothing
    mask: Mask = polygon2mask((height, width), corners[:, ::-1] - 0.5)
    return mask


@dataclass(frozen=True)
class Look:
    """A parent, its render and the target, at one size.

    Args:
        program: The parent.
        scene: What it says.
        picture: The target, made ready for reading.
        sight: What is told apart in the target.
        render: (H, W, 3) linear RGB over white, or None.
    """

    program: Program
    scene: Scene
    picture: Picture
    sight: Sight
    render: Array | None

    @classmethod
    def at(cls, context: Context, program: Program, scene: Scene) -> Look:
        """Bring everything to the size of the analysis."""
        picture = Picture.of(context.target)
        sight = told_apart(picture, Guess())
        render = None if context.render is None else _over_white(context.render, picture.size)
        return cls(program, scene, picture, sight, render)

    @cached_property
    def view(self) -> GivenCamera:
        """The scene's camera."""
        return self.scene.view()

    @cached_property
    def hulls(self) -> list[Mask]:
        """Each solid's outline, hidden parts included."""
        return [hull_mask(solid, self.view, *self.picture.size) for solid in self.scene.solids]

    @cached_property
    def shown(self) -> list[Mask]:
        """Each solid's visible part, (H, W), by how near the solids' middles are."""
        position = self.view.matrix[:3, 3]
        far = [float(np.linalg.norm(world_points(s).mean(axis=0) - position)) for s in self.scene.solids]
        taken = np.zeros(self.picture.lab.shape[:2], dtype=bool)
        masks: list[Mask] = [taken] * len(far)
        for index in np.argsort(far, kind="stable"):
            masks[index] = self.hulls[index] & ~taken
            taken = taken | self.hulls[index]
        return masks

    @cached_property
    def matches(self) -> list[tuple[int, float]]:
        """For each solid, the region of the target that it overlaps best, and their IoU; -1 where there is none."""
        found = []
        for mask in self.shown:
            overlaps = [_iou(mask, region.mask) for region in self.sight.things]
            best = int(np.argmax(overlaps)) if overlaps else -1
            found.append((best, overlaps[best]) if overlaps and overlaps[best] > 0.05 else (-1, 0.0))
        return found

    @property
    def trust(self) -> float:
        """Least IoU at which a region is taken for a solid's own; patterned pictures come apart into pieces of things."""
        return 0.5 if self.sight.textured else 0.1

    @cached_property
    def bare(self) -> Mask:
        """(H, W) where target and render both show nothing but what is behind."""
        bare = self.sight.behind.copy()
        for mask in self.hulls:
            bare &= ~mask
        return bare

    @cached_property
    def empty(self) -> Mask:
        """(H, W) where there is nothing to be lit: ``bare`` without a ground."""
        return self.bare if self.scene.ground is None else np.zeros_like(self.bare)

    @property
    def missing(self) -> list[Region]:
        """Regions of the target that no solid shows, largest first."""
        everything = np.zeros(self.picture.lab.shape[:2], dtype=bool)
        for mask in self.shown:
            everything |= mask
        taken = {region for region, overlap in self.matches if overlap > 0.3}
        lacking = [
            region
            for index, region in enumerate(self.sight.things)
            if index not in taken and (region.mask & everything).sum() < 0.6 * region.area
        ]
        return sorted(lacking, key=lambda region: -region.area)

    @cached_property
    def difference(self) -> Array:
        """(H, W) how far the render's colours are from the target's, in Lab units; zero without a render."""
        if self.render is None:
            return np.zeros(self.picture.lab.shape[:2])
        from scipy import ndimage

        gap = np.linalg.norm((lab(self.render) - self.picture.lab) * (0.6, 1, 1), axis=-1)
        smooth: Array = ndimage.gaussian_filter(gap, 0.006 * max(self.picture.size))
        return smooth

    def stand(self, solid: Solid) -> Stand:
        """Give the plane in which a solid may move: the ground at its height, or upright without a ground."""
        if self.scene.ground is not None:
            return Stand(base=(0.0, 0.0, solid.z))
        return Stand.upright(self.view, (solid.x, solid.y, solid.z))


def _iou(one: Mask, two: Mask) -> float:
    both = int((one & two).sum())
    return both / max(1, int((one | two).sum())) if both else 0.0


def _over_white(render: npt.NDArray[np.uint8], size: tuple[int, int]) -> Array:
    weight = render[..., 3:].astype(float) / 255
    codes = np.clip(render[..., :3] * weight + 255 * (1 - weight), 0, 255).astype(np.uint8)
    small = Image.fromarray(codes).resize(size, Image.Resampling.BOX)
    return linear(np.asarray(small, dtype=float) / 255)
