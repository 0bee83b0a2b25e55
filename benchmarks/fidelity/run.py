"""What adaptive sampling and the denoiser buy: time and error of each against the plain render of the same fidelity.

Every picture is compared with one of many samples, not denoised; the error is the root mean square difference of
8-bit values. Times are the best of the repeats, one Cycles thread, interleaved, the program's own work included.

    python benchmarks/fidelity/run.py --reference 1024 --repeats 2
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from seig_search.blender_pool import PoolOptions
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "programs" / "mug.py"
LEVELS = ((80, 3), (128, 4), (160, 6), (256, 16), (512, 64))
KINDS = {
    "plain": {},
    "adaptive 0.1": {"adaptive": 0.1},
    "adaptive 0.02": {"adaptive": 0.02},
    "denoised": {"denoise": True},
    "denoised fast": {"denoise": "fast"},
    "both, 0.1": {"adaptive": 0.1, "denoise": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--reference", type=int, default=1024, help="samples of the reference")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--levels", type=int, default=len(LEVELS), help="how many rungs, from the smallest")
    arguments = parser.parse_args()
    source = arguments.program.read_text()
    supervisor = Supervisor(PoolOptions(deadline_s=1800), threads=1)

    def render(fidelity: Fidelity) -> tuple[np.ndarray, float]:
        answer = supervisor.render(RenderJob(source, fidelity))
        if answer.result is None or answer.result.pixels is None:
            raise SystemExit(f"it did not render: {answer.message or answer.result}")
        return answer.result.pixels[..., :3].astype(np.float64), answer.result.seconds

    render(Fidelity(16, 16, samples=1))
    print(f"{'size/samples':>13} {'kind':<14} {'seconds':>8} {'time ratio':>11} {'rms error':>10} {'error ratio':>12}")
    for side, samples in LEVELS[: arguments.levels]:
        # Another seed, so that the reference shares no noise with what it judges.
        truth, _ = render(Fidelity(side, side, samples=arguments.reference, seed=1))
        best = dict.fromkeys(KINDS, float("inf"))
        error = {}
        for _ in range(arguments.repeats):
            for kind, change in KINDS.items():
                pixels, seconds = render(replace(Fidelity(side, side, samples=samples), **change))
                best[kind] = min(best[kind], seconds)
                error[kind] = float(np.sqrt(np.mean((pixels - truth) ** 2)))
        for kind in KINDS:
            ratios = best[kind] / best["plain"], error[kind] / error["plain"]
            print(
                f"{f'{side}/{samples}':>13} {kind:<14} {best[kind]:>8.2f} {ratios[0]:>11.2f} {error[kind]:>10.2f} {ratios[1]:>12.2f}",
                flush=True,
            )
    supervisor.stop()


if __name__ == "__main__":
    main()
