"""Balls that are drawn by tracing rays, and a camera: a scene without Blender."""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np

from seig_search.candidate import Status
from seig_search.program.parameter import Parameter
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import Trial, TuningProblem
from seig_search.tuning.scene_look import SceneLook

SIDE = 64
NAMES = ("Red", "Green", "Blue", "Grey")
PAINTS = np.array([(0.8, 0.05, 0.05), (0.05, 0.6, 0.1), (0.05, 0.1, 0.7), (0.4, 0.4, 0.4)])
RADII = np.array([0.5, 0.4, 0.6, 0.3])
TRUTH = {"CAMERA_X": 0.0, "CAMERA_Z": 0.0, "DISTANCE": 6.0, "FOV": 40.0, "BALL_X": 0.9}
START = {"CAMERA_X": 1.1, "CAMERA_Z": -0.8, "DISTANCE": 8.5, "FOV": 52.0, "BALL_X": 0.2}
RANGES = {"CAMERA_X": (-3, 3), "CAMERA_Z": (-3, 3), "DISTANCE": (3, 12), "FOV": (20, 80), "BALL_X": (-1.5, 1.5)}


def centres(values):
    return np.array([(-1.0, 0.0, 0.6), (0.0, 0.5, -0.5), (values["BALL_X"], 0.0, 0.5), (-0.7, -0.6, -0.8)])


def draw(values, light=1.0):
    focal = 1 / np.tan(np.radians(values["FOV"]) / 2)
    y, x = np.mgrid[SIDE:0:-1, 0:SIDE]
    rays = np.stack([(2 * (x + 0.5) / SIDE - 1) / focal, np.ones(x.shape), (2 * (y - 0.5) / SIDE - 1) / focal], -1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    eye = np.array([values["CAMERA_X"], -values["DISTANCE"], values["CAMERA_Z"]])
    picture, nearest = np.full((SIDE, SIDE, 3), 0.5), np.full((SIDE, SIDE), np.inf)
    for centre, radius, paint in zip(centres(values), RADII, PAINTS, strict=True):
        along = rays @ (centre - eye)
        inside = radius**2 - ((centre - eye) ** 2).sum() + along**2
        far = along - np.sqrt(np.maximum(inside, 0))
        hit = (inside > 0) & (far < nearest)
        normal = (eye + far[..., None] * rays - centre) / radius
        shade = light * np.clip(normal @ np.array([-0.5, -0.6, 0.62]), 0.1, 1)
        picture[hit] = np.clip(shade[..., None] * paint, 0, 1)[hit] ** (1 / 2.2)
        nearest[hit] = far[hit]
    return np.dstack([255 * picture, np.full((SIDE, SIDE), 255)]).round().astype(np.uint8)


class Balls:
    def __init__(self):
        self.target = Target.from_array(draw(TRUTH))
        self.rendered = self.built = 0

    def trial(self, values):
        # Twice as bright as the target: the camera is to be found all the same.
        picture = draw({**START, **values}, light=2.0)
        off = np.mean((picture[..., :3] / 255.0 - self.target.rgb / 255.0) ** 2)
        return Trial(Status.OK, float(np.exp(-10 * off)), {}, lambda: picture)

    def submit(self, values):
        self.rendered += 1
        return done(self.trial(values))

    def scenes(self, values, surface):
        self.built += 1
        now = {**START, **values}
        camera = np.array(
            [[1, 0, 0, now["CAMERA_X"]], [0, 0, -1, -now["DISTANCE"]], [0, 1, 0, now["CAMERA_Z"]], [0, 0, 0, 1]]
        )
        focal = 1 / np.tan(np.radians(now["FOV"]) / 2)
        projection = [[focal, 0, 0, 0], [0, focal, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]]
        corners = np.array([(x, y, z) for x in (-1, 1) for y, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))], float)
        objects, points = [], []
        rng = np.random.default_rng(0)
        for index, (name, centre, radius) in enumerate(zip(NAMES, centres(now), RADII, strict=True)):
            matrix = np.eye(4)
            matrix[:3, 3] = centre
            objects.append(
                {"name": name, "matrix_world": matrix, "bbox_world": centre + radius * corners, "materials": [name]}
            )
            normals = rng.normal(size=(1500, 3))
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            tags = np.tile([index, 0], (1500, 1))
            points.append(np.concatenate([centre + radius * normals, normals, tags], axis=1))
        materials = [
            {"name": name, "base_color": list(paint), "textured": []} for name, paint in zip(NAMES, PAINTS, strict=True)
        ]
        facts = {
            "camera": {"matrix_world": camera, "projection": projection},
            "objects": objects,
            "materials": materials,
        }
        return done(SceneLook(facts, np.concatenate(points).astype(np.float32) if surface else None, NAMES))

    def problem(self, renders=20, **changes):
        parameters = tuple(
            Parameter(key, key, START[key], "float", *RANGES[key], False, "", (), Stage.COMPOSITION, 1, True)
            for key in START
        )
        given = {"target": self.target, "scenes": self.scenes, **changes}
        return TuningProblem(parameters, self.trial({}), renders, 2, Stage.COMPOSITION, **given)


def done(value):
    future = Future()
    future.set_result(value)
    return future
