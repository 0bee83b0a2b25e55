"""The plug-in table: how strategies, evaluators, proposers, tuners and scorers are found by name.

A plug-in is picked by an instance, a class, a ``"package.module:Class"`` name, an entry point of the group
``seig_search.<group>``, or a built-in name, in this order.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seig_search.errors import UsageError, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["BUILT_IN", "GROUPS", "Plugin", "PluginInfo", "PluginWarning", "listing", "load", "make", "resolve"]

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    "strategies": {
        "beam": "seig_search.strategies.beam:Beam",
        "best_of_n": "seig_search.strategies.best_of_n:BestOfN",
        "greedy": "seig_search.strategies.greedy:Greedy",
    },
    "evaluators": {
        "colour": "seig_search.evaluators.colour:ColourEvaluator",
        "detail": "seig_search.evaluators.detail:DetailEvaluator",
        "edges": "seig_search.evaluators.edges:EdgesEvaluator",
        "judge": "seig_search.evaluators.judge:JudgeEvaluator",
        "perceptual": "seig_search.evaluators.perceptual:PerceptualEvaluator",
        "pixel": "seig_search.evaluators.pixel:PixelEvaluator",
        "regions": "seig_search.evaluators.regions:RegionsEvaluator",
        "semantic": "seig_search.evaluators.semantic:SemanticEvaluator",
        "silhouette": "seig_search.evaluators.silhouette:SilhouetteEvaluator",
        "structure": "seig_search.evaluators.structure:StructureEvaluator",
    },
    "proposers": {
        "primitives": "seig_search.proposers.primitives:PrimitivesProposer",
        "vlm": "seig_search.proposers.vlm:VlmProposer",
    },
    "verifiers": {"vlm": "seig_search.verifiers:VlmVerifier"},
    "tuners": {
        "auto": "seig_search.tuning.auto_tuner:AutoTuner",
        "camera": "seig_search.tuning.camera_tuner:CameraTuner",
        "colours": "seig_search.tuning.colours_tuner:ColoursTuner",
        "lights": "seig_search.tuning.lights_tuner:LightsTuner",
        "local": "seig_search.tuning.local_tuner:LocalTuner",
        "optuna": "seig_search.tuning.optuna_tuner:OptunaTuner",
        "residual": "seig_search.tuning.residual_tuner:ResidualTuner",
    },
    "scorers": {"composite": "seig_search.evaluators.composite:Composite"},
}
GROUPS: tuple[str, ...] = tuple(BUILT_IN)

_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "strategies": ("begin", "ask", "tell"),
    "evaluators": ("metrics", "evaluate"),
    "proposers": ("propose",),
    "verifiers": ("inventory", "cover", "review"),
    "tuners": ("tune",),
    "scorers": ("needs", "score", "overall", "broken_guards"),
}


class PluginWarning(UserWarning):
    """An installed plug-in cannot be used; nothing else is affected."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that was found and imported.

    Args:
        name: The name it was picked by, or the class's name.
        group: ``strategies``, ``evaluators``, ``proposers``, ``tuners`` or ``scorers``.
        where: ``package.module:Class``.
        origin: ``built-in``, ``DISTRIBUTION VERSION`` for an entry point, ``module``, ``class`` or ``instance``.
        target: The class (or other callable that makes one), or the instance.
    """

    name: str
    group: str
    where: str
    origin: str
    target: Any


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plug-in that can be picked by name, as listings show it.

    Args:
        name: The name to pick it by.
        group: Its group.
        where: ``package.module:Class``.
        origin: ``built-in``, or ``DISTRIBUTION VERSION`` for an entry point.
        error: Why it cannot be used; None if it can.
        summary: First line of its docstring.
    """

    name: str
    group: str
    where: str
    origin: str
    error: str | None = None
    summary: str = ""


def resolve(group: str, what: object) -> Plugin:
    """Find a plug-in.

    Args:
        group: ``strategies``, ``evaluators``, ``proposers``, ``tuners`` or ``scorers``.
        what: An instance, a class, ``"package.module:Class"``, or a name.

    Raises:
        UsageError: The group or the name is unknown, two plug-ins share the name, or the plug-in cannot be imported.
    """
    _check_group(group)
    if isinstance(what, type):
        return Plugin(what.__name__, group, f"{what.__module__}:{what.__qualname__}", "class", what)
    if not isinstance(what, str):
        kind = type(what)
        plugin = Plugin(kind.__name__, group, f"{kind.__module__}:{kind.__qualname__}", "instance", what)
        _check_members(plugin, what)
        return plugin
    name = what.strip()
    if ":" in name:
        return Plugin(name.rpartition(":")[2], group, name, "module", load(name))
    found = [info for info in _named(group) if info.name == name]
    if not found:
        raise UsageError(
            f"no plug-in {name!r} among the {group}{nearest(name, {i.name for i in _named(group)})}; "
            "'package.module:Class' names a class of your own"
        )
    if len(found) > 1:
        raise UsageError(_clash(found))
    info = found[0]
    try:
        target = load(info.where)
    except UsageError as error:
        raise UsageError(f"the plug-in {name!r} of {info.origin} is broken: {error}") from error
    return Plugin(name, group, info.where, info.origin, target)


def make(group: str, what: object, **settings: Any) -> Any:
    """Find a plug-in and make it from its settings.

    Args:
        group: As for ``resolve``.
        what: As for ``resolve``; an instance is given back as it is.
        **settings: Keyword arguments of the plug-in's constructor.

    Raises:
        UsageError: As for ``resolve``; or a setting is unknown, missing or refused; or what was made lacks a method
            of its group.
    """
    plugin = resolve(group, what)
    if plugin.origin == "instance":
        if settings:
            raise UsageError(f"{plugin.name} is an instance, so its settings are made; got more: {', '.join(settings)}")
        return plugin.target
    if not callable(plugin.target):
        raise UsageError(f"{plugin.where} is no class: expected something callable, got {plugin.target!r}")
    _check_settings(plugin, settings)
    try:
        made = plugin.target(**settings)
    except (TypeError, ValueError) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in settings.items()) or "no settings"
        raise UsageError(f"{plugin.name} refused its settings ({given}): {error}") from error
    _check_members(plugin, made)
    return made


def load(where: str) -> Any:
    """Import an object by its ``package.module:Name``.

    The working directory is searched last, so that a class in a file beside the image is found.

    Raises:
        UsageError: The name has another form, or the module or the object is not there or fails on import.
    """
    module_name, _, attribute = where.partition(":")
    names = [*module_name.split("."), *attribute.split(".")]
    if not all(name.isidentifier() for name in names):
        raise UsageError(f"expected 'package.module:Class', got {where!r}")
    try:
        module = _import(module_name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and _is_within(error.name, module_name):
            raise UsageError(f"cannot import {where}: there is no module {error.name!r}") from error
        raise UsageError(f"cannot import {where}: {type(error).__name__}: {error}") from error
    found: Any = module
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            public = [known for known in vars(module) if not known.startswith("_")]
            raise UsageError(f"{module_name} has no {attribute!r}{nearest(attribute, public)}") from error
    return found


def listing(group: str | None = None) -> list[PluginInfo]:
    """List what can be picked by name, broken plug-ins included.

    Entry points are imported to see whether they work; the built-in ones are only read.

    Args:
        group: Only this group; all by default.

    Warns:
        PluginWarning: An entry point cannot be imported, or two plug-ins share a name.

    Raises:
        UsageError: The group is unknown.
    """
    if group is not None:
        _check_group(group)
    found = []
    for one in GROUPS if group is None else (group,):
        infos = _named(one)
        for info in infos:
            twins = [other for other in infos if other.name == info.name]
            error: str | None
            if len(twins) > 1:
                error, summary = _clash(twins), ""
            elif info.origin == "built-in":
                error, summary = _read(info.where)
            else:
                error, summary = _try(info.where)
            if error and info.origin != "built-in":
                warnings.warn(f"plug-in {info.name!r} of {info.origin}: {error}", PluginWarning, stacklevel=2)
            found.append(PluginInfo(info.name, one, info.where, info.origin, error, summary))
    return found


def _check_group(group: str) -> None:
    if group not in BUILT_IN:
        raise UsageError(f"no plug-in group {group!r}{nearest(group, GROUPS)}")


def _named(group: str) -> list[PluginInfo]:
    """Give everything of a group that has a name, by name, nothing imported."""
    from importlib.metadata import entry_points

    infos = {PluginInfo(name, group, where, "built-in") for name, where in BUILT_IN[group].items()}
    for point in entry_points(group=f"seig_search.{group}"):
        infos.add(PluginInfo(point.name, group, point.value.replace(" ", ""), _distribution(point)))
    return sorted(infos, key=lambda info: (info.name, info.origin != "built-in", info.origin, info.where))


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"


def _clash(found: list[PluginInfo]) -> str:
    owners = " and ".join(f"{info.origin} ({info.where})" for info in found)
    return (
        f"the name {found[0].name!r} is taken by {owners}; uninstall one of them, "
        "or pick one by its 'package.module:Class'"
    )


def _is_within(missing: str, wanted: str) -> bool:
    return wanted == missing or wanted.startswith(missing + ".")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        here = str(Path.cwd())
        if not error.name or not _is_within(error.name, name) or here in sys.path or "" in sys.path:
            raise
        # A console script does not search the working directory, where people keep a class of their own.
        sys.path.append(here)
        importlib.invalidate_caches()
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            sys.path.remove(here)
            raise


def _first_line(docstring: str | None) -> str:
    return docstring.strip().partition("\n")[0].strip() if docstring else ""


def _try(where: str) -> tuple[str | None, str]:
    """Import an object; give what is wrong with it, and its docstring's first line."""
    try:
        return None, _first_line(inspect.getdoc(load(where)))
    except UsageError as error:
        return str(error), ""


def _read(where: str) -> tuple[str | None, str]:
    """As ``_try``, but from the source text where the class is written in its own module."""
    module, _, name = where.partition(":")
    try:
        spec = importlib.util.find_spec(module)
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8")) if spec and spec.origin else None
    except (ImportError, OSError, SyntaxError):
        tree = None
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return None, _first_line(ast.get_docstring(node))
    return _try(where)


def _check_settings(plugin: Plugin, settings: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(plugin.target).parameters.values()
    except (TypeError, ValueError):
        return
    by_name = {p.name: p for p in parameters if p.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    accepted = ", ".join(by_name) or "none"
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        for name in settings:
            if name not in by_name:
                close = nearest(name, by_name) if by_name else ""
                hint = close if "did you mean" in close else ""
                raise UsageError(f"{plugin.name} has no setting {name!r}{hint} (accepted: {accepted})")
    missing = [name for name, p in by_name.items() if p.default is p.empty and name not in settings]
    if missing:
        raise UsageError(f"{plugin.name} needs the setting {', '.join(missing)} (accepted: {accepted})")


def _check_members(plugin: Plugin, made: object) -> None:
    missing = [name for name in _MEMBERS[plugin.group] if not hasattr(made, name)]
    if missing:
        raise UsageError(
            f"{plugin.where} cannot serve among the {plugin.group}: it has no {', '.join(missing)}; "
            f"expected {', '.join(_MEMBERS[plugin.group])}"
        )
