"""What the families of edits write down, and the readings of the program they share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.edits.edit import NO_MARKS, Kind, Mark, Marks
from core.edits.holds import Holds
from core.edits.names import Names, Variable
from core.edits.tree import Snippet, Tree


class Draft(NamedTuple):
    """An edit before lines and surroundings are known."""

    kind: Kind
    node: ast.AST
    """The node whose surroundings describe the edit."""
    start: int
    end: int
    text: str
    marks: Marks = NO_MARKS


Drafts = Iterator[Draft]


@dataclass(frozen=True, slots=True)
class Scene:
    """A program as the families read it."""

    tree: Tree
    names: Names
    methods: frozenset[str]
    """Attributes that the program calls."""
    attributes: frozenset[str]
    """Attributes that it reads or assigns."""

    @classmethod
    def of(cls, tree: Tree) -> Scene:
        """Read a program."""
        found: tuple[set[str], set[str]] = (set(), set())
        for node in tree.places:
            if isinstance(node, ast.Attribute):
                found[not _is_called(tree, node)].add(node.attr)
        return cls(tree, Names(tree), *map(frozenset, found))

    def put(self, kind: Kind, node: ast.AST, new: Snippet, marks: Marks = NO_MARKS) -> Draft:
        """Replace an expression by another."""
        start, end = self.tree.span(node)
        return Draft(kind, node, start, end, self.tree.fit(node, new), marks)

    def gap(self, kind: Kind, node: ast.AST, gap: tuple[int, int], text: str) -> Draft:
        """Replace an operator."""
        return Draft(kind, node, *gap, self.tree.spaced(*gap, text))

    def name_marks(self, node: ast.AST, variable: Variable, old: Holds) -> Marks:
        """How well a variable fits where something holding `old` stood."""
        found = set()
        if variable.holds & old:
            found.add(Mark.MATCHES)
        if not variable.n_reads:
            found.add(Mark.REVIVES)
        return frozenset(found)

    def holding(self, node: ast.AST, wanted: Holds) -> list[Variable]:
        """Bound variables at `node` that hold, or may hold, what is wanted."""
        return [
            variable
            for variable in self.names.visible(node)
            if self.names.is_bound(variable, node) and not variable.holds.clashes(wanted)
        ]

    def place(self, node: ast.AST) -> tuple[ast.AST, str]:
        """Parent and field of a node."""
        return self.tree.places[node]

    def is_called(self, node: ast.expr) -> bool:
        """Whether the expression is the function of a call."""
        return _is_called(self.tree, node)

    def is_condition(self, node: ast.AST) -> bool:
        """Whether only the truth of the expression counts: a test or a term of one."""
        parent, field = self.place(node)
        if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
            return field == "test"
        return isinstance(parent, ast.BoolOp) or field == "ifs"


def _is_called(tree: Tree, node: ast.expr) -> bool:
    parent, field = tree.places[node]
    return isinstance(parent, ast.Call) and field == "func"
