"""Text measured in terminal cells, and the few signs that stand for states."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Signs one cell wide; each always stands beside a word."""

    done: str
    failed: str
    idle: str
    next: str
    ellipsis: str


UNICODE = Glyphs(done="✓", failed="✗", idle="·", next="▸", ellipsis="…")
ASCII = Glyphs(done="+", failed="x", idle=".", next=">", ellipsis="~")


def choose_glyphs(environ: Mapping[str, str], codeset: str, *, is_c_locale: bool) -> Glyphs:
    """What the terminal can show; `GEMEL_ASCII` 1 or 0 overrules the locale."""
    wish = environ.get("GEMEL_ASCII", "")
    if wish in ("0", "1"):
        return ASCII if wish == "1" else UNICODE
    try:
        is_utf8 = codecs.lookup(codeset).name == "utf-8"
    except LookupError:
        is_utf8 = False
    return UNICODE if is_utf8 and not is_c_locale else ASCII


def plain(text: str) -> str:
    """The text with a stand-in for every sign that does not print, so that none can act."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def fit(text: str, width: int, ellipsis: str) -> str:
    """Exactly `width` cells: padded, or cut at the end and marked."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(width - 1, 0)) + ellipsis if width > 0 else ""


def cut_head(text: str, width: int, ellipsis: str) -> str:
    """At most `width` cells, the end kept: of a path, that is what tells it apart."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > max(width - 1, 0):
        text = text[1:]
    return ellipsis + text if width > 0 else ""
