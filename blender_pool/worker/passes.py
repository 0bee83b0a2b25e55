"""Layers of numbers beside the picture: what each needs of the scene, and how it is read after the render.

They come from the render that gives the picture, out of Cycles' own result at the moment it is done: without a window
Blender hands out the numbers of a pass to its render engine only, and writing an OpenEXR file instead needs threads
that a forked process does not have. Reading 40 channels of 512 x 512 pixels takes 25 ms.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from changes import Changes
from surface import COLUMNS, surface_points

__all__ = ["Layers", "NotFinite", "TooMuch"]

MOST_BYTES = 512 << 20
MOST_LIGHTS = 64
MOST_INDEX = 32767
NOWHERE = 1e9
CHANNELS = {
    "alpha": 1,
    "depth": 1,
    "normal": 3,
    "object_index": 1,
    "material_index": 1,
    "albedo": 3,
    "denoising_normal": 3,
    "linear": 3,
    "surface": COLUMNS,
}
PLAIN = {"normal": "Normal", "albedo": "Denoising Albedo", "denoising_normal": "Denoising Normal"}
RENDERED = {"MESH", "CURVE", "SURFACE", "META", "FONT", "VOLUME", "CURVES", "POINTCLOUD"}


class TooMuch(Exception):
    """The layers would be larger than may be sent, or the scene has more parts than a layer can tell apart."""


class NotFinite(Exception):
    """A layer holds what is no number."""


class Layers:
    """The layers of one render; entered before it, read after it, left when the scene may be as it was.

    Args:
        scene: The scene.
        wanted: Names of layers, in the order in which they are sent.
        denoise: Whether the denoiser runs.

    Raises:
        TooMuch: Before anything is changed.
    """

    def __init__(self, scene: Any, wanted: list[str], denoise: bool | str) -> None:
        self._scene, self._wanted, self._denoise = scene, wanted, bool(denoise)
        self._found: dict[str, Any] = {}
        self._changes = Changes()
        self._layer = next((layer for layer in scene.view_layers if layer.use), scene.view_layers[0])
        self._lights = [
            item
            for item in bpy.data.objects
            if item.type == "LIGHT" and not item.hide_render and item.users_collection and "lights" in wanted
        ]
        self._indexed = {
            "object_index": [item for item in bpy.data.objects if item.type in RENDERED],
            "material_index": list(bpy.data.materials),
        }
        self._groups = [*(str(index) for index in range(len(self._lights))), "world", "rest"]
        self.names: dict[str, list[str]] = {}
        self._check()

    def _check(self) -> None:
        if len(self._lights) > MOST_LIGHTS:
            raise TooMuch(f"the scene has {len(self._lights)} lights; the pass 'lights' gives at most {MOST_LIGHTS}")
        for name, items in self._indexed.items():
            if name in self._wanted and len(items) > MOST_INDEX:
                raise TooMuch(f"the pass '{name}' tells at most {MOST_INDEX} apart; the scene has {len(items)}")
        channels = sum(CHANNELS.get(name, 3 * (len(self._lights) + 2)) for name in self._wanted)
        size = 4 * channels * self._scene.render.resolution_x * self._scene.render.resolution_y
        if size > MOST_BYTES:
            raise TooMuch(
                f"the passes would be {size >> 20} MiB; at most {MOST_BYTES >> 20}: ask for fewer or smaller ones"
            )

    def __enter__(self) -> Layers:
        if not self._wanted:
            return self
        layer, wanted, change = self._layer, self._wanted, self._changes.set
        change(layer, "use_pass_combined", True)
        change(layer, "use_pass_z", "depth" in wanted)
        change(layer, "use_pass_normal", "normal" in wanted)
        change(layer, "use_pass_object_index", "object_index" in wanted)
        change(layer, "use_pass_material_index", "material_index" in wanted)
        noisy = self._denoise and ("linear" in wanted or "lights" in wanted)
        guides = noisy or "albedo" in wanted or "denoising_normal" in wanted
        change(layer.cycles, "denoising_store_passes", guides)
        for name, items in self._indexed.items():
            if name in wanted:
                for index, item in enumerate(items):
                    change(item, "pass_index", index + 1)
        if "lights" in wanted:
            self._group_lights()
        self._listen()
        return self

    def _listen(self) -> None:
        """Take the passes from the engine's hands when Cycles is done with the view layer."""
        from cycles import CyclesRender

        render = CyclesRender.render

        def render_and_keep(engine: Any, graph: Any) -> None:
            render(engine, graph)
            result = engine.get_result()
            size = result.resolution_y, result.resolution_x
            for layer in result.layers:
                if layer.name == self._layer.name:
                    for one in layer.passes:
                        values = np.empty((*size, one.channels), np.float32)
                        one.rect.foreach_get(values.reshape(-1))
                        # Blender's rows begin at the bottom.
                        self._found[one.name] = values[::-1]

        self._changes.set(CyclesRender, "render", render_and_keep)

    def _group_lights(self) -> None:
        layer, change = self._layer, self._changes.set
        groups = layer.lightgroups
        mine = self._groups
        old = [group.name for group in groups]
        for group in list(groups):
            groups.remove(group)
        for name in mine:
            groups.add(name=name)

        def restore() -> None:
            for group in list(groups):
                groups.remove(group)
            for name in old:
                groups.add(name=name)

        self._changes.later(restore)
        place = dict(zip(self._lights, mine, strict=False))
        for item in bpy.data.objects:
            change(item, "lightgroup", place.get(item, "rest"))
        for world in bpy.data.worlds:
            change(world, "lightgroup", "world")

    def __exit__(self, *_: object) -> None:
        self._changes.__exit__()

    def read(self) -> list[bytes]:
        """Read the layers of the render that was just made.

        Returns:
            Little-endian numbers, one block of bytes for each wanted layer, rows from the top; ``names`` is set.

        Raises:
            NotFinite: The render holds what is no number.
            ValueError: Cycles gave no result.
        """
        if not self._wanted:
            return []
        if "Combined" not in self._found:
            raise ValueError("Cycles gave no result")
        return [self._block(name) for name in self._wanted]

    def _block(self, name: str) -> bytes:
        found = self._found
        if name in self._indexed:
            return self._index(name, found["IndexOB" if name == "object_index" else "IndexMA"])
        if name == "alpha":
            values = found["Combined"][..., 3]
        elif name == "depth":
            values = np.where(found["Depth"] < NOWHERE, found["Depth"], np.float32(np.inf))
        elif name == "surface":
            size = self._scene.render.resolution_y, self._scene.render.resolution_x
            points, self.names[name] = surface_points(self._scene, size[0] * size[1])
            values = points.reshape(*size, COLUMNS)
        elif name == "linear":
            values = found.get("Noisy Image", found["Combined"])[..., :3]
        elif name == "lights":
            self.names[name] = [*(light.name for light in self._lights), "world", "emission"]
            values = np.stack([found[f"Combined_{group}"] for group in self._groups])
        else:
            values = found[PLAIN[name]]
        if np.isnan(values).any() or (name != "depth" and np.isinf(values).any()):
            raise NotFinite(
                f"the pass '{name}' holds values that are no numbers; a light or a colour is out of all bounds"
            )
        return np.ascontiguousarray(values, "<f4").tobytes()

    def _index(self, name: str, values: Any) -> bytes:
        """Number what is in the picture, in the order of the names; 0 stays the background."""
        seen, places = np.unique(np.append(values.astype(np.int64).ravel(), 0), return_inverse=True)
        items = self._indexed[name]
        self.names[name] = ["", *(items[number - 1].name for number in seen.tolist() if number)]
        return places[:-1].astype("<i4").tobytes()

    def seen(self, blocks: list[bytes]) -> dict[str, int] | None:
        """Pixels by name of object, from what ``read`` gave; None if ``object_index`` was not asked for."""
        if "object_index" not in self._wanted:
            return None
        counts = np.bincount(np.frombuffer(blocks[self._wanted.index("object_index")], "<i4"))
        return {name: int(count) for name, count in zip(self.names["object_index"], counts, strict=True) if name}
