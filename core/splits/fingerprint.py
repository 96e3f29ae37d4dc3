"""What makes two programs the same: their syntax tree with the author's own names blinded.

Layout, comments, docstrings and annotated signatures do not count; names the program does not bind
itself (built-ins, imported modules) and constants do. A program that does not parse is
compared token by token.
"""

from __future__ import annotations

import ast
import re
import warnings

from core import syntax

_TOKEN = re.compile(r"[^\W\d]\w*|\d+|[^\w\s]")
_NAME = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"#.*")


def fingerprint(program: str) -> str:
    """Equal for programs that differ in nothing but names and layout; empty for an empty one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the program's style is not this process's concern
            tree = syntax.parse(program)
        drop_documentation(tree)
        return f"ast {blind(tree)}" if tree.body else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return token_fingerprint(program)


def blind(tree: ast.Module) -> str:
    """The tree without the names that the program gives itself; changes the tree."""
    return ast.dump(_Blinder(_bound_names(tree)).visit(tree))


def token_fingerprint(program: str) -> str:
    """For a program that does not parse; empty when it has no token."""
    numbers: dict[str, str] = {}
    tokens = [
        numbers.setdefault(token, f"n{len(numbers)}") if _NAME.fullmatch(token) else token
        for token in _TOKEN.findall(_COMMENT.sub("", program))
    ]
    return "tokens " + " ".join(tokens) if tokens else ""


def drop_documentation(tree: ast.Module) -> None:
    """Remove bare strings, and annotations of parameters and results."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, [one for one in statements if not _is_bare_string(one)])
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None


def _is_bare_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _bound_names(tree: ast.Module) -> frozenset[str]:
    """Names that the program gives itself: definitions, parameters, assignments."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            names.add(node.attr)
        elif isinstance(node, ast.alias) and node.asname:
            names.add(node.asname)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
    return frozenset(name for name in names if not name.startswith("__"))


class _Blinder(ast.NodeTransformer):
    """Replaces bound names by their order of appearance, wherever a name can stand."""

    _FIELDS = ("name", "id", "attr", "arg", "asname")

    def __init__(self, bound: frozenset[str]) -> None:
        self._bound = bound
        self._numbers: dict[str, str] = {}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in self._FIELDS:
            name = getattr(node, field, None)
            if isinstance(name, str) and name in self._bound:
                setattr(node, field, self._number(name))
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [self._number(name) for name in node.names]
        return super().generic_visit(node)

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, f"n{len(self._numbers)}")
