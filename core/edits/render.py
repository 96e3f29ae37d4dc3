"""An edit as an answer in words, and an answer's edit found again."""

from __future__ import annotations

from core.edits.block import EditBlock, InvalidAnswer
from core.edits.edit import Edit, TextKey, text_key


def block_of(source: str, edit: Edit, path: str) -> EditBlock:
    """The edit as whole lines, with as many neighbours as make them occur exactly once.

    Lines that vanish take a neighbour along, so that no empty line stays behind.
    """
    lines = source.split("\n")
    first, last = edit.first_line - 1, edit.last_line - 1
    n_lines = len(lines) - 1 if lines[-1] == "" and len(lines) > 1 else len(lines)
    result = edit.apply(source).split("\n")
    n_grown = len(result) - len(lines)
    while True:
        find = "\n".join(lines[first : last + 1])
        replace = "\n".join(result[first : last + 1 + n_grown])
        if replace and _occurs_once(source, find):
            return EditBlock(path, find, replace)
        if first == 0 and last >= n_lines - 1:
            return EditBlock(path, find, replace)
        if first > 0:
            first -= 1
        else:
            last += 1


def key_of(source: str, block: EditBlock) -> TextKey:
    """What an edit block changes; raises `InvalidAnswer` when it does not apply."""
    start = source.find(block.find)
    if not block.find or not _occurs_once(source, block.find):
        raise InvalidAnswer("the search text is not in the program exactly once")
    return text_key(source, start, start + len(block.find), block.replace)


def _occurs_once(source: str, find: str) -> bool:
    at = source.find(find)
    return at >= 0 and source.find(find, at + 1) < 0
