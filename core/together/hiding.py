"""Keys that are in use stand in no text: neither in an error's words nor in those of its causes.

Services, gateways and libraries quote what they were sent. So whatever they say goes through
here before it is shown, stored or cut, since a part of a key must not be left over either.
"""

from __future__ import annotations

from core.text import clean, one_line

_SHORTEST = 8
"""What is shorter is no key, and would be found in many words."""
_A_KEY = "(your key)"
_in_use: set[str] = set()
"""Of this process, for as long as it lasts: an error may be told after its connection is gone."""


def keep_secret(key: str) -> None:
    """Show this key in no text from now on."""
    if len(key) >= _SHORTEST:
        _in_use.add(key)


def hide(text: str) -> str:
    """The text without any key that is in use."""
    for key in sorted(_in_use, key=len, reverse=True):
        text = text.replace(key, _A_KEY)
    return text


def in_words(text: str, limit: int) -> str:
    """What somebody else said, on one line of at most `limit` characters and without a key."""
    return one_line(clean(hide(text)), limit)


def cause_of(error: BaseException) -> BaseException | None:
    """What an error of ours may name as its cause: none whose traceback would show a key."""
    seen: BaseException | None = error
    while seen is not None:
        if hide(words := f"{seen!r}{seen}") != words:
            return None
        seen = seen.__cause__ or seen.__context__
    return error
