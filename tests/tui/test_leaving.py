"""The way out when the orderly one is blocked."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

BLOCKED = """
import asyncio, threading
from tui.leaving import Leaving

async def main():
    Leaving(lambda code: None).watch()
    print("ready", flush=True)
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_process_whose_main_thread_is_stuck(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", BLOCKED], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert time.monotonic() - began < 3.0
    finally:
        process.kill()
        process.communicate()
