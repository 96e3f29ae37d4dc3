"""Themes: complete, readable in truecolor, 256 and 16 colours, refused by file and key."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import pytest
from rich.color import ColorSystem, ColorType
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import Theme

from core.errors import UsageError
from tui.theme import VARIABLES, load_themes, parse_theme

SHIPPED = load_themes(Path("no-such-directory")).by_name
DEPTHS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}
GROUNDS = ("background", "surface", "panel")
TEXTS = ("foreground", "secondary", "primary", "accent", "success", "warning", "error")
ENOUGH = 4.5
FAR = 64
"""Dark tints that 256 colours turn into blacks are nearer than this."""
_NORMAL = ["000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5"]
_BRIGHT = ["7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff"]
XTERM = TerminalTheme(
    (0, 0, 0),
    (229, 229, 229),
    [Color.parse(f"#{code}").rgb for code in _NORMAL],
    [Color.parse(f"#{code}").rgb for code in _BRIGHT],
)


def _says(theme: Theme, key: str) -> Color:
    value = theme.variables[key] if key in VARIABLES else getattr(theme, key)
    assert isinstance(value, str)
    return Color.parse(value)


def _seen(colour: Color, depth: ColorSystem) -> Color:
    """What a terminal of that depth shows; the 16 colours are xterm's."""
    shown = colour.rich_color
    if shown.type is ColorType.TRUECOLOR:
        shown = shown.downgrade(depth)
    return Color(*shown.get_truecolor(XTERM))


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [value / 255 for value in (colour.r, colour.g, colour.b)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _text(name: str) -> str:
    return (Path(__file__).parents[2] / "themes" / f"{name}.toml").read_text("utf-8")


def test_four_themes_are_shipped_with_the_same_keys() -> None:
    assert set(SHIPPED) == {"dark", "light", "high-contrast", "ansi"}
    for theme in SHIPPED.values():
        assert set(VARIABLES) <= set(theme.variables)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", SHIPPED)
def test_added_deleted_and_background_differ_visibly(name: str, depth: str) -> None:
    keys = ("diff-add", "diff-del", "background")
    seen = [_seen(_says(SHIPPED[name], key), DEPTHS[depth]).rgb for key in keys]
    assert min(math.dist(one, other) for one, other in combinations(seen, 2)) > FAR


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", SHIPPED)
def test_all_text_stands_out_from_what_it_is_written_on(name: str, depth: str) -> None:
    theme, system = SHIPPED[name], DEPTHS[depth]
    signs = [key for key in VARIABLES if not key.startswith("diff-")]
    pairs = [(text, ground) for text in (*TEXTS, *signs) for ground in GROUNDS]
    pairs += [("foreground", "diff-add"), ("foreground", "diff-del")]
    contrasts = {
        pair: _contrast(*(_seen(_says(theme, key), system) for key in pair)) for pair in pairs
    }
    assert {pair: c for pair, c in contrasts.items() if c < ENOUGH} == {}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", SHIPPED)
def test_black_or_white_stands_out_from_word_marks(name: str, depth: str) -> None:
    for key in ("diff-add-word", "diff-del-word"):
        mark = _seen(_says(SHIPPED[name], key), DEPTHS[depth])
        best = max(_contrast(mark, Color(0, 0, 0)), _contrast(mark, Color(255, 255, 255)))
        assert best >= ENOUGH, key


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('accent = "#ffd75f"', "", "missing key accent"),
        ('diff-add = "#005f00"', "", "missing key variables.diff-add"),
        ('accent = "#ffd75f"', 'accent = "#ffd75f"\naccentt = "red"', "unknown key accentt"),
        ('series-3 = "#d787ff"', 'series-3 = "mauvish"', "series-3 is no colour: mauvish"),
        ('accent = "#ffd75f"', "accent = 3", "accent is no colour: 3"),
        ("dark = true", 'dark = "yes"', "dark is neither true nor false"),
        ("[variables]", "[variables", "no TOML"),
    ],
)
def test_a_refused_theme_is_told_which_key(old: str, new: str, complaint: str) -> None:
    assert old in _text("dark")
    with pytest.raises(UsageError, match=complaint):
        parse_theme("mine", _text("dark").replace(old, new))


def test_a_users_theme_joins_and_a_broken_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text(_text("light"))
    (tmp_path / "themes" / "broken.toml").write_bytes(b"\xff")
    found = load_themes(tmp_path)
    assert set(found.by_name) == {*SHIPPED, "mine"}
    assert len(found.problems) == 1
    assert found.problems[0].startswith("theme broken.toml was not used")
