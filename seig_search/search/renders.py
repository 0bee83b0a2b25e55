"""Renders that are paid for once: from the journal if they happened, else from the pool, measured either way."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seig_search.candidate import Status
from seig_search.features import Features
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob, RenderPool, RenderResult, Value
from seig_search.runs.atomic import png_bytes, write_bytes
from seig_search.runs.folder import RunFolder
from seig_search.runs.journal import Journal
from seig_search.scoring import Measurer
from seig_search.scoring_actor import RemoteMeasurer
from seig_search.search.budget import Budget
from seig_search.target import Target
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.scene_look import SceneLook, look_of, scene_job

__all__ = ["Measured", "PaidRenders"]

_FILES = {"facts": ".json", "blend": ".blend", "lights": ".npz", "object_index": ".objects.npz"}
"""What is kept beside the picture, by the pass that asks for it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A render and what was measured on it.

    Args:
        key: The job's key.
        status: ``OK``, ``BROKEN`` or ``LOST``.
        metrics: Named metrics; empty unless ok.
        reason: The cause of a failure.
        folder: Where its files are.
    """

    key: str
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    folder: Path = Path()

    @property
    def path(self) -> Path:
        """The picture."""
        return self.folder / f"{self.key[:20]}.png"

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture as (H, W, 4) uint8."""
        with Image.open(self.path) as image:
            return np.asarray(image.convert("RGBA"))

    @property
    def facts(self) -> dict[str, Any]:
        """The scene facts, if the job asked for them; else empty."""
        path = self.path.with_suffix(".json")
        facts: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return facts

    @property
    def objects(self) -> tuple[npt.NDArray[np.uint16], tuple[str, ...]] | None:
        """Which object each pixel shows, if the job asked for its objects.

        Returns:
            (H, W) indices into the names, and the names; index 0 is the background.
        """
        path = self.path.with_suffix(".objects.npz")
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as file:
            return file["index"], tuple(file["names"].tolist())

    @property
    def light_layers(self) -> LightLayers | None:
        """The picture by light, if the job asked for its lights and the pool gives such layers."""
        if not self.path.with_suffix(".npz").exists():
            return None
        with np.load(self.path.with_suffix(".npz"), allow_pickle=False) as file:
            albedo = file["albedo"] if "albedo" in file.files else None
            return LightLayers(file["lights"], tuple(file["names"].tolist()), self.pixels, albedo)

    @property
    def blend(self) -> Path:
        """The .blend file, if the job asked for it."""
        return self.path.with_suffix(".blend")


class PaidRenders:
    """Pays for each distinct job once in the life of a run, and writes it down before it is used.

    Args:
        pool: Who renders.
        measurer: Who measures.
        target: Against what.
        folder: Where the pictures go.
        journal: What happened before, and happens now.
        budget: Who counts.
        on_done: Called after each render with its ``Measured``, from a worker thread.
    """

    def __init__(
        self,
        pool: RenderPool,
        measurer: Measurer | RemoteMeasurer,
        target: Target,
        folder: RunFolder,
        journal: Journal,
        budget: Budget,
        on_done: Callable[[Measured], None] = lambda measured: None,
    ) -> None:
        self._pool, self._measurer, self._target = pool, measurer, target
        self._folder, self._journal, self._budget = folder, journal, budget
        self._on_done = on_done
        self._futures: dict[str, Future[Measured]] = {}
        self._lock = threading.Lock()
        self._finisher = ThreadPoolExecutor(measurer.at_once, thread_name_prefix="measure")

    @property
    def target(self) -> Target:
        """Against what renders are measured."""
        return self._target

    @property
    def features(self) -> Features | None:
        """What evaluators see in a picture; None if none of them offers it."""
        return self._measurer.features

    def submit(self, job: RenderJob, lost_again: bool = False, share: Fraction = Fraction(1)) -> Future[Measured]:
        """Give the render of a job, measured; equal jobs share one future.

        Args:
            job: What to render.
            lost_again: Whether a render that an earlier sitting lost is tried again. Decisions were made on it otherwise.
            share: What it costs, as a share of a render of this run.
        """
        with self._lock:
            if job.key in self._futures:
                return self._futures[job.key]
            future: Future[Measured] = Future()
            self._futures[job.key] = future
            self._budget.count_render(share)
        event = self._journal.find("rendered", job.key)
        if lost_again and event is not None and event["status"] == Status.LOST:
            event = None
        if event is not None and self._on_disk(job, event):
            self._budget.count_work(event["seconds"], len(event["losses"]))
            self._finisher.submit(self._settle, future, self._remembered, job, event)
        else:
            self._pool.submit(job).add_done_callback(
                lambda done: self._finisher.submit(self._settle, future, self._fresh, job, done)
            )
        return future

    def build(
        self, source: str, fidelity: Fidelity, values: Mapping[str, Value], surface: bool
    ) -> Future[SceneLook | None]:
        """Build a scene without a picture to look at; see ``scene_job``. It is no render, and counted apart.

        Equal jobs give equal scenes, so a resumed run builds them again instead of keeping them.
        """
        answer: Future[SceneLook | None] = Future()
        self._budget.count_scene()

        def settle(done: Future[RenderResult]) -> None:
            try:
                answer.set_result(look_of(done.result()))
            except BaseException as error:
                answer.set_exception(error)

        self._pool.submit(scene_job(source, fidelity, values, surface)).add_done_callback(settle)
        return answer

    def close(self) -> None:
        """Wait for measurements under way."""
        self._finisher.shutdown()

    def _on_disk(self, job: RenderJob, event: Mapping[str, Any]) -> bool:
        place = Measured(job.key, Status.OK, folder=self._folder.renders)
        # What a pool did not give the first time, it will not give the second time either.
        written = event.get("files", [_FILES[name] for name in job.passes if name in _FILES])
        wanted = [place.path, *(place.path.with_suffix(suffix) for suffix in written)]
        return event["status"] != "ok" or all(path.exists() for path in wanted)

    def _settle(self, future: Future[Measured], work: Callable[..., Measured], *args: Any) -> None:
        try:
            measured = work(*args)
        except BaseException as error:
            future.set_exception(error)
            return
        # Told first: whoever waits on the future may end the progress bar.
        self._on_done(measured)
        future.set_result(measured)

    def _remembered(self, job: RenderJob, event: Mapping[str, Any]) -> Measured:
        status = Status(event["status"])
        if status is not Status.OK:
            return Measured(job.key, status, reason=event["reason"], folder=self._folder.renders)
        known = self._journal.find("measured", job.key)
        place = Measured(job.key, status, folder=self._folder.renders)
        metrics = known["metrics"] if known else self._measure(job.key, place.pixels)
        return Measured(job.key, status, metrics, folder=self._folder.renders)

    def _fresh(self, job: RenderJob, done: Future[RenderResult]) -> Measured:
        result = done.result()
        place = Measured(job.key, Status(result.status), folder=self._folder.renders)
        if result.pixels is not None:
            write_bytes(place.path, png_bytes(result.pixels))
        if result.facts is not None:
            write_bytes(place.path.with_suffix(".json"), json.dumps(result.facts).encode())
        if "object_index" in result.layers:
            packed = io.BytesIO()
            index = np.clip(result.layers["object_index"], 0, 65535).astype(np.uint16)
            np.savez_compressed(packed, index=index, names=np.array(result.names["object_index"]))
            write_bytes(place.path.with_suffix(".objects.npz"), packed.getvalue())
        if "lights" in result.layers:
            packed = io.BytesIO()
            # Half floats hold light to a thousandth; what is brighter than they can tell is clipped in any picture.
            kept = {
                name: np.clip(result.layers[name], 0, np.finfo(np.float16).max).astype(np.float16)
                for name in ("lights", "albedo")
                if name in result.layers
            }
            np.savez_compressed(packed, names=np.array(result.names["lights"]), **kept)
            write_bytes(place.path.with_suffix(".npz"), packed.getvalue())
        if result.blend is not None:
            write_bytes(place.blend, result.blend)
        reason = str(result.error) if result.error else ""
        self._journal.write(
            "rendered",
            job.key,
            status=result.status,
            seconds=round(result.seconds, 4),
            cached=result.cached,
            reason=reason,
            losses=[{"worker": loss.worker, "cause": loss.cause} for loss in result.losses],
            warnings=list(result.warnings),
            files=[suffix for suffix in _FILES.values() if place.path.with_suffix(suffix).exists()],
        )
        self._budget.count_work(result.seconds, len(result.losses))
        if result.pixels is None:
            return Measured(job.key, place.status, reason=reason, folder=self._folder.renders)
        metrics = self._measure(job.key, result.pixels)
        return Measured(job.key, place.status, metrics, folder=self._folder.renders)

    def _measure(self, key: str, pixels: npt.NDArray[np.uint8]) -> Mapping[str, float]:
        metrics = self._measurer.measure([pixels], self._target)[0]
        self._journal.write("measured", key, metrics=dict(metrics))
        return metrics
