"""Operators of Blender, called without what ``bpy.ops`` does around them.

``bpy.ops`` evaluates the view layer before and after each operator. A save needs none of that: on a heavy scene it is most
of the time, and programs that go on in a kept scene would find evaluated data where a fresh process has none yet.
"""

from __future__ import annotations

from typing import Any

from _bpy import ops as _operators

__all__ = ["save_copy"]


def save_copy(path: str, compress: bool) -> None:
    """Write the open file.

    Args:
        path: Where to.
        compress: Whether to compress it.

    Raises:
        RuntimeError: Blender reported an error.
    """
    settings: dict[str, Any] = {"filepath": path, "copy": True, "compress": compress, "check_existing": False}
    _operators.call("wm.save_as_mainfile", settings, "EXEC_DEFAULT", False)
