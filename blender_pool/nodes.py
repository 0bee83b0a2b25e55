"""The nodes of a Ray cluster: checked before they get work, and filled evenly by their CPUs."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from seig_search import fidelity, render
from seig_search.errors import SeigError

from .conversation import ChildLost
from .options import PoolOptions
from .supervisor import Supervisor

__all__ = ["Node", "NodeWarning", "Nodes", "code_digest", "make_check", "try_blender"]

FAILED_STARTS = 2
SLACK_S = 30.0


class NodeWarning(UserWarning):
    """A node of the cluster is left out."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it was checked.

    Args:
        id: Ray's name for it.
        name: Host name and address, for people.
        cpus: CPUs that it offers to Ray.
        blender: Version and build of its Blender; empty if it does not start.
        problem: Why it gets no work; empty if it may.
    """

    id: str
    name: str
    cpus: int
    blender: str = ""
    problem: str = ""


@cache
def code_digest() -> str:
    """Give a digest of the code that driver and node must share."""
    digest = hashlib.sha256()
    here = Path(__file__).resolve().parent
    for path in [*sorted(here.rglob("*.py")), Path(render.__file__), Path(fidelity.__file__)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def try_blender(fields: dict[str, Any]) -> dict[str, str]:
    """Start this machine's Blender once.

    Args:
        fields: Of ``PoolOptions``.

    Returns:
        ``blender`` (version and build), or ``problem``.
    """
    try:
        # In the system's temporary folder: nobody would remove the pool's own from a node that gets no worker.
        supervisor = Supervisor(replace(PoolOptions(**fields), scratch=None), 1)
    except SeigError as error:
        return {"problem": str(error)}
    try:
        told = supervisor.start()
    except ChildLost as lost:
        return {"problem": f"Blender does not start: {lost.message}. {lost.output.strip()[-500:]}".strip()}
    finally:
        supervisor.stop()
    return {"blender": f"{told['blender']} {told['build']}"}


def make_check() -> Callable[[dict[str, Any], str], dict[str, str]]:
    """Make the check that runs on a node. Being local, it travels by value: the package may be missing there."""

    def check(fields: dict[str, Any], digest: str) -> dict[str, str]:
        from importlib import import_module

        try:
            nodes = import_module("seig_search.blender_pool.nodes")
        except ImportError as error:
            return {"problem": f"seig_search cannot be imported there ({error}); install it on every node"}
        if nodes.code_digest() != digest:
            return {"problem": "its seig_search is not the one of this driver; install the same on every node"}
        told: dict[str, str] = nodes.try_blender(fields)
        return told

    return check


class Nodes:
    """Which nodes may hold workers, and how many each holds.

    A node is left out, with a ``NodeWarning`` that names it, if the package is missing or another one there, if Blender is
    missing or does not start, or if it is another Blender than on the nodes with the most CPUs.

    Args:
        options: The pool's settings.

    Raises:
        SeigError: No node can work; the text tells why for each.
    """

    def __init__(self, options: PoolOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._known: dict[str, Node] = {}
        self._pending: set[str] = set()
        self._held: dict[str, str] = {}
        self._failures: Counter[str] = Counter()
        asked = [(node, self._ask(node)) for node in self._alive()]
        for node, future in asked:
            self._note(node, future)
        versions: Counter[str] = Counter()
        for node in self._known.values():
            versions[node.blender] += node.cpus if node.blender else 0
        self._blender = versions.most_common(1)[0][0] if versions else ""
        for node in list(self._known.values()):
            self._compare(node)
        if not self.good:
            told = "; ".join(f"{node.name}: {node.problem}" for node in self.all) or "it has none with a CPU"
            raise SeigError(f"no node of the Ray cluster can render ({told})")

    @property
    def all(self) -> list[Node]:
        """Every node that was checked, by name."""
        with self._lock:
            return sorted(self._known.values(), key=lambda node: (node.name, node.id))

    @property
    def good(self) -> list[Node]:
        """Those that may hold workers."""
        return [node for node in self.all if not node.problem]

    @staticmethod
    def _alive() -> list[Node]:
        import ray

        nodes = [
            Node(
                entry["NodeID"],
                f"{entry['NodeManagerHostname']} ({entry['NodeManagerAddress']}, {entry['NodeID'][:8]})",
                int(entry["Resources"].get("CPU", 0)),
            )
            for entry in ray.nodes()
            if entry["Alive"]
        ]
        return [node for node in nodes if node.cpus]

    def _ask(self, node: Node) -> Any:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(node.id, soft=False)
        check = ray.remote(make_check()).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
        return check.remote(asdict(self._options), code_digest()).future()

    def _note(self, node: Node, future: Any) -> None:
        patience = self._options.start_s + SLACK_S
        try:
            told = future.result(timeout=patience)
        except TimeoutError:
            told = {"problem": f"it did not answer within {patience:g} s"}
        except Exception as error:
            told = {"problem": f"it could not be checked ({str(error).strip().splitlines()[-1]})"}
        with self._lock:
            self._known[node.id] = Node(node.id, node.name, node.cpus, told.get("blender", ""), told.get("problem", ""))

    def _compare(self, node: Node) -> None:
        if not node.problem and node.blender != self._blender:
            problem = f"it has Blender {node.blender}, most of the cluster has {self._blender}"
            self._leave_out(node, problem)
        elif node.problem:
            self._leave_out(node, node.problem)

    def _leave_out(self, node: Node, problem: str) -> None:
        with self._lock:
            self._known[node.id] = Node(node.id, node.name, node.cpus, node.blender, problem)
        warnings.warn(f"the node {node.name} is left out: {problem}", NodeWarning, stacklevel=2)

    def place(self, worker: str, cpus: int) -> str | None:
        """Choose the node for a worker: of those that live, may work and have room, the one least filled.

        A node that has joined since is checked in the background, and can be chosen once that is done.

        Args:
            worker: The worker's name.
            cpus: CPUs that it takes.

        Returns:
            Ray's name of the node, or None if there is no room.
        """
        alive = self._alive()
        for node in alive:
            with self._lock:
                new = node.id not in self._known and node.id not in self._pending
                if new:
                    self._pending.add(node.id)
            if new:
                self._ask(node).add_done_callback(lambda future, node=node: self._joined(node, future))
        living = {node.id for node in alive}
        with self._lock:
            held = Counter(self._held.values())
            fits = [
                node
                for node in self._known.values()
                if not node.problem and node.id in living and (held[node.id] + 1) * cpus <= node.cpus
            ]
            if not fits:
                return None
            chosen = min(fits, key=lambda node: ((held[node.id] + 1) / node.cpus, node.name))
            self._held[worker] = chosen.id
            return chosen.id

    def _joined(self, node: Node, future: Any) -> None:
        self._note(node, future)
        self._compare(self._known[node.id])
        with self._lock:
            self._pending.discard(node.id)

    def release(self, worker: str) -> None:
        """A worker is gone."""
        with self._lock:
            self._held.pop(worker, None)

    def failed_start(self, worker: str, cause: str) -> None:
        """A worker did not start; a node where that goes on is left out."""
        with self._lock:
            node = self._known.get(self._held.get(worker, ""))
            if node is None:
                return
            self._failures[node.id] += 1
            over = self._failures[node.id] >= FAILED_STARTS and not node.problem
        if over:
            self._leave_out(node, f"workers do not start there: {cause}")
