"""How two pictures are made comparable before anything is measured; written with every number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from seig_search.errors import UsageError, nearest
from seig_search.target import LEAST_SIDE, WHITE, Target

__all__ = ["PROTOCOLS", "Protocol", "find_protocol"]

Bytes = npt.NDArray[np.uint8]
Alignment = Literal["stretch", "crop", "fit", "same"]
ColourSpace = Literal["srgb", "linear"]

INSIDE = "target-alpha"
SAME_ASPECT = 0.005
"""Aspects that differ by less, relatively, are those of one picture at two rounded sizes."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is done to a render and its target before they are measured.

    Args:
        name: For people.
        background: What transparent pixels are laid over: ``#rrggbb``, sRGB. White (``#ffffff``) keeps alpha, so that silhouettes can be
            compared; other colours make both pictures opaque. ``target-alpha`` cuts both out by the target's alpha, over white: only
            what the target covers counts.
        resolution: ``render`` brings the target to the render's size, ``target`` the render to the target's; a number is the
            longer side in px of both.
        alignment: Where the aspects differ: ``stretch`` the one that is brought to the other's size, ``crop`` the middle out of it, ``fit`` it in with
            the background around, or ``same``: refuse.
        colour: ``srgb`` compares display values, ``linear`` those of light (IEC 61966-2-1 undone, rounded to 8 bits).

    Raises:
        UsageError: A value is none of these.
    """

    name: str = "default"
    background: str = "#ffffff"
    resolution: str = "render"
    alignment: Alignment = "stretch"
    colour: ColourSpace = "srgb"

    def __post_init__(self) -> None:
        if self.background != INSIDE and not re.fullmatch(r"#[0-9a-f]{6}", self.background):
            raise UsageError(f"the background is {self.background!r}; give #rrggbb in small letters, or {INSIDE}")
        if self.resolution not in ("render", "target") and not (
            self.resolution.isascii() and self.resolution.isdigit() and LEAST_SIDE <= int(self.resolution) <= 16384
        ):
            raise UsageError(
                f"the resolution is {self.resolution!r}; give render, target, or a longer side of {LEAST_SIDE} to 16384 px"
            )
        for name, kinds in (("alignment", get_args(Alignment)), ("colour", get_args(ColourSpace))):
            value = getattr(self, name)
            if value not in kinds:
                raise UsageError(f"the {name} is {value!r}{nearest(value, kinds)}")

    def as_dict(self) -> dict[str, str]:
        """Give the settings as plain values."""
        return asdict(self)

    def with_settings(self, settings: Mapping[str, str]) -> Protocol:
        """Change settings; the name then says so.

        Args:
            settings: By name, as text.

        Raises:
            UsageError: An unknown setting, or a value that is none.
        """
        known = [field.name for field in fields(self) if field.name != "name"]
        for name in settings:
            if name not in known:
                raise UsageError(f"unknown setting {name!r} of a protocol{nearest(name, known)}")
        changed: dict[str, Any] = dict(settings)
        made = replace(self, **changed)
        return made if made == self else replace(made, name=f"{self.name}, changed")

    def apply(self, render: Bytes, target: Target) -> tuple[Bytes, Target, tuple[str, ...]]:
        """Prepare a pair for the evaluators.

        Args:
            render: (H, W, 4) uint8, sRGB, straight alpha.
            target: The target.

        Returns:
            The render and the target as they are to be measured, and a sentence for each thing that was done.

        Raises:
            UsageError: The aspects differ and may not.
        """
        ours = Target.from_array(render) if render[..., 3].any() else _empty(render)
        notes: list[str] = []
        if abs(ours.aspect / target.aspect - 1) > SAME_ASPECT:
            ours, target = self._aligned(ours, target, notes)
        ours, target = self._sized(ours, target, notes)
        if self.background == INSIDE:
            ours, target = _cut_out(ours, target, notes)
        elif self.background != "#ffffff":
            ground = tuple(int(self.background[k : k + 2], 16) for k in (1, 3, 5))
            ours, target = _opaque(ours, ground), _opaque(target, ground)
        if self.colour == "linear":
            ours, target = _linear(ours), _linear(target)
        alpha = np.full(ours.rgb.shape[:2], 255, np.uint8) if ours.alpha is None else ours.alpha
        return np.dstack([ours.rgb, alpha]), target, tuple(notes)

    def _aligned(self, ours: Target, target: Target, notes: list[str]) -> tuple[Target, Target]:
        sizes = f"{ours.width}x{ours.height} against {target.width}x{target.height} px"
        if self.alignment == "same":
            raise UsageError(
                f"render and target differ in aspect ({sizes}), which the protocol {self.name!r} does not allow: render "
                "at the target's aspect, or set alignment to stretch, crop or fit"
            )
        word = {"stretch": "stretched", "crop": "cropped", "fit": "fitted in"}[self.alignment]
        moved = "render" if self.resolution == "target" else "target"
        notes.append(f"aspects differ ({sizes}): the {moved} was {word}")
        if self.alignment == "stretch":
            return ours, target
        if moved == "render":
            return _reshaped(ours, target.aspect, self.alignment, self._ground), target
        return ours, _reshaped(target, ours.aspect, self.alignment, self._ground)

    @property
    def _ground(self) -> tuple[int, ...]:
        if self.background == INSIDE:
            return WHITE
        return tuple(int(self.background[k : k + 2], 16) for k in (1, 3, 5))

    def _sized(self, ours: Target, target: Target, notes: list[str]) -> tuple[Target, Target]:
        width, height = (target.width, target.height) if self.resolution == "target" else (ours.width, ours.height)
        if self.resolution.isdigit():
            factor = int(self.resolution) / max(width, height)
            width, height = max(1, round(width * factor)), max(1, round(height * factor))
        for what, picture in (("render", ours), ("target", target)):
            if (picture.width, picture.height) != (width, height):
                notes.append(f"the {what} was scaled from {picture.width}x{picture.height} to {width}x{height} px")
        return ours.sized(width, height), target.sized(width, height)


def _empty(render: Bytes) -> Target:
    """A render of nothing at all; a target may not be that, a render may."""
    return Target(np.full((*render.shape[:2], 3), 255, np.uint8), np.zeros(render.shape[:2], np.uint8))


def _alpha(picture: Target) -> Bytes:
    return np.full(picture.rgb.shape[:2], 255, np.uint8) if picture.alpha is None else picture.alpha


def _reshaped(picture: Target, aspect: float, how: str, ground: tuple[int, ...]) -> Target:
    """Crop the middle, or add a border on two sides, to get an aspect."""
    pixels = np.dstack([picture.rgb, _alpha(picture)])
    height, width = pixels.shape[:2]
    if how == "crop":
        wide, high = min(width, max(1, round(height * aspect))), min(height, max(1, round(width / aspect)))
        left, top = (width - wide) // 2, (height - high) // 2
        pixels = pixels[top : top + high, left : left + wide]
    else:
        wide, high = max(width, round(height * aspect)), max(height, round(width / aspect))
        border = np.zeros((high, wide, 4), np.uint8)
        border[..., :3] = ground
        # A picture without alpha gets an opaque border: its ground is part of it.
        border[..., 3] = 255 if picture.alpha is None else 0
        left, top = (wide - width) // 2, (high - height) // 2
        border[top : top + height, left : left + width] = pixels
        pixels = border
    alpha = None if picture.alpha is None else np.ascontiguousarray(pixels[..., 3])
    return Target(np.ascontiguousarray(pixels[..., :3]), alpha, picture.name, picture.notes)


def _cut_out(ours: Target, target: Target, notes: list[str]) -> tuple[Target, Target]:
    if target.alpha is None:
        notes.append("the target has no alpha, so all of it was compared")
        return ours, target
    return Target(ours.over().copy(), target.alpha.copy(), ours.name), target


def _opaque(picture: Target, ground: tuple[int, ...]) -> Target:
    return Target(picture.over((ground[0], ground[1], ground[2])).copy(), None, picture.name, picture.notes)


def _linear(picture: Target) -> Target:
    steps = np.arange(256) / 255
    curve = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    table = np.rint(255 * curve).astype(np.uint8)
    alpha = None if picture.alpha is None else picture.alpha.copy()
    return Target(table[picture.rgb], alpha, picture.name, picture.notes)


PROTOCOLS: Mapping[str, Protocol] = {
    "default": Protocol(),
    # Mildenhall et al. 2020 (ECCV): pictures of the synthetic scenes over white, at the target's own size; means over pictures.
    "nerf-synthetic": Protocol("nerf-synthetic", resolution="target", alignment="same"),
    "inside": Protocol("inside", background=INSIDE, resolution="target"),
}


def find_protocol(name: str) -> Protocol:
    """Give a protocol by name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in PROTOCOLS:
        raise UsageError(f"unknown protocol {name!r}{nearest(name, PROTOCOLS)}")
    return PROTOCOLS[name]
