"""What a user demands of the walls, and what is said when some are missing."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["complaint", "missing_layers"]


def missing_layers(report: Mapping[str, bool | str]) -> dict[str, str]:
    """Pick the walls that do not hold.

    Args:
        report: By wall: True, or what is the matter.

    Returns:
        By wall: what is the matter.
    """
    return {name: str(state) for name, state in report.items() if state is not True}


def complaint(report: Mapping[str, bool | str], demand: str) -> str:
    """Say what is missing, in one paragraph; empty if nothing is.

    Args:
        report: By wall: True, or what is the matter.
        demand: ``auto``, ``require`` or ``off``.
    """
    if demand == "off":
        return (
            "the sandbox is switched off: programs can read and write whatever this user can, "
            "reach the network and start processes; use this only with programs you trust"
        )
    missing = missing_layers(report)
    if not missing:
        return ""
    # Walls often miss for one cause.
    causes: dict[str, list[str]] = {}
    for name, cause in missing.items():
        causes.setdefault(cause, []).append(name)
    listed = "; ".join(f"{', '.join(names)} ({cause})" for cause, names in causes.items())
    return f"these walls of the sandbox are missing on this system: {listed}. docs/security.md tells what each stops"
