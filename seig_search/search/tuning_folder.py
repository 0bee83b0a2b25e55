"""The folder of a tuning on its own: what it needs, and whether one that is there is the same tuning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import seig_search
from seig_search.config import Settings
from seig_search.errors import UsageError
from seig_search.program import Parameter, Program
from seig_search.program.selection import selected
from seig_search.runs.atomic import write_text
from seig_search.runs.folder import FORMAT, RunFolder
from seig_search.runs.journal import Journal
from seig_search.search.parts import make_parts
from seig_search.search.session import load_folder
from seig_search.search.tuning_step import tunable
from seig_search.stages import EDIT_STAGES, Stage
from seig_search.target import Target

__all__ = ["GUARD_RENDERS", "Choice", "create_tuning"]

GUARD_RENDERS = 5
"""The start, the start and the result at guard fidelity, and the result at both again."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parameters may move.

    Args:
        stage: Only those of this stage, under its weights; all, under the overall weights, by default.
        only: Only those whose name or place fits one of these patterns.
        freeze: Not those whose name or place fits one of these.
    """

    stage: Stage | None = None
    only: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Whose parameters may move."""
        return (self.stage,) if self.stage else tuple(EDIT_STAGES)

    def parameters(self, program: Program) -> tuple[Parameter, ...]:
        """Give the parameters of a program that may move.

        Raises:
            UsageError: There is none, or a pattern fits none.
        """
        found = tunable(program, self.stages)
        if not found:
            where = f" in its {self.stage.value} stage" if self.stage else ""
            raise UsageError(f"the program has no number to tune{where}; declare some: NAME = 1.0  # @param 0.5..2.0")
        return selected(found, self.only, self.freeze)

    def as_dict(self) -> dict[str, Any]:
        """Give the choice as it is written to the journal."""
        return {"stage": self.stage and self.stage.value, "only": list(self.only), "freeze": list(self.freeze)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Choice:
        """Read it back."""
        stage = Stage(data["stage"]) if data.get("stage") else None
        return cls(stage, tuple(data.get("only", ())), tuple(data.get("freeze", ())))


def create_tuning(
    program: Program, target: Target, settings: Settings, root: Path, choice: Choice | None = None
) -> RunFolder:
    """Make a folder that holds all that tuning needs, or open the one that an equal tuning made; ``execute_tuning`` goes on from there.

    Args:
        program: What to tune; declared and found parameters alike.
        target: What it should look like.
        settings: Preset; its tuner, fidelities, pool and budget count.
        root: The folder.
        choice: Which parameters may move; all by default.

    Raises:
        UsageError: The budget is too small, there is nothing to tune, or the folder holds something else.
    """
    choice = choice or Choice()
    trials = settings.budget.renders - GUARD_RENDERS
    if trials < 1:
        raise UsageError(
            f"a budget of {settings.budget.renders} renders is too small to tune: {GUARD_RENDERS} go to the start and the "
            f"guard, so at least {GUARD_RENDERS + 1} are needed. Raise --max-renders."
        )
    choice.parameters(program)
    make_parts(settings)
    folder = RunFolder(root)
    if folder.kind() == "tune":
        _require_same(folder, program, target, settings, choice)
        return folder
    folder = RunFolder.create(root)
    write_text(folder.config, settings.to_yaml())
    target.save(folder.target)
    write_text(folder.start, program.source)
    journal = Journal(folder.journal)
    journal.write(
        "tune",
        format=FORMAT,
        seig_search=seig_search.__version__,
        target=target.name,
        target_digest=target.digest,
        seed=settings.seed,
        choice=choice.as_dict(),
    )
    journal.close()
    return folder


def _require_same(folder: RunFolder, program: Program, target: Target, settings: Settings, choice: Choice) -> None:
    known, _, _, start = load_folder(folder)
    first = _first_event(folder)
    # Where the renders are made changes nothing about them.
    here, there = (s.model_dump(exclude={"pool"}) for s in (settings, known))
    differs = [
        name
        for name, same in (
            ("the program", start is not None and start.source == program.source),
            ("the target", first.get("target_digest") == target.digest),
            ("which parameters may move", first.get("choice") == choice.as_dict()),
            *((f"the setting {key!r}", here[key] == there.get(key)) for key in here),
        )
        if not same
    ]
    if differs:
        raise UsageError(
            f"{folder.root} holds another tuning: {', '.join(differs)} differ{'s' if len(differs) == 1 else ''}. Name another "
            f"folder with --out, or go on with that one: seig resume {folder.root}"
        )


def _first_event(folder: RunFolder) -> dict[str, Any]:
    journal = Journal(folder.journal)
    journal.close()
    return next(iter(journal.events("tune")))
