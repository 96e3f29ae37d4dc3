"""One line of a comparison as segments: syntax below, then changed words, then what was found.

Syntax has colours only on lines that are the same: on a changed line the background already
says something, and few terminals have colours that can be read on both. Weight remains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from tui.widgets.cells import plain
from tui.widgets.diff_lines import Side, Spans
from tui.widgets.diff_syntax import Token, Tokens

_ADD, _DEL = "diff--add", "diff--del"
CHANGED = (_ADD, _DEL, f"{_ADD}-word", f"{_DEL}-word")
TOKENS = {token: f"diff--{token}" for token in Token}
FOUND = "diff--found"
_BOLD = Style(bold=True)
_HERE = Style(bold=True, underline=True)

_Spans = list[tuple[int, int, Style]]


@dataclass(frozen=True, slots=True)
class Brushes:
    """The styles in force."""

    same: Style
    lines: Mapping[Side, Style]
    words: Mapping[Side, Style]
    tokens: Mapping[Token, Style]
    found: Style


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands out within a line."""

    tokens: Tokens = ()
    words: Spans = ()
    found: Spans = ()
    now: Spans = ()
    """The place among the found ones where one is."""


def brushes(style_of: Callable[[str], Style], same: Style, old: Side) -> Brushes:
    """From the component styles of a view; `old` is the side whose lines go."""
    names = {side: _DEL if side is old else _ADD for side in Side}
    return Brushes(
        same=same,
        lines={side: style_of(name) for side, name in names.items()},
        words={side: style_of(f"{name}-word") for side, name in names.items()},
        tokens={token: style_of(name) for token, name in TOKENS.items()},
        found=style_of(FOUND),
    )


def paint(text: str, side: Side | None, marks: Marks, with_: Brushes) -> list[Segment]:
    """The whole line; None for the side of a line that both have."""
    if side is None:
        base = with_.same
        spans = [(start, end, with_.tokens[token]) for start, end, token in marks.tokens]
    else:
        base = with_.lines[side]
        heavy = base + _BOLD
        spans = [(a, b, heavy) for a, b, token in marks.tokens if token is Token.KEYWORD]
        spans = _over(spans, [(start, end, with_.words[side]) for start, end in marks.words])
    spans = _over(spans, [(start, end, with_.found) for start, end in marks.found])
    spans = _over(spans, [(start, end, with_.found + _HERE) for start, end in marks.now])
    segments, at = [], 0
    for start, end, style in spans:
        if start > at:
            segments.append(Segment(plain(text[at:start]), base))
        segments.append(Segment(plain(text[start:end]), style))
        at = end
    return [*segments, Segment(plain(text[at:]), base)]


def _over(below: _Spans, above: _Spans) -> _Spans:
    """Both in order, what is below cut away where something lies above."""
    if not above:
        return below
    pieces: _Spans = []
    first = 0
    for start, end, style in below:
        while first < len(above) and above[first][1] <= start:
            first += 1
        at = start
        for a, b in _within(above, first, end):
            if a > at:
                pieces.append((at, a, style))
            at = max(at, b)
        if at < end:
            pieces.append((at, end, style))
    return sorted([*pieces, *above], key=lambda span: span[0])


def _within(spans: _Spans, first: int, end: int) -> Sequence[tuple[int, int]]:
    last = first
    while last < len(spans) and spans[last][0] < end:
        last += 1
    return [(a, b) for a, b, _ in spans[first:last]]
