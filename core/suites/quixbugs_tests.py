"""Reads what a QuixBugs test file does with its JSON cases, without running it.

The file says how a result is compared and which cases are skipped; both are taken from its
syntax, so that a test that does something unforeseen is noticed instead of misjudged.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import SuiteError
from core.suites.checkout import literal, parse_python
from core.task import Case, Comparator


@dataclass(frozen=True, slots=True)
class CaseTest:
    """How the cases of one program are to be judged."""

    comparator: Comparator
    skipped: tuple[object, ...]
    """Argument lists that the test skips because they take minutes."""


def read_case_test(path: str, text: str) -> CaseTest:
    """Read a test file; a `SuiteError` says which line is not understood."""
    tree = parse_python(path, text)
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    if len(asserts) != 1:
        raise SuiteError(f"{path} has {len(asserts)} assertions where one was expected")
    comparator = _comparator(path, asserts[0])
    if any(_calls(node, "tuple") for node in tree.body if isinstance(node, ast.Assign)):
        comparator = Comparator.SEQUENCE
    return CaseTest(comparator, tuple(_skipped(path, tree)))


def read_cases(path: str, text: str, skipped: tuple[object, ...]) -> tuple[Case, ...]:
    """Cases of a file with one JSON pair a line; every other one is shown to the agent."""
    pairs = [
        _pair(f"{path}:{n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip()
    ]
    kept = [(args, expected) for args, expected in pairs if args not in skipped]
    if not kept:
        raise SuiteError(f"{path} has no cases")
    return tuple(
        Case(repr(tuple(args)), repr(expected), shown=n % 2 == 0)
        for n, (args, expected) in enumerate(kept)
    )


def _pair(where: str, line: str) -> tuple[list[object], object]:
    try:
        pair = json.loads(line)
        # JSON readers accept infinity and nan, which no literal can express.
        if ast.literal_eval(repr(pair)) != pair:
            raise ValueError
    except (ValueError, RecursionError, MemoryError, SyntaxError) as error:
        raise SuiteError(f"{where} is not a JSON case: {line[:60]}") from error
    if not isinstance(pair, list) or len(pair) != 2:
        raise SuiteError(f"{where} is not a pair of arguments and result")
    args, expected = pair
    # A single argument may stand for itself.
    return (args if isinstance(args, list) else [args]), expected


def _comparator(path: str, node: ast.Assert) -> Comparator:
    match node.test:
        case ast.Compare(left=ast.Call(func=function), ops=[ast.Eq()], comparators=[expected]):
            match function, expected:
                case ast.Name(id="list"), ast.Name():
                    return Comparator.ITERATES
                case ast.Name(), ast.Name():
                    return Comparator.EXACT
                case ast.Name(), ast.Call(
                    func=ast.Attribute(attr="approx"),
                    keywords=[ast.keyword(arg="abs", value=ast.Subscript(slice=index))],
                ) if literal(path, index) == -1:
                    return Comparator.APPROX
    raise SuiteError(f"{path}:{node.lineno} compares in a way that is not understood")


def _skipped(path: str, tree: ast.Module) -> Iterator[object]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.If) or not any(_calls(one, "skip") for one in node.body):
            continue
        found = [
            literal(path, compare.comparators[0])
            for compare in ast.walk(node.test)
            if isinstance(compare, ast.Compare) and isinstance(compare.ops[0], ast.Eq)
        ]
        if not found:
            raise SuiteError(f"{path}:{node.lineno} skips in a way that is not understood")
        yield from found


def _calls(node: ast.AST, function: str) -> bool:
    """Whether a function or method of this name is called anywhere inside."""
    return any(
        isinstance(one, ast.Call)
        and function in (getattr(one.func, "id", None), getattr(one.func, "attr", None))
        for one in ast.walk(node)
    )
