"""Untrusted text is cleaned here, once, where it enters core.

Model output, test logs and files may hold control bytes that repaint, rename or
freeze a terminal. They become visible stand-ins; layout (newline, tab) stays.
"""

from __future__ import annotations

_STAND_INS = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
_STAND_INS[0x7F] = "\u2421"
_STAND_INS.update(dict.fromkeys(range(0x80, 0xA0), "\ufffd"))
_STAND_INS.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
_STAND_INS.update(dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"))


def clean(text: str) -> str:
    """Replace C0 (but newline and tab), DEL, C1, surrogates and bidi overrides."""
    return text.replace("\r\n", "\n").translate(_STAND_INS)


def clip(text: str, limit: int) -> str:
    """Cut to `limit` characters, keeping head and tail and saying how much is gone."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n… {len(text) - limit} characters cut …\n{text[-tail:]}"


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, ending in … when cut."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def plural(n: int, noun: str, nouns: str = "") -> str:
    """`1 call`, `2,000 calls`; `nouns` for those that do not just take an s."""
    return f"{n:,} {noun if n == 1 else nouns or noun + 's'}"
