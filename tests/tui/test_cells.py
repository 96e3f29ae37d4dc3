"""Text in cells, and which signs a terminal gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.cells import ASCII, UNICODE, Glyphs, choose_glyphs, cut_head, fit


@given(st.text("ab漢é ", max_size=20), st.integers(0, 12))
def test_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(fit(text, width, "…")) == width


@given(st.text("ab漢é ", max_size=20), st.integers(1, 12))
def test_a_cut_head_keeps_the_end_within_the_width(text: str, width: int) -> None:
    cut = cut_head(text, width, "…")
    assert cell_len(cut) <= width
    assert text.endswith(cut.removeprefix("…"))


@pytest.mark.parametrize(
    ("environ", "codeset", "is_c_locale", "glyphs"),
    [
        ({}, "UTF-8", False, UNICODE),
        ({}, "ISO-8859-1", False, ASCII),
        ({}, "UTF-8", True, ASCII),
        ({}, "no-such-codec", False, ASCII),
        ({"GEMEL_ASCII": "1"}, "UTF-8", False, ASCII),
        ({"GEMEL_ASCII": "0"}, "UTF-8", True, UNICODE),
    ],
)
def test_signs_are_ascii_where_the_locale_is_not_utf8(
    environ: dict[str, str], codeset: str, is_c_locale: bool, glyphs: Glyphs
) -> None:
    assert choose_glyphs(environ, codeset, is_c_locale=is_c_locale) is glyphs
