"""Turns assertions about a function into calls with claims about what they return.

Read from the syntax, never run: a test whose arguments are literals, or arithmetic on
literals, becomes cases that are judged outside the process of the code under test. A test
that does more, such as draw random inputs, is told apart and keeps to its own file.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.sandbox.holds import RESULT, refusal
from core.suites.checkout import parse_python
from core.suites.folding import NotLiteral, fold, write

_MAX_CASES = 2000
_CHECK = "check"


@dataclass(frozen=True, slots=True)
class Asserted:
    """One assertion: a call, and what must be true of its result."""

    args: str
    """Python literal of the argument tuple."""
    claim: str
    expected: str | None
    """Python literal of the result, where the claim is that it equals that."""


@dataclass(slots=True)
class _Reader:
    """One pass over a test's statements; what it cannot follow is a `NotLiteral`."""

    names: frozenset[str]
    """What the function under test is called here."""
    env: dict[str, object] = field(default_factory=dict)
    found: list[Asserted] = field(default_factory=list)

    def follow(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assert(test=test):
                self._assertion(test)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                # Kept as syntax where it holds a call, so that a later line can claim about it.
                self.env[name] = value if self._calls(value) else fold(value, self.env)
            case ast.For(target=ast.Name(id=name), iter=source, body=body, orelse=[]):
                for one in _items(fold(source, self.env)):
                    self.env[name] = one
                    self.follow(body)
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom():
                pass
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                pass
            case _:
                raise NotLiteral(f"line {node.lineno} is more than an assertion")

    def _assertion(self, test: ast.expr) -> None:
        claim = _Claim(self.names, self.env)
        tree: ast.expr = claim.visit(copy.deepcopy(test))  # a loop reads its body again
        if not claim.calls:
            if not fold(test, self.env):
                raise NotLiteral(f"line {test.lineno} claims nothing about the function")
            return
        if len(claim.calls) > 1:
            raise NotLiteral(f"line {test.lineno} compares two different calls")
        if strange := refusal(tree):
            raise NotLiteral(f"line {test.lineno} claims by {strange[:60]}")
        if len(self.found) == _MAX_CASES:
            raise NotLiteral(f"it has more than {_MAX_CASES} assertions")
        self.found.append(_asserted(claim.calls.pop(), tree))

    def _calls(self, value: ast.expr) -> bool:
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in self.names
            for node in ast.walk(value)
        )


class _Claim(ast.NodeTransformer):
    """Puts `result` in place of the call, and literals in place of what can be computed."""

    def __init__(self, names: frozenset[str], env: dict[str, object]) -> None:
        self._names, self._env = names, env
        self.calls: set[str] = set()

    def visit(self, node: ast.AST) -> Any:
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in self._names:
                if node.keywords or any(isinstance(one, ast.Starred) for one in args):
                    raise NotLiteral(f"line {node.lineno} calls with more than plain arguments")
                self.calls.add(write(tuple([fold(one, self._env) for one in args])))
                return ast.copy_location(ast.Name(RESULT, ast.Load()), node)
            case ast.Name(id=name) if isinstance(self._env.get(name), ast.expr):
                bound = self._env[name]
                assert isinstance(bound, ast.expr)
                return self.visit(copy.deepcopy(bound))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name)):
                node.func = ast.Name(name, ast.Load())
            case ast.expr():
                try:
                    return ast.copy_location(_expression(write(fold(node, self._env))), node)
                except NotLiteral:
                    pass
        return self.generic_visit(node)


def read_asserts(place: str, text: str, entry_point: str) -> tuple[Asserted, ...]:
    """The assertions of a test, in order, each once.

    Raises `NotLiteral` when the test does more than assert, `SuiteError` when it is no Python.
    """
    tree = parse_python(place, text)
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    check = next((node for node in checks if node.name == _CHECK), None)
    reader = _Reader(frozenset({entry_point, *_parameters(check)}))
    outside = [node for node in tree.body if not _is_frame(node)]
    try:
        # Helpers are not followed: an assertion that uses one is more than literal.
        reader.follow([*outside, *(check.body if check is not None else ())])
    except (RecursionError, MemoryError) as error:
        raise NotLiteral(f"it cannot be followed: {type(error).__name__}") from error
    return tuple(dict.fromkeys(reader.found))


def _asserted(args: str, tree: ast.expr) -> Asserted:
    match tree:
        case ast.Compare(left=ast.Name(id="result"), ops=[ast.Eq()], comparators=[expected]):
            pass
        case ast.Compare(left=expected, ops=[ast.Eq()], comparators=[ast.Name(id="result")]):
            pass
        case ast.Name(id="result"):
            return Asserted(args, f"bool({RESULT})", None)
        case _:
            return Asserted(args, ast.unparse(tree), None)
    try:
        literal = write(fold(expected, {}))
    except NotLiteral:
        return Asserted(args, ast.unparse(tree), None)
    return Asserted(args, f"{RESULT} == {literal}", literal)


def _parameters(check: ast.FunctionDef | None) -> Iterator[str]:
    if check is not None:
        yield from (one.arg for one in check.args.args[:1])


def _is_frame(node: ast.stmt) -> bool:
    """What stands around the assertions: definitions, metadata, and the call of the check."""
    match node:
        case ast.FunctionDef() | ast.Assign(targets=[ast.Name(id="METADATA")]):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name == _CHECK
    return False


def _items(value: object) -> Iterable[object]:
    if not isinstance(value, (list, tuple, str, range, dict, set)) or len(value) > _MAX_CASES:
        raise NotLiteral("a loop is over more than a short literal")
    return list(value)


def _expression(text: str) -> ast.expr:
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.expr)
    return node
