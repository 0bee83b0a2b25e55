"""A loopback server that speaks OpenAI's chat protocol and answers what a test tells it to, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

__all__ = ["Desk", "desk"]

Step = str | int | dict[str, Any] | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Desk:
    """What the server will answer, in order (the last repeats), and what it was asked."""

    steps: list[Step]
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    finish: str = "stop"
    brain: Callable[[dict[str, Any]], Step] | None = None
    usage: tuple[int, int] | None = (100, 20)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("OPENAI_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    state, lock = Desk([]), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def send(self, status: int, body: object) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                state.asked.append(request | {"authorization": self.headers.get("Authorization", "")})
                thinks = state.brain is not None
                step = None if thinks else state.steps.pop(0) if len(state.steps) > 1 else state.steps[0]
            if state.brain is not None:
                step = state.brain(request)
            if callable(step):
                step(self)
            elif isinstance(step, int):
                self.send(step, {"error": {"message": f"no: status {step}", "code": step}})
            else:
                message = step if isinstance(step, dict) else {"role": "assistant", "content": step}
                choice = {"index": 0, "finish_reason": state.finish, "message": message}
                tokens = state.usage or (0, 0)
                usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
                self.send(
                    200,
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 1,
                        "model": "desk",
                        "choices": [choice],
                        "usage": usage,
                    },
                )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
