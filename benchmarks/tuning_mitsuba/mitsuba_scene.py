"""The scene as a Mitsuba dictionary, and its unknowns as parameters of Mitsuba."""

from __future__ import annotations

from typing import Any

import mitsuba as mi
from scene import AREA_SHARE, SCENE, Lamp, Values, camera_matrix, true_values

__all__ = ["camera_pose", "load", "radiance"]


def radiance(lamp: Lamp) -> float:
    """Give the factor from Blender's watts to Mitsuba's radiance."""
    return AREA_SHARE / lamp.size**2


def camera_pose(values: Values) -> list[list[float]]:
    """Give the camera's matrix (4, 4): Blender's looks along -z with x to the right, Mitsuba's along z with x to the left."""
    turn, place = camera_matrix(values), [values[f"CAMERA_{axis}"] for axis in "XYZ"]
    return [[-row[0], row[1], -row[2], at] for row, at in zip(turn, place, strict=True)] + [[0, 0, 0, 1]]  # type: ignore[list-item]


def load(values: Values, width: int, height: int, integrator: dict[str, Any]) -> Any:
    """Make the scene.

    Args:
        values: What differs from the truth, by name.
        width: Of the picture in pixels.
        height: Of the picture in pixels.
        integrator: Mitsuba's settings of it.
    """
    now = {**true_values("light"), **true_values("camera"), **values}
    move = mi.ScalarTransform4f
    whole: dict[str, Any] = {"type": "scene", "integrator": integrator}

    def paint(rgb: Any) -> dict[str, Any]:
        return {"type": "diffuse", "reflectance": {"type": "rgb", "value": list(rgb)}}

    half = SCENE.floor_size / 2
    whole["FLOOR"] = {"type": "rectangle", "to_world": move().scale([half, half, 1]), "bsdf": paint(SCENE.floor_rgb)}
    for box in SCENE.boxes:
        place = move().translate(list(box.place)).rotate([0, 0, 1], box.turn).scale([part / 2 for part in box.size])
        whole[box.name] = {"type": "cube", "to_world": place, "bsdf": paint(now[f"{box.name}_RGB"])}
    for ball in SCENE.balls:
        whole[ball.name] = {
            "type": "sphere",
            "center": list(ball.place),
            "radius": ball.radius,
            "bsdf": paint(now[f"{ball.name}_RGB"]),
        }
    for lamp in SCENE.lamps:
        watts, tint = now[f"{lamp.name}_ENERGY"], now[f"{lamp.name}_LIGHT_RGB"]
        glow = {"type": "rgb", "value": [float(watts) * float(part) * radiance(lamp) for part in tint]}  # type: ignore[arg-type, union-attr]
        side = lamp.size / 2
        place = move().look_at(origin=list(lamp.place), target=[0, 0, 0], up=[0, 0, 1]).scale([side, side, 1])
        whole[lamp.name] = {"type": "rectangle", "to_world": place, "emitter": {"type": "area", "radiance": glow}}
    whole["sensor"] = {
        "type": "perspective",
        "fov": SCENE.camera.fov,
        "fov_axis": "x",
        "to_world": move(camera_pose(now)),
        "film": {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"}},
        "sampler": {"type": "independent"},
    }
    return mi.load_dict(whole)
