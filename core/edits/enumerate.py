"""All one-step edits of a program, in one order that depends on its text alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache

from core.edits import operators, references, statements, wide
from core.edits.draft import Draft, Drafts, Scene
from core.edits.edit import Edit, Kind, Mark, Marks, TextKey, text_key
from core.edits.tree import parse_tree

_Family = Callable[..., Drafts]
_FAMILIES: dict[type[ast.AST], tuple[_Family, ...]] = {
    ast.Compare: (operators.compares, operators.compare_steps),
    ast.BoolOp: (operators.booleans,),
    ast.BinOp: (operators.arithmetic,),
    ast.AugAssign: (operators.augmented,),
    ast.Call: (references.calls, operators.swaps, wide.expression_steps, wide.range_bounds),
    ast.Tuple: (operators.swaps,),
    ast.List: (operators.swaps,),
    ast.Constant: (operators.steps,),
    ast.UnaryOp: (operators.steps,),
    ast.Name: (
        references.variables,
        wide.expression_steps,
        wide.argument_variables,
        wide.slices,
    ),
    ast.Subscript: (wide.slices,),
    ast.Slice: (wide.slice_bounds,),
    ast.Attribute: (references.attributes,),
    ast.Assign: (wide.extremes, wide.accumulations),
    ast.Break: (statements.jumps,),
    ast.Continue: (statements.jumps,),
}
_FOR_EXPRESSIONS: tuple[_Family, ...] = (
    operators.negations,
    wide.results,
    wide.result_variables,
    wide.guards,
)
_MARKERS = ("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE")
MAX_CHARS = 20_000
"""Longer programs have no edits: a choice among tens of thousands would find nothing."""
_RANK = {kind: rank for rank, kind in enumerate(Kind)}
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension)


@lru_cache(maxsize=512)
def enumerate_edits(source: str) -> tuple[Edit, ...]:
    """Every edit once, by position; none for text that is no program, too long or not quotable.

    Two edits with the same resulting program count as one, of the kind that comes first.
    """
    if len(source) > MAX_CHARS or any(line.rstrip() in _MARKERS for line in source.split("\n")):
        return ()
    tree = parse_tree(source)
    if tree is None:
        return ()
    scene = Scene.of(tree)
    drafts = sorted(_drafts(scene), key=_order)
    unique: dict[TextKey, Draft] = {}
    for draft in drafts:
        key = text_key(source, draft.start, draft.end, draft.text)
        if key.text or key.start != key.end:
            unique.setdefault(key, draft)
    edits = (_finished(scene, draft, key) for key, draft in unique.items())
    return tuple(
        sorted(edits, key=lambda edit: (edit.start, edit.end, _RANK[edit.kind], edit.text))
    )


def _drafts(scene: Scene) -> list[Draft]:
    found: list[Draft] = list(statements.blocks(scene, scene.tree.module))
    for node in scene.tree.places:
        families = _FAMILIES.get(type(node), ())
        if isinstance(node, ast.expr):
            families += _FOR_EXPRESSIONS
            parent, _ = scene.place(node)
            if isinstance(node, ast.Constant) and operators.whole_number(parent) is not None:
                continue
        for family in families:
            found.extend(family(scene, node))
        found.extend(statements.blocks(scene, node))
    return found


def _order(draft: Draft) -> tuple[int, int, int, str]:
    return (_RANK[draft.kind], draft.start, draft.end, draft.text)


def _finished(scene: Scene, draft: Draft, key: TextKey) -> Edit:
    """The edit with what its surroundings tell."""
    marks: set[Mark] = set(draft.marks)
    depth, statement = 0, draft.node if isinstance(draft.node, ast.stmt) else None
    for parent, field, child in scene.tree.ancestors(draft.node):
        if statement is None:
            marks |= _surroundings(scene, parent, field, child)
            statement = parent if isinstance(parent, ast.stmt) else None
        is_inside = field in {"body", "test", "elt", "ifs", "generators", "key", "value"}
        depth += isinstance(parent, _LOOPS) and is_inside
    tree = scene.tree
    first = tree.line_of(key.start)
    # A cut that ends where a line begins joins that line to the first.
    last = tree.line_of(min(key.end, len(tree.source) - 1))
    start = tree.line_of(tree.span(statement)[0]) if statement else first
    return Edit(
        draft.kind,
        draft.start,
        draft.end,
        draft.text,
        first_line=first,
        last_line=last,
        statement_line=min(start, first),
        depth=depth,
        marks=frozenset(marks),
    )


def _surroundings(scene: Scene, parent: ast.AST, field: str, child: ast.AST) -> Marks:
    match parent:
        case ast.If() | ast.While() if field == "test":
            return frozenset({Mark.IN_TEST})
        case ast.Return():
            return frozenset({Mark.IN_RETURN})
        case ast.Assign() | ast.AugAssign() if field == "value":
            return frozenset({Mark.IN_VALUE})
        case ast.For() if field == "iter":
            return frozenset({Mark.IN_HEADER})
        case ast.comprehension():
            is_source = field == "iter"
            inside = {Mark.IN_COMPREHENSION}
            return frozenset(inside | {Mark.IN_HEADER} if is_source else inside)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return frozenset({Mark.IN_COMPREHENSION})
        case ast.Subscript() if field == "slice":
            return frozenset({Mark.IN_INDEX})
        case ast.Call() if field in {"args", "keywords"}:
            return _call_marks(scene, parent)
    return frozenset()


def _call_marks(scene: Scene, call: ast.Call) -> Marks:
    marks = {Mark.IN_ARGUMENT}
    if isinstance(call.func, ast.Name):
        if call.func.id == "range":
            marks.add(Mark.IN_RANGE)
        for parent, _, _ in scene.tree.ancestors(call):
            if isinstance(parent, ast.FunctionDef) and parent.name == call.func.id:
                marks.add(Mark.IN_RECURSION)
    return frozenset(marks)
