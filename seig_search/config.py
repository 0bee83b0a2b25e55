"""Settings: presets in YAML, laid over by ``--set`` and flags, checked at this one door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from seig_search.errors import UsageError, nearest
from seig_search.fidelity import Denoise, Engine, Fidelity
from seig_search.stages import STAGES, Stage

__all__ = ["PlugIn", "Settings", "load_settings", "preset_names"]


WITH_MODEL = "with_model"
"""A preset's key for settings that hold where a model proposes."""


class Part(BaseModel):
    """A block of settings: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PlugIn(Part):
    """A plug-in by name, with its settings."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Level(Part):
    """One rung of the fidelity ladder; the other side follows from the target's aspect."""

    long_side: Annotated[int, Field(ge=16, le=16384)]
    samples: Annotated[int, Field(ge=1, le=65536)]
    engine: Engine = "CYCLES"
    denoise: Denoise = False
    adaptive: Annotated[float, Field(ge=0, le=1)] = 0.0

    def fidelity(self, width: int, height: int, seed: int) -> Fidelity:
        """Give the fidelity for a target of this size, never larger than the target."""
        side = min(self.long_side, max(width, height))
        return Fidelity.for_aspect(
            width / height,
            side,
            samples=self.samples,
            engine=self.engine,
            denoise=self.denoise,
            seed=seed,
            adaptive=self.adaptive,
        )


class Ladder(Part):
    """What candidates, the stage borders' guards and the result are rendered at; and what a model looks at."""

    search: Level
    guard: Level
    final: Level
    preview: Level = Level(long_side=512, samples=16, denoise=True)


class BudgetSettings(Part):
    """Caps for the whole run; null is no cap."""

    renders: Annotated[int, Field(ge=1)]
    minutes: Annotated[float | None, Field(gt=0)] = None
    model_calls: Annotated[int | None, Field(ge=1)] = None
    tokens: Annotated[int | None, Field(ge=1)] = None
    usd: Annotated[float | None, Field(gt=0)] = None


class StageSettings(Part):
    """How one stage is searched.

    Attributes:
        share: Its part of the renders, relative to the other stages' shares; 0 leaves the stage out.
        rounds: Most edits that are asked of a model; a proposer that calls none is bound by the renders alone. In the
            scaffold it is the number of samples.
        tuning: Fraction of the stage's renders that the tuner gets.
        tune: Which stages' parameters the tuner may move; the stage's own by default.
        carry: How many candidates cross the border to the next stage.
    """

    share: Annotated[float, Field(ge=0)]
    rounds: Annotated[int | None, Field(ge=1)] = None
    tuning: Annotated[float, Field(ge=0, le=1)] = 0.4
    tune: tuple[Stage, ...] = ()
    carry: Annotated[int, Field(ge=1, le=64)] = 1


class SearchSettings(Part):
    """What holds for every stage.

    Attributes:
        in_flight: Expansions under way at once. It is fixed, not taken from the machine, because outcomes are told in
            the order of their asks: equal seeds give equal runs on any number of workers.
        plateau: A stage's search ends after so many outcomes in a row without a better score.
        failures: A stage's search ends after so many failed candidates in a row.
        min_gain: Least gain in score that counts as better.
        noise_sigmas: To be accepted, a change must gain more than so many standard deviations of what the score differs
            by chance; that is estimated by one more render a stage, at guard fidelity. 0 turns it off.
        order: The stages in their order; those without a share are left out.
        repairs: How often an edit that did not parse, apply or run goes back to a model, with the exact reason.
        reopen: How often in a run an earlier stage may be entered again, where a verifier sees the cause in it.
        compare: How many of a stage's best a verifier compares in both orders at its end; 0 for none. The metrics'
            guards can veto its choice.
        idle_tuning: Renders of tuning that the best candidate gets beside a model's thinking, each time that there is a
            new best one; 0 for none.
    """

    in_flight: Annotated[int, Field(ge=1, le=1024)] = 6
    plateau: Annotated[int, Field(ge=1)] = 40
    failures: Annotated[int, Field(ge=1)] = 12
    min_gain: Annotated[float, Field(ge=0)] = 1e-4
    noise_sigmas: Annotated[float, Field(ge=0, le=10)] = 1.0
    order: Annotated[tuple[Stage, ...], Field(min_length=1)] = STAGES
    repairs: Annotated[int, Field(ge=0, le=5)] = 1
    reopen: Annotated[int, Field(ge=0, le=20)] = 0
    compare: Annotated[int, Field(ge=0, le=8)] = 0
    idle_tuning: Annotated[int, Field(ge=0)] = 0

    @field_validator("order")
    @classmethod
    def _each_once(cls, order: tuple[Stage, ...]) -> tuple[Stage, ...]:
        if len(set(order)) < len(order):
            raise ValueError("each stage may be named once")
        if Stage.SCAFFOLD in order[1:]:
            raise ValueError("the scaffold can only come first")
        return order


class ModelSettings(Part):
    """How models are called, whoever calls them.

    Attributes:
        in_flight: Calls under way at once.
        replay: What a replayed run does where it would now ask something else than was recorded: ``strict`` stops and says
            which call and how; ``keys`` takes the recorded reply all the same.
    """

    in_flight: Annotated[int, Field(ge=1, le=1024)] = 8
    replay: Literal["strict", "keys"] = "strict"


def _by_name(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


class ScoringSettings(Part):
    """Which evaluators measure, where, and who weighs their metrics; an evaluator is a name, or a name with settings.

    Attributes:
        process: ``driver``, or ``own``: a process beside the render workers, on a node with ``gpus`` free.
        threads: Numeric threads of the own process.
        gpus: Its share of a GPU.
    """

    evaluators: tuple[Annotated[PlugIn, BeforeValidator(_by_name)], ...]
    scorer: PlugIn = PlugIn(name="composite")
    process: Literal["driver", "own"] = "driver"
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    gpus: Annotated[float, Field(ge=0, le=64)] = 0.0


class PoolSettings(Part):
    """The Blender pool; 0 workers or threads means: from the machine's cores."""

    workers: Annotated[int, Field(ge=0, le=4096)] = 0
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    blender: str = "auto"
    device: str = "CPU"
    gpus_per_worker: Annotated[float, Field(ge=0, le=64)] = 0.0
    ray: str = "local"
    sandbox: Literal["auto", "require", "off"] = "auto"
    readable: list[str] = Field(default_factory=list)
    deadline_s: Annotated[float, Field(gt=0)] = 120.0
    retries: Annotated[int, Field(ge=0, le=100)] = 2
    recycle_after: Annotated[int, Field(ge=1)] = 200
    cache_dir: str | None = None
    cache_mb: Annotated[int, Field(ge=0)] = 128
    cache_disk_mb: Annotated[int, Field(ge=1)] = 2048


class Settings(Part):
    """Everything a run is made of, besides the target."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    strategy: PlugIn
    proposer: PlugIn
    verifier: PlugIn | None = None
    tuner: PlugIn
    models: ModelSettings = ModelSettings()
    search: SearchSettings = SearchSettings()
    budget: BudgetSettings
    fidelity: Ladder
    stages: dict[Stage, StageSettings]
    scoring: ScoringSettings
    pool: PoolSettings = PoolSettings()

    def stage(self, stage: Stage) -> StageSettings:
        """Give a stage's settings; a stage that is not listed is left out."""
        return self.stages.get(stage, StageSettings(share=0.0))

    def to_yaml(self) -> str:
        """Give the settings as YAML, as kept in the run folder."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


def preset_names() -> list[str]:
    """Name the presets that ship with the package."""
    files = resources.files("seig_search.configs").iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def load_settings(
    preset: str | Path,
    sets: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    plugins: Mapping[str, PlugIn] | None = None,
) -> Settings:
    """Resolve settings: a preset, then ``--set`` entries in order, then flags.

    What a preset has under ``with_model`` is laid over the rest of it where a model proposes the edits.

    A plug-in that a flag names takes the place of the preset's with its settings, so that ``--set`` entries are settings
    of the one that was named.

    Args:
        preset: A shipped preset's name, or the path of a YAML file.
        sets: Entries ``a.b=VALUE``, the value read as YAML.
        flags: Values by dotted path.
        plugins: Plug-ins named by flags, as in ``{"strategy": PlugIn(name="beam")}``.

    Raises:
        UsageError: No such preset, YAML that cannot be read, an unknown key (with the nearest known one), or a value
            out of its range.
    """
    data = _read_preset(preset)
    with_model = data.pop(WITH_MODEL, None) or {}
    asked = (plugins or {}).get("proposer")
    if (asked.name if asked else _by_name(data.get("proposer") or {}).get("name")) == "vlm":
        _lay_over(data, with_model)
    for block, plugin in (plugins or {}).items():
        before = _by_name(data.get(block) or {})
        if before.get("name") == plugin.name:
            # The preset's other settings of this plug-in stay: a flag names no more than the model.
            data[block] = {"name": plugin.name, "settings": {**(before.get("settings") or {}), **plugin.settings}}
        else:
            data[block] = plugin.model_dump()
    for entry in sets:
        path, equals, text = entry.partition("=")
        if not equals or not path:
            raise UsageError(f"--set takes KEY.KEY=VALUE, got {entry!r}")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UsageError(f"--set {path}: the value {text!r} is not YAML") from error
        _put(data, path, value)
    named = {f"{block}.name": plugin.name for block, plugin in (plugins or {}).items()}
    for path, value in {**named, **(flags or {})}.items():
        _put(data, path, value)
    return _validated(data)


def _read_preset(preset: str | Path) -> dict[str, Any]:
    path = Path(preset)
    if str(preset) in preset_names():
        text = (resources.files("seig_search.configs") / f"{preset}.yaml").read_text()
    elif path.suffix in (".yaml", ".yml"):
        try:
            text = path.read_text()
        except OSError as error:
            raise UsageError(f"cannot read the settings file {path}: {error.strerror}") from error
    else:
        raise UsageError(f"unknown preset {str(preset)!r}{nearest(str(preset), preset_names())}; or give a .yaml file")
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{preset} is not YAML: {error}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{preset} must hold settings by name, got {type(data).__name__}")
    return data


def _lay_over(data: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Lay settings over others, key by key; a plug-in that is named takes the place of the other whole."""
    for key, value in more.items():
        below = data.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict) and "name" not in value:
            _lay_over(below, value)
        else:
            data[key] = value


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    place = data
    for name in parents:
        below = place.setdefault(name, {})
        if not isinstance(below, dict):
            raise UsageError(f"setting {path!r}: {name!r} is a single value, it has no keys below it")
        place = below
    place[last] = value


def _validated(data: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise UsageError("\n".join(_explain(entry) for entry in error.errors())) from error


def _explain(entry: Any) -> str:
    path = [str(part) for part in entry["loc"] if part != "[key]"]
    where = ".".join(path)
    if entry["type"] == "extra_forbidden":
        return f"unknown setting {where!r}{nearest(path[-1], _keys_at(path[:-1]))}"
    if entry["type"] == "missing":
        return f"setting {where!r} is missing"
    if path[:1] == ["stages"] and len(path) == 2 and entry["type"] == "enum":
        return f"unknown stage {path[1]!r}{nearest(path[1], [stage.value for stage in STAGES])}"
    return f"setting {where!r}: {entry['msg'][:1].lower()}{entry['msg'][1:]}, got {entry['input']!r}"


def _keys_at(path: Sequence[str]) -> list[str]:
    model: Any = Settings
    for name in path:
        if name not in getattr(model, "model_fields", {}):
            continue  # a stage's name: the model below 'stages' is that of every stage
        annotation = model.model_fields[name].annotation
        inner = [arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, Part)]
        model = inner[0] if inner else annotation
    return sorted(getattr(model, "model_fields", {}))
