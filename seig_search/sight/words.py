"""What a stage may do, its numbers and its metrics, in a model's words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from seig_search.program import Parameter, Program
from seig_search.stages import Stage

__all__ = ["SCOPES", "metric_line", "parameter_lines"]

SCOPES = {
    Stage.SCAFFOLD: "everything",
    Stage.GEOMETRY: "the shapes: the function `geometry`, its helpers and parameters (new objects may add lines, and only add, to "
    "`materials` and `composition`)",
    Stage.MATERIALS: "the surfaces: the function `materials`, its helpers and parameters",
    Stage.COMPOSITION: "where things stand and the camera: the function `composition`, its helpers and parameters",
    Stage.LIGHTING: "lights and the world: the function `lighting`, its helpers and parameters",
    Stage.JOINT: "values of parameters of `materials`, `composition` and `lighting` together",
}


def parameter_lines(program: Program, stage: Stage, settled: Collection[str] = ()) -> str:
    """Tell a stage's parameters, one a line: key, value, range, unit.

    Args:
        program: Whose.
        stage: The stage.
        settled: Keys that get a ``*``. A value on the end of its range gets a ``!``.
    """
    rows = [_row(parameter, parameter.key in settled) for parameter in program.tunable(stage)]
    return "\n".join(rows) or "- (it has none)"


def metric_line(metrics: Mapping[str, float]) -> str:
    """Tell metrics on one line, by name."""
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(metrics.items())) or "nothing yet"


def _row(parameter: Parameter, settled: bool) -> str:
    value = parameter.value
    if isinstance(value, tuple):
        now = "[" + ", ".join(f"{component:g}" for component in value) + "]"
    else:
        now = value if isinstance(value, str) else f"{value:g}"
    marks = (" *" if settled else "") + (" !" if _on_bound(parameter) else "")
    head = f"- {parameter.key} {now}{marks}"
    if parameter.kind == "choice":
        return f"{head}, one of {'|'.join(parameter.choices)}"
    if parameter.kind == "rgb":
        return f"{head}, linear rgb 0..1"
    unit = f" {parameter.unit}" if parameter.unit else ""
    return f"{head}, in {parameter.low:g}..{parameter.high:g}{unit}"


def _on_bound(parameter: Parameter) -> bool:
    low, high = parameter.low, parameter.high
    # Ranges of numbers that were found in the source are guesses, so their ends say nothing.
    if (
        parameter.kind in ("choice", "rgb")
        or not parameter.declared
        or isinstance(parameter.value, str)
        or low is None
        or high is None
    ):
        return False
    values = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
    near = 0.005 * (high - low)
    return any(value <= low + near or value >= high - near for value in values)
