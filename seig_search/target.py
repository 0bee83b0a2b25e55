"""The target: the picture to reconstruct, as 8-bit sRGB with straight alpha."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.errors import UsageError
from seig_search.picture_file import read_focal, read_picture, with_focal

__all__ = ["LEAST_SIDE", "WHITE", "Target"]

LEAST_SIDE = 16
"""Pixels; below this no structure is left to measure."""

WHITE = (255, 255, 255)
"""The ground that transparent pictures are laid over before they are compared (the protocol of the
NeRF-synthetic benchmarks)."""


@dataclass(frozen=True, eq=False)
class Target:
    """The picture to reconstruct.

    Args:
        rgb: (H, W, 3) uint8, sRGB, straight (not multiplied by alpha).
        alpha: (H, W) uint8, or None for an opaque picture.
        name: For people; the file's stem when loaded.
        notes: What was converted on the way in, as sentences.
        focal_mm: Focal length that the file's EXIF data tell, as of a 35 mm film camera; None if they tell none.
    """

    rgb: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint8] | None = None
    name: str = ""
    notes: tuple[str, ...] = ()
    focal_mm: int | None = None
    _sized: dict[tuple[int, int], Target] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        # Arrays are frozen: features of a target are cached by its digest.
        for array in (self.rgb, self.alpha):
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def load(cls, path: Path, max_side: int | None = None) -> Target:
        """Read a picture file.

        Args:
            path: Any still picture that Pillow reads; of an animation, the first frame is taken.
            max_side: Scale down so that the longer side is at most this many pixels; None keeps the size.

        Returns:
            The picture, upright, in sRGB; ``notes`` name every conversion.

        Raises:
            UsageError: No such file, not a picture, damaged, too small, too large, not finite, or
                transparent everywhere.
        """
        pixels, notes = read_picture(Path(path))
        target = cls._checked(pixels, Path(path).stem, notes, f"the target {path}")
        target = replace(target, focal_mm=read_focal(Path(path)))
        if max_side is None or max(target.width, target.height) <= max_side:
            return target
        if max_side < LEAST_SIDE:
            raise UsageError(f"max_side is {max_side} px; give at least {LEAST_SIDE}")
        factor = max_side / max(target.width, target.height)
        width, height = (max(1, round(side * factor)) for side in (target.width, target.height))
        note = f"scaled from {target.width}x{target.height} to {width}x{height}"
        small = target.sized(width, height)
        pixels = small.rgb if small.alpha is None else np.dstack([small.rgb, small.alpha])
        small = cls._checked(pixels, target.name, (*notes, note), f"the target {path}, scaled down,")
        return replace(small, focal_mm=target.focal_mm)

    @classmethod
    def from_array(cls, pixels: npt.NDArray[np.uint8], name: str = "") -> Target:
        """Take pixels from memory.

        Args:
            pixels: (H, W, 3) or (H, W, 4) uint8, sRGB, straight alpha; copied.
            name: For people.

        Returns:
            The target; alpha that is 255 everywhere is dropped.

        Raises:
            UsageError: Another shape or type, too small, or transparent everywhere.
        """
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8:
            raise UsageError(
                f"a target is an (H, W, 3) or (H, W, 4) uint8 array; this one is {pixels.shape} {pixels.dtype}"
            )
        return cls._checked(pixels, name, (), "the target")

    @classmethod
    def _checked(cls, pixels: npt.NDArray[np.uint8], name: str, notes: tuple[str, ...], what: str) -> Target:
        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_SIDE:
            raise UsageError(
                f"{what} is {width}x{height} px; the shorter side must have at least {LEAST_SIDE} px: "
                "give a larger picture"
            )
        alpha = pixels[..., 3].copy() if pixels.shape[2] == 4 else None
        if alpha is not None and not alpha.any():
            raise UsageError(f"{what} is fully transparent: there is nothing to reconstruct; check its alpha channel")
        if alpha is not None and bool((alpha == 255).all()):
            alpha = None
        return cls(np.ascontiguousarray(pixels[..., :3]).copy(), alpha, name, notes)

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.rgb.shape[0])

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.width / self.height

    @property
    def fov_deg(self) -> float | None:
        """Field of view of the longer side in degrees, by the focal length, if the picture was not cropped; None where it is not known."""
        if self.focal_mm is None:
            return None
        # 35 mm equivalents go by the diagonal of film, 24 x 36 mm (CIPA DCG-001).
        side = math.hypot(24, 36) * max(self.width, self.height) / math.hypot(self.width, self.height)
        return math.degrees(2 * math.atan(side / 2 / self.focal_mm))

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of size and pixels; the name and notes do not count."""
        hasher = hashlib.sha256(f"{self.width}x{self.height} alpha={self.alpha is not None}\n".encode())
        hasher.update(np.ascontiguousarray(self.rgb).tobytes())
        if self.alpha is not None:
            hasher.update(np.ascontiguousarray(self.alpha).tobytes())
        return hasher.hexdigest()

    def sized(self, width: int, height: int) -> Target:
        """Give the target at another size.

        Lanczos resampling (an anti-aliased one when shrinking), colours weighted by alpha so that what
        hides under transparent pixels does not bleed into edges. Kept, so asking again is free.

        Args:
            width: Pixels across, at least 1.
            height: Pixels down, at least 1.

        Returns:
            A target of exactly this size; the same object when nothing changes.
        """
        if (width, height) == (self.width, self.height):
            return self
        if width < 1 or height < 1:
            raise UsageError(f"a picture of {width}x{height} px was asked for; both sides must be at least 1")
        known = self._sized.get((width, height))
        if known is None:
            known = self._resampled(width, height)
            self._sized[width, height] = known
        return known

    def _resampled(self, width: int, height: int) -> Target:
        if self.alpha is None:
            picture = Image.fromarray(self.rgb).resize((width, height), Image.Resampling.LANCZOS)
            return Target(np.array(picture), None, self.name, self.notes, self.focal_mm)
        # Pillow itself resizes RGBA through premultiplied 8-bit values, which loses faint colours: use floats.
        weight = self.alpha.astype(np.float32) / 255
        alpha = _resize(weight, width, height).clip(0.0, 1.0)
        rgb = np.stack(
            [_resize(self.rgb[..., k].astype(np.float32) * weight, width, height) for k in range(3)], axis=-1
        )
        rgb = rgb / np.maximum(alpha, 1e-4)[..., None]
        rgb[alpha <= 1e-4] = 255.0
        return Target(_to_bytes(rgb), _to_bytes(alpha * 255), self.name, self.notes, self.focal_mm)

    def over(self, background: tuple[int, int, int] = WHITE) -> npt.NDArray[np.uint8]:
        """Lay the picture over a plain ground.

        Args:
            background: sRGB, 0..255 each.

        Returns:
            (H, W, 3) uint8; blended in sRGB values, as picture viewers and the benchmarks do.
        """
        if self.alpha is None:
            return self.rgb
        weight = self.alpha.astype(np.float32)[..., None] / 255
        ground = np.asarray(background, np.float32)
        return _to_bytes(self.rgb.astype(np.float32) * weight + ground * (1 - weight))

    @cached_property
    def linear(self) -> npt.NDArray[np.float32]:
        """(H, W, 3) float32, 0..1, over white, with the sRGB curve undone (IEC 61966-2-1)."""
        steps = np.arange(256) / 255
        curve = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
        return curve.astype(np.float32)[self.over()]

    def save(self, path: Path) -> None:
        """Write a PNG: the old file or the new one, never half of each."""
        from seig_search.runs.atomic import write_png

        pixels = self.rgb if self.alpha is None else np.dstack([self.rgb, self.alpha])
        write_png(Path(path), pixels, None if self.focal_mm is None else with_focal(self.focal_mm))


def _resize(plane: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    picture = Image.fromarray(plane)
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS), np.float32)


def _to_bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    rounded: npt.NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded
