"""What values seem to be, told from the words around them."""

from __future__ import annotations

import ast
from enum import IntFlag


class Holds(IntFlag):
    """What a name or expression seems to hold; empty when nothing is known."""

    NOTHING = 0
    NUMBER = 1
    ITEMS = 2
    TEXT = 4
    TRUTH = 8

    def clashes(self, other: Holds) -> bool:
        """Whether both are known and have nothing in common."""
        return bool(self and other and not self & other)


CONTAINER = Holds.ITEMS | Holds.TEXT


def _table(**words: tuple[Holds, str]) -> dict[str, Holds]:
    return {word: holds for holds, text in words.values() for word in text.split()}


_CALLS = _table(
    numbers=(Holds.NUMBER, "len sum int abs ord round float pow divmod hash"),
    items=(Holds.ITEMS, "list sorted dict set tuple frozenset range zip enumerate reversed map"),
    texts=(Holds.TEXT, "str chr repr bin hex oct"),
    truths=(Holds.TRUTH, "all any bool isinstance"),
)
_METHOD_RESULTS = _table(
    numbers=(Holds.NUMBER, "count index find rfind"),
    items=(Holds.ITEMS, "split items keys values copy splitlines"),
    texts=(Holds.TEXT, "join lower upper strip lstrip rstrip replace format title zfill"),
)
_ARGUMENTS = _table(
    containers=(CONTAINER, "len sorted sum enumerate reversed list set tuple any all"),
    numbers=(Holds.NUMBER, "range abs chr bin"),
)
_OWNERS = _table(
    items=(Holds.ITEMS, "append extend pop insert add remove get items keys values sort reverse"),
    texts=(Holds.TEXT, "join lower upper strip lstrip rstrip split isdigit isalpha startswith"),
)
_ANNOTATIONS = _table(
    numbers=(Holds.NUMBER, "int float"),
    items=(Holds.ITEMS, "list dict set tuple"),
    texts=(Holds.TEXT, "str"),
    truths=(Holds.TRUTH, "bool"),
)
_DISPLAYS = (
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def constant_holds(value: object) -> Holds:
    """What a literal holds."""
    if isinstance(value, bool):
        return Holds.TRUTH
    if isinstance(value, int | float):
        return Holds.NUMBER
    return Holds.TEXT if isinstance(value, str) else Holds.NOTHING


def display_holds(node: ast.AST | None) -> Holds:
    """What a display or comprehension holds, nothing for any other expression."""
    return Holds.ITEMS if isinstance(node, _DISPLAYS) else Holds.NOTHING


def call_holds(node: ast.Call) -> Holds:
    """What a call of a well-known function or method returns."""
    if isinstance(node.func, ast.Name):
        return _CALLS.get(node.func.id, Holds.NOTHING)
    if isinstance(node.func, ast.Attribute):
        return _METHOD_RESULTS.get(node.func.attr, Holds.NOTHING)
    return Holds.NOTHING


def argument_holds(function: str) -> Holds:
    """What a well-known function takes."""
    return _ARGUMENTS.get(function, Holds.NOTHING)


def owner_holds(attribute: str) -> Holds:
    """What has an attribute of that name."""
    return _OWNERS.get(attribute, Holds.NOTHING)


def counter_holds(source: ast.expr, counter: str) -> Holds:
    """What a loop over `source` counts with, if it runs over a call of `counter`."""
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Name):
        return Holds.NUMBER if source.func.id == counter else Holds.NOTHING
    return Holds.NOTHING


def annotation_holds(argument: ast.arg) -> Holds:
    """What an argument's annotation says."""
    node = argument.annotation
    if isinstance(node, ast.Subscript):
        node = node.value
    return _ANNOTATIONS.get(node.id, Holds.NOTHING) if isinstance(node, ast.Name) else Holds.NOTHING
