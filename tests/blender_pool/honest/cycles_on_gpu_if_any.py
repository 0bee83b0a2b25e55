"""Asks for a GPU as tutorials do, and falls back to the processor."""
import bpy


def use_gpu():
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL"):
        try:
            preferences.compute_device_type = kind
        except TypeError:
            continue
        preferences.get_devices()
        found = [device for device in preferences.devices if device.type == kind]
        for device in preferences.devices:
            device.use = True
        if found:
            return kind
    return "CPU"


scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.device = "GPU" if use_gpu() != "CPU" else "CPU"
# Some scripts ask for it without looking.
scene.cycles.device = "GPU"
bpy.data.objects["Cube"].scale = (1.5, 0.7, 0.7)
