"""Folders of pictures, paired by name."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from seig_search.errors import UsageError

__all__ = ["paired"]


def _pictures(folder: Path) -> dict[str, Path]:
    """Pictures below a folder, by their path in it without the ending."""
    Image.init()
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in Image.EXTENSION:
            continue
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in found:
            raise UsageError(f"{found[stem]} and {path} are both named {stem!r}; keep one of the two")
        found[stem] = path
    return found


def paired(renders: Path, targets: Path, allow_missing: bool) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pair the pictures of two folders, or two pictures.

    Args:
        renders: A picture, or a folder.
        targets: The same.
        allow_missing: Leave out pictures without a partner instead of refusing.

    Returns:
        (name, render, target) by name, and the names that have no partner.

    Raises:
        UsageError: One is a folder and the other is not, nothing pairs, or a picture has no partner.
    """
    if renders.is_dir() != targets.is_dir():
        folder, other = (renders, targets) if renders.is_dir() else (targets, renders)
        raise UsageError(f"{folder} is a folder and {other} is not; give two pictures or two folders")
    if not renders.is_dir():
        return [(targets.stem, renders, targets)], []
    ours, theirs = _pictures(renders), _pictures(targets)
    both = [(name, ours[name], theirs[name]) for name in ours if name in theirs]
    lonely = sorted(set(ours) ^ set(theirs))
    if not both:
        raise UsageError(
            f"no picture in {renders} ({len(ours)}) has a partner of the same name in {targets} ({len(theirs)}); names are "
            "compared without their endings"
        )
    if lonely and not allow_missing:
        some = ", ".join(lonely[:5]) + (", ..." if len(lonely) > 5 else "")
        raise UsageError(
            f"{len(lonely)} pictures have no partner: {some}; add them, or leave them out by --allow-missing"
        )
    return both, lonely
