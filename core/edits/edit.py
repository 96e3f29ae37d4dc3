"""What one edit is: a stretch of a program's text, its replacement, and the fix it tries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The fix an edit tries; the order is the order in which equal results are attributed."""

    COMPARE_STRICT = "compare_strict"
    COMPARE_FLIP = "compare_flip"
    COMPARE_NEGATE = "compare_negate"
    COMPARE_OTHER = "compare_other"
    CONST_STEP = "const_step"
    VAR_SWAP = "var_swap"
    TARGET_SWAP = "target_swap"
    ARG_SWAP = "arg_swap"
    OPERAND_SWAP = "operand_swap"
    BOOL_SWAP = "bool_swap"
    NEGATE = "negate"
    DROP_TERM = "drop_term"
    DROP_OPERAND = "drop_operand"
    OP_SWAP = "op_swap"
    CALL_SWAP = "call_swap"
    ATTR_SWAP = "attr_swap"
    UNWRAP = "unwrap"
    AUGMENT = "augment"
    JUMP_SWAP = "jump_swap"
    STMT_DELETE = "stmt_delete"
    STMT_SWAP = "stmt_swap"
    EXPR_STEP = "expr_step"
    EXPR_VAR = "expr_var"
    RETURN_CONST = "return_const"
    GUARD = "guard"
    COND_VAR = "cond_var"
    SLICE_ADD = "slice_add"
    SLICE_DROP = "slice_drop"
    RANGE_BOUND = "range_bound"
    MINMAX_WRAP = "minmax_wrap"
    COMPARE_STEP = "compare_step"
    POWER = "power"


class Mark(StrEnum):
    """A yes-or-no property of an edit that can be read off the program alone."""

    MATCHES = "matches"
    """The name it puts in is known to hold what was there."""
    REVIVES = "revives"
    """The name it puts in is read nowhere else."""
    ORPHANS = "orphans"
    """The name it takes out is read nowhere else."""
    MAKES_TWIN = "makes_twin"
    """Two neighbouring operands or arguments become equal."""
    PARTS_TWINS = "parts_twins"
    """Two neighbouring operands or arguments were equal."""
    REUSES = "reuses"
    """The new text already stands elsewhere in the program."""
    IN_TEST = "in_test"
    IN_RETURN = "in_return"
    IN_VALUE = "in_value"
    IN_HEADER = "in_header"
    """Inside what a `for` loop or comprehension runs over."""
    IN_INDEX = "in_index"
    IN_ARGUMENT = "in_argument"
    IN_RANGE = "in_range"
    IN_COMPREHENSION = "in_comprehension"
    IN_RECURSION = "in_recursion"
    """Among the arguments of a call of the enclosing function."""
    RAISES = "raises"
    """A number grows or a sign turns to plus."""


Marks = frozenset[Mark]
NO_MARKS: Marks = frozenset()


class TextKey(NamedTuple):
    """A replacement cut down to what really changes: equal keys, equal resulting programs."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters `start` to `end` of a program by `text`."""

    kind: Kind
    start: int
    end: int
    text: str
    first_line: int
    last_line: int
    """Lines of the program, counted from 1, that the edit touches."""
    statement_line: int
    """Where the statement that is edited begins."""
    depth: int
    """How many loops stand around it."""
    marks: Marks

    def apply(self, source: str) -> str:
        """The program after the edit."""
        return source[: self.start] + self.text + source[self.end :]


def text_key(source: str, start: int, end: int, text: str) -> TextKey:
    """Cut a replacement down: first what both programs begin with, then what they end with."""
    new = source[:start] + text + source[end:]
    shorter = min(len(source), len(new))
    low = start
    while low < shorter and source[low] == new[low]:
        low += 1
    n_tail = min(len(source) - end, shorter - low)
    while n_tail < shorter - low and source[-1 - n_tail] == new[-1 - n_tail]:
        n_tail += 1
    return TextKey(low, len(source) - n_tail, new[low : len(new) - n_tail])
