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
_NUMBER_CALLS = ["len", "sum", "int", "abs", "ord", "round", "float", "pow", "divmod", "hash"]
_ITEMS_CALLS = [
    "list",
    "sorted",
    "dict",
    "set",
    "tuple",
    "frozenset",
    "range",
    "zip",
    "enumerate",
    "reversed",
    "map",
    "filter",
]
_TEXT_CALLS = ["str", "chr", "repr", "bin", "hex", "oct"]
_TEXT_METHODS = [
    "join",
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "replace",
    "format",
    "title",
    "zfill",
    "ljust",
    "rjust",
]
_CALLS = (
    dict.fromkeys(_NUMBER_CALLS, Holds.NUMBER)
    | dict.fromkeys(_ITEMS_CALLS, Holds.ITEMS)
    | dict.fromkeys(_TEXT_CALLS, Holds.TEXT)
    | dict.fromkeys(("all", "any", "bool", "isinstance"), Holds.TRUTH)
)
_ARGUMENTS = dict.fromkeys(
    ("len", "sorted", "sum", "enumerate", "reversed", "list", "set", "tuple", "any", "all"),
    Holds.ITEMS | Holds.TEXT,
) | dict.fromkeys(("range", "abs", "chr", "bin"), Holds.NUMBER)
_METHODS = dict.fromkeys(
    [
        "append",
        "extend",
        "pop",
        "insert",
        "add",
        "remove",
        "get",
        "items",
        "keys",
        "values",
        "sort",
        "reverse",
    ],
    Holds.ITEMS,
) | dict.fromkeys((*_TEXT_METHODS, "split", "isdigit", "isalpha", "startswith"), Holds.TEXT)
_ANNOTATIONS = {
    "int": Holds.NUMBER,
    "float": Holds.NUMBER,
    "str": Holds.TEXT,
    "bool": Holds.TRUTH,
} | dict.fromkeys(("list", "dict", "set", "tuple"), Holds.ITEMS)


def constant_holds(value: object) -> Holds:
    if isinstance(value, bool):
        return Holds.TRUTH
    if isinstance(value, int | float):
        return Holds.NUMBER
    return Holds.TEXT if isinstance(value, str) else Holds.NOTHING


def call_holds(node: ast.Call) -> Holds:
    if isinstance(node.func, ast.Name):
        return _CALLS.get(node.func.id, Holds.NOTHING)
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _TEXT_METHODS:
            return Holds.TEXT
        if node.func.attr in {"split", "items", "keys", "values", "copy", "splitlines"}:
            return Holds.ITEMS
        if node.func.attr in {"count", "index", "find", "rfind"}:
            return Holds.NUMBER
    return Holds.NOTHING


def loop_target_holds(source: ast.expr, counter: str) -> Holds:
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Name):
        return Holds.NUMBER if source.func.id == counter else Holds.NOTHING
    return Holds.NOTHING


def annotation_holds(argument: ast.arg) -> Holds:
    node = argument.annotation
    if isinstance(node, ast.Subscript):
        node = node.value
    return _ANNOTATIONS.get(node.id, Holds.NOTHING) if isinstance(node, ast.Name) else Holds.NOTHING
