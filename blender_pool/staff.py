"""The workers of a dispatcher: hired, started, dismissed when they fail, replaced while there is hope and room."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .posts import Post, Slip, Worker, failure_of

__all__ = ["Staff"]

FAILED_STARTS = 3
NO_ROOM_S = 5.0
NO_START = "no Blender worker could be started"


class Staff:
    """Keeps a number of workers. All of it runs in the dispatcher's thread.

    Args:
        launch: Makes a worker of a given name, to be started later; None if there is no room for one now.
        wanted: How many workers to keep.
        start_s: Seconds after which a worker that is not ready is given up.
        post_event: Queues a call for the dispatcher's thread.
        on_first: Called with what the first ready worker told.
        on_nobody: Called when there is no worker and no hope of one; ``failure`` says why.
    """

    def __init__(
        self,
        launch: Callable[[str], Worker | None],
        wanted: int,
        start_s: float,
        post_event: Callable[[Callable[[], None]], None],
        on_first: Callable[[dict[str, Any]], None],
        on_nobody: Callable[[], None],
    ) -> None:
        self._launch, self._wanted, self._start_s = launch, wanted, start_s
        self._post_event, self._on_first, self._on_nobody = post_event, on_first, on_nobody
        self.posts: list[Post] = []
        self.failure = ""
        self.respawns = 0
        self._names = 0
        self._failed_starts = 0
        self._room_due = self._alone_due = 0.0
        self._first: dict[str, Any] | None = None

    @property
    def hopeless(self) -> bool:
        """Whether there is no worker and none will come."""
        return not self.posts and not self._alone_due

    @property
    def due(self) -> float:
        """``time.monotonic()`` at which ``check`` wants to be called; 0 for never."""
        return min((due for due in (self._room_due, self._alone_due) if due), default=0.0)

    def fill(self) -> None:
        """Hire until every post is taken or there is no room."""
        self._room_due = 0.0
        while len(self.posts) < self._wanted:
            worker = self._launch(f"worker-{self._names}")
            if worker is None:
                self._room_due = time.monotonic() + NO_ROOM_S
                break
            self._hire(Post(worker, due=time.monotonic() + self._start_s))
        if self.posts:
            self._alone_due = 0.0
        elif not self._alone_due:
            self._alone_due = time.monotonic() + self._start_s

    def _hire(self, post: Post) -> None:
        self._names += 1
        self.posts.append(post)
        post.worker.start().add_done_callback(
            lambda future: self._post_event(lambda: self._started(post, future)),
        )

    def _started(self, post: Post, future: Future[dict[str, Any]]) -> None:
        if post not in self.posts:
            return
        cause = failure_of(future)
        told = {} if cause else future.result()
        if self._first is not None and not cause and told["blender"] != self._first["blender"]:
            cause = f"a worker has Blender {told['blender']}, the others have {self._first['blender']}"
        if cause:
            self.note_failed_start(cause)
            self.dismiss(post)
            return
        post.ready, post.due, post.told = True, 0.0, told
        post.worker.watch().add_done_callback(lambda watch: self._post_event(lambda: self._looked(post, watch)))
        if self._first is None:
            self._first = told
            self._on_first(told)
            self.fill()

    def _looked(self, post: Post, watch: Future[None]) -> None:
        """A worker that went while it had nothing to do has nobody else to tell it; jobs in a line tell it themselves."""
        cause = failure_of(watch)
        if cause and not post.line and post in self.posts:
            # Counted, so that workers which go as soon as they have come are not hired for ever.
            self.note_failed_start(f"it went while it had nothing to do ({cause})")
            self.dismiss(post)

    def note_success(self) -> None:
        """A worker has answered a job."""
        self._failed_starts = 0

    def note_failed_start(self, cause: str) -> None:
        """A worker's Blender did not start, or it went before it was of use."""
        self._failed_starts += 1
        self.failure = f"{NO_START}: {cause}"
        if self._first is None:
            # Nothing has worked yet: the set-up is wrong, and trying again would only hide it.
            self._failed_starts = FAILED_STARTS * (1 + len(self.posts))

    def dismiss(self, post: Post) -> list[Slip]:
        """End a worker and hire another in its place, unless starting fails again and again.

        Args:
            post: The worker; one that is gone already is left alone.

        Returns:
            What was in its line; a late answer finds nobody.
        """
        if post not in self.posts:
            return []
        self.posts.remove(post)
        left = list(post.line)
        post.line.clear()
        post.worker.kill()
        if self._failed_starts < FAILED_STARTS * (1 + len(self.posts)):
            before = len(self.posts)
            self.fill()
            self.respawns += len(self.posts) - before
        elif not self.posts:
            self._on_nobody()
        return left

    def check(self) -> None:
        """Do what is due: look for room again, give up what has not started in time."""
        now = time.monotonic()
        if self._room_due and self._room_due <= now:
            self.fill()
        if self._alone_due and self._alone_due <= now:
            self._alone_due = self._room_due = 0.0
            self.failure = f"{NO_START}: for {self._start_s:g} s no node has had room for one"
            self._on_nobody()
        for post in [post for post in self.posts if not post.ready and post.due <= now]:
            self.note_failed_start(f"none was ready in {self._start_s:g} s (are there free CPUs for it?)")
            self.dismiss(post)
