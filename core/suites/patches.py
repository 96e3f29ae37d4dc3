"""Unified diffs: which files they change and how, applied, turned round, and made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.errors import SuiteError

_FILE = re.compile(r"(?:---|\+\+\+) (?:\"?[ab]/)?([^\t\"]+?)\"?(?:\t.*)?$")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\"
_NOTHING = "/dev/null"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines that are kept, taken out or put in."""

    first_line: int
    """In the old file, counted from 1."""
    lines: tuple[tuple[str, str], ...]
    """A sign (blank, - or +) and a line with its end."""

    @property
    def old(self) -> list[str]:
        """What it expects."""
        return [text for sign, text in self.lines if sign != "+"]

    @property
    def new(self) -> list[str]:
        """What it leaves."""
        return [text for sign, text in self.lines if sign != "-"]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The change of one file."""

    old_path: str
    new_path: str
    hunks: tuple[Hunk, ...]

    @property
    def path(self) -> str:
        """Of the file, before the change where it was there."""
        return self.new_path if self.is_new else self.old_path

    @property
    def is_new(self) -> bool:
        """Whether the file is not there before."""
        return self.old_path == _NOTHING

    @property
    def added(self) -> tuple[str, ...]:
        """Lines that the change puts in."""
        return tuple(text for hunk in self.hunks for sign, text in hunk.lines if sign == "+")


def parse_patch(text: str) -> tuple[FilePatch, ...]:
    """The files of a diff; a `SuiteError` names the line that is none."""
    lines = _split(text)
    files: list[FilePatch] = []
    at = 0
    while at < len(lines):
        if not lines[at].startswith("--- ") or at + 1 == len(lines):
            at += 1
            continue
        paths = [_path(at + n, lines[at + n]) for n in (0, 1)]
        hunks, at = _hunks(lines, at + 2)
        files.append(FilePatch(paths[0], paths[1], hunks))
    return tuple(files)


def reverse_patch(text: str) -> str:
    """The diff that undoes a diff."""
    made = []
    for file in parse_patch(text):
        hunks = [Hunk(_new_line(hunk, file), tuple(_turned(hunk.lines))) for hunk in file.hunks]
        made.append(_write(file.new_path, file.old_path, hunks))
    return "".join(made)


def apply_patch(file: FilePatch, text: str) -> str:
    """The file after a change; a `SuiteError` says which hunk does not fit.

    Where only line ends differ it fits, and the file keeps its own.
    """
    lines, shift = _split(text), 0
    for number, hunk in enumerate(file.hunks, 1):
        old, new, near = hunk.old, hunk.new, max(0, hunk.first_line - 1 + shift)
        at = _find(lines, old, near)
        if at is None:
            at = _find([_bare(line) for line in lines], [_bare(line) for line in old], near)
            if at is None:
                raise SuiteError(f"change {number} of {file.path} does not fit the file")
            new = _ended(hunk, lines[at : at + len(old)])
        lines[at : at + len(old)] = new
        shift += len(new) - len(old)
    return "".join(lines)


def make_patch(path: str, old: str, new: str) -> str:
    """A diff of one file, as git writes it; empty when nothing differs."""
    made = []
    for line in difflib.unified_diff(_split(old), _split(new), f"a/{path}", f"b/{path}"):
        made.append(
            line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE} No newline at end of file\n"
        )
    head = f"diff --git a/{path} b/{path}\n"
    return head + "".join(made) if made else ""


_SIGNS = (" ", "+", "-")


def _turned(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Signs exchanged; what is taken out stands before what is put in, as everywhere."""
    kept: list[tuple[str, str]] = []
    for sign, line in lines:
        if sign == "+":
            yield "-", line
        elif sign == "-":
            kept.append(("+", line))
        else:
            yield from kept
            kept.clear()
            yield sign, line
    yield from kept


def _split(text: str) -> list[str]:
    """Lines by line feeds alone, each with its end: a form feed ends no line of a diff."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _bare(line: str) -> str:
    """A line with its end as most files have it."""
    return f"{line[:-2]}\n" if line.endswith("\r\n") else line


def _ended(hunk: Hunk, there: list[str]) -> list[str]:
    """What a change leaves of lines that are there, all with the ends that these have."""
    is_dos = any(line.endswith("\r\n") for line in there)
    kept, made = iter(there), list[str]()
    for sign, text in hunk.lines:
        line = _bare(text)
        if sign != "+":
            own = next(kept)
            made += [own] if sign == " " else []
        else:
            made.append(f"{line[:-1]}\r\n" if is_dos and line.endswith("\n") else line)
    return made


def _path(number: int, line: str) -> str:
    found = _FILE.match(line.rstrip("\r\n"))
    if found is None:
        raise SuiteError(f"line {number + 1} of the patch names no file")
    return found[1]


def _hunks(lines: list[str], at: int) -> tuple[tuple[Hunk, ...], int]:
    hunks: list[Hunk] = []
    while at < len(lines) and (head := _HUNK.match(lines[at])):
        left = [int(head[2] or 1), int(head[4] or 1)]
        body: list[tuple[str, str]] = []
        at += 1
        while at < len(lines) and (any(left) or lines[at].startswith(_NO_NEWLINE)):
            _take(lines[at], body, left, at)
            at += 1
        if any(left):
            raise SuiteError(f"line {at} of the patch ends in the middle of a change")
        hunks.append(Hunk(int(head[1]), tuple(body)))
    return tuple(hunks), at


def _take(line: str, body: list[tuple[str, str]], left: list[int], at: int) -> None:
    sign, text = line[:1], line[1:]
    if sign == _NO_NEWLINE and body:
        body[-1] = (body[-1][0], body[-1][1].removesuffix("\n"))
        return
    if sign == "\n":  # some programs drop the blank before an empty line
        sign, text = " ", "\n"
    if sign not in _SIGNS:
        raise SuiteError(f"line {at + 1} of the patch is no line of a change")
    body.append((sign, text))
    left[0] -= sign != "+"
    left[1] -= sign != "-"


def _find(lines: list[str], old: list[str], near: int) -> int | None:
    """Where the old lines stand: there, else at the nearest place that has them."""
    places = sorted(range(len(lines) - len(old) + 1), key=lambda at: abs(at - near))
    return next((at for at in places if lines[at : at + len(old)] == old), None)


def _new_line(hunk: Hunk, file: FilePatch) -> int:
    shift = 0
    for other in file.hunks:
        if other is hunk:
            break
        shift += len(other.new) - len(other.old)
    return hunk.first_line + shift


def _write(old_path: str, new_path: str, hunks: list[Hunk]) -> str:
    made = [f"--- {_named('a', old_path)}\n", f"+++ {_named('b', new_path)}\n"]
    shift = 0
    for hunk in hunks:
        old, new = len(hunk.old), len(hunk.new)
        made.append(f"@@ -{hunk.first_line},{old} +{hunk.first_line + shift},{new} @@\n")
        for sign, text in hunk.lines:
            end = "" if text.endswith("\n") else f"\n{_NO_NEWLINE} No newline at end of file\n"
            made.append(f"{sign}{text}{end}")
        shift += new - old
    return "".join(made)


def _named(side: str, path: str) -> str:
    return path if path == _NOTHING else f"{side}/{path}"
