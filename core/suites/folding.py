"""Computes with literals as a test file writes them, within bounds, and writes the result back.

Nothing is run: only the operators and functions named here exist, and no value may grow large.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

_MAX_SIZE = 100_000
_MAX_BITS = 10_000
_MAX_EXPONENT = 1_000
_SIZED = (str, bytes, list, tuple, dict, set, frozenset, range)
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        *(abs, bool, dict, float, frozenset, int, len, list, max, min, range, reversed, round),
        *(set, sorted, str, sum, tuple),
    )
}
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


class NotLiteral(Exception):
    """Something is neither a literal nor arithmetic on literals; `str()` says where."""


def fold(node: ast.expr, env: Mapping[str, object]) -> Any:
    """The value of an expression; `env` holds the names that stand for values."""
    try:
        value = _fold(node, env)
    except NotLiteral:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise NotLiteral(f"{_line(node)}: {type(error).__name__}") from error
    if isinstance(value, _SIZED) and len(value) > _MAX_SIZE:
        raise NotLiteral(f"{_line(node)} makes a value of {len(value)} items")
    return value


def write(value: object) -> str:
    """The value as a Python literal; equal sets, which have no order, give the same text."""
    match value:
        case list():
            return f"[{', '.join(map(write, value))}]"
        case tuple():
            return f"({', '.join(map(write, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{write(k)}: {write(v)}" for k, v in value.items()) + "}"
        case set() | frozenset() if not value:
            return f"{type(value).__name__}()"
        case set():
            return "{" + ", ".join(sorted(map(write, value))) + "}"
        case frozenset():
            return f"frozenset({write(set(value))})"
        case None | bool() | int() | float() | complex() | str() | bytes():
            return repr(value)
    raise NotLiteral(f"a {type(value).__name__} has no literal")


def _fold(node: ast.expr, env: Mapping[str, object]) -> Any:
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.Name(id=name) if name in env and not isinstance(env[name], ast.expr):
            return env[name]
        case ast.Tuple(elts=items):
            return tuple([fold(one, env) for one in items])
        case ast.List(elts=items):
            return [fold(one, env) for one in items]
        case ast.Set(elts=items):
            return {fold(one, env) for one in items}
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {fold(k, env): fold(v, env) for k, v in zip(keys, values, strict=True) if k}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -fold(operand, env)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +fold(operand, env)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not fold(operand, env)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _compute(op, fold(left, env), fold(right, env))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _call(name, [fold(one, env) for one in args])
        case ast.Subscript(value=whole, slice=part) if not isinstance(part, ast.Slice):
            return fold(whole, env)[fold(part, env)]
    raise NotLiteral(f"{_line(node)}: {ast.unparse(node)[:60]} is no literal")


def _line(node: ast.expr) -> str:
    return f"line {getattr(node, 'lineno', 0)}"


def _call(name: str, args: list[Any]) -> Any:
    if name == "range" and len(range(*args)) > _MAX_SIZE:
        raise ValueError("a long range")
    value = _FUNCTIONS[name](*args)
    return list(value) if name == "reversed" else value


def _compute(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Mult):
        _refuse_growth(left, right)
        _refuse_growth(right, left)
    if isinstance(op, ast.Pow) and not abs(right) <= _MAX_EXPONENT:
        raise ValueError("a large power")
    if isinstance(op, ast.Mod) and isinstance(left, str | bytes):
        raise TypeError("formatting")
    value = _OPERATORS[type(op)](left, right)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise ValueError("a large number")
    return value


def _refuse_growth(one: Any, times: Any) -> None:
    if isinstance(one, _SIZED) and isinstance(times, int) and len(one) * times > _MAX_SIZE:
        raise ValueError("a long repetition")
