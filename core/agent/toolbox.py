"""The tools of an agent, done on the rollout's tree: what each puts out, in bounded size.

Nothing is changed or finished unseen: an edit needs a look at its file, and a text in place of a
whole file that was read. A search is a look at the files that it finds something in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from core.agent.actions import Action, Arguments
from core.agent.tree import ToolError, Tree
from core.policies.tokens import clip_tokens, weigh
from core.text import clean, one_line

LIST_FILES, READ_FILE, GREP = "list_files", "read_file", "grep"
EDIT_FILE, WRITE_FILE, FINISH = "edit_file", "write_file", "finish"
LOOKS, CHANGES = (LIST_FILES, READ_FILE, GREP), (EDIT_FILE, WRITE_FILE)
_LONGEST_LINE = 300
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Done:
    """An action and what came of it."""

    tool: str
    arguments: str
    """A JSON object."""
    output: str
    is_error: bool = False

    @property
    def title(self) -> str:
        """The tool and what it is about, on one line."""
        given = json.loads(self.arguments)
        about = given.get("path") or given.get("text") or ""
        return one_line(f"{self.tool} {about}", _LONGEST_TITLE).strip()


@dataclass(slots=True)
class Toolbox:
    """One rollout's."""

    tree: Tree
    _seen: set[str] = field(default_factory=set)
    """Files of which the agent has seen anything."""
    _was_read: set[str] = field(default_factory=set)

    def do(self, action: Action, n_tokens: int) -> Done:
        """Do it, with at most so many tokens of output."""
        is_error = False
        try:
            if action.problem:
                raise ToolError(action.problem)
            output = _TOOLS[action.tool](self, action.arguments, n_tokens)
        except ToolError as error:
            output, is_error = f"error: {error}", True
        said = clip_tokens(clean(output), n_tokens)
        return Done(action.tool, action.arguments_text, said, is_error)

    def _list(self, given: Arguments, n_tokens: int) -> str:
        return files_text(self.tree)

    def _read(self, given: Arguments, n_tokens: int) -> str:
        path = str(given["path"])
        text = self.tree.read(path)
        lines = text.removesuffix("\n").split("\n")
        first = max(1, int(given.get("first_line", 1)))
        last = min(len(lines), int(given.get("last_line", len(lines))))
        if first > last:
            raise ToolError(f"{path} has the lines 1 to {len(lines)}")
        shown = _fitting(lines[first - 1 : last], n_tokens)
        end = first + len(shown) - 1
        self._seen.add(self.tree.place(path))
        self._was_read.add(self.tree.place(path))
        rest = f"\n… lines {end + 1} to {last} are left out; read them by first_line"
        head = f"{path}, lines {first} to {end} of {len(lines)}:"
        return "\n".join((head, *shown)) + (rest if end < last else "")

    def _grep(self, given: Arguments, n_tokens: int) -> str:
        text, path = str(given["text"]), str(given.get("path", ""))
        found = list(self.tree.grep(text, path))
        lines = [one_line(f"{p}:{n}: {line}", _LONGEST_LINE) for p, n, line in found]
        shown = _fitting(lines, n_tokens)
        self._seen.update(p for p, _, _ in found[: len(shown)])
        rest = f"\n… and {len(found) - len(shown)} more lines" if len(shown) < len(found) else ""
        return ("\n".join(shown) or "no line has this text") + rest

    def _edit(self, given: Arguments, n_tokens: int) -> str:
        path = str(given["path"])
        self._refuse_unseen(path, self._seen)
        self.tree.edit(path, str(given["find"]), str(given["replace"]))
        return f"{path} is changed"

    def _write(self, given: Arguments, n_tokens: int) -> str:
        path = str(given["path"])
        self._refuse_unseen(path, self._was_read)
        self.tree.write(path, str(given["text"]))
        for known in (self._seen, self._was_read):
            known.add(self.tree.place(path))
        return f"{path} is written"

    def _finish(self, given: Arguments, n_tokens: int) -> str:
        if not self._seen:
            raise ToolError("read or search a file first: nothing is finished unseen")
        return "finished"

    def _refuse_unseen(self, path: str, known: set[str]) -> None:
        name = self.tree.changeable(path)
        if not self._seen or (name in self.tree.paths and name not in known):
            raise ToolError(f"read {name} first: nothing is changed unseen")


def files_text(tree: Tree) -> str:
    """The files of a tree, a line each."""
    editable = tree.task.editable
    lines = (f"{'* ' if path in editable else '  '}{path}" for path in tree.paths)
    return "\n".join(lines)


def _fitting(lines: list[str], n_tokens: int) -> list[str]:
    """As many of the first lines as there is room for, at least one."""
    shown: list[str] = []
    room = n_tokens - _N_AROUND
    for line in lines:
        room -= weigh(line) + 1
        if room < 0 and shown:
            break
        shown.append(line)
    return shown


_N_AROUND = 40
"""Tokens of the words around what is shown."""
_TOOLS: dict[str, Callable[[Toolbox, Arguments, int], str]] = {
    LIST_FILES: Toolbox._list,
    READ_FILE: Toolbox._read,
    GREP: Toolbox._grep,
    EDIT_FILE: Toolbox._edit,
    WRITE_FILE: Toolbox._write,
    FINISH: Toolbox._finish,
}
