"""Measuring in a process of its own: a ``Measurer`` in a Ray actor, with threads bounded and a share of a GPU if wanted."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from seig_search import plugins
from seig_search.errors import SeigError, UsageError
from seig_search.features import Features
from seig_search.metrics import Metric
from seig_search.scoring import Measurer
from seig_search.target import Target

__all__ = ["RemoteMeasurer"]

Picture = npt.NDArray[np.uint8]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
RESTARTS = 2


class _Actor:
    """What runs in the actor's process.

    Args:
        evaluators: Names and settings.
        threads: Threads that numeric libraries may use.
    """

    def __init__(self, evaluators: Sequence[tuple[str, Mapping[str, Any]]], threads: int) -> None:
        # Read when the libraries are loaded, which evaluators do at their first use.
        for name in THREAD_VARIABLES:
            os.environ[name] = str(threads)
        self._evaluators = evaluators
        self._made: Measurer | None = None
        self._targets: dict[str, Target] = {}

    def _measurer(self) -> Measurer:
        # Not made in the constructor: what goes wrong there reaches the driver as the death of an actor.
        if self._made is None:
            made = [plugins.make("evaluators", name, **settings) for name, settings in self._evaluators]
            self._made = Measurer(made)
        return self._made

    def describe(self) -> tuple[dict[str, Metric], dict[str, str], bool]:
        """Give the metrics, those that cannot be measured here, and whether anybody offers features."""
        measurer = self._measurer()
        return measurer.specs, measurer.missing, measurer.features is not None

    def features(self, picture: Picture) -> npt.NDArray[np.float64]:
        """Give a picture's features; only where somebody offers them."""
        features = self._measurer().features
        if features is None:
            raise SeigError("no evaluator in the measuring process offers features")
        return features(picture)

    def measure(
        self, batches: Sequence[tuple[str, Sequence[Picture]]], targets: Mapping[str, Any]
    ) -> list[list[dict[str, float]] | SeigError]:
        """Measure several callers' renders, each caller's by itself: who else asks must not move a value's last digits.

        Args:
            batches: A target's digest and renders, by caller.
            targets: References to targets, by digest; fetched once.
        """
        import ray

        answers: list[list[dict[str, float]] | SeigError] = []
        for digest, renders in batches:
            if digest not in self._targets:
                self._targets[digest] = ray.get(targets[digest])
            try:
                answers.append(self._measurer().measure(renders, self._targets[digest]))
            except SeigError as error:
                answers.append(error)
            except Exception as error:
                answers.append(
                    SeigError(f"an evaluator failed in the measuring process: {type(error).__name__}: {error}")
                )
        return answers


class RemoteMeasurer:
    """Measures as a ``Measurer`` does, in a Ray actor; calls from many threads cross over together.

    Ray must be running. The actor is replaced if it dies, and what it was measuring is measured again.

    Args:
        evaluators: Names and settings, as for ``seig_search.plugins.make``.
        threads: Threads that numeric libraries may use, at least 1; more take cores from the renders.
        cpus: Ray's CPUs, may be a fraction; 0 where all of them are promised to render workers.
        gpus: Ray's GPUs, may be a fraction.
        start_s: Seconds that the actor may take to start.

    Attributes:
        at_once: How many threads may well measure at once, so that their renders cross over together.
        specs: Every metric by name.
        missing: Metrics that cannot be measured where the actor runs, with what helps.
        features: What the evaluators that offer features see in a picture; None if none does.

    Raises:
        UsageError: An argument is out of its range, or an evaluator cannot be made.
        SeigError: The actor does not start; mostly, Ray has no room for it.
    """

    at_once = 16

    def __init__(
        self,
        evaluators: Sequence[tuple[str, Mapping[str, Any]]],
        *,
        threads: int = 1,
        cpus: float = 0.0,
        gpus: float = 0.0,
        start_s: float = 60.0,
    ) -> None:
        if threads < 1 or cpus < 0 or gpus < 0:
            raise UsageError(
                f"a measuring process takes at least 1 thread and no negative CPUs or GPUs, got {threads}, {cpus}, {gpus}"
            )
        import ray

        made = ray.remote(num_cpus=cpus, num_gpus=gpus, max_restarts=RESTARTS, max_task_retries=RESTARTS)(_Actor)
        self._actor = made.remote(list(evaluators), threads)
        self._targets: dict[str, Any] = {}
        self._waiting: list[tuple[Target, list[Picture], Future[list[dict[str, float]]]]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._sender = threading.Thread(target=self._send, name="measuring", daemon=True)
        try:
            self.specs, self.missing, offered = ray.get(self._actor.describe.remote(), timeout=start_s)
        except ray.exceptions.GetTimeoutError:
            ray.kill(self._actor)
            raise SeigError(
                f"the measuring process did not start within {start_s:g} s: Ray has no {cpus:g} CPUs and {gpus:g} GPUs "
                "free for it; ask for less, or for fewer render workers"
            ) from None
        except ray.exceptions.RayError as error:
            ray.kill(self._actor)
            raise _plain(error) from None
        self.features: Features | None = self._features if offered else None
        self._sender.start()

    def measure(self, renders: Sequence[Picture], target: Target) -> list[dict[str, float]]:
        """Measure each render; see ``Measurer.measure``. May be called from many threads.

        Raises:
            SeigError: As there; or the actor died more often than it is replaced, or this is closed.
        """
        future: Future[list[dict[str, float]]] = Future()
        with self._changed:
            if self._closed:
                raise SeigError("the measuring process is closed")
            self._waiting.append((target, list(renders), future))
            self._changed.notify()
        return future.result()

    def close(self) -> None:
        """End the actor after what was asked for; safe to call again."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._sender.join()
        import ray

        if ray.is_initialized():
            ray.kill(self._actor)

    def _features(self, picture: Picture) -> npt.NDArray[np.float64]:
        import ray

        with self._changed:
            if self._closed:
                raise SeigError("the measuring process is closed")
        try:
            answer: npt.NDArray[np.float64] = ray.get(self._actor.features.remote(picture))
        except ray.exceptions.RayError as error:
            raise _plain(error) from None
        return answer

    def _send(self) -> None:
        """Send what has gathered while the last batch was measured."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                batch, self._waiting = self._waiting, []
            if not batch:
                return
            try:
                answers = self._ask([(target, renders) for target, renders, _ in batch])
            except Exception as error:
                answers = [_plain(error)] * len(batch)
            for (_, _, future), answer in zip(batch, answers, strict=True):
                if isinstance(answer, BaseException):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _ask(self, batch: Sequence[tuple[Target, list[Picture]]]) -> list[list[dict[str, float]] | SeigError]:
        import ray

        for target, _ in batch:
            if target.digest not in self._targets:
                self._targets[target.digest] = ray.put(target)
        # References inside a mapping cross as they are: a replaced actor can fetch what it lacks.
        references = {target.digest: self._targets[target.digest] for target, _ in batch}
        asked = [(target.digest, renders) for target, renders in batch]
        answers: list[list[dict[str, float]] | SeigError] = ray.get(self._actor.measure.remote(asked, references))
        return answers


def _plain(error: Exception) -> SeigError:
    """Give an error as it was before it crossed over."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, SeigError):
        return cause
    told = " ".join(str(cause or error).split())[-400:]
    return SeigError(f"the measuring process failed ({type(cause or error).__name__}): {told}")
