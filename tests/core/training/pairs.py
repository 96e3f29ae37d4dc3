"""Preference pairs for the built-in trainer: a taste for some kinds of edits."""

from __future__ import annotations

from core.edits.edit import Kind
from core.edits.enumerate import enumerate_edits
from core.edits.render import block_of
from core.training.dpo_examples import DpoPair
from tests.core.edits.programs import kata_programs
from tests.core.policies.states import PATH, state

LIKED = frozenset({Kind.COMPARE_STRICT, Kind.CONST_STEP})


def liking_pairs(n_programs: int = 4, n_each: int = 12) -> list[DpoPair]:
    """In every state an edit of a liked kind is preferred to one of another kind."""
    pairs = []
    for program in kata_programs()[:n_programs]:
        edits = enumerate_edits(program)
        answers = [block_of(program, edit, PATH).render() for edit in edits]
        liked = [a for a, e in zip(answers, edits, strict=True) if e.kind in LIKED]
        other = [a for a, e in zip(answers, edits, strict=True) if e.kind not in LIKED]
        messages = state(program, coverage="4:1/2 5:1/0")
        for n in range(n_each if liked else 0):
            pair = liked[n % len(liked)], other[n * 7 % len(other)]
            pairs.append(DpoPair(messages, *pair))
    return pairs


def exchanged(pairs: list[DpoPair]) -> list[DpoPair]:
    return [DpoPair(pair.messages, pair.rejected, pair.chosen) for pair in pairs]
