"""Decides whether a claim about a returned value holds, without running any of it as code.

A claim is a Python expression over the one name `result`, in a small language that cannot call
anything of anybody's, loop, or grow a value: comparisons, logic, arithmetic of numbers, and a
few functions that only look. What would raise in an assertion does not hold.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from core import syntax

RESULT = "result"
_MAX_CHARS = 1 << 18
_NUMBERS = (int, float, complex)
_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        one.__name__: one
        for one in (abs, all, any, isinstance, len, max, min, round, sorted, sum, type)
    },
    **_TYPES,
    "fabs": math.fabs,
    "isclose": math.isclose,
    "isnan": math.isnan,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


def refusal(claim: ast.expr) -> str:
    """What of an expression is not in the language; empty when it is a claim."""
    for node in ast.walk(claim):
        if not _is_known(node):
            return ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    return ""


def holds(claim: str, value: object) -> bool:
    """Whether the claim is true of the value; raises ValueError when it is no claim at all."""
    tree = _parsed(claim)
    try:
        return bool(_evaluate(tree, value))
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError, MemoryError):
        return False


@lru_cache(maxsize=4096)
def _parsed(claim: str) -> ast.expr:
    if len(claim) > _MAX_CHARS:
        raise ValueError(f"a claim of {len(claim)} characters")
    try:
        (statement,) = syntax.parse(claim).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"not a claim: {type(error).__name__}") from error
    if not isinstance(statement, ast.Expr) or refusal(statement.value):
        raise ValueError("not a claim about a result")
    return statement.value


def _is_known(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name == RESULT or name in _FUNCTIONS
        case ast.Call(func=ast.Name(id=name), keywords=keywords):
            return name in _FUNCTIONS and not (keywords and name not in ("isclose", "sorted"))
        case ast.Attribute() | ast.Call():
            return False
        case ast.BinOp(op=op):
            return type(op) in _ARITHMETIC
        case ast.Constant(value=value):
            return value is not Ellipsis
        case ast.Dict(keys=keys):
            return None not in keys
    return isinstance(node, _PLAIN)


_PLAIN = (
    *(ast.Tuple, ast.List, ast.Set, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Subscript),
    *(ast.Slice, ast.keyword, ast.Load, ast.boolop, ast.unaryop, ast.operator, ast.cmpop),
)


def _evaluate(node: ast.expr, value: object) -> Any:
    def of(one: ast.expr) -> Any:
        return _evaluate(one, value)

    match node:
        case ast.Name(id=name):
            return value if name == RESULT else _FUNCTIONS[name]
        case ast.Constant(value=constant):
            return constant
        case ast.Tuple(elts=items):
            return tuple([of(one) for one in items])
        case ast.List(elts=items):
            return [of(one) for one in items]
        case ast.Set(elts=items):
            return {of(one) for one in items}
        case ast.Dict(keys=keys, values=values):
            return {of(key): of(one) for key, one in zip(keys, values, strict=True) if key}
        case ast.Compare():
            return _compare(node, of)
        case ast.BoolOp(op=op, values=values):
            together = all if isinstance(op, ast.And) else any
            return together(bool(of(one)) for one in values)
        case ast.Subscript(value=whole, slice=part):
            return of(whole)[_slice(part, of)]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            named = {str(one.arg): of(one.value) for one in keywords}
            return _FUNCTIONS[name](*[of(one) for one in args], **named)
    return _compute(node, of)


def _compute(node: ast.expr, of: Callable[[ast.expr], Any]) -> Any:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not of(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -of(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +of(operand)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = of(left), of(right)
            if not isinstance(one, _NUMBERS) or not isinstance(other, _NUMBERS):
                raise TypeError("only numbers are computed with")
            return _ARITHMETIC[type(op)](one, other)
    raise TypeError(f"{type(node).__name__} is not in the language")


def _compare(node: ast.Compare, of: Callable[[ast.expr], Any]) -> bool:
    left = of(node.left)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = of(comparator)
        if not _COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _slice(part: ast.expr, of: Callable[[ast.expr], Any]) -> Any:
    if isinstance(part, ast.Slice):
        ends = (part.lower, part.upper, part.step)
        return slice(*(None if one is None else of(one) for one in ends))
    return of(part)
