"""What is at stake in the tests: files, processes and sockets of a pretended user, all below a temporary folder."""

import ctypes
import io
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import textwrap
import wave
import zipfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from seig_search.blender_pool import pool as pool_module
from seig_search.blender_pool.supervisor import Supervisor
from seig_search.fidelity import Fidelity
from seig_search.render import RenderJob

TINY = Fidelity(16, 12, samples=1)
PREFIX = """
class Proof(Exception):
    pass
def prove(*what):
    raise Proof(*what)
def leak(data):
    text = data.decode('latin-1') if isinstance(data, (bytes, bytearray)) else str(data)
    if 'SECRET-' in text:
        raise Proof(text[text.index('SECRET-'):][:40])
"""

VICTIM = """
import ctypes, socket, sys
b = ctypes.create_string_buffer(b"SECRET!")
ctypes.CDLL(None).prctl(0x59616d61, -1, 0, 0, 0)
print(ctypes.addressof(b), flush=True)
sys.stdin.read()
"""


def program(text, world):
    """The whole program of an attempt: the means of proof, what is known, the attempt."""
    return f"{PREFIX}W = {world!r}\n{textwrap.dedent(text)}\n"


def make_world(stack: ExitStack, base: Path):
    """Put everything up.

    Returns:
        What the programs are told, the secret that they are not told, and the sockets that listen.
    """
    secret = "SECRET-" + secrets.token_hex(8)
    folder = base / "user"
    out = base / "out"
    folder.mkdir()
    out.mkdir()
    (out / "old").write_text("old")
    world = {"dir": str(folder), "out": str(out)}
    for name, file in (("target", "target.png"), ("journal", "journal.jsonl"), ("key", "id_ed25519")):
        (folder / file).write_text(f"{secret} {name}\n")
        world[name] = str(folder / file)
    (folder / "secretmod.py").write_text(f"import builtins\nSECRET = builtins.LEAKED = {secret!r}\n")
    (folder / "link").symlink_to(folder / secret)
    (folder / "m.obj").write_text(f"o {secret}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    Image.fromarray(np.full((5, 7, 3), 99, np.uint8)).save(folder / "p.png")
    with sqlite3.connect(folder / "d.db") as database:
        database.execute("create table t (x)")
        database.execute("insert into t values (?)", (secret,))
    database.close()
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("inside", secret)
    with wave.open(str(folder / "s.wav"), "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(secret.encode() * 9)
    for name, file in (
        ("module", "secretmod.py"),
        ("link", "link"),
        ("obj", "m.obj"),
        ("png", "p.png"),
        ("database", "d.db"),
        ("zip", "z.zip"),
        ("wav", "s.wav"),
        ("blend", "scene.blend"),
    ):
        world[name] = str(folder / file)
    held = stack.enter_context((folder / "target.png").open("rb"))
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    unix = stack.enter_context(socket.socket(socket.AF_UNIX))
    unix.bind(str(folder / "s"))
    unix.listen()
    abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
    abstract.bind("\0" + secret[7:])
    abstract.listen()
    victim = stack.enter_context(
        subprocess.Popen([sys.executable, "-c", VICTIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    # A victim that was traced may be stopped, and would not see the end of its input.
    stack.callback(victim.kill)
    libc = ctypes.CDLL(None)
    key = secrets.randbelow(1 << 30)
    segment = libc.shmget(key, 4096, 0o1666)
    stack.callback(libc.shmctl, segment, 0, None)
    marks = base / "marks"
    marks.mkdir()
    shm, tmp = Path("/dev/shm", secret[7:]), Path("/tmp", secret[7:])
    for place in (shm, tmp):
        stack.callback(place.unlink, missing_ok=True)
    world |= {
        "pid": os.getpid(),
        "fd": held.fileno(),
        "tcp": listener.getsockname()[1],
        "unix": str(folder / "s"),
        "abstract": secret[7:],
        "victim": victim.pid,
        "address": int(victim.stdout.readline()),
        "shm_key": key,
        "host": socket.gethostname(),
        "worker": str(Path(pool_module.__file__).parent / "worker" / "main.py"),
        "loader": str(next(Path("/lib64").glob("ld-linux*"), Path("/lib64/none"))),
        "libm": str(next(Path("/usr/lib").glob("*/libm.so.6"), Path("/usr/lib64/libm.so.6"))),
        "shm": str(shm),
        "tmp": str(tmp),
        "mark": str(marks / "mark"),
    }
    return world, secret


def hide_blend(supervisor: Supervisor, world, secret):
    """Write a .blend file that holds the secret."""
    text = f"import bpy\nbpy.data.texts.new('hidden').write({secret!r})\n"
    answer = supervisor.render(RenderJob(text, TINY, passes=("blend",)))
    Path(world["blend"]).write_bytes(answer.result.blend)


def huge_png(width, height):
    """A small PNG file of a huge white picture."""
    file = io.BytesIO()
    Image.new("1", (width, height), 1).save(file, "PNG")
    return file.getvalue()
