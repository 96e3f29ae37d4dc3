"""A parsed program whose nodes know their characters, their parent and how tight their place is.

Everything an edit needs to stay inside the grammar is decided here: where a node's
text begins and ends, which parentheses belong to it, and when new text needs some.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

from core import syntax

Located = ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword


class Level(IntEnum):
    """How tightly a piece of text binds; it may stand where no more is asked."""

    TUPLE = 0
    TEST = 1
    OR = 2
    AND = 3
    NOT = 4
    COMPARE = 5
    BIT_OR = 6
    BIT_XOR = 7
    BIT_AND = 8
    SHIFT = 9
    SUM = 10
    TERM = 11
    FACTOR = 12
    POWER = 13
    AWAIT = 14
    ATOM = 15


class Snippet(NamedTuple):
    """Text of an expression and how tightly it binds."""

    text: str
    level: Level


class Place(NamedTuple):
    """Where a node hangs: its parent and the parent's field."""

    parent: ast.AST
    field: str


_BINARY: dict[type[ast.operator], Level] = {
    ast.BitOr: Level.BIT_OR,
    ast.BitXor: Level.BIT_XOR,
    ast.BitAnd: Level.BIT_AND,
    ast.LShift: Level.SHIFT,
    ast.RShift: Level.SHIFT,
    ast.Add: Level.SUM,
    ast.Sub: Level.SUM,
    ast.Pow: Level.POWER,
}
_NOT_WALKED = frozenset({"annotation", "returns", "decorator_list", "pattern", "type_params"})
_FIXED_SLOTS = {
    (ast.IfExp, "body"): Level.OR,
    (ast.IfExp, "test"): Level.OR,
    (ast.comprehension, "iter"): Level.OR,
    (ast.comprehension, "ifs"): Level.OR,
    (ast.Attribute, "value"): Level.ATOM,
    (ast.Subscript, "value"): Level.ATOM,
    (ast.Call, "func"): Level.ATOM,
    (ast.Await, "value"): Level.ATOM,
    (ast.Starred, "value"): Level.BIT_OR,
    (ast.Return, "value"): Level.TUPLE,
    (ast.Subscript, "slice"): Level.TUPLE,
}


@dataclass(frozen=True, slots=True)
class Tree:
    """A program and its syntax tree; `places` holds the nodes that edits may touch."""

    source: str
    module: ast.Module
    places: dict[ast.AST, Place]
    line_starts: tuple[int, ...]

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First and past-the-last character of a node."""
        assert isinstance(node, Located)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def outer(self, node: ast.AST) -> tuple[int, int]:
        """The span of an operand or argument, its own parentheses included."""
        start, end = self.span(node)
        parent = self.places[node].parent
        low, high = self.span(parent) if isinstance(parent, Located) else (start, end)
        while True:
            before, after = self.before(start), self.after(end)
            if before < low or after >= high:
                return start, end
            if self.source[before] != "(" or self.source[after] != ")":
                return start, end
            start, end = before, after + 1

    def text(self, node: ast.AST) -> str:
        """The characters of a node."""
        start, end = self.span(node)
        return self.source[start:end]

    def snippet(self, node: ast.AST) -> Snippet:
        """An operand or argument as it would stand somewhere else."""
        start, end = self.outer(node)
        has_own = (start, end) != self.span(node)
        has_own = has_own or (isinstance(node, ast.Tuple) and self.slot(node) > Level.TUPLE)
        return Snippet(self.source[start:end], Level.ATOM if has_own else level_of(node))

    def before(self, at: int) -> int:
        """Index of the last character before `at` that is not blank."""
        at -= 1
        while at >= 0 and self.source[at].isspace():
            at -= 1
        return at

    def after(self, at: int) -> int:
        """Index of the first character from `at` on that is not blank."""
        while at < len(self.source) and self.source[at].isspace():
            at += 1
        return at

    def is_enclosed(self, start: int, end: int) -> bool:
        """Whether the stretch stands alone between a pair of parentheses."""
        before, after = self.before(start), self.after(end)
        if before < 0 or after >= len(self.source):
            return False
        return self.source[before] == "(" and self.source[after] == ")"

    def fit(self, node: ast.AST, new: Snippet) -> str:
        """The text that puts `new` in the place of `node`, in parentheses where needed."""
        start, end = self.span(node)
        text = new.text
        needs = new.level < self.slot(node) or "\n" in text
        if needs and not self.is_enclosed(start, end):
            text = f"({text})"
        return self.spaced(start, end, text)

    def spaced(self, start: int, end: int, text: str) -> str:
        """`text` with blanks where it would grow together with the words around it."""
        before, after = self.source[max(start - 1, 0) : start], self.source[end : end + 1]
        if _is_word(before) and _is_word(text[:1] or after):
            text = f" {text}"
        return f"{text} " if _is_word(text[-1:]) and _is_word(after) else text

    def slot(self, node: ast.AST) -> Level:
        """How tightly text must bind to stand in the place of `node`."""
        parent, field = self.places[node]
        if isinstance(parent, ast.BinOp):
            own = level_of(parent)
            if isinstance(parent.op, ast.Pow):
                return Level.AWAIT if field == "left" else Level.FACTOR
            return own if field == "left" else Level(own + 1)
        if isinstance(parent, ast.BoolOp | ast.Compare):
            return Level(level_of(parent) + 1)
        if isinstance(parent, ast.UnaryOp):
            return level_of(parent)
        return _FIXED_SLOTS.get((type(parent), field), Level.TEST)

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, str, ast.AST]]:
        """From a node up to the module: parent, its field, and the child it was reached from."""
        while node in self.places:
            parent, field = self.places[node]
            yield parent, field, node
            node = parent

    def line_of(self, at: int) -> int:
        """The line, counted from 1, that a character is on."""
        low, high = 0, len(self.line_starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.line_starts[middle] <= at else (low, middle)
        return low + 1

    def _offset(self, line: int, column: int) -> int:
        start = self.line_starts[line - 1]
        if self.source.isascii():
            return start + column
        line_bytes = self.source[start : start + column].encode()
        return start + len(line_bytes[:column].decode())


def level_of(node: ast.AST) -> Level:
    """How tightly the text of an expression binds."""
    if isinstance(node, ast.BinOp):
        return _BINARY.get(type(node.op), Level.TERM)
    if isinstance(node, ast.BoolOp):
        return Level.OR if isinstance(node.op, ast.Or) else Level.AND
    if isinstance(node, ast.UnaryOp):
        return Level.NOT if isinstance(node.op, ast.Not) else Level.FACTOR
    if isinstance(node, ast.Compare):
        return Level.COMPARE
    if isinstance(node, ast.IfExp | ast.Lambda | ast.Starred):
        return Level.TEST
    if isinstance(node, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Tuple):
        return Level.TUPLE
    return Level.AWAIT if isinstance(node, ast.Await) else Level.ATOM


def parse_tree(source: str) -> Tree | None:
    """The tree of a program, or None for text that is no Python program."""
    if "\r" in source or "\f" in source:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = syntax.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    places = _places(module)
    if places is None:
        return None
    lengths = [len(line) + 1 for line in source.split("\n")]
    return Tree(source, module, places, tuple(accumulate(lengths[:-1], initial=0)))


def _places(module: ast.Module) -> dict[ast.AST, Place] | None:
    """Every node outside f-strings, annotations, decorators and patterns; None if too deep."""
    places: dict[ast.AST, Place] = {}
    waiting: list[tuple[ast.AST, int]] = [(module, 0)]
    while waiting:
        parent, depth = waiting.pop()
        if depth > _DEEPEST:
            return None
        if type(parent).__name__ not in {"JoinedStr", "TemplateStr"}:
            for field, child in _children(parent):
                places[child] = Place(parent, field)
                waiting.append((child, depth + 1))
    return places


def _children(parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field in parent._fields:
        value = None if field in _NOT_WALKED else getattr(parent, field, None)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, _SIGNS):
                yield field, child


_DEEPEST = 60
"""Levels of nesting; no program a person wrote comes near, and the work grows with the cube."""
_SIGNS = (ast.expr_context, ast.operator, ast.boolop, ast.cmpop, ast.unaryop)


def _is_word(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "_\"'")
