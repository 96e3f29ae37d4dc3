"""The tools of an agent, done on the rollout's tree: what each puts out, in bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

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
    has_looked: bool = False
    """Whether the agent has seen any file: no final answer before that."""

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
        self.has_looked = True
        rest = f"\n… lines {end + 1} to {last} are left out; read them by first_line"
        head = f"{path}, lines {first} to {end} of {len(lines)}:"
        return "\n".join((head, *shown)) + (rest if end < last else "")

    def _grep(self, given: Arguments, n_tokens: int) -> str:
        text, path = str(given["text"]), str(given.get("path", ""))
        found = [f"{p}:{n}: {line}" for p, n, line in self.tree.grep(text, path)]
        self.has_looked = True
        shown = _fitting([one_line(line, _LONGEST_LINE) for line in found], n_tokens)
        rest = f"\n… and {len(found) - len(shown)} more lines" if len(shown) < len(found) else ""
        return ("\n".join(shown) or "no line has this text") + rest

    def _edit(self, given: Arguments, n_tokens: int) -> str:
        path = str(given["path"])
        self.tree.edit(path, str(given["find"]), str(given["replace"]))
        return f"{path} is changed"

    def _write(self, given: Arguments, n_tokens: int) -> str:
        path = str(given["path"])
        self.tree.write(path, str(given["text"]))
        return f"{path} is written"

    def _finish(self, given: Arguments, n_tokens: int) -> str:
        if not self.has_looked:
            raise ToolError("read or search a file first: nothing is finished unseen")
        return "finished"


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
