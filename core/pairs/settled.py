"""What decisions make of a build's pairs: which a dataset holds, and which way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import RefusedError
from core.store.decisions import Choice, Decision, DecisionCounts
from core.store.pairs import PairRow


def settle(
    pairs: Sequence[PairRow], states: Mapping[str, Decision], *, include_flagged: bool = False
) -> list[PairRow]:
    """The pairs that a dataset holds: without the dropped ones, the swapped ones exchanged."""
    choices = {pair.pair_id: states.get(pair.pair_id, Decision()).choice for pair in pairs}
    flagged = [name for name, choice in choices.items() if choice is Choice.FLAG]
    if flagged and not include_flagged:
        raise RefusedError(
            f"Flagged pairs wait for a decision: {len(flagged)} (first: {flagged[0]}). Nothing was "
            "made. `gemel pairs queue --decision flag` shows them; decide them, or take them as "
            "they are with --include-flagged."
        )
    kept = [pair for pair in pairs if choices[pair.pair_id] is not Choice.DROP]
    if pairs and not kept:
        raise RefusedError(f"All {len(pairs)} pairs of the build are dropped; nothing was made.")
    return [show_swapped(pair, states.get(pair.pair_id, Decision())) for pair in kept]


def show_swapped(pair: PairRow, state: Decision) -> PairRow:
    """The pair with its sides exchanged, when a person has said so."""
    if not state.is_swapped:
        return pair
    return replace(
        pair,
        chosen=pair.rejected,
        rejected=pair.chosen,
        chosen_rollout=pair.rejected_rollout,
        chosen_iteration=pair.rejected_iteration,
        rejected_rollout=pair.chosen_rollout,
        rejected_iteration=pair.chosen_iteration,
    )


def count(pairs: Sequence[PairRow], states: Mapping[str, Decision]) -> DecisionCounts:
    """The pairs by choice."""
    known = [states.get(pair.pair_id, Decision()) for pair in pairs]
    n_by = Counter(state.choice for state in known)
    return DecisionCounts(
        n_kept=n_by[Choice.KEEP],
        n_dropped=n_by[Choice.DROP],
        n_flagged=n_by[Choice.FLAG],
        n_undecided=n_by[Choice.UNDECIDED],
        n_swapped=sum(state.is_swapped for state in known),
    )
