"""How many pairs a second each family of metrics measures: one target, many renders, no network.

LPIPS stands beside upstream's own forward pass, one pair after another. DINOv2 and CLIP have random weights unless the
store holds theirs: the arithmetic is the same. Families take turns, so that a busy machine hurts all alike, and the
table has the best and the median round.

    seig weights fetch lpips-alex encoder
    python benchmarks/metric_speed/run.py --side 256 --renders 16 --rounds 5
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seig_search import plugins
from seig_search.checkpoints import Store, default_folder
from seig_search.evaluators.networks import bounded_threads, lpips_network
from seig_search.evaluators.perceptual import PerceptualEvaluator
from seig_search.evaluators.semantic import SemanticEvaluator
from seig_search.target import Target

PLAIN = ("pixel", "structure", "colour", "edges", "detail", "silhouette")
DINO = "vit_small_patch14_dinov2.lvd142m"


def pictures(count: int, side: int) -> tuple[Target, list[Any]]:
    """A textured disc with soft alpha, and the same a little off, with grain: (side, side, 4) uint8."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:side, :side] / side

    def disc(x: float, y: float) -> Any:
        alpha = np.clip((0.35 - np.hypot(columns - x, rows - y)) * side, 0, 1)
        stripes = 0.5 + 0.5 * np.sin((columns - x) * 60)
        colours = np.stack([200 * stripes + 40, 90 + 60 * stripes, 60 + 0 * stripes], axis=-1)
        grain = rng.normal(0, 6, colours.shape)
        return np.dstack([np.clip(colours + grain, 0, 255), 255 * alpha]).round().astype(np.uint8)

    return Target.from_array(disc(0.5, 0.5)), [disc(*rng.uniform(0.45, 0.55, 2)) for _ in range(count)]


def random_weights(folder: Path) -> dict[str, str]:
    """Write DINOv2 small and CLIP ViT-B/32 with random weights; paths by catalogue name."""
    import logging

    import open_clip
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    # open_clip warns of random weights, which are meant here.
    logging.getLogger().setLevel(logging.ERROR)
    models = {
        "dino": lambda: timm.create_model(DINO, pretrained=False),
        "clip": lambda: open_clip.create_model("ViT-B-32", load_weights=False),
    }
    paths = {}
    for name, make in models.items():
        paths[name] = str(folder / f"{name}.safetensors")
        save_file({key: values.contiguous() for key, values in make().state_dict().items()}, paths[name])
    return paths


def families(store: Store, threads: int, folder: Path) -> dict[str, Callable[[Any, Target], Any]]:
    """By name, what measures a list of renders."""
    found = {name: plugins.make("evaluators", name).evaluate for name in PLAIN}
    place = {"weights": str(store.folder), "threads": threads}
    found["lpips"] = PerceptualEvaluator(measure="lpips", side=None, **place).evaluate
    found["lpips, upstream"] = upstream_of(store, threads)
    if store.has("lpips-vgg"):
        found["lpips_vgg"] = PerceptualEvaluator(measure="lpips_vgg", side=None, **place).evaluate
    found["encoder"] = SemanticEvaluator(measure="encoder", **place).evaluate
    files = {name: path for name, path in random_weights(folder).items() if not store.has(name)}
    for name in ("dino", "clip"):
        found[name] = SemanticEvaluator(measure=name, files=files, **place).evaluate
    return found


def upstream_of(store: Store, threads: int) -> Callable[[Any, Target], Any]:
    """Give LPIPS as people call it: two pictures in, one number out."""
    import torch

    model = lpips_network("alex", store.find("lpips-alex"), "cpu")

    def tensor(rgb: Any) -> Any:
        return torch.tensor(rgb).permute(2, 0, 1)[None].float() / 127.5 - 1

    def measure(renders: Any, target: Target) -> list[float]:
        with bounded_threads(threads):
            theirs = tensor(target.over())
            return [float(model(tensor(Target.from_array(render).over()), theirs)) for render in renders]

    return measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=256, help="of target and renders, in pixels")
    parser.add_argument("--renders", type=int, default=16, help="per round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    parser.add_argument("--weights", type=Path, default=default_folder(), help="folder of the store")
    parser.add_argument("--json", type=Path, help="also write the numbers there")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    target, renders = pictures(arguments.renders, arguments.side)
    store = Store(arguments.weights)
    with tempfile.TemporaryDirectory() as folder:
        measured = families(store, arguments.threads, Path(folder))
        for measure in measured.values():
            measure(renders[:2], target)
        rates: dict[str, list[float]] = {name: [] for name in measured}
        load = os.getloadavg()[0]
        for _ in range(arguments.rounds):
            for name, measure in measured.items():
                start = time.perf_counter()
                measure(renders, target)
                rates[name].append(len(renders) / (time.perf_counter() - start))
    print(
        f"{arguments.side} px, {arguments.renders} renders a round, {arguments.rounds} rounds, "
        f"{arguments.threads} torch thread(s), {os.cpu_count()} cores, load before {load:.1f}\n"
    )
    print(f"{'family':<16} {'best pairs/s':>13} {'median':>8} {'ms a pair':>10}")
    for name, values in rates.items():
        best = max(values)
        print(f"{name:<16} {best:>13.0f} {statistics.median(values):>8.0f} {1000 / best:>10.2f}")
    plain = sum(1 / max(rates[name]) for name in PLAIN)
    print(f"\n{'all six plain':<16} {1 / plain:>13.0f} {'':>8} {1000 * plain:>10.2f}")
    ratios = [ours / theirs for ours, theirs in zip(rates["lpips"], rates["lpips, upstream"], strict=True)]
    print(f"lpips over upstream's forward, per round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"load": load, "rates": rates}, indent=2) + "\n")


if __name__ == "__main__":
    main()
