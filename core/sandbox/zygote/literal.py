"""Values as text: written inside the run, read outside, and never evaluated.

Only values made of exact builtin types have a text. A subclass, or an object with an
`__eq__` of its own, would otherwise decide about its own correctness.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import Any

# Functions below are bound to this copy, so code under test cannot patch their builtins.
globals()["__builtins__"] = dict(vars(builtins))

MAX_CHARS = 1 << 18
_MAX_DEPTH = 80
_MAX_DECIMAL_BITS = 13_000
_MAX_EQUAL_HASHES = 500
_ATOMS = frozenset({float, complex, str, bytes, bool, type(None)})
_BRACKETS = {list: ("[", "]"), set: ("{", "}")}
_NAMES: dict[str, Any] = {
    "inf": float("inf"),
    "nan": float("nan"),
    "infj": complex(0, float("inf")),
    "nanj": complex(0, float("nan")),
}
_CALLS: dict[str, Callable[..., Any]] = {"set": set, "frozenset": frozenset, "float": float}

_N_TRIES = 20


class Unshowable(ValueError):
    """A value without a text; `str()` is the reason."""


def show(value: object) -> str:
    """The text of a value; raises `Unshowable` for other types, depth or size."""
    text = _Writer().write(value, 0)
    if len(text) > MAX_CHARS:
        raise Unshowable("a value too large to report")
    return text


def read(text: str, max_chars: int = MAX_CHARS) -> Any:
    """The value of a text that `show` wrote or a suite holds; raises ValueError otherwise."""
    if len(text) > max_chars:
        raise ValueError(f"a literal of {len(text)} characters")
    try:
        return _value(_tree(text.strip()).body)
    except (SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(f"not a literal: {type(error).__name__}") from error


def _tree(text: str) -> Any:
    """What ast.parse does, without its builtins, which code under test may have patched."""
    for _ in range(_N_TRIES):
        try:
            return compile(text, "<literal>", "eval", ast.PyCF_ONLY_AST)
        except SystemError:
            continue  # CPython 3.11 can fail so, for no fault of the text, beside another thread
    raise SystemError("a literal could not be parsed in many tries")


class _Writer:
    """One walk over a value, with a budget: shared parts can make a small value endless."""

    def __init__(self) -> None:
        self._left = MAX_CHARS

    def write(self, value: Any, depth: int) -> str:
        kind = type(value)
        self._left -= 1 + (len(value) if kind is str or kind is bytes else 0)
        if self._left < 0:
            raise Unshowable("a value too large to report")
        if depth > _MAX_DEPTH:
            raise Unshowable(f"a value nested deeper than {_MAX_DEPTH}")
        if kind is int:
            return repr(value) if value.bit_length() < _MAX_DECIMAL_BITS else hex(value)
        if kind in _ATOMS:
            return repr(value)
        return self._write_collection(kind, value, depth + 1)

    def _write_collection(self, kind: type, value: Any, depth: int) -> str:
        if kind is dict:
            pairs = [f"{self.write(k, depth)}: {self.write(v, depth)}" for k, v in value.items()]
            return "{" + ", ".join(pairs) + "}"
        if kind is tuple:
            return f"({self._join(value, depth)}{',' if len(value) == 1 else ''})"
        if kind is frozenset:
            return f"frozenset({{{self._join(value, depth)}}})" if value else "frozenset()"
        if kind is set and not value:
            return "set()"
        if kind in _BRACKETS:
            opening, closing = _BRACKETS[kind]
            return f"{opening}{self._join(value, depth)}{closing}"
        raise Unshowable(f"an opaque value of type {kind.__name__}")

    def _join(self, values: Iterable[Any], depth: int) -> str:
        return ", ".join([self.write(value, depth) for value in values])


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.Tuple(elts=items):
            return tuple([_value(item) for item in items])
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Set(elts=items):
            return set(_spread([_value(item) for item in items]))
        case ast.Dict(keys=keys, values=values) if None not in keys:
            found = _spread([_value(key) for key in keys if key])
            return dict(zip(found, [_value(value) for value in values], strict=True))
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_number(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _number(left) + _imaginary(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _number(left) - _imaginary(right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLS:
            given = [_value(arg) for arg in args]
            return _CALLS[name](*[_spread(one) if type(one) is list else one for one in given])
    raise ValueError(f"not a literal: {type(node).__name__}")


def _spread(items: list[Any]) -> list[Any]:
    """The items if a set can hold them quickly: numbers may be chosen to share their hashes."""
    if len(items) > _MAX_EQUAL_HASHES:
        shared: dict[int, int] = {}
        for item in items:
            at = hash(item)
            shared[at] = shared.get(at, 0) + 1
        if max(shared.values()) > _MAX_EQUAL_HASHES:
            raise ValueError("a set or dict whose items share one hash")
    return items


def _number(node: ast.expr) -> Any:
    value = _value(node)
    if type(value) not in (int, float, complex):
        raise ValueError(f"not a number: {type(value).__name__}")
    return value


def _imaginary(node: ast.expr) -> complex:
    value = _value(node)
    if type(value) is not complex:
        raise ValueError("not a literal: arithmetic")
    return value
