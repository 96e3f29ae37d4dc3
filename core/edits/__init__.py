"""One-step edits of a Python program: found, described, written as an answer and read back."""

from core.edits.block import EditBlock, InvalidAnswer, parse
from core.edits.edit import Edit, Kind, Mark, TextKey, text_key
from core.edits.enumerate import enumerate_edits
from core.edits.render import block_of, key_of

__all__ = [
    "Edit",
    "EditBlock",
    "InvalidAnswer",
    "Kind",
    "Mark",
    "TextKey",
    "block_of",
    "enumerate_edits",
    "key_of",
    "parse",
    "text_key",
]
