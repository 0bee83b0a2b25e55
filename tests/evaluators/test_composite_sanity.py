"""The composite wants what people want: the right scene a little off, not grey mush in the right place."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from seig_search.evaluators import (
    ColourEvaluator,
    Composite,
    DetailEvaluator,
    EdgesEvaluator,
    PixelEvaluator,
    SilhouetteEvaluator,
    StructureEvaluator,
)
from seig_search.scoring import Measurer
from seig_search.stages import STAGES
from seig_search.target import Target

MEASURER = Measurer(
    [
        PixelEvaluator(),
        StructureEvaluator(),
        ColourEvaluator(),
        EdgesEvaluator(),
        DetailEvaluator(),
        SilhouetteEvaluator(),
    ]
)
COMPOSITE = Composite(known=list(MEASURER.specs))
SIDE = 128
VIEWS = [*STAGES, None]


def scene(seed, *, shift=0.0, objects=4, keep=None, ground=230):
    """Draw shaded, textured discs and boxes; shift is a share of the width. Gives (H, W, 4) uint8 with alpha."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    columns = columns - shift * SIDE
    image = np.full((SIDE, SIDE, 3), float(ground))
    alpha = np.zeros((SIDE, SIDE))
    for index in range(objects):
        x, y = generator.uniform(0.25, 0.7, 2) * SIDE
        size = generator.uniform(0.09, 0.17) * SIDE
        colour = generator.uniform(30, 220, 3)
        frequency, angle = generator.uniform(0.4, 1.2), generator.uniform(0, np.pi)
        is_disc = index % 2 == 0
        if keep is not None and index not in keep:
            continue
        dx, dy = columns - x, rows - y
        reach = np.hypot(dx, dy) if is_disc else np.maximum(abs(dx), abs(dy))
        cover = np.clip(size - reach + 0.5, 0, 1)
        shade = np.clip(0.75 - 0.5 * (dx + dy) / (2 * size), 0.2, 1.2)
        texture = 1 + 0.25 * np.sin(frequency * (dx * np.cos(angle) + dy * np.sin(angle)))
        body = colour * (shade * texture)[..., None]
        image = image * (1 - cover[..., None]) + body * cover[..., None]
        alpha = np.maximum(alpha, cover)
    return np.dstack([np.clip(image, 0, 255), 255 * alpha]).round().astype(np.uint8)


def mush(picture, blur=3.0, keep=0.35):
    """Blur, desaturate and flatten towards the scene's own mean, every part in its place."""
    rgb = gaussian_filter(picture[..., :3].astype(float), (blur, blur, 0))
    grey = rgb.mean(axis=2, keepdims=True)
    rgb = grey + 0.3 * (rgb - grey)
    rgb = grey.mean() + keep * (rgb - grey.mean())
    return np.dstack([np.clip(rgb, 0, 255), picture[..., 3]]).round().astype(np.uint8)


def seen(picture, with_alpha):
    if with_alpha:
        return picture
    return np.dstack([picture[..., :3], np.full(picture.shape[:2], 255, np.uint8)])


def value(picture, target, stage):
    metrics = MEASURER.measure([picture], target)[0]
    return (COMPOSITE.overall(metrics) if stage is None else COMPOSITE.score(metrics, stage)).value


@pytest.mark.parametrize("with_alpha", [False, True], ids=["opaque", "alpha"])
@pytest.mark.parametrize("shift", [0.05, 0.08])
@pytest.mark.parametrize("seed", range(4))
def test_the_right_scene_misplaced_beats_grey_mush_in_place(seed, shift, with_alpha):
    original = scene(seed)
    target = Target.from_array(seen(original, with_alpha))
    moved = seen(scene(seed, shift=shift), with_alpha)
    flat = seen(mush(original), with_alpha)
    results = {str(stage): (value(moved, target, stage), value(flat, target, stage)) for stage in VIEWS}
    assert all(right > grey for right, grey in results.values()), results


@pytest.mark.parametrize("with_alpha", [False, True], ids=["opaque", "alpha"])
@pytest.mark.parametrize("seed", range(4))
def test_even_mild_mush_and_other_scenes_lose_to_the_right_one(seed, with_alpha):
    original = scene(seed)
    target = Target.from_array(seen(original, with_alpha))
    rivals = {"mild mush": mush(original, blur=1.2, keep=0.6), "another scene": scene(seed + 10)}
    moved = seen(scene(seed, shift=0.05), with_alpha)
    for stage in VIEWS:
        for name, rival in rivals.items():
            assert value(moved, target, stage) > value(seen(rival, with_alpha), target, stage), (name, stage)


def brighter(picture, factor):
    rgb = np.clip(picture[..., :3] * factor, 0, 255)
    return np.dstack([rgb, picture[..., 3]]).astype(np.uint8)


def hued(picture, share):
    rgb = picture[..., :3].astype(float)
    return np.dstack([(1 - share) * rgb + share * rgb[..., [1, 2, 0]], picture[..., 3]]).astype(np.uint8)


def softened(picture, sigma):
    rgb = gaussian_filter(picture[..., :3].astype(float), (sigma, sigma, 0))
    return np.dstack([rgb, picture[..., 3]]).astype(np.uint8)


SEQUENCES = {
    "shift": lambda seed: [scene(seed, shift=d) for d in (0.0, 0.01, 0.03, 0.06, 0.1)],
    "hue": lambda seed: [hued(scene(seed), share) for share in (0.0, 0.1, 0.25, 0.5)],
    "blur": lambda seed: [scene(seed), *(softened(scene(seed), sigma) for sigma in (0.7, 1.5, 3.0, 6.0))],
    "missing": lambda seed: [scene(seed, keep=keep) for keep in ({0, 1, 2, 3}, {0, 1, 2}, {0, 1}, {0}, set())],
    "darker": lambda seed: [brighter(scene(seed), factor) for factor in (1.0, 0.9, 0.75, 0.55, 0.3)],
}


@pytest.mark.parametrize("with_alpha", [False, True], ids=["opaque", "alpha"])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_growing_damage_never_pays(kind, with_alpha):
    broken = []
    for seed in range(3):
        pictures = [seen(picture, with_alpha) for picture in SEQUENCES[kind](seed)]
        target = Target.from_array(pictures[0])
        measured = MEASURER.measure(pictures, target)
        for stage in VIEWS:
            scores = [
                (COMPOSITE.overall(metrics) if stage is None else COMPOSITE.score(metrics, stage)).value
                for metrics in measured
            ]
            assert scores[0] > 0.99
            assert max(scores[1:]) < scores[0]
            broken += [(seed, stage, scores) for a, b in pairwise(scores) if b > a + 0.005]
    assert not broken
