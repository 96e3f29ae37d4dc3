"""The files that one rollout works on, in memory: its own copy, and no way out of it.

Held-back tests, the reference and the project's history are never in it. Since it is no folder
on a disk, no link and no path can lead anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.edits.block import EditBlock, InvalidAnswer
from core.edits.difference import Patch, block_between
from core.task import SourceFile, Task
from core.text import clean

_LONGEST_PATH = 300


class ToolError(Exception):
    """What an agent asked for cannot be done; `str()` says why, to the agent."""


@dataclass(slots=True)
class Tree:
    """Files by path; those that the agent may change are named by the task."""

    task: Task
    _now: dict[str, str] = field(init=False)
    _first: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._first = {file.path: file.text for file in seen_files(self.task)}
        self._now = dict(self._first)

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self._now))

    @property
    def patch(self) -> Patch:
        """The change of every file that is not as it was, the target's first."""
        paths = [p for p in self.task.editable if self._now.get(p, "") != self._first.get(p, "")]
        return tuple(
            block_between(path, self._first.get(path, ""), self._now[path]) for path in paths
        )

    @property
    def changed(self) -> tuple[tuple[str, str], ...]:
        """Path and text of every file that is not as it was."""
        return tuple((path, self._now[path]) for path in (block.path for block in self.patch))

    def read(self, path: str) -> str:
        """The text of a file."""
        name = self.place(path)
        if name not in self._now:
            raise ToolError(f"there is no file {name}; list_files shows all of them")
        return self._now[name]

    def write(self, path: str, text: str) -> None:
        """Put a text in place of a file's."""
        name = self.changeable(path)
        if text == self._now.get(name):
            raise ToolError(f"{name} has this text already")
        self._now[name] = text

    def edit(self, path: str, find: str, replace: str) -> None:
        """Put one text in place of another that occurs exactly once."""
        name = self.changeable(path)
        if find == replace:
            raise ToolError("the edit changes nothing")
        try:
            self._now[name] = EditBlock(name, find, replace).apply(self.read(name))
        except InvalidAnswer as error:
            raise ToolError(f"{error} {name}; nothing was changed") from None

    def grep(self, text: str, path: str = "") -> Iterator[tuple[str, int, str]]:
        """Path, number and text of every line that holds a text, taken literally."""
        if not text:
            raise ToolError("the text to look for is empty")
        for name in [self.place(path)] if path else self.paths:
            for number, line in enumerate(self.read(name).split("\n"), 1):
                if text in line:
                    yield name, number, line

    def changeable(self, path: str) -> str:
        """The one name of a file that the agent may change; refuses any other."""
        name = self.place(path)
        if name not in self.task.editable:
            raise ToolError(f"{name} may not be changed, only {', '.join(self.task.editable)}")
        return name

    def place(self, path: str) -> str:
        """The one name of a path in the tree; refuses what leads out of it."""
        if not path or len(path) > _LONGEST_PATH or clean(path) != path or "\n" in path:
            raise ToolError("the path is empty, too long or no plain text")
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or "\\" in path or not parts.name:
            raise ToolError(f"{path} leads out of the tree; paths are relative, without `..`")
        return str(parts)


def seen_files(task: Task) -> Iterator[SourceFile]:
    """What an agent may see of a task: its files without the tests that only grade."""
    tests = {task.test_path, task.shown_test_path} - {""}
    is_shown = task.shown_test_path or ("" if task.keeps_held_back else task.test_path)
    yield task.target
    for file in task.support:
        if file.path != task.target.path and (file.path not in tests or file.path == is_shown):
            yield file
