"""Which sampler gets furthest on few trials? Synthetic bowls of 3 to 60 numbers, smooth but for a small ripple.

Prints, per count of numbers and trials, the share of the start's loss that is left (lower is better), averaged over
separable and coupled bowls and seeds. No Blender: the trials cost nothing, only their number counts.

    python benchmarks/tuners/run.py [--numbers 3 9 25 60] [--trials 60 150] [--seeds 3]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import numpy as np
from tqdm import tqdm

from seig_search.candidate import Status
from seig_search.cli.tables import table
from seig_search.program import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning import LocalTuner, OptunaTuner, Trial, TuningProblem

TUNERS = {
    "local": LocalTuner,
    "tpe": lambda: OptunaTuner("tpe"),
    "cmaes": lambda: OptunaTuner("cmaes"),
    "random": lambda: OptunaTuner("random"),
}


def bowl(numbers: int, coupled: bool, seed: int) -> Callable[[np.ndarray], float]:
    """Make a loss over (numbers,) values in 0..1, with its bottom somewhere in 0.3..0.7."""
    rng = np.random.default_rng(seed)
    bottom = rng.uniform(0.3, 0.7, numbers)
    shape = np.diag(10 ** rng.uniform(-1, 1, numbers))
    if coupled:
        for _ in range(numbers):
            i, j = rng.choice(numbers, 2, replace=False)
            shape[i, j] += rng.normal()
    shape /= np.sqrt(np.mean(np.sum((shape * 0.1) ** 2, axis=1)) * numbers)

    def loss(at: np.ndarray) -> float:
        off = at - bottom
        return float(np.sum((shape @ off) ** 2) + 0.002 * np.abs(np.sin(37 * off)).sum())

    return loss


def remaining(name: str, numbers: int, trials: int, coupled: bool, seed: int) -> float:
    """Tune one bowl; give the share of the start's loss that is left."""
    loss = bowl(numbers, coupled, seed)
    keys = [f"P{n}" for n in range(numbers)]
    stage = Stage.LIGHTING
    parameters = tuple(
        Parameter(k, k, 0.5, "float", 0.0, 1.0, False, "", (), stage, n + 1, True) for n, k in enumerate(keys)
    )

    def trial(values: Mapping[str, Value]) -> Trial:
        at = np.array([float(values.get(key, 0.5)) for key in keys])  # type: ignore[arg-type]
        return Trial(Status.OK, 1 / (1 + loss(at)))

    def submit(values: Mapping[str, Value]) -> Future[Trial]:
        answer: Future[Trial] = Future()
        answer.set_result(trial(values))
        return answer

    problem = TuningProblem(parameters, trial({}), trials, 6, stage)
    result = TUNERS[name]().tune(problem, submit, np.random.default_rng(seed), lambda now: None)
    best, start = result.trial.score, problem.start.score
    assert best is not None and start is not None
    return (1 / best - 1) / (1 / start - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--numbers", nargs="+", type=int, default=[3, 9, 25, 60])
    parser.add_argument("--trials", nargs="+", type=int, default=[60, 150])
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    cells = [(n, t) for n in args.numbers for t in args.trials]
    rows = []
    for numbers, trials in tqdm(cells, unit="cell"):
        row = [str(numbers), str(trials)]
        for name in TUNERS:
            left = [remaining(name, numbers, trials, c, s) for c in (False, True) for s in range(args.seeds)]
            row.append(f"{np.mean(left):.3f}")
        rows.append(row)
    print(table(["numbers", "trials", *TUNERS], rows))


if __name__ == "__main__":
    main()
