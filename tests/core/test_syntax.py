"""Going through parsed programs as the standard library does, only faster."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.syntax import nodes, parse, shape
from tests.core.edits.programs import kata_programs

SOURCES = kata_programs()


@pytest.mark.parametrize("source", SOURCES[::8])
def test_every_node_comes_but_contexts(source: str) -> None:
    tree = parse(source)
    expected = [node for node in ast.walk(tree) if not isinstance(node, ast.expr_context)]
    assert sorted(map(id, nodes(tree))) == sorted(map(id, expected))


_EXPRESSIONS = st.sampled_from(
    """
    x|1|1.0|True|'1'|b'1'|None|...|[1]|(1,)|{1}|{1: x}|x.y|x(1)|x(y=1)|x(*y)|-x|x[1]|x[1:2]
    lambda: x|f'{x}'|[x for x in y]
    """.strip()
    .replace("\n    ", "|")
    .split("|")
)


@given(st.lists(_EXPRESSIONS, max_size=3), st.lists(_EXPRESSIONS, max_size=3))
def test_shapes_are_equal_exactly_when_dumps_are(one: list[str], other: list[str]) -> None:
    trees = [parse("\n".join(each)) for each in (one, other)]
    assert (shape(trees[0]) == shape(trees[1])) == (ast.dump(trees[0]) == ast.dump(trees[1]))
