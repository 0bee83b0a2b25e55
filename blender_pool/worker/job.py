"""One job: a clean slate, the program with its values, the view, the render, and what else was asked for."""

from __future__ import annotations

import ast
import contextlib
import linecache
import resource
import sys
import types
from pathlib import Path
from typing import Any

import bpy
from explain import PROGRAM, explain
from facts import scene_facts
from fidelity import apply_fidelity
from guard import Dishonest, check_honesty
from lineage import Lineage, Recorder, Unlike
from operators import save_copy
from own_renders import OwnRenders
from passes import Layers, NotFinite, TooMuch
from slate import Slate
from values import UnknownParameter, parse_with_values
from view import ViewFailed, placed_view

__all__ = ["run_job"]

Answer = tuple[dict[str, Any], list[bytes]]


def _broken(kind: str, message: str, hint: str = "") -> Answer:
    error = {"kind": kind, "message": message, "line": None, "source_line": "", "hint": hint}
    return {"status": "broken", "error": error}, []


def _run_program(source: str, tree: ast.Module, folder: Path) -> dict[str, Any]:
    """Run the program as ``__main__`` and give its namespace."""
    code = compile(tree, PROGRAM, "exec", dont_inherit=True)
    (folder / PROGRAM).write_text(source, encoding="utf-8", errors="surrogateescape")
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(keepends=True), PROGRAM)
    module = types.ModuleType("__main__")
    module.__file__ = PROGRAM
    sys.modules["__main__"] = module
    sys.argv[:] = [PROGRAM]
    exec(code, module.__dict__)
    return module.__dict__


def _saved_scene(path: Path) -> bytes:
    save_copy(str(path), compress=True)
    try:
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def run_job(request: dict[str, Any], slate: Slate) -> Answer:
    """Run a program and render it.

    Args:
        request: ``source``, ``values``, ``fidelity``, ``view``, ``passes``, ``layers``, ``threads``, ``device``.
        slate: What brings the process back to its start.

    Returns:
        A header (``status``, then ``error``, or ``facts``, ``names`` and ``warnings``) and blobs (a PNG, each layer's
        numbers, then a .blend file if it was asked for).
    """
    if request.get("kin"):
        return _run_kin(request, slate)
    slate.clear()
    source = request["source"]
    tree = None
    try:
        tree = parse_with_values(source, request["values"])
        with OwnRenders(request["threads"]) as own:
            namespace = _run_program(source, tree, slate.folder)
    except UnknownParameter as error:
        return _broken("UnknownParameter", str(error))
    except BaseException as error:
        # Whatever a program raises, even SystemExit and KeyboardInterrupt, is the program's failure.
        return {"status": "broken", "error": explain(error, source, tree)}, []
    try:
        return _render(request, slate.scratch, bpy.context.scene, own.warnings)
    finally:
        slate.forget_classes(namespace)


def _run_kin(request: dict[str, Any], slate: Slate) -> Answer:
    """Go on from the last program of the same beginning; ``unlike`` is the answer if that cannot be done."""
    try:
        if slate.lineage is None:
            slate.clear()
            slate.lineage = Lineage(slate.scratch)
        with OwnRenders(request["threads"]) as own:
            slate.lineage.run(request["source"], request["values"], request["fidelity"]["engine"])
        scene = Recorder(bpy.context.scene, slate.lineage.ledger)
        header, blobs = _render(request, slate.scratch, scene, own.warnings)
    except Exception as error:
        # Whatever went wrong, a fresh process tells the program's own failures best.
        sound = slate.lineage is not None and slate.lineage.is_sound and not isinstance(error, Unlike)
        return {"status": "unlike", "sound": sound, "why": f"{type(error).__name__}: {error}"[:300]}, []
    if slate.lineage.ledger.spent:
        header["spent"] = slate.lineage.ledger.spent
    return {**header, "resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}, blobs


def _render(request: dict[str, Any], scratch: Path, scene: Any, told: list[str]) -> Answer:
    if bpy.context.mode != "OBJECT":
        # Edits of an open edit mode reach the mesh only when it is left.
        bpy.ops.object.mode_set(mode="OBJECT")
    fidelity = request["fidelity"]
    warnings = told + apply_fidelity(scene, fidelity, request["threads"], request["device"])
    try:
        warnings += check_honesty(bpy.context.scene, request["source"])
    except Dishonest as error:
        return _broken("Dishonest", str(error), error.hint)
    # View and layers put back what they change: a ledger has nothing to note of them.
    own = bpy.context.scene
    try:
        with (
            placed_view(own, request["view"]),
            Layers(own, request["layers"], fidelity["denoise"]) as layers,
        ):
            return _picture(request, scene, scratch, layers, warnings)
    except ViewFailed as error:
        return _broken(type(error).__name__, str(error), error.hint)
    except (TooMuch, NotFinite) as error:
        return _broken(type(error).__name__, str(error))


def _picture(request: dict[str, Any], scene: Any, scratch: Path, layers: Layers, warnings: list[str]) -> Answer:
    picture = scratch / "render.png"
    picture.unlink(missing_ok=True)
    scene.render.filepath = str(picture)
    try:
        bpy.ops.render.render(write_still=True)
    except RuntimeError as error:
        return _broken("RenderFailed", str(error).strip())
    # Cycles can fail with success told: only a picture proves a render.
    try:
        image = picture.read_bytes()
    except OSError:
        return _broken("NoImage", "Blender rendered nothing; see its output")
    finally:
        with contextlib.suppress(OSError):
            picture.unlink(missing_ok=True)
    blocks = layers.read()
    layers.__exit__()
    header: dict[str, Any] = {"status": "ok", "warnings": warnings, "names": layers.names}
    if "facts" in request["passes"]:
        header["facts"] = scene_facts(bpy.context.scene, layers.seen(blocks))
    if "blend" in request["passes"]:
        blocks.append(_saved_scene(scratch / "scene.blend"))
    return header, [image, *blocks]
