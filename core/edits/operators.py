"""Edits that exchange, drop or turn round operators and their operands."""

from __future__ import annotations

import ast
import re
from itertools import combinations, pairwise

from core.edits.draft import Draft, Drafts, Scene
from core.edits.edit import NO_MARKS, Kind, Mark
from core.edits.tree import Level, Snippet, level_of

_STRICT = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_NEGATED = {
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
_OTHER = {
    "==": ("<=", ">="),
    "!=": ("<", ">"),
    "<": ("!=",),
    ">": ("!=",),
    "<=": ("==",),
    ">=": ("==",),
}
_ARITHMETIC = {
    "+": ("-", "*"),
    "-": ("+",),
    "*": ("+", "//"),
    "/": ("//", "*"),
    "//": ("%", "*", "/"),
    "%": ("//",),
    "**": ("*",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|", "^"),
    "|": ("&", "^"),
    "^": ("&", "|"),
}
_RISES = frozenset({("-", "+"), ("<", "<="), (">", ">="), ("*", "**"), ("+", "*")})
_COMPARISON = re.compile(r"not\s+in|is\s+not|<=|>=|==|!=|<|>|in|is")
_OPERATOR = re.compile(r"\*\*|//|<<|>>|[-+*/%@&|^]")
_JUNCTION = re.compile(r"and|or")


def compares(scene: Scene, node: ast.Compare) -> Drafts:
    """Another comparison operator; `<` to `<=` is a kind of its own."""
    sides = [node.left, *node.comparators]
    for left, right in pairwise(sides):
        gap, old = _between(scene, left, right, _COMPARISON)
        if not old:
            continue
        for kind, table in (
            (Kind.COMPARE_STRICT, _STRICT),
            (Kind.COMPARE_FLIP, _FLIP),
            (Kind.COMPARE_NEGATE, _NEGATED),
        ):
            if old in table:
                yield _operator(scene, kind, node, gap, (old, table[old]))
        for new in _OTHER.get(old, ()):
            yield _operator(scene, Kind.COMPARE_OTHER, node, gap, (old, new))


def compare_steps(scene: Scene, node: ast.Compare) -> Drafts:
    """Another operator and a neighbouring constant at once: `== 0` to `<= 1`."""
    right = node.comparators[0]
    if len(node.ops) > 1 or not isinstance(right, ast.Constant) or type(right.value) is not int:
        return
    gap, old = _between(scene, node.left, right, _COMPARISON)
    end = scene.tree.span(right)[1]
    if old not in _STRICT and old not in {"==", "!="}:
        return
    blank = scene.tree.source[gap[1] : scene.tree.span(right)[0]]
    for new in ("==", "<=", ">=") if old != "!=" else ("<", ">"):
        for value in (right.value - 1, right.value + 1):
            if new != old and abs(value) < _LARGEST:
                text = scene.tree.spaced(gap[0], end, f"{new}{blank}{value}")
                yield Draft(Kind.COMPARE_STEP, node, gap[0], end, text)


def booleans(scene: Scene, node: ast.BoolOp) -> Drafts:
    """`and` for `or`, and each term dropped."""
    for left, right in pairwise(node.values):
        gap, old = _between(scene, left, right, _JUNCTION)
        if old:
            new = "or" if old == "and" else "and"
            yield scene.gap(Kind.BOOL_SWAP, node, gap, new)
    if len(node.values) == 2:
        for kept in node.values:
            yield scene.put(Kind.DROP_TERM, node, scene.tree.snippet(kept))
        return
    spans = [scene.tree.outer(value) for value in node.values]
    for n, (start, end) in enumerate(spans):
        cut = (start, spans[n + 1][0]) if n + 1 < len(spans) else (spans[n - 1][1], end)
        if "#" not in scene.tree.source[slice(*cut)]:
            yield Draft(Kind.DROP_TERM, node, *cut, "")


def arithmetic(scene: Scene, node: ast.BinOp) -> Drafts:
    """Another operator, exchanged operands, one operand alone."""
    gap, old = _between(scene, node.left, node.right, _OPERATOR)
    for new in _ARITHMETIC.get(old, ()):
        yield _operator(scene, Kind.OP_SWAP, node, gap, (old, new))
    left, right = scene.tree.snippet(node.left), scene.tree.snippet(node.right)
    yield scene.put(Kind.DROP_OPERAND, node, left)
    yield scene.put(Kind.DROP_OPERAND, node, right)
    if old and "\n" not in scene.tree.text(node):
        own = level_of(node)
        new_left = _wrapped(right, own)
        new_right = _wrapped(left, Level(own + 1))
        between = scene.tree.source[
            scene.tree.outer(node.left)[1] : scene.tree.outer(node.right)[0]
        ]
        start, end = scene.tree.span(node)
        text = scene.tree.spaced(start, end, f"{new_left}{between}{new_right}")
        yield Draft(Kind.OPERAND_SWAP, node, start, end, text)


def augmented(scene: Scene, node: ast.AugAssign) -> Drafts:
    """Another operator of `+=`, or a plain assignment."""
    gap, old = _between(scene, node.target, node.value, _OPERATOR)
    for new in _ARITHMETIC.get(old, ()):
        yield _operator(scene, Kind.OP_SWAP, node, gap, (old, new))
    if old:
        yield Draft(Kind.AUGMENT, node, *gap, "")


def negations(scene: Scene, node: ast.AST) -> Drafts:
    """`not` put before a condition or taken away."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield scene.put(Kind.NEGATE, node, scene.tree.snippet(node.operand))
    elif scene.is_condition(node) and not isinstance(node, ast.Compare | ast.NamedExpr):
        inner = scene.tree.snippet(node)
        yield scene.put(Kind.NEGATE, node, Snippet(f"not {_wrapped(inner, Level.NOT)}", Level.NOT))


def swaps(scene: Scene, node: ast.Call | ast.Tuple | ast.List) -> Drafts:
    """Two arguments, or two items of a tuple, exchanged."""
    items = node.args if isinstance(node, ast.Call) else node.elts
    if isinstance(node, ast.List) and len(items) > 3:
        return
    for first, second in combinations(items, 2):
        is_far = items.index(second) - items.index(first) > 1 and len(items) > 4
        if is_far or isinstance(first, ast.Starred) or isinstance(second, ast.Starred):
            continue
        (start, stop), (restart, end) = scene.tree.outer(first), scene.tree.outer(second)
        source = scene.tree.source
        text = source[restart:end] + source[stop:restart] + source[start:stop]
        if "\n" not in text:
            text = scene.tree.spaced(start, end, text)
            yield Draft(Kind.ARG_SWAP, node, start, end, text)


def steps(scene: Scene, node: ast.Constant | ast.UnaryOp) -> Drafts:
    """A whole number one up or one down."""
    value = whole_number(node)
    if value is None:
        return
    for new in (value - 1, value + 1):
        level = Level.ATOM if new >= 0 else Level.FACTOR
        marks = frozenset({Mark.RAISES}) if new > value else NO_MARKS
        yield scene.put(Kind.CONST_STEP, node, Snippet(str(new), level), marks)


_LARGEST = 10**9


def whole_number(node: ast.AST) -> int | None:
    """The value of a small integer literal, its minus sign included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = whole_number(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value < _LARGEST:
        return node.value
    return None


def _between(
    scene: Scene, left: ast.AST, right: ast.AST, pattern: re.Pattern[str]
) -> tuple[tuple[int, int], str]:
    """Where the operator between two operands stands, and the operator; '' beside a comment."""
    start, end = scene.tree.span(left)[1], scene.tree.span(right)[0]
    text = scene.tree.source[start:end]
    found = None if "#" in text else pattern.search(text)
    if found is None:
        return (start, end), ""
    return (start + found.start(), start + found.end()), " ".join(found.group().split())


def _operator(
    scene: Scene, kind: Kind, node: ast.AST, gap: tuple[int, int], change: tuple[str, str]
) -> Draft:
    draft = scene.gap(kind, node, gap, change[1])
    return draft._replace(marks=frozenset({Mark.RAISES})) if change in _RISES else draft


def _wrapped(snippet: Snippet, needed: Level) -> str:
    return f"({snippet.text})" if snippet.level < needed else snippet.text
