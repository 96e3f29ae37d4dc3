"""The change between two texts as one edit block, which applies to the first exactly."""

from __future__ import annotations

from core.edits.block import EditBlock, InvalidAnswer

Patch = tuple[EditBlock, ...]
"""The change of each file that is not as it was; the task's target comes first."""


def block_between(path: str, old: str, new: str) -> EditBlock:
    """The smallest run of whole lines that differs, with neighbours until it occurs once.

    A text that was empty has nothing to be found: its block has an empty `find`, which no
    answer may have, and means the whole text.
    """
    before, after = old.split("\n"), new.split("\n")
    n_same = min(len(before), len(after))
    first = next((n for n in range(n_same) if before[n] != after[n]), n_same)
    last = 0
    while last < n_same - first and before[-1 - last] == after[-1 - last]:
        last += 1
    while True:
        find = "\n".join(before[first : len(before) - last])
        replace = "\n".join(after[first : len(after) - last])
        block = EditBlock(path, find, replace)
        if _gives(block, old, new):
            return block
        if not first and not last:
            return EditBlock(path, old, new)
        first, last = max(0, first - 1), max(0, last - 1)


def apply_change(block: EditBlock, text: str) -> str:
    """The text after a block of `block_between`; raises `InvalidAnswer` when it does not fit."""
    if not block.find and not text:
        return block.replace
    return block.apply(text)


def _gives(block: EditBlock, old: str, new: str) -> bool:
    try:
        return block.apply(old) == new
    except InvalidAnswer:
        return False
