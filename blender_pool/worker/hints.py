"""Rules that turn a program's exception into what its author needs to know: the names that exist, or the way that works."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib
import re
import sys
from collections.abc import Callable, Iterable

import bpy
from drift import ATTRIBUTES, IMPORTS, OPERATORS, POLLS, RENAMED
from failure import Failure

__all__ = ["hint_for"]

MOST_NAMES = 40
DEVICES = {"CUDA", "OPTIX", "HIP", "METAL", "ONEAPI"}


def _suggest(word: str, names: Iterable[str], what: str) -> str:
    known = [name for name in names if not name.startswith(("__", "bl_"))]
    lines = []
    renamed = RENAMED.get(word)
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    if renamed and (not known or renamed in known or not close or " " in renamed):
        lines.append(f"{word!r} is now {renamed!r}" if renamed in known else f"{word!r} became {renamed}")
    elif close:
        lines.append("did you mean " + " or ".join(repr(name) for name in close) + "?")
    if known:
        shown = ", ".join(repr(name) for name in known[:MOST_NAMES])
        more = f", and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
        lines.append(f"{what}: {shown}{more}")
    return "; ".join(lines)


def _choices(failure: Failure) -> str:
    found = re.search(r'enum "([^"]*)" not found in \((.*?)\)', failure.text, re.DOTALL)
    if not found:
        return ""
    word, names = found.group(1), re.findall(r"'([^']*)'", found.group(2))
    told = _suggest(word, names, "the choices are")
    if word in DEVICES and "GPU" in names:
        told += f"; {word!r} goes to bpy.context.preferences.addons['cycles'].preferences.compute_device_type"
    return told


def _operators(module: str) -> list[str]:
    return [name for name in dir(getattr(bpy.ops, module)) if not name.startswith("_")]


def _missing_operator(failure: Failure) -> str:
    found = re.search(r'operator "bpy\.ops\.(\w+)\.(\w+)" error, could not be found', failure.text)
    if not found:
        return ""
    module, name = found.groups()
    moved = OPERATORS.get(f"{module}.{name}")
    if moved is not None and moved.split(".")[1] in _operators(moved.split(".")[0]):
        return f"it is now bpy.ops.{moved}()"
    modules = [entry for entry in dir(bpy.ops) if not entry.startswith("_")]
    everywhere = {entry: _operators(entry) for entry in modules}
    same = [f"bpy.ops.{entry}.{name}" for entry, names in everywhere.items() if name in names]
    close = difflib.get_close_matches(name, everywhere.get(module, []), n=5, cutoff=0.5)
    head = name.rpartition("_")[0].partition("_")[0]
    kin = [entry for entry in everywhere.get(module, []) if head and entry.startswith(head) and entry not in close]
    near = [f"bpy.ops.{module}.{entry}" for entry in [*close, *kin][:20]]
    return (
        "operators that exist: " + ", ".join(same + near) if same or near else f"bpy.ops.{module} has no such operator"
    )


def _missing_node(failure: Failure) -> str:
    found = re.search(r"Node type (\w+) undefined", failure.text)
    if not found:
        return ""
    word = found.group(1)
    kinds = [
        name
        for name in dir(bpy.types)
        if isinstance(kind := getattr(bpy.types, name), type) and issubclass(kind, bpy.types.Node)
    ]
    close = difflib.get_close_matches(word, kinds, n=8, cutoff=0.5)
    return _suggest(word, close, "node types with a close name") or "no node type has a name like it"


def _arguments(failure: Failure) -> str:
    unrecognized = re.search(r'keyword "([^"]*)" unrecognized', failure.text)
    positional = "args execution context is supported" in failure.text or "expected a string enum" in failure.text
    if not (unrecognized or positional):
        return ""
    operator = failure.live(failure.node.func) if isinstance(failure.node, ast.Call) else None
    names: list[str] = []
    if operator is not None and hasattr(operator, "get_rna_type"):
        names = [key for key in operator.get_rna_type().properties.keys() if key != "rna_type"]  # noqa: SIM118
    if unrecognized:
        return _suggest(unrecognized.group(1), names, "the arguments are")
    return "; ".join(["an operator's arguments are given by name", _suggest("", names, "the arguments are")])


def _sizes(failure: Failure) -> str:
    found = re.search(r"should contain (\d+) items, not (\d+)", failure.text)
    if not found:
        return ""
    wanted, given = int(found.group(1)), int(found.group(2))
    more = ""
    if (wanted, given) == (4, 3):
        more = ": a colour here has an alpha, (red, green, blue, 1.0)"
    elif (wanted, given) == (3, 4):
        more = ": a colour here has no alpha, (red, green, blue)"
    return f"{wanted} numbers are wanted, {given} were given{more}"


def _types(failure: Failure) -> str:
    if "assigned value not a number" in failure.text:
        return "a number (float) is wanted"
    found = re.search(r"expected an? (\w+) type, not (\w+)", failure.text)
    if not found:
        return ""
    wanted, given = found.groups()
    if wanted == "int" and given == "float":
        return "a whole number is wanted: int(...) or round(...)"
    if wanted in ("int", "float"):
        return f"one number ({wanted}) is wanted, not a {given}"
    if wanted in ("string", "boolean"):
        return f"a {wanted} is wanted, not a {given}"
    for entry in bpy.data.bl_rna.properties:
        if entry.type == "COLLECTION" and entry.fixed_type.identifier == wanted:
            names = list(getattr(bpy.data, entry.identifier).keys())
            known = _suggest("", names, "there are") or "there is none yet"
            return f"a {wanted} itself is wanted, not a {given}: bpy.data.{entry.identifier}[...]; {known}"
    return f"the {wanted} datablock itself is wanted (for ID: a mesh, curve, light, camera, ...), not a {given}"


def _undefined(failure: Failure) -> str:
    found = re.search(r"name '(\w+)' is not defined", failure.text)
    if not isinstance(failure.error, NameError) or not found or failure.frame is None:
        return ""
    word = found.group(1)
    if word in IMPORTS:
        return "add " + IMPORTS[word].format(word)
    if word in sys.stdlib_module_names or word in ("bpy", "bmesh", "mathutils", "numpy"):
        return f"add import {word}"
    known = {*failure.frame.f_globals, *failure.frame.f_locals, *dir(builtins)}
    close = difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.6)
    return _suggest(word, close, "names with a close spelling") or "it is assigned nowhere before this line"


def _cannot_import(failure: Failure) -> str:
    if isinstance(failure.error, ModuleNotFoundError):
        return "only the standard library, numpy and what ships with Blender can be imported"
    found = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", failure.text)
    if not isinstance(failure.error, ImportError) or not found or found.group(2) not in sys.modules:
        return ""
    word, names = found.group(1), dir(importlib.import_module(found.group(2)))
    if RENAMED.get(word) in names:
        return f"{word!r} is now {RENAMED[word]!r}"
    return _suggest(word, difflib.get_close_matches(word, names, n=8, cutoff=0.5), "names with a close spelling")


def _nothing_there(failure: Failure) -> str:
    node = failure.node
    if "'NoneType' object" not in failure.text or not isinstance(node, ast.Attribute | ast.Subscript):
        return "the value before the dot is None" if "'NoneType' object has no attribute" in failure.text else ""
    origin = failure.meaning(node.value)
    told = f"{ast.unparse(node.value)[:80]} is None"
    if isinstance(origin, ast.Call) and isinstance(origin.func, ast.Attribute) and origin.func.attr == "get":
        keys = getattr(failure.live(origin.func.value), "keys", None)
        wanted = origin.args[0].value if origin.args and isinstance(origin.args[0], ast.Constant) else ""
        names = [str(key) for key in keys()] if callable(keys) else []
        return f"{told}, .get() found nothing; {_suggest(str(wanted), names, 'the names are') or 'the collection is empty'}"
    last = origin.attr if isinstance(origin, ast.Attribute) else ""
    ways = {
        "node_tree": "set use_nodes = True on its owner first",
        "animation_data": "call animation_data_create() on its owner first",
        "world": "make one: scene.world = bpy.data.worlds.new('World')",
        "camera": "make a camera object and set scene.camera",
        "active_material": "append a material to obj.data.materials first",
        "shape_keys": "call obj.shape_key_add(name='Basis') first",
    }
    for name in ("active", "object", "active_object", "edit_object"):
        ways[name] = (
            "nothing is active: set bpy.context.view_layer.objects.active = obj, or keep the object in a variable"
        )
    return f"{told}: {ways.get(last, 'nothing was found or made there')}"


def _keys(failure: Failure) -> str:
    if not isinstance(failure.error, KeyError | IndexError):
        return ""
    found = re.search(r'key "([^"]*)" not found', failure.text)
    base = failure.live(failure.node.value) if isinstance(failure.node, ast.Subscript) else None
    keys = getattr(base, "keys", None)
    if not callable(keys):
        return _suggest(found.group(1), (), "") if found else ""
    word = found.group(1) if found else str(failure.error.args[0]) if failure.error.args else ""
    if isinstance(failure.error, IndexError):
        word = ""
    sockets = any(hasattr(item, "is_linked") for item in list(base)[:1])
    names = [str(key) for key in keys()]
    return _suggest(word, names, "the sockets are" if sockets else "the names are") or "the collection is empty"


def _attributes(failure: Failure) -> str:
    if not isinstance(failure.error, AttributeError):
        return ""
    found = re.search(r"attribute [\"']([^\"']+)[\"']", failure.text)
    name = getattr(failure.error, "name", None) or (found.group(1) if found else "")
    owner = getattr(failure.error, "obj", None)
    if owner is None and isinstance(failure.node, ast.Attribute):
        owner = failure.live(failure.node.value)
    kind = getattr(getattr(owner, "bl_rna", None), "identifier", "") or type(owner).__name__
    if isinstance(owner, bpy.types.NodeTree):
        kind = "NodeTree"
    moved = ATTRIBUTES.get((kind, name))
    names = [] if owner is None else [entry for entry in dir(owner) if not entry.startswith("_")]
    near = _suggest(name, difflib.get_close_matches(name, names, n=8, cutoff=0.4), "attributes with a close name")
    return f"use {moved}; {near}".removesuffix("; ") if moved else near


def _product(failure: Failure) -> str:
    if "multiplication: not supported between" not in failure.text:
        return ""
    return "matrices and vectors are multiplied by @, as in matrix @ vector"


def _refused(failure: Failure) -> str:
    found = re.search(r"bpy\.ops\.(\w+)\.(\w+)\.poll\(\) failed", failure.text)
    if not found:
        return ""
    module, name = found.groups()
    way = POLLS.get(f"{module}.{name}") or POLLS.get(module) or "needs a context that is not there; prefer bpy.data"
    active = bpy.context.view_layer.objects.active if bpy.context.view_layer else None
    now = f"now the mode is {bpy.context.mode} and the active object is {active.name if active else None!r}"
    return f"bpy.ops.{module}.{name} {way}; {now}"


RULES: tuple[Callable[[Failure], str], ...] = (
    _choices,
    _missing_operator,
    _missing_node,
    _arguments,
    _sizes,
    _types,
    _undefined,
    _cannot_import,
    _nothing_there,
    _keys,
    _attributes,
    _product,
    _refused,
)


def hint_for(failure: Failure) -> str:
    """The first rule's word on a failure, or nothing.

    Args:
        failure: What happened, and where.
    """
    return next((told for rule in RULES if (told := rule(failure))), "")
