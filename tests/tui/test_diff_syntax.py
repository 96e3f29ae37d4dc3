"""Python in a comparison: what stands out, on good, broken and hostile programs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.test_diff_view import DiffApp
from tui.widgets.diff_lines import Side, compare
from tui.widgets.diff_syntax import Token, tokens_of

PROGRAM = '''def f(x):  # why
    """Two
    lines with if."""
    return f"{x} if" + 'it\\'s' or 0x1f
'''


def found(*lines: str) -> list[tuple[str, Token]]:
    return [
        (line[start:end], token)
        for line, tokens in zip(lines, tokens_of(lines), strict=True)
        for start, end, token in tokens
    ]


def test_words_texts_numbers_and_comments_are_told_apart() -> None:
    assert found(*PROGRAM.splitlines()) == [
        ("def", Token.KEYWORD),
        ("# why", Token.COMMENT),
        ('"""', Token.TEXT),
        ("Two", Token.TEXT),
        ('    lines with if."""', Token.TEXT),
        ("return", Token.KEYWORD),
        ('f"{x} if"', Token.TEXT),
        ("'it\\'s'", Token.TEXT),
        ("or", Token.KEYWORD),
        ("0x1f", Token.NUMBER),
    ]


def test_a_text_that_is_never_closed_ends_with_its_line() -> None:
    assert found('x = "open', "if y:") == [('"open', Token.TEXT), ("if", Token.KEYWORD)]


@given(
    lines=st.lists(
        st.text(
            st.sampled_from(list("\"'\\#frb ifx9\u00e9\u6f22\x1b[]{}")) | st.characters(),
            max_size=40,
        ).map(lambda text: text.replace("\n", " "))
    )
)
def test_tokens_of_any_text_lie_in_order_within_their_lines(lines: list[str]) -> None:
    for line, tokens in zip(lines, tokens_of(lines), strict=True):
        at = 0
        for start, end, _ in tokens:
            assert at <= start < end <= len(line)
            at = end


@pytest.mark.parametrize(
    "sign", ['"', "'", "\\", '"""', "a'", "#", "9", "ab", '\\"', "'''\\", "f'{", "\u00e9"]
)
def test_hostile_programs_cost_no_more_than_others(sign: str) -> None:
    line = (sign * 1_000)[:1_000]
    began = time.process_time()
    tokens_of([line] * 400)
    hostile_s = time.process_time() - began
    began = time.process_time()
    tokens_of([("value = [1, 'two'] " * 60)[:1_000]] * 400)
    usual_s = time.process_time() - began
    assert hostile_s < 20 * usual_s + 0.2


def test_what_is_too_long_stays_plain() -> None:
    assert tokens_of(["if " * 400, "if"]) == ((), ((0, 2, Token.KEYWORD),))
    assert set(tokens_of(["if x:"] * 100_000)) == {()}


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "ansi"])
async def test_changed_words_are_the_loudest_and_changed_lines_keep_one_colour(theme: str) -> None:
    texts = ("if x:\n    y = 'one' # a\n    return 1\n", "if x:\n    y = 'two' # a\n    return 1\n")
    app = DiffApp(theme=theme)
    async with app.run_test(size=(80, 8)):
        diff = compare(*texts)
        syntax = {Side.LEFT: tokens_of(diff.left), Side.RIGHT: tokens_of(diff.right)}
        app.diff.show(diff, "one", "other", syntax)
        drawn = [
            {segment.text.strip(): segment.style for segment in app.diff.render_line(y)}
            for y in range(1, 6)
        ]
        same = next(line for line in drawn if "x:" in line)
        changed = next(line for line in drawn if "one" in line)
    keyword, word = same["if"], changed["one"]
    assert keyword is not None
    assert keyword.bold
    assert keyword.color != same["x:"].color  # type: ignore[union-attr]
    assert word is not None
    assert word.underline
    looks = [changed[text] for text in ("y = '", "' # a", "+")]
    assert {(s.color, s.bgcolor, s.underline) for s in looks if s is not None} == {
        (looks[0].color, looks[0].bgcolor, None)  # type: ignore[union-attr]
    }
    assert word.bgcolor != looks[0].bgcolor  # type: ignore[union-attr]
