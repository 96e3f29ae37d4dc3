"""Makes git clones of small projects, with a history, as a person would have them on disk."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_SETTINGS = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")


def make_clone(root: Path, *states: Mapping[str, str | bytes]) -> tuple[str, ...]:
    """A project that had these files one after the other; the commits, the oldest first."""
    root.mkdir(parents=True)
    _git(root, "init", "-q")
    commits = []
    for files in states:
        for path, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        _git(root, "add", "-A")
        _git(root, "commit", "-q", "-m", "a state", "--allow-empty")
        commits.append(_git(root, "rev-parse", "HEAD").strip())
    return tuple(commits)


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *_SETTINGS, *words], cwd=root, capture_output=True, text=True, check=True
    )
    return done.stdout
