"""Which sampler gets furthest on few trials? Synthetic bowls of 3 to 60 numbers, smooth but for a small ripple.

Prints, per count of numbers and trials, the share of the start's loss that is left (lower is better), averaged over
separable and coupled bowls and seeds. No Blender: the trials cost nothing, only their number counts. In low fidelity, which
`tpe-pruned` looks at first and pays by its share, the bottom of a bowl lies `--shift` off in each number (standard deviation).

    python benchmarks/tuners/run.py [--numbers 3 9 25 60] [--trials 60 150] [--seeds 3] [--shift 0.05] [--tuners tpe tpe-pruned]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import numpy as np
from tqdm import tqdm

from seig_search.candidate import Status
from seig_search.cli.tables import table
from seig_search.fidelity import Fidelity
from seig_search.program import Parameter
from seig_search.render import Value
from seig_search.stages import Stage
from seig_search.tuning import CheapTrials, LocalTuner, OptunaTuner, Trial, TuningProblem
from seig_search.tuning.cheap_fidelity import cheap_fidelity

TUNERS = {
    "local": LocalTuner,
    "tpe": lambda: OptunaTuner("tpe"),
    "tpe-pruned": lambda: OptunaTuner("tpe", pruning=True),
    "cmaes": lambda: OptunaTuner("cmaes"),
    "random": lambda: OptunaTuner("random"),
}


LOOK = cheap_fidelity(Fidelity(160, 160, samples=6))


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


def remaining(name: str, numbers: int, trials: int, coupled: bool, seed: int, shift: float) -> float:
    """Tune one bowl; give the share of the start's loss that is left."""
    loss = bowl(numbers, coupled, seed)
    off = np.random.default_rng([seed, 1]).normal(0, shift, numbers)
    keys = [f"P{n}" for n in range(numbers)]
    stage = Stage.LIGHTING
    parameters = tuple(
        Parameter(k, k, 0.5, "float", 0.0, 1.0, False, "", (), stage, n + 1, True) for n, k in enumerate(keys)
    )

    def trial(values: Mapping[str, Value], off: float | np.ndarray = 0.0) -> Trial:
        at = np.array([float(values.get(key, 0.5)) for key in keys])  # type: ignore[arg-type]
        return Trial(Status.OK, 1 / (1 + loss(at + off)))

    def submit(values: Mapping[str, Value], off: float | np.ndarray = 0.0) -> Future[Trial]:
        answer: Future[Trial] = Future()
        answer.set_result(trial(values, off))
        return answer

    assert LOOK is not None
    cheap = CheapTrials(lambda values: submit(values, off), LOOK[1])
    problem = TuningProblem(parameters, trial({}), trials, 6, stage, cheap=cheap)
    result = TUNERS[name]().tune(problem, submit, np.random.default_rng(seed), lambda now: None)
    best, start = result.trial.score, problem.start.score
    assert best is not None and start is not None
    return (1 / best - 1) / (1 / start - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--numbers", nargs="+", type=int, default=[3, 9, 25, 60])
    parser.add_argument("--trials", nargs="+", type=int, default=[60, 150])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shift", type=float, default=0.05, help="how far low fidelity misleads; numbers are 0..1")
    parser.add_argument("--tuners", nargs="+", default=list(TUNERS), choices=list(TUNERS))
    args = parser.parse_args()
    cells = [(n, t) for n in args.numbers for t in args.trials]
    rows = []
    for numbers, trials in tqdm(cells, unit="cell"):
        row = [str(numbers), str(trials)]
        for name in args.tuners:
            left = [
                remaining(name, numbers, trials, c, s, args.shift) for c in (False, True) for s in range(args.seeds)
            ]
            row.append(f"{np.mean(left):.3f}")
        rows.append(row)
    print(table(["numbers", "trials", *args.tuners], rows))


if __name__ == "__main__":
    main()
