"""Edits that add something: a step, a bound, a guard, a slice, another result."""

from __future__ import annotations

import ast

from core.edits.draft import Draft, Drafts, Scene
from core.edits.edit import NO_MARKS, Kind, Mark
from core.edits.holds import CONTAINER, Holds
from core.edits.operators import whole_number
from core.edits.tree import Level, Snippet, level_of


def expression_steps(scene: Scene, node: ast.expr) -> Drafts:
    """One added to or taken from a value that is or may be a number."""
    if not _is_value(scene, node) or _is_stepped(scene, node):
        return
    base = Snippet(scene.tree.text(node), level_of(node))
    for sign in "-+":
        marks = frozenset({Mark.RAISES}) if sign == "+" else NO_MARKS
        yield scene.put(Kind.EXPR_STEP, node, Snippet(f"{base.text} {sign} 1", Level.SUM), marks)
    if isinstance(scene.place(node)[0], ast.BinOp | ast.Compare) and isinstance(node, ast.Name):
        yield scene.put(Kind.POWER, node, Snippet(f"{base.text} ** 2", Level.POWER))
        yield scene.put(Kind.POWER, node, Snippet(f"{base.text} // 2", Level.TERM))
        yield scene.put(Kind.POWER, node, Snippet(f"{base.text} * 2", Level.TERM))


def argument_variables(scene: Scene, node: ast.Name) -> Drafts:
    """A variable added to or taken from an argument that may be a number."""
    parent, field = scene.place(node)
    is_argument = isinstance(parent, ast.Call) and field == "args" and _is_value(scene, node)
    if not is_argument or scene.names.holds(node).clashes(Holds.NUMBER):
        return
    for variable in scene.holding(node, Holds.NUMBER):
        if variable.name != node.id:
            marks = scene.name_marks(node, variable, Holds.NUMBER)
            for sign in "-+":
                text = f"{node.id} {sign} {variable.name}"
                yield scene.put(Kind.EXPR_VAR, node, Snippet(text, Level.SUM), marks)


def result_variables(scene: Scene, node: ast.expr) -> Drafts:
    """A variable joined to a result that is a sequence."""
    parent, _ = scene.place(node)
    holds = scene.names.holds(node)
    if not isinstance(parent, ast.Return) or not holds & CONTAINER:
        return
    old = scene.tree.snippet(node)
    for variable in scene.holding(node, holds) if old.level >= Level.SUM else ():
        if variable.name != old.text:
            for text in (f"{variable.name} + {old.text}", f"{old.text} + {variable.name}"):
                yield scene.put(Kind.EXPR_VAR, node, Snippet(text, Level.SUM))


def results(scene: Scene, node: ast.expr) -> Drafts:
    """Another plain result: a constant, an empty or filled list, a variable, a test of one."""
    parent, _ = scene.place(node)
    if not isinstance(parent, ast.Return):
        return
    old = scene.tree.text(node)
    visible = [variable.name for variable in scene.holding(node, Holds.NOTHING)]
    texts: list[str] = []
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        texts = ["False" if node.value else "True"]
        texts += [f"{name} == 0" for name in visible] + [f"not {name}" for name in visible]
    elif isinstance(node, ast.Constant) and not isinstance(node.value, str):
        texts = ["None", "0", "[]", *visible]
    elif isinstance(node, ast.List) and not node.elts:
        texts = ["[[]]", "None", *(f"[{name}]" for name in visible), *visible]
    elif isinstance(node, ast.Constant | ast.Dict) and len(old) == 2:
        texts = ["None", *visible]
    for text in texts:
        level = Level.COMPARE if "==" in text else Level.NOT if "not " in text else Level.ATOM
        yield scene.put(Kind.RETURN_CONST, node, Snippet(text, level))


def guards(scene: Scene, node: ast.expr) -> Drafts:
    """A condition with another test before or after it."""
    parent, field = scene.place(node)
    if field != "test" or not isinstance(parent, ast.If | ast.While):
        return
    if isinstance(node, ast.Constant) and node.value is True:
        for variable in scene.holding(node, Holds.NOTHING):
            yield scene.put(Kind.COND_VAR, node, Snippet(variable.name, Level.ATOM))
        return
    inner = scene.tree.snippet(node)
    if inner.level < Level.OR or "\n" in inner.text:
        return
    for variable in scene.holding(node, CONTAINER):
        added = Snippet(f"{inner.text} or not {variable.name}", Level.OR)
        yield scene.put(Kind.GUARD, node, added)
        kept = inner.text if inner.level > Level.OR else f"({inner.text})"
        yield scene.put(Kind.GUARD, node, Snippet(f"{variable.name} and {kept}", Level.AND))
    for name in sorted(_dereferenced(node)):
        yield scene.put(Kind.GUARD, node, Snippet(f"{name} is None or {inner.text}", Level.OR))
        yield scene.put(Kind.GUARD, node, Snippet(f"not {name} or {inner.text}", Level.OR))


def slices(scene: Scene, node: ast.Name | ast.Subscript) -> Drafts:
    """A sequence cut at one end, or a cut taken away."""
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load):
            value = Snippet(scene.tree.text(node.value), level_of(node.value))
            yield scene.put(Kind.SLICE_DROP, node, value)
        return
    parent, field = scene.place(node)
    is_read = isinstance(node.ctx, ast.Load) and field in {"args", "iter", "value", "elts"}
    known = scene.names.holds(node)
    if not is_read or not known & CONTAINER or isinstance(parent, ast.Attribute | ast.Subscript):
        return
    cuts = ["1:", ":-1", "::-1", ":"]
    if field in {"iter", "args"}:
        numbers = scene.holding(node, Holds.NUMBER)
        cuts += [f"{v.name}:" for v in numbers if v.holds & Holds.NUMBER or not v.holds]
    for cut in cuts:
        yield scene.put(Kind.SLICE_ADD, node, Snippet(f"{node.id}[{cut}]", Level.ATOM))


def slice_bounds(scene: Scene, node: ast.Slice) -> Drafts:
    """A bound of a slice dropped, or one put where there is none."""
    start, end = scene.tree.span(node)
    bounds = [bound for bound in (node.lower, node.upper, node.step) if bound]
    if "\n" in scene.tree.source[start:end] or min(map(level_of, bounds), default=1) < Level.TEST:
        return
    if node.step is not None:
        return
    lower = scene.tree.text(node.lower) if node.lower else ""
    upper = scene.tree.text(node.upper) if node.upper else ""
    if lower and upper:
        yield Draft(Kind.SLICE_DROP, node, start, end, f":{upper}")
        yield Draft(Kind.SLICE_DROP, node, start, end, f"{lower}:")
    elif lower or upper:
        yield Draft(Kind.SLICE_DROP, node, start, end, f"{upper}:{lower}")
    if not lower:
        yield Draft(Kind.SLICE_ADD, node, start, end, f"1:{upper}")
    if not upper:
        yield Draft(Kind.SLICE_ADD, node, start, end, f"{lower}:-1")


def range_bounds(scene: Scene, node: ast.Call) -> Drafts:
    """`range` that starts at one, or without its first bound."""
    if not isinstance(node.func, ast.Name) or node.func.id != "range" or node.keywords:
        return
    arguments = node.args
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return
    if len(arguments) == 1:
        at = scene.tree.span(arguments[0])[0]
        yield Draft(Kind.RANGE_BOUND, node, at, at, "1, ")
    elif len(arguments) == 2:
        start, end = scene.tree.outer(arguments[0])[0], scene.tree.outer(arguments[1])[0]
        yield Draft(Kind.RANGE_BOUND, node, start, end, "")


def extremes(scene: Scene, node: ast.Assign) -> Drafts:
    """A new value kept only if it beats the old one, or zero."""
    target = node.targets[0]
    if len(node.targets) != 1 or not isinstance(target, ast.Name):
        return
    variable = scene.names.find(target, target.id)
    is_new = variable is None or variable.bound_at >= scene.tree.span(node)[1]
    if is_new or scene.names.holds(node.value).clashes(Holds.NUMBER):
        return
    value = scene.tree.text(node.value)
    if (
        isinstance(node.value, ast.Tuple | ast.Yield | ast.YieldFrom)
        or whole_number(node.value) is not None
    ):
        return
    for text in (f"max({target.id}, {value})", f"min({target.id}, {value})", f"max(0, {value})"):
        yield scene.put(Kind.MINMAX_WRAP, node.value, Snippet(text, Level.ATOM))


def accumulations(scene: Scene, node: ast.Assign) -> Drafts:
    """`+=` for `=` where the target has a value already."""
    target = node.targets[0]
    is_plain = isinstance(target, ast.Name | ast.Subscript) and not isinstance(
        node.value, ast.Tuple
    )
    if len(node.targets) != 1 or not is_plain:
        return
    if isinstance(target, ast.Name):
        variable = scene.names.find(target, target.id)
        if variable is None or variable.bound_at >= scene.tree.span(node)[1]:
            return
    start, end = scene.tree.span(target)[1], scene.tree.span(node.value)[0]
    gap = scene.tree.source[start:end]
    if gap.strip() == "=":
        at = start + gap.index("=")
        yield Draft(Kind.AUGMENT, node, at, at, "+")


def _is_value(scene: Scene, node: ast.expr) -> bool:
    """Whether the expression is read for its value, not called, looked into or assigned."""
    parent, field = scene.place(node)
    if not isinstance(getattr(node, "ctx", None) or ast.Load(), ast.Load):
        return False
    if isinstance(node, ast.Name) and scene.names.find(node, node.id) is None:
        return False
    if isinstance(parent, ast.Attribute | ast.Call | ast.Subscript) and field in {"func", "value"}:
        return False
    if isinstance(parent, ast.Expr | ast.Starred | ast.FormattedValue) or field == "iter":
        return False
    return "\n" not in scene.tree.text(node)


def _is_stepped(scene: Scene, node: ast.expr) -> bool:
    """Whether a step here makes no sense or says the same as a step beside it."""
    if scene.names.holds(node).clashes(Holds.NUMBER) or scene.is_condition(node):
        return True
    parent, field = scene.place(node)
    if not isinstance(parent, ast.BinOp) or not isinstance(parent.op, ast.Add | ast.Sub):
        return False
    return field == "left" or whole_number(parent.left) is not None


def _dereferenced(node: ast.expr) -> set[str]:
    """Names whose attributes or items a condition reads."""
    return {
        inner.value.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)
    }
