"""What is a keyword, a text, a number or a comment in Python, by one pass over the signs.

It reads broken and hostile programs as well as good ones: every pattern takes time in
proportion to its text, nothing is parsed, and what is too long stays plain.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

_MAX_CHARS = 400_000
"""Of a program; a longer one stays plain."""
_MAX_LINE = 1_000


class Token(StrEnum):
    """What stands out."""

    KEYWORD = "keyword"
    TEXT = "text"
    NUMBER = "number"
    COMMENT = "comment"


Tokens = tuple[tuple[int, int, Token], ...]

_TOKEN = re.compile(
    r"(?P<comment>\#.*)"
    r"|(?P<open>[A-Za-z]{0,2}(?P<quotes>\"\"\"|'''))"
    r"|(?P<text>[A-Za-z]{0,2}(?:\"(?:[^\"\\]|\\.)*(?:\"|\\?$)|'(?:[^'\\]|\\.)*(?:'|\\?$)))"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
)
_CLOSE = {quotes: re.compile(rf"(?:[^\\]|\\.)*?{quotes}") for quotes in ('"""', "'''")}
_WORDS = frozenset(keyword.kwlist)


def tokens_of(lines: Sequence[str]) -> tuple[Tokens, ...]:
    """The tokens of each line; texts that run over lines are followed."""
    if sum(map(len, lines)) > _MAX_CHARS:
        return ((),) * len(lines)
    found: list[Tokens] = []
    inside = ""
    for line in lines:
        if len(line) > _MAX_LINE:
            found.append(())
            continue
        tokens: list[tuple[int, int, Token]] = []
        inside = _read(line, inside, tokens)
        found.append(tuple(tokens))
    return tuple(found)


def _read(line: str, inside: str, tokens: list[tuple[int, int, Token]]) -> str:
    """Add the tokens of a line; returns the quotes of the text that goes on after it."""
    at = 0
    while True:
        if inside:
            close = _CLOSE[inside].match(line, at)
            end = close.end() if close else len(line)
            tokens.append((at, end, Token.TEXT))
            if close is None:
                return inside
            at, inside = end, ""
        for kind, start, end, quotes in _scan(line, at):
            if quotes:
                at, inside = end, quotes
                tokens.append((start, end, Token.TEXT))
                break
            if kind is not None:
                tokens.append((start, end, kind))
        else:
            return ""


def _scan(line: str, at: int) -> Iterator[tuple[Token | None, int, int, str]]:
    """Tokens from a place on; a text over lines is told by its quotes and ends the scan."""
    for match in _TOKEN.finditer(line, at):
        start, end = match.span()
        match match.lastgroup:
            case "quotes" | "open":
                yield Token.TEXT, start, end, match["quotes"]
            case "word":
                kind = Token.KEYWORD if match["word"] in _WORDS else None
                yield kind, start, end, ""
            case name:
                yield Token(str(name)), start, end, ""
