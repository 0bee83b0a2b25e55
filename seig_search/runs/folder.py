"""The run folder: where each thing that a run makes is kept."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from seig_search.errors import SeigError, UsageError

__all__ = ["RunFolder"]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Names the files of one run.

    Args:
        root: The folder.
    """

    root: Path

    @classmethod
    def create(cls, root: Path) -> RunFolder:
        """Make a new, empty run folder.

        Raises:
            UsageError: The folder has something in it, or cannot be made.
        """
        folder = cls(root)
        try:
            root.mkdir(parents=True, exist_ok=True)
            if any(root.iterdir()):
                what = "holds a run: continue it with 'seig resume'" if folder.is_run() else "is not empty"
                raise UsageError(f"the output folder {root} {what}; name another with --out")
            for part in (folder.programs, folder.renders, folder.best):
                part.mkdir()
        except OSError as error:
            raise UsageError(f"cannot make the run folder {root}: {error.strerror}; name another with --out") from error
        return folder

    @classmethod
    def open(cls, root: Path) -> RunFolder:
        """Open the folder of an earlier run.

        Raises:
            UsageError: There is no such folder, or it is not a run's.
        """
        folder = cls(root)
        if not root.is_dir():
            raise UsageError(
                f"there is no run folder {root}; expected the --out folder of an earlier 'seig run' or 'seig tune'"
            )
        if not folder.is_run():
            raise UsageError(
                f"{root} is not a run folder: it has no readable config.yaml and journal.jsonl of ours. Expected the "
                "--out folder of an earlier 'seig run' or 'seig tune'."
            )
        return folder

    def is_run(self) -> bool:
        """Whether this folder was made by a run or a tuning."""
        return self.kind() is not None

    def kind(self) -> Literal["run", "tune"] | None:
        """What made this folder: ``seig run``, ``seig tune``, or None for neither."""
        if not (self.config.is_file() and self.journal.is_file()):
            return None
        try:
            with self.journal.open() as file:
                first = json.loads(file.readline())
        except (OSError, ValueError):
            return None
        if not isinstance(first, dict) or first.get("format") != FORMAT:
            return None
        kind = first.get("kind")
        return kind if kind in ("run", "tune") else None

    @property
    def config(self) -> Path:
        """The resolved settings."""
        return self.root / "config.yaml"

    @property
    def env(self) -> Path:
        """Versions, machine and isolation."""
        return self.root / "env.json"

    @property
    def studies(self) -> Path:
        """Optuna's studies, as its dashboard opens them."""
        return self.root / "optuna-journal.log"

    @property
    def journal(self) -> Path:
        """What happened."""
        return self.root / "journal.jsonl"

    @property
    def calls(self) -> Path:
        """What models were asked, and said."""
        return self.root / "calls"

    @property
    def replayed(self) -> Path:
        """The recording that takes the models' place, where the run repeats another."""
        return self.root / "replayed"

    @property
    def target(self) -> Path:
        """The target as it was read: upright, 8 bits, sRGB."""
        return self.root / "target.png"

    @property
    def start(self) -> Path:
        """The program the run started from, if one was given."""
        return self.root / "start.py"

    @property
    def camera(self) -> Path:
        """The camera that was given, if one was."""
        return self.root / "camera.json"

    @property
    def programs(self) -> Path:
        """Every candidate's program, by its id."""
        return self.root / "programs"

    @property
    def renders(self) -> Path:
        """Every render, by its job's key."""
        return self.root / "renders"

    @property
    def best(self) -> Path:
        """The result: program.py, render.png, scene.blend."""
        return self.root / "best"

    @property
    def comparison(self) -> Path:
        """Target, render and difference, side by side."""
        return self.root / "comparison.png"

    @property
    def summary(self) -> Path:
        """Metrics per stage, spend, stop reason."""
        return self.root / "summary.json"

    def read_summary(self) -> dict[str, Any]:
        """Read the summary.

        Raises:
            UsageError: The run has not come to a summary yet.
        """
        try:
            data: dict[str, Any] = json.loads(self.summary.read_text())
        except FileNotFoundError as error:
            raise UsageError(
                f"{self.root} has no summary yet; continue the run with 'seig resume {self.root}'"
            ) from error
        except ValueError as error:
            raise SeigError(f"{self.summary} is damaged ({error}); 'seig resume {self.root}' writes it anew") from error
        return data

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder against a second driver; freed by the system if the process dies.

        Raises:
            SeigError: Another process runs in this folder.
        """
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise SeigError(f"another process is running in {self.root}; wait for it, or stop it first") from error
            yield
        finally:
            os.close(handle)
