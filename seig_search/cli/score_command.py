"""``seig score``."""

from __future__ import annotations

import argparse
import csv
import io
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seig_search.cli.tables import table
from seig_search.errors import SeigError, UsageError, nearest

if TYPE_CHECKING:
    from seig_search.metrics import Metric
    from seig_search.protocol import Protocol
    from seig_search.scoring import Measurer

__all__ = ["add_arguments", "execute"]


def _spread(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "stdev": _spread,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("render", type=Path, metavar="RENDER", help="the render, a picture; or a folder of them")
    parser.add_argument(
        "target", type=Path, metavar="TARGET", help="the target; or a folder with pictures of the same names"
    )
    parser.add_argument("--metrics", default="all", metavar="A,B", help="names by comma, or all (default)")
    parser.add_argument(
        "--scoring",
        metavar="PRESET",
        help="a preset's name or a settings file: measure with the evaluators that its scoring names, with their "
        "settings, and give its composite as score (overall) and score_STAGE",
    )
    parser.add_argument("--protocol", default="default", metavar="NAME", help="default, nerf-synthetic or inside")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the protocol: background, resolution, alignment or colour",
    )
    parser.add_argument("--allow-missing", action="store_true", help="folders: leave out pictures without a partner")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a row per pair as well")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from seig_search import plugins
    from seig_search.picture_pairs import paired
    from seig_search.protocol import find_protocol
    from seig_search.scoring import Measurer

    protocol = find_protocol(arguments.protocol).with_settings(_settings(arguments.settings))
    pairs, lonely = paired(arguments.render, arguments.target, arguments.allow_missing)
    if arguments.scoring is None:
        names = sorted({entry.name for entry in plugins.listing("evaluators") if not entry.error})
        measurer = Measurer([plugins.make("evaluators", name) for name in names])
    else:
        measurer = _composed(arguments.scoring)
    wanted = list(measurer.specs) if arguments.metrics == "all" else arguments.metrics.split(",")
    for name in wanted:
        if name not in measurer.specs:
            raise UsageError(f"unknown metric {name!r}{nearest(name, measurer.specs)}")
        if arguments.metrics != "all" and name in measurer.missing:
            raise SeigError(f"{name} cannot be measured: {measurer.missing[name]}")
    if arguments.scoring is None:
        measurer = _only(measurer, wanted)
    results = [_measured(name, pair, wanted, measurer, protocol) for name, *pair in _shown(pairs)]
    if arguments.csv is not None:
        _write_csv(arguments.csv, results, wanted)
    if arguments.render.is_dir():
        summary = _summary(results, wanted)
        if arguments.json:
            told = {"protocol": protocol.as_dict(), "pairs": results, "summary": summary, "unmatched": lonely}
            print(json.dumps(told))
        else:
            _print_folder(results, summary, wanted, protocol, lonely)
        return 0
    (result,) = results
    if arguments.json:
        print(json.dumps(result | {"protocol": protocol.as_dict()}))
    else:
        _print_pair(result, wanted, measurer.specs, protocol)
    return 0


def _composed(preset: str) -> Measurer:
    """Make a measurer of a preset's evaluators that gives its composite's scores as metrics as well."""
    from seig_search import plugins
    from seig_search.config import load_settings
    from seig_search.metrics import Metric
    from seig_search.scoring import Measurer, require_all
    from seig_search.stages import STAGES

    scoring = load_settings(preset).scoring

    class Composed(Measurer):
        def __init__(self) -> None:
            super().__init__([plugins.make("evaluators", part.name, **part.settings) for part in scoring.evaluators])
            require_all(self)
            known: dict[str, Any] = {"known": sorted(self.specs)}
            self._scorer = plugins.make("scorers", scoring.scorer.name, **{**known, **scoring.scorer.settings})
            for name in ("score", *(f"score_{stage.value}" for stage in STAGES)):
                self.specs[name] = Metric(name, "1", 0.0, 1.0, "higher", f"{scoring.scorer.name} of {preset}")

        def measure(self, renders: Any, target: Any) -> list[dict[str, float]]:
            measured = super().measure(renders, target)
            for values in measured:
                metrics = dict(values)
                values["score"] = self._scorer.overall(metrics).value
                for stage in STAGES:
                    values[f"score_{stage.value}"] = self._scorer.score(metrics, stage).value
            return measured

    return Composed()


def _settings(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"--set takes NAME=VALUE, as in resolution=target; got {text!r}")
        found[name] = value
    return found


def _only(measurer: Measurer, wanted: Sequence[str]) -> Measurer:
    """Leave out evaluators of which nothing is wanted: a network takes seconds to load."""
    from seig_search.scoring import Measurer

    return Measurer([one for one in measurer.evaluators if any(metric.name in wanted for metric in one.metrics)])


def _shown(pairs: Sequence[tuple[str, Path, Path]]) -> Any:
    from tqdm import tqdm

    return tqdm(pairs, unit="pair", disable=len(pairs) < 2, file=sys.stderr)


def _measured(
    name: str, pair: Sequence[Path], wanted: Sequence[str], measurer: Measurer, protocol: Protocol
) -> dict[str, Any]:
    import numpy as np

    from seig_search.target import Target

    # The target first: where both are wrong, it is the one that people mistype.
    target, render = Target.load(pair[1]), Target.load(pair[0])
    alpha = np.full(render.rgb.shape[:2], 255, np.uint8) if render.alpha is None else render.alpha
    pixels, aim, notes = protocol.apply(np.dstack([render.rgb, alpha]), target)
    values = measurer.measure([pixels], aim)[0]
    absent = {metric: measurer.missing.get(metric, "does not apply to these pictures") for metric in wanted}
    return {
        "name": name,
        "render": str(pair[0]),
        "target": str(pair[1]),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "metrics": {metric: values[metric] for metric in wanted if metric in values},
        "missing": {metric: why for metric, why in absent.items() if metric not in values},
        "notes": [*render.notes, *target.notes, *notes],
    }


def _summary(results: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> dict[str, dict[str, float]]:
    summary: dict[str, dict[str, float]] = {}
    for metric in wanted:
        values = [result["metrics"][metric] for result in results if metric in result["metrics"]]
        if values:
            summary[metric] = {name: float(of(values)) for name, of in STATISTICS.items()} | {"pairs": len(values)}
    return summary


def _write_csv(path: Path, results: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> None:
    from seig_search.runs.atomic import write_text

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["name", "width", "height", *wanted])
    for result in results:
        values = [repr(result["metrics"][metric]) if metric in result["metrics"] else "" for metric in wanted]
        rows.writerow([result["name"], result["width"], result["height"], *values])
    write_text(path, text.getvalue())


def _told(protocol: Protocol) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in protocol.as_dict().items() if name != "name")
    return f"protocol {protocol.name}: {settings}"


def _print_pair(
    result: Mapping[str, Any], wanted: Sequence[str], specs: Mapping[str, Metric], protocol: Protocol
) -> None:
    rows = [
        [
            name,
            f"{result['metrics'][name]:.5g}" if name in result["metrics"] else "-",
            specs[name].unit,
            f"{specs[name].better} is better",
        ]
        for name in wanted
    ]
    print(table(["metric", "value", "unit", ""], rows))
    reasons: dict[str, list[str]] = {}
    for name, why in result["missing"].items():
        reasons.setdefault(why, []).append(name)
    absent = [f"not measured: {', '.join(names)}: {why}" for why, names in reasons.items()]
    print("\n".join([*absent, _told(protocol), *result["notes"]]))


def _print_folder(
    results: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Mapping[str, float]],
    wanted: Sequence[str],
    protocol: Protocol,
    lonely: Sequence[str],
) -> None:
    shown = [metric for metric in wanted if metric in summary]
    rows = [
        [result["name"], *(f"{result['metrics'][m]:.4g}" if m in result["metrics"] else "-" for m in shown)]
        for result in results
    ]
    rows += [[name, *(f"{summary[metric][name]:.4g}" for metric in shown)] for name in STATISTICS]
    print(table(["picture", *shown], rows))
    print(_told(protocol))
    if lonely:
        print(f"left out, without a partner: {', '.join(lonely)}")
