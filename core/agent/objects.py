"""JSON objects in a text, as models write them.

An object is read with trailing commas, single quotes, line breaks inside of texts, Python's
words and bare keys, and without its last brackets where the text ends. What cannot be read is
told as one broken object, not as whatever stands inside of it. Each character is looked at a
bounded number of times, whatever the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DEEPEST = 40
_START = re.compile(r"""\{(?=\s*+(?:["'}]|[A-Za-z_]\w*+\s*+:))""")
_SPACE = re.compile(r"\s*+")
_END = re.compile(r"[\s`]*+\Z")
"""Nothing more but the end of a fence."""
_TEXTS = {
    '"""': re.compile(r'"""(.*?)"""', re.DOTALL),
    "'''": re.compile(r"'''(.*?)'''", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL),
}
_BARE_KEY = re.compile(r"[A-Za-z_]\w*+(?=\s*+:)")
_NUMBER = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?(?![\w.])")
_WORD = re.compile(r"[A-Za-z]+")
_WORDS = {"true": True, "false": False, "null": None}
_PYTHONS = {"True": True, "False": False, "None": None}
_SKIMMED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[{}]', re.DOTALL)
_ESCAPE = re.compile(
    r"\\(U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": ""}
_ESCAPED |= {char: char for char in "\"'\\/"}


@dataclass(frozen=True, slots=True)
class Found:
    """An object in a text, or what was meant to be one."""

    start: int
    end: int
    value: dict[str, Any] | None
    """None when it cannot be read."""
    is_plain: bool = True
    """Whether it is valid JSON."""
    broken_at: int = 0


def objects(text: str) -> Iterator[Found]:
    """The outermost objects of a text, in order."""
    at = 0
    while (start := _START.search(text, at)) is not None:
        found = _Reader(text, start.start()).read()
        yield found
        at = found.end


class _Broken(Exception):
    """The text goes on as no object does."""


@dataclass(slots=True)
class _Reader:
    """Reads one object from where it begins."""

    text: str
    at: int
    is_plain: bool = True
    n_open: int = 0
    depth: int = 0

    def read(self) -> Found:
        start = self.at
        try:
            value = self._object()
        except _Broken:
            return Found(start, self._skimmed(), None, False, self.at)
        return Found(start, self.at, value, self.is_plain)

    def _value(self) -> Any:
        match self._next():
            case "{":
                return self._object()
            case "[":
                return self._list()
            case '"' | "'":
                return self._text()
        if (number := self._take(_NUMBER)) is not None:
            return float(number) if set(number) & set(".eE") else int(number)
        word = self._take(_WORD) or ""
        if word in _PYTHONS:
            self.is_plain = False
            return _PYTHONS[word]
        if word not in _WORDS:
            self.at -= len(word)
            raise _Broken
        return _WORDS[word]

    def _object(self) -> dict[str, Any]:
        self._enter()
        self.n_open += 1
        found: dict[str, Any] = {}
        while not self._closes("}", is_first=not found):
            key = self._text() if self._next() in ("'", '"') else self._bare_key()
            if self._next() != ":":
                raise _Broken
            self.at += 1
            found[key] = self._value()
        self.n_open -= 1
        return found

    def _list(self) -> list[Any]:
        self._enter()
        found: list[Any] = []
        while not self._closes("]", is_first=not found):
            found.append(self._value())
        return found

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Broken
        self.at += 1

    def _closes(self, bracket: str, *, is_first: bool) -> bool:
        """Whether the object or list ends here; goes past a comma when it does not."""
        has_comma = not is_first and self._next() == ","
        self.at += has_comma
        is_closed, is_end = self._next() == bracket, _END.match(self.text, self.at) is not None
        if not (is_closed or is_end):
            if not (is_first or has_comma):
                raise _Broken
            return False
        self.is_plain &= is_closed and not has_comma
        self.at += is_closed
        self.depth -= 1
        return True

    def _text(self) -> str:
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            quote *= 3
        found = _TEXTS[quote].match(self.text, self.at)
        if found is None:
            self.at = len(self.text)
            raise _Broken
        self.at = found.end()
        try:
            return str(json.loads(found[0])) if quote == '"' else self._forgiven(found[1])
        except ValueError:
            return self._forgiven(found[1])

    def _forgiven(self, said: str) -> str:
        self.is_plain = False
        return _unescaped(said)

    def _bare_key(self) -> str:
        key = self._take(_BARE_KEY)
        if key is None:
            raise _Broken
        self.is_plain = False
        return key

    def _next(self) -> str:
        """The character after any space."""
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.text[self.at : self.at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _skimmed(self) -> int:
        """Where an object that cannot be read ends, by its brackets."""
        n_open = self.n_open
        for token in _SKIMMED.finditer(self.text, self.at):
            n_open += {"{": 1, "}": -1}.get(token[0], 0)
            if not n_open:
                return token.end()
        return len(self.text)


def _unescaped(said: str) -> str:
    """The text that was meant; a backslash that escapes nothing stays."""
    plain = _ESCAPE.sub(_escaped, said)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped(found: re.Match[str]) -> str:
    name = found[1]
    if len(name) > 1:
        return chr(int(name[1:], 16))
    return _ESCAPED.get(name, found[0])
