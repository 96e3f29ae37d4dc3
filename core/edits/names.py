"""Which variables a place can see, since where, and what they seem to hold.

A guess from one reading of the program, good enough to tell an index from a list;
what is not known is held against no edit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from core.edits.holds import (
    CONTAINER,
    Holds,
    annotation_holds,
    argument_holds,
    call_holds,
    constant_holds,
    counter_holds,
    display_holds,
    owner_holds,
)
from core.edits.tree import Tree

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (
    ast.Module,
    ast.ClassDef,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    *_COMPREHENSIONS,
)


@dataclass(slots=True)
class Variable:
    """One variable of one scope."""

    name: str
    scope: ast.AST
    bound_at: int
    """Offset from which on it can be read."""
    n_reads: int = 0
    assigned: Holds = Holds.NOTHING
    used: Holds = Holds.NOTHING

    @property
    def holds(self) -> Holds:
        """What assignments say, else what its uses say."""
        return self.assigned or self.used


class Names:
    """The variables of a program."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._scopes: dict[ast.AST, dict[str, Variable]] = {}
        names = [node for node in tree.places if isinstance(node, ast.Name)]
        for node in tree.places:
            self._bind(node)
        for node in names:
            variable = self.find(node, node.id)
            if variable and isinstance(node.ctx, ast.Load):
                variable.n_reads += 1
        for _ in range(2):  # twice, so that a name learns from names assigned after it
            for node in names:
                self._watch(node)

    def visible(self, node: ast.AST) -> list[Variable]:
        """Variables that code at `node` may read, innermost scope first, by name."""
        seen: dict[str, Variable] = {}
        for scope in self._scopes_around(node):
            for name, variable in sorted(self._scopes.get(scope, {}).items()):
                seen.setdefault(name, variable)
        return list(seen.values())

    def find(self, node: ast.AST, name: str) -> Variable | None:
        """The variable that `name` means at `node`."""
        for scope in self._scopes_around(node):
            variable = self._scopes.get(scope, {}).get(name)
            if variable:
                return variable
        return None

    def is_bound(self, variable: Variable, node: ast.AST) -> bool:
        """Whether the variable has a value when `node` is first reached, reading downwards."""
        if variable.scope is not self._function_of(node):
            return True
        return variable.bound_at <= self._tree.span(node)[0]

    def holds(self, node: ast.AST | None) -> Holds:
        """What an expression seems to hold."""
        match node:
            case ast.Constant(value=value):
                return constant_holds(value)
            case ast.Name():
                variable = self.find(node, node.id)
                return variable.holds if variable else Holds.NOTHING
            case ast.BinOp():
                return self._binary(node)
            case ast.Call():
                return call_holds(node)
            case ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return Holds.TRUTH
            case ast.UnaryOp():
                return Holds.NUMBER
            case ast.IfExp():
                return self.holds(node.body) or self.holds(node.orelse)
            case ast.Subscript(slice=ast.Slice()):
                return self.holds(node.value)
            case ast.JoinedStr():
                return Holds.TEXT
        return display_holds(node)

    def _binary(self, node: ast.BinOp) -> Holds:
        left, right = self.holds(node.left), self.holds(node.right)
        if isinstance(node.op, ast.Add):
            return left or right
        if isinstance(node.op, ast.Mult | ast.Mod | ast.Sub | ast.BitOr | ast.BitAnd):
            return (left | right) & CONTAINER or Holds.NUMBER
        return Holds.NUMBER

    def _scopes_around(self, node: ast.AST) -> Iterator[ast.AST]:
        is_innermost = True
        if isinstance(node, ast.Module):
            yield node
        for parent, field, _ in self._tree.ancestors(node):
            if not isinstance(parent, _SCOPES):
                continue
            if isinstance(parent, _COMPREHENSIONS) and self._is_first_source(node, parent):
                continue
            is_default = isinstance(parent, FunctionNode) and field == "args"
            if is_default or (isinstance(parent, ast.ClassDef) and not is_innermost):
                continue
            is_innermost = False
            yield parent

    def _is_first_source(self, node: ast.AST, comprehension: _Comprehension) -> bool:
        """Whether `node` belongs to what is evaluated outside the comprehension."""
        source = comprehension.generators[0].iter
        return node is source or any(up is source for up, _, _ in self._tree.ancestors(node))

    def _function_of(self, node: ast.AST) -> ast.AST | None:
        return next(self._scopes_around(node), None)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, FunctionNode):
            arguments = node.args
            plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            for argument in (*plain, arguments.vararg, arguments.kwarg):
                if argument:
                    variable = Variable(argument.arg, node, 0, assigned=annotation_holds(argument))
                    self._scopes.setdefault(node, {})[argument.arg] = variable
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope, bound_at = self._binding_of(node)
            variables = self._scopes.setdefault(scope, {})
            known = variables.setdefault(node.id, Variable(node.id, scope, bound_at))
            known.bound_at = min(known.bound_at, bound_at)

    def _binding_of(self, node: ast.Name) -> tuple[ast.AST, int]:
        """The scope a target binds in and the offset from which its value can be read."""
        bound_at = -1
        for parent, _, child in self._tree.ancestors(node):
            if bound_at < 0:
                bound_at = self._value_end(parent, child)
            if isinstance(parent, ast.comprehension):
                bound_at = 0
            is_walrus_passing = isinstance(parent, _COMPREHENSIONS) and bound_at > 0
            if isinstance(parent, _SCOPES) and not is_walrus_passing:
                return parent, max(bound_at, 0)
        return self._tree.module, max(bound_at, 0)

    def _value_end(self, parent: ast.AST, child: ast.AST) -> int:
        """Offset from which on a target of `parent` has its value, -1 if `parent` sets none."""
        if isinstance(parent, ast.For | ast.AsyncFor) and child is parent.target:
            return self._tree.span(parent.iter)[1]
        if isinstance(parent, ast.With | ast.AsyncWith):
            return self._tree.span(parent.body[0])[0]
        if isinstance(parent, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr):
            return self._tree.span(parent)[1]
        return self._tree.span(parent)[0] if isinstance(parent, ast.stmt) else -1

    def _watch(self, node: ast.Name) -> None:
        variable = self.find(node, node.id)
        if variable is None:
            return
        parent, field = self._tree.places[node]
        if isinstance(parent, ast.Assign) and field == "targets":
            variable.assigned |= self.holds(parent.value)
        elif isinstance(parent, ast.For | ast.comprehension) and field == "target":
            variable.assigned |= counter_holds(parent.iter, "range")
        elif isinstance(parent, ast.Tuple) and isinstance(node.ctx, ast.Store):
            loop, _ = self._tree.places[parent]
            if isinstance(loop, ast.For | ast.comprehension) and parent.elts[0] is node:
                variable.assigned |= counter_holds(loop.iter, "enumerate")
        else:
            variable.used |= self._use(node, parent, field)

    def _use(self, node: ast.Name, parent: ast.AST, field: str) -> Holds:
        match parent:
            case ast.Subscript() if field == "value":
                return CONTAINER
            case ast.For() | ast.comprehension() if field == "iter":
                return CONTAINER
            case ast.Call(func=ast.Name(id=function)) if field == "args":
                return argument_holds(function)
            case ast.BinOp(op=ast.Sub() | ast.FloorDiv() | ast.Div() | ast.Pow()):
                return Holds.NUMBER
            case ast.BinOp() | ast.Compare():
                return self._beside(node, parent)
            case ast.AugAssign() if field == "target":
                return self.holds(parent.value)
            case ast.Attribute(attr=attribute):
                return owner_holds(attribute)
        return Holds.NOTHING

    def _beside(self, node: ast.Name, parent: ast.BinOp | ast.Compare) -> Holds:
        """A constant neighbour tells the type: `x < 3`, `x + "a"`."""
        for other in ast.iter_child_nodes(parent):
            if other is not node and isinstance(other, ast.Constant):
                return constant_holds(other.value)
        return Holds.NOTHING
