"""A chat service in a process of its own, as cheap as can be: `python loopback.py LATENCY_MS`.

Prints its port, then answers every request after the latency with one of two useless replies,
by turns in each rollout, so that none ends early and none runs a test: the engine is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

MODEL = "bench/model"
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_BLOCK = "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"
_TEXTS = ("I would look at the loop first. " * 20, f"{_BLOCK}\n{_BLOCK}")


def _answer(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    body = json.dumps(
        {
            "id": "bench",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "prompt": [],
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + _END + body


class _Connection(asyncio.Protocol):
    """Reads requests one after the other, as far as their lengths."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._answers = [_answer(text) for text in _TEXTS]
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(_END)) >= 0:
            head = self._read[:end].lower()
            at = head.find(_LENGTH)
            n = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._read) < end + len(_END) + n:
                return
            body = self._read[end + len(_END) : end + len(_END) + n]
            self._read = self._read[end + len(_END) + n :]
            answer = self._answers[body.count(b"Attempt ") % len(self._answers)]
            asyncio.get_running_loop().call_later(self._latency_s, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


@contextmanager
def loopback(latency_ms: int) -> Iterator[str]:
    """The base URL of such a process until the block ends."""
    with Popen([sys.executable, str(Path(__file__)), str(latency_ms)], stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def _serve(latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency_s), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) / 1_000))
