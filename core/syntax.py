"""Parses Python, in spite of a fault of CPython 3.11.

There the depth of a syntax tree under construction is counted for the whole interpreter.
When a finalizer or another thread comes between, building the tree can fail with a
`SystemError` that says nothing about the text. Trying again is the cure.
"""

from __future__ import annotations

import ast

_N_TRIES = 20


def parse(source: str) -> ast.Module:
    """`ast.parse`, without failures that are no fault of the text."""
    for _ in range(_N_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)
