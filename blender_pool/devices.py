"""What Cycles computes on."""

from __future__ import annotations

from collections.abc import Iterable

from seig_search.errors import SeigError

__all__ = ["DEVICES", "choose_device"]

GPUS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")
DEVICES = ("CPU", *GPUS, "auto")
"""What the pool option ``device`` may be."""


def choose_device(wish: str, found: Iterable[str]) -> str:
    """Choose the kind of device for a machine.

    Args:
        wish: One of ``DEVICES``; ``auto`` takes the first kind of GPU that has a device, else ``CPU``.
        found: The machine's devices as Blender lists them: ``KIND: NAME``.

    Raises:
        SeigError: The machine has no device of that kind.
    """
    listed = sorted(found)
    kinds = {entry.partition(":")[0] for entry in listed}
    if wish == "auto":
        return next((kind for kind in GPUS if kind in kinds), "CPU")
    if wish != "CPU" and wish not in kinds:
        raise SeigError(
            f"the pool option device={wish} finds no such device here; Blender lists {', '.join(listed) or 'none'}: "
            "install the driver, or set device to 'CPU' or 'auto'"
        )
    return wish
