"""Reads files of projects at a commit, out of git clones that are on this disk.

Nothing is checked out, fetched or run: git's plumbing prints one object, with no settings but
its own. What rows of a benchmark leave out, the programs themselves, comes from here.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import SuiteError
from core.sandbox import process
from core.sandbox.process import Command
from core.suites.checkout import MAX_FILE_BYTES, plain
from core.text import clean

_WALL_S = 60.0
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A partial clone would ask the network for what it lacks.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True, slots=True)
class Clones:
    """A folder of clones, bare or with a work tree, called after their projects."""

    root: Path

    def read(self, names: tuple[str, ...], revision: str, path: str) -> str:
        """Text of a file of a project, which goes by any of the names; a `SuiteError` says why not.

        A name `owner/project` also means `owner__project` and `project`.
        """
        if not _REVISION.fullmatch(revision):
            raise SuiteError(f"{clean(revision)!r} is no commit that a clone could have")
        place = self._find(names)
        argv = ["-c", "safe.directory=*", "-C", str(place), "cat-file", "blob"]
        command = Command(
            [_git(), *argv, f"{revision}:{path}"],
            self.root,
            _ENVIRONMENT,
            wall_s=_WALL_S,
            output_bytes=MAX_FILE_BYTES,
        )
        done = process.run(command)
        if done.is_flood:
            raise SuiteError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
        if done.exit_code != 0:
            raise SuiteError(f"the clone {place.name} has no {path} at {revision[:12]}")
        if "\ufffd" in done.stdout:
            raise SuiteError(f"{path} is not UTF-8 text")
        return plain(path, done.stdout)

    def _find(self, names: tuple[str, ...]) -> Path:
        forms = [form for name in names for form in _forms(name)]
        for form in forms:
            for place in (self.root / form, self.root / f"{form}.git"):
                if (place / ".git").exists() or (place / "HEAD").is_file():
                    return place
        raise SuiteError(f"{self.root} has no clone of {clean(names[0])} (looked for {forms[0]})")


def open_clones(root: Path) -> Clones:
    """The clones in a folder; a `SuiteError` when it is none, or there is no git."""
    if not root.is_dir():
        raise SuiteError(f"{root} is no folder of git clones")
    _git()
    return Clones(root.absolute())


def _forms(name: str) -> tuple[str, ...]:
    owner, _, project = name.rpartition("/")
    return (f"{owner}__{project}", name, project) if owner else (project,)


def _git() -> str:
    program = shutil.which("git", path=_ENVIRONMENT["PATH"]) or shutil.which("git")
    if program is None:
        raise SuiteError("`git` is not on the PATH; it reads the clones")
    return program
