"""Edits that exchange what a name, an attribute or a call refers to."""

from __future__ import annotations

import ast

from core.edits.draft import Draft, Drafts, Scene
from core.edits.edit import NO_MARKS, Kind, Mark, Marks
from core.edits.names import Variable
from core.edits.tree import Level, Snippet, level_of

_CALL_TWINS = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "sorted": "reversed",
    "reversed": "sorted",
    "floor": "ceil",
    "ceil": "floor",
}
_ATTRIBUTE_TWINS = {
    "append": ("extend", "add"),
    "extend": ("append",),
    "add": ("discard", "update"),
    "discard": ("add",),
    "update": ("add",),
    "pop": ("popleft",),
    "popleft": ("pop",),
    "appendleft": ("append",),
    "keys": ("values", "items"),
    "values": ("keys", "items"),
    "items": ("keys", "values"),
    "lower": ("upper",),
    "upper": ("lower",),
    "isalpha": ("isalnum", "isdigit"),
    "isalnum": ("isalpha",),
    "isdigit": ("isalpha", "isalnum"),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "lstrip": ("rstrip", "strip"),
    "rstrip": ("lstrip", "strip"),
    "strip": ("lstrip", "rstrip"),
    "ljust": ("rjust",),
    "rjust": ("ljust",),
    "find": ("rfind",),
    "rfind": ("find",),
    "index": ("rindex",),
    "union": ("intersection", "difference"),
    "intersection": ("union", "difference"),
    "difference": ("intersection", "union"),
}


def variables(scene: Scene, node: ast.Name) -> Drafts:
    """Another variable, read or assigned, in the place of this one."""
    old = scene.names.find(node, node.id)
    parent, field = scene.place(node)
    is_target = not isinstance(node.ctx, ast.Load)
    if old is None or (isinstance(parent, ast.Call) and field == "func"):
        return
    if is_target and not isinstance(parent, ast.Assign | ast.AugAssign):
        return
    kind = Kind.TARGET_SWAP if is_target else Kind.VAR_SWAP
    for variable in scene.names.visible(node):
        is_bound = is_target or scene.names.is_bound(variable, node)
        if variable is not old and is_bound and not variable.holds.clashes(old.holds):
            marks = _swap_marks(scene, node, (old, variable))
            yield scene.put(kind, node, Snippet(variable.name, Level.ATOM), marks)


def calls(scene: Scene, node: ast.Call) -> Drafts:
    """The opposite function, or an argument in place of the call."""
    if isinstance(node.func, ast.Name) and node.func.id in _CALL_TWINS:
        yield scene.put(Kind.CALL_SWAP, node.func, Snippet(_CALL_TWINS[node.func.id], Level.ATOM))
    if node.keywords or not 1 <= len(node.args) <= 3:
        return
    for argument in node.args:
        if not isinstance(argument, ast.Starred | ast.GeneratorExp):
            yield scene.put(Kind.UNWRAP, node, _argument(scene, argument))


def attributes(scene: Scene, node: ast.Attribute) -> Drafts:
    """A sibling method, or an attribute that the program uses elsewhere in the same way."""
    end = scene.tree.span(node)[1]
    start = end - len(node.attr)
    if scene.tree.source[start:end] != node.attr:
        return
    seen = scene.methods if scene.is_called(node) else scene.attributes
    for name in sorted({*seen, *_ATTRIBUTE_TWINS.get(node.attr, ())} - {node.attr}):
        marks = frozenset({Mark.REUSES}) if name in seen else NO_MARKS
        yield Draft(Kind.ATTR_SWAP, node, start, end, name, marks)


def _argument(scene: Scene, argument: ast.expr) -> Snippet:
    """The text of an argument, which may be alone between the parentheses of its call."""
    is_tuple = isinstance(argument, ast.Tuple)
    return Snippet(scene.tree.text(argument), Level.ATOM if is_tuple else level_of(argument))


def _swap_marks(scene: Scene, node: ast.Name, change: tuple[Variable, Variable]) -> Marks:
    old, new = change
    marks = set(scene.name_marks(node, new, old.holds))
    if isinstance(node.ctx, ast.Load):
        if old.n_reads == 1:
            marks.add(Mark.ORPHANS)
        neighbours = _neighbours(scene, node)
        if new.name in neighbours:
            marks.add(Mark.MAKES_TWIN)
        if old.name in neighbours:
            marks.add(Mark.PARTS_TWINS)
    return frozenset(marks)


def _neighbours(scene: Scene, node: ast.Name) -> set[str]:
    """Names that are operands or arguments beside `node`."""
    parent, _ = scene.place(node)
    if not isinstance(parent, ast.Call | ast.Compare | ast.BinOp | ast.Tuple | ast.Subscript):
        return set()
    beside = ast.iter_child_nodes(parent)
    return {other.id for other in beside if isinstance(other, ast.Name) and other is not node}
