"""Preference pairs as the built-in policy sees them: two of a state's candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.chat import Message
from core.edits.block import InvalidAnswer, parse
from core.edits.render import key_of
from core.errors import PolicyError, UsageError
from core.policies.candidates import Candidates, candidates_of
from core.policies.features import FEATURES, Matrix
from core.policies.reader import ReadState, read_state

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DpoPair:
    """One preference: a state's messages and two answers to it."""

    messages: tuple[Message, ...]
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True)
class SkippedPair:
    """A pair that cannot be trained on."""

    index: int
    """Position among the pairs given."""
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Pairs ready for training, all arrays in the order of `kept`."""

    kept: tuple[int, ...]
    """Positions among the pairs given."""
    skipped: tuple[SkippedPair, ...]
    states: tuple[Matrix, ...]
    """Features of the open candidates of each distinct state."""
    state_of: npt.NDArray[np.int64]
    chosen: Matrix
    rejected: Matrix

    @property
    def n_pairs(self) -> int:
        """Pairs that will be trained on."""
        return len(self.kept)


class _NoExample(Exception):
    """Why a pair is skipped."""


def prepare(pairs: Sequence[DpoPair]) -> Examples:
    """Find both sides of every pair among the candidates of its state."""
    kept: list[int] = []
    skipped: list[SkippedPair] = []
    rows: list[tuple[int, Vector, Vector]] = []
    states: dict[object, int] = {}
    matrices: list[Matrix] = []
    for n, pair in enumerate(pairs):
        try:
            state, candidates, chosen, rejected = _located(pair)
        except _NoExample as reason:
            skipped.append(SkippedPair(n, str(reason)))
            continue
        key = (state.program, state.coverage, state.tried_keys())
        if key not in states:
            states[key] = len(matrices)
            matrices.append(candidates.features[candidates.mask(state)])
        kept.append(n)
        rows.append((states[key], candidates.features[chosen], candidates.features[rejected]))
    shape = (len(rows), len(FEATURES))
    return Examples(
        tuple(kept),
        tuple(skipped),
        tuple(matrices),
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows]).reshape(shape),
        np.array([row[2] for row in rows]).reshape(shape),
    )


def require_pairs(examples: Examples) -> None:
    """Raise `UsageError`, with the first reason, when no pair is left."""
    if not examples.n_pairs:
        why = f": {examples.skipped[0].reason}" if examples.skipped else ""
        raise UsageError(
            f"None of {len(examples.skipped)} pairs can train the built-in policy{why}."
        )


def _located(pair: DpoPair) -> tuple[ReadState, Candidates, int, int]:
    try:
        state = read_state(pair.messages)
    except PolicyError as error:
        raise _NoExample(f"state: {error}") from error
    candidates = candidates_of(state)
    is_open = candidates.mask(state)
    chosen = _position(candidates, is_open, state, ("chosen", pair.chosen))
    rejected = _position(candidates, is_open, state, ("rejected", pair.rejected))
    if chosen == rejected:
        raise _NoExample("chosen and rejected are the same edit")
    return state, candidates, chosen, rejected


def _position(
    candidates: Candidates,
    is_open: npt.NDArray[np.bool_],
    state: ReadState,
    answer: tuple[str, str],
) -> int:
    side, text = answer
    try:
        key = key_of(state.program, parse(text, state.path))
    except InvalidAnswer as error:
        raise _NoExample(f"{side}: {error}") from error
    position = candidates.index.get(key)
    if position is None:
        raise _NoExample(f"{side}: not an edit the built-in policy can make")
    if not is_open[position]:
        raise _NoExample(f"{side}: the state shows it as tried before")
    return position
