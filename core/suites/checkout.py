"""Reads files of a benchmark checkout, which other people wrote and any tool may have changed.

Nothing outside the folder is read, whatever links say; only regular files of a sane size; and
only text that a terminal can show, since it ends on screens and in prompts unchanged.
"""

from __future__ import annotations

import ast
import re
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

from core import syntax
from core.errors import SuiteError
from core.text import clean

MAX_FILE_BYTES = 1 << 20
_MAX_HEAD_BYTES = 4096
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"ref: (refs/.+)")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder that is read from and never left."""

    root: Path

    def read(self, path: str, *, is_old: bool = False) -> str:
        """Text of a file, by its path from the root; a `SuiteError` names path and reason.

        `is_old`: what is no UTF-8 was written before it, as Latin-1.
        """
        content = self._read(path, MAX_FILE_BYTES)
        if not is_old:
            return decode(path, content)
        return plain(path, decode_old(content)[0].removeprefix("\ufeff"))

    def has(self, path: str) -> bool:
        """Whether there is anything at a path, readable or not."""
        return (self.root / path).exists() or (self.root / path).is_symlink()

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """Visible names in a folder that end in `suffix`, cleaned, without it, sorted."""
        self._confined(folder)
        try:
            found = [clean(one.name) for one in (self.root / folder).iterdir()]
        except OSError as error:
            raise SuiteError(f"{folder} cannot be listed: {_why(error)}") from error
        wanted = [name for name in found if name.endswith(suffix) and not name.startswith(".")]
        return tuple(sorted(name.removesuffix(suffix) for name in wanted))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Visible folders in a folder, cleaned, sorted; links are not followed."""
        self._confined(folder)
        try:
            found = [one for one in (self.root / folder).iterdir() if not one.is_symlink()]
            named = [clean(one.name) for one in found if one.is_dir()]
        except OSError as error:
            raise SuiteError(f"{folder} cannot be listed: {_why(error)}") from error
        return tuple(sorted(name for name in named if not name.startswith(".")))

    def commit(self) -> str:
        """The commit that is checked out, as far as two small files tell it; else empty."""
        try:
            head = self._head("HEAD")
            if branch := _BRANCH.fullmatch(head):
                head = self._head(branch[1])
        except SuiteError:
            return ""
        return head if _COMMIT.fullmatch(head) else ""

    def _head(self, name: str) -> str:
        path = f".git/{name}"
        return decode(path, self._read(path, _MAX_HEAD_BYTES)).strip()

    def _read(self, path: str, limit: int) -> bytes:
        file = self._confined(path)
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise SuiteError(f"{path} is not a file")
            with file.open("rb") as stream:
                content = stream.read(limit + 1)
        except OSError as error:
            raise SuiteError(f"{path} cannot be read: {_why(error)}") from error
        if len(content) > limit:
            raise SuiteError(f"{path} is larger than {limit} bytes")
        return content

    def _confined(self, path: str) -> Path:
        try:
            root, file = self.root.resolve(), (self.root / path).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links is either
            raise SuiteError(f"{path} cannot be read: {_why(error)}") from error
        if not file.is_relative_to(root):
            raise SuiteError(f"{path} leads out of the checkout")
        return file


def parse_python(path: str, text: str) -> ast.Module:
    """The syntax tree; a `SuiteError` names file and line of what does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a strange escape in a benchmark is its own affair
            return syntax.parse(text)
    except SyntaxError as error:
        raise SuiteError(f"{path}:{error.lineno or 1} is not Python: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SuiteError(f"{path}:1 is not Python: {type(error).__name__}") from error


def literal(path: str, node: ast.expr) -> object:
    """The value of a literal; a `SuiteError` names file and line of anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise SuiteError(f"{path}:{node.lineno} is not a literal") from error


def bare_string(node: ast.stmt) -> str | None:
    """The text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        value = node.value.value
        return value if isinstance(value, str) else None
    return None


def defines(tree: ast.Module, function: str) -> bool:
    """Whether the module defines a function of this name at its top level."""
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)


def decode(path: str, content: bytes) -> str:
    """Text of a file's bytes; a `SuiteError` names the path, and the line of what is not text."""
    try:
        return plain(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path} is not UTF-8 text") from error


def decode_old(content: bytes) -> tuple[str, str]:
    """Text that may be older than UTF-8, and its encoding: then it is Latin-1."""
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def plain(path: str, text: str) -> str:
    """The text if a terminal can show it; a `SuiteError` names the line that it cannot."""
    text = text.replace("\r\n", "\n")
    if clean(text) != text:
        line = next(n for n, one in enumerate(text.split("\n"), 1) if clean(one) != one)
        raise SuiteError(f"{path}:{line} has control characters")
    return text


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
