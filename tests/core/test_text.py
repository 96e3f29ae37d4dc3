"""Untrusted text cannot repaint a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.text import clean, clip, one_line


@given(st.text())
def test_cleaned_text_holds_no_control_byte_but_newline_and_tab(text: str) -> None:
    cleaned = clean(text)
    assert all(unicodedata.category(c) not in ("Cc", "Cs") or c in "\n\t" for c in cleaned)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


def test_layout_and_letters_stay() -> None:
    assert clean("a\tb\r\nc é 日本") == "a\tb\nc é 日本"


def test_an_escape_sequence_becomes_visible() -> None:
    assert clean("\x1b[2J\x9b31m\x7f") == "␛[2J\ufffd31m␡"


@given(st.text(max_size=300), st.integers(10, 200))
def test_a_clipped_text_keeps_its_ends_and_says_what_is_gone(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    if len(text) <= limit:
        assert clipped == text
    else:
        assert clipped.startswith(text[: limit // 2])
        assert f"{len(text) - limit} characters cut" in clipped


def test_one_line_is_one_line() -> None:
    assert one_line("a\n  b\tc", 80) == "a b c"
    assert one_line("abcdef", 4) == "abc…"
