"""What a render costs, written into the scene over whatever the program had set."""

from __future__ import annotations

from typing import Any

import bpy

__all__ = ["apply_fidelity", "set_engine"]

ENGINES = {
    "CYCLES": ("CYCLES",),
    "EEVEE": ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE"),
    "WORKBENCH": ("BLENDER_WORKBENCH",),
}
WORKBENCH_SAMPLES = ((32, "32"), (16, "16"), (11, "11"), (8, "8"), (5, "5"), (1, "OFF"))


def set_engine(scene: Any, family: str) -> None:
    """Set the render engine.

    Args:
        scene: The scene to render.
        family: ``CYCLES``, ``EEVEE`` or ``WORKBENCH``.

    Raises:
        RuntimeError: This Blender has none of that family.
    """
    for name in ENGINES[family]:
        try:
            scene.render.engine = name
        except TypeError:
            continue
        return
    raise RuntimeError(f"this Blender has no engine of the family {family}")


def _use_device(scene: Any, kind: str) -> None:
    """Let Cycles compute on every device of a kind, and on nothing else."""
    scene.cycles.device = "CPU" if kind == "CPU" else "GPU"
    if kind == "CPU":
        return
    preferences = bpy.context.preferences.addons["cycles"].preferences
    preferences.compute_device_type = kind
    preferences.get_devices()
    for device in preferences.devices:
        device.use = device.type == kind
    if not any(device.use for device in preferences.devices):
        raise RuntimeError(f"there is no {kind} device here")


def apply_fidelity(scene: Any, fidelity: dict[str, Any], threads: int, device: str) -> list[str]:
    """Set size, samples, engine, seed and all that must not differ between renders that are compared.

    View transform, film, light bounces and dithering stay as the program wants them: they are part of the look.

    Args:
        scene: The scene to render.
        fidelity: ``width``, ``height``, ``samples``, ``engine``, ``denoise``, ``seed``, ``adaptive``.
        threads: Render threads, at least 1.
        device: What Cycles computes on: ``CPU``, ``CUDA``, ``OPTIX``, ``HIP``, ``METAL`` or ``ONEAPI``.

    Returns:
        Warnings about parts of the program that have no effect here.
    """
    warnings = []
    render = scene.render
    if scene.use_nodes and render.use_compositing and scene.node_tree and len(scene.node_tree.nodes) > 2:
        warnings.append("the program's compositor nodes were left out of the render")
    set_engine(scene, fidelity["engine"])
    render.resolution_x, render.resolution_y = fidelity["width"], fidelity["height"]
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.threads_mode, render.threads = "FIXED", threads
    render.use_border = render.use_crop_to_border = False
    render.use_compositing = render.use_sequencer = False
    render.use_multiview = render.use_stamp = False
    # Cycles rounds differently with kept data, so renders that are compared all have it, the first one too.
    render.use_persistent_data = True
    render.use_file_extension = render.use_overwrite = True
    render.use_placeholder = False
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"  # since Blender 5.0 it decides which formats there are
    settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", "8"
    settings.compression = 0
    settings.color_management = "FOLLOW_SCENE"
    samples = fidelity["samples"]
    if fidelity["engine"] == "CYCLES":
        cycles = scene.cycles
        _use_device(scene, device)
        cycles.samples, cycles.seed = samples, fidelity["seed"]
        cycles.use_animated_seed = False
        # Large pictures in tiles go through files; those of a search are small, and a picture is to be made in one way.
        cycles.use_auto_tile = False
        cycles.use_adaptive_sampling = fidelity["adaptive"] > 0
        if fidelity["adaptive"] > 0:
            cycles.adaptive_threshold, cycles.adaptive_min_samples = fidelity["adaptive"], 0
        cycles.time_limit = 0.0
        cycles.use_denoising = bool(fidelity["denoise"])
        if fidelity["denoise"]:
            cycles.denoiser = "OPENIMAGEDENOISE"
            cycles.denoising_use_gpu = device != "CPU"
            fast = fidelity["denoise"] == "fast"
            cycles.denoising_quality, cycles.denoising_prefilter = ("FAST", "FAST") if fast else ("HIGH", "ACCURATE")
    elif fidelity["engine"] == "EEVEE":
        scene.eevee.taa_render_samples = samples
    else:
        scene.display.render_aa = next(name for least, name in WORKBENCH_SAMPLES if samples >= least)
    return warnings
