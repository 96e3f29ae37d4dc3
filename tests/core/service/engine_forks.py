"""Starts engines quickly, for a test that needs dozens: each is a fork of this loaded process.

Reads one JSON list of command-line words per line; the engine's own first line goes to stdout.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from core.service.__main__ import main

signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
for line in sys.stdin:
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.argv = ["engine", *json.loads(line)]
        os._exit(main())
