from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sandbox.zygote.literal import MAX_CHARS, Unshowable, read, show

keys = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.binary())
atoms = st.one_of(keys, st.floats(allow_nan=False), st.complex_numbers(allow_nan=False))
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.sets(keys),
        st.frozensets(keys),
        st.dictionaries(keys, inner),
    ),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(values)
def test_what_is_shown_reads_back_as_itself(value: Any) -> None:
    back = read(show(value))
    assert back == value
    assert type(back) is type(value)


def test_nan_and_numbers_too_long_for_decimals_survive() -> None:
    assert math.isnan(read(show(float("nan"))))
    assert math.isnan(read(show(complex(1, float("nan")))).imag)
    assert read(show(-(7**9000))) == -(7**9000)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        type("Int", (int,), {})(1),
        OrderedDict(a=1),
        type("Pair", (tuple,), {})((1, 2)),
        range(3),
        [1, (2, {3: iter(())})],
        len,
        bytearray(b"x"),
        ...,
    ],
)
def test_other_types_are_opaque(value: object) -> None:
    with pytest.raises(Unshowable, match="opaque value of type"):
        show(value)


def test_depth_cycles_and_size_have_an_end() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    doubling: list[Any] = []
    for _ in range(70):
        doubling = [doubling, doubling]
    for value in (cycle, doubling, "x" * (MAX_CHARS + 1), ["\0" * (MAX_CHARS // 2)]):
        with pytest.raises(Unshowable):
            show(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f(1)",
        "__import__('os')",
        "open",
        "[x for x in (1,)]",
        "1 + 1",
        "'a' * 9",
        "2 ** 999999",
        "-'a'",
        "-True",
        "{**{}}",
        "f'{1}'",
        "{[]: 1}",
        "float('x')",
        "set(*[1])",
        "set(1)",
        "...",
        "lambda: 0",
        "(1).real",
        "1\n2",
        "9" * 5000,
        "-" * 50_000 + "1",
        "(" * 500 + ")" * 500,
        "1+1j" * 1000,
        "\0",
        "'\ud800",
    ],
)
def test_anything_else_is_refused_as_no_literal(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the promise
        read(text)


def test_texts_over_the_cap_are_refused() -> None:
    text = f"'{'x' * MAX_CHARS}'"
    with pytest.raises(ValueError, match="a literal of"):
        read(text)
    assert len(read(text, len(text))) == MAX_CHARS


@pytest.mark.parametrize("form", ["{%s}", "set([%s])", "frozenset({%s})", "{'a': {%s: 1}}"])
def test_sets_that_would_be_slow_to_build_are_refused_and_others_are_not(form: str) -> None:
    def text(step: int) -> str:
        joint = ": 1, " if form.endswith(": 1}}") else ", "
        return form % joint.join(hex(n * step) for n in range(1, 9_000))

    with pytest.raises(ValueError, match="share one hash"):
        read(text(2**61 - 1))
    assert read(text(65_536))
