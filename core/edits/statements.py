"""Edits of whole statements: deleted, exchanged with the next, another jump."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from core.edits.draft import Draft, Drafts, Scene
from core.edits.edit import Kind

_FIXED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
)
_BLOCKS = ("body", "orelse", "finalbody")


def blocks(scene: Scene, node: ast.AST) -> Drafts:
    """Each statement of the node's blocks deleted, and exchanged with the one after it."""
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield from _deletions(scene, block)
            yield from _exchanges(scene, block)


def jumps(scene: Scene, node: ast.Break | ast.Continue) -> Drafts:
    """`continue` for `break` and the other way round."""
    new = "continue" if isinstance(node, ast.Break) else "break"
    yield Draft(Kind.JUMP_SWAP, node, *scene.tree.span(node), new)


def _deletions(scene: Scene, block: list[ast.stmt]) -> Drafts:
    for statement in _movable(block):
        start, end = scene.tree.span(statement)
        is_branch = scene.tree.source.startswith("elif", start)
        if isinstance(statement, ast.Pass) and len(block) == 1:
            continue
        lines = _whole_lines(scene, start, end)
        if lines and (len(block) > 1 or is_branch):
            yield Draft(Kind.STMT_DELETE, statement, *lines, "")
        else:
            yield Draft(Kind.STMT_DELETE, statement, start, end, "pass")


def _exchanges(scene: Scene, block: list[ast.stmt]) -> Drafts:
    movable = list(_movable(block))
    for first, second in pairwise(movable):
        (start, stop), (restart, end) = scene.tree.span(first), scene.tree.span(second)
        source = scene.tree.source
        between = source[stop:restart]
        is_block = hasattr(second, "body")
        if ";" not in between and not (is_block and _shares_line(source, start)):
            text = source[restart:end] + between + source[start:stop]
            yield Draft(Kind.STMT_SWAP, first, start, end, text)


def _movable(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    for n, statement in enumerate(block):
        is_docstring = n == 0 and isinstance(statement, ast.Expr) and _is_text(statement.value)
        if not is_docstring and not isinstance(statement, _FIXED):
            yield statement


def _shares_line(source: str, at: int) -> bool:
    return bool(source[source.rfind("\n", 0, at) + 1 : at].strip())


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _whole_lines(scene: Scene, start: int, end: int) -> tuple[int, int] | None:
    """The lines of a statement that shares them with nothing, not even a comment."""
    source = scene.tree.source
    low = source.rfind("\n", 0, start) + 1
    high = source.find("\n", end)
    high = len(source) if high < 0 else high
    if source[low:start].strip() or source[end:high].strip():
        return None
    return (low, high + 1) if high < len(source) else (max(low - 1, 0), high)
