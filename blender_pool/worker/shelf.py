"""Lamps that were taken back are laid aside and used again, so that they keep their places in what Cycles keeps.

Which lamp a ray is sent to follows from a random number and the order of Cycles' objects. In data that it keeps, new objects take the
places of those that left in an order that hangs on addresses in memory; only the very same objects keep theirs.
"""

from __future__ import annotations

from typing import Any

import bpy
from dialect import SEEN_LATE

__all__ = ["Order", "Shelf"]

PLAIN = {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"}
# Sorts behind other names, so that places in lists stay.
LAID = "\x7flaid aside"


def _looks(item: Any) -> dict[str, Any]:
    """All settings of an object that a program can make, apart from its name and data and what evaluation makes."""
    found: dict[str, Any] = {}
    for setting in item.bl_rna.properties:
        name = setting.identifier
        if name in ("name", "data") or name in SEEN_LATE:
            continue
        if setting.type in PLAIN:
            if not setting.is_readonly:
                value = getattr(item, name)
                found[name] = value if isinstance(value, str | int | float | set) else str([*map(_flat, value)])
        elif setting.type == "COLLECTION":
            found[name] = len(getattr(item, name))
        elif not setting.is_readonly:
            found[name] = getattr(item, name)
    found["animation_data"] = item.animation_data
    found["own"] = list(item.keys())
    return found


def _flat(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else tuple(value)


class Shelf:
    """Lamps laid aside."""

    def __init__(self) -> None:
        self._laid: list[Any] = []
        self._filler: Any = None
        self._model: dict[str, Any] = {}

    @property
    def addresses(self) -> set[int]:
        """What lies here, with its filler: nothing that belongs to the scene."""
        items = self._laid if self._filler is None else [*self._laid, self._filler]
        return {item.as_pointer() for item in items}

    def take(self, name: str, data: Any) -> Any:
        """A lamp from the shelf, as ``bpy.data.objects.new`` would make it; None if there is none."""
        if not self._laid:
            return None
        item = self._laid.pop()
        item.data = data
        item.name = name
        return item

    def learn(self, item: Any) -> None:
        """Look at a lamp that was just made: how one looks that is laid aside."""
        if not self._model:
            self._model = _looks(item)

    def lay(self, item: Any) -> bool:
        """Lay a lamp aside.

        Returns:
            False if it is not as new; it is then to be removed.
        """
        if _looks(item) != self._model:
            return False
        if self._filler is None:
            # An object goes with its data, so it is given other data first.
            self._filler = bpy.data.lights.new(LAID, "POINT")
        item.data = self._filler
        item.name = LAID
        self._laid.append(item)
        return True

    def clear(self) -> None:
        """Remove all that lies here, before a program that would see it."""
        for item in self._laid:
            bpy.data.objects.remove(item)
        if self._filler is not None:
            bpy.data.lights.remove(self._filler)
        self._laid, self._filler = [], None


class Order:
    """Whether Cycles' objects are in the order of a fresh process: they are the very ones of the last render."""

    def __init__(self) -> None:
        self._last: list[Any] = []

    @staticmethod
    def _of(scene: Any) -> list[Any] | None:
        found: list[Any] = []
        for layer in scene.view_layers:
            for item in layer.objects:
                if item.type == "CAMERA":
                    continue
                repeats = item.instance_type != "NONE" or item.particle_systems
                if repeats or any(modifier.type == "NODES" for modifier in item.modifiers):
                    return None
                found.append((item.session_uid, item.hide_render, item.hide_viewport, item.hide_get(view_layer=layer)))
        for group in (scene.collection, *bpy.data.collections):
            found.append((group.session_uid, group.hide_render, group.hide_viewport))
        return found

    def keep_or_free(self, scene: Any) -> None:
        """Throw away what Cycles keeps if its order could be another than in a fresh process.

        Args:
            scene: The scene that is rendered next.
        """
        now = self._of(scene)
        if self._last and now != self._last and scene.render.use_persistent_data:
            scene.render.use_persistent_data = False
            scene.render.use_persistent_data = True
        self._last = now or [None]
