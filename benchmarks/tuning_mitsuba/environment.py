"""An interpreter with Mitsuba, in a virtual environment of its own, and the LLVM that its compiler needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["LEAST_LLVM", "MITSUBA", "Interpreter", "newest_llvm"]

MITSUBA = "3.9.1"
LEAST_LLVM = 16
"""LLVM 14 and 15 end with ``Cannot select: fminimum`` on what Mitsuba 3.9 gives them."""
PLACES = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib/llvm-*/lib", "/usr/local/lib", "/opt/homebrew/opt/llvm*/lib")
LIBRARY = re.compile(r"libLLVM(?:-(?P<old>\d+)(?:\.\d+)*\.(?:so|dylib)|\.so\.(?P<new>\d+)[\d.]*)")


def newest_llvm(files: Iterable[Path]) -> Path | None:
    """Pick the newest LLVM library that is new enough, by what the files are called.

    Args:
        files: Any files.
    """
    found = [
        (int(name["old"] or name["new"]), path) for path in files if (name := LIBRARY.fullmatch(path.name)) is not None
    ]
    return max(((version, path) for version, path in found if version >= LEAST_LLVM), default=(0, None))[1]


class Interpreter:
    """Runs Mitsuba's side.

    Args:
        folder: Where the virtual environment, LLVM and compiled kernels are kept; made if it is not there.
        python: An interpreter that has Mitsuba; by default one is made in the folder.
        llvm: The LLVM library; by default the newest of the system, else Debian's package, unpacked into the folder.

    Raises:
        SystemExit: There is no LLVM that will do, or Mitsuba cannot be installed.
    """

    def __init__(self, folder: Path, python: Path | None, llvm: Path | None) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._python = python or self._made()
        self._llvm = llvm or self._found()
        # Compiled kernels are kept in the home folder; an own one shows what a first run costs.
        self._home = folder / "home"
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()

    def _made(self) -> Path:
        python = self._folder / ".venv" / "bin" / "python"
        if not python.exists():
            print(f"making an environment with mitsuba {MITSUBA} in {self._folder}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", str(self._folder / ".venv")], check=True)
        if subprocess.run([str(python), "-c", "import mitsuba, numpy"], check=False, capture_output=True).returncode:
            wanted = [f"mitsuba=={MITSUBA}", "numpy"]
            if subprocess.run([str(python), "-m", "pip", "install", "-qq", *wanted], check=False).returncode:
                raise SystemExit(f"pip could not install {' '.join(wanted)}; give --python an interpreter that has it")
        return python

    def _found(self) -> Path:
        unpacked = self._folder / "llvm"
        for _ in range(2):
            files = [path for place in PLACES for path in Path("/").glob(f"{place[1:]}/libLLVM*")]
            library = newest_llvm([*files, *unpacked.rglob("libLLVM*")])
            if library is not None:
                return library
            if shutil.which("apt-get") and shutil.which("dpkg-deb"):
                package = self._folder / "package"
                package.mkdir(exist_ok=True)
                subprocess.run(
                    ["apt-get", "download", "-qq", "libllvm19"], cwd=package, check=False, stderr=subprocess.DEVNULL
                )
                for file in package.glob("libllvm19*.deb"):
                    subprocess.run(["dpkg-deb", "-x", str(file), str(unpacked)], check=False)
        raise SystemExit(
            f"Mitsuba's compiler needs LLVM {LEAST_LLVM} or newer as a shared library, and there is none here; "
            "install it (Debian: libllvm19) or give its path with --llvm"
        )

    def run(self, script: Path, text: str, timeout: float) -> str:
        """Run a script with text on its stdin; give the last line it prints.

        Raises:
            SystemExit: The script failed; its last words are told.
        """
        environment: Mapping[str, str] = {**os.environ, "DRJIT_LIBLLVM_PATH": str(self._llvm), "HOME": str(self._home)}
        done = subprocess.run(
            [str(self._python), str(script)],
            input=text, capture_output=True, text=True, env=environment, timeout=timeout, check=False,
        )  # fmt: skip
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            raise SystemExit(f"{script.name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return lines[-1]
