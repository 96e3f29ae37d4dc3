"""Runs the real program as a subprocess, as a user's shell does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = [sys.executable, "-m", "tui.cli"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


def gemel(workspace: Path, *words: str, timeout_s: float = 120.0) -> Outcome:
    """Run a command to its end."""
    done = subprocess.run(
        [*_PROGRAM, *words, "--workspace", str(workspace)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def start_gemel(workspace: Path, *words: str) -> subprocess.Popen[str]:
    """Start a command that a test will end."""
    return subprocess.Popen(
        [*_PROGRAM, *words, "--workspace", str(workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
