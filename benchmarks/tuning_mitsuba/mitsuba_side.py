"""Mitsuba's side: renders the truth, or finds it again with gradients and Adam. A job as JSON on stdin, one JSON object on stdout.

Runs in an interpreter that has Mitsuba, which the project itself does not need.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

BEGAN = time.perf_counter()

import drjit as dr  # noqa: E402 -- what importing takes is part of the answer
import mitsuba as mi  # noqa: E402
import numpy as np  # noqa: E402

mi.set_variant("llvm_ad_rgb")
mi.set_log_level(mi.LogLevel.Error)

from mitsuba_scene import load  # noqa: E402 -- needs the variant
from mitsuba_unknowns import CameraUnknowns, LightUnknowns  # noqa: E402
from scene import within  # noqa: E402

DEPTH = 5
STAYS = 5
"""So many iterations in a row within the finest level end a run."""


def encoded(linear: Any) -> Any:
    """Apply the sRGB curve to an array of linear values, 0..1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def decoded(picture: Any) -> Any:
    """Give the linear values of an 8-bit picture."""
    picture = picture / 255
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def psnr(linear: Any, target: Any) -> float:
    """Give the PSNR in dB of a linear picture against an 8-bit one, both as sRGB."""
    return float(-10 * np.log10(np.mean((np.round(encoded(linear) * 255) / 255 - target / 255) ** 2)))


def smaller(picture: Any, by: int) -> Any:
    """Average blocks of so many pixels; (H, W, 3)."""
    if by == 1:
        return picture
    height, width, channels = picture.shape
    blocks = dr.reshape(mi.TensorXf, picture, (height // by, by, width // by, by, channels))
    return dr.mean(dr.mean(blocks, axis=3), axis=1)


def truth(job: dict[str, Any]) -> dict[str, Any]:
    """Render the scene as it is into a file, 8 bit; tell how near a trial's noise lets it come."""
    scene = load(job.get("values", {}), job["width"], job["height"], {"type": "path", "max_depth": DEPTH})
    clean = np.round(encoded(np.array(mi.render(scene, spp=job["samples"], seed=999))) * 255).astype(np.uint8)
    np.save(job["file"], clean)
    return {"floor": psnr(np.array(mi.render(scene, spp=job["trial samples"], seed=0)), clean)}


def tune(job: dict[str, Any]) -> dict[str, Any]:
    """Find the truth from a start with Adam; the clock begins after the kernels are compiled."""
    imported = time.perf_counter() - BEGAN
    target, how, part = np.load(job["file"]), job["settings"], job["part"]
    side = how["shrink"]
    height, width = target.shape[0] // side, target.shape[1] // side
    small = decoded(target).reshape(height, side, width, side, 3).mean(axis=(1, 3))
    wanted = mi.TensorXf(small.astype(np.float32))
    if part == "camera":
        integrator = {"type": "prb_projective", "max_depth": how["depth"], "sppi": how["sppi"], "guiding": "none"}
    else:
        integrator = {"type": "prb", "max_depth": how["depth"]}
    began = time.perf_counter()
    scene = load(job["start"] if part == "light" else {}, width, height, integrator)
    kind = LightUnknowns if part == "light" else CameraUnknowns
    unknowns = kind(mi.traverse(scene), job["start"])
    loaded = time.perf_counter() - began

    adam = mi.ad.Adam(lr=how["rate"])
    usual = mi.Float(0)
    adam["u"] = unknowns.start()

    def step(count: int) -> None:
        nonlocal usual
        unknowns.put(adam["u"])
        picture = mi.render(scene, unknowns.parameters, spp=how["samples"], seed=2 * count, seed_grad=2 * count + 1)
        loss = mi.Float(0)
        for by in how["pyramid"]:
            loss += dr.mean(dr.square(smaller(picture, by) - smaller(wanted, by)), axis=None).array * by
        dr.backward(loss)
        if how["clip"]:
            # Projective sampling gives a gradient now and then that is far too large; one such throws the camera metres away.
            slope = dr.grad(adam["u"])
            usual = dr.select(usual > 0, usual, dr.abs(slope))
            slope = dr.clip(slope, -how["clip"] * usual, how["clip"] * usual)
            usual = 0.9 * usual + 0.1 * dr.abs(slope)
            dr.set_grad(adam["u"], slope)
        adam.set_learning_rate(how["rate"] * how["decay"] ** (count / how["iterations"]))
        adam.step()
        adam["u"] = unknowns.clipped(adam["u"])
        dr.eval(adam["u"], usual)
        dr.sync_thread()

    began = time.perf_counter()
    for count in (0, 1):
        step(count)
    compiled = time.perf_counter() - began
    adam.reset("u")
    adam["u"] = unknowns.start()

    path, inside = [], 0
    began, busy = time.perf_counter(), time.process_time()
    for count in range(how["iterations"]):
        step(count)
        values = unknowns.values(adam["u"])
        path.append((time.perf_counter() - began, time.process_time() - busy, values))
        inside = inside + 1 if within(part, values, -1) else 0
        if inside >= STAYS or path[-1][0] > how["seconds"]:
            break
    judge = {"type": "path", "max_depth": DEPTH}
    shape = (target.shape[1], target.shape[0])
    ends = [np.array(mi.render(load(v, *shape, judge), spp=job["trial samples"])) for v in (job["start"], path[-1][2])]
    return {
        "import": imported,
        "load": loaded,
        "compile": compiled,
        "path": path,
        "start psnr": psnr(ends[0], target),
        "psnr": psnr(ends[1], target),
    }


def main() -> None:
    job = json.load(sys.stdin)
    print(json.dumps((truth if job["do"] == "truth" else tune)(job)))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
