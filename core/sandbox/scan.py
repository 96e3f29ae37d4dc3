"""Marks patches that look like an attempt to please the tests instead of repairing the program.

A mark decides nothing: the patch is graded like any other, and kept out of the side that
training teaches. Only what a patch adds counts; the program as it was given may use what it
likes. Where tests share the interpreter with the code under test, this is what is left.
"""

from __future__ import annotations

import ast

from core.sandbox import java_scan, python_scan
from core.task import Language

SUSPECT = "tampered?"
"""How the note of a suspicious patch begins."""


def suspicions(before: str, after: str, language: Language = Language.PYTHON) -> tuple[str, ...]:
    """What a patch brings in that a repair hardly needs, in a few words each, sorted."""
    return tuple(sorted(findings(after, language) - findings(before, language)))


def flag(before: str, after: str, language: Language = Language.PYTHON) -> str:
    """The note that a suspicious patch gets; empty for all others."""
    found = suspicions(before, after, language)
    return f"{SUSPECT} {', '.join(found)}" if found else ""


def findings(
    program: str, language: Language = Language.PYTHON, tree: ast.AST | None = None
) -> frozenset[str]:
    """What a program uses of that; `tree` is the syntax of Python, where that is known already."""
    if language is Language.JAVA:
        return java_scan.findings(program)
    return python_scan.findings(program, tree)
